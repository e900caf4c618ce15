//! Servers as processes of their own, and what the kernel knows of them.

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
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// The time from its start to the line that says so.
    pub(crate) ready_after: Duration,
}

/// How `vmfa serve` is started.
#[derive(Clone, Copy)]
pub(crate) struct Vmfa<'a> {
    pub(crate) program: &'a Path,
    pub(crate) directory: &'a Path,
    pub(crate) quotas: &'a [&'a str],
    /// Keeps warnings in a file in the directory, and logs nothing else.
    pub(crate) keeps_warnings: bool,
}

impl<'a> Vmfa<'a> {
    /// Serves `directory`, with the log that it has by default, which nobody reads.
    pub(crate) const fn new(program: &'a Path, directory: &'a Path) -> Self {
        Self { program, directory, quotas: &[], keeps_warnings: false }
    }

    pub(crate) fn serve(self) -> anyhow::Result<Server> {
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
        Server::start(command)
    }
}

/// Serves the wire of PostgreSQL on a directory, without passwords.
pub(crate) fn serve_wire(program: &Path, directory: &Path) -> anyhow::Result<Server> {
    let mut command = clean(program);
    command.args(["srv", "--insecure", "--pgsrv.port", "0", "--data-dir"]).arg(directory);
    Server::start(command)
}

/// A command without standard input, standard error, or variables that vmfa would heed.
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

impl Server {
    /// Starts a server that prints `listening on SCHEME://ADDRESS` when it does.
    pub(crate) fn start(mut command: Command) -> anyhow::Result<Self> {
        let began = Instant::now();
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run `{}`", command.get_program().display()))?;
        let lines = child.stdout.take().context("a pipe was asked for")?;
        // Before anything may fail: dropping this ends the process.
        let mut server = Self { child, address: ([127, 0, 0, 1], 0).into(), ready_after: PATIENCE };
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || watch(lines, &tell));
        match told.recv_timeout(PATIENCE) {
            Ok((address, at)) => {
                server.address = address;
                server.ready_after = at.saturating_duration_since(began);
                Ok(server)
            }
            Err(_) => bail!("`{}` did not begin to listen", command.get_program().display()),
        }
    }

    /// Kills the process, as a power cut would end it, and waits for its end.
    pub(crate) fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// The processor time that it has taken.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name before the last parenthesis may hold anything.
        let (_, fields) = stat.rsplit_once(") ").context("`stat` has a name")?;
        let ticks = fields.split(' ').skip(11).take(2).map(str::parse::<u64>);
        let ticks: u64 = ticks.sum::<Result<_, _>>()?;
        Ok(Duration::from_millis(ticks.saturating_mul(MILLISECONDS_PER_TICK)))
    }

    /// The memory that it has now, and the most that it had, in KiB.
    pub(crate) fn memory(&self) -> anyhow::Result<(u64, u64)> {
        memory(self.child.id()).context("the process has ended")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended already needs no more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The memory that a process has now, and the most that it had, in KiB; `None` after its end.
fn memory(process: u32) -> Option<(u64, u64)> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let value = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix(" kB")?.parse().ok()
    };
    Some((value("VmRSS:")?, value("VmHWM:")?))
}

/// Runs a command, and gives the most memory that it had, in KiB. It is looked at all the time,
/// which slows it down; one that is over at once may be gone before it is looked at.
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

fn watch(lines: ChildStdout, tell: &mpsc::Sender<(SocketAddr, Instant)>) {
    for line in BufReader::new(lines).lines().map_while(Result::ok) {
        let url = line.strip_prefix("listening on ").and_then(|url| url.split_once("://"));
        if let Some(address) = url.and_then(|(_, address)| address.parse().ok()) {
            // Nobody waits for a second one.
            let _ = tell.send((address, Instant::now()));
        }
    }
}

/// The account of all servers.
pub(crate) const ACCOUNT: &str = "123456789012";
/// For a server to begin to listen.
const PATIENCE: Duration = Duration::from_secs(30);
/// Linux tells processor times in hundredths of a second, whatever its own clock does.
const MILLISECONDS_PER_TICK: u64 = 10;
