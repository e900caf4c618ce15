//! Stories through the built binary: its commands, its data directory, its server, in a home of
//! their own.
#![expect(
    clippy::unwrap_used,
    reason = "a story ends where its surroundings are not as it needs them"
)]

mod devices;
mod directory;
mod errors;
mod pages;
mod serving;
mod sql;
mod support;
