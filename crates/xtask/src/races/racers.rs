//! Connections that send the same request at the same time.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Barrier,
        mpsc::{self, Receiver, Sender},
    },
};

use anyhow::Context as _;

use crate::http::{Connection, RawResponse};

/// Threads with an open connection each. They end when this is dropped.
pub(super) struct Racers {
    starts: Vec<Sender<Arc<Vec<u8>>>>,
    finish: Receiver<String>,
}

impl Racers {
    pub(super) fn start(address: SocketAddr, count: usize) -> anyhow::Result<Self> {
        let barrier = Arc::new(Barrier::new(count));
        let (done, finish) = mpsc::channel();
        let mut starts = Vec::new();
        for _ in 0..count {
            let connection = Connection::open(address)?;
            let (start, requests) = mpsc::channel();
            let (barrier, done) = (Arc::clone(&barrier), done.clone());
            std::thread::spawn(move || run(connection, &requests, &barrier, &done));
            starts.push(start);
        }
        Ok(Self { starts, finish })
    }

    /// Sends the request on all connections. Returns status and error code of each response, in
    /// order of arrival.
    pub(super) fn race(&self, request: Vec<u8>) -> anyhow::Result<Vec<String>> {
        let request = Arc::new(request);
        for start in &self.starts {
            start.send(Arc::clone(&request)).context("a racer has ended")?;
        }
        let outcome = |_| self.finish.recv().context("the racers have ended");
        self.starts.iter().map(outcome).collect()
    }
}

/// The number of successful responses.
pub(super) fn accepted(outcomes: &[String]) -> usize {
    outcomes.iter().filter(|outcome| *outcome == "200").count()
}

fn run(
    mut connection: Connection,
    requests: &Receiver<Arc<Vec<u8>>>,
    barrier: &Barrier,
    done: &Sender<String>,
) {
    while let Ok(request) = requests.recv() {
        barrier.wait();
        let outcome = match connection.send(&request) {
            Ok(response) => outcome(&response),
            Err(error) => format!("no response: {error}"),
        };
        if done.send(outcome).is_err() {
            return;
        }
    }
}

/// Status and error code, such as `403 AccessDenied`; `200` for success.
fn outcome(response: &RawResponse) -> String {
    let body = String::from_utf8_lossy(&response.body);
    let code = body.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    match code {
        Some((code, _)) => format!("{} {code}", response.status),
        None => response.status.to_string(),
    }
}
