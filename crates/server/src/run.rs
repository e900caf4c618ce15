//! From configuration to a running server, and to its end.
//!
//! Not here: accepting connections, and what happens on them.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    runtime::{Builder, Runtime},
    sync::watch,
    time::{interval, timeout},
};
use vmfa_iam::Service;

use crate::{
    Config, Error, Stop,
    accept::{self, Gate},
    descriptors,
    door::Door,
    listen::{self, LocalListener},
    metrics::Metrics,
    stop::Stops,
    tls,
};

/// Serves until told to stop, on a runtime of its own. `ready` is called once everything listens,
/// with the TCP listener's address.
///
/// Told once, it stops accepting, closes idle connections, lets what is being served end within
/// the grace period, and writes what the service still has in memory. Told again, it ends at once.
pub fn run(
    config: &Config,
    service: &Arc<Service>,
    stop: Stop,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), Error> {
    descriptors::provide(&config.limits);
    let runtime = Builder::new_multi_thread()
        .enable_all()
        .thread_name("vmfa-http")
        .max_blocking_threads(WAITING_WRITES)
        .build()
        .map_err(Error::Runtime)?;
    let outcome = runtime.block_on(serve(config, service, stop, ready));
    leave(runtime);
    if let Err(error) = service.flush_uses() {
        tracing::warn!(%error, "could not write when keys were last used");
    }
    outcome
}

async fn serve(
    config: &Config,
    service: &Arc<Service>,
    stop: Stop,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), Error> {
    let mut stops = stop.listen()?;
    let tls = config.tls.as_ref().map(tls::acceptor).transpose()?;
    let local = config.local.as_ref();
    let local = local.map(|local| Ok((LocalListener::bind(&local.socket)?, local.account)));
    let local = local.transpose()?;
    let (tcp, address) = listen::tcp(config).await?;

    let (end, ending) = watch::channel(());
    let door = Arc::new(Door {
        service: Arc::clone(service),
        metrics: Metrics::new(),
        limits: config.limits,
        ending,
    });
    let (network, machine) = (Gate::new(&door), Gate::new(&door));
    ready(address);
    tokio::select! {
        () = stops.next() => {}
        () = accept::network(&network, &tcp, tls.as_ref()) => {}
        () = accept::local(&machine, local.as_ref()) => {}
        () = flush(service) => {}
    }
    // New clients are to be refused rather than kept waiting.
    drop((tcp, local));
    let _ = end.send(());
    drain(config.grace, &mut stops, [&network, &machine]).await;
    Ok(())
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
            tracing::warn!(%error, "could not write when keys were last used");
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
