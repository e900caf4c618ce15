//! For tests: a service in a directory of its own, a server over it, signed requests, codes.
//!
//! [`TestService`] has no server; [`Harness`] serves one on a free port of the loopback until it
//! is dropped; [`Client`] signs and sends; [`code`] is what an authenticator app would show.
//!
//! Not for use outside tests: it panics where something is wrong.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test ends where its surroundings are not as it needs them"
)]

mod client;
mod environment;
mod failing;
mod harness;
mod http;
mod service;

pub use client::{Client, Key};
pub use environment::{SystemEntropy, TestClock};
pub use failing::Failing;
pub use harness::Harness;
pub use http::{Answer, Wire};
pub use service::TestService;

use vmfa_otp::{Generator, PERIOD, Seed, Step};

/// The code of a seed in Base32, so many steps after the moment `now`, in seconds since 1970.
pub fn code(seed: &str, now: i64, steps: i64) -> String {
    let seed = Seed::parse_base32(seed).unwrap();
    Generator::of(&seed).code(Step::at(now + steps * PERIOD)).expose()
}
