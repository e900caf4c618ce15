//! Functions on arrays, which are JSON here.

use rusqlite::{Connection, Result, functions::Context, types::Value};

use super::{add, number, text};
use crate::functions::{Meter, read_json};

/// Registers them.
pub(super) fn register(connection: &Connection) -> Result<()> {
    add(
        connection,
        "array_to_string",
        Box::new(|context| {
            let Some(elements) = elements(context)? else { return Ok(Value::Null) };
            let null = text_at(context, 2);
            let parts = elements.into_iter().filter_map(|element| match element {
                serde_json::Value::Null => null.clone(),
                serde_json::Value::String(text) => Some(text),
                other => Some(other.to_string()),
            });
            let by = text_at(context, 1).unwrap_or_default();
            let mut joined = String::new();
            for (at, part) in parts.enumerate() {
                if at > 0 {
                    joined.push_str(&by);
                }
                joined.push_str(&part);
                crate::functions::limit(joined.len())?;
            }
            Ok(joined.into())
        }),
    )?;
    add(
        connection,
        "subscript",
        Box::new(|context| {
            let (Some(elements), Some(at)) = (elements(context)?, number(context, 1)) else {
                return Ok(Value::Null);
            };
            let at = usize::try_from(at).ok().and_then(|at| at.checked_sub(1));
            Ok(match at.and_then(|at| elements.get(at)) {
                Some(serde_json::Value::Number(number)) => {
                    number.as_i64().map_or(Value::Null, Value::Integer)
                }
                Some(serde_json::Value::String(text)) => text.clone().into(),
                Some(serde_json::Value::Bool(truth)) => Value::Integer((*truth).into()),
                _ => Value::Null,
            })
        }),
    )?;
    for name in ["array_length", "array_upper", "cardinality"] {
        add(
            connection,
            name,
            Box::new(|context| {
                let count = elements(context)?.and_then(|all| i64::try_from(all.len()).ok());
                Ok(count.map_or(Value::Null, Value::Integer))
            }),
        )?;
    }
    series(connection)?;
    others(connection)
}

/// Those that make arrays of numbers.
fn series(connection: &Connection) -> Result<()> {
    // The numbers from one to another, and those of the elements of an array.
    add(
        connection,
        "generate_series",
        Box::new(|context| {
            let ends = number(context, 0).zip(number(context, 1));
            let Some((first, last)) = ends else { return Ok("[]".to_owned().into()) };
            let last = last.min(first.saturating_add(MOST_NUMBERS));
            Ok(serde_json::json!((first..=last).collect::<Vec<_>>()).to_string().into())
        }),
    )?;
    add(
        connection,
        "generate_subscripts",
        Box::new(|context| {
            let count = elements(context)?.map_or(0, |elements| elements.len());
            Ok(serde_json::json!((1..=count).collect::<Vec<_>>()).to_string().into())
        }),
    )
}

/// Those that read arrays in other ways.
fn others(connection: &Connection) -> Result<()> {
    // In the place of a column; nothing that is there has arrays of more than one.
    add(
        connection,
        "unnest",
        Box::new(|context| {
            let first = elements(context)?.and_then(|all| all.into_iter().next());
            Ok(first.map_or(Value::Null, |first| match first {
                serde_json::Value::String(text) => text.into(),
                serde_json::Value::Number(number) => {
                    number.as_i64().map_or(Value::Null, Value::Integer)
                }
                _ => Value::Null,
            }))
        }),
    )?;
    add(
        connection,
        "array_remove",
        Box::new(|context| {
            let (Some(elements), of) = (elements(context)?, text(context, 1)) else {
                return Ok(Value::Null);
            };
            let kept = elements.into_iter().filter(|element| element.as_str() != of.as_deref());
            Ok(serde_json::Value::Array(kept.collect()).to_string().into())
        }),
    )?;
    // A cast of what is an array already, or of `{a,b}`.
    add(
        connection,
        "cast_array",
        Box::new(|context| {
            let Some(of) = text(context, 0) else { return Ok(Value::Null) };
            if of.starts_with('{') {
                let read =
                    crate::wire::arrays::read(of.as_bytes(), crate::wire::arrays::TEXTS, false);
                return Ok(read.unwrap_or(Value::Null));
            }
            Ok(of.into())
        }),
    )
}

/// The elements of an array. `None` where it is none.
fn elements(context: &Context<'_>) -> Result<Option<Vec<serde_json::Value>>> {
    let Some(text) = text(context, 0) else { return Ok(None) };
    Ok(match read_json(text.as_bytes(), &mut Meter::start()?)? {
        Some(serde_json::Value::Array(elements)) => Some(elements),
        _ => None,
    })
}

fn text_at(context: &Context<'_>, at: usize) -> Option<String> {
    if at < context.len() { text(context, at) } else { None }
}

/// Numbers of a series.
const MOST_NUMBERS: i64 = 10_000;
