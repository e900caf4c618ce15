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
        let runtime = Builder::new_multi_thread()
            .enable_all()
            .thread_name("vmfa-http")
            .max_blocking_threads(WAITING_WRITES)
            .build()
            .map_err(Error::Runtime)?;
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
        descriptors::provide(&self.limits, WAITING_WRITES);
        let Self { tcp, address: _, tls, local, limits, grace, runtime } = self;
        let (end, ending) = watch::channel(());
        let door = Arc::new(Door {
            service: Arc::clone(service),
            metrics: Metrics::new(),
            limits,
            ending,
        });
        let outcome = runtime.block_on(async {
            let mut stops = stop.listen()?;
            let (network, machine) = (Gate::new(&door), Gate::new(&door));
            ready();
            tokio::select! {
                () = stops.next() => {}
                () = accept::network(&network, &tcp, tls.as_ref()) => {}
                () = accept::local(&machine, local.as_ref()) => {}
                () = flush(service) => {}
            }
            // New clients are to be refused rather than kept waiting.
            drop((tcp, local));
            let _ = end.send(());
            drain(grace, &mut stops, [&network, &machine]).await;
            Ok(())
        });
        leave(runtime);
        if let Err(error) = service.flush_uses() {
            tracing::warn!(error = with_causes(&error), "could not write when keys were last used");
        }
        outcome
    }
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
/// How often uses of keys are written.
const FLUSH: Duration = Duration::from_secs(5);
