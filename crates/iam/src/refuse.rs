//! Refusals in AWS's words, one function each.

use vmfa_model::{AccountId, Fault, FaultKind};

use crate::{Action, Caller};

pub(crate) fn no_such_user(name: &str) -> Fault {
    Fault::new(FaultKind::NoSuchEntity, format!("The user with name {name} cannot be found."))
}

pub(crate) fn user_exists(name: &str) -> Fault {
    Fault::new(FaultKind::EntityAlreadyExists, format!("User with name {name} already exists."))
}

pub(crate) fn no_such_login_profile(user: &str) -> Fault {
    let message = format!("Login Profile for User {user} cannot be found.");
    Fault::new(FaultKind::NoSuchEntity, message)
}

pub(crate) fn no_password_policy(account: AccountId) -> Fault {
    let message = format!("The Password Policy with domain name {account} cannot be found.");
    Fault::new(FaultKind::NoSuchEntity, message)
}

pub(crate) fn no_such_service(name: &str) -> Fault {
    let message = format!("No such service {name} is supported for Service Specific Credentials");
    Fault::new(FaultKind::NoSuchEntity, message)
}

pub(crate) fn no_such_policy(arn: &str) -> Fault {
    let message = format!("Policy {arn} does not exist or is not attachable.");
    Fault::new(FaultKind::NoSuchEntity, message)
}

pub(crate) fn alias_exists(alias: &str) -> Fault {
    let message = format!("The account alias {alias} already exists.");
    Fault::new(FaultKind::EntityAlreadyExists, message)
}

pub(crate) fn no_such_alias(alias: &str) -> Fault {
    Fault::new(FaultKind::NoSuchEntity, format!("The Account Alias {alias} cannot be found."))
}

pub(crate) fn no_such_device(serial: &str) -> Fault {
    let message = format!("MFA Device with serial number {serial} does not exist.");
    Fault::new(FaultKind::NoSuchEntity, message)
}

pub(crate) fn device_exists() -> Fault {
    Fault::new(FaultKind::EntityAlreadyExists, "MFA device already exists.")
}

pub(crate) fn device_in_use() -> Fault {
    Fault::new(FaultKind::DeleteConflict, "MFA VirtualDevice in use. Must deactivate first.")
}

pub(crate) fn device_already_of(user: &str) -> Fault {
    let message = format!("MFA Device for user {user} already exists.");
    Fault::new(FaultKind::EntityAlreadyExists, message)
}

pub(crate) fn device_taken() -> Fault {
    Fault::new(FaultKind::EntityAlreadyExists, "MFA Device is already in use.")
}

pub(crate) fn device_not_of_user() -> Fault {
    Fault::new(FaultKind::NoSuchEntity, "MFA Device invalid for user.")
}

pub(crate) fn wrong_code() -> Fault {
    let message = "Authentication code for device is not valid.";
    Fault::new(FaultKind::InvalidAuthenticationCode, message)
}

pub(crate) fn wrong_session_code() -> Fault {
    let message = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";
    Fault::new(FaultKind::AccessDenied, message)
}

pub(crate) fn cannot_validate_code() -> Fault {
    let message = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify \
                   your MFA serial number is valid and associated with this user.";
    Fault::new(FaultKind::AccessDenied, message)
}

pub(crate) fn serial_and_code_go_together() -> Fault {
    let message = "MultiFactorAuthentication failed, must provide both MFA serial number and one \
                   time pass code.";
    Fault::new(FaultKind::AccessDenied, message)
}

pub(crate) fn session_of_session() -> Fault {
    Fault::new(FaultKind::AccessDenied, "Cannot call GetSessionToken with session credentials")
}

pub(crate) fn needs_mfa() -> Fault {
    let message = "To complete this action, please ensure that you are authenticated with an MFA \
                   device that is enabled for this user.";
    Fault::new(FaultKind::AccessDenied, message)
}

