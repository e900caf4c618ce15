//! Evaluates nodes on values.
//!
//! Not here: functions (see `functions`) and comparisons (see `compare`).

use std::borrow::Cow;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::{
    budget::Budget,
    compare,
    datum::Datum,
    error::Error,
    functions,
    node::{Node, NodeKind, Slice},
    python,
};

/// One evaluation, with its remaining budget.
pub(crate) struct Interpreter {
    pub(crate) budget: Budget,
}

impl Interpreter {
    pub(crate) const fn new(budget: Budget) -> Self {
        Self { budget }
    }

    pub(crate) fn visit<'a>(&self, node: &'a Node, value: &Datum<'a>) -> Result<Datum<'a>, Error> {
        self.budget.spend(1)?;
        match &*node.form {
            NodeKind::Current => Ok(value.clone()),
            NodeKind::Field(name) => Ok(field(name, value)),
            NodeKind::Literal(literal) => Ok(literal.share()),
            NodeKind::Index(index) => Ok(indexed(*index, value)),
            NodeKind::Slice(slice) => self.sliced(*slice, value),
            NodeKind::Subexpression(nodes) | NodeKind::IndexExpression(nodes) => {
                self.chain(nodes, value)
            }
            NodeKind::Pipe(nodes) => self.chain(nodes, value),
            NodeKind::Projection(nodes) => self.projection(nodes, value),
            NodeKind::ValueProjection(nodes) => self.value_projection(nodes, value),
            NodeKind::FilterProjection(nodes) => self.filter_projection(nodes, value),
            NodeKind::Flatten(node) => self.flatten(node, value),
            NodeKind::List(nodes) => self.list(nodes, value),
            NodeKind::Hash(pairs) => self.hash(pairs, value),
            NodeKind::Or(nodes) => self.either(nodes, value, true),
            NodeKind::And(nodes) => self.either(nodes, value, false),
            NodeKind::Not(node) => self.not(node, value),
            NodeKind::Comparison(comparator, nodes) => {
                let [left, right] = nodes;
                let left = self.visit(left, value)?;
                let right = self.visit(right, value)?;
                compare::compare(*comparator, &left, &right, &self.budget)
            }
            NodeKind::Function(function, arguments) => {
                functions::call(self, function, self.each(arguments, value)?)
            }
            NodeKind::Reference(node) => Ok(Datum::Reference(node)),
        }
    }

    /// Converts the result to JSON. An expression as value becomes Python's `repr` of it.
    pub(crate) fn answer(&self, datum: &Datum<'_>) -> Result<Value, Error> {
        self.budget.spend(1)?;
        Ok(match datum {
            Datum::Null => Value::Null,
            Datum::Bool(truth) => Value::Bool(*truth),
            Datum::Number(number) => number.value(),
            Datum::Text(text) => {
                self.budget.spend_text(text.len())?;
                Value::String(text.clone().into_owned())
            }
            Datum::Array(items) => {
                let mut answers = Vec::new();
                for item in items.iter() {
                    answers.push(self.answer(&item)?);
                }
                Value::Array(answers)
            }
            Datum::Object(members) => {
                let mut answers = Map::new();
                for (name, value) in members.iter() {
                    self.budget.spend_text(name.len())?;
                    answers.insert(name.into_owned(), self.answer(&value)?);
                }
                Value::Object(answers)
            }
            Datum::Reference(_) => Value::String(python::REFERENCE.to_owned()),
        })
    }

    /// Evaluates each node on the result of the previous one
    /// (<https://jmespath.org/specification.html#pipe-expressions>).
    fn chain<'a>(&self, nodes: &'a [Node], value: &Datum<'a>) -> Result<Datum<'a>, Error> {
        let mut value = value.clone();
        for node in nodes {
            value = self.visit(node, &value)?;
        }
        Ok(value)
    }

