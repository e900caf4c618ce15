//! Runs the command of `--code-command`.

use std::{
    io::{self, Read as _, Write as _},
    path::Path,
    process::{Command, Stdio},
};

use zeroize::Zeroizing;

/// Runs shell commands.
pub trait Shell {
    /// Runs a command line with the seed on its standard input, and with the path of the seed file
    /// in `VMFA_SEED_FILE`. Returns its standard output, up to 4 KiB.
    ///
    /// # Errors
    /// The command could not be started, or its exit status is not zero.
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
            // The command may not read its standard input.
            let _ = input.write_all(Zeroizing::new(format!("{seed}\n")).as_bytes());
        }
        // Allocated at full length: growing would leave copies of codes in freed memory.
        let mut printed = Zeroizing::new(Vec::with_capacity(usize::from(MAX_OUTPUT)));
        if let Some(output) = child.stdout.take() {
            output.take(u64::from(MAX_OUTPUT)).read_to_end(&mut printed)?;
        }
        let status = child.wait()?;
        if !status.success() {
            return Err(io::Error::other(status.to_string()));
        }
        Ok(Zeroizing::new(String::from_utf8_lossy(&printed).into_owned()))
    }
}

/// Bytes that are read. The pipe is then closed, which ends a command that prints without end.
const MAX_OUTPUT: u16 = 4096;
