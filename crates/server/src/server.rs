//! From configuration to a running server, and to its end.
//!
//! Not here: accepting connections, and what happens on them.

use std::{net::SocketAddr, sync::Arc, time::Duration};

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
    Config, Error, Limits, Local, Stop,
    accept::{self, Gate},
    descriptors,
    door::Door,
    listen::{self, LocalListener},
    metrics::Metrics,
    stop::Stops,
    tls,
};

/// A server that listens. Whoever connects is answered once it runs.
pub struct Server {
    tcp: TcpListener,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    local: Option<(LocalListener, AccountId)>,
    limits: Limits,
    grace: Duration,
    // Last, so that the listeners are closed while it is there.
    runtime: Runtime,
}

impl Server {
    /// Checks the configuration, reads the files that it names, and listens on the address.
    pub fn bind(config: &Config) -> Result<Self, Error> {
        let tls = config.tls.as_ref().map(tls::acceptor).transpose()?;
        let runtime = runtime()?;
        let (tcp, address) = runtime.block_on(listen::tcp(config))?;
        let (limits, grace) = (config.limits, config.grace);
        Ok(Self { tcp, address, tls, local: None, limits, grace, runtime })
    }

    /// Listens on the socket of a data directory too. To be called by whoever holds that.
    pub fn bind_local(&mut self, local: &Local) -> Result<(), Error> {
        let _within = self.runtime.enter();
        self.local = Some((LocalListener::bind(&local.socket)?, local.account));
        Ok(())
    }

    /// The address of the TCP listener.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until told to stop. `ready` is called once requests are answered.
    ///
    /// Told once, it stops accepting, closes idle connections, lets what is being served end
    /// within the grace period, and writes what the service still has in memory. Told again, it
    /// ends at once.
    pub fn run(
        self,
        service: &Arc<Service>,
        stop: Stop,
        ready: impl FnOnce(),
    ) -> Result<(), Error> {
        let Self { tcp, address: _, tls, local, limits, grace, runtime } = self;
        serve(Some((tcp, tls)), local, (limits, grace, runtime), service, stop, ready)
    }
}

/// A server of the socket of a data directory alone, for whoever holds the directory and serves
/// something else.
pub struct LocalServer {
    local: (LocalListener, AccountId),
    runtime: Runtime,
}

impl LocalServer {
    /// Listens on the socket. To be called by whoever holds the data directory.
    pub fn bind(local: &Local) -> Result<Self, Error> {
        let runtime = runtime()?;
        let within = runtime.enter();
        let listener = LocalListener::bind(&local.socket)?;
        drop(within);
        Ok(Self { local: (listener, local.account), runtime })
    }

    /// Serves until told to stop, as [`Server::run`] does.
    pub fn run(self, service: &Arc<Service>, stop: Stop) -> Result<(), Error> {
        let Self { local, runtime } = self;
        let set = (Limits::default(), GRACE, runtime);
        serve(None, Some(local), set, service, stop, || {})
    }
}

fn runtime() -> Result<Runtime, Error> {
    let mut builder = Builder::new_multi_thread();
    let builder = builder.enable_all().thread_name("vmfa-http");
    builder.max_blocking_threads(WAITING_WRITES).build().map_err(Error::Runtime)
}

/// Serves whoever comes through the listeners that there are.
fn serve(
    network: Option<(TcpListener, Option<TlsAcceptor>)>,
    local: Option<(LocalListener, AccountId)>,
    (limits, grace, runtime): (Limits, Duration, Runtime),
    service: &Arc<Service>,
    stop: Stop,
    ready: impl FnOnce(),
) -> Result<(), Error> {
    descriptors::provide(&limits, WAITING_WRITES);
    let (end, ending) = watch::channel(());
    let door =
        Arc::new(Door { service: Arc::clone(service), metrics: Metrics::new(), limits, ending });
    let outcome = runtime.block_on(async {
        let mut stops = stop.listen()?;
        let (outside, machine) = (Gate::new(&door), Gate::new(&door));
        ready();
        tokio::select! {
            () = stops.next() => {}
            () = accept::network(&outside, network.as_ref()) => {}
            () = accept::local(&machine, local.as_ref()) => {}
            () = flush(service) => {}
        }
        // New clients are to be refused rather than kept waiting.
        drop((network, local));
        let _ = end.send(());
        drain(grace, &mut stops, [&outside, &machine]).await;
        Ok(())
    });
    leave(runtime);
    if let Err(error) = service.flush_uses() {
        tracing::warn!(error = with_causes(&error), "could not write when keys were last used");
    }
    outcome
}

/// Waits for the connections to end.
async fn drain(grace: Duration, stops: &mut Stops, gates: [&Gate; 2]) {
    let [network, machine] = gates;
    let closed = async { tokio::join!(network.closed(), machine.closed()) };
    tokio::select! {
        ended = timeout(grace, closed) => {
            if ended.is_err() {
                tracing::warn!("the grace period is over; ended with requests unanswered");
            }
        }
        () = stops.next() => tracing::warn!("told twice to stop; ended at once"),
    }
}

/// Writes now and then when keys were last used.
async fn flush(service: &Arc<Service>) {
    let mut ticks = interval(FLUSH);
    loop {
        ticks.tick().await;
        let service = Arc::clone(service);
        let flushed = tokio::task::spawn_blocking(move || service.flush_uses()).await;
        if let Ok(Err(error)) = flushed {
            tracing::warn!(error = with_causes(&error), "could not write when keys were last used");
        }
    }
}

/// Ends the runtime. A write that was told to take too long may still hold a thread.
fn leave(runtime: Runtime) {
    runtime.shutdown_timeout(Duration::from_millis(100));
}

/// Threads that wait for the disk. One transaction serves that many.
const WAITING_WRITES: usize = 512;
/// The grace period where there is no other to choose.
const GRACE: Duration = Duration::from_secs(5);
/// How often uses of keys are written.
const FLUSH: Duration = Duration::from_secs(5);
