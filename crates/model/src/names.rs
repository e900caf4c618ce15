//! The kinds of text and numbers that inputs are made of, with the constraints of AWS's models
//! (`iam/2010-05-08`, `sts/2011-06-15`).

use crate::{
    Field, ListShape, Shape, ShapeMismatch, TypedValue, Value, choice, integer, pattern,
    shape::CliHints, structure, text,
};

text! {
    /// The name of a user to be made (`userNameType`).
    #[sample = "Bob"]
    NewUserName(1..=64, pattern::NAME)
}
text! {
    /// The name of a user who exists (`existingUserNameType`).
    #[sample = "Bob"]
    UserName(1..=128, pattern::NAME)
}
text! {
    /// The name of a virtual MFA device (`virtualMFADeviceName`). The model sets no longest; the
    /// serial number that it becomes part of does.
    #[sample = "BobsMFADevice"]
    VirtualDeviceName(1.., pattern::NAME)
}
text! {
    /// A path (`pathType`).
    Path(1..=512, pattern::PATH)
}
text! {
    /// The beginning of a path (`pathPrefixType`).
    PathPrefix(1..=512, pattern::PATH_PREFIX)
}
text! {
    /// The path of a policy, by which policies are told apart (`policyPathType`).
    PolicyPath(1..=512, pattern::POLICY_PATH)
}
text! {
    /// A resource name (`arnType`).
    Arn(20..=2048)
}
text! {
    /// The serial number of a device, to IAM (`serialNumberType`).
    #[sample = "arn:aws:iam::123456789012:mfa/BobsMFADevice"]
    SerialNumber(9..=256, pattern::SERIAL)
}
text! {
    /// The serial number of a device, to STS (`serialNumberType`).
    #[sample = "arn:aws:iam::123456789012:mfa/BobsMFADevice"]
    SessionSerialNumber(9..=256, pattern::SERIAL_STS)
}
text! {
    /// A code, to IAM (`authenticationCodeType`).
    #[sample = "123456"]
    secret AuthenticationCode(6..=6, pattern::DIGITS)
}
text! {
    /// A code, to STS (`tokenCodeType`).
    #[sample = "123456"]
    secret TokenCode(6..=6, pattern::DIGITS_STS)
}
text! {
    /// Where a page begins (`markerType`).
    #[aws = "Use this parameter only when paginating results and only after you receive a response indicating that the results are truncated."]
    Marker(1..=320, pattern::MARKER)
}
text! {
    /// An access key's identifier (`accessKeyIdType`).
    #[sample = "AKIAIOSFODNN7EXAMPLE"]
    AccessKeyId(16..=128, pattern::WORD)
}
text! {
    /// Another name for the account (`accountAliasType`).
    #[sample = "example-corp"]
    AccountAlias(3..=63, pattern::ALIAS)
}
text! {
    /// The name of a service that has credentials of its own (`serviceName`).
    ServiceName(0.., pattern::SERVICE)
}
text! {
    /// The key of a tag (`tagKeyType`).
    TagKey(1..=128, pattern::TAG_KEY)
}
text! {
    /// The value of a tag (`tagValueType`).
    TagValue(0..=256, pattern::TAG_VALUE)
}

integer! {
    /// The most elements that a page may hold (`maxItemsType`).
    #[aws = "Use this only when paginating results to indicate the maximum number of items you want in the response."]
    MaxItems(1..=1000)
}
integer! {
    /// How long a session lasts, in seconds (`durationSecondsType`).
    DurationSeconds(900..=129_600)
}

choice! {
    /// Which devices to list (`assignmentStatusType`).
    #[sample = "Unassigned"]
    AssignmentStatus {
        /// Those that a user has.
        Assigned,
        /// Those that nobody has.
        Unassigned,
        /// All of them.
        Any,
    }
}
choice! {
    /// Whether an access key works (`statusType`).
    #[sample = "Inactive"]
    Status {
        /// It does.
        Active,
        /// It does not, until made active again.
        Inactive,
        /// It never will; the service gives this to nothing of ours.
        Expired,
    }
}

structure! {
    /// A key and a value that the owner of a resource gave it.
    pub struct Tag {
        /// What the tag is called.
        #[aws = "The key name that can be used to look up or retrieve the associated value."]
        "Key" key: TagKey,
        /// What it says; may be empty.
        #[aws = "The value associated with this tag."]
        "Value" value: TagValue,
    }
    wire "Value", "Key"
}

/// Tags to set: at most 50 (`tagListType`).
#[derive(Clone, Debug)]
pub struct Tags(pub Vec<Tag>);

/// Keys of tags to remove: at most 50 (`tagKeyListType`).
#[derive(Clone, Debug)]
pub struct TagKeys(pub Vec<TagKey>);

impl TypedValue for Tags {
    const SHAPE: Shape =
        Shape::List(&ListShape { element: <Tag as Field>::SHAPE, max: Some(MOST_TAGS) });
    const HINTS: CliHints =
        CliHints { sample: "Key=Department,Value=Accounting", ..CliHints::NONE };
    fn from_value(value: Value) -> Result<Self, ShapeMismatch> {
        Vec::from_value(value).map(Self)
    }
    fn into_value(self) -> Value {
        self.0.into_value()
    }
}

impl TypedValue for TagKeys {
    const SHAPE: Shape =
        Shape::List(&ListShape { element: <TagKey as Field>::SHAPE, max: Some(MOST_TAGS) });
    const HINTS: CliHints = CliHints { sample: "Department", ..CliHints::NONE };
    fn from_value(value: Value) -> Result<Self, ShapeMismatch> {
        Vec::from_value(value).map(Self)
    }
    fn into_value(self) -> Value {
        self.0.into_value()
    }
}

/// The most elements of a list of tags in one request.
const MOST_TAGS: usize = 50;
