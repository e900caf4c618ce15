//! Stories of the built binary: its commands, its data directory and its server, each in a temporary
//! home directory.
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
