//! Who may call what, until policies exist.
//!
//! The account's root may do everything. A user may ask who it is, get a session, and manage its
//! own access keys and its own devices: those assigned to it, and an unassigned one whose name is
//! its user name, which is what AWS's example policy for self-management allows.

use vmfa_model::{AccountId, Record};
use vmfa_store::Owner;

use crate::{Action, Caller, Concerns, Identity, Refusal, context::ReadContext, refuse};

/// Refuses with `AccessDenied` what the caller may not do.
pub(crate) fn check(
    context: &ReadContext<'_>,
    action: &Action,
    input: &Record,
) -> Result<(), Refusal> {
    let Some(user) = context.caller.user() else { return Ok(()) };
    if let Concerns::Key(member) = action.concerns {
        return own_key(context, user, input.text(member).unwrap_or_default());
    }
    if let Concerns::Binding { user: member, .. } = action.concerns
        && is_self(user, input, member)
        && let Some(row) = context.read(|view| Ok(view.user_by_id(context.account(), &user.id)?))?
    {
        guard_own_mfa(context.caller, &row)?;
    }
    if owns(context, user, action, input)? {
        return Ok(());
    }
    let resource = resource(context.account(), user, action, input);
    Err(refuse::not_authorized(context.caller, action, &resource).into())
}

/// The member that names the user whom a call is about, and that user's name in lower case: the
/// caller's where the member is absent.
pub(crate) fn named_user(
    caller: &Caller,
    action: &Action,
    input: &Record,
) -> Option<(&'static str, String)> {
    let (Concerns::User(member) | Concerns::KeysOf(member) | Concerns::DevicesOf(member)) =
        action.concerns
    else {
        return None;
    };
    let name = input.text(member).or(caller.user().map(|user| &*user.name));
    Some((member, name.unwrap_or_default().to_lowercase()))
}

/// Refuses a user's enabling or deactivating of its own devices from a session without MFA, once
/// it has a device: whoever has the access key alone must not take MFA off (AWS, since 21 April
/// 2023). It comes before it matters which device is meant.
pub(crate) fn guard_own_mfa(caller: &Caller, target: &vmfa_store::User) -> Result<(), Refusal> {
    let own = caller.user().is_some_and(|user| user.id == target.id);
    if own && target.devices > 0 && !caller.used_mfa() {
        return Err(refuse::needs_mfa().into());
    }
    Ok(())
}

fn owns(
    context: &ReadContext<'_>,
    user: &Identity,
    action: &Action,
    input: &Record,
) -> Result<bool, Refusal> {
    let is_self = |member| is_self(user, input, member);
    Ok(match action.concerns {
        Concerns::Caller => true,
        Concerns::Account(_) | Concerns::User(_) | Concerns::Key(_) => false,
        Concerns::KeysOf(member) | Concerns::DevicesOf(member) => is_self(member),
        Concerns::NewDevice { name, .. } => input.text(name) == Some(&user.name),
        Concerns::Binding { serial, user: member }
        | Concerns::Device { serial, user: Some(member) } => {
            is_self(member) && owns_device(context, user, input.text(serial))?
        }
        Concerns::Device { serial, user: None } => owns_device(context, user, input.text(serial))?,
    })
}

/// Whether a member names the caller, or nobody, which means the caller.
fn is_self(user: &Identity, input: &Record, member: &str) -> bool {
    input.text(member).is_none_or(|name| name.eq_ignore_ascii_case(&user.name))
}

fn owns_device(
    context: &ReadContext<'_>,
    user: &Identity,
    serial: Option<&str>,
) -> Result<bool, Refusal> {
    let account = context.account();
    let resource = serial.and_then(|serial| account.device_of(serial));
    let Some(resource) = resource else { return Ok(false) };
    let device = context.read(|view| Ok(view.device(account, &resource)?))?;
    Ok(match device.and_then(|device| device.owner) {
        Some((owner, _)) => owner == user.id,
        None => resource.name() == user.name,
    })
}

fn own_key(context: &ReadContext<'_>, user: &Identity, id: &str) -> Result<(), Refusal> {
    let key = context.read(|view| Ok(view.access_key(id)?))?;
    if key.is_some_and(|key| key.owner == Owner::User(user.id.clone())) {
        return Ok(());
    }
    Err(refuse::not_authorized_for_key(context.caller, id).into())
}

/// The resource that a refusal names.
fn resource(account: AccountId, caller: &Identity, action: &Action, input: &Record) -> String {
    let text = |member: &str| input.text(member).unwrap_or_default();
    let user = |member: &str| match input.text(member) {
        Some(name) if !name.eq_ignore_ascii_case(&caller.name) => account.user_arn("/", name),
        _ => account.user_arn(&caller.path, &caller.name),
    };
    match action.concerns {
        // AWS has no narrower resource for either.
        Concerns::Caller | Concerns::Account("*") => "*".to_owned(),
        Concerns::Account(resource) => account.arn(resource),
        // AWS asks the permission on the user for actions that name one, else on the device.
        Concerns::User(member)
        | Concerns::KeysOf(member)
        | Concerns::DevicesOf(member)
        | Concerns::Binding { user: member, .. }
        | Concerns::Device { user: Some(member), .. } => user(member),
        Concerns::Key(member) => format!("access key {}", text(member)),
        Concerns::NewDevice { path, name } => {
            let path = input.text(path).unwrap_or("/");
            account.arn(&format!("mfa{path}{}", text(name)))
        }
        Concerns::Device { serial, user: None } => text(serial).to_owned(),
    }
}
