//! Shapes: what a member may hold, as data that every door can read.

use crate::pattern::Pattern;

/// What a value may be.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Text with constraints; also an enumeration, and a secret.
    Text(&'static TextShape),
    /// A whole number within a range, both ends included.
    Integer(IntegerShape),
    /// `true` or `false`.
    Boolean,
    /// A moment.
    Time,
    /// Bytes, base64 on the wire. All blobs are treated as secret.
    Blob,
    /// Several of one shape.
    List(&'static ListShape),
    /// Named members.
    Structure(&'static StructureShape),
    /// Text keys with values of one shape.
    Map(&'static Shape),
}

/// Constraints of text. Lengths count Unicode scalar values.
#[derive(Clone, Copy, Debug)]
pub struct TextShape {
    /// Shortest allowed. Command lines check this before sending.
    pub min: usize,
    /// Longest allowed. Only the service checks this.
    pub max: Option<usize>,
    /// Characters allowed. Only the service checks this.
    pub pattern: Option<&'static Pattern>,
    /// The whole set of values of an enumeration; empty otherwise.
    pub values: &'static [&'static str],
    /// Never logged, echoed or shown by `Debug`.
    pub secret: bool,
}

/// A range of whole numbers, both ends included.
#[derive(Clone, Copy, Debug)]
pub struct IntegerShape {
    /// Smallest allowed. Command lines check this before sending.
    pub min: i64,
    /// Largest allowed. Only the service checks this.
    pub max: i64,
}

/// Constraints of a list.
#[derive(Clone, Copy, Debug)]
pub struct ListShape {
    /// The shape of each element.
    pub element: Shape,
    /// The most elements allowed.
    pub max: Option<usize>,
}

/// A structure: its members in the order of the model, which is what a command line prints.
#[derive(Clone, Copy, Debug)]
pub struct StructureShape {
    /// Its name, for documentation.
    pub name: &'static str,
    /// The members in model order.
    pub members: &'static [Member],
    /// The members in the order in which the service sends them, where that differs.
    pub wire: &'static [&'static str],
}

/// One member of a structure.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Its name on the wire, such as `SerialNumber`.
    pub name: &'static str,
    /// What it means, units and defaults included.
    pub doc: &'static str,
    /// What it may hold.
    pub shape: Shape,
    /// Whether it must be given.
    pub required: bool,
}

impl StructureShape {
    /// The member of that name.
    pub fn member(&self, name: &str) -> Option<&'static Member> {
        self.members.iter().find(|m| m.name == name)
    }

    /// The members in wire order.
    pub fn in_wire_order(&self) -> impl Iterator<Item = &'static Member> + '_ {
        let named = self.wire.iter().filter_map(|name| self.member(name));
        let rest = self.members.iter().filter(|m| !self.wire.contains(&m.name));
        named.chain(rest)
    }
}

impl Shape {
    /// Whether a value of this shape must be hidden.
    pub const fn is_secret(&self) -> bool {
        match self {
            Self::Text(text) => text.secret,
            Self::Blob => true,
            _ => false,
        }
    }
}

/// Text without any constraint, as outputs have it.
pub const ANY_TEXT: TextShape =
    TextShape { min: 0, max: None, pattern: None, values: &[], secret: false };

/// Text without any constraint that must not be shown.
pub const SECRET_TEXT: TextShape = TextShape { secret: true, ..ANY_TEXT };
