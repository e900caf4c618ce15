//! The APIs: AWS's two, and ours.

/// An API that is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Api {
    /// AWS Identity and Access Management.
    Iam,
    /// AWS Security Token Service.
    Sts,
    /// Actions that AWS does not have. They are signed and served as the others are; the AWS CLI
    /// and StackQL's provider do not have them.
    Vmfa,
}

impl Api {
    /// All, in the order in which an action is searched whose request names no version.
    pub const ALL: [Self; 3] = [Self::Iam, Self::Sts, Self::Vmfa];
    /// Those of AWS.
    pub const AWS: [Self; 2] = [Self::Iam, Self::Sts];

    /// The name in scopes of signatures and in permissions; for those of AWS, also the command.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Iam => "iam",
            Self::Sts => "sts",
            Self::Vmfa => "vmfa",
        }
    }

    /// The version that requests name, different for each API.
    pub const fn version(self) -> &'static str {
        match self {
            Self::Iam => "2010-05-08",
            Self::Sts => "2011-06-15",
            Self::Vmfa => "2026-11-30",
        }
    }

    /// The XML namespace of responses.
    pub const fn namespace(self) -> &'static str {
        match self {
            Self::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
            Self::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
            Self::Vmfa => "urn:vmfa:2026-11-30",
        }
    }
}
