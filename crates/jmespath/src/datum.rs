//! Values during evaluation (<https://jmespath.org/specification.html#data-types>).
//!
//! Values of the document are borrowed, values that the expression constructs are reference-counted;
//! both are cheap to copy.

use std::{borrow::Cow, sync::Arc};

use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::{
    DEPTH,
    error::{Error, ErrorKind},
    node::Node,
    number::Number,
};

/// A JSON value, or an expression that is an argument of a function.
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

/// An array, of the document or constructed by the expression.
#[derive(Clone, Debug)]
pub(crate) enum Array<'a> {
    Borrowed(&'a [Value]),
    Constructed(Arc<Constructed<Vec<Datum<'a>>>>),
}

/// An object, of the document or constructed by the expression.
#[derive(Clone, Debug)]
pub(crate) enum Object<'a> {
    Borrowed(&'a Map<String, Value>),
    Constructed(Arc<Constructed<Members<'a>>>),
}

pub(crate) type Members<'a> = IndexMap<Cow<'a, str>, Datum<'a>>;

/// A value that the expression constructed, with its depth in constructed values.
#[derive(Debug)]
pub(crate) struct Constructed<T> {
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
            Value::Array(items) => Self::Array(Array::Borrowed(items)),
            Value::Object(members) => Self::Object(Object::Borrowed(members)),
        }
    }

    pub(crate) fn text(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }

    /// # Errors
    /// The value is nested too deeply.
    pub(crate) fn array(items: Vec<Self>) -> Result<Self, Error> {
        Ok(Self::Array(Array::Constructed(Constructed::new(deepest(items.iter()), items)?)))
    }

    /// # Errors
    /// The value is nested too deeply.
    pub(crate) fn object(members: Members<'a>) -> Result<Self, Error> {
        Ok(Self::Object(Object::Constructed(Constructed::new(deepest(members.values()), members)?)))
    }

    /// A copy that borrows the text of this one.
    pub(crate) fn share(&'a self) -> Self {
        match self {
            Self::Text(text) => Self::Text(Cow::Borrowed(text)),
            other => other.clone(),
        }
    }

    /// JMESPath's truth (<https://jmespath.org/specification.html#or-expressions>).
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
            Self::Array(Array::Constructed(made)) => made.depth,
            Self::Object(Object::Constructed(made)) => made.depth,
            _ => 0,
        }
    }
}

impl<'a> Array<'a> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Borrowed(items) => items.len(),
            Self::Constructed(made) => made.content.len(),
        }
    }

    pub(crate) fn get(&self, index: usize) -> Option<Datum<'a>> {
        match self {
            Self::Borrowed(items) => items.get(index).map(Datum::given),
            Self::Constructed(made) => made.content.get(index).cloned(),
        }
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = Datum<'a>> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Borrowed(one), Self::Borrowed(other)) => std::ptr::eq(*one, *other),
            (Self::Constructed(one), Self::Constructed(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl<'a> Object<'a> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Borrowed(members) => members.len(),
            Self::Constructed(made) => made.content.len(),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<Datum<'a>> {
        match self {
            Self::Borrowed(members) => members.get(name).map(Datum::given),
            Self::Constructed(made) => made.content.get(name).cloned(),
        }
    }

    pub(crate) fn iter(&self) -> Box<dyn Iterator<Item = (Cow<'a, str>, Datum<'a>)> + '_> {
        match self {
            Self::Borrowed(members) => Box::new(
                members.iter().map(|(name, value)| (Cow::Borrowed(&**name), Datum::given(value))),
            ),
            Self::Constructed(made) => {
                Box::new(made.content.iter().map(|(name, value)| (name.clone(), value.clone())))
            }
        }
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Borrowed(one), Self::Borrowed(other)) => std::ptr::eq(*one, *other),
            (Self::Constructed(one), Self::Constructed(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl<T> Constructed<T> {
    /// A value around content with that depth.
    fn new(deepest: usize, content: T) -> Result<Arc<Self>, Error> {
        let depth = deepest.saturating_add(1);
        if depth > DEPTH {
            return Err(ErrorKind::TooDeep.into());
        }
        Ok(Arc::new(Self { content, depth }))
    }
}

fn deepest<'d, 'a: 'd>(inside: impl Iterator<Item = &'d Datum<'a>>) -> usize {
    inside.map(Datum::depth).max().unwrap_or(0)
}
