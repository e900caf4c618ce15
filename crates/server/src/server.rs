//! Starts a server from its configuration, and shuts it down.

use std::{
    net::SocketAddr,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
    sync::watch,
    time::{interval, timeout},
};
use tokio_rustls::TlsAcceptor;
use vmfa_iam::{Service, with_causes};
use vmfa_model::AccountId;

use crate::{
    Config, Error, Limits, LocalSocket, ShutdownSource,
    accept::{self, ConnectionLimiter},
    descriptors,
    listen::{self, LocalListener},
    router::Router,
    shutdown::ShutdownRequests,
    tls,
};

/// A server that listens; it serves its connections once it runs.
pub struct Server {
    tcp: TcpListener,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    local: Option<(LocalListener, AccountId)>,
    limits: Limits,
    grace: Duration,
    // Last, so that it is dropped after the listeners.
    runtime: Runtime,
}

impl Server {
    /// Checks the configuration, reads the PEM files and opens the TCP listener.
    pub fn bind(config: &Config) -> Result<Self, Error> {
        let tls = config.tls.as_ref().map(tls::acceptor).transpose()?;
        let runtime = runtime()?;
        let (tcp, address) = runtime.block_on(listen::tcp(config))?;
        let (limits, grace) = (config.limits, config.grace);
        Ok(Self { tcp, address, tls, local: None, limits, grace, runtime })
    }

    /// Listens on the data directory's socket too. The process must hold the data directory.
    pub fn bind_local(&mut self, local: &LocalSocket) -> Result<(), Error> {
        let _entered = self.runtime.enter();
        self.local = Some((LocalListener::bind(&local.path)?, local.account));
        Ok(())
    }

    /// The address of the TCP listener, with the port that was chosen for port 0.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until a shutdown is requested. `ready` is called once connections are accepted.
    ///
    /// The shutdown closes the listeners and the idle connections, waits up to the grace period for
    /// the requests that are being served, and stores when access keys were last used. A second
    /// request ends the wait.
    pub fn run(
        self,
        service: &Arc<Service>,
        shutdown: ShutdownSource,
        ready: impl FnOnce(),
    ) -> Result<(), Error> {
        let Self { tcp, address: _, tls, local, limits, grace, runtime } = self;
        serve(Some((tcp, tls)), local, (limits, grace, runtime), service, shutdown, ready)
    }
}

/// A server of the data directory's socket alone, for a process that holds the directory and serves
/// another protocol.
pub struct LocalServer {
    local: (LocalListener, AccountId),
    runtime: Runtime,
}

impl LocalServer {
    /// Listens on the socket. The process must hold the data directory.
    pub fn bind(local: &LocalSocket) -> Result<Self, Error> {
        let runtime = runtime()?;
        let entered = runtime.enter();
        let listener = LocalListener::bind(&local.path)?;
        drop(entered);
        Ok(Self { local: (listener, local.account), runtime })
    }

    /// Serves until a shutdown is requested, as [`Server::run`] does, with a grace period of 5
    /// seconds.
    pub fn run(self, service: &Arc<Service>, shutdown: ShutdownSource) -> Result<(), Error> {
        let Self { local, runtime } = self;
        let settings = (Limits::default(), LOCAL_GRACE, runtime);
        serve(None, Some(local), settings, service, shutdown, || {})
    }
}

fn runtime() -> Result<Runtime, Error> {
    let mut builder = Builder::new_multi_thread();
    let builder = builder.enable_all().thread_name("vmfa-http");
    builder.max_blocking_threads(BLOCKING_THREADS).build().map_err(Error::Runtime)
}

fn serve(
    network: Option<(TcpListener, Option<TlsAcceptor>)>,
    local: Option<(LocalListener, AccountId)>,
    (limits, grace, runtime): (Limits, Duration, Runtime),
    service: &Arc<Service>,
    shutdown: ShutdownSource,
    ready: impl FnOnce(),
) -> Result<(), Error> {
    descriptors::raise_limit(&limits, BLOCKING_THREADS);
    let (begin_shutdown, shutdown_begun) = watch::channel(());
    let router = Arc::new(Router::new(service, limits, shutdown_begun));
    let outcome = runtime.block_on(async {
        let mut requests = shutdown.listen()?;
        let limiters = [ConnectionLimiter::new(&router), ConnectionLimiter::new(&router)];
        let [of_network, of_socket] = &limiters;
        ready();
        tokio::select! {
            () = requests.next() => {}
            () = accept::network(of_network, network.as_ref()) => {}
            () = accept::local(of_socket, local.as_ref()) => {}
            () = flush_uses(service) => {}
        }
        // Closed first, so that new clients are refused rather than kept waiting.
        drop((network, local));
        let _ = begin_shutdown.send(());
        Ok(drain(grace, &mut requests, &limiters, &router).await)
    });
    // A thread may still block, such as one that stores the uses of keys.
    runtime.shutdown_timeout(ABANDONED_TIME);
    let limit = if matches!(outcome, Ok(true)) { LAST_FLUSH_TIME } else { ABANDONED_TIME };
    flush_uses_within(limit, service);
    outcome.map(|_| ())
}

/// Stores when access keys were last used, on a thread that is abandoned where the disk is stuck.
fn flush_uses_within(limit: Duration, service: &Arc<Service>) {
    let service = Arc::clone(service);
    let (done, flushed) = mpsc::channel();
    thread::spawn(move || {
        let outcome = service.flush_uses();
        // Before the server ends, so that its owner drops the last reference.
        drop(service);
        let _ = done.send(outcome);
    });
    let problem = match flushed.recv_timeout(limit) {
        Ok(Ok(())) => return,
        Ok(Err(error)) => with_causes(&error),
        Err(_) => "the store does not respond".to_owned(),
    };
    tracing::warn!(error = problem, "cannot store the last use of access keys");
}

/// Waits for the connections to close, and for the calls of those that closed before. Returns
/// whether all of them did.
async fn drain(
    grace: Duration,
    requests: &mut ShutdownRequests,
    [network, local]: &[ConnectionLimiter; 2],
    router: &Router,
) -> bool {
    let closed = async {
        tokio::join!(network.closed(), local.closed());
        router.calls_completed().await;
    };
    tokio::select! {
        ended = timeout(grace, closed) => {
            if ended.is_err() {
                tracing::warn!("grace period exceeded: ended with calls still running");
            }
            ended.is_ok()
        }
        () = requests.next() => {
            tracing::warn!("second shutdown request: ended at once");
            false
        }
    }
}

/// Stores periodically when access keys were last used.
async fn flush_uses(service: &Arc<Service>) {
    let mut ticks = interval(FLUSH_INTERVAL);
    loop {
        ticks.tick().await;
        let service = Arc::clone(service);
        let flushed = tokio::task::spawn_blocking(move || service.flush_uses()).await;
        if let Ok(Err(error)) = flushed {
            tracing::warn!(error = with_causes(&error), "cannot store the last use of access keys");
        }
    }
}

/// Threads for what blocks: storing the uses of keys, deriving verifiers, reads of a store over a
/// network. Writes do not occupy threads.
const BLOCKING_THREADS: usize = 64;
const LOCAL_GRACE: Duration = Duration::from_secs(5);
/// How long what still blocks is waited for.
const ABANDONED_TIME: Duration = Duration::from_millis(100);
const LAST_FLUSH_TIME: Duration = Duration::from_secs(5);
const FLUSH_INTERVAL: Duration = Duration::from_secs(5);