pub(crate) fn fido_only() -> Fault {
    let message = "The MFA device serial number sent in the request is invalid or not supported \
                   by this API. Currently, only hardware FIDO security keys are supported. Please \
                   use the compatible device or API.";
    Fault::new(FaultKind::ValidationError, message)
}

pub(crate) fn bad_marker() -> Fault {
    Fault::new(FaultKind::ValidationError, "Invalid Marker.")
}

pub(crate) fn over_quota(quota: &str, most: u64) -> Fault {
    Fault::new(FaultKind::LimitExceeded, format!("Cannot exceed quota for {quota}: {most}"))
}

pub(crate) fn too_many_tags() -> Fault {
    Fault::new(FaultKind::LimitExceeded, "The number of tags has reached the maximum limit.")
}

pub(crate) fn reserved_tag() -> Fault {
    let message = "Tag keys beginning with aws: are reserved for system use.";
    Fault::new(FaultKind::InvalidInput, message)
}

pub(crate) fn empty_list() -> Fault {
    Fault::new(FaultKind::InvalidInput, "Error occurred while validating input. ")
}

/// Of users, whose tag keys are compared without regard to case.
pub(crate) fn duplicate_tag_ignoring_case() -> Fault {
    let message = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
    Fault::new(FaultKind::InvalidInput, message)
}

pub(crate) fn duplicate_tag() -> Fault {
    Fault::new(FaultKind::InvalidInput, "Duplicate tag keys found.")
}

/// Not of AWS, which never sees a secret.
pub(crate) fn unusable_key(id: &str) -> Fault {
    let message = format!("access key `{id}` is inactive, or its secret is wrong");
    Fault::new(FaultKind::AccessDenied, message)
}

pub(crate) fn no_such_key(id: &str) -> Fault {
    Fault::new(FaultKind::NoSuchEntity, format!("The Access Key with id {id} cannot be found."))
}

pub(crate) fn key_cannot_expire() -> Fault {
    let message = "cannot set an access key to `Expired`; use `Inactive`";
    Fault::new(FaultKind::InvalidInput, message)
}

pub(crate) fn name_the_user() -> Fault {
    let message = "Must specify userName when calling with non-User credentials";
    Fault::new(FaultKind::ValidationError, message)
}

pub(crate) fn must_first(what: &str) -> Fault {
    Fault::new(FaultKind::DeleteConflict, format!("Cannot delete entity, must {what} first."))
}

pub(crate) fn must_remove_tokens() -> Fault {
    let message = "Cannot delete entity, must remove tokens from principal first.";
    Fault::new(FaultKind::DeleteConflict, message)
}

pub(crate) fn not_authorized(caller: &Caller, action: &Action, resource: &str) -> Fault {
    let permission = action.permission();
    let arn = caller.arn();
    let message = format!(
        "User: {arn} is not authorized to perform: {permission} on resource: {resource} because \
         no identity-based policy allows the {permission} action"
    );
    Fault::new(FaultKind::AccessDenied, message)
}

/// Of keys of other users, and of keys that do not exist.
pub(crate) fn not_authorized_for_key(caller: &Caller, key: &str) -> Fault {
    let arn = caller.arn();
    let message = format!(
        "User: {arn} is not authorized to perform iam:GetAccessKeyLastUsed on resource: access \
         key {key}"
    );
    Fault::new(FaultKind::AccessDenied, message)
}

/// Of unknown keys and sessions.
pub fn unknown_token() -> Fault {
    let message = "The security token included in the request is invalid.";
    Fault::new(FaultKind::InvalidClientTokenId, message)
}

pub(crate) fn expired_token() -> Fault {
    let message = "The security token included in the request is expired";
    Fault::new(FaultKind::ExpiredToken, message)
}

/// An internal error. The caller learns only the request that the log names.
pub fn internal_error(kind: FaultKind, request: &str) -> Fault {
    let message = format!("internal error; see the server log for request `{request}`");
    Fault::new(kind, message)
}
