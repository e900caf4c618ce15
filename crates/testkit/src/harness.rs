//! A server on a free port of the loopback, which ends with the test.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use vmfa_server::{Config, Error, LocalSocket, Server, ShutdownHandle, ShutdownSource};

use crate::{Client, ClientKey, RawConnection, TestService};

/// A server over a [`TestService`].
pub struct Harness {
    /// The service that it serves.
    pub test: TestService,
    /// Where it listens.
    pub address: SocketAddr,
    /// Its socket.
    pub socket: PathBuf,
    shutdown: ShutdownHandle,
    thread: Option<JoinHandle<Result<(), Error>>>,
}

impl Harness {
    /// Serves a new service with the default limits.
    pub fn start() -> Self {
        Self::serve(TestService::new(), |_| {})
    }

    /// Serves a service as `change` makes the configuration.
    pub fn serve(test: TestService, change: impl FnOnce(&mut Config)) -> Self {
        let (source, shutdown) = ShutdownSource::with_handle();
        Self::until(test, change, source, shutdown)
    }

    /// Serves until `source` requests the shutdown, which need not be that of the handle.
    pub fn until(
        test: TestService,
        change: impl FnOnce(&mut Config),
        source: ShutdownSource,
        shutdown: ShutdownHandle,
    ) -> Self {
        let socket = test.directory.path().join("socket");
        let mut config = Config::new((Ipv4Addr::LOCALHOST, 0).into());
        config.grace = Duration::from_secs(5);
        change(&mut config);
        let mut server = Server::bind(&config).unwrap();
        server.bind_local(&LocalSocket { path: socket.clone(), account: test.account }).unwrap();
        let address = server.address();
        let (tell, told) = mpsc::channel();
        let service = Arc::clone(&test.service);
        let thread = thread::spawn(move || server.run(&service, source, || tell.send(()).unwrap()));
        assert!(told.recv().is_ok(), "the server did not start: {:?}", thread.join());
        Self { test, address, socket, shutdown, thread: Some(thread) }
    }

    /// A client with the root's key.
    pub fn client(&self) -> Client {
        self.client_of(self.test.root.clone())
    }

    /// A client with another key.
    pub fn client_of(&self, key: ClientKey) -> Client {
        Client::new(self.address, Arc::clone(&self.test.clock), key)
    }

    /// An open connection, for what no client sends.
    pub fn connect(&self) -> RawConnection {
        RawConnection::tcp(self.address)
    }

    /// An open connection to the socket.
    pub fn connect_locally(&self) -> RawConnection {
        RawConnection::unix(&self.socket)
    }

    /// A code of a device with this seed, `steps` time steps from now.
    pub fn code(&self, seed: &str, steps: i64) -> String {
        crate::code(seed, self.test.clock.unix(), steps)
    }

    /// Requests a shutdown; a second request stops the server at once.
    pub fn stop(&self) {
        self.shutdown.shut_down();
    }

    /// Whether the server has ended.
    pub fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Waits for the server to end, and returns its result.
    pub fn ended(mut self) -> Result<(), Error> {
        self.thread.take().map_or(Ok(()), |thread| thread.join().unwrap())
    }
}

impl Drop for Harness {
    fn drop(&mut self) {
        self.shutdown.shut_down();
        self.shutdown.shut_down();
        if let Some(thread) = self.thread.take() {
            // Only `ended` returns the result; a panic has been printed.
            let _ = thread.join();
        }
    }
}
