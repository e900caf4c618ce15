//! `vmfa srv`: SQL for PostgreSQL clients.
//!
//! Not here: the protocol (see `vmfa_sql::wire`).

mod sweep;

use std::{
    io::{self, Write as _},
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use anyhow::{Context as _, bail};
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
};
use vmfa_client::{
    AccessKeys, DataDirectory, Destination, HeldDirectory, HeldKeys, Holding, Route, ServedKeys,
    ServiceOptions, SingleKey,
};
use vmfa_iam::Api;
use vmfa_server::{LocalServer, LocalSocket, ShutdownSource};
use vmfa_sql::{
    Views,
    wire::{Budgets, Config, Ground, Keeping, Limits, Server, Tls, read_duration},
};

use self::sweep::Sweeper;
use crate::{
    destination::{self, ResolvedDestination},
    environment,
};

#[derive(clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct SrvArguments {
    /// Listen on this address
    #[arg(long = "pgsrv.address", value_name = "ADDRESS", default_value = "127.0.0.1")]
    address: IpAddr,
    /// Listen on this port; 0 takes a free port
    #[arg(long = "pgsrv.port", value_name = "PORT", default_value = "5466")]
    port: u16,
    /// Serve TLS: `{"keyFilePath": …, "certFilePath": …, "clientCAs": ["<base64 PEM>"]}`; with
    /// clientCAs, require a client certificate [default: no TLS]
    #[arg(long = "pgsrv.tls", value_name = "JSON", value_parser = Tls::parse)]
    tls: Option<Tls>,
    /// Require no password, and act as the account's root user; on loopback addresses only
    #[arg(long)]
    insecure: bool,
    /// Make up to this many calls of a statement at the same time [default: 8 to an endpoint, 1 to
    /// the data directory]
    #[arg(
        long = "execution.concurrency.limit",
        value_name = "N",
        value_parser = clap::value_parser!(u16).range(1..)
    )]
    concurrency: Option<u16>,
    /// Allow the views and tables of each user this much disk, in bytes or with K, M or G; those of
    /// the root user are limited by the disk only
    #[arg(long, value_name = "SIZE", default_value = "0", value_parser = size)]
    user_tables: u64,
    /// Allow all sessions together this much memory, in bytes or with K, M or G. The sessions of
    /// one user may take half of it, and one session a quarter; an eighth is reserved for the root
    /// user
    #[arg(long, value_name = "SIZE", default_value = "512M", value_parser = memory)]
    memory: Budgets,
    /// Cancel statements that run longer, unless a client sets `statement_timeout`; 0 is no limit
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = read_duration)]
    statement_timeout: Duration,
    /// Limit the `statement_timeout` that clients other than the root user may set; 0 is no limit
    #[arg(long, value_name = "DURATION", default_value = "10min", value_parser = read_duration)]
    statement_timeout_ceiling: Duration,
    #[command(flatten)]
    destination: Destination,
}

pub(crate) fn run(arguments: &SrvArguments) -> anyhow::Result<()> {
    let lines = tracing_subscriber::fmt().with_env_filter(environment::log_filter()?);
    lines.with_writer(io::stderr).with_ansi(false).init();
    let server = Server::bind(&Config {
        address: SocketAddr::new(arguments.address, arguments.port),
        tls: arguments.tls.clone(),
        insecure: arguments.insecure,
        limits: Limits {
            memory: arguments.memory,
            statement_timeout: arguments.statement_timeout,
            statement_timeout_ceiling: arguments.statement_timeout_ceiling,
            ..Limits::default()
        },
    })?;
    let resolved = destination::resolve(&arguments.destination, &Api::AWS, COMMAND)?;
    // Before any thread is started, so that a signal stops all of them.
    let mut signals = Signals::new([SIGINT, SIGTERM]).context("cannot handle signals")?;
    let stopper = server.stopper()?;
    thread::spawn(move || signals.forever().for_each(|_| stopper.stop()));

    let (keys, socket_server, sweeper) = if let Some(route) = resolved.endpoint() {
        (endpoint(arguments, &resolved, route)?, Arc::default(), None)
    } else {
        let directory = resolved.directory()?;
        let (keys, socket_server) = self::directory(arguments, directory, &resolved.options)?;
        let sweeper = Sweeper::start(directory.path().to_owned(), &keys)?;
        (keys, socket_server, Some(sweeper))
    };
    let address = server.address();
    let ground = Ground {
        keys,
        entropy: Arc::clone(&resolved.options.entropy),
        views: views(arguments, resolved)?,
        concurrency: arguments.concurrency.map(usize::from),
    };
    let ready = || {
        let mut out = io::stdout().lock();
        // A closed standard output does not stop the server.
        let _ = writeln!(out, "listening on postgres://{address}").and_then(|()| out.flush());
    };
    let ended = server.run(ground, ready);
    drop(sweeper);
    let socket_server = socket_server.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(socket_server) = socket_server {
        socket_server.end();
    }
    Ok(ended?)
}

/// The access key that is configured for the endpoint: the one with which clients log in.
fn endpoint(
    arguments: &SrvArguments,
    resolved: &ResolvedDestination,
    route: &Route,
) -> anyhow::Result<Arc<dyn AccessKeys>> {
    let calls = Arc::from(resolved.calls()?);
    let found = route.credentials(&environment::client_context(&resolved.options, None))?;
    let key = found.map(|credentials| credentials.key);
    if key.is_none() && !arguments.insecure {
        bail!(
            "no access key is configured for the endpoint, whose secret is the password: configure \
             one, or give --insecure"
        );
    }
    Ok(Arc::new(SingleKey::new(key, calls, &*resolved.options.entropy)))
}

