//! A closed-loop load generator: each connection sends its next request after the response to the
//! last.
//!
//! It runs in this process, so that the server's processor time is measured alone.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
    time::timeout,
};

use crate::{http::measure, report::float};

pub(super) struct LoadTest {
    pub(super) address: SocketAddr,
    pub(super) connections: usize,
    /// Signed requests, sent in this order.
    pub(super) requests: Arc<Vec<Vec<u8>>>,
    /// Start over after the last request; otherwise stop.
    pub(super) again: bool,
    pub(super) time: Duration,
}

pub(super) struct Tally {
    pub(super) took: Duration,
    /// Sorted.
    latencies: Vec<Duration>,
}

impl LoadTest {
    /// Runs the load. Any status but 200 is an error.
    pub(super) fn run(&self) -> anyhow::Result<Tally> {
        let next = Arc::new(AtomicUsize::new(0));
        let began = Instant::now();
        let threads = THREADS.min(self.connections);
        let mut latencies = std::thread::scope(|scope| {
            let share = |thread: usize| {
                let rest = usize::from(thread < self.connections % threads);
                (self.connections / threads).saturating_add(rest)
            };
            let drivers: Vec<_> = (0..threads)
                .map(|thread| {
                    let next = Arc::clone(&next);
                    scope.spawn(move || self.drive(share(thread), &next, began))
                })
                .collect();
            let mut all = Vec::new();
            for driver in drivers {
                all.extend(driver.join().map_err(|_| anyhow::anyhow!("the load panicked"))??);
            }
            anyhow::Ok(all)
        })?;
        let took = began.elapsed();
        latencies.sort_unstable();
        Ok(Tally { took, latencies })
    }

    fn drive(
        &self,
        connections: usize,
        next: &Arc<AtomicUsize>,
        began: Instant,
    ) -> anyhow::Result<Vec<Duration>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut tasks = JoinSet::new();
            for _ in 0..connections {
                let driven = LoadConnection {
                    address: self.address,
                    requests: Arc::clone(&self.requests),
                    again: self.again,
                    next: Arc::clone(next),
                    until: began.checked_add(self.time).unwrap_or(began),
                };
                tasks.spawn(timeout(self.time.saturating_add(PATIENCE), driven.run()));
            }
            let mut all = Vec::new();
            while let Some(latencies) = tasks.join_next().await {
                all.extend(latencies?.context("the server does not respond")??);
            }
            Ok(all)
        })
    }
}

struct LoadConnection {
    address: SocketAddr,
    requests: Arc<Vec<Vec<u8>>>,
    again: bool,
    next: Arc<AtomicUsize>,
    until: Instant,
}

impl LoadConnection {
    async fn run(self) -> anyhow::Result<Vec<Duration>> {
        let mut stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let mut latencies = Vec::new();
        let mut unread = Vec::with_capacity(64 << 10);
        loop {
            let sent = Instant::now();
            if sent >= self.until {
                return Ok(latencies);
            }
            let at = self.next.fetch_add(1, Ordering::Relaxed);
            let at = if self.again { at.checked_rem(self.requests.len()) } else { Some(at) };
            let Some(request) = at.and_then(|at| self.requests.get(at)) else {
                return Ok(latencies);
            };
            stream.write_all(request).await?;
            let whole = loop {
                if stream.read_buf(&mut unread).await? == 0 {
                    bail!("the server closed the connection");
                }
                match measure(&unread)? {
                    Some((200, _, whole)) => break whole,
                    Some(_) => bail!("{}", String::from_utf8_lossy(&unread)),
                    None => {}
                }
            };
            unread.drain(..whole);
            latencies.push(sent.elapsed());
        }
    }
}

impl Tally {
    pub(super) const fn answers(&self) -> usize {
        self.latencies.len()
    }

    pub(super) fn per_second(&self) -> f64 {
        float(self.answers()) / self.took.as_secs_f64()
    }

    /// The latency of the given percentile.
    pub(super) fn percentile(&self, percent: usize) -> Duration {
        let at = self.latencies.len().saturating_mul(percent) / 100;
        self.latencies.get(at).or(self.latencies.last()).copied().unwrap_or_default()
    }
}

/// Few, so that processors are left to the server.
const THREADS: usize = 2;
/// For the last responses, after the end of the load.
const PATIENCE: Duration = Duration::from_secs(30);