    fn sliced<'a>(&self, slice: Slice, value: &Datum<'a>) -> Result<Datum<'a>, Error> {
        let Datum::Array(items) = value else { return Ok(Datum::Null) };
        let indices = indices(slice, items.len())?;
        self.budget.spend(indices.len())?;
        Datum::array(indices.into_iter().filter_map(|index| items.get(index)).collect())
    }

    /// <https://jmespath.org/specification.html#list-wildcard-expressions>
    fn projection<'a>(
        &self,
        [base, then]: &'a [Node; 2],
        value: &Datum<'a>,
    ) -> Result<Datum<'a>, Error> {
        let Datum::Array(items) = self.visit(base, value)? else { return Ok(Datum::Null) };
        self.projected(then, items.iter())
    }

    /// <https://jmespath.org/specification.html#hash-wildcard-expressions>
    fn value_projection<'a>(
        &self,
        [base, then]: &'a [Node; 2],
        value: &Datum<'a>,
    ) -> Result<Datum<'a>, Error> {
        let Datum::Object(members) = self.visit(base, value)? else { return Ok(Datum::Null) };
        self.projected(then, members.iter().map(|(_, value)| value))
    }

    /// <https://jmespath.org/specification.html#filter-expressions>
    fn filter_projection<'a>(
        &self,
        [base, then, condition]: &'a [Node; 3],
        value: &Datum<'a>,
    ) -> Result<Datum<'a>, Error> {
        let Datum::Array(items) = self.visit(base, value)? else { return Ok(Datum::Null) };
        let mut collected = Vec::new();
        for item in items.iter() {
            if !self.visit(condition, &item)?.is_false() {
                collected.push(self.visit(then, &item)?);
            }
        }
        without_nulls(collected)
    }

    fn projected<'a>(
        &self,
        then: &'a Node,
        items: impl Iterator<Item = Datum<'a>>,
    ) -> Result<Datum<'a>, Error> {
        let mut collected = Vec::new();
        for item in items {
            collected.push(self.visit(then, &item)?);
        }
        without_nulls(collected)
    }

    /// <https://jmespath.org/specification.html#flatten-operator>
    fn flatten<'a>(&self, base: &'a Node, value: &Datum<'a>) -> Result<Datum<'a>, Error> {
        let Datum::Array(items) = self.visit(base, value)? else { return Ok(Datum::Null) };
        let mut merged = Vec::new();
        for item in items.iter() {
            if let Datum::Array(inner) = &item {
                self.budget.spend(inner.len())?;
                merged.extend(inner.iter());
            } else {
                self.budget.spend(1)?;
                merged.push(item);
            }
        }
        Datum::array(merged)
    }

    /// <https://jmespath.org/specification.html#multiselect-list>
    fn list<'a>(&self, nodes: &'a [Node], value: &Datum<'a>) -> Result<Datum<'a>, Error> {
        match value {
            Datum::Null => Ok(Datum::Null),
            _ => Datum::array(self.each(nodes, value)?),
        }
    }

    /// <https://jmespath.org/specification.html#multiselect-hash>
    fn hash<'a>(&self, pairs: &'a [(String, Node)], value: &Datum<'a>) -> Result<Datum<'a>, Error> {
        if matches!(value, Datum::Null) {
            return Ok(Datum::Null);
        }
        let mut members = IndexMap::with_capacity(pairs.len());
        for (name, node) in pairs {
            members.insert(Cow::Borrowed(&**name), self.visit(node, value)?);
        }
        Datum::object(members)
    }

    fn each<'a>(&self, nodes: &'a [Node], value: &Datum<'a>) -> Result<Vec<Datum<'a>>, Error> {
        // A loop, since closures and adapters need more stack at each level.
        let mut values = Vec::with_capacity(nodes.len());
        for node in nodes {
            values.push(self.visit(node, value)?);
        }
        Ok(values)
    }

    /// The left result if it decides `||` or `&&`, else the right
    /// (<https://jmespath.org/specification.html#or-expressions>).
    fn either<'a>(
        &self,
        [left, right]: &'a [Node; 2],
        value: &Datum<'a>,
        unless: bool,
    ) -> Result<Datum<'a>, Error> {
        let left = self.visit(left, value)?;
        if left.is_false() == unless { self.visit(right, value) } else { Ok(left) }
    }

    /// <https://jmespath.org/specification.html#not-expressions>
    fn not<'a>(&self, node: &'a Node, value: &Datum<'a>) -> Result<Datum<'a>, Error> {
        Ok(Datum::Bool(self.visit(node, value)?.is_false()))
    }
}

/// <https://jmespath.org/specification.html#identifiers>
fn field<'a>(name: &str, value: &Datum<'a>) -> Datum<'a> {
    match value {
        Datum::Object(members) => members.get(name).unwrap_or(Datum::Null),
        _ => Datum::Null,
    }
}

/// From the end if negative (<https://jmespath.org/specification.html#index-expressions>).
fn indexed<'a>(index: i64, value: &Datum<'a>) -> Datum<'a> {
    let Datum::Array(items) = value else { return Datum::Null };
    let place = match usize::try_from(index.unsigned_abs()) {
        Ok(place) if index >= 0 => Some(place),
        Ok(from_end) => items.len().checked_sub(from_end),
        Err(_) => None,
    };
    place.and_then(|place| items.get(place)).unwrap_or(Datum::Null)
}

/// The indices that a slice selects (<https://jmespath.org/specification.html#slices>).
fn indices(slice: Slice, len: usize) -> Result<Vec<usize>, Error> {
    let step = i128::from(slice.step.unwrap_or(1));
    if step == 0 {
        return Err(Error::value_error("slice step cannot be zero".to_owned()));
    }
    let len = i128::try_from(len).unwrap_or(i128::MAX);
    // A negative step begins at the last element, and may end before the first.
    let (lowest, highest) = if step > 0 { (0, len) } else { (-1, len - 1) };
    let place = |given: Option<i64>, otherwise: i128| match given.map(i128::from) {
        Some(from_end @ ..0) => (from_end + len).clamp(lowest, highest),
        Some(place) => place.clamp(lowest, highest),
        None => otherwise,
    };
    let (first, end) = if step > 0 { (lowest, highest) } else { (highest, lowest) };
    let (first, end) = (place(slice.start, first), place(slice.stop, end));
    let within = |place: &i128| if step > 0 { *place < end } else { *place > end };
    let places = std::iter::successors(Some(first), |place| Some(place + step));
    Ok(places.take_while(within).filter_map(|place| usize::try_from(place).ok()).collect())
}

/// Projections omit nulls.
fn without_nulls(mut items: Vec<Datum<'_>>) -> Result<Datum<'_>, Error> {
    items.retain(|item| !matches!(item, Datum::Null));
    Datum::array(items)
}
