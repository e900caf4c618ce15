//! Durable creation, compared with a bare SQLite writer of the same rows; and the disk's flush rate.

use std::{
    fs::File,
    os::unix::fs::FileExt as _,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use vmfa_iam::{Caller, Service};

use super::{Bench, fill, load::LoadTest, median, micros, raw::BareWriter};
use crate::{
    child::Vmfa,
    report::{RatioTarget, ReportRow, float, line},
    wire::{self, RequestSigner, text},
};

pub(super) fn run(bench: &Bench) -> anyhow::Result<Vec<ReportRow>> {
    let directory = tempfile::tempdir()?;
    line(format_args!("\ncreates: medians of {ROUNDS} rounds"));
    let flushes = flushes(directory.path(), bench.time)?;
    line(format_args!("  the disk: {flushes:.0} flushes of 4 KiB per second"));

    let raw = BareWriter::start(&directory.path().join("raw"))?;
    let held = fill::hold(&directory.path().join("inside"))?;
    let caller = Caller::local(fill::account()?);
    let mut rows = Vec::new();
    let mut limit_over_http = 0.0;
    for threads in THREADS {
        let (mut ours, mut limit) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            ours.push(hammer(threads, bench.time, |thread| {
                let (service, caller) = (held.service(), &caller);
                move |n| create(service, caller, format!("{threads}-{round}-{thread}-{n}"))
            })?);
            limit.push(hammer(threads, bench.time, |thread| {
                let queue = raw.queue();
                move |n| queue.write(format!("/{threads}-{round}-{thread}-{n}"))
            })?);
        }
        let (ours, limit) = (median(&ours), median(&limit));
        if threads == CONNECTIONS {
            limit_over_http = limit;
        }
        let name = format!("creates: in process, {threads} threads");
        rows.push(row(name, ours, limit));
        line(format_args!("  {threads} threads: {ours:.0}/s, bare SQLite {limit:.0}/s"));
    }
    drop(held);
    let ours = over_http(bench, &directory.path().join("outside"))?;
    rows.push(row(format!("creates: HTTP, {CONNECTIONS} connections"), ours, limit_over_http));
    Ok(rows)
}

fn row(name: String, ours: f64, limit: f64) -> ReportRow {
    ReportRow {
        name,
        figure: format!("{ours:.0}/s"),
        limit: format!("{limit:.0}/s"),
        ratio: ours / limit,
        target: RatioTarget::AtLeast(0.5),
    }
}

fn create(service: &Service, caller: &Caller, name: String) -> anyhow::Result<()> {
    let call = wire::call("CreateVirtualMFADevice", vec![("VirtualMFADeviceName", text(name))])?;
    service.call(caller, call, "bench")?;
    Ok(())
}

/// Calls in sequence on each of that many threads; returns calls per second.
fn hammer<F>(threads: usize, time: Duration, caller: impl Fn(usize) -> F) -> anyhow::Result<f64>
where
    F: FnMut(usize) -> anyhow::Result<()> + Send,
{
    let done = AtomicUsize::new(0);
    let began = Instant::now();
    std::thread::scope(|scope| {
        let callers: Vec<_> = (0..threads)
            .map(|thread| {
                let (mut call, done) = (caller(thread), &done);
                scope.spawn(move || {
                    let mut n = 0_usize;
                    while began.elapsed() < time {
                        call(n)?;
                        n = n.saturating_add(1);
                    }
                    done.fetch_add(n, Ordering::Relaxed);
                    anyhow::Ok(())
                })
            })
            .collect();
        for caller in callers {
            caller.join().map_err(|_| anyhow::anyhow!("a caller panicked"))??;
        }
        anyhow::Ok(())
    })?;
    Ok(float(done.into_inner()) / began.elapsed().as_secs_f64())
}

/// Creations per second over HTTP, with requests signed in advance.
fn over_http(bench: &Bench, directory: &Path) -> anyhow::Result<f64> {
    let quotas = ["MFADevices=10000000"];
    let vmfa = Vmfa { quotas: &quotas, ..Vmfa::new(&bench.vmfa, directory) };
    let server = vmfa.serve()?;
    let mut rates = Vec::new();
    for round in 0..ROUNDS {
        let sign = |n: usize| {
            let members = vec![("VirtualMFADeviceName", text(format!("{round}-{n}")))];
            RequestSigner::root()
                .sign(server.address, &wire::call("CreateVirtualMFADevice", members)?)
        };
        let most = bench.time.as_secs().saturating_add(1).saturating_mul(MOST_A_SECOND);
        let requests = (0..usize::try_from(most)?).map(sign).collect::<anyhow::Result<Vec<_>>>()?;
        let before = server.cpu()?;
        let answered = LoadTest {
            address: server.address,
            connections: CONNECTIONS,
            requests: Arc::new(requests),
            again: false,
            time: bench.time,
        }
        .run()?;
        let cpu = micros(server.cpu()?.saturating_sub(before)) / float(answered.answers().max(1));
        line(format_args!(
            "  HTTP: {:.0}/s, p50 {:.1} ms, p99 {:.1} ms, {cpu:.0} us of processor time each",
            answered.per_second(),
            micros(answered.percentile(50)) / 1e3,
            micros(answered.percentile(99)) / 1e3,
        ));
        rates.push(answered.per_second());
    }
    Ok(median(&rates))
}

/// Sequential durable writes of 4 KiB per second.
fn flushes(directory: &Path, time: Duration) -> anyhow::Result<f64> {
    let file = File::create(directory.join("flushes"))?;
    // Allocated first: growing the file would need a second flush.
    for block in 0..BLOCKS {
        file.write_all_at(&[0; 4096], block.saturating_mul(4096))?;
    }
    file.sync_all()?;
    let (began, mut count) = (Instant::now(), 0_u32);
    while began.elapsed() < time {
        let byte = u8::try_from(count % 251).unwrap_or_default();
        let block = u64::from(count) % BLOCKS;
        file.write_all_at(&[byte; 4096], block.saturating_mul(4096))?;
        file.sync_data()?;
        count = count.saturating_add(1);
    }
    Ok(f64::from(count) / began.elapsed().as_secs_f64())
}

const ROUNDS: usize = 3;
const THREADS: [usize; 4] = [1, 16, CONNECTIONS, 256];
const CONNECTIONS: usize = 64;
/// Requests signed in advance per second: more than the server can answer.
const MOST_A_SECOND: u64 = 20_000;
/// Blocks that are written in turn.
const BLOCKS: u64 = 1024;
