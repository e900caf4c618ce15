//! `vmfa mfa`: gives the verbs for people the time, the terminal, the shell and their ways.

use std::{
    io::{self, IsTerminal as _},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use vmfa_client::Endpoint;
use vmfa_iam::Api;
use vmfa_mfa::{Arguments, Destination, Reading, Surroundings, SystemShell, SystemTerminal};

use crate::{environment, out::Out, way};

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let means = environment::means()?;
    let mut around = Surroundings {
        clock: &*means.clock,
        terminal: &mut SystemTerminal::new(),
        // Not held: whoever asks for the code of a role may read there too.
        input: &mut io::stdin(),
        typed: io::stdin().is_terminal(),
        out: &mut Out::new(),
        shown: io::stdout().is_terminal(),
        shell: &SystemShell,
        connect: &|destination| {
            let calls = way::calls(destination, &[Api::Iam], COMMAND);
            calls.map_err(|error| format!("{error:#}"))
        },
        ask_time: &|destination| ask_time(destination).map_err(|error| format!("{error:#}")),
    };
    match vmfa_mfa::run(arguments, &mut around) {
        Ok(()) => Ok(0),
        Err(vmfa_mfa::Trouble::Broken(error)) => Err(error.into()),
        Err(trouble) => {
            let code = trouble.code();
            // Nothing is left to tell a failure to.
            let _ =
                io::Write::write_all(&mut io::stderr(), format!("vmfa: {trouble}\n").as_bytes());
            Ok(code)
        }
    }
}

/// The time by the endpoint that is named or configured, if one is.
fn ask_time(destination: &Destination) -> anyhow::Result<Option<Reading>> {
    let (configuration, mut wishes) = way::wishes(destination)?;
    if configuration.endpoint_url(Api::Iam, &wishes)?.is_none() {
        return Ok(None);
    }
    wishes.sign = false;
    let outside = environment::outside(&environment::means()?, None);
    let endpoint = Endpoint::new(Api::Iam, &configuration, &wishes, &outside)?;
    // The first question opens the connection, which may take longer than the answer.
    endpoint.date()?;
    let asked = since_1970();
    let date = endpoint.date()?;
    let answered = since_1970();
    Ok(Some(Reading { url: endpoint.url().to_owned(), date, asked, answered }))
}

#[expect(clippy::disallowed_methods, reason = "two clocks are compared here")]
fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// What holds the data directory, to others who want it.
const COMMAND: &str = "vmfa mfa";
