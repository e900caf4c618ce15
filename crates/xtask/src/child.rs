//! Servers as child processes, and their memory and processor time.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};

use crate::wire::{ROOT_ID, ROOT_SECRET};

/// A running server, killed when dropped.
pub(crate) struct ServerProcess {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From its start to the `listening on` line.
    pub(crate) ready_after: Duration,
}

/// Options of `vmfa serve`.
#[derive(Clone, Copy)]
pub(crate) struct Vmfa<'a> {
    pub(crate) program: &'a Path,
    pub(crate) directory: &'a Path,
    pub(crate) quotas: &'a [&'a str],
    /// Log warnings only, to the file `warnings` in the data directory.
    pub(crate) keeps_warnings: bool,
}

impl<'a> Vmfa<'a> {
    /// Serves `directory` with the default log settings; the log is discarded.
    pub(crate) const fn new(program: &'a Path, directory: &'a Path) -> Self {
        Self { program, directory, quotas: &[], keeps_warnings: false }
    }

    pub(crate) fn serve(self) -> anyhow::Result<ServerProcess> {
        let mut command = clean(self.program);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(self.directory)
            .args(self.quotas.iter().flat_map(|quota| ["--quota", quota]))
            .env("VMFA_ACCOUNT_ID", ACCOUNT)
            .env("VMFA_ROOT_ACCESS_KEY_ID", ROOT_ID)
            .env("VMFA_ROOT_SECRET_ACCESS_KEY", ROOT_SECRET);
        if self.keeps_warnings {
            let log = self.directory.join("warnings");
            let log = fs::OpenOptions::new().create(true).append(true).open(log)?;
            command.env("VMFA_LOG", "warn").stderr(log);
        }
        ServerProcess::start(command)
    }
}

/// Starts `vmfa srv` on a data directory, without passwords.
pub(crate) fn serve_wire(program: &Path, directory: &Path) -> anyhow::Result<ServerProcess> {
    let mut command = clean(program);
    command.args(["srv", "--insecure", "--pgsrv.port", "0", "--data-dir"]).arg(directory);
    ServerProcess::start(command)
}

/// A command without standard input, standard error, `VMFA*` and `AWS_*` variables.
pub(crate) fn clean(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stderr(Stdio::null());
    for (name, _) in std::env::vars_os() {
        let name_text = name.to_string_lossy();
        if name_text.starts_with("VMFA") || name_text.starts_with("AWS_") {
            command.env_remove(&name);
        }
    }
    command
}

impl ServerProcess {
    /// Starts a server, and waits until it prints `listening on SCHEME://ADDRESS`.
    pub(crate) fn start(mut command: Command) -> anyhow::Result<Self> {
        let began = Instant::now();
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run `{}`", command.get_program().display()))?;
        let lines = child.stdout.take().context("standard output is not a pipe")?;
        // From here on the process is ended on errors: `ServerProcess` kills it when dropped.
        let (address, ready_after) = (([127, 0, 0, 1], 0).into(), START_TIMEOUT);
        let mut server = Self { child, address, ready_after };
        let (listening, address) = mpsc::channel();
        std::thread::spawn(move || watch(lines, &listening));
        match address.recv_timeout(START_TIMEOUT) {
            Ok((address, at)) => {
                server.address = address;
                server.ready_after = at.saturating_duration_since(began);
                Ok(server)
            }
            Err(_) => bail!(
                "`{}` did not listen within {} s",
                command.get_program().display(),
                START_TIMEOUT.as_secs()
            ),
        }
    }

    /// Sends SIGKILL, and waits for the process to end.
    pub(crate) fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Processor time used so far, in user and kernel mode.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The process name is in parentheses, and may contain any character.
        let (_, fields) = stat.rsplit_once(") ").context("`stat` has a name")?;
        let ticks = fields.split(' ').skip(11).take(2).map(str::parse::<u64>);
        let ticks: u64 = ticks.sum::<Result<_, _>>()?;
        Ok(Duration::from_millis(ticks.saturating_mul(MILLISECONDS_PER_TICK)))
    }

    /// Current and peak resident memory in KiB.
    pub(crate) fn memory(&self) -> anyhow::Result<(u64, u64)> {
        memory(self.child.id()).context("the process has ended")
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Current and peak resident memory of a process in KiB; `None` after its end.
fn memory(process: u32) -> Option<(u64, u64)> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let value = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix(" kB")?.parse().ok()
    };
    Some((value("VmRSS:")?, value("VmHWM:")?))
}

/// Runs a command, and returns its peak resident memory in KiB, polled without pause. The polling
/// slows the command down, and may miss the peak of a very short one.
pub(crate) fn most_memory(command: &mut Command) -> anyhow::Result<u64> {
    let mut child = command.spawn()?;
    let mut most = 0;
    while let Some((_, at_most)) = memory(child.id()) {
        most = at_most.max(most);
    }
    let done = child.wait()?;
    anyhow::ensure!(done.success(), "`{}` failed", command.get_program().display());
    Ok(most)
}

fn watch(lines: ChildStdout, listening: &mpsc::Sender<(SocketAddr, Instant)>) {
    for line in BufReader::new(lines).lines().map_while(Result::ok) {
        let url = line.strip_prefix("listening on ").and_then(|url| url.split_once("://"));
        if let Some(address) = url.and_then(|(_, address)| address.parse().ok()) {
            // Only the first is received.
            let _ = listening.send((address, Instant::now()));
        }
    }
}

/// The account ID of all servers.
pub(crate) const ACCOUNT: &str = "123456789012";
const START_TIMEOUT: Duration = Duration::from_secs(30);
/// `USER_HZ`, the unit of processor times in `/proc`, is 100 on Linux.
const MILLISECONDS_PER_TICK: u64 = 10;
