//! Typed structures and the conversion between them and values.
//!
//! Nobody implements these traits by hand for a structure: [`structure!`](crate::structure) does.

use std::marker::PhantomData;

use thiserror::Error;

use crate::{
    Blob, Record, Secret, Shape, StructureShape, Timestamp, Value,
    shape::{ANY_TEXT, CliHints, IntegerShape, ListShape, SECRET_TEXT},
};

/// A type that stands for values of one shape.
pub trait TypedValue: Sized {
    /// That shape.
    const SHAPE: Shape;
    /// What members of this type have in common for the command line; a member's own hints win.
    const HINTS: CliHints = CliHints::NONE;
    /// Reads a value. After validation this fails only where the program is wrong.
    fn from_value(value: Value) -> Result<Self, ShapeMismatch>;
    /// The value.
    fn into_value(self) -> Value;
}

/// The type of a member: `T` where it is required, `Option<T>` where it is not.
pub trait Field: Sized {
    /// The member's shape.
    const SHAPE: Shape;
    /// The hints of the member's type.
    const HINTS: CliHints;
    /// Whether the member must be there.
    const REQUIRED: bool;
    /// Reads the member, if it was given.
    fn from_option(value: Option<Value>) -> Result<Self, ShapeMismatch>;
    /// Whether the member has a value.
    fn is_present(&self) -> bool;
    /// The member's value, if it has one.
    fn into_option(self) -> Option<Value>;
}

/// A structure that was declared with [`structure!`](crate::structure).
pub trait Structure: Sized {
    /// Its shape.
    const SHAPE: StructureShape;
    /// Reads the members.
    fn from_record(record: Record) -> Result<Self, ShapeMismatch>;
    /// The members that are present, in model order.
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

/// A value that is not of the expected shape: it was not validated, or an endpoint sent it.
#[derive(Debug, Error)]
#[error("a value is missing or not of the shape that `{0}` has")]
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

/// A list that is made one element after the other, each a value at once: what is long is not
/// there twice.
#[derive(Clone, Debug)]
pub struct Elements<T> {
    values: Vec<Value>,
    of: PhantomData<fn(T)>,
}

impl<T: TypedValue> Elements<T> {
    /// Adds an element.
    pub fn push(&mut self, element: T) {
        self.values.push(element.into_value());
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
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
