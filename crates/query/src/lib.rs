//! The AWS Query protocol, for clients and servers: [`request`] reads and writes calls as form
//! parameters, [`response`] reads and writes outputs and refusals as XML.
//!
//! All of it is driven by the shapes of the action table; no action is named here.

pub mod request;
pub mod response;

#[cfg(test)]
mod tests;
