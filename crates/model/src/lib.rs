//! What every crate of vmfa may speak of: shapes, values, names, ARNs and refusals.
//!
//! A shape describes a member of an action's input or output; a value is what a door decoded
//! by that shape. The typed structures that the rules work with are generated together with
//! their shapes by [`structure!`], so that the two cannot differ.
//!
//! Not here: any I/O, any wire format, and the actions themselves.

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
