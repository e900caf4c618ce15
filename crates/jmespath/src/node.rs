//! What an expression is made of, once it is read.
//!
//! The pieces are those of the original, because where it puts an index or a slice decides what it
//! projects. Not responsible for their meaning: `search` has that.

use crate::{
    DEPTH,
    datum::Datum,
    error::{Error, Reason},
    functions::Function,
};

/// A piece of an expression, and how many levels it has.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    // Boxed, so that nodes on the stack of the parser are small.
    pub(crate) form: Box<Form>,
    depth: usize,
}

/// The pieces. Of several nodes in one form, the first is evaluated on the current value.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    /// The value itself: `@`, and the side of a projection where nothing stands.
    Current,
    Field(String),
    Literal(Datum<'static>),
    Index(i64),
    Slice(Slice),
    /// `a.b.c`, each on what the one before gave.
    Subexpression(Vec<Node>),
    /// `a[0][1]`, likewise.
    IndexExpression(Vec<Node>),
    Pipe([Node; 2]),
    /// The second, on each element that the first gives.
    Projection([Node; 2]),
    /// The second, on each member's value of what the first gives.
    ValueProjection([Node; 2]),
    /// The second, on each element of the first for which the third holds.
    FilterProjection([Node; 3]),
    Flatten(Node),
    List(Vec<Node>),
    Hash(Vec<(String, Node)>),
    Or([Node; 2]),
    And([Node; 2]),
    Not(Node),
    Comparison(Comparator, [Node; 2]),
    Function(Result<&'static Function, String>, Vec<Node>),
    Reference(Node),
}

/// `[start:stop:step]` (<https://jmespath.org/specification.html#slices>).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Slice {
    pub(crate) start: Option<i64>,
    pub(crate) stop: Option<i64>,
    pub(crate) step: Option<i64>,
}

/// What compares two values (<https://jmespath.org/specification.html#filter-expressions>).
#[derive(Clone, Copy, Debug)]
pub(crate) enum Comparator {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Node {
    /// Refused if it nests too deep: then it can be evaluated, and dropped, on any stack.
    pub(crate) fn new(form: Form) -> Result<Self, Error> {
        let depth = form.children_depth().saturating_add(1);
        Self { form: Box::new(form), depth }.checked()
    }

    /// Two nodes in a chain: a chain on the left grows instead of nesting.
    pub(crate) fn subexpression(mut left: Self, right: Self) -> Result<Self, Error> {
        let Form::Subexpression(chain) = &mut *left.form else {
            return Self::new(Form::Subexpression(vec![left, right]));
        };
        left.depth = left.depth.max(right.depth.saturating_add(1));
        chain.push(right);
        left.checked()
    }

    /// As [`subexpression`](Self::subexpression), for indices and slices.
    pub(crate) fn index_expression(mut left: Self, right: Self) -> Result<Self, Error> {
        let Form::IndexExpression(chain) = &mut *left.form else {
            return Self::new(Form::IndexExpression(vec![left, right]));
        };
        left.depth = left.depth.max(right.depth.saturating_add(1));
        chain.push(right);
        left.checked()
    }

    fn checked(self) -> Result<Self, Error> {
        if self.depth > DEPTH { Err(Reason::TooDeep.into()) } else { Ok(self) }
    }
}

impl Form {
    fn children_depth(&self) -> usize {
        let deepest = |nodes: &[Node]| nodes.iter().map(|node| node.depth).max().unwrap_or(0);
        match self {
            Self::Current | Self::Field(_) | Self::Literal(_) | Self::Index(_) | Self::Slice(_) => {
                0
            }
            Self::Subexpression(nodes)
            | Self::IndexExpression(nodes)
            | Self::List(nodes)
            | Self::Function(_, nodes) => deepest(nodes),
            Self::Pipe(nodes)
            | Self::Projection(nodes)
            | Self::ValueProjection(nodes)
            | Self::Or(nodes)
            | Self::And(nodes)
            | Self::Comparison(_, nodes) => deepest(nodes),
            Self::FilterProjection(nodes) => deepest(nodes),
            Self::Flatten(node) | Self::Not(node) | Self::Reference(node) => node.depth,
            Self::Hash(pairs) => pairs.iter().map(|(_, node)| node.depth).max().unwrap_or(0),
        }
    }
}
