//! A row of the action table: all that a door may know of an action.

use vmfa_model::{Record, StructureShape};

use crate::{
    Refusal,
    change::Change,
    context::{ReadContext, WriteContext},
};

/// An action. Doors read it as data; only the service runs it.
#[derive(Debug)]
pub struct Action {
    /// Its name in the API, such as `EnableMFADevice`.
    pub name: &'static str,
    /// The API that it belongs to.
    pub api: Api,
    /// What it does, for help and reference pages.
    pub doc: &'static str,
    /// Its access level, for documentation: what [`writes`](Self::writes) says may differ, as AWS
    /// counts what `GenerateCredentialReport` does as reading.
    pub access: Access,
    /// Whom it concerns, and so who may call it.
    pub concerns: Concerns,
    /// Its input.
    pub input: &'static StructureShape,
    /// Its output; `None` where it answers nothing.
    pub output: Option<&'static StructureShape>,
    /// How it pages, where it lists.
    pub page: Option<Page>,
    /// The member that the output wraps, where it wraps one thing.
    pub unwrap: Option<&'static str>,
    /// Members of the output that a command line writes to a file in place of printing them.
    pub blob: Option<BlobFields>,
    /// What SQL calls it; empty where SQL has no name for it.
    pub sql: &'static [Sql],
    pub(crate) rule: Rule,
}

/// What runs an action.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rule {
    Read(fn(&ReadContext<'_>, Record) -> Result<Record, Refusal>),
    Write(fn(&WriteContext<'_>, Record) -> Result<Change<Record>, Refusal>),
}

impl Action {
    /// Whether its rule may write, and so wait for the disk.
    pub const fn writes(&self) -> bool {
        matches!(self.rule, Rule::Write(_))
    }
}

/// One of the two APIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Api {
    /// AWS Identity and Access Management.
    Iam,
    /// AWS Security Token Service.
    Sts,
}

impl Api {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Iam, Self::Sts];

    /// The name in scopes of signatures and of permissions, and of the command.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Iam => "iam",
            Self::Sts => "sts",
        }
    }

    /// The version that requests name.
    pub const fn version(self) -> &'static str {
        match self {
            Self::Iam => "2010-05-08",
            Self::Sts => "2011-06-15",
        }
    }

    /// The XML namespace of answers.
    pub const fn namespace(self) -> &'static str {
        match self {
            Self::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
            Self::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
        }
    }
}

/// The access level, as AWS's service authorization reference has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reads one thing.
    Read,
    /// Lists things.
    List,
    /// Changes things.
    Write,
    /// Changes tags.
    Tagging,
}

