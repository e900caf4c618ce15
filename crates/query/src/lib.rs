//! The AWS Query wire format, both directions, driven by the shapes of the action table.
//!
//! [`request`] reads and writes calls as form parameters; [`response`] writes and reads answers as
//! XML. No action is named here.
//!
//! Not here: HTTP itself, signatures, and what a call means.

pub mod request;
pub mod response;

#[cfg(test)]
mod tests;
