//! What a user may call without any policy. Policies will replace it.
//!
//! A user may ask who it is, get a session, and manage its own access keys and its own devices:
//! those assigned to it, and an unassigned one whose name is its user name. AWS's example policy
//! for self-management allows the same.

use vmfa_model::{MemberName, Record};
use vmfa_store::{KeyId, KeyOwner};

use crate::{Action, Refusal, UserIdentity, authorize::guard_own_mfa, context::ReadContext};

/// When a user may call an action although no policy allows it.
#[derive(Clone, Copy, Debug)]
pub enum SelfService {
    /// Never: the action is the root's.
    No,
    /// Always: it needs no permission.
    Always,
    /// If the resource is the caller.
    OnItself,
    /// If the member is the id of an access key of the caller.
    OwnKey(MemberName),
    /// If the member, the name of a new device, is the caller's name.
    OwnName(MemberName),
    /// If the member is the serial number of a device of the caller, and the resource is the caller
    /// if it is a user.
    OwnDevice(MemberName),
    /// As `OwnDevice`; but once the caller has a device, only from a session with MFA.
    OwnDeviceWithMfa(MemberName),
}

impl SelfService {
    /// Whether it allows a call. The refusal is for a session that needs MFA.
    pub(crate) fn allows(
        self,
        context: &ReadContext<'_>,
        user: &UserIdentity,
        action: &Action,
        input: &Record,
    ) -> Result<bool, Refusal> {
        let on_itself = match action.resource.named_user(context.caller, input) {
            Some((_, Some(name))) => name.eq_ignore_ascii_case(user.name.as_str()),
            Some((_, None)) => false,
            None => !matches!(self, Self::OnItself),
        };
        if !on_itself {
            return Ok(false);
        }
        match self {
            Self::No => Ok(false),
            Self::Always | Self::OnItself => Ok(true),
            Self::OwnName(member) => Ok(input.text(member.as_str()) == Some(user.name.as_str())),
            Self::OwnKey(member) => owns_key(context, user, input.text(member.as_str())),
            Self::OwnDevice(member) => owns_device(context, user, input.text(member.as_str())),
            Self::OwnDeviceWithMfa(member) => {
                let account = context.account();
                let row = context.read(|view| Ok(view.user_by_id(account, &user.id)?))?;
                if let Some(row) = row {
                    guard_own_mfa(context.caller, &row)?;
                }
                owns_device(context, user, input.text(member.as_str()))
            }
        }
    }
}

fn owns_key(
    context: &ReadContext<'_>,
    user: &UserIdentity,
    id: Option<&str>,
) -> Result<bool, Refusal> {
    let Some(id) = id else { return Ok(false) };
    let key = context.read(|view| Ok(view.access_key(&KeyId(id.to_owned()))?))?;
    Ok(key.is_some_and(|key| key.owner == KeyOwner::User(user.id.clone())))
}

fn owns_device(
    context: &ReadContext<'_>,
    user: &UserIdentity,
    serial: Option<&str>,
) -> Result<bool, Refusal> {
    let account = context.account();
    let resource = serial.and_then(|serial| account.device_of(serial));
    let Some(resource) = resource else { return Ok(false) };
    let device = context.read(|view| Ok(view.device(account, &resource)?))?;
    Ok(match device.and_then(|device| device.owner) {
        Some((owner, _)) => owner == user.id,
        None => resource.name() == user.name.as_str(),
    })
}
