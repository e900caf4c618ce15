//! The types of input members, with the constraints of AWS's service models (`iam/2010-05-08`,
//! `sts/2011-06-15`).

use crate::{
    Field, ListShape, Shape, ShapeMismatch, TypedValue, Value, choice, integer, pattern,
    shape::CliHints, structure, text,
};

text! {
    /// The name of a new user (`userNameType`).
    #[sample = "Bob"]
    NewUserName(1..=64, pattern::NAME)
}
text! {
    /// The name of an existing user (`existingUserNameType`).
    #[sample = "Bob"]
    UserName(1..=128, pattern::NAME)
}
impl From<NewUserName> for UserName {
    fn from(name: NewUserName) -> Self {
        Self(name.0)
    }
}

text! {
    /// The name of a virtual MFA device (`virtualMFADeviceName`). The model has no maximum length;
    /// the serial number that contains the name has one.
    #[sample = "BobsMFADevice"]
    VirtualDeviceName(1.., pattern::NAME)
}
text! {
    /// The path of a user or a device, such as `/ops/` (`pathType`).
    Path(1..=512, pattern::PATH)
}
text! {
    /// A prefix of paths (`pathPrefixType`).
    PathPrefix(1..=512, pattern::PATH_PREFIX)
}
text! {
    /// A prefix of the paths of policies (`policyPathType`).
    PolicyPath(1..=512, pattern::POLICY_PATH)
}
text! {
    /// An Amazon Resource Name (`arnType`).
    Arn(20..=2048)
}
text! {
    /// The serial number of a device in IAM's model (`serialNumberType`).
    #[sample = "arn:aws:iam::123456789012:mfa/BobsMFADevice"]
    SerialNumber(9..=256, pattern::SERIAL)
}
text! {
    /// The serial number of a device in STS's model (`serialNumberType`).
    #[sample = "arn:aws:iam::123456789012:mfa/BobsMFADevice"]
    SessionSerialNumber(9..=256, pattern::SERIAL_STS)
}
text! {
    /// A code in IAM's model (`authenticationCodeType`).
    #[sample = "123456"]
    secret AuthenticationCode(6..=6, pattern::DIGITS)
}
text! {
    /// A code in STS's model (`tokenCodeType`).
    #[sample = "123456"]
    secret TokenCode(6..=6, pattern::DIGITS_STS)
}
text! {
    /// A pagination token (`markerType`).
    #[aws = "Use this parameter only when paginating results and only after you receive a response indicating that the results are truncated."]
    Marker(1..=320, pattern::MARKER)
}
text! {
    /// An access key's identifier (`accessKeyIdType`).
    #[sample = "AKIAIOSFODNN7EXAMPLE"]
    AccessKeyId(16..=128, pattern::WORD)
}
text! {
    /// An alias of the account (`accountAliasType`).
    #[sample = "example-corp"]
    AccountAlias(3..=63, pattern::ALIAS)
}
text! {
    /// The name of a service with service-specific credentials (`serviceName`).
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
    /// The maximum number of elements in a page (`maxItemsType`).
    #[aws = "Use this only when paginating results to indicate the maximum number of items you want in the response."]
    MaxItems(1..=1000)
}
integer! {
    /// The lifetime of a session in seconds (`durationSecondsType`).
    DurationSeconds(900..=129_600)
}

choice! {
    /// A filter of devices (`assignmentStatusType`).
    #[sample = "Unassigned"]
    AssignmentStatus {
        /// Devices that are assigned to a user.
        Assigned,
        /// Devices that are not assigned to a user.
        Unassigned,
        /// All devices.
        Any,
    }
}
choice! {
    /// The status of an access key (`statusType`).
    #[sample = "Inactive"]
    Status {
        /// Requests signed with the key are accepted.
        Active,
        /// Requests signed with the key are refused until it is activated again.
        Inactive,
        /// In AWS's model; this service has no keys that expire.
        Expired,
    }
}

structure! {
    /// A tag of a user or a device.
    pub struct Tag {
        /// The key of the tag, unique for its resource.
        #[aws = "The key name that can be used to look up or retrieve the associated value."]
        "Key" key: TagKey,
        /// The value of the tag; may be empty.
        #[aws = "The value associated with this tag."]
        "Value" value: TagValue,
    }
    wire "Value", "Key"
}

/// Tags to set, at most 50 (`tagListType`).
#[derive(Clone, Debug)]
pub struct Tags(pub Vec<Tag>);

/// Keys of tags to remove, at most 50 (`tagKeyListType`).
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

/// The maximum length of a list of tags in one request.
const MOST_TAGS: usize = 50;
