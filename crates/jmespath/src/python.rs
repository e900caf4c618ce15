//! Values as Python writes them: `str` and `repr` for messages, `json.dumps` for `to_string`.
//!
//! Not responsible for how answers are printed.

use std::fmt::Write;

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

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
    quote: fn(&mut String, &str),
    number: fn(Number) -> String,
    reference: fn(&mut String),
}

const REPR: Style = Style {
    words: ["None", "False", "True"],
    item: ", ",
    member: ": ",
    quote: quote_repr,
    number: |number| number.to_string(),
    reference: |out| out.push_str(REFERENCE),
};

const JSON: Style = Style {
    words: ["null", "false", "true"],
    item: ",",
    member: ":",
    quote: quote_json,
    number: |number| match number {
        Number::Float(float) if float.is_nan() => "NaN".to_owned(),
        Number::Float(f64::INFINITY) => "Infinity".to_owned(),
        Number::Float(f64::NEG_INFINITY) => "-Infinity".to_owned(),
        number => number.to_string(),
    },
    reference: |out| quote_json(out, REFERENCE),
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
            (style.quote)(out, text);
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
                (style.quote)(out, &name);
                out.push_str(style.member);
                write(out, style, &value, budget)?;
            }
            out.push('}');
        }
        Datum::Reference(_) => (style.reference)(out),
    }
    Ok(())
}

fn quote_json(out: &mut String, text: &str) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(letter),
            _ => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    // Writing to a String does not fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

fn quote_repr(out: &mut String, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for letter in text.chars() {
        let code = u32::from(letter);
        // Writing to a String does not fail.
        let _ = match letter {
            '\\' => out.write_str("\\\\"),
            '\n' => out.write_str("\\n"),
            '\r' => out.write_str("\\r"),
            '\t' => out.write_str("\\t"),
            _ if letter == quote => write!(out, "\\{letter}"),
            _ if printable(letter) => out.write_char(letter),
            ..='\u{ff}' => write!(out, "\\x{code:02x}"),
            ..='\u{ffff}' => write!(out, "\\u{code:04x}"),
            _ => write!(out, "\\U{code:08x}"),
        };
    }
    out.push(quote);
}

/// As `str.isprintable` has it.
fn printable(letter: char) -> bool {
    use GeneralCategory as Is;
    let never = |letter: char| {
        matches!(
            letter.general_category(),
            Is::Control
                | Is::Format
                | Is::Surrogate
                | Is::PrivateUse
                | Is::Unassigned
                | Is::LineSeparator
                | Is::ParagraphSeparator
                | Is::SpaceSeparator
        )
    };
    letter == ' ' || !never(letter)
}
