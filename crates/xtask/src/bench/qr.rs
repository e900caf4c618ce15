//! Encoding a QR code as PNG.

use std::{hint::black_box, time::Instant};

use vmfa_otp::{SEED_BYTES, Seed, qr, uri};

use super::{median, micros};
use crate::report::{RatioTarget, ReportRow, float, line};

pub(super) fn run() -> anyhow::Result<Vec<ReportRow>> {
    // Irregular, as the bytes of a seed.
    let bytes: [u8; SEED_BYTES] =
        std::array::from_fn(|n| u8::try_from(n * n % 251).unwrap_or_default());
    let uri = uri::key_uri("jane.doe", crate::child::ACCOUNT, None, &Seed::from_bytes(bytes));
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        black_box(qr::png(black_box(&uri)))?;
        times.push(micros(began.elapsed()));
    }
    let (time, size) = (median(&times), qr::png(&uri)?.len());
    line(format_args!("\nqr: {} bytes of URI, {time:.0} us, {size} bytes of PNG", uri.len()));
    let row = |name: &str, figure: String, limit: String, ratio| ReportRow {
        name: name.to_owned(),
        figure,
        limit,
        ratio,
        target: RatioTarget::AtMost(1.0),
    };
    Ok(vec![
        row("qr: time", format!("{time:.0} us"), format!("{MOST_MICROS} us"), time / MOST_MICROS),
        row(
            "qr: size",
            format!("{size} B"),
            format!("{MOST_BYTES} B"),
            float(size) / float(MOST_BYTES),
        ),
    ])
}

const ROUNDS: usize = 2000;
/// Little enough that the disk stays the limit of creation.
const MOST_MICROS: f64 = 100.0;
/// Little enough for a response.
const MOST_BYTES: usize = 1024;
