//! The types that all crates share: shapes, values, names, ARNs and faults. No I/O.
//!
//! A shape describes a member of an action's input or output; a value is what a door decoded by
//! that shape. [`structure!`] makes the typed structures of the rules together with their shapes,
//! so that the two cannot differ.
//!
//! Not here: the actions (see `vmfa-iam`) and the wire format (see `vmfa-query`).

pub mod arn;
mod environment;
mod fault;
pub mod json;
mod macros;
pub mod names;
pub mod pattern;
pub mod shape;
mod structure;
mod time;
mod validate;
mod value;

pub use arn::{AccountId, Arns, DeviceResource};
pub use environment::{Clock, Entropy};
pub use fault::{Fault, FaultKind};
pub use shape::{ListShape, Member, MemberName, Shape, StructureShape};
pub use structure::{Elements, Field, Map, ShapeMismatch, Structure, TypedValue};
pub use time::Timestamp;
pub use validate::{Wording, validate};
pub use value::{Blob, Record, Secret, Value};
