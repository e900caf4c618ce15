//! A command of the user's that makes codes.
//!
//! Not here: what the codes are for.

use std::{
    io::{self, Read as _, Write as _},
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
            let _ = input.write_all(Zeroizing::new(format!("{seed}\n")).as_bytes());
        }
        // All the room that it may need: a buffer that grew would leave copies behind.
        let mut printed = Zeroizing::new(Vec::with_capacity(usize::from(MOST)));
        if let Some(output) = child.stdout.take() {
            output.take(u64::from(MOST)).read_to_end(&mut printed)?;
        }
        let status = child.wait()?;
        if !status.success() {
            return Err(io::Error::other(format!("it ended with {status}")));
        }
        Ok(Zeroizing::new(String::from_utf8_lossy(&printed).into_owned()))
    }
}

/// Bytes that are read: many times those of a code. Who prints more without end is ended by that.
const MOST: u16 = 4096;
