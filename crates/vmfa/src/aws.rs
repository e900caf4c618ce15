//! `vmfa iam …`, `vmfa sts …`, `vmfa configure …`, and every command through a link named `aws`:
//! wires `vmfa_cli` to the terminal and to where its calls go.

use std::{
    ffi::OsString,
    io::{self, Write as _},
    sync::Arc,
    thread,
};

use vmfa_cli::{CliContext, DebugLog, ProcessTerminal, Terminal, interrupt};
use vmfa_client::{
    ActAs, Calls, ClientError, Configuration, ConnectionOptions, DirectoryError, Route, Trace,
};
use vmfa_iam::Api;

use crate::{environment, out::StandardOutput};

/// Runs a command and returns its exit code. Where vmfa `stands_in` for the AWS CLI, messages begin
/// with `aws:`, and a command without an endpoint is refused.
pub(crate) fn run(words: Vec<OsString>, stands_in: bool) -> u8 {
    let program = if stands_in { NAME } else { "vmfa" };
    // The time zone can be read only while the process has one thread.
    let now = environment::moment();
    // On an error, signals keep their default action.
    let _ = interrupt::watch();
    // Standard error is not locked: `--debug` writes to it from several threads.
    let (mut out, mut err) = (StandardOutput::new(), io::stderr());
    let words: Result<Vec<String>, _> = words.into_iter().map(OsString::into_string).collect();
    let Ok(words) = words else {
        let _ = writeln!(err, "{program}: an argument is not valid UTF-8");
        return NOT_UTF8;
    };
    let person = ProcessTerminal(now);
    let log = Arc::new(DebugLog::new(|line| drop(io::stderr().write_all(line.as_bytes())), now));
    let trace = Arc::clone(&log);
    let connect = move |configuration: &Configuration, options: &ConnectionOptions, api| {
        connect(api, configuration, options, &trace, stands_in)
    };
    let mut context = CliContext {
        program,
        variable: &environment::raw,
        out: &mut out,
        err: &mut err,
        terminal: Terminal::of(&person),
        log,
        pause: &thread::sleep,
    };
    vmfa_cli::run(&words, &connect, &mut context)
}

fn connect(
    api: Api,
    configuration: &Configuration,
    options: &ConnectionOptions,
    log: &Arc<DebugLog>,
    stands_in: bool,
) -> Result<Box<dyn Calls>, ClientError> {
    let other = |error: anyhow::Error| DirectoryError::Other(format!("{error:#}"));
    let service_options = environment::service_options().map_err(other)?;
    let trace: Arc<dyn Trace> = Arc::<DebugLog>::clone(log);
    // Without `--debug`, no message is put together.
    let trace = log.is_on().then_some(trace);
    let context = environment::client_context(&service_options, trace);
    let open = |act_as: ActAs| {
        let directory = environment::directory(None, None).map_err(other)?;
        let path = directory.path().display();
        log.note(LOGGER, format_args!("Calls go to the data directory {path}"));
        vmfa_client::open(&directory, COMMAND, &service_options, act_as)
    };
    let route = Route::resolve(&[api], configuration.clone(), options.clone())?;
    if stands_in && !route.has_endpoints() {
        return Err(ClientError::Declined(STANDS_IN.to_owned()));
    }
    route.connect(&context, &open)
}

/// The AWS CLI's program name.
pub(crate) const NAME: &str = "aws";
/// The command that the lock file of the data directory names.
const COMMAND: &str = "vmfa iam";
/// The logger's name in `--debug`.
const LOGGER: &str = "vmfa.client";
/// The exit code where an argument is not UTF-8.
const NOT_UTF8: u8 = 252;
const STANDS_IN: &str = "no endpoint is named, so the call would go to AWS: name one with --endpoint-url, \
     AWS_ENDPOINT_URL or the profile's endpoint_url, which take `aws` for AWS's own, or use \
     `vmfa` for the data directory";
