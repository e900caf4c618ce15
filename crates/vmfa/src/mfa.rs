//! `vmfa mfa`: wires its commands to clock, terminal, shell and the destination of their calls.

use std::{
    io::{self, IsTerminal as _},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use vmfa_iam::Api;
use vmfa_mfa::{Arguments, ClockReading, MfaContext, SystemShell, SystemTerminal};

use crate::{
    destination::{self, ResolvedDestination},
    environment,
    out::StandardOutput,
};

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let options = environment::service_options()?;
    let resolved = arguments.destination().map(|destination| {
        let resolved = destination::resolve(&destination, &[Api::Iam], COMMAND);
        resolved.map_err(|error| format!("{error:#}"))
    });
    let resolved = || match &resolved {
        Some(resolved) => resolved.as_ref().map_err(Clone::clone),
        None => Err("this command makes no calls".to_owned()),
    };
    let mut context = MfaContext {
        clock: &*options.clock,
        terminal: &mut SystemTerminal::new(),
        // Not locked: the prompt for a role's code reads it too.
        input: &mut io::stdin(),
        input_is_terminal: io::stdin().is_terminal(),
        out: &mut StandardOutput::new(),
        output_is_terminal: io::stdout().is_terminal(),
        shell: &SystemShell,
        connect: &|| resolved()?.calls().map_err(|error| format!("{error:#}")),
        read_clock: &|| read_clock(resolved()?).map_err(|error| format!("{error:#}")),
    };
    match vmfa_mfa::run(arguments, &mut context) {
        Ok(()) => Ok(0),
        Err(vmfa_mfa::Error::Io(error)) => Err(error.into()),
        Err(trouble) => {
            let code = trouble.code();
            // A failure has nowhere to be reported.
            let _ =
                io::Write::write_all(&mut io::stderr(), format!("vmfa: {trouble}\n").as_bytes());
            Ok(code)
        }
    }
}

/// Reads the clock of the endpoint that is named or configured, if there is one.
fn read_clock(resolved: &ResolvedDestination) -> anyhow::Result<Option<ClockReading>> {
    let Some(route) = resolved.endpoint() else { return Ok(None) };
    let context = environment::client_context(&resolved.options, None);
    let endpoint = route.unsigned_endpoint(Api::Iam, &context)?;
    // The first request opens the connection, which may take longer than the response.
    endpoint.date()?;
    let sent = since_1970();
    let date = endpoint.date()?;
    let received = since_1970();
    Ok(Some(ClockReading { url: endpoint.url().to_owned(), date, sent, received }))
}

#[expect(clippy::disallowed_methods, reason = "two clocks are compared here")]
fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The command that the lock file of the data directory names.
const COMMAND: &str = "vmfa mfa";
