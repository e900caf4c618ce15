//! Takes two codes in a row from a command, with the patience that it takes until there is another.
//!
//! Not here: whether a code is right, and how a command is run.

use std::io;

use vmfa_otp::Authenticator;
use zeroize::Zeroizing;

use super::{
    Codes, ask,
    pair::{Pair, Verdict},
};
use crate::{Shell, Surroundings, Trouble, terminal::count_down};

pub(super) fn codes(
    app: &Authenticator,
    around: &mut Surroundings<'_>,
    run: &dyn Fn(&dyn Shell) -> io::Result<Zeroizing<String>>,
) -> Result<Codes, Trouble> {
    let clock = around.clock;
    let now = || clock.now().unix();
    let mut pair = Pair::new(app);
    // A command may take its time; each code has three periods from the one before it.
    let mut until = now() + PATIENCE * app.period();
    let mut pause = None;
    loop {
        let printed = run(around.shell);
        check(around)?;
        let printed = printed
            .map_err(|error| Trouble::failed(format!("the code command failed: {error}")))?;
        let verdict = pair.take(&printed, now());
        match verdict {
            Verdict::Both(codes) => return Ok(codes),
            Verdict::First => until = now() + PATIENCE * app.period(),
            Verdict::Same | Verdict::Skipped if now() >= until => {
                return Err(Trouble::failed(match verdict {
                    Verdict::Same => "the code command prints the same code all the time",
                    _ => "the code command prints codes that do not follow one another",
                }));
            }
            Verdict::Skipped => {}
            Verdict::Same => {
                // First to the end of the period; after that its clock is a little late.
                let wait = pause.replace(RETRY).unwrap_or_else(|| app.seconds_left(now()));
                let end = now() + wait;
                count_down(around.terminal, "waiting for the next code", &|| end - now())?;
                check(around)?;
            }
            Verdict::Earlier | Verdict::Elsewhen(_) | Verdict::NotACode | Verdict::Wrong => {
                let text = ask::complaint(app, &verdict);
                return Err(Trouble::failed(format!("of what the code command printed: {text}")));
            }
        }
    }
}

/// Whether it is still to go on. A command that was stopped by the same Ctrl-C failed for that.
fn check(around: &Surroundings<'_>) -> Result<(), Trouble> {
    match around.terminal.stopped() {
        Some(signal) => Err(Trouble::Interrupted("given up".to_owned(), signal)),
        None => Ok(()),
    }
}

/// In periods.
const PATIENCE: i64 = 3;
/// In seconds.
const RETRY: i64 = 3;
