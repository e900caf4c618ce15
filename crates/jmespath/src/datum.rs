//! Values while an expression is evaluated
//! (<https://jmespath.org/specification.html#data-types>).
//!
//! What the document holds is borrowed from it, what the expression makes is shared; both are
//! cheap to copy. Not responsible for what is done with them.

use std::{borrow::Cow, sync::Arc};

use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::{
    DEPTH,
    error::{Error, Reason},
    node::Node,
    number::Number,
};

/// A value: JSON, or an expression that is handed to a function.
#[derive(Clone, Debug)]
pub(crate) enum Datum<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'a, str>),
    Array(Array<'a>),
    Object(Object<'a>),
    Reference(&'a Node),
}

/// A list, of the document or made by the expression.
#[derive(Clone, Debug)]
pub(crate) enum Array<'a> {
    Given(&'a [Value]),
    Made(Arc<Made<Vec<Datum<'a>>>>),
}

/// Named members in their order, of the document or made by the expression.
#[derive(Clone, Debug)]
pub(crate) enum Object<'a> {
    Given(&'a Map<String, Value>),
    Made(Arc<Made<Members<'a>>>),
}

/// Members that an expression made.
pub(crate) type Members<'a> = IndexMap<Cow<'a, str>, Datum<'a>>;

/// Something made by an expression, and how many levels of made things it has.
#[derive(Debug)]
pub(crate) struct Made<T> {
    content: T,
    depth: usize,
}

impl<'a> Datum<'a> {
    pub(crate) fn given(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(truth) => Self::Bool(*truth),
            Value::Number(number) => Self::Number(Number::given(number)),
            Value::String(text) => Self::Text(Cow::Borrowed(text)),
            Value::Array(items) => Self::Array(Array::Given(items)),
            Value::Object(members) => Self::Object(Object::Given(members)),
        }
    }

    pub(crate) fn text(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }

    /// Refused if it nests too deep.
    pub(crate) fn array(items: Vec<Self>) -> Result<Self, Error> {
        Ok(Self::Array(Array::Made(Made::new(deepest(items.iter()), items)?)))
    }

    /// Refused if it nests too deep.
    pub(crate) fn object(members: Members<'a>) -> Result<Self, Error> {
        Ok(Self::Object(Object::Made(Made::new(deepest(members.values()), members)?)))
    }

    /// A copy that borrows the text of this one.
    pub(crate) fn share(&'a self) -> Self {
        match self {
            Self::Text(text) => Self::Text(Cow::Borrowed(text)),
            other => other.clone(),
        }
    }

    /// What does not hold (<https://jmespath.org/specification.html#or-expressions>).
    pub(crate) fn is_false(&self) -> bool {
        match self {
            Self::Null | Self::Bool(false) => true,
            Self::Text(text) => text.is_empty(),
            Self::Array(items) => items.len() == 0,
            Self::Object(members) => members.len() == 0,
            Self::Bool(true) | Self::Number(_) | Self::Reference(_) => false,
        }
    }

    fn depth(&self) -> usize {
        match self {
            Self::Array(Array::Made(made)) => made.depth,
            Self::Object(Object::Made(made)) => made.depth,
            _ => 0,
        }
    }
}

impl<'a> Array<'a> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Given(items) => items.len(),
            Self::Made(made) => made.content.len(),
        }
    }

    pub(crate) fn get(&self, index: usize) -> Option<Datum<'a>> {
        match self {
            Self::Given(items) => items.get(index).map(Datum::given),
            Self::Made(made) => made.content.get(index).cloned(),
        }
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = Datum<'a>> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Given(one), Self::Given(other)) => std::ptr::eq(*one, *other),
            (Self::Made(one), Self::Made(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl<'a> Object<'a> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Given(members) => members.len(),
            Self::Made(made) => made.content.len(),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<Datum<'a>> {
        match self {
            Self::Given(members) => members.get(name).map(Datum::given),
            Self::Made(made) => made.content.get(name).cloned(),
        }
    }

    pub(crate) fn iter(&self) -> Box<dyn Iterator<Item = (Cow<'a, str>, Datum<'a>)> + '_> {
        match self {
            Self::Given(members) => Box::new(
                members.iter().map(|(name, value)| (Cow::Borrowed(&**name), Datum::given(value))),
            ),
            Self::Made(made) => {
                Box::new(made.content.iter().map(|(name, value)| (name.clone(), value.clone())))
            }
        }
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Given(one), Self::Given(other)) => std::ptr::eq(*one, *other),
            (Self::Made(one), Self::Made(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl<T> Made<T> {
    /// Around something so deep.
    fn new(deepest: usize, content: T) -> Result<Arc<Self>, Error> {
        let depth = deepest.saturating_add(1);
        if depth > DEPTH {
            return Err(Reason::TooDeep.into());
        }
        Ok(Arc::new(Self { content, depth }))
    }
}

fn deepest<'d, 'a: 'd>(inside: impl Iterator<Item = &'d Datum<'a>>) -> usize {
    inside.map(Datum::depth).max().unwrap_or(0)
}
