//! Python's `str` and `repr` for messages, and `json.dumps` for `to_string`.

use vmfa_render::{json_string, quoted};

use crate::{budget::Budget, datum::Datum, error::Error, number::Number};

/// `str(value)`: strings bare, other values by `repr`.
pub(crate) fn str(datum: &Datum<'_>, budget: &Budget) -> Result<String, Error> {
    match datum {
        Datum::Text(text) => Ok(text.clone().into_owned()),
        other => written(&REPR, other, budget),
    }
}

/// `json.dumps` without blanks; non-ASCII characters are escaped.
pub(crate) fn json(datum: &Datum<'_>, budget: &Budget) -> Result<String, Error> {
    written(&JSON, datum, budget)
}

/// The name of a value's type in Python.
pub(crate) const fn type_name(datum: &Datum<'_>) -> &'static str {
    match datum {
        Datum::Null => "NoneType",
        Datum::Bool(_) => "bool",
        Datum::Number(Number::Int(_)) => "int",
        Datum::Number(Number::Float(_)) => "float",
        Datum::Text(_) => "str",
        Datum::Array(_) => "list",
        Datum::Object(_) => "dict",
        Datum::Reference(_) => "_Expression",
    }
}

/// Python's `repr` of an expression. The real one contains an address, which differs between runs.
pub(crate) const REFERENCE: &str = "<jmespath.visitor._Expression object at 0x000000000000>";

/// The differences between `repr` and `json.dumps`.
struct Notation {
    words: [&'static str; 3],
    item: &'static str,
    member: &'static str,
    quote: fn(&str) -> String,
    number: fn(Number) -> String,
    reference: fn() -> String,
}

const REPR: Notation = Notation {
    words: ["None", "False", "True"],
    item: ", ",
    member: ": ",
    quote: quoted,
    number: |number| number.to_string(),
    reference: || REFERENCE.to_owned(),
};

const JSON: Notation = Notation {
    words: ["null", "false", "true"],
    item: ",",
    member: ":",
    quote: json_string,
    number: |number| match number {
        Number::Float(float) if float.is_nan() => "NaN".to_owned(),
        Number::Float(f64::INFINITY) => "Infinity".to_owned(),
        Number::Float(f64::NEG_INFINITY) => "-Infinity".to_owned(),
        number => number.to_string(),
    },
    reference: || json_string(REFERENCE),
};

fn written(notation: &Notation, datum: &Datum<'_>, budget: &Budget) -> Result<String, Error> {
    let mut out = String::new();
    write(&mut out, notation, datum, budget)?;
    Ok(out)
}

fn write(
    out: &mut String,
    notation: &Notation,
    datum: &Datum<'_>,
    budget: &Budget,
) -> Result<(), Error> {
    budget.spend(1)?;
    let [null, no, yes] = notation.words;
    match datum {
        Datum::Null => out.push_str(null),
        Datum::Bool(truth) => out.push_str(if *truth { yes } else { no }),
        Datum::Number(number) => out.push_str(&(notation.number)(*number)),
        Datum::Text(text) => {
            budget.spend_text(text.len())?;
            out.push_str(&(notation.quote)(text));
        }
        Datum::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { notation.item });
                write(out, notation, &item, budget)?;
            }
            out.push(']');
        }
        Datum::Object(members) => {
            out.push('{');
            for (index, (name, value)) in members.iter().enumerate() {
                budget.spend_text(name.len())?;
                out.push_str(if index == 0 { "" } else { notation.item });
                out.push_str(&(notation.quote)(&name));
                out.push_str(notation.member);
                write(out, notation, &value, budget)?;
            }
            out.push('}');
        }
        Datum::Reference(_) => out.push_str(&(notation.reference)()),
    }
    Ok(())
}
