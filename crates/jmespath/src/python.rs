//! Values as Python writes them: `str` and `repr` for messages, `json.dumps` for `to_string`.
//!
//! Not responsible for how answers are printed, nor for how Python writes a text or a float: both
//! are as in answers.

use vmfa_render::{json_string, quoted};

use crate::{budget::Budget, datum::Datum, error::Error, number::Number};

/// What `str` gives: texts bare, everything else as `repr` gives it.
pub(crate) fn str(datum: &Datum<'_>, budget: &Budget) -> Result<String, Error> {
    match datum {
        Datum::Text(text) => Ok(text.clone().into_owned()),
        other => written(&REPR, other, budget),
    }
}

/// What `json.dumps` gives without blanks: only ASCII.
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

/// How Python shows an expression that is a value. The original has an address there, which
/// differs from run to run.
pub(crate) const REFERENCE: &str = "<jmespath.visitor._Expression object at 0x000000000000>";

/// In what the two ways of writing differ.
struct Style {
    words: [&'static str; 3],
    item: &'static str,
    member: &'static str,
    quote: fn(&str) -> String,
    number: fn(Number) -> String,
    reference: fn() -> String,
}

const REPR: Style = Style {
    words: ["None", "False", "True"],
    item: ", ",
    member: ": ",
    quote: quoted,
    number: |number| number.to_string(),
    reference: || REFERENCE.to_owned(),
};

const JSON: Style = Style {
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

fn written(style: &Style, datum: &Datum<'_>, budget: &Budget) -> Result<String, Error> {
    let mut out = String::new();
    write(&mut out, style, datum, budget)?;
    Ok(out)
}

fn write(out: &mut String, style: &Style, datum: &Datum<'_>, budget: &Budget) -> Result<(), Error> {
    budget.spend(1)?;
    let [null, no, yes] = style.words;
    match datum {
        Datum::Null => out.push_str(null),
        Datum::Bool(truth) => out.push_str(if *truth { yes } else { no }),
        Datum::Number(number) => out.push_str(&(style.number)(*number)),
        Datum::Text(text) => {
            budget.spend_text(text.len())?;
            out.push_str(&(style.quote)(text));
        }
        Datum::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { style.item });
                write(out, style, &item, budget)?;
            }
            out.push(']');
        }
        Datum::Object(members) => {
            out.push('{');
            for (index, (name, value)) in members.iter().enumerate() {
                budget.spend_text(name.len())?;
                out.push_str(if index == 0 { "" } else { style.item });
                out.push_str(&(style.quote)(&name));
                out.push_str(style.member);
                write(out, style, &value, budget)?;
            }
            out.push('}');
        }
        Datum::Reference(_) => out.push_str(&(style.reference)()),
    }
    Ok(())
}
