//! Stories of `vmfa mfa`, with a scripted person at the terminal and a clock that advances while the
//! command waits.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story fails at its first error"
)]

mod clock;
mod code;
mod command;
mod enroll;
mod fixture;
