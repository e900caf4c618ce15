//! The calls that enrolling makes, through whatever answers calls.
//!
//! Not here: when which is made, and what is said of it.

use vmfa_client::{CallError, Calls};
use vmfa_iam::{Api, Call, find};
use vmfa_model::{Blob, Fault, FaultKind, Record, Secret, Value};
use vmfa_otp::{base32, uri};
use zeroize::Zeroizing;

use crate::Trouble;

/// A device that was just made.
pub(super) struct Device {
    pub(super) serial: String,
    /// As long as the service makes them: 40 bytes, and other lengths elsewhere.
    pub(super) key: Zeroizing<Vec<u8>>,
    /// What an authenticator app scans.
    pub(super) uri: Zeroizing<String>,
}

/// The name of a user as the service writes it; it finds users whatever the case.
pub(super) fn find_user(calls: &dyn Calls, name: &str) -> Result<String, Trouble> {
    let found = match call(calls, "GetUser", [("UserName", Value::Text(name.to_owned()))]) {
        Ok(found) => found,
        Err(failed) => match kind(&failed) {
            Some(FaultKind::NoSuchEntity) => {
                return Err(Trouble::failed(format!(
                    "there is no user `{name}`: make one with `vmfa iam create-user --user-name \
                     {name}`, or look for it with `vmfa iam list-users`"
                )));
            }
            // Whoever may give a user a device need not be allowed to look at the user.
            Some(FaultKind::AccessDenied) => return Ok(name.to_owned()),
            _ => return Err(Trouble::failed(format!("cannot look for user `{name}`: {failed}"))),
        },
    };
    let user = match found.get("User") {
        Some(Value::Structure(user)) => user.text("UserName"),
        _ => None,
    };
    Ok(user.unwrap_or(name).to_owned())
}

/// Makes a device. One whose answer cannot be used is deleted again.
pub(super) fn create(calls: &dyn Calls, path: Option<&str>, name: &str) -> Result<Device, Trouble> {
    let text = |text: &str| Value::Text(text.to_owned());
    let path = path.map(|path| ("Path", text(path)));
    let input = path.into_iter().chain([("VirtualMFADeviceName", text(name))]);
    let made = call(calls, "CreateVirtualMFADevice", input).map_err(|failed| {
        let hint = match kind(&failed) {
            Some(FaultKind::EntityAlreadyExists) => {
                ": give the new one another name with --virtual-mfa-device-name, or delete the old \
                 one if nobody has it (`vmfa iam list-virtual-mfa-devices --assignment-status \
                 Unassigned` tells)"
            }
            // Its answer was lost, and its seed with it.
            None => {
                ": it may have been made all the same, and nobody has its seed; look for it with \
                 `vmfa iam list-virtual-mfa-devices --assignment-status Unassigned`, and delete it"
            }
            _ => "",
        };
        Trouble::failed(format!("cannot make device `{name}`: {failed}{hint}"))
    })?;
    let Some((serial, seed)) = parts(made) else {
        return Err(Trouble::failed(
            "the endpoint made a device and told neither its serial number nor its seed",
        ));
    };
    let text = str::from_utf8(seed.expose()).unwrap_or_default();
    match base32::decode(text) {
        Ok(key) => {
            let account = serial.split(':').nth(4).unwrap_or_default();
            let uri = uri::key_uri_of_bytes(name, account, None, &key);
            Ok(Device { serial, key, uri })
        }
        Err(refused) => {
            let back = delete(calls, &serial);
            let ending = if back.is_ok() { "deleted again" } else { "still there" };
            Err(Trouble::failed(format!(
                "the endpoint gave device `{serial}` a seed that is none of a virtual device \
                 ({refused}); the device is {ending}"
            )))
        }
    }
}

/// Binds a device to a user.
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

/// Deletes a device that nobody has.
pub(super) fn delete(calls: &dyn Calls, serial: &str) -> Result<(), CallError> {
    let input = [("SerialNumber", Value::Text(serial.to_owned()))];
    call(calls, "DeleteVirtualMFADevice", input).map(|_| ())
}

/// What a call was refused for, where it was.
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
    // The table has every name that stands here; whoever takes one out hears of it from a test.
    let action = find(Api::Iam, name).ok_or_else(|| {
        Fault::new(FaultKind::InvalidAction, format!("there is no action `{name}`"))
    })?;
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