/// Whom an action concerns. This decides the resource that `AccessDenied` names, and, until
/// policies exist, what a user may do.
#[derive(Clone, Copy, Debug)]
pub enum Concerns {
    /// The caller alone; needs no permission.
    Caller,
    /// The account, or all things of a kind; the text is the resource, such as `user/`, or `*`.
    Account(&'static str),
    /// The user that the member names, or else the caller. Not theirs to call.
    User(&'static str),
    /// The access keys of the user that the member names, or else the caller. Theirs to call.
    KeysOf(&'static str),
    /// The access key that the member names. Its owner's to call.
    Key(&'static str),
    /// The devices of the user that the member names, or else the caller. Theirs to call.
    DevicesOf(&'static str),
    /// A device to be made, with the members for its path and name. A user's to call for the one
    /// whose name is the user's.
    NewDevice {
        /// The member for the path.
        path: &'static str,
        /// The member for the name.
        name: &'static str,
    },
    /// A device's being bound to a user or not. Theirs to call as for `Device`, but once they have
    /// a device, only from a session for which a code was given.
    Binding {
        /// The member for the serial number.
        serial: &'static str,
        /// The member for the user, who is else the caller.
        user: &'static str,
    },
    /// A device, and the user who has it. Its owner's to call, and, for one that nobody has, the
    /// user's whose name it has.
    Device {
        /// The member for the serial number.
        serial: &'static str,
        /// The member for the user, where there is one.
        user: Option<&'static str>,
    },
}

/// How a list pages.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// The member of the output that is the list.
    pub items: &'static str,
    /// The members of an element that take most of the time to find. A bare element
    /// ([`Detail::Bare`]) is without them.
    pub spared: &'static [&'static str],
}

/// How much of a list's elements is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// All of them.
    #[default]
    Whole,
    /// All but [`Page::spared`].
    Bare,
}

impl Page {
    /// A list that is that member of the output.
    pub(crate) const fn of(items: &'static str) -> Self {
        Self { items, spared: &[] }
    }

    /// Whose elements can be had without these members.
    pub(crate) const fn sparing(self, spared: &'static [&'static str]) -> Self {
        Self { spared, ..self }
    }

    /// The member that says where a page begins, in the input, and where the next does, in the
    /// output.
    pub const MARKER: &'static str = "Marker";
    /// The member of the input for the most elements of a page.
    pub const LIMIT: &'static str = "MaxItems";
    /// The member of the output that says whether there is more.
    pub const MORE: &'static str = "IsTruncated";
}

/// Members of an output that go to a file.
#[derive(Clone, Copy, Debug)]
pub struct BlobFields {
    /// Which, by name.
    pub fields: &'static [&'static str],
}

/// What SQL calls an action.
#[derive(Clone, Copy, Debug)]
pub struct Sql {
    /// The statement that reaches it.
    pub verb: Verb,
    /// The service of StackQL's that shows it: `iam` or `iam_api`. It is found under both.
    pub service: &'static str,
    /// The resource that it belongs to.
    pub resource: &'static str,
    /// The method's name.
    pub method: &'static str,
    /// Resources and methods of other generations of names.
    pub also: &'static [(&'static str, &'static str)],
    /// Parameters that SQL demands although the API does not, as StackQL's pages show them.
    pub required: &'static [&'static str],
}

impl Sql {
    /// Reached by `SELECT`.
    pub(crate) const fn select(resource: &'static str, method: &'static str) -> Self {
        Self::by(Verb::Select, resource, method)
    }

    /// Reached by `INSERT`.
    pub(crate) const fn insert(resource: &'static str, method: &'static str) -> Self {
        Self::by(Verb::Insert, resource, method)
    }

    /// Reached by `DELETE`.
    pub(crate) const fn delete(resource: &'static str, method: &'static str) -> Self {
        Self::by(Verb::Delete, resource, method)
    }

    /// Reached by `UPDATE`.
    pub(crate) const fn update(resource: &'static str, method: &'static str) -> Self {
        Self::by(Verb::Update, resource, method)
    }

    /// Reached by `EXEC`.
    pub(crate) const fn exec(resource: &'static str, method: &'static str) -> Self {
        Self::by(Verb::Exec, resource, method)
    }

    /// Shown under `aws.iam_api` in place of `aws.iam`.
    pub(crate) const fn in_iam_api(self) -> Self {
        Self { service: "iam_api", ..self }
    }

    /// Found under these resources and methods too.
    pub(crate) const fn also(self, also: &'static [(&'static str, &'static str)]) -> Self {
        Self { also, ..self }
    }

    /// Demands these parameters, which the API does not.
    pub(crate) const fn requires(self, required: &'static [&'static str]) -> Self {
        Self { required, ..self }
    }

    const fn by(verb: Verb, resource: &'static str, method: &'static str) -> Self {
        Self { verb, service: "iam", resource, method, also: &[], required: &[] }
    }
}

/// A statement of SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// `SELECT`.
    Select,
    /// `INSERT`.
    Insert,
    /// `DELETE`.
    Delete,
    /// `UPDATE`.
    Update,
    /// `EXEC`.
    Exec,
}
