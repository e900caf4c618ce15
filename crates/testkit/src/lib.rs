//! For tests: a service in a temporary directory, a server of it, signed requests, codes.
//!
//! [`TestService`] has no server; [`Harness`] serves one on a free loopback port until it is
//! dropped; [`Client`] signs and sends; [`code`] is what an authenticator app shows; [`Failing`]
//! controls the store. Everything here panics on errors.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "tests panic on errors"
)]

mod client;
mod environment;
mod failing;
mod harness;
mod http;
mod service;
mod statements;

pub use client::{Client, ClientKey};
pub use environment::{SystemEntropy, TestClock};
pub use failing::{Failing, Failure, StoreCalls};
pub use harness::Harness;
pub use http::{RawConnection, TestResponse};
pub use service::TestService;

use vmfa_otp::{Generator, PERIOD, Seed, Step};

/// The code of a seed in Base32, `steps` steps after `now`, which is in seconds since 1970.
pub fn code(seed: &str, now: i64, steps: i64) -> String {
    let seed = Seed::parse_base32(seed).unwrap();
    Generator::of(&seed).code(Step::at(now + steps * PERIOD)).expose()
}
