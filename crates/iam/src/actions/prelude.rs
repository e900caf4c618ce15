//! What the files of actions share: the row's parts, and what several outputs and rules hold.

pub(super) use vmfa_model::{
    AccountId, Arns, Blob, Elements, Structure, Timestamp,
    names::{AuthenticationCode, Marker, MaxItems, SerialNumber, Tag, Tags, UserName},
    structure,
};
pub(super) use vmfa_store::{Device, DeviceFilter, KeyOwner, Read};

pub(super) use crate::{
    Access, Action, Caller, Detail, PermissionResource, Refusal, Reply, SelfService, SqlMethod,
    authorize::guard_own_mfa,
    change::Change,
    context::{ReadContext, WriteContext},
    redeem::{AttemptContext, CodePair, SeedContext},
    refuse,
    tagging::{self, TagKeyCase},
};
use std::convert::Infallible;

use vmfa_model::names::{AccessKeyId, NewUserName};
use vmfa_store::{AccessKey, Account, KeyId, NewUser, User, UserColumns};

/// Fits a typed rule that reads into the table.
macro_rules! reads {
    ($run:path) => {
        crate::action::Rule::Read(|context, record| {
            let input = vmfa_model::Structure::from_record(record)?;
            Ok(vmfa_model::Structure::into_record($run(context, input)?))
        })
    };
}
pub(super) use reads;

/// Fits a typed rule that writes into the table.
macro_rules! writes {
    ($run:path) => {
        crate::action::Rule::Write(|context, record| {
            let input = vmfa_model::Structure::from_record(record)?;
            Ok($run(context, input)?.then(vmfa_model::Structure::into_record))
        })
    };
}
pub(super) use writes;

