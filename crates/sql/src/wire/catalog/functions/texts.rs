//! Functions on texts and patterns.

use rusqlite::{Connection, Result, functions::FunctionFlags, types::Value};

use super::{super::patterns, add, number, text};
use crate::functions::{Arguments, Meter, Output, Patterns, add_with, replaced, trimmed};

/// Registers them.
pub(super) fn register(connection: &Connection) -> Result<()> {
    matching(connection)?;
    long(connection)?;
    plain(connection)
}

/// Those on patterns.
fn matching(connection: &Connection) -> Result<()> {
    let known = Patterns::default();
    let flags = FunctionFlags::empty();
    let patterns = known.clone();
    add_with(connection, "regexp", -1, flags, move |arguments, meter| {
        let (Some(pattern), Some(of)) = (arguments.text(0, meter)?, arguments.text(1, meter)?)
        else {
            return Ok(Output::Null);
        };
        let matched = patterns::matches(&patterns, &pattern, &of, meter)?;
        Ok(Output::Integer(matched.into()))
    })?;
    // SQLite's has no escape where none is given, and looks at no case.
    for arguments in [2, 3] {
        let flags = FunctionFlags::SQLITE_DETERMINISTIC;
        add_with(connection, "like", arguments, flags, |arguments, meter| {
            let (Some(pattern), Some(of)) = (arguments.bytes(0), arguments.bytes(1)) else {
                return Ok(Output::Null);
            };
            let escape = match arguments.len() {
                3 => arguments.text(2, meter)?.unwrap_or_default().chars().next(),
                _ => Some('\\'),
            };
            Ok(Output::Integer(patterns::like(&pattern, &of, escape, meter)?.into()))
        })?;
    }
    add_with(connection, "regexp_replace", -1, flags, move |arguments, meter| {
        let given =
            (arguments.text(0, meter)?, arguments.text(1, meter)?, arguments.text(2, meter)?);
        let (Some(of), Some(pattern), Some(by)) = given else { return Ok(Output::Null) };
        let flags = arguments.text(3, meter)?.unwrap_or_default();
        let all = flags.contains('g');
        let replaced = patterns::replace(&known, &of, &pattern, &by, all, meter)?;
        Ok(replaced.map_or(Output::Null, |text| Output::Text(text.into_bytes())))
    })
}

/// Those that take texts of any length.
fn long(connection: &Connection) -> Result<()> {
    type Body = fn(&[u8], &[u8], &mut Meter) -> Result<Output>;
    let both = |name, body: Body| {
        let call = move |arguments: &Arguments<'_, '_>, meter: &mut Meter| {
            let (Some(one), Some(other)) = (arguments.bytes(0), arguments.bytes(1)) else {
                return Ok(Output::Null);
            };
            body(&one, &other, meter)
        };
        add_with(connection, name, -1, FunctionFlags::empty(), call)
    };
    both("trim_from", |ends, of, meter| {
        Ok(Output::Text(trimmed(of, ends, true, true, meter)?.to_vec()))
    })?;
    both("starts_with", |of, start, _| Ok(Output::Integer(of.starts_with(start).into())))?;
    add_with(connection, "quote_literal", -1, FunctionFlags::empty(), |arguments, meter| {
        let Some(text) = arguments.bytes(0) else { return Ok(Output::Null) };
        let quoted = replaced(&text, b"'", b"''", meter)?;
        Ok(Output::Text([b"'", &*quoted, b"'"].concat()))
    })
}

/// Those on other texts.
fn plain(connection: &Connection) -> Result<()> {
    add(
        connection,
        "quote_ident",
        Box::new(|context| {
            let Some(name) = text(context, 0) else { return Ok(Value::Null) };
            let plain = |c: char| c == '_' || c.is_ascii_lowercase() || c.is_ascii_digit();
            let bare = name.chars().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit());
            Ok(if bare { name } else { format!("\"{}\"", name.replace('"', "\"\"")) }.into())
        }),
    )?;
    add(
        connection,
        "position",
        Box::new(|context| {
            let (part, of) = (text(context, 0), text(context, 1));
            let (Some(part), Some(of)) = (part, of) else { return Ok(Value::Null) };
            let before = of.find(&part).and_then(|at| of.get(..at));
            let at = before.map_or(0, |before| before.chars().count().saturating_add(1));
            Ok(Value::Integer(i64::try_from(at).unwrap_or(0)))
        }),
    )?;
    add(
        connection,
        "set_config",
        Box::new(|context| Ok(text(context, 1).map_or(Value::Null, Value::from))),
    )?;
    add(
        connection,
        "pg_size_pretty",
        Box::new(|context| Ok(format!("{} bytes", number(context, 0).unwrap_or(0)).into())),
    )?;
    add(
        connection,
        "split_part",
        Box::new(|context| {
            let (of, by, at) = (text(context, 0), text(context, 1), number(context, 2));
            let (Some(of), Some(by), Some(at)) = (of, by, at) else { return Ok(Value::Null) };
            let at = usize::try_from(at).ok().and_then(|at| at.checked_sub(1));
            let part = at.and_then(|at| of.split(by.as_str()).nth(at));
            Ok(part.unwrap_or_default().to_owned().into())
        }),
    )
}
