//! The listener, the connections that there are, and their end.
//!
//! A connection has a thread: a statement blocks while it makes its calls, and an idle thread
//! costs little more than its stack's first pages.
//!
//! Not here: what happens on a connection.

use std::{
    collections::HashMap,
    io::{self, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    os::unix::net::UnixStream,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use rustix::event::{PollFd, PollFlags, poll};
use rustls::ServerConfig;
use vmfa_client::{Calls, Keys};
use vmfa_model::Entropy;

use super::{
    Config, Error, Limits,
    brake::{Brake, Cause},
    connection, tls,
};
use crate::{Setting, Views, memory::Accounts};

/// A server that listens. Whoever connects is answered once it runs.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<tls::Loaded>,
    insecure: bool,
    limits: Limits,
    stop: UnixStream,
    stopper: Stopper,
}

/// Tells a server to stop.
#[derive(Debug)]
pub struct Stopper(UnixStream);

/// What the statements of all connections stand on.
pub struct Ground {
    /// The access keys that open the server, and what their owners may do.
    pub keys: Arc<dyn Keys>,
    /// Where views and tables are kept: of the root, or of the user with that identifier.
    pub views: Box<Keeping>,
    /// How many calls a statement makes at a time; `None` for what suits whom they go to.
    pub concurrency: Option<usize>,
    /// Chance, for the numbers by which statements are stopped.
    pub entropy: Arc<dyn Entropy>,
}

/// Tells where views and tables of the root are kept, or those of the user with that identifier.
pub type Keeping = dyn Fn(Option<&str>) -> Views + Send + Sync;

/// What all connections share.
pub(super) struct Shared {
    pub(super) keys: Arc<dyn Keys>,
    pub(super) tls: Option<Arc<ServerConfig>>,
    /// What proofs of passwords are bound to.
    pub(super) binding: Option<Vec<u8>>,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) insecure: bool,
    pub(super) limits: Limits,
    views: Box<Keeping>,
    /// Those of users who have a session.
    kept: Mutex<HashMap<Option<String>, Weak<Views>>>,
    concurrency: Option<usize>,
    memory: Accounts,
    ending: AtomicBool,
    open: Mutex<HashMap<i32, Open>>,
    closed: Condvar,
    /// How many clients are being told that there is no place.
    dismissals: AtomicUsize,
}

/// A connection, to others.
struct Open {
    key: i32,
    tcp: TcpStream,
    brake: Arc<Brake>,
}

/// The place of a connection, which is free again when this is dropped.
pub(super) struct Place {
    pub(super) process: i32,
    pub(super) key: i32,
    pub(super) peer: SocketAddr,
    pub(super) brake: Arc<Brake>,
    shared: Arc<Shared>,
}

impl Server {
    /// Checks the configuration, reads the files that it names, and listens on the address.
    pub fn bind(config: &Config) -> Result<Self, Error> {
        let address = config.address;
        let loopback = address.ip().is_loopback();
        if config.insecure && !loopback {
            return Err(Error::Open(address));
        }
        if config.tls.is_none() && !loopback {
            return Err(Error::Exposed(address));
        }
        let tls = config.tls.as_ref().map(tls::load).transpose()?;
        let failed = |source| Error::Listen { address, source };
        let listener = TcpListener::bind(address).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        // Whoever has gone before being accepted is not to be waited for.
        listener.set_nonblocking(true).map_err(failed)?;
        let (stop, stopper) = UnixStream::pair().map_err(failed)?;
        let (insecure, limits, stopper) = (config.insecure, config.limits, Stopper(stopper));
        Ok(Self { listener, address, tls, insecure, limits, stop, stopper })
    }

    /// The address of the listener.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What tells it to stop.
    pub fn stopper(&self) -> io::Result<Stopper> {
        self.stopper.0.try_clone().map(Stopper)
    }

