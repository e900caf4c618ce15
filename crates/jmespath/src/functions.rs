//! The built-in functions (<https://jmespath.org/specification.html#built-in-functions>).
//!
//! Python's behaviour on unusual arguments is kept.

use std::cmp::Ordering;

use crate::{
    arguments::{self, Arguments, refusal},
    compare,
    datum::{Array, Datum},
    error::{Error, ErrorKind},
    interpreter::Interpreter,
    merge,
    node::Node,
    number::Number,
    python,
};

#[derive(Debug)]
pub(crate) struct Function {
    name: &'static str,
    arguments: usize,
    or_more: bool,
    run: FunctionBody,
}

type FunctionBody = for<'a> fn(&Interpreter, Arguments<'a, '_>) -> EvalResult<'a>;
type EvalResult<'a> = Result<Datum<'a>, Error>;

pub(crate) fn named(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// Calls a function. An unknown function is an error only after its arguments are evaluated.
pub(crate) fn call<'a>(
    search: &Interpreter,
    function: &Result<&'static Function, String>,
    values: Vec<Datum<'a>>,
) -> EvalResult<'a> {
    let Function { name, arguments, or_more, run } =
        function.as_ref().map_err(|name| ErrorKind::UnknownFunction(name.clone()))?;
    run(search, Arguments::new(name, *arguments, *or_more, values, &search.budget)?)
}

const FUNCTIONS: &[Function] = &[
    takes("abs", 1, abs),
    takes("avg", 1, avg),
    takes("ceil", 1, ceil),
    takes("contains", 2, contains),
    takes("ends_with", 2, ends_with),
    takes("floor", 1, floor),
    takes("join", 2, join),
    takes("keys", 1, keys),
    takes("length", 1, length),
    takes("map", 2, map),
    takes("max", 1, max),
    takes("max_by", 2, max_by),
    takes_more("merge", 1, merge),
    takes("min", 1, min),
    takes("min_by", 2, min_by),
    takes_more("not_null", 1, |_, given| Ok(not_null(given))),
    takes("reverse", 1, reverse),
    takes("sort", 1, sort),
    takes("sort_by", 2, sort_by),
    takes("starts_with", 2, starts_with),
    takes("sum", 1, sum),
    takes("to_array", 1, to_array),
    takes("to_number", 1, to_number),
    takes("to_string", 1, to_string),
    takes("type", 1, |_, given| Ok(type_of(given))),
    takes("values", 1, values),
];

const fn takes(name: &'static str, arguments: usize, run: FunctionBody) -> Function {
    Function { name, arguments, or_more: false, run }
}

const fn takes_more(name: &'static str, arguments: usize, run: FunctionBody) -> Function {
    Function { name, arguments, or_more: true, run }
}

fn abs<'a>(_: &Interpreter, mut given: Arguments<'a, '_>) -> EvalResult<'a> {
    Ok(Datum::Number(given.number()?.abs()))
}

fn ceil<'a>(_: &Interpreter, mut given: Arguments<'a, '_>) -> EvalResult<'a> {
    Ok(Datum::Number(given.number()?.ceil()?))
}

fn floor<'a>(_: &Interpreter, mut given: Arguments<'a, '_>) -> EvalResult<'a> {
    Ok(Datum::Number(given.number()?.floor()?))
}

fn sum<'a>(_: &Interpreter, mut given: Arguments<'a, '_>) -> EvalResult<'a> {
    Ok(Datum::Number(total(&given.numbers()?)))
}

fn avg<'a>(_: &Interpreter, mut given: Arguments<'a, '_>) -> EvalResult<'a> {
    let items = given.numbers()?;
    Ok(match items.len() {
        0 => Datum::Null,
        count => Datum::Number(total(&items).divided_by(count)),
    })
}

fn total(items: &Array<'_>) -> Number {
    Number::sum(items.iter().filter_map(|item| match item {
        Datum::Number(number) => Some(number),
        _ => None,
    }))
}

fn contains<'a>(search: &Interpreter, mut given: Arguments<'a, '_>) -> EvalResult<'a> {
    let subject = given.one_of("['array', 'string']", |value| match value {
        Datum::Array(_) | Datum::Text(_) => Some(value.clone()),
        _ => None,
    })?;
    let wanted = given.any();
    let found = match (&subject, &wanted) {
        (Datum::Text(text), Datum::Text(part)) => text.contains(&**part),
        (Datum::Array(items), _) => {
            let mut found = false;
            for item in items.iter() {
                found = found || compare::same(&item, &wanted, &search.budget)?;
            }
            found
        }
        (_, other) => {
            let other = python::type_name(other);
            let message = format!("'in <string>' requires string as left operand, not {other}");
            return Err(Error::type_error(message));
        }
    };
    Ok(Datum::Bool(found))
}

