//! Start-up time and memory, without devices and with many.

use std::{path::Path, process::Stdio, time::Instant};

use super::{Bench, median, millis};
use crate::{
    api::ApiClient,
    child::{self, Vmfa, clean},
    report::{ReportRow, line, mebibytes},
    wire::{RequestSigner, text},
};

pub(super) fn run(bench: &Bench) -> anyhow::Result<Vec<ReportRow>> {
    line(format_args!("\nstart: medians of {ROUNDS} starts"));
    let empty = tempfile::tempdir()?;
    let mut rows = server(bench, empty.path(), "0 devices")?;
    let many = format!("{} devices", bench.devices);
    rows.extend(server(bench, bench.large()?.path(), &many)?);
    rows.extend(command(bench)?);
    Ok(rows)
}

fn server(bench: &Bench, directory: &Path, devices: &str) -> anyhow::Result<Vec<ReportRow>> {
    let vmfa = Vmfa::new(&bench.vmfa, directory);
    // The first start creates the data directory.
    vmfa.serve()?.kill()?;
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let server = vmfa.serve()?;
        times.push(millis(server.ready_after));
        server.kill()?;
    }
    let server = vmfa.serve()?;
    let (_, at_start) = server.memory()?;
    let mut client = ApiClient::new(server.address, RequestSigner::root());
    let (mut read, mut marker) = (0, None);
    while read < READS {
        let members = marker.take().map(|marker| ("Marker", text(marker)));
        let page = client.call("ListVirtualMFADevices", members.into_iter().collect())?;
        marker = page.text("Marker").map(str::to_owned);
        read += 1;
    }
    let (_, after_reads) = server.memory()?;
    let time = median(&times);
    line(format_args!(
        "  serve, {devices}: ready in {time:.1} ms; peak memory {at_start} KiB, {after_reads} KiB \
         after {READS} reads",
    ));
    Ok(vec![
        ReportRow::within(format!("start: serve, {devices}"), time, READY_MILLIS, "ms"),
        ReportRow::within(
            format!("start: memory after reads, {devices}"),
            mebibytes(after_reads),
            MOST_MEBIBYTES,
            "MiB",
        ),
    ])
}

/// A short command: the first, which creates the data directory, and a later one.
fn command(bench: &Bench) -> anyhow::Result<Vec<ReportRow>> {
    let (mut first, mut later, mut most) = (Vec::new(), Vec::new(), 0);
    for _ in 0..ROUNDS {
        let directory = tempfile::tempdir()?;
        let mut command = clean(&bench.vmfa);
        command.args(["iam", "list-virtual-mfa-devices"]).env("VMFA_DATA_DIR", directory.path());
        command.stdout(Stdio::null());
        for times in [&mut first, &mut later] {
            let began = Instant::now();
            let done = command.spawn()?.wait()?;
            times.push(millis(began.elapsed()));
            anyhow::ensure!(done.success(), "`vmfa iam list-virtual-mfa-devices` failed");
        }
        most = child::most_memory(&mut command)?.max(most);
    }
    let (first, time) = (median(&first), median(&later));
    line(format_args!(
        "  a command: {time:.1} ms, the first in a directory {first:.1} ms; peak memory {most} KiB",
    ));
    Ok(vec![
        ReportRow::within(
            "start: vmfa iam list-virtual-mfa-devices".to_owned(),
            time,
            COMMAND_MILLIS,
            "ms",
        ),
        ReportRow::within("start: its memory".to_owned(), mebibytes(most), MOST_MEBIBYTES, "MiB"),
    ])
}

const ROUNDS: usize = 10;
const READS: u32 = 1000;
/// Limit until a server listens.
const READY_MILLIS: f64 = 50.0;
/// Limit of a whole command.
const COMMAND_MILLIS: f64 = 10.0;
const MOST_MEBIBYTES: f64 = 64.0;