    /// Serves until told to stop. `ready` is called once connections are answered.
    ///
    /// Told once, it stops accepting, ends idle connections, lets statements that are run end
    /// within the grace period, and interrupts those that do not. Told again, it interrupts them
    /// at once.
    pub fn run(self, ground: Ground, ready: impl FnOnce()) -> io::Result<()> {
        let Self { listener, tls, insecure, limits, stop, .. } = self;
        let Ground { keys, views, concurrency, entropy } = ground;
        let (tls, binding) = match tls {
            Some(tls::Loaded { config, binding }) => (Some(config), binding),
            None => (None, None),
        };
        let shared = Arc::new(Shared {
            keys,
            tls,
            binding,
            entropy,
            insecure,
            limits,
            views,
            kept: Mutex::default(),
            concurrency,
            memory: Accounts::new(limits.memory),
            ending: AtomicBool::new(false),
            open: Mutex::default(),
            closed: Condvar::new(),
            dismissals: AtomicUsize::new(0),
        });
        ready();
        let mut process = 0_i32;
        while wait(&listener, &stop)? {
            match listener.accept() {
                Ok((tcp, peer)) => {
                    process = process.wrapping_add(1).max(1);
                    let mut key = [0; 4];
                    shared.entropy.fill(&mut key);
                    admit(&shared, tcp, (process, i32::from_be_bytes(key), peer));
                }
                Err(error) => weather(&error),
            }
        }
        drop(listener);
        shared.end(stop);
        Ok(())
    }
}

impl Stopper {
    /// Once: ends what is being run, then the server. Twice: interrupts it.
    pub fn stop(&self) {
        // Nobody hears where the server has ended already, which is what is wanted.
        let _ = (&self.0).write_all(&[1]);
    }
}

/// Waits for somebody to come. Whether somebody came, and not the word to stop.
fn wait(listener: &TcpListener, stop: &UnixStream) -> io::Result<bool> {
    let mut both = [PollFd::new(listener, PollFlags::IN), PollFd::new(stop, PollFlags::IN)];
    loop {
        match poll(&mut both, None) {
            Ok(_) => break,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let [_, stopping] = both;
    Ok(stopping.revents().is_empty())
}

/// Serves whoever came, where there is a place.
fn admit(shared: &Arc<Shared>, tcp: TcpStream, (process, key, peer): (i32, i32, SocketAddr)) {
    let prepared = || -> io::Result<TcpStream> {
        tcp.set_nonblocking(false)?;
        // An answer is a few writes; waiting to fill a packet would only delay it.
        tcp.set_nodelay(true)?;
        // Clients that vanish are noticed some day.
        rustix::net::sockopt::set_socket_keepalive(&tcp, true)?;
        tcp.try_clone()
    };
    let copy = match prepared() {
        Ok(copy) => copy,
        Err(error) => return tracing::debug!(%peer, %error, "a connection went away"),
    };
    let brake = Arc::new(Brake::default());
    let mut open = shared.open();
    let full = open.len() >= shared.limits.connections;
    if !full {
        open.insert(process, Open { key, tcp: copy, brake: Arc::clone(&brake) });
    }
    drop(open);
    if full {
        tracing::warn!(%peer, "refused a connection: there are too many");
        return dismiss(shared, tcp);
    }
    let place = Place { process, key, peer, brake, shared: Arc::clone(shared) };
    let builder = thread::Builder::new().name("vmfa-pg".to_owned()).stack_size(STACK);
    let spawned = builder.spawn(move || {
        let shared = Arc::clone(&place.shared);
        connection::serve(&shared, tcp, &place);
    });
    if let Err(error) = spawned {
        tracing::warn!(%error, "cannot serve a connection");
    }
}

/// Tells a client that there is no place, where there is one for that.
fn dismiss(shared: &Arc<Shared>, tcp: TcpStream) {
    if shared.dismissals.fetch_add(1, Ordering::AcqRel) < MOST_DISMISSALS {
        let shared = Arc::clone(shared);
        let builder = thread::Builder::new().stack_size(STACK);
        let spawned = builder.spawn(move || {
            connection::dismiss(&shared, tcp, DISMISSAL);
            shared.dismissals.fetch_sub(1, Ordering::AcqRel);
        });
        if spawned.is_ok() {
            return;
        }
    }
    shared.dismissals.fetch_sub(1, Ordering::AcqRel);
}

/// Bears an error of accepting: those of one connection at once, want of resources for a moment.
fn weather(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, WouldBlock};
    if !matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted | WouldBlock) {
        tracing::warn!(%error, "cannot accept connections; trying again");
        thread::sleep(Duration::from_millis(100));
    }
}

