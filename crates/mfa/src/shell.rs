//! A command of the user's that makes codes.
//!
//! Not here: what the codes are for.

use std::{
    io::{self, Write as _},
    path::Path,
    process::{Command, Stdio},
};

use zeroize::Zeroizing;

/// What runs a command.
pub trait Shell {
    /// Runs a command line with the seed on its standard input and gives what it prints. The file
    /// of the seed, where there is one, is in its environment as `VMFA_SEED_FILE`.
    ///
    /// # Errors
    /// Where it cannot be started, or fails.
    fn run(
        &self,
        command: &str,
        seed: &str,
        seed_file: Option<&Path>,
    ) -> io::Result<Zeroizing<String>>;
}

/// `sh -c`.
#[derive(Clone, Copy, Debug)]
pub struct SystemShell;

impl Shell for SystemShell {
    fn run(
        &self,
        command: &str,
        seed: &str,
        seed_file: Option<&Path>,
    ) -> io::Result<Zeroizing<String>> {
        let mut started = Command::new("sh");
        started.args(["-c", command]).stdin(Stdio::piped()).stdout(Stdio::piped());
        if let Some(file) = seed_file {
            started.env("VMFA_SEED_FILE", file);
        }
        let mut child = started.spawn()?;
        if let Some(mut input) = child.stdin.take() {
            // A command that has the seed from elsewhere does not read this one.
            let _ = input.write_all(format!("{seed}\n").as_bytes());
        }
        let done = child.wait_with_output()?;
        let printed = Zeroizing::new(done.stdout);
        if !done.status.success() {
            return Err(io::Error::other(format!("it ended with {}", done.status)));
        }
        Ok(Zeroizing::new(String::from_utf8_lossy(&printed).into_owned()))
    }
}
