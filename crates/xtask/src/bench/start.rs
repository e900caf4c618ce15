//! How soon vmfa is ready, and how much memory it takes, with nothing and with many devices.

use std::{path::Path, process::Stdio, time::Instant};

use super::{Bench, median, millis};
use crate::{
    api::Client,
    child::{self, Vmfa, clean},
    report::{Row, line, mebibytes},
    wire::{Key, text},
};

pub(super) fn run(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    line(format_args!("\nstart: medians of {ROUNDS} starts"));
    let empty = tempfile::tempdir()?;
    let mut rows = server(bench, empty.path(), "0 devices")?;
    let many = format!("{} devices", bench.devices);
    rows.extend(server(bench, bench.large()?.path(), &many)?);
    rows.extend(command(bench)?);
    Ok(rows)
}

fn server(bench: &Bench, directory: &Path, devices: &str) -> anyhow::Result<Vec<Row>> {
    let vmfa = Vmfa::new(&bench.vmfa, directory);
    // The first start makes what is not there yet.
    vmfa.serve()?.kill()?;
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let server = vmfa.serve()?;
        times.push(millis(server.ready_after));
        server.kill()?;
    }
    let server = vmfa.serve()?;
    let (_, at_start) = server.memory()?;
    let mut client = Client::new(server.address, Key::root());
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
        "  serve, {devices}: ready in {time:.1} ms; {at_start} KiB at the most, {after_reads} KiB \
         after {READS} reads",
    ));
    Ok(vec![
        Row::within(format!("start: serve, {devices}"), time, READY_MILLIS, "ms"),
        Row::within(
            format!("start: memory after reads, {devices}"),
            mebibytes(after_reads),
            MOST_MEBIBYTES,
            "MiB",
        ),
    ])
}

/// A short command: the first on an empty directory, which it fills, and one after it.
fn command(bench: &Bench) -> anyhow::Result<Vec<Row>> {
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
        "  a command: {time:.1} ms, the first of a directory {first:.1} ms; {most} KiB at the most",
    ));
    Ok(vec![
        Row::within(
            "start: vmfa iam list-virtual-mfa-devices".to_owned(),
            time,
            COMMAND_MILLIS,
            "ms",
        ),
        Row::within("start: its memory".to_owned(), mebibytes(most), MOST_MEBIBYTES, "MiB"),
    ])
}

const ROUNDS: usize = 10;
const READS: u32 = 1000;
/// For a server to listen.
const READY_MILLIS: f64 = 50.0;
/// For a command to have said all.
const COMMAND_MILLIS: f64 = 10.0;
const MOST_MEBIBYTES: f64 = 64.0;
