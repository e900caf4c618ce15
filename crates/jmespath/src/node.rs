//! The syntax tree, with the nodes of jmespath.py: the place of an index or a slice in it decides what
//! is projected.

use crate::{
    DEPTH,
    datum::Datum,
    error::{Error, ErrorKind},
    functions::Function,
};

/// A node and its depth.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    // Boxed, so that nodes on the stack of the parser are small.
    pub(crate) form: Box<NodeKind>,
    depth: usize,
}

/// Of several nodes in one kind, the first is evaluated on the current value.
#[derive(Clone, Debug)]
pub(crate) enum NodeKind {
    /// The current value: `@`, and an empty side of a projection.
    Current,
    Field(String),
    Literal(Datum<'static>),
    Index(i64),
    Slice(Slice),
    /// `a.b.c`, each on the result of the previous one.
    Subexpression(Vec<Node>),
    /// `a[0][1]`, each on the result of the previous one.
    IndexExpression(Vec<Node>),
    Pipe([Node; 2]),
    /// The second on each element of the first.
    Projection([Node; 2]),
    /// The second on the value of each member of the first.
    ValueProjection([Node; 2]),
    /// The second on each element of the first for which the third is true.
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

/// Comparison operators (<https://jmespath.org/specification.html#filter-expressions>).
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
    /// # Errors
    /// The node is nested too deeply to be evaluated and dropped on any stack.
    pub(crate) fn new(form: NodeKind) -> Result<Self, Error> {
        let depth = form.children_depth().saturating_add(1);
        Self { form: Box::new(form), depth }.checked()
    }

    /// Appends to the chain on the left, instead of nesting.
    pub(crate) fn subexpression(mut left: Self, right: Self) -> Result<Self, Error> {
        let NodeKind::Subexpression(chain) = &mut *left.form else {
            return Self::new(NodeKind::Subexpression(vec![left, right]));
        };
        left.depth = left.depth.max(right.depth.saturating_add(1));
        chain.push(right);
        left.checked()
    }

    /// Like [`subexpression`](Self::subexpression), for indices and slices.
    pub(crate) fn index_expression(mut left: Self, right: Self) -> Result<Self, Error> {
        let NodeKind::IndexExpression(chain) = &mut *left.form else {
            return Self::new(NodeKind::IndexExpression(vec![left, right]));
        };
        left.depth = left.depth.max(right.depth.saturating_add(1));
        chain.push(right);
        left.checked()
    }

    fn checked(self) -> Result<Self, Error> {
        if self.depth > DEPTH { Err(ErrorKind::TooDeep.into()) } else { Ok(self) }
    }
}

impl NodeKind {
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
