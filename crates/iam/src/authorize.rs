//! Whether a caller may call an action. The account's root may call all.

use vmfa_model::Record;

use crate::{Action, Caller, Refusal, context::ReadContext, refuse};

/// Refuses with `AccessDenied` what the caller may not do.
pub(crate) fn check(
    context: &ReadContext<'_>,
    action: &Action,
    input: &Record,
) -> Result<(), Refusal> {
    let Some(user) = context.caller.user() else { return Ok(()) };
    if action.self_service.allows(context, user, action, input)? {
        return Ok(());
    }
    Err(action.resource.denial(context.caller, user, action, input).into())
}

/// Refuses a user's enabling or deactivating of its own devices without MFA once it has a device:
/// the access key alone must not suffice to remove MFA (AWS, since 21 April 2023). AWS checks it
/// before it looks at the device.
pub(crate) fn guard_own_mfa(caller: &Caller, target: &vmfa_store::User) -> Result<(), Refusal> {
    let own = caller.user().is_some_and(|user| user.id == target.id);
    if own && target.devices > 0 && !caller.used_mfa() {
        return Err(refuse::needs_mfa().into());
    }
    Ok(())
}
