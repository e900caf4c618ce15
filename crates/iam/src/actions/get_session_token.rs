//! GetSessionToken: temporary credentials, with or without MFA.

use vmfa_model::{
    Secret,
    names::{DurationSeconds, SessionSerialNumber, TokenCode},
};
use vmfa_otp::Code;

use super::prelude::*;
use crate::{CallerCredentials, Principal, redeem::redeem_one, session::Session};

pub(super) static ACTION: Action = Action {
    name: "GetSessionToken",
    doc: "Returns temporary credentials of the caller. With the serial number of one of the \
          caller's devices and a code of it, the session counts as authenticated with MFA, and \
          may call IAM. The code cannot be used again.",
    access: Access::Read,
    resource: PermissionResource::Any,
    self_service: SelfService::Always,
    input: &Input::SHAPE,
    reply: Reply::Whole(&Output::SHAPE),
    sql: &[SqlMethod::exec("session_tokens", "session_tokens_Get")
        .also(&[("session_tokens", "get_session_token")])],
    rule: writes!(run),
    ..Action::STS
};

structure! {
    struct Input {
        /// The seconds that the credentials are valid, 900 to 129600; 43200 by default. For the
        /// account's root at most 3600, which is also the default.
        #[aws = "The duration, in seconds, that the credentials should remain valid."]
        "DurationSeconds" duration: Option<DurationSeconds>,
        /// The serial number of the caller's device; required with `TokenCode`.
        #[aws = "The identification number of the MFA device that is associated with the IAM user who is making the GetSessionToken call."]
        "SerialNumber" serial: Option<SessionSerialNumber>,
        /// The present code of the device: six digits.
        #[aws = "The value provided by the MFA device, if MFA is required."]
        "TokenCode" code: Option<TokenCode>,
    }
}

structure! {
    struct Output {
        /// The credentials.
        "Credentials" credentials: CredentialsShape,
    }
}

structure! {
    /// Temporary credentials.
    struct CredentialsShape {
        /// The identifier of the temporary access key.
        #[min = 16]
        "AccessKeyId" key: String,
        /// Its secret.
        "SecretAccessKey" secret: Secret,
        /// The session token, which every request must include.
        "SessionToken" token: Secret,
        /// When the credentials expire.
        "Expiration" expires: Timestamp,
    }
}

fn run(context: &WriteContext<'_>, input: Input) -> Result<Change<Output>, Refusal> {
    let parent = match &context.caller.credentials {
        CallerCredentials::Key(key) => Some(key.clone()),
        CallerCredentials::Local => None,
        CallerCredentials::Session { .. } => return Err(refuse::session_of_session().into()),
    };
    let (account, now) = (context.account(), context.now);
    let (keys, entropy) =
        (std::sync::Arc::clone(context.keys), std::sync::Arc::clone(context.entropy));
    let expires = now.plus(duration(&context.caller.principal, input.duration));
    let (mfa, change) = match (input.serial, input.code) {
        (Some(serial), Some(code)) => (Some(now), redeem(context, serial, &code)?),
        (None, None) => (None, Change::None(())),
        _ => return Err(refuse::serial_and_code_go_together().into()),
    };
    let session = Session::new(account, parent, expires, mfa, &*entropy);
    let token = session.token(&keys, &*entropy);
    let Session { key, secret, expires, .. } = session;
    let credentials = CredentialsShape { key: key.0, secret, token, expires };
    Ok(change.then(|()| Output { credentials }))
}

/// Attempts the code on the caller's own device. AWS's refusal does not say what is wrong with the
/// device.
fn redeem(
    context: &WriteContext<'_>,
    serial: SessionSerialNumber,
    code: &TokenCode,
) -> Result<Change<()>, Refusal> {
    let with = context.attempt();
    let caller = context.caller.clone();
    let code = Code::parse(code.expose()).ok_or_else(refuse::wrong_session_code)?;
    Ok(Change::transaction(move |tx| {
        let device = match caller.account.device_of(serial.as_str()) {
            Some(resource) => tx.view().device(caller.account, &resource)?,
            None => None,
        };
        let user = caller.user().map(|user| &user.id);
        let own = device
            .filter(|device| device.owner.as_ref().is_some_and(|(owner, _)| Some(owner) == user));
        redeem_one(tx, &own.ok_or_else(refuse::cannot_validate_code)?, &code, &with)
    }))
}

/// Seconds that the session lasts.
fn duration(principal: &Principal, wanted: Option<DurationSeconds>) -> i64 {
    let wanted = wanted.map(DurationSeconds::get);
    match principal {
        Principal::Root => wanted.map_or(ROOT_SECONDS, |wanted| wanted.min(ROOT_SECONDS)),
        Principal::User(_) => wanted.unwrap_or(USER_SECONDS),
    }
}

/// What a session of the root lasts at the most, and by default.
const ROOT_SECONDS: i64 = 3600;
/// What a session of a user lasts by default.
const USER_SECONDS: i64 = 43_200;