/// Declares the input and the output of an action that pages: what is particular to it, to which
/// are added the members that page. An output's list is written `"Users" users: [UserShape]`; there
/// may be several.
macro_rules! paged {
    (
        struct Input { $($input:tt)* }
        struct Output { $( $(#[$($attribute:tt)+])* $list:literal $field:ident : [$element:ty] ),+ $(,)? }
    ) => {
        structure! {
            struct Input {
                $($input)*
                /// Where to begin: the `Marker` of the page before.
                "Marker" marker: Option<Marker>,
                /// The most elements of a page, 1 to 1000; 100 by default.
                "MaxItems" limit: Option<MaxItems>,
            }
        }

        structure! {
            struct Output {
                $( $(#[$($attribute)+])* $list $field: Elements<$element>, )+
                /// Whether there is another page.
                "IsTruncated" more: bool,
                /// Where the next page begins, if there is one.
                "Marker" marker: Option<String>,
            }
            wire "IsTruncated", "Marker", $($list),+
        }

        impl Output {
            const REPLY: Reply = Reply::page(&Self::SHAPE, &[$($list),+]);

            /// A page, and the marker of the next one.
            fn new($($field: Elements<$element>,)+ marker: Option<String>) -> Self {
                Self { $($field,)+ more: marker.is_some(), marker }
            }
        }
    };
}
pub(super) use paged;

structure! {
    /// A user in outputs.
    pub(crate) struct UserShape {
        /// The path.
        "Path" path: Option<String>,
        /// The name; the account's root has none.
        "UserName" name: Option<String>,
        /// The identifier; the account's own for its root.
        #[min = 16]
        "UserId" id: String,
        /// The ARN.
        #[min = 20]
        "Arn" arn: String,
        /// When the user was created.
        "CreateDate" created: Timestamp,
        /// When its password was last used; there are no passwords here.
        "PasswordLastUsed" password_last_used: Option<Timestamp>,
        /// The permissions boundary; there are no policies here.
        "PermissionsBoundary" boundary: Option<Boundary>,
        /// The tags, where the action returns them and there are any.
        "Tags" tags: Option<Vec<Tag>>,
    }
}

structure! {
    /// A virtual device in outputs.
    pub(crate) struct VirtualDevice {
        /// The serial number, which is the device's ARN.
        "SerialNumber" serial: String,
        /// The seed in Base32 (RFC 4648): 64 characters for 40 bytes. Returned by
        /// CreateVirtualMFADevice only.
        "Base32StringSeed" seed: Option<Blob>,
        /// A PNG of the QR code that carries `otpauth://totp/NAME@ACCOUNT?secret=SEED`, where
        /// ACCOUNT is the account's alias, or else its identifier. Returned by
        /// CreateVirtualMFADevice only.
        "QRCodePNG" qr: Option<Blob>,
        /// The user to whom it is assigned.
        "User" user: Option<UserShape>,
        /// When it was enabled; absent while it is not assigned.
        "EnableDate" enabled: Option<Timestamp>,
        /// The tags that the device is created with; `ListMFADeviceTags` lists those of any device.
        "Tags" tags: Option<Vec<Tag>>,
    }
    wire "SerialNumber", "EnableDate", "User"
}

structure! {
    /// A permissions boundary.
    pub(crate) struct Boundary {
        /// `Policy`, which AWS sends although its model says `PermissionsBoundaryPolicy`.
        "PermissionsBoundaryType" kind: Option<String>,
        /// The policy's ARN.
        #[min = 20]
        "PermissionsBoundaryArn" arn: Option<String>,
    }
}

impl UserShape {
    /// A user in a list, without its tags.
    pub(super) fn listed<'u>(arns: &Arns, user: impl Into<UserColumns<'u>>) -> Self {
        let user = user.into();
        Self {
            arn: arns.user(user.path, user.name),
            path: Some(user.path.to_owned()),
            name: Some(user.name.to_owned()),
            id: user.id.to_owned(),
            created: user.created,
            password_last_used: None,
            boundary: None,
            tags: None,
        }
    }

    /// A user with its tags.
    pub(super) fn whole(account: AccountId, mut user: User) -> Self {
        let tags = Some(std::mem::take(&mut user.tags)).filter(|tags| !tags.is_empty());
        Self { tags, ..Self::listed(&account.arns(), &user) }
    }

    /// A user that is being created, with its tags.
    pub(super) fn new(account: AccountId, user: NewUser) -> Self {
        let NewUser { id, name, path, created, tags } = user;
        Self::whole(account, User { id, name, path, created, tags, devices: 0, access_keys: 0 })
    }

    /// The root of an account, which has neither name nor path.
    pub(super) fn root(account: &Account) -> Self {
        Self {
            path: None,
            name: None,
            id: account.id.to_string(),
            arn: account.id.root_arn(),
            created: account.created,
            password_last_used: None,
            boundary: None,
            tags: None,
        }
    }
}

/// The user of that name. The refusal is `NoSuchEntity`.
pub(super) fn find_user(
    view: &dyn Read,
    account: AccountId,
    name: &UserName,
) -> Result<User, Refusal> {
    Ok(view.user(account, name)?.ok_or_else(|| refuse::no_such_user(name.as_str()))?)
}

/// The user whom a call names, or else its caller, who must be a user. The refusals are
/// `NoSuchEntity`, and `ValidationError` where the root names none.
pub(super) fn find_user_or_caller(
    view: &dyn Read,
    caller: &Caller,
    name: Option<&UserName>,
) -> Result<User, Refusal> {
    Ok(user_or_caller(view, caller, name)?.ok_or_else(refuse::name_the_user)?)
}

/// Checks a call that lists what no user has here: no marker is valid, and the user must exist,
/// where one is named.
pub(super) fn check_empty_list(
    context: &ReadContext<'_>,
    user: Option<&UserName>,
) -> Result<(), Refusal> {
    context.refuse_marker()?;
    let Some(user) = user else { return Ok(()) };
    context.read(|view| find_user(view, context.account(), user).map(drop))
}

/// The password of the user whom a call names, or else of its caller: no user has one here. The
/// refusals are AWS's.
pub(super) fn find_login_profile(
    context: &ReadContext<'_>,
    user: Option<NewUserName>,
) -> Result<Infallible, Refusal> {
    let own = context.caller.user().map(|user| user.name.clone());
    let name = user.map(UserName::from).or(own).ok_or_else(refuse::name_the_user)?;
    let user = context.read(|view| find_user(view, context.account(), &name))?;
    Err(refuse::no_such_login_profile(user.name.as_str()).into())
}

/// The access key of that identifier, if it is the user's. The refusal is `NoSuchEntity`.
pub(super) fn find_access_key(
    view: &dyn Read,
    account: AccountId,
    user: User,
    id: &AccessKeyId,
) -> Result<AccessKey, Refusal> {
    let owner = KeyOwner::User(user.id);
    let key = view.access_key(&KeyId(id.as_str().to_owned()))?;
    let key = key.filter(|key| key.account == account && key.owner == owner);
    Ok(key.ok_or_else(|| refuse::no_such_key(id.as_str()))?)
}

/// The device of that serial number. The refusal is `NoSuchEntity`.
pub(super) fn find_device(
    view: &dyn Read,
    account: AccountId,
    serial: &str,
) -> Result<Device, Refusal> {
    let device = match account.device_of(serial) {
        Some(resource) => view.device(account, &resource)?,
        None => None,
    };
    Ok(device.ok_or_else(|| refuse::no_such_device(serial))?)
}

impl WriteContext<'_> {
    /// What a code is checked with.
    pub(super) fn attempt(&self) -> AttemptContext {
        AttemptContext {
            account: self.account(),
            now: self.now,
            limit: self.quotas().attempts,
            keys: std::sync::Arc::clone(self.keys),
        }
    }
}

/// The user that is named, or else the caller. `None` for the account's root.
pub(super) fn user_or_caller(
    view: &dyn Read,
    caller: &Caller,
    name: Option<&UserName>,
) -> Result<Option<User>, Refusal> {
    let name = name.or(caller.user().map(|own| &own.name));
    name.map(|name| named_user(view, caller, name)).transpose()
}

/// The user of that name.
///
/// A caller that names itself is found by its identifier: what it may do to itself it must not do
/// to another user that has its name since.
pub(super) fn named_user(
    view: &dyn Read,
    caller: &Caller,
    name: &UserName,
) -> Result<User, Refusal> {
    match caller.user().filter(|own| own.name.as_str().eq_ignore_ascii_case(name.as_str())) {
        Some(own) => {
            let user = view.user_by_id(caller.account, &own.id)?;
            Ok(user.ok_or_else(|| refuse::no_such_user(name.as_str()))?)
        }
        None => find_user(view, caller.account, name),
    }
}

/// The user, if the device is the user's.
pub(super) fn device_user<'u>(
    device: &Device,
    user: Option<&'u User>,
) -> Result<&'u User, Refusal> {
    let owner = device.owner.as_ref().map(|(owner, _)| owner);
    let user = user.filter(|user| owner == Some(&user.id));
    Ok(user.ok_or_else(refuse::device_not_of_user)?)
}

/// A page of all the tags of a resource, sorted by key as AWS documents it.
pub(super) fn tag_page(
    context: &ReadContext<'_>,
    mut tags: Vec<Tag>,
) -> Result<(Elements<Tag>, Option<String>), Refusal> {
    tags.sort_by(|one, other| one.key.cmp(&other.key));
    // The position is how many tags came before.
    let numbered = (1_i64..).zip(tags);
    Ok(context.pager()?.page_of(numbered, |(number, _)| *number, |(_, tag)| tag))
}
