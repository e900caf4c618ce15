//! One-time passwords (RFC 4226, RFC 6238), and the QR code that carries a seed.
//!
//! Without I/O, clock or randomness. The caller keeps a device's state (last step, drift, failed
//! attempts) and makes sure that a code is accepted once: [`choose`] names the step, and the store
//! records it by a compare-and-set.
//!
//! Devices have the parameters of AWS's virtual devices, which every authenticator app supports:
//! HMAC-SHA-1, six digits, time steps of 30 seconds from the Unix epoch. [`Authenticator`], which
//! shows codes but checks none, supports the parameters of other services' keys too.

mod authenticator;
pub mod base32;
pub mod choose;
mod code;
mod generator;
pub mod qr;
pub mod search;
mod seed;
mod step;
pub mod uri;

pub use authenticator::Authenticator;
pub use code::{Code, DIGITS};
pub use generator::Generator;
pub use seed::{InvalidSeed, SEED_BYTES, Seed};
pub use step::{PERIOD, Step};