/// The access keys of the data directory. If this process holds the directory, at once or after its
/// present holder has ended, it also serves the directory's socket, so that other commands work
/// meanwhile. The second value is the server of that socket.
fn directory(
    arguments: &SrvArguments,
    directory: &DataDirectory,
    options: &ServiceOptions,
) -> anyhow::Result<(Arc<dyn AccessKeys>, LaterSocketServer)> {
    let socket_server = Arc::new(Mutex::new(None));
    let take = {
        let (directory, options) = (directory.clone(), options.clone());
        let socket_server = Arc::clone(&socket_server);
        move || -> anyhow::Result<Holding> {
            let held = match vmfa_client::hold_or_connect(&directory, COMMAND, &options)? {
                Holding::Theirs(socket) => return Ok(Holding::Theirs(socket)),
                Holding::Ours(held) => held,
            };
            let account = held.established().account;
            let local = LocalSocket { path: directory.socket(), account };
            let started = SocketServer::start(LocalServer::bind(&local)?, &held)?;
            *socket_server.lock().unwrap_or_else(PoisonError::into_inner) = Some(started);
            Ok(Holding::Ours(held))
        }
    };
    let held = match take()? {
        Holding::Ours(held) => held,
        Holding::Theirs(socket) => {
            let find_holder = move || {
                let found = take().map_err(|error| format!("{error:#}"))?;
                tracing::info!(
                    held = matches!(found, Holding::Ours(_)),
                    "the process that held the data directory has ended"
                );
                Ok(found)
            };
            return Ok((Arc::new(ServedKeys::new(socket, Box::new(find_holder))), socket_server));
        }
    };
    let established = held.established();
    if established.root_keys == 0 && !arguments.insecure {
        // A closed standard error does not stop the server either.
        let _ = writeln!(
            io::stderr(),
            "vmfa: the root user has no access key to log in with: `vmfa account --new-root-key` creates \
             one"
        );
    }
    Ok((Arc::new(HeldKeys::new(held)), socket_server))
}

/// The server of the directory's socket, once this process holds the directory.
type LaterSocketServer = Arc<Mutex<Option<SocketServer>>>;

/// The server of the data directory's socket, on its own thread.
struct SocketServer {
    stopper: vmfa_server::ShutdownHandle,
    thread: thread::JoinHandle<()>,
}

impl SocketServer {
    fn start(server: LocalServer, held: &Arc<HeldDirectory>) -> io::Result<Self> {
        let (stop, stopper) = ShutdownSource::with_handle();
        let held = Arc::clone(held);
        let serve = move || {
            if let Err(error) = server.run(held.service(), stop) {
                tracing::error!(%error, "the socket of the data directory is no longer served");
            }
        };
        Ok(Self { stopper, thread: thread::Builder::new().spawn(serve)? })
    }

    fn end(self) {
        self.stopper.shut_down();
        // A panic was reported when it happened.
        let _ = self.thread.join();
    }
}

/// The file of views and tables of each user. Users do not share one: a table may hold rows that
/// others may not read.
fn views(arguments: &SrvArguments, resolved: ResolvedDestination) -> anyhow::Result<Box<Keeping>> {
    let budget = arguments.user_tables;
    // An error is reported before the first client connects.
    resolved.views()?;
    let directory = resolved.directory()?.path().to_owned();
    Ok(Box::new(move |user| {
        match user {
        Some(user) => Views::at(directory.join(sweep::file_of(user))).within(budget),
        None => resolved.views().unwrap_or_else(|error| {
            tracing::warn!(%error, "cannot open the file of views and tables; new ones end with the session");
            Views::nowhere()
        }),
    }
    }))
}

/// Parses the memory of all sessions, which must be enough for one.
fn memory(text: &str) -> Result<Budgets, &'static str> {
    let total = usize::try_from(size(text)?).unwrap_or(usize::MAX);
    if total < MIN_MEMORY {
        return Err("give at least 32M");
    }
    Ok(Budgets::of(total))
}

/// Parses a number of bytes, with K, M or G for powers of 1024.
fn size(text: &str) -> Result<u64, &'static str> {
    let units = [("K", 1 << 10), ("M", 1 << 20), ("G", 1 << 30)];
    let upper = text.to_ascii_uppercase();
    let unit = units.iter().find_map(|(unit, bytes)| Some((upper.strip_suffix(unit)?, *bytes)));
    let (number, bytes) = unit.unwrap_or((&upper, 1));
    let plain = number.bytes().all(|byte| byte.is_ascii_digit());
    let number = number.parse::<u64>().ok().filter(|_| plain);
    number.and_then(|number| number.checked_mul(bytes)).ok_or("give bytes, such as `64M` or `2G`")
}

/// Bytes. A session, which has a quarter, fails with less.
const MIN_MEMORY: usize = 32 << 20;

/// The command that the lock file of the data directory names.
const COMMAND: &str = "vmfa srv";

const HELP: &str = "\
Log in with the id of an access key as user and its secret as password; a session acts as the key's \
owner. For an endpoint, use the access key that is configured. The database is `aws`:
  psql 'host=127.0.0.1 port=5466 dbname=aws user=AKIA…'";

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_have_units() {
        let read = ["0", "512", "64M", "2g", "1K"].map(|text| size(text).unwrap());
        assert_eq!(read, [0, 512, 64 << 20, 2 << 30, 1 << 10]);
        for text in ["", "M", "-1", "+1", "1.5G", "1 M", "1MB", "99999999999G"] {
            assert_eq!(size(text), Err("give bytes, such as `64M` or `2G`"), "{text}");
        }
    }
}
