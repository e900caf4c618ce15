//! Checks the number and types of a function's arguments
//! (<https://jmespath.org/specification.html#functions-expressions>).
//!
//! A function takes its arguments in order, so that the first of a wrong type is reported, as by
//! jmespath.py.

use std::{borrow::Cow, vec::IntoIter};

use crate::{
    budget::Budget,
    datum::{Array, Datum, Object},
    error::{Error, ErrorKind},
    node::Node,
    number::Number,
    python,
};

/// The arguments of one call, from left to right.
pub(crate) struct Arguments<'a, 's> {
    pub(crate) function: &'static str,
    values: IntoIter<Datum<'a>>,
    budget: &'s Budget,
}

impl<'a, 's> Arguments<'a, 's> {
    /// # Errors
    /// A wrong number of arguments.
    pub(crate) fn new(
        function: &'static str,
        expected: usize,
        at_least: bool,
        values: Vec<Datum<'a>>,
        budget: &'s Budget,
    ) -> Result<Self, Error> {
        let received = values.len();
        if received < expected || (received > expected && !at_least) {
            return Err(ErrorKind::Arity { function, expected, at_least, received }.into());
        }
        Ok(Self { function, values: values.into_iter(), budget })
    }

    pub(crate) fn any(&mut self) -> Datum<'a> {
        self.values.next().unwrap_or(Datum::Null)
    }

    /// The remaining arguments, which jmespath.py does not check.
    pub(crate) fn rest(self) -> impl Iterator<Item = Datum<'a>> {
        self.values
    }

    pub(crate) fn number(&mut self) -> Result<Number, Error> {
        match self.any() {
            Datum::Number(number) => Ok(number),
            other => Err(self.refused(&other, "['number']")),
        }
    }

    pub(crate) fn text(&mut self) -> Result<Cow<'a, str>, Error> {
        match self.any() {
            Datum::Text(text) => Ok(text),
            other => Err(self.refused(&other, "['string']")),
        }
    }

    pub(crate) fn object(&mut self) -> Result<Object<'a>, Error> {
        match self.any() {
            Datum::Object(members) => Ok(members),
            other => Err(self.refused(&other, "['object']")),
        }
    }

    pub(crate) fn reference(&mut self) -> Result<&'a Node, Error> {
        match self.any() {
            Datum::Reference(node) => Ok(node),
            other => Err(self.refused(&other, "['expref']")),
        }
    }

    pub(crate) fn array(&mut self) -> Result<Array<'a>, Error> {
        self.array_of("['array']", &[])
    }

    pub(crate) fn numbers(&mut self) -> Result<Array<'a>, Error> {
        self.array_of("['array-number']", &[is_number])
    }

    pub(crate) fn texts(&mut self) -> Result<Array<'a>, Error> {
        self.array_of("['array-string']", &[is_text])
    }

    pub(crate) fn numbers_or_texts(&mut self) -> Result<Array<'a>, Error> {
        self.array_of("['array-number', 'array-string']", &[is_number, is_text])
    }

    pub(crate) fn texts_or_numbers(&mut self) -> Result<Array<'a>, Error> {
        self.array_of("['array-string', 'array-number']", &[is_text, is_number])
    }

    /// An argument of several types; `expected` names them in the error.
    pub(crate) fn one_of<T>(
        &mut self,
        expected: &'static str,
        fits: impl FnOnce(&Datum<'a>) -> Option<T>,
    ) -> Result<T, Error> {
        let value = self.any();
        fits(&value).ok_or_else(|| self.refused(&value, expected))
    }

    /// The error for an argument of a wrong type, which is named as JMESPath names it.
    pub(crate) fn refused(&self, value: &Datum<'a>, expected: &'static str) -> Error {
        refusal(self.function, value, expected, type_name(value), self.budget)
    }

    /// An array whose elements all have the type of the first; the error names Python's type.
    fn array_of(
        &mut self,
        expected: &'static str,
        kinds: &[fn(&Datum<'_>) -> bool],
    ) -> Result<Array<'a>, Error> {
        let items = match self.any() {
            Datum::Array(items) => items,
            other => return Err(self.refused(&other, expected)),
        };
        let refused = |item: &Datum<'a>| {
            refusal(self.function, item, expected, python::type_name(item), self.budget)
        };
        if let (Some(first), [_, ..]) = (items.get(0), kinds) {
            let kind = kinds.iter().find(|kind| kind(&first)).ok_or_else(|| refused(&first))?;
            if let Some(other) = items.iter().find(|item| !kind(item)) {
                return Err(refused(&other));
            }
        }
        Ok(items)
    }
}

/// The error for a value of the wrong type.
pub(crate) fn refusal(
    function: &'static str,
    value: &Datum<'_>,
    expected: &'static str,
    received: &'static str,
    budget: &Budget,
) -> Error {
    match python::str(value, budget) {
        Ok(value) => ErrorKind::Type { function, value, expected, received }.into(),
        Err(error) => error,
    }
}

/// The name of a value's type in JMESPath.
pub(crate) const fn type_name(datum: &Datum<'_>) -> &'static str {
    match datum {
        Datum::Null => "null",
        Datum::Bool(_) => "boolean",
        Datum::Number(_) => "number",
        Datum::Text(_) => "string",
        Datum::Array(_) => "array",
        Datum::Object(_) => "object",
        Datum::Reference(_) => "expref",
    }
}

const fn is_number(datum: &Datum<'_>) -> bool {
    matches!(datum, Datum::Number(_))
}

const fn is_text(datum: &Datum<'_>) -> bool {
    matches!(datum, Datum::Text(_))
}
