//! The calls of an enrolment.

use vmfa_client::{CallError, Calls};
use vmfa_iam::{Api, Call, find};
use vmfa_model::{Blob, Fault, FaultKind, Record, Secret, Value};
use vmfa_otp::{base32, uri};
use zeroize::Zeroizing;

use crate::Error;

pub(super) struct CreatedDevice {
    pub(super) serial: String,
    /// 40 bytes from vmfa and AWS; other endpoints have other lengths.
    pub(super) key: Zeroizing<Vec<u8>>,
    /// The `otpauth` URI of the QR code.
    pub(super) uri: Zeroizing<String>,
}

/// The name of a user in the case in which it was created; the service ignores case.
pub(super) fn find_user(calls: &dyn Calls, name: &str) -> Result<String, Error> {
    let found = match call(calls, "GetUser", [("UserName", Value::Text(name.to_owned()))]) {
        Ok(found) => found,
        Err(failed) => match kind(&failed) {
            Some(FaultKind::NoSuchEntity) => {
                return Err(Error::failed(format!(
                    "user `{name}` does not exist; create it with `vmfa iam create-user \
                     --user-name {name}`, or list the users with `vmfa iam list-users`"
                )));
            }
            // GetUser is not required for enabling a device.
            Some(FaultKind::AccessDenied) => return Ok(name.to_owned()),
            _ => return Err(Error::failed(format!("cannot get user `{name}`: {failed}"))),
        },
    };
    let user = match found.get("User") {
        Some(Value::Structure(user)) => user.text("UserName"),
        _ => None,
    };
    Ok(user.unwrap_or(name).to_owned())
}

/// Creates a device, and deletes it if its seed is not valid.
pub(super) fn create(
    calls: &dyn Calls,
    path: Option<&str>,
    name: &str,
) -> Result<CreatedDevice, Error> {
    let text = |text: &str| Value::Text(text.to_owned());
    let path = path.map(|path| ("Path", text(path)));
    let input = path.into_iter().chain([("VirtualMFADeviceName", text(name))]);
    let made = call(calls, "CreateVirtualMFADevice", input).map_err(|failed| {
        let hint = match kind(&failed) {
            Some(FaultKind::EntityAlreadyExists) => {
                "; choose another name with --virtual-mfa-device-name, or delete the old device if \
                 it is unassigned (`vmfa iam list-virtual-mfa-devices --assignment-status \
                 Unassigned` lists those)"
            }
            // The response, and the seed with it, was lost.
            None => {
                "; it may have been created, with a seed that is lost: look for it with `vmfa iam \
                 list-virtual-mfa-devices --assignment-status Unassigned`, and delete it"
            }
            _ => "",
        };
        Error::failed(format!("cannot create device `{name}`: {failed}{hint}"))
    })?;
    let Some((serial, seed)) = parts(made) else {
        return Err(Error::failed(
            "the endpoint created a device and returned no serial number or no seed",
        ));
    };
    let text = str::from_utf8(seed.expose()).unwrap_or_default();
    match base32::decode(text) {
        Ok(key) => {
            let account = serial.split(':').nth(4).unwrap_or_default();
            let uri = uri::key_uri_of_bytes(name, account, None, &key);
            Ok(CreatedDevice { serial, key, uri })
        }
        Err(refused) => {
            let back = delete(calls, &serial);
            let ending = if back.is_ok() { "deleted" } else { "cannot delete" };
            Err(Error::failed(format!(
                "the endpoint returned an invalid seed ({refused}); {ending} device `{serial}`"
            )))
        }
    }
}

pub(super) fn enable(
    calls: &dyn Calls,
    user: &str,
    serial: &str,
    codes: [&str; 2],
) -> Result<(), CallError> {
    let secret = |text: &str| Value::Secret(Secret::new(text.to_owned()));
    let [first, second] = codes.map(secret);
    let input = [
        ("UserName", Value::Text(user.to_owned())),
        ("SerialNumber", Value::Text(serial.to_owned())),
        ("AuthenticationCode1", first),
        ("AuthenticationCode2", second),
    ];
    call(calls, "EnableMFADevice", input).map(|_| ())
}

/// Deletes an unassigned device.
pub(super) fn delete(calls: &dyn Calls, serial: &str) -> Result<(), CallError> {
    let input = [("SerialNumber", Value::Text(serial.to_owned()))];
    call(calls, "DeleteVirtualMFADevice", input).map(|_| ())
}

/// The error code, if the call was refused.
pub(super) fn kind(failed: &CallError) -> Option<&FaultKind> {
    match failed {
        CallError::Refused(fault) | CallError::Exhausted { fault, .. } => Some(&fault.kind),
        CallError::Unreachable(_) | CallError::Client(_) => None,
    }
}

fn call(
    calls: &dyn Calls,
    name: &str,
    input: impl IntoIterator<Item = (&'static str, Value)>,
) -> Result<Record, CallError> {
    // The table has every name used here, as the tests show.
    let action = find(Api::Iam, name)
        .ok_or_else(|| Fault::new(FaultKind::InvalidAction, format!("unknown action `{name}`")))?;
    calls.call(Call { action, input: input.into_iter().collect() })
}

fn parts(made: Record) -> Option<(String, Blob)> {
    let (_, device) = made.into_iter().find(|(name, _)| *name == "VirtualMFADevice")?;
    let Value::Structure(mut device) = device else { return None };
    match (device.take("SerialNumber")?, device.take("Base32StringSeed")?) {
        (Value::Text(serial), Value::Blob(seed)) => Some((serial, seed)),
        _ => None,
    }
}
