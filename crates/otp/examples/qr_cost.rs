//! Measures encoding QR codes: `cargo run --release -p vmfa-otp --example qr_cost`.

use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use vmfa_otp::{Seed, qr, uri};

const ROUNDS: usize = 2000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::stdout().lock();
    let (long, issuer) = ("=".repeat(226), "🔑".repeat(64));
    let devices = [
        ("jane.doe", "123456789012", None),
        ("jane.doe@example.com", "123456789012", None),
        ("jane.doe", "acme-corp", Some("Amazon Web Services")),
        (&long, &long[..63], None),
        (&long, &long[..63], Some(issuer.as_str())),
    ];
    // Irregular, as the bytes of a seed.
    let bytes = std::array::from_fn(|n| u8::try_from(n * n % 251).unwrap_or_default());
    for (name, account, issuer) in devices {
        let seed = Seed::from_bytes(bytes);
        let uri = uri::key_uri(name, account, issuer, &seed);
        let mut times = Vec::with_capacity(ROUNDS);
        for _ in 0..ROUNDS {
            let start = Instant::now();
            black_box(qr::png(black_box(&uri)))?;
            times.push(start.elapsed());
        }
        times.sort();
        writeln!(
            out,
            "{:4} bytes of URI: best {:?}, median {:?}, {} bytes of PNG",
            uri.len(),
            times.first().copied().unwrap_or_default(),
            times.get(ROUNDS / 2).copied().unwrap_or_default(),
            qr::png(&uri)?.len(),
        )?;
    }
    Ok(())
}
