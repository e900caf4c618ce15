//! The listener, the connections that there are, and their end.
//!
//! A connection has a thread: a statement blocks while it makes its calls, and an idle thread
//! costs little more than its stack's first pages.
//!
//! Not here: what happens on a connection.

use std::{
    collections::{HashMap, HashSet},
    io::{self, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    os::unix::net::UnixStream,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    net::sockopt,
};
use rustls::ServerConfig;
use vmfa_client::{AccessKeys, Calls};
use vmfa_model::Entropy;

use super::{
    Config, Error, Limits,
    admission::{Admission, Origin, Seat},
    attempts::Attempts,
    brake::{Brake, Cause},
    connection,
    ending::{Ending, Reason},
    monitor,
    report::Report,
    tls,
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
    pub keys: Arc<dyn AccessKeys>,
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
    pub(super) keys: Arc<dyn AccessKeys>,
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
    attempts: Mutex<Attempts>,
    ending: AtomicBool,
    open: Mutex<Connections>,
    /// Notified when a connection logs in or ends, and when the server begins to stop.
    changed: Condvar,
}

/// All connections.
struct Connections {
    admission: Admission,
    /// By number; those that were evicted included, as long as their threads run.
    open: HashMap<i32, Open>,
}

/// A connection, to others.
struct Open {
    key: i32,
    tcp: Arc<TcpStream>,
    brake: Arc<Brake>,
    ending: Arc<Ending>,
    /// When its access key was found revoked.
    revoked: Option<Instant>,
}

/// The place of a connection, which is free again when this is dropped.
pub(super) struct Place {
    pub(super) process: i32,
    pub(super) key: i32,
    pub(super) peer: SocketAddr,
    pub(super) brake: Arc<Brake>,
    pub(super) ending: Arc<Ending>,
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
            attempts: Mutex::new(Attempts::new(&limits)),
            ending: AtomicBool::new(false),
            open: Mutex::new(Connections::new(limits)),
            changed: Condvar::new(),
        });
        monitor::start(&shared)?;
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

/// Serves a client that connected.
fn admit(shared: &Arc<Shared>, tcp: TcpStream, (process, key, peer): (i32, i32, SocketAddr)) {
    if let Err(error) = prepare(&tcp) {
        return tracing::debug!(%peer, %error, "a connection went away");
    }
    let tcp = Arc::new(tcp);
    let (brake, ending) = (Arc::new(Brake::default()), Arc::new(Ending::default()));
    let open = Open {
        key,
        tcp: Arc::clone(&tcp),
        brake: Arc::clone(&brake),
        ending: Arc::clone(&ending),
        revoked: None,
    };
    if !shared.start(process, Origin::of(peer.ip()), open) {
        return tracing::warn!(%peer, "refused a connection: too many have not logged in");
    }
    let place = Place { process, key, peer, brake, ending, shared: Arc::clone(shared) };
    let builder = thread::Builder::new().name("vmfa-pg".to_owned()).stack_size(STACK);
    let spawned = builder.spawn(move || {
        let shared = Arc::clone(&place.shared);
        connection::serve(&shared, tcp, &place);
    });
    if let Err(error) = spawned {
        tracing::warn!(%error, "cannot serve a connection");
    }
}