impl Shared {
    /// What a session of the root or of a user stands on, which makes these calls.
    pub(super) fn setting(&self, calls: Arc<dyn Calls>, owner: Option<&str>) -> Setting {
        let concurrency = self.concurrency.unwrap_or_else(|| calls.at_a_time());
        let (views, memory) = (self.views(owner), self.memory.session(owner));
        Setting { calls, views, concurrency, memory }
    }

    /// The views and tables of the root, or of a user.
    fn views(&self, owner: Option<&str>) -> Arc<Views> {
        let owner = owner.map(str::to_owned);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(views) = kept.get(&owner).and_then(Weak::upgrade) {
            return views;
        }
        kept.retain(|_, views| views.strong_count() > 0);
        let views = Arc::new((self.views)(owner.as_deref()));
        kept.insert(owner, Arc::downgrade(&views));
        views
    }

    /// Stops the statement that a connection is running, for whoever knows its numbers.
    pub(super) fn cancel(&self, process: i32, key: i32) {
        let found = self.open();
        if let Some(open) = found.get(&process).filter(|open| open.key == key) {
            open.brake.pull(Cause::Request);
        }
    }

    /// Whether the server has been told to stop.
    pub(super) fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Acquire)
    }

    /// Ends all connections.
    fn end(self: &Arc<Self>, mut stop: UnixStream) {
        self.ending.store(true, Ordering::Release);
        for open in self.open().values() {
            // What is idle reads its end; what is running ends first.
            let _ = open.tcp.shutdown(Shutdown::Read);
        }
        let (mut word, shared) = ([0], Arc::clone(self));
        let again = thread::Builder::new().spawn(move || {
            // The first word to stop was only looked at.
            let told = stop.read_exact(&mut word).and_then(|()| stop.read_exact(&mut word));
            if told.is_ok() {
                tracing::warn!("told twice to stop; interrupting statements");
                shared.interrupt();
            }
        });
        if let Err(error) = again {
            tracing::warn!(%error, "will not hear if it is told again to stop");
        }
        if !self.is_empty_after(self.limits.grace) {
            tracing::warn!("the grace period is over; interrupting statements");
            self.interrupt();
            self.is_empty_after(LAST_GRACE);
        }
    }

    fn interrupt(&self) {
        for open in self.open().values() {
            open.brake.pull(Cause::Request);
            let _ = open.tcp.shutdown(Shutdown::Both);
        }
    }

    fn is_empty_after(&self, time: Duration) -> bool {
        let waited = self.closed.wait_timeout_while(self.open(), time, |open| !open.is_empty());
        waited.is_ok_and(|(open, _)| open.is_empty())
    }

    fn open(&self) -> MutexGuard<'_, HashMap<i32, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.brake.close();
        self.shared.open().remove(&self.process);
        self.shared.closed.notify_all();
    }
}

/// Bytes of a connection's stack: nested expressions and views have their limits well below.
const STACK: usize = 4 << 20;
/// So many clients at a time are told that there is no place, and so long that may take.
const MOST_DISMISSALS: usize = 16;
const DISMISSAL: Duration = Duration::from_secs(2);
/// How long interrupted statements may take to notice.
const LAST_GRACE: Duration = Duration::from_secs(1);
