//! From configuration to a running server, and to its end.
//!
//! Not here: what happens on a connection.

use std::{io::ErrorKind, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::{interval, sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use vmfa_iam::Service;
use vmfa_model::AccountId;

use crate::{
    Config, Error, Stop, connection, descriptors,
    door::{Door, Peer},
    listen::{self, LocalListener},
    metrics::Metrics,
    refuse,
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
        () = accept_network(&network, &tcp, tls.as_ref()) => {}
        () = accept_local(&machine, local.as_ref()) => {}
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

/// What a connection has to pass.
struct Gate {
    door: Arc<Door>,
    places: Arc<Semaphore>,
    /// Places to be told that there is no place.
    dismissals: Arc<Semaphore>,
    size: u32,
}

impl Gate {
    fn new(door: &Arc<Door>) -> Self {
        let size = u32::try_from(door.limits.connections).unwrap_or(u32::MAX).min(MOST_PLACES);
        let places = usize::try_from(size).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            door: Arc::clone(door),
            places: Arc::new(Semaphore::new(places)),
            dismissals: Arc::new(Semaphore::new(MOST_DISMISSALS)),
            size,
        }
    }

    fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }

    /// Waits until all connections have ended.
    async fn closed(&self) {
        let _ = self.places.acquire_many(self.size).await;
    }

    /// Answers that there is no place, if there is a place to do so, and closes.
    fn dismiss<S>(&self, mut stream: S)
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        self.door.metrics.rejected();
        let Ok(place) = Arc::clone(&self.dismissals).try_acquire_owned() else { return };
        let answer = refuse::unserved(&self.door.service, &refuse::full());
        tokio::spawn(async move {
            connection::dismiss(&mut stream, &answer).await;
            drop(place);
        });
    }
}

async fn accept_network(gate: &Gate, listener: &TcpListener, tls: Option<&TlsAcceptor>) {
    loop {
        let (stream, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                weather(&error).await;
                continue;
            }
        };
        let Some(place) = gate.place() else {
            // In TLS nothing can be said before a handshake, which is what there is no place for.
            if tls.is_none() {
                gate.dismiss(stream);
            } else {
                gate.door.metrics.rejected();
            }
            continue;
        };
        // An answer is one write; waiting to fill a packet would only delay it.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%address, %error, "a connection went away");
            continue;
        }
        let (door, peer, tls) = (Arc::clone(&gate.door), Peer::Network(address), tls.cloned());
        tokio::spawn(async move {
            let _open = (place, door.metrics.connection());
            let Some(tls) = tls else { return connection::serve(door, stream, peer).await };
            match timeout(door.limits.handshake_time, tls.accept(stream)).await {
                Ok(Ok(stream)) => connection::serve(door, stream, peer).await,
                Ok(Err(error)) => tracing::debug!(%address, %error, "a TLS handshake failed"),
                Err(_) => tracing::debug!(%address, "a TLS handshake took too long"),
            }
        });
    }
}

async fn accept_local(gate: &Gate, local: Option<&(LocalListener, AccountId)>) {
    let Some((listener, account)) = local else { return std::future::pending().await };
    loop {
        let stream = match listener.accept().await {
            Ok(stream) => stream,
            Err(error) => {
                weather(&error).await;
                continue;
            }
        };
        let Some(place) = gate.place() else {
            gate.dismiss(stream);
            continue;
        };
        let (door, peer) = (Arc::clone(&gate.door), Peer::Local(*account));
        tokio::spawn(async move {
            let _open = (place, door.metrics.connection());
            connection::serve(door, stream, peer).await;
        });
    }
}

/// Bears an error of accepting: those of one connection at once, want of resources for a moment.
async fn weather(error: &std::io::Error) {
    match error.kind() {
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted => {
            tracing::debug!(%error, "a connection went away");
        }
        _ => {
            tracing::warn!(%error, "cannot accept connections; trying again");
            sleep(Duration::from_millis(100)).await;
        }
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
/// How many rejected connections are being answered at the same time.
const MOST_DISMISSALS: usize = 64;
/// Beyond any number of file descriptors.
const MOST_PLACES: u32 = 1 << 24;
/// How often uses of keys are written.
const FLUSH: Duration = Duration::from_secs(5);