fn prepare(tcp: &TcpStream) -> io::Result<()> {
    tcp.set_nonblocking(false)?;
    // An answer is a few writes; waiting to fill a packet would only delay it.
    tcp.set_nodelay(true)?;
    // A client that vanished without a word is noticed after 90 seconds.
    sockopt::set_socket_keepalive(tcp, true)?;
    sockopt::set_tcp_keepidle(tcp, KEEPALIVE_IDLE)?;
    sockopt::set_tcp_keepintvl(tcp, KEEPALIVE_INTERVAL)?;
    Ok(sockopt::set_tcp_keepcnt(tcp, KEEPALIVE_PROBES)?)
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
        let concurrency = self.concurrency.unwrap_or_else(|| calls.max_concurrency());
        let (views, memory) = (self.views(owner), self.memory.session(owner));
        Setting::within(memory, calls, views, concurrency)
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

    /// Takes a new connection, in place of another where need be. Whether there is a thread for it.
    fn start(&self, process: i32, origin: Origin, open: Open) -> bool {
        // Those that were evicted need a moment to end; meanwhile others wait to be accepted.
        let most = self.limits.starting.saturating_mul(2);
        let busy = |connections: &mut Connections| connections.starting() >= most;
        let waited = self.changed.wait_timeout_while(self.open(), ACCEPT_PAUSE, busy);
        let (mut connections, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            return false;
        }
        let evicted = connections.admission.start(process, origin);
        if let Some(evicted) = evicted.and_then(|evicted| connections.open.get(&evicted)) {
            evicted.ending.set(Reason::Evicted);
            let _ = evicted.tcp.shutdown(Shutdown::Both);
        }
        connections.open.insert(process, open);
        true
    }

    /// Stops the statement that a connection is running, for whoever knows its numbers.
    pub(super) fn cancel(&self, process: i32, key: i32) {
        let connections = self.open();
        if let Some(open) = connections.open.get(&process).filter(|open| open.key == key) {
            open.brake.pull(Cause::Request);
        }
    }

    /// Whether the server has been told to stop.
    pub(super) fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Acquire)
    }

    /// The log-ins that failed lately.
    pub(super) fn attempts(&self) -> MutexGuard<'_, Attempts> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The access keys of connections, once there are any, or none once the server stops. At least
    /// `pause` after the call.
    pub(super) fn keys_after(&self, pause: Duration) -> Vec<String> {
        let paused = self.changed.wait_timeout_while(self.open(), pause, |_| !self.is_ending());
        let (connections, _) = paused.unwrap_or_else(PoisonError::into_inner);
        let idle = |connections: &mut Connections| {
            !self.is_ending() && connections.admission.keys().is_empty()
        };
        let waited = self.changed.wait_while(connections, idle);
        let connections = waited.unwrap_or_else(PoisonError::into_inner);
        connections.admission.keys().into_iter().map(str::to_owned).collect()
    }

    /// Ends the connections of access keys: interrupts what they run, and closes those that have not
    /// ended some time after that.
    pub(super) fn end_revoked(&self, keys: &HashSet<String>) {
        let mut connections = self.open();
        let Connections { admission, open } = &mut *connections;
        for (process, open) in open {
            let Some(key) = admission.key(*process) else { continue };
            // A key that is activated again saves no connection that is about to end.
            if open.revoked.is_none() && !keys.contains(key) {
                continue;
            }
            let now = Instant::now();
            let since = *open.revoked.get_or_insert(now);
            open.ending.set(Reason::Revoked(key.to_owned()));
            open.brake.pull(Cause::Request);
            // The client may be reading nothing, so that its connection is stuck in a write.
            let stuck = now.saturating_duration_since(since) >= REVOKED_GRACE;
            // One that is closed already is what is wanted.
            let _ = open.tcp.shutdown(if stuck { Shutdown::Both } else { Shutdown::Read });
        }
    }

    /// Ends all connections.
    fn end(self: &Arc<Self>, mut stop: UnixStream) {
        let connections = self.open();
        self.ending.store(true, Ordering::Release);
        for open in connections.open.values() {
            open.ending.set(Reason::Shutdown);
            // What is idle reads its end; what is running ends first.
            let _ = open.tcp.shutdown(Shutdown::Read);
        }
        drop(connections);
        self.changed.notify_all();
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
        for open in self.open().open.values() {
            open.brake.pull(Cause::Request);
            let _ = open.tcp.shutdown(Shutdown::Both);
        }
    }

    fn is_empty_after(&self, time: Duration) -> bool {
        let busy = |connections: &mut Connections| !connections.open.is_empty();
        let waited = self.changed.wait_timeout_while(self.open(), time, busy);
        waited.is_ok_and(|(connections, _)| connections.open.is_empty())
    }

    fn open(&self) -> MutexGuard<'_, Connections> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connections {
    fn new(limits: Limits) -> Self {
        Self { admission: Admission::new(limits), open: HashMap::new() }
    }

    /// How many threads serve connections that have not logged in.
    fn starting(&self) -> usize {
        self.open.len().saturating_sub(self.admission.seated())
    }
}

impl Place {
    /// The address that limits count.
    pub(super) fn origin(&self) -> Origin {
        Origin::of(self.peer.ip())
    }

    /// Notes that the first message of the client has come. Fails where the connection is to end.
    pub(super) fn greeted(&self) -> Result<(), Report> {
        self.shared.open().admission.greeted(self.process);
        self.ending.reason().map_or(Ok(()), |reason| Err(reason.into()))
    }

    /// Takes one of the places of those that have logged in, where the limits leave one.
    pub(super) fn seat(&self, key: Option<&str>, root: bool) -> Result<(), Report> {
        let mut connections = self.shared.open();
        if let Some(reason) = self.ending.reason() {
            return Err(reason.into());
        }
        let seat = Seat { key: key.map(str::to_owned), origin: self.origin(), root };
        let seated = connections.admission.seat(self.process, seat);
        drop(connections);
        seated.map_err(|full| Report::fatal("53300", full.to_string()))?;
        self.shared.changed.notify_all();
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.brake.close();
        let mut connections = self.shared.open();
        connections.open.remove(&self.process);
        connections.admission.leave(self.process);
        drop(connections);
        self.shared.changed.notify_all();
    }
}

/// When and how often a silent client is asked whether it is there, and how many times it may not
/// answer.
const KEEPALIVE_IDLE: Duration = Duration::from_mins(1);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEPALIVE_PROBES: u32 = 3;
/// Bytes of a connection's stack: nested expressions and views have their limits well below.
const STACK: usize = 4 << 20;
/// How long accepting waits for connections to end that were evicted.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);
/// How long a connection may take to end after its access key was found revoked.
const REVOKED_GRACE: Duration = Duration::from_secs(5);
/// How long interrupted statements may take to notice.
const LAST_GRACE: Duration = Duration::from_secs(1);
