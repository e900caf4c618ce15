//! Stories of the verbs for people, with a person who types what a script says, on a clock that goes
//! on while somebody waits.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story ends where it goes wrong"
)]

mod clock;
mod code;
mod command;
mod enroll;
mod person;