fn starts_with<'a>(_: &Interpreter, mut given: Arguments<'a, '_>) -> EvalResult<'a> {
    let text = given.text()?;
    Ok(Datum::Bool(text.starts_with(&*given.text()?)))
}

fn ends_with<'a>(_: &Interpreter, mut given: Arguments<'a, '_>) -> EvalResult<'a> {
    let text = given.text()?;
    Ok(Datum::Bool(text.ends_with(&*given.text()?)))
}

fn join<'a>(search: &Interpreter, mut given: Arguments<'a, '_>) -> EvalResult<'a> {
    let separator = given.text()?;
    let mut joined = String::new();
    for (index, item) in given.texts()?.iter().enumerate() {
        let Datum::Text(text) = item else { continue };
        search.budget.spend_text(separator.len().saturating_add(text.len()))?;
        joined.push_str(if index == 0 { "" } else { &separator });
        joined.push_str(&text);
    }
    Ok(Datum::text(joined))
}

/// The length of a string counts characters.
fn length<'a>(_: &Interpreter, mut given: Arguments<'a, '_>) -> EvalResult<'a> {
    let count = given.one_of("['string', 'array', 'object']", |value| match value {
        Datum::Text(text) => Some(text.chars().count()),
        Datum::Array(items) => Some(items.len()),
        Datum::Object(members) => Some(members.len()),
        _ => None,
    })?;
    Ok(Datum::Number(Number::count(count)))
}

fn reverse<'a>(search: &Interpreter, mut given: Arguments<'a, '_>) -> EvalResult<'a> {
    given.one_of("['array', 'string']", |value| match value {
        Datum::Text(text) => Some(
            search
                .budget
                .spend_text(text.len())
                .map(|()| Datum::text(text.chars().rev().collect())),
        ),
        Datum::Array(items) => Some(
            search
                .budget
                .spend(items.len())
                .and_then(|()| Datum::array(items.iter().rev().collect())),
        ),
        _ => None,
    })?
}

fn keys<'a>(search: &Interpreter, mut given: Arguments<'a, '_>) -> EvalResult<'a> {
    let members = given.object()?;
    search.budget.spend(members.len())?;
    Datum::array(members.iter().map(|(name, _)| Datum::Text(name)).collect())
}

fn values<'a>(search: &Interpreter, mut given: Arguments<'a, '_>) -> EvalResult<'a> {
    let members = given.object()?;
    search.budget.spend(members.len())?;
    Datum::array(members.iter().map(|(_, value)| value).collect())
}

fn map<'a>(search: &Interpreter, mut given: Arguments<'a, '_>) -> EvalResult<'a> {
    let node = given.reference()?;
    let items = given.array()?;
    Datum::array(items.iter().map(|item| search.visit(node, &item)).collect::<Result<_, _>>()?)
}

fn merge<'a>(search: &Interpreter, mut given: Arguments<'a, '_>) -> EvalResult<'a> {
    let first = given.object()?;
    merge::merged(&first, given.rest(), &search.budget)
}

fn not_null<'a>(given: Arguments<'a, '_>) -> Datum<'a> {
    given.rest().find(|value| !matches!(value, Datum::Null)).unwrap_or(Datum::Null)
}

fn to_array<'a>(_: &Interpreter, mut given: Arguments<'a, '_>) -> EvalResult<'a> {
    match given.any() {
        array @ Datum::Array(_) => Ok(array),
        other => Datum::array(vec![other]),
    }
}

fn to_number<'a>(_: &Interpreter, mut given: Arguments<'a, '_>) -> EvalResult<'a> {
    match given.any() {
        number @ Datum::Number(_) => Ok(number),
        Datum::Text(text) => Ok(Number::parse(&text).map_or(Datum::Null, Datum::Number)),
        Datum::Reference(_) => Err(Error::type_error(
            "int() argument must be a string, a bytes-like object or a real number, not \
             '_Expression'"
                .to_owned(),
        )),
        _ => Ok(Datum::Null),
    }
}

fn to_string<'a>(search: &Interpreter, mut given: Arguments<'a, '_>) -> EvalResult<'a> {
    match given.any() {
        text @ Datum::Text(_) => Ok(text),
        other => Ok(Datum::text(python::json(&other, &search.budget)?)),
    }
}

