//! Chooses and starts the pager for output on a terminal.
//!
//! It starts with the first byte, so that a command without output does not flash one. Errors do
//! not go through it.

use std::{
    fmt,
    io::{self, BufWriter, Write},
    os::unix::process::ExitStatusExt as _,
    process::{Child, ChildStdin, Command, Stdio},
};

use crate::{
    Terminal,
    error::CliError,
    interrupt::{self, InterruptPause},
    paramfile,
};

/// The command line of the pager, from `AWS_PAGER`, the profile or `PAGER`, by default `less`.
/// `None` for an empty one, without `wanted` (`--no-cli-pager`), and if standard output is not a
/// terminal.
///
/// `variable` must distinguish empty and unset variables.
pub(crate) fn choose(
    terminal: Terminal<'_>,
    variable: &dyn Fn(&str) -> Option<String>,
    of_profile: Option<&str>,
    wanted: bool,
) -> Option<String> {
    if !terminal.output || !wanted {
        return None;
    }
    let configured = variable("AWS_PAGER").or_else(|| of_profile.map(str::to_owned));
    let pager = configured.or_else(|| variable("PAGER")).unwrap_or(LESS.to_owned());
    (!pager.is_empty()).then_some(pager)
}

/// Standard output, directly or through a pager.
pub(crate) struct PagedOutput<'a> {
    out: &'a mut dyn Write,
    /// Whether anything was written directly; otherwise there is nothing to flush.
    written: bool,
    pager: Option<Pager>,
}

/// The pager, which is started by the first byte.
struct Pager {
    line: String,
    program: String,
    /// Sets `LESS` as the AWS CLI does, since the variable is unset.
    flags: bool,
    running: Option<RunningPager>,
}

struct RunningPager {
    /// Closed before the wait: end of input ends the pager.
    input: BufWriter<ChildStdin>,
    child: Child,
    /// The pager handles Ctrl-C while it runs.
    pause: InterruptPause,
}

impl<'a> PagedOutput<'a> {
    /// `line` is the command line of the pager, if there is one; `program` is the name of this
    /// program.
    pub(crate) fn new(
        out: &'a mut dyn Write,
        line: Option<String>,
        variable: &dyn Fn(&str) -> Option<String>,
        program: &str,
    ) -> Self {
        let flags = variable("LESS").is_none();
        let program = program.to_owned();
        Self {
            out,
            written: false,
            pager: line.map(|line| Pager { line, program, flags, running: None }),
        }
    }

    /// Whether output goes through a pager, which changes how colours are written.
    pub(crate) fn is_paged(&self) -> bool {
        self.pager.is_some()
    }

    /// Ends the output and waits for the pager.
    ///
    /// # Errors
    /// Those of writing the rest. A pager that ended early is not an error.
    pub(crate) fn finish(self) -> io::Result<()> {
        let Some(pager) = self.pager else {
            return if self.written { self.out.flush() } else { Ok(()) };
        };
        let Some(RunningPager { input, mut child, pause }) = pager.running else { return Ok(()) };
        let written = input.into_inner().map_err(io::IntoInnerError::into_error).map(drop);
        let status = child.wait()?;
        drop(pause);
        if status.signal() == Some(interrupt::INTERRUPT) {
            interrupt::exit_interrupted();
        }
        match written {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => Ok(()),
        }
    }
}

impl Write for PagedOutput<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.pager {
            None => {
                self.written = true;
                self.out.write(bytes)
            }
            Some(_) if bytes.is_empty() => Ok(0),
            Some(pager) => pager.running()?.input.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.pager {
            None => self.out.flush(),
            Some(Pager { running: Some(running), .. }) => running.input.flush(),
            Some(_) => Ok(()),
        }
    }
}

impl Pager {
    fn running(&mut self) -> io::Result<&mut RunningPager> {
        let running = match self.running.take() {
            Some(running) => running,
            None => self.start()?,
        };
        Ok(self.running.insert(running))
    }

    fn start(&self) -> io::Result<RunningPager> {
        let words = shlex::split(&self.line).ok_or_else(|| io::Error::other(UNCLOSED))?;
        let Some((name, arguments)) = words.split_first() else {
            return Err(io::Error::other(NOTHING));
        };
        let mut command = Command::new(name);
        command.args(arguments).stdin(Stdio::piped());
        if self.flags {
            command.env("LESS", FLAGS);
        }
        let pause = interrupt::pause();
        let mut child = command.spawn().map_err(|error| {
            let cause = paramfile::os(&error, name);
            io::Error::other(PagerNotStarted { cause, program: self.program.clone() })
        })?;
        let input = child.stdin.take().ok_or_else(|| io::Error::other(NOTHING))?;
        Ok(RunningPager { input: BufWriter::new(input), child, pause })
    }
}

/// The error for output that could not be written.
pub(crate) fn unwritten(error: &io::Error) -> CliError {
    let unstarted =
        error.get_ref().and_then(|error| error.downcast_ref::<PagerNotStarted>()).is_some();
    if unstarted {
        return CliError::Coded { code: "Pager", message: error.to_string(), exit: UNSTARTED };
    }
    let text = error.to_string();
    CliError::Other(match (error.raw_os_error(), text.rsplit_once(" (os error")) {
        (Some(number), Some((problem, _))) => format!("[Errno {number}] {problem}"),
        _ => text,
    })
}

