//! Measures reading a call and writing a response, compared with copying the response's bytes.
//!
//! `cargo run --release -p vmfa-query --example query_cost`
#![expect(clippy::print_stdout, reason = "a measurement is printed")]

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use vmfa_iam::{Api, find};
use vmfa_model::{Record, Timestamp, Value};
use vmfa_query::{
    request::{Parameters, action, input},
    response::{read, write_output},
};

const ID: &str = "00000000-0000-4000-8000-000000000000";
const CALL: &[u8] = b"Action=EnableMFADevice&Version=2010-05-08&UserName=bob&SerialNumber=\
    arn%3Aaws%3Aiam%3A%3A123456789012%3Amfa%2Fbob&AuthenticationCode1=123456\
    &AuthenticationCode2=654321";

fn main() -> Result<(), Box<dyn Error>> {
    let list = find(Api::Iam, "ListVirtualMFADevices").ok_or("no such action")?;
    for devices in [0, 1, 100, 1000] {
        let output = page(devices);
        let bytes = write_output(list, output.clone(), ID);
        read(list, 200, &bytes)?;
        // Subtracted below: the copy of the record is not measured.
        let clone = micros(|| drop(black_box(output.clone())));
        let write = micros(|| drop(black_box(write_output(list, output.clone(), ID)))) - clone;
        let copy = micros(|| drop(black_box(black_box(&bytes).clone())));
        let back = micros(|| drop(black_box(read(list, 200, &bytes))));
        let (size, nanos) = (bytes.len(), write * 1000.0 / f64::from(u32::try_from(bytes.len())?));
        println!(
            "{devices} devices, {size} bytes: written in {write:.2} us ({nanos:.2} ns a byte, \
             {:.0} copies), read in {back:.2} us",
            write / copy
        );
    }
    let call = micros(|| {
        let parameters = Parameters::read("", black_box(CALL));
        let record = parameters.and_then(|given| input(action(&given)?, &given));
        black_box(record.is_ok());
    });
    println!("EnableMFADevice, {} bytes: read in {call:.2} us", CALL.len());
    Ok(())
}

/// A page of assigned devices.
fn page(devices: u32) -> Record {
    let text = |text: String| Value::Text(text);
    let date = Value::Time(Timestamp::from_unix(1_700_000_000));
    let devices = (0..devices).map(|n| {
        let user = Record::from_iter([
            ("Path", text("/".into())),
            ("UserName", text(format!("user-{n}"))),
            ("UserId", text(format!("AIDAEXAMPLE{n:010}"))),
            ("Arn", text(format!("arn:aws:iam::123456789012:user/user-{n}"))),
            ("CreateDate", date.clone()),
        ]);
        Value::Structure(Record::from_iter([
            ("SerialNumber", text(format!("arn:aws:iam::123456789012:mfa/device-{n}"))),
            ("User", Value::Structure(user)),
            ("EnableDate", date.clone()),
        ]))
    });
    Record::from_iter([
        ("VirtualMFADevices", Value::List(devices.collect())),
        ("IsTruncated", Value::Boolean(false)),
    ])
}

/// The fastest of many rounds.
fn micros(mut run: impl FnMut()) -> f64 {
    let start = Instant::now();
    run();
    let once = start.elapsed().as_secs_f64();
    let round = if once > 1e-4 { 5 } else { 500 };
    (0..100).fold(f64::INFINITY, |best, _| {
        let start = Instant::now();
        for _ in 0..round {
            run();
        }
        best.min(start.elapsed().as_secs_f64() * 1e6 / f64::from(round))
    })
}
