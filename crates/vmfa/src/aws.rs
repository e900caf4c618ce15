//! `vmfa iam …`, `vmfa sts …`, and all that comes through a link named `aws`: gives the door of the
//! AWS CLI's commands its ways.
//!
//! Not here: what the commands do.

use std::{
    ffi::OsString,
    io::{self, Write as _},
    sync::Arc,
    thread,
};

use vmfa_cli::{Log, Surroundings, System, Terminal, interrupt};
use vmfa_client::{
    ActAs, Calls, ClientError, Configuration, ConnectionOptions, DirectoryError, Trace,
};
use vmfa_iam::Api;

use crate::{environment, out::Out};

/// Runs a command and gives its exit code. Where vmfa `stands_in` for the AWS CLI, it is called
/// that in messages, and goes nowhere that is not named.
pub(crate) fn run(words: Vec<OsString>, stands_in: bool) -> u8 {
    let program = if stands_in { NAME } else { "vmfa" };
    // The zone of the clock can be told only as long as there is one thread.
    let now = environment::moment();
    // Where they are not watched, signals do what they do by default.
    let _ = interrupt::watch();
    // Standard error is not held: `--debug` writes there from wherever it happens.
    let (mut out, mut err) = (Out::new(), io::stderr());
    let words: Result<Vec<String>, _> = words.into_iter().map(OsString::into_string).collect();
    let Ok(words) = words else {
        let _ = writeln!(err, "{program}: an argument is not UTF-8");
        return NOT_UTF8;
    };
    let person = System(now);
    let log = Arc::new(Log::new(|line| drop(io::stderr().write_all(line.as_bytes())), now));
    let witness = Arc::clone(&log);
    let connect = move |configuration: &Configuration, wishes: &ConnectionOptions, api| {
        connect(api, configuration, wishes, &witness, stands_in)
    };
    let mut around = Surroundings {
        program,
        variable: &environment::raw,
        out: &mut out,
        err: &mut err,
        terminal: Terminal::of(&person),
        log,
        pause: &thread::sleep,
    };
    vmfa_cli::run(&words, &connect, &mut around)
}

fn connect(
    api: Api,
    configuration: &Configuration,
    wishes: &ConnectionOptions,
    log: &Arc<Log>,
    stands_in: bool,
) -> Result<Box<dyn Calls>, ClientError> {
    let told = |error: anyhow::Error| DirectoryError::Holder(format!("{error:#}"));
    let means = environment::means().map_err(told)?;
    let witness: Arc<dyn Trace> = Arc::<Log>::clone(log);
    // What nobody reads is not put together.
    let outside = environment::outside(&means, log.is_on().then_some(witness));
    let open = |acting: ActAs| {
        let directory = environment::directory(None, None).map_err(told)?;
        let path = directory.path().display();
        log.note(LOGGER, format_args!("Calls go to the data directory {path}"));
        vmfa_client::open(&directory, HOLDER, &means, acting)
    };
    vmfa_client::connect(api, configuration, wishes, &outside, stands_in, &open)
}

/// What the AWS CLI is called.
pub(crate) const NAME: &str = "aws";
/// What holds the data directory, to others who want it.
const HOLDER: &str = "vmfa iam";
/// Who says in `--debug` where calls go.
const LOGGER: &str = "vmfa.client";
/// The exit code of words that are not those of a command.
const NOT_UTF8: u8 = 252;
