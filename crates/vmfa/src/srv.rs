//! `vmfa srv`: the SQL door for clients of PostgreSQL.
//!
//! Not here: anything that is said on the wire.

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
    destination::{self, Resolved},
    environment,
};

#[derive(clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    /// The address to listen on
    #[arg(long = "pgsrv.address", value_name = "ADDRESS", default_value = "127.0.0.1")]
    address: IpAddr,
    /// The port to listen on; 0 takes a free one
    #[arg(long = "pgsrv.port", value_name = "PORT", default_value = "5466")]
    port: u16,
    /// Serve under TLS: `{"keyFilePath": …, "certFilePath": …, "clientCAs": ["<base64 PEM>"]}`;
    /// with clientCAs, clients must have a certificate
    #[arg(long = "pgsrv.tls", value_name = "JSON", value_parser = Tls::parse)]
    tls: Option<Tls>,
    /// Ask for no password, and act as the account's root; on this machine only
    #[arg(long)]
    insecure: bool,
    /// How many calls a statement makes at a time, where several are known beforehand; what suits
    /// whom they go to by default
    #[arg(
        long = "execution.concurrency.limit",
        value_name = "N",
        value_parser = clap::value_parser!(u16).range(1..)
    )]
    concurrency: Option<u16>,
    /// How much disk the views and tables of each user may take, in bytes or with K, M or G; the
    /// root's are bounded by the disk alone
    #[arg(long, value_name = "SIZE", default_value = "0", value_parser = size)]
    user_tables: u64,
    /// Let all sessions together take this much memory, in bytes or with K, M or G: the sessions of
    /// one user half of it, one session a quarter, and the root an eighth that others cannot take
    #[arg(long, value_name = "SIZE", default_value = "512M", value_parser = memory)]
    memory: Budgets,
    /// Cancel statements that take longer, unless a client sets `statement_timeout`; 0 is no limit
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = read_duration)]
    statement_timeout: Duration,
    /// Let callers other than the root set `statement_timeout` to no more than this; 0 is no limit
    #[arg(long, value_name = "DURATION", default_value = "10min", value_parser = read_duration)]
    statement_timeout_ceiling: Duration,
    #[command(flatten)]
    destination: Destination,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
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
    let resolved = destination::resolve(&arguments.destination, &Api::ALL, COMMAND)?;
    // Before anything is started, so that whatever is started is also ended.
    let mut signals = Signals::new([SIGINT, SIGTERM]).context("signals cannot be heard")?;
    let stopper = server.stopper()?;
    thread::spawn(move || signals.forever().for_each(|_| stopper.stop()));

    let (keys, beside, sweeper) = match resolved.endpoint() {
        Some(route) => (endpoint(arguments, &resolved, route)?, Arc::default(), None),
        None => {
            let directory = resolved.directory()?;
            let (keys, beside) = self::directory(arguments, directory, &resolved.options)?;
            let sweeper = Sweeper::start(directory.path().to_owned(), &keys)?;
            (keys, beside, Some(sweeper))
        }
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
        // Nobody may be reading; that is no reason not to serve.
        let _ = writeln!(out, "listening on postgres://{address}").and_then(|()| out.flush());
    };
    let ended = server.run(ground, ready);
    drop(sweeper);
    let beside = beside.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(beside) = beside {
        beside.end();
    }
    Ok(ended?)
}

/// The access key that is configured for the endpoint: the one with which clients log in.
fn endpoint(
    arguments: &Arguments,
    resolved: &Resolved,
    route: &Route,
) -> anyhow::Result<Arc<dyn AccessKeys>> {
    let calls = Arc::from(resolved.calls()?);
    let found = route.credentials(&environment::client_context(&resolved.options, None))?;
    let key = found.map(|credentials| credentials.key);
    if key.is_none() && !arguments.insecure {
        bail!(
            "there is no access key for the endpoint, whose secret would be the password: \
             configure one, or give --insecure"
        );
    }
    Ok(Arc::new(SingleKey::new(key, calls, &*resolved.options.entropy)))
}

