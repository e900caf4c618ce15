//! Shapes: the types and constraints of members, as data that all doors read.

use crate::pattern::Pattern;

/// The type of a value, with its constraints.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A string, an enumeration or a secret.
    Text(&'static TextShape),
    /// A whole number within a range, both ends included.
    Integer(IntegerShape),
    /// `true` or `false`.
    Boolean,
    /// A timestamp.
    Time,
    /// Bytes, base64 on the wire. All blobs are secret.
    Blob,
    /// Elements of one shape.
    List(&'static ListShape),
    /// Named members, each with its shape.
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
    /// The values of an enumeration; empty for other text.
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
    /// The name in documentation, such as `Tag`.
    pub name: &'static str,
    /// The members in the order of the model.
    pub members: &'static [Member],
    /// The members in the order in which the service sends them, where that differs.
    pub wire: &'static [&'static str],
}

/// One member of a structure.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// The name on the wire, such as `SerialNumber`.
    pub name: &'static str,
    /// Documentation for help and reference, with units and defaults.
    pub doc: &'static str,
    /// The type and constraints of the value.
    pub shape: Shape,
    /// Whether a value must be present.
    pub required: bool,
    /// What only the command line needs.
    pub cli: CliHints,
}

/// What the command line prints of a member beside its shape: in `--generate-cli-skeleton` as the
/// AWS CLI does, and in the examples of its help.
///
/// [`structure!`](crate::structure) takes these as `#[aws = "…"]`, `#[sample = "…"]`, `#[min = 20]`
/// and `#[element = "…"]`; what is the same for all members of a type belongs to the type.
#[derive(Clone, Copy, Debug)]
pub struct CliHints {
    /// The first sentence of an input member's documentation in botocore's service model, blanks at
    /// its beginning included.
    pub sentence: &'static str,
    /// A value for examples.
    pub sample: &'static str,
    /// The shortest length of an output member's text, or of a map's values, in AWS's model.
    /// The service makes these values, so that no rule checks it.
    pub min: Option<usize>,
    /// AWS's name for the elements of an output's list of text, such as `policyNameType`.
    pub element: &'static str,
}

impl CliHints {
    /// No hints: an output member, or a member that no command line prints.
    pub const NONE: Self = Self { sentence: "", sample: "", min: None, element: "" };

    /// These hints, and those of the member's type where the member has none.
    #[must_use]
    pub const fn with_defaults(self, of_type: Self) -> Self {
        const fn or(text: &'static str, default: &'static str) -> &'static str {
            if text.is_empty() { default } else { text }
        }
        Self {
            sentence: or(self.sentence, of_type.sentence),
            sample: or(self.sample, of_type.sample),
            min: if self.min.is_some() { self.min } else { of_type.min },
            element: or(self.element, of_type.element),
        }
    }
}

/// The name of a member that a structure has; only [`StructureShape::named`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberName(&'static str);

impl MemberName {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// Whether the member is called `name`, in a const context too.
    pub const fn is(self, name: &str) -> bool {
        is_same(self.0.as_bytes(), name.as_bytes())
    }
}

impl StructureShape {
    /// The name of the member that is called `name`. In a const context, a name that no member has
    /// is a compile error.
    ///
    /// ```compile_fail
    /// vmfa_model::structure! {
    ///     /// A user.
    ///     pub struct User {
    ///         /// Its name.
    ///         "UserName" name: String,
    ///     }
    /// }
    /// use vmfa_model::{MemberName, Structure};
    /// const NAME: MemberName = User::SHAPE.named("UsrName");
    /// # assert_eq!(NAME.as_str(), "UserName");
    /// ```
    ///
    /// # Panics
    /// Where no member has that name.
    #[expect(clippy::panic, reason = "in a const context it fails the build")]
    pub const fn named(&self, name: &str) -> MemberName {
        match self.member(name) {
            Some(member) => MemberName(member.name),
            None => panic!("the structure has no such member"),
        }
    }

    /// Whether a member of this structure must be given.
    pub const fn requires(&self, name: MemberName) -> bool {
        matches!(self.member(name.0), Some(member) if member.required)
    }

    /// The member of that name.
    pub const fn member(&self, name: &str) -> Option<&'static Member> {
        let mut members = self.members;
        while let [member, rest @ ..] = members {
            if is_same(member.name.as_bytes(), name.as_bytes()) {
                return Some(member);
            }
            members = rest;
        }
        None
    }

    /// The members in wire order.
    pub fn in_wire_order(&self) -> impl Iterator<Item = &'static Member> + '_ {
        let named = self.wire.iter().filter_map(|name| self.member(name));
        let rest = self.members.iter().filter(|m| !self.wire.contains(&m.name));
        named.chain(rest)
    }
}

/// `==` of slices, which is not const.
const fn is_same(mut one: &[u8], mut other: &[u8]) -> bool {
    while let ([a, one_rest @ ..], [b, other_rest @ ..]) = (one, other) {
        if *a != *b {
            return false;
        }
        (one, other) = (one_rest, other_rest);
    }
    one.is_empty() && other.is_empty()
}

impl Shape {
    /// Whether a value of this shape must not be logged or echoed.
    pub const fn is_secret(&self) -> bool {
        match self {
            Self::Text(text) => text.secret,
            Self::Blob => true,
            _ => false,
        }
    }
}

/// Unconstrained text, as in outputs.
pub const ANY_TEXT: TextShape =
    TextShape { min: 0, max: None, pattern: None, values: &[], secret: false };

/// Unconstrained secret text.
pub const SECRET_TEXT: TextShape = TextShape { secret: true, ..ANY_TEXT };
