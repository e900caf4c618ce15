//! `vmfa mfa enroll`: a device for a user, with whoever makes its codes: a person with an app, or a
//! command.
//!
//! The device is taken back where it does not come to be enabled: nobody is left with a device that
//! no user has, nor with a seed of one that is gone.
//!
//! Not here: what the service makes of the calls.

mod ask;
mod command;
mod device;
mod pair;

use std::path::PathBuf;

use vmfa_client::{CallError, Destination};
use vmfa_model::FaultKind;
use vmfa_otp::{Authenticator, base32};
use zeroize::Zeroizing;

use self::device::Device;
use crate::{Surroundings, Trouble, screen, seed_file::SeedFile};

/// Give a user a new device, with an authenticator app or a command that makes its codes.
///
/// Makes the device, shows its key as a QR code and as text, asks for two codes in a row, and
/// enables it. Prints its serial number. Whoever gives up (Ctrl-C, Ctrl-D) leaves no device behind.
#[derive(clap::Args)]
pub(crate) struct Enroll {
    /// The user who is to have the device
    #[arg(long, value_name = "NAME")]
    user_name: String,
    /// What the device is called [default: the user's name]
    #[arg(long, value_name = "NAME")]
    virtual_mfa_device_name: Option<String>,
    /// The path of the device's serial number [default: /]
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// Write the key to a new file, as Base32, for its owner alone
    #[arg(long, value_name = "FILE")]
    seed_file: Option<PathBuf>,
    /// Take the codes from this command (of `sh`) in place of a person.
    ///
    /// It has the key on its standard input, and with --seed-file the file's name in
    /// `VMFA_SEED_FILE`. It is run once for each code, and again until it prints another one, for up
    /// to 90 seconds. Example: `oathtool --totp --base32 -`.
    #[arg(long, value_name = "COMMAND")]
    code_command: Option<String>,
    #[command(flatten)]
    pub(crate) destination: Destination,
}

pub(crate) fn run(enroll: &Enroll, around: &mut Surroundings<'_>) -> Result<(), Trouble> {
    // The way is there for the two calls alone: meanwhile it may hold a data directory.
    let calls = (around.connect)().map_err(Trouble::Failed)?;
    // This may ask for the code of a role. Ctrl-C ends that, as nothing is to be taken back yet.
    let user = device::find_user(&*calls, &enroll.user_name)?;
    around.terminal.watch()?;
    let mut seed_file = enroll.seed_file.as_deref().map(SeedFile::make).transpose()?;
    let name = enroll.virtual_mfa_device_name.as_deref().unwrap_or(&user);
    let device = device::create(&*calls, enroll.path.as_deref(), name)?;
    drop(calls);
    let codes = get_codes(enroll, around, &user, &device, seed_file.as_mut());
    let enabled = codes.and_then(|codes| enable(around, &user, &device, &codes));
    if let Err(trouble) = enabled {
        let (ending, gone) = take_back(around, &user, &device);
        if !gone && let Some(file) = seed_file {
            file.keep();
        }
        return Err(match trouble {
            Trouble::Failed(why) => Trouble::Failed(format!("{why}; {ending}")),
            Trouble::Interrupted(why, signal) => {
                Trouble::Interrupted(format!("{why}; {ending}"), signal)
            }
            Trouble::Broken(error) => Trouble::Failed(format!("{error}; {ending}")),
        });
    }
    if let Some(file) = seed_file {
        file.keep();
    }
    if around.terminal.is_live() {
        around.terminal.say(&format!("\nuser `{user}` has the device now:\n"))?;
    }
    writeln!(around.out, "{}", device.serial)?;
    Ok(around.out.flush()?)
}

/// Two codes in a row.
type Codes = [Zeroizing<String>; 2];

fn get_codes(
    enroll: &Enroll,
    around: &mut Surroundings<'_>,
    user: &str,
    device: &Device,
    mut seed_file: Option<&mut SeedFile>,
) -> Result<Codes, Trouble> {
    let seed = base32::encode(&device.key);
    if let Some(file) = &mut seed_file {
        file.write(&seed)?;
    }
    let bits = device.key.len().saturating_mul(8);
    if bits < SHORTEST {
        around.terminal.say(&format!(
            "the endpoint gave the device a key of {bits} bits, and less than {SHORTEST} can be \
             guessed (RFC 4226, section 4): do not protect anything with it\n\n"
        ))?;
    }
    // Without a file the key is shown come what may: it is told this once.
    let watched = around.terminal.is_live() && enroll.code_command.is_none();
    if seed_file.is_none() || watched {
        let whose = format!("`{}` for user `{user}`", device.serial);
        let key = screen::Key { base32: &seed, uri: &device.uri };
        screen::show(around.terminal, &whose, &key)?;
    }
    let app = Authenticator::new(&device.key);
    match &enroll.code_command {
        Some(command) => {
            let file = seed_file.map(|file| file.path().to_owned());
            command::codes(&app, around, &|shell| shell.run(command, &seed, file.as_deref()))
        }
        None => ask::codes(&app, around),
    }
}

fn enable(
    around: &Surroundings<'_>,
    user: &str,
    device: &Device,
    [first, second]: &Codes,
) -> Result<(), Trouble> {
    let calls = (around.connect)().map_err(Trouble::Failed)?;
    device::enable(&*calls, user, &device.serial, [first, second]).map_err(|failed| {
        let hint = match device::kind(&failed) {
            Some(FaultKind::InvalidAuthenticationCode) => {
                ": the codes are right by this machine's clock, so the service's may be another \
                 (`vmfa mfa verify-clock` compares them)"
            }
            _ => "",
        };
        Trouble::failed(format!("cannot enable the device: {failed}{hint}"))
    })
}

/// Deletes the device, and says how that went, and whether it is gone.
fn take_back(
    around: &Surroundings<'_>,
    user: &str,
    Device { serial, .. }: &Device,
) -> (String, bool) {
    let deleted = (around.connect)()
        .map_err(CallError::Unreachable)
        .and_then(|calls| device::delete(&*calls, serial));
    match deleted {
        Ok(()) => (format!("device `{serial}` was deleted again"), true),
        // The answer that it is enabled was lost on the way.
        Err(failed) if device::kind(&failed) == Some(&FaultKind::DeleteConflict) => (
            format!(
                "yet user `{user}` has device `{serial}` now: keep it, or take it off with `vmfa \
                 iam deactivate-mfa-device` and `delete-virtual-mfa-device`"
            ),
            false,
        ),
        Err(failed) => (
            format!(
                "and device `{serial}` is still there, since it could not be deleted: {failed}. \
                 Delete it with `vmfa iam delete-virtual-mfa-device --serial-number {serial}`"
            ),
            false,
        ),
    }
}

/// Bits of a key that RFC 4226 asks for (section 4, requirement 6).
const SHORTEST: usize = 128;
