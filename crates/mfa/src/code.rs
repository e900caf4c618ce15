//! `vmfa mfa code`: what an authenticator app would show.
//!
//! Not here: reading the key.

use vmfa_otp::Authenticator;

use crate::{Surroundings, Trouble, source, terminal::count_down};

/// Show the code of a key, and the next one.
///
/// Where standard output is no terminal, the code alone is printed. The key is Base32, or an otpauth
/// URI with its algorithm (SHA1, SHA256, SHA512), digits (6 to 8) and period.
#[derive(clap::Args)]
pub(crate) struct Code {
    /// The file with the key, or `-` for standard input [default: standard input]
    ///
    /// An otpauth URI works too, but others on this machine can read arguments.
    #[arg(value_name = "FILE")]
    key: Option<String>,
    /// Print the next code in place of the one that is shown now
    #[arg(long)]
    next: bool,
    /// Wait until the code changes first, so that it is one that was never used
    ///
    /// That takes 30 s at the most, unless the key has a longer period.
    #[arg(long)]
    wait: bool,
    /// Print both codes, the seconds left and the period as JSON
    #[arg(long, conflicts_with = "next")]
    json: bool,
}

pub(crate) fn run(code: &Code, around: &mut Surroundings<'_>) -> Result<(), Trouble> {
    let app = source::read(code.key.as_deref(), around)?;
    if code.wait {
        wait(&app, around)?;
    }
    let now = around.clock.now().unix();
    let (step, left) = (app.step(now), app.seconds_left(now));
    let (current, next) = (app.code(step), app.code(step.plus(1)));
    let out = &mut *around.out;
    if code.json {
        let answer = serde_json::json!({
            "Code": *current,
            "NextCode": *next,
            "SecondsLeft": left,
            "Period": app.period(),
        });
        writeln!(out, "{answer:#}")?;
    } else if !around.shown {
        writeln!(out, "{}", if code.next { &*next } else { &*current })?;
    } else if code.next {
        writeln!(out, "{}  in {left} s", &*next)?;
    } else {
        writeln!(out, "{}  for {left} s\n{}  then", &*current, &*next)?;
    }
    Ok(out.flush()?)
}

fn wait(app: &Authenticator, around: &mut Surroundings<'_>) -> Result<(), Trouble> {
    let clock = around.clock;
    let now = || clock.now().unix();
    let start = now();
    let end = start + app.seconds_left(start);
    Ok(count_down(around.terminal, "waiting for the next code", &|| end - now())?)
}
