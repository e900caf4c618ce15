//! One-time passwords after RFC 4226 and RFC 6238, and the QR code that carries a seed.
//!
//! The maths and nothing else: the time is an argument, a seed is made and sealed elsewhere, and
//! what is remembered of a device (its last step, its drift, its failed attempts) is the caller's.
//! So is the promise that a code is accepted once: [`choose`] names the step, the store's
//! compare-and-set uses it up.
//!
//! Of devices only what AWS's virtual ones and every authenticator app agree on is offered:
//! HMAC-SHA-1, six digits, steps of 30 seconds counted from the Unix epoch. [`Authenticator`], which
//! shows codes and checks none, knows the parameters of other services' seeds too.

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
pub use seed::{SEED_BYTES, Seed, SeedRefused};
pub use step::{PERIOD, Step};