#[derive(Debug)]
struct PagerNotStarted {
    cause: String,
    program: String,
}

impl std::error::Error for PagerNotStarted {}

impl fmt::Display for PagerNotStarted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cause, program } = self;
        write!(
            f,
            "Unable to redirect output to pager. Received the following error when opening \
             pager:\n{cause}\n\nLearn more about configuring the output pager by running \
             \"{program} help config-vars\".",
        )
    }
}

const LESS: &str = "less";
/// The default of `LESS`: exit if the output fits, pass colours through, and do not clear the
/// screen.
const FLAGS: &str = "FRX";
/// The exit code if the pager does not start.
const UNSTARTED: u8 = 253;
/// Python's messages.
const UNCLOSED: &str = "No closing quotation";
const NOTHING: &str = "list index out of range";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_four_that_is_set_is_the_pager() {
        let on = Terminal { output: true, ..Terminal::none() };
        let choose = |variables: &'static [(&str, &str)], of_profile| {
            let variable = |name: &str| {
                variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned())
            };
            choose(on, &variable, of_profile, true)
        };
        assert_eq!(choose(&[], None).as_deref(), Some("less"));
        assert_eq!(choose(&[("PAGER", "more")], None).as_deref(), Some("more"));
        assert_eq!(choose(&[("PAGER", "more")], Some("most")).as_deref(), Some("most"));
        let both = &[("PAGER", "more"), ("AWS_PAGER", "cat -n")];
        assert_eq!(choose(both, Some("most")).as_deref(), Some("cat -n"));
        assert_eq!(choose(&[("AWS_PAGER", ""), ("PAGER", "more")], Some("most")), None);
        assert_eq!(choose(&[("PAGER", "more")], Some("")), None);
        assert_eq!(choose(&[("PAGER", "")], None), None);
    }

    #[test]
    fn no_pager_without_a_terminal_or_with_no_cli_pager() {
        let pager = |_: &str| Some("more".to_owned());
        assert_eq!(choose(Terminal::none(), &pager, None, true), None);
        let on = Terminal { output: true, ..Terminal::none() };
        assert_eq!(choose(on, &pager, None, false), None);
    }

    #[test]
    fn the_first_byte_starts_the_pager() {
        let home = tempfile::tempdir().unwrap();
        let place = home.path().join("shown by it");
        let line = format!("sh -c 'echo $LESS >\"$0\"; cat >>\"$0\"' '{}'", place.display());
        let mut out = Vec::new();
        let mut output = PagedOutput::new(&mut out, Some(line.clone()), &|_| None, "p");
        output.write_all(b"").unwrap();
        output.flush().unwrap();
        output.finish().unwrap();
        assert!(!place.exists());
        let mut output = PagedOutput::new(&mut out, Some(line), &|_| None, "p");
        output.write_all(b"one\n").unwrap();
        output.write_all(b"two\n").unwrap();
        output.finish().unwrap();
        assert_eq!(std::fs::read_to_string(place).unwrap(), "FRX\none\ntwo\n");
        assert!(out.is_empty());
    }

    #[test]
    fn writing_to_a_pager_that_has_ended_fails_with_a_broken_pipe() {
        let mut out = Vec::new();
        let mut output = PagedOutput::new(&mut out, Some("true".to_owned()), &|_| None, "p");
        // More than a pipe can hold.
        let error = output.write_all(&vec![b'\n'; 1 << 20]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        output.finish().unwrap();
    }

    #[test]
    fn finishing_succeeds_where_the_pager_ended_before_the_last_bytes() {
        let home = tempfile::tempdir().unwrap();
        let closed = home.path().join("closed");
        let line = format!("sh -c 'exec <&-; touch \"$0\"' '{}'", closed.display());
        let mut out = Vec::new();
        let mut output = PagedOutput::new(&mut out, Some(line), &|_| None, "p");
        output.write_all(b"buffered").unwrap();
        while !closed.exists() {
            std::thread::yield_now();
        }
        output.finish().unwrap();
    }

    #[test]
    fn a_pager_that_cannot_start_is_reported_as_by_the_aws_cli() {
        let mut out = Vec::new();
        let mut message = |line: &str| {
            let mut output = PagedOutput::new(&mut out, Some(line.to_owned()), &|_| None, "aws");
            let error = output.write_all(b"x").unwrap_err();
            let failure = unwritten(&error);
            (failure.code(), failure.text("aws"))
        };
        insta::assert_snapshot!(message("nonexistent-pager-xyz -n").1, @r#"
        aws: [ERROR]: An error occurred (Pager): Unable to redirect output to pager. Received the following error when opening pager:
        [Errno 2] No such file or directory: 'nonexistent-pager-xyz'

        Learn more about configuring the output pager by running "aws help config-vars".
        "#);
        assert_eq!(message("/dev/null").0, 253);
        let plain = |problem| (255, format!("\naws: [ERROR]: {problem}\n"));
        assert_eq!(message("less '"), plain("No closing quotation"));
        assert_eq!(message(" "), plain("list index out of range"));
        let full = unwritten(&io::Error::from_raw_os_error(28)).text("aws");
        assert_eq!(full, "\naws: [ERROR]: [Errno 28] No space left on device\n");
    }
}
