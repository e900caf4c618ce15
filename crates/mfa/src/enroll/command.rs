//! Gets two consecutive codes from `--code-command`, which is repeated until the code changes.

use std::io;

use vmfa_otp::Authenticator;
use zeroize::Zeroizing;

use super::{
    Codes, ask,
    pair::{CodeCheck, TypedCodes},
};
use crate::{Error, MfaContext, Shell, terminal::count_down};

pub(super) fn codes(
    app: &Authenticator,
    context: &mut MfaContext<'_>,
    run: &dyn Fn(&dyn Shell) -> io::Result<Zeroizing<String>>,
) -> Result<Codes, Error> {
    let clock = context.clock;
    let now = || clock.now().unix();
    let mut pair = TypedCodes::new(app);
    // Each code may take three periods: the command may wait itself.
    let mut until = now() + TIMEOUT * app.period();
    let mut pause = None;
    loop {
        let printed = run(context.shell);
        check(context)?;
        let printed =
            printed.map_err(|error| Error::failed(format!("the code command failed: {error}")))?;
        let verdict = pair.take(&printed, now());
        match verdict {
            CodeCheck::Both(codes) => return Ok(codes),
            CodeCheck::First => until = now() + TIMEOUT * app.period(),
            CodeCheck::Repeated | CodeCheck::Skipped if now() >= until => {
                return Err(Error::failed(match verdict {
                    CodeCheck::Repeated => "the code command keeps printing the same code",
                    _ => "the code command prints codes that are not consecutive",
                }));
            }
            CodeCheck::Skipped => {}
            CodeCheck::Repeated => {
                // Until the end of the period, and then a little longer: its clock may be late.
                let wait = pause.replace(RETRY).unwrap_or_else(|| app.seconds_left(now()));
                let end = now() + wait;
                count_down(context.terminal, "waiting for the next code", &|| end - now())?;
                check(context)?;
            }
            CodeCheck::Earlier
            | CodeCheck::WrongClock(_)
            | CodeCheck::Malformed
            | CodeCheck::Wrong => {
                let text = ask::complaint(app, &verdict);
                return Err(Error::failed(format!(
                    "the code command printed a wrong code: {text}"
                )));
            }
        }
    }
}

/// Fails after a signal. Checked before the command's own error, which the same Ctrl-C causes.
fn check(context: &MfaContext<'_>) -> Result<(), Error> {
    match context.terminal.caught_signal() {
        Some(signal) => Err(Error::Interrupted("interrupted".to_owned(), signal)),
        None => Ok(()),
    }
}

/// In periods.
const TIMEOUT: i64 = 3;
/// In seconds.
const RETRY: i64 = 3;
