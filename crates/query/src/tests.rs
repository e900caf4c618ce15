//! Stories at the crate's doors: the bytes of outputs and refusals, the reading of forms, and
//! round trips over every shape of the action table.

mod request;
mod response;
mod round_trip;
mod sample;