/// jmespath.py has no name for the type of an expression.
fn type_of<'a>(mut given: Arguments<'a, '_>) -> Datum<'a> {
    match given.any() {
        Datum::Reference(_) => Datum::Null,
        other => Datum::Text(arguments::type_name(&other).into()),
    }
}

fn sort<'a>(search: &Interpreter, mut given: Arguments<'a, '_>) -> EvalResult<'a> {
    let items = given.texts_or_numbers()?;
    search.budget.spend(items.len())?;
    sorted(items.iter().map(|item| (item.clone(), item)).collect())
}

fn sort_by<'a>(search: &Interpreter, mut given: Arguments<'a, '_>) -> EvalResult<'a> {
    let items = given.array()?;
    let node = given.reference()?;
    let Some(first) = items.get(0) else { return Ok(Datum::Array(items)) };
    // The type of the first key decides; if it is wrong, the error names the element, not its key.
    let expected = match search.visit(node, &first)? {
        Datum::Number(_) => "['number']",
        Datum::Text(_) => "['string']",
        key => {
            let received = arguments::type_name(&key);
            let expected = "['string', 'number']";
            return Err(refusal(given.function, &first, expected, received, &search.budget));
        }
    };
    let mut keyed = Vec::new();
    for item in items.iter() {
        let key = search.visit(node, &item)?;
        match (&key, expected) {
            (Datum::Number(_), "['number']") | (Datum::Text(_), "['string']") => {}
            _ => return Err(given.refused(&key, expected)),
        }
        keyed.push((key, item));
    }
    sorted(keyed)
}

/// A stable sort by keys, which are all numbers or all strings.
fn sorted<'a>(mut keyed: Vec<(Datum<'a>, Datum<'a>)>) -> EvalResult<'a> {
    let not_a_number =
        |key: &Datum<'_>| matches!(key, Datum::Number(Number::Float(float)) if float.is_nan());
    keyed.sort_by(|(one, _), (other, _)| {
        let order = compare::order("<", one, other).ok().flatten();
        // Sorting needs a total order: NaN is last.
        order.unwrap_or_else(|| not_a_number(one).cmp(&not_a_number(other)))
    });
    Datum::array(keyed.into_iter().map(|(_, item)| item).collect())
}

fn max<'a>(search: &Interpreter, mut given: Arguments<'a, '_>) -> EvalResult<'a> {
    best(&given.numbers_or_texts()?, &GREATEST, |item| {
        search.budget.spend(1).map(|()| item.clone())
    })
}

fn min<'a>(search: &Interpreter, mut given: Arguments<'a, '_>) -> EvalResult<'a> {
    best(&given.numbers_or_texts()?, &LEAST, |item| search.budget.spend(1).map(|()| item.clone()))
}

fn max_by<'a>(search: &Interpreter, mut given: Arguments<'a, '_>) -> EvalResult<'a> {
    let (items, node) = (given.array()?, given.reference()?);
    best(&items, &GREATEST, |item| key(search, &given, node, item))
}

fn min_by<'a>(search: &Interpreter, mut given: Arguments<'a, '_>) -> EvalResult<'a> {
    let (items, node) = (given.array()?, given.reference()?);
    best(&items, &LEAST, |item| key(search, &given, node, item))
}

fn key<'a>(
    search: &Interpreter,
    given: &Arguments<'a, '_>,
    node: &'a Node,
    item: &Datum<'a>,
) -> EvalResult<'a> {
    match search.visit(node, item)? {
        key @ (Datum::Number(_) | Datum::Text(_)) => Ok(key),
        other => Err(given.refused(&other, "['number', 'string']")),
    }
}

/// The order of the better of two keys, and Python's operator for it.
struct Extremum {
    sign: &'static str,
    order: Ordering,
}

const GREATEST: Extremum = Extremum { sign: ">", order: Ordering::Greater };
const LEAST: Extremum = Extremum { sign: "<", order: Ordering::Less };

/// The first element whose key is not exceeded.
fn best<'a>(
    items: &Array<'a>,
    better: &Extremum,
    key: impl Fn(&Datum<'a>) -> EvalResult<'a>,
) -> EvalResult<'a> {
    let mut best: Option<(Datum<'a>, Datum<'a>)> = None;
    for item in items.iter() {
        let key = key(&item)?;
        match &best {
            Some((least, _)) if compare::order(better.sign, &key, least)? != Some(better.order) => {
            }
            _ => best = Some((key, item)),
        }
    }
    Ok(best.map_or(Datum::Null, |(_, item)| item))
}
