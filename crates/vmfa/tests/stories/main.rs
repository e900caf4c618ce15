//! Stories through the built binary: its commands, its data directory, its server, in a home of
//! their own.

mod devices;
mod directory;
mod errors;
mod serving;
mod support;
