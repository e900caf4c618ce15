//! Typed structures and their conversion from and to values.
//!
//! [`structure!`](crate::structure) implements the traits for structures.

use std::marker::PhantomData;

use thiserror::Error;

use crate::{
    Blob, Record, Secret, Shape, StructureShape, Timestamp, Value,
    shape::{ANY_TEXT, CliHints, IntegerShape, ListShape, SECRET_TEXT},
};

/// A type whose values have one shape.
pub trait TypedValue: Sized {
    /// The shape of all values of the type.
    const SHAPE: Shape;
    /// What members of this type have in common for the command line; a member's own hints win.
    const HINTS: CliHints = CliHints::NONE;
    /// Converts a value. After validation it fails only through a bug.
    fn from_value(value: Value) -> Result<Self, ShapeMismatch>;
    /// Converts to a value; the inverse of [`from_value`](Self::from_value).
    fn into_value(self) -> Value;
}

/// The type of a member: `T` if it is required, `Option<T>` if it is optional.
pub trait Field: Sized {
    /// The member's shape.
    const SHAPE: Shape;
    /// The hints of the member's type.
    const HINTS: CliHints;
    /// Whether the member must be present.
    const REQUIRED: bool;
    /// Converts the value of the member; `None` stands for an absent member.
    fn from_option(value: Option<Value>) -> Result<Self, ShapeMismatch>;
    /// Whether [`into_option`](Self::into_option) returns a value.
    fn is_present(&self) -> bool;
    /// The value of the member; `None` for an absent member.
    fn into_option(self) -> Option<Value>;
}

/// A structure that was declared with [`structure!`](crate::structure).
pub trait Structure: Sized {
    /// The members with their shapes.
    const SHAPE: StructureShape;
    /// Converts the members. Unknown members are ignored.
    fn from_record(record: Record) -> Result<Self, ShapeMismatch>;
    /// The members that are present, in the order of the model.
    fn into_record(self) -> Record;
}

/// No members: the output of an action that returns nothing.
impl Structure for () {
    const SHAPE: StructureShape = StructureShape { name: "()", members: &[], wire: &[] };

    fn from_record(_: Record) -> Result<Self, ShapeMismatch> {
        Ok(())
    }

    fn into_record(self) -> Record {
        Record::new()
    }
}