/// The keys of the data directory. Where this process holds it, now or once whoever does has ended,
/// it serves the directory's socket, so that other commands work meanwhile: what that is ended by
/// stands in the second place.
fn directory(
    arguments: &Arguments,
    directory: &DataDirectory,
    options: &ServiceOptions,
) -> anyhow::Result<(Arc<dyn AccessKeys>, LaterBeside)> {
    let beside = Arc::new(Mutex::new(None));
    let take = {
        let (directory, options) = (directory.clone(), options.clone());
        let beside = Arc::clone(&beside);
        move || -> anyhow::Result<Holding> {
            let held = match vmfa_client::hold_or_connect(&directory, COMMAND, &options)? {
                Holding::Theirs(socket) => return Ok(Holding::Theirs(socket)),
                Holding::Ours(held) => held,
            };
            let account = held.established().account;
            let local = LocalSocket { path: directory.socket(), account };
            let started = Beside::start(LocalServer::bind(&local)?, &held)?;
            *beside.lock().unwrap_or_else(PoisonError::into_inner) = Some(started);
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
            return Ok((Arc::new(ServedKeys::new(socket, Box::new(find_holder))), beside));
        }
    };
    let established = held.established();
    if established.root_keys == 0 && !arguments.insecure {
        // Nobody may be reading this either.
        let _ = writeln!(
            io::stderr(),
            "vmfa: the root has no access key yet: `vmfa account --new-root-key` makes one"
        );
    }
    Ok((Arc::new(HeldKeys::new(held)), beside))
}

/// The server that runs beside, from when it does.
type LaterBeside = Arc<Mutex<Option<Beside>>>;

/// A server that runs beside.
struct Beside {
    stopper: vmfa_server::ShutdownHandle,
    thread: thread::JoinHandle<()>,
}

impl Beside {
    fn start(server: LocalServer, held: &Arc<HeldDirectory>) -> io::Result<Self> {
        let (stop, stopper) = ShutdownSource::handle();
        let held = Arc::clone(held);
        let serve = move || {
            if let Err(error) = server.run(held.service(), stop) {
                tracing::error!(%error, "the socket of the data directory is served no more");
            }
        };
        Ok(Self { stopper, thread: thread::Builder::new().spawn(serve)? })
    }

    fn end(self) {
        self.stopper.shut_down();
        // It said already what went wrong.
        let _ = self.thread.join();
    }
}

/// Where views and tables are kept. A user's are the user's own: what is kept in them others may not
/// be allowed to read.
fn views(arguments: &Arguments, resolved: Resolved) -> anyhow::Result<Box<Keeping>> {
    let budget = arguments.user_tables;
    // Fails before the first client connects.
    resolved.views()?;
    let directory = resolved.directory()?.path().to_owned();
    Ok(Box::new(move |user| match user {
        Some(user) => Views::at(directory.join(sweep::file_of(user))).within(budget),
        None => resolved.views().unwrap_or_else(|error| {
            tracing::warn!(%error, "views and tables are not kept");
            Views::nowhere()
        }),
    }))
}

/// Reads the memory of all sessions, of which each must have enough for itself.
fn memory(text: &str) -> Result<Budgets, &'static str> {
    let total = usize::try_from(size(text)?).unwrap_or(usize::MAX);
    if total < LEAST_MEMORY {
        return Err("give 32M at least");
    }
    Ok(Budgets::of(total))
}

/// Reads a number of bytes.
fn size(text: &str) -> Result<u64, &'static str> {
    let units = [("K", 1 << 10), ("M", 1 << 20), ("G", 1 << 30)];
    let upper = text.to_ascii_uppercase();
    let unit = units.iter().find_map(|(unit, bytes)| Some((upper.strip_suffix(unit)?, *bytes)));
    let (number, bytes) = unit.unwrap_or((&upper, 1));
    let plain = number.bytes().all(|byte| byte.is_ascii_digit());
    let number = number.parse::<u64>().ok().filter(|_| plain);
    number.and_then(|number| number.checked_mul(bytes)).ok_or("give bytes, such as `64M` or `2G`")
}

/// Bytes of memory with which sessions can work: a quarter of it is that of one.
const LEAST_MEMORY: usize = 32 << 20;

/// What others are told who want the data directory.
const COMMAND: &str = "vmfa srv";

const HELP: &str = "\
The user is the id of an access key, and the password its secret; a session acts as the key's owner. \
For an endpoint it is the one access key that is configured. The database is `aws`:
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
