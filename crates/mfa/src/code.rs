//! `vmfa mfa code`: the code that an authenticator app would show.

use vmfa_otp::Authenticator;

use crate::{Error, MfaContext, source, terminal::count_down};

/// Show the current and the next code of a key.
///
/// Prints the current code alone if standard output is not a terminal. The key is Base32, or an
/// otpauth URI, which may set algorithm (SHA1, SHA256, SHA512), digits (6 to 8) and period.
#[derive(clap::Args)]
pub(crate) struct ShowCode {
    /// Read the key from this file, or from standard input if it is `-` [default: standard input]
    ///
    /// May also be an otpauth URI, but other users of this machine can read arguments.
    #[arg(value_name = "FILE")]
    key: Option<String>,
    /// Print the next code in place of the current one
    #[arg(long)]
    next: bool,
    /// Wait until the code changes, so that it was not used before
    ///
    /// This takes up to one period: 30 s, unless the key has another one.
    #[arg(long)]
    wait: bool,
    /// Print both codes, the seconds until they change and the period as JSON
    #[arg(long, conflicts_with = "next")]
    json: bool,
}

pub(crate) fn run(code: &ShowCode, context: &mut MfaContext<'_>) -> Result<(), Error> {
    let app = source::read(code.key.as_deref(), context)?;
    if code.wait {
        wait(&app, context)?;
    }
    let now = context.clock.now().unix();
    let (step, left) = (app.step(now), app.seconds_left(now));
    let (current, next) = (app.code(step), app.code(step.plus(1)));
    let out = &mut *context.out;
    if code.json {
        let document = serde_json::json!({
            "Code": *current,
            "NextCode": *next,
            "SecondsLeft": left,
            "Period": app.period(),
        });
        writeln!(out, "{document:#}")?;
    } else if !context.output_is_terminal {
        writeln!(out, "{}", if code.next { &*next } else { &*current })?;
    } else if code.next {
        writeln!(out, "{}  in {left} s", &*next)?;
    } else {
        writeln!(out, "{}  for {left} s\n{}  then", &*current, &*next)?;
    }
    Ok(out.flush()?)
}

fn wait(app: &Authenticator, context: &mut MfaContext<'_>) -> Result<(), Error> {
    let clock = context.clock;
    let now = || clock.now().unix();
    let start = now();
    let end = start + app.seconds_left(start);
    Ok(count_down(context.terminal, "waiting for the next code", &|| end - now())?)
}