/// A value does not have the expected shape: it was not validated, or an endpoint sent it.
#[derive(Debug, Error)]
#[error("shape mismatch: expected {0}")]
pub struct ShapeMismatch(pub &'static str);

impl<T: TypedValue> Field for T {
    const SHAPE: Shape = T::SHAPE;
    const HINTS: CliHints = T::HINTS;
    const REQUIRED: bool = true;
    fn from_option(value: Option<Value>) -> Result<Self, ShapeMismatch> {
        T::from_value(value.ok_or(ShapeMismatch("a required member"))?)
    }
    fn is_present(&self) -> bool {
        true
    }
    fn into_option(self) -> Option<Value> {
        Some(self.into_value())
    }
}

impl<T: TypedValue> Field for Option<T> {
    const SHAPE: Shape = T::SHAPE;
    const HINTS: CliHints = T::HINTS;
    const REQUIRED: bool = false;
    fn from_option(value: Option<Value>) -> Result<Self, ShapeMismatch> {
        value.map(T::from_value).transpose()
    }
    fn is_present(&self) -> bool {
        self.is_some()
    }
    fn into_option(self) -> Option<Value> {
        self.map(T::into_value)
    }
}

impl TypedValue for String {
    const SHAPE: Shape = Shape::Text(&ANY_TEXT);
    fn from_value(value: Value) -> Result<Self, ShapeMismatch> {
        match value {
            Value::Text(text) => Ok(text),
            _ => Err(ShapeMismatch("text")),
        }
    }
    fn into_value(self) -> Value {
        Value::Text(self)
    }
}

impl TypedValue for Secret {
    const SHAPE: Shape = Shape::Text(&SECRET_TEXT);
    fn from_value(value: Value) -> Result<Self, ShapeMismatch> {
        match value {
            Value::Secret(secret) => Ok(secret),
            _ => Err(ShapeMismatch("secret text")),
        }
    }
    fn into_value(self) -> Value {
        Value::Secret(self)
    }
}

impl TypedValue for i64 {
    const SHAPE: Shape = Shape::Integer(IntegerShape { min: i64::MIN, max: i64::MAX });
    fn from_value(value: Value) -> Result<Self, ShapeMismatch> {
        match value {
            Value::Integer(number) => Ok(number),
            _ => Err(ShapeMismatch("integer")),
        }
    }
    fn into_value(self) -> Value {
        Value::Integer(self)
    }
}

impl TypedValue for bool {
    const SHAPE: Shape = Shape::Boolean;
    fn from_value(value: Value) -> Result<Self, ShapeMismatch> {
        match value {
            Value::Boolean(truth) => Ok(truth),
            _ => Err(ShapeMismatch("boolean")),
        }
    }
    fn into_value(self) -> Value {
        Value::Boolean(self)
    }
}

impl TypedValue for Timestamp {
    const SHAPE: Shape = Shape::Time;
    fn from_value(value: Value) -> Result<Self, ShapeMismatch> {
        match value {
            Value::Time(time) => Ok(time),
            _ => Err(ShapeMismatch("timestamp")),
        }
    }
    fn into_value(self) -> Value {
        Value::Time(self)
    }
}

impl TypedValue for Blob {
    const SHAPE: Shape = Shape::Blob;
    fn from_value(value: Value) -> Result<Self, ShapeMismatch> {
        match value {
            Value::Blob(blob) => Ok(blob),
            _ => Err(ShapeMismatch("blob")),
        }
    }
    fn into_value(self) -> Value {
        Value::Blob(self)
    }
}

impl<T: TypedValue> TypedValue for Vec<T> {
    const SHAPE: Shape = Shape::List(&ListShape { element: T::SHAPE, max: None });
    fn from_value(value: Value) -> Result<Self, ShapeMismatch> {
        match value {
            Value::List(values) => values.into_iter().map(T::from_value).collect(),
            _ => Err(ShapeMismatch("list")),
        }
    }
    fn into_value(self) -> Value {
        Value::List(self.into_iter().map(T::into_value).collect())
    }
}

/// A list that converts each element when it is pushed, so that a long list is not held twice.
#[derive(Clone, Debug)]
pub struct Elements<T> {
    values: Vec<Value>,
    of: PhantomData<fn(T)>,
}

impl<T: TypedValue> Elements<T> {
    /// Converts and appends an element.
    pub fn push(&mut self, element: T) {
        self.values.push(element.into_value());
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether the list has no element.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

impl<T> Default for Elements<T> {
    fn default() -> Self {
        Self { values: Vec::new(), of: PhantomData }
    }
}

impl<T: TypedValue> FromIterator<T> for Elements<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        Self { values: elements.into_iter().map(T::into_value).collect(), of: PhantomData }
    }
}

impl<T: TypedValue> TypedValue for Elements<T> {
    const SHAPE: Shape = <Vec<T> as TypedValue>::SHAPE;
    fn from_value(value: Value) -> Result<Self, ShapeMismatch> {
        match value {
            Value::List(values) => Ok(Self { values, of: PhantomData }),
            _ => Err(ShapeMismatch("list")),
        }
    }
    fn into_value(self) -> Value {
        Value::List(self.values)
    }
}

/// Text keys with values of one type, in order.
#[derive(Clone, Debug)]
pub struct Map<T>(pub Vec<(String, T)>);

impl<T: TypedValue> TypedValue for Map<T> {
    const SHAPE: Shape = Shape::Map(&T::SHAPE);
    fn from_value(value: Value) -> Result<Self, ShapeMismatch> {
        let Value::Map(entries) = value else { return Err(ShapeMismatch("map")) };
        let entries = entries.into_iter().map(|(key, value)| Ok((key, T::from_value(value)?)));
        entries.collect::<Result<_, _>>().map(Map)
    }
    fn into_value(self) -> Value {
        Value::Map(self.0.into_iter().map(|(key, value)| (key, value.into_value())).collect())
    }
}
