//! `vmfa mfa enroll`: creates a device for a user, asks a person with an authenticator app or a
//! command for two codes, and enables it.
//!
//! If the device is not enabled in the end, it and its seed file are deleted.

mod ask;
mod command;
mod device;
mod pair;

use std::path::PathBuf;

use vmfa_client::{CallError, Destination};
use vmfa_model::FaultKind;
use vmfa_otp::{Authenticator, base32};
use zeroize::Zeroizing;

use self::device::CreatedDevice;
use crate::{Error, MfaContext, screen, seed_file::SeedFile};

/// Create a virtual MFA device for a user and enable it.
///
/// Shows the key as a QR code and as text, asks for two consecutive codes, and prints the serial
/// number. Deletes the device if interrupted (Ctrl-C, Ctrl-D).
#[derive(clap::Args)]
pub(crate) struct Enroll {
    /// Enable the device for this user
    #[arg(long, value_name = "NAME")]
    user_name: String,
    /// Give the device this name [default: the user's name]
    #[arg(long, value_name = "NAME")]
    virtual_mfa_device_name: Option<String>,
    /// Put this path into the device's serial number [default: /]
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// Write the key as Base32 to a new file with mode 0600
    #[arg(long, value_name = "FILE")]
    seed_file: Option<PathBuf>,
    /// Take the codes from the output of this shell command in place of a prompt
    ///
    /// The command receives the key on standard input, and with --seed-file the file's name in the
    /// variable `VMFA_SEED_FILE`. It is repeated for up to 90 seconds, until it prints the next
    /// code. Example: `oathtool --totp --base32 -`
    #[arg(long, value_name = "COMMAND")]
    code_command: Option<String>,
    #[command(flatten)]
    pub(crate) destination: Destination,
}

pub(crate) fn run(enroll: &Enroll, context: &mut MfaContext<'_>) -> Result<(), Error> {
    // Dropped after the two calls: it may hold the data directory.
    let calls = (context.connect)().map_err(Error::Failed)?;
    // May prompt for the MFA code of a role, where Ctrl-C ends the process: nothing exists yet.
    let user = device::find_user(&*calls, &enroll.user_name)?;
    context.terminal.catch_signals()?;
    let mut seed_file = enroll.seed_file.as_deref().map(SeedFile::create).transpose()?;
    let name = enroll.virtual_mfa_device_name.as_deref().unwrap_or(&user);
    let device = device::create(&*calls, enroll.path.as_deref(), name)?;
    drop(calls);
    let codes = get_codes(enroll, context, &user, &device, seed_file.as_mut());
    let enabled = codes.and_then(|codes| enable(context, &user, &device, &codes));
    if let Err(trouble) = enabled {
        let (ending, gone) = roll_back(context, &user, &device);
        if !gone && let Some(file) = seed_file {
            file.keep();
        }
        return Err(match trouble {
            Error::Failed(why) => Error::Failed(format!("{why}; {ending}")),
            Error::Interrupted(why, signal) => {
                Error::Interrupted(format!("{why}; {ending}"), signal)
            }
            Error::Io(error) => Error::Failed(format!("{error}; {ending}")),
        });
    }
    if let Some(file) = seed_file {
        file.keep();
    }
    if context.terminal.is_interactive() {
        context.terminal.print(&format!("\nenabled the device for user `{user}`:\n"))?;
    }
    writeln!(context.out, "{}", device.serial)?;
    Ok(context.out.flush()?)
}

/// Two consecutive codes.
type Codes = [Zeroizing<String>; 2];

fn get_codes(
    enroll: &Enroll,
    context: &mut MfaContext<'_>,
    user: &str,
    device: &CreatedDevice,
    mut seed_file: Option<&mut SeedFile>,
) -> Result<Codes, Error> {
    let seed = base32::encode(&device.key);
    if let Some(file) = &mut seed_file {
        file.write(&seed)?;
    }
    let bits = device.key.len().saturating_mul(8);
    if bits < MIN_KEY_BITS {
        context.terminal.print(&format!(
            "warning: the endpoint created a key of {bits} bits; keys under {MIN_KEY_BITS} bits can \
             be guessed (RFC 4226, section 4)\n\n"
        ))?;
    }
    // Without a file the key is always shown: the service returns it only once.
    let prompts = context.terminal.is_interactive() && enroll.code_command.is_none();
    if seed_file.is_none() || prompts {
        let whose = format!("`{}` for user `{user}`", device.serial);
        let key = screen::KeyDisplay { base32: &seed, uri: &device.uri };
        screen::show(context.terminal, &whose, &key)?;
    }
    let app = Authenticator::new(&device.key);
    match &enroll.code_command {
        Some(command) => {
            let file = seed_file.map(|file| file.path().to_owned());
            command::codes(&app, context, &|shell| shell.run(command, &seed, file.as_deref()))
        }
        None => ask::codes(&app, context),
    }
}

fn enable(
    context: &MfaContext<'_>,
    user: &str,
    device: &CreatedDevice,
    [first, second]: &Codes,
) -> Result<(), Error> {
    let calls = (context.connect)().map_err(Error::Failed)?;
    device::enable(&*calls, user, &device.serial, [first, second]).map_err(|failed| {
        let hint = match device::kind(&failed) {
            Some(FaultKind::InvalidAuthenticationCode) => {
                "; the codes are valid by this machine's clock, so the service's may differ: run \
                 `vmfa mfa verify-clock`"
            }
            _ => "",
        };
        Error::failed(format!("cannot enable the device: {failed}{hint}"))
    })
}

/// Deletes the device. Returns the end of the error message, and whether the device is gone.
fn roll_back(
    context: &MfaContext<'_>,
    user: &str,
    CreatedDevice { serial, .. }: &CreatedDevice,
) -> (String, bool) {
    let deleted = (context.connect)()
        .map_err(CallError::Unreachable)
        .and_then(|calls| device::delete(&*calls, serial));
    match deleted {
        Ok(()) => (format!("deleted device `{serial}`"), true),
        // It was enabled, and the response was lost.
        Err(failed) if device::kind(&failed) == Some(&FaultKind::DeleteConflict) => (
            format!(
                "but device `{serial}` is enabled for user `{user}`: keep it, or remove it with \
                 `vmfa iam deactivate-mfa-device` and `vmfa iam delete-virtual-mfa-device`"
            ),
            false,
        ),
        Err(failed) => (
            format!(
                "cannot delete device `{serial}`: {failed}; delete it with `vmfa iam \
                 delete-virtual-mfa-device --serial-number {serial}`"
            ),
            false,
        ),
    }
}

/// RFC 4226 section 4, R6.
const MIN_KEY_BITS: usize = 128;
