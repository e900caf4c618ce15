//! Stories of a client: endpoints on loopback, credentials, and the choice between endpoints and
//! the embedded store.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a story ends where its surroundings are not as it needs them"
)]

mod credential_chain;
mod endpoint;
mod route;
mod support;
