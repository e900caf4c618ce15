//! Measures reading and verifying a request, compared with the hashing alone.
//!
//! `cargo run --release -p vmfa-sigv4 --example sigv4_cost`
#![expect(clippy::print_stdout, reason = "a measurement is printed")]

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use sha2::{Digest, Sha256};
use vmfa_sigv4::{Request, RequestSignature, Signer, SigningKey};

const NOW: i64 = 1_440_938_160;
const BODY: &[u8] = &[b'a'; 200];

fn main() -> Result<(), Box<dyn Error>> {
    let bare: &[(&str, &[u8])] = &[
        ("host", b"127.0.0.1:4589"),
        ("accept-encoding", b"identity"),
        ("content-type", b"application/x-www-form-urlencoded; charset=utf-8"),
        (
            "user-agent",
            b"Boto3/1.43 md/Botocore#1.43 ua/2.1 os/linux md/arch#x86_64 lang/python#3.11",
        ),
        ("content-length", b"200"),
    ];
    let signer = Signer {
        access_key: "AKIDEXAMPLE",
        secret: "secret",
        token: None,
        region: "us-east-1",
        service: "iam",
    };
    let unsigned = Request { method: "POST", path: "/", query: "", headers: bare, body: BODY };
    let added = signer.sign(&unsigned, NOW)?;
    let mut headers = bare.to_vec();
    headers.extend(added.iter().map(|(name, value)| (*name, value.as_bytes())));
    let request = Request { headers: &headers, ..unsigned };
    let key = SigningKey::derive("secret", "20150830", "us-east-1", "iam");
    RequestSignature::read(&request)?.verify(&key)?;

    let verify = micros(|| {
        let signature = RequestSignature::read(black_box(&request));
        let checked = signature.and_then(|signature| {
            signature.check_time(NOW)?;
            signature.check_scope("iam")?;
            signature.verify(&key)
        });
        black_box(checked.is_ok());
    });
    // The body, a canonical request of about 280 bytes, and the two hashes of an HMAC.
    let floor = micros(|| {
        black_box(Sha256::digest(black_box(BODY)));
        black_box(Sha256::digest(black_box([0_u8; 280])));
        black_box(Sha256::digest(black_box([0_u8; 119])));
        black_box(Sha256::digest(black_box([0_u8; 32])));
    });
    let derive =
        micros(|| drop(black_box(SigningKey::derive("secret", "20150830", "us-east-1", "iam"))));
    let sign = micros(|| drop(black_box(signer.sign(&unsigned, NOW))));
    println!("read and verify, 200-byte POST, cached key: {verify:.2} us");
    println!("the hashing alone: {floor:.2} us; ratio {:.2}", verify / floor);
    println!("derive a key: {derive:.2} us; sign: {sign:.2} us");
    Ok(())
}

/// The fastest of many rounds.
fn micros(mut run: impl FnMut()) -> f64 {
    const ROUND: u32 = 2000;
    (0..200).fold(f64::INFINITY, |best, _| {
        let start = Instant::now();
        for _ in 0..ROUND {
            run();
        }
        best.min(start.elapsed().as_secs_f64() * 1e6 / f64::from(ROUND))
    })
}
