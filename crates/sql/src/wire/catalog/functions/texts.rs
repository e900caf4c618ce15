//! Functions on texts and patterns.

use rusqlite::{Connection, Result, functions::FunctionFlags, types::Value};

use super::{super::patterns, add, number, text};

/// Registers them.
pub(super) fn register(connection: &Connection) -> Result<()> {
    matching(connection)?;
    plain(connection)
}

/// Those on patterns.
fn matching(connection: &Connection) -> Result<()> {
    add(
        connection,
        "regexp",
        Box::new(|context| {
            let (Some(pattern), Some(of)) = (text(context, 0), text(context, 1)) else {
                return Ok(Value::Null);
            };
            let matched = patterns::matches(&pattern, &of).ok_or_else(|| {
                let message = "invalid regular expression";
                rusqlite::Error::UserFunctionError(message.into())
            })?;
            Ok(Value::Integer(matched.into()))
        }),
    )?;
    // SQLite's has no escape where none is given, and looks at no case.
    for arguments in [2, 3] {
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
        connection.create_scalar_function("like", arguments, flags, |context| {
            let (Some(pattern), Some(of)) = (text(context, 0), text(context, 1)) else {
                return Ok(None);
            };
            let escape = match context.len() {
                3 => text(context, 2).unwrap_or_default().chars().next(),
                _ => Some('\\'),
            };
            Ok(Some(patterns::like(&pattern, &of, escape)))
        })?;
    }
    add(
        connection,
        "regexp_replace",
        Box::new(|context| {
            let (Some(of), Some(pattern), Some(by)) =
                (text(context, 0), text(context, 1), text(context, 2))
            else {
                return Ok(Value::Null);
            };
            let all =
                context.len() > 3 && text(context, 3).is_some_and(|flags| flags.contains('g'));
            Ok(patterns::replace(&of, &pattern, &by, all).map_or(Value::Null, Value::from))
        }),
    )?;
    Ok(())
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
        "quote_literal",
        Box::new(|context| {
            let quoted = |of: String| format!("'{}'", of.replace('\'', "''")).into();
            Ok(text(context, 0).map_or(Value::Null, quoted))
        }),
    )?;
    add(
        connection,
        "trim_from",
        Box::new(|context| {
            let (ends, of) = (text(context, 0), text(context, 1));
            let (Some(ends), Some(of)) = (ends, of) else { return Ok(Value::Null) };
            Ok(of.trim_matches(|c| ends.contains(c)).to_owned().into())
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
        "starts_with",
        Box::new(|context| {
            let (of, start) = (text(context, 0), text(context, 1));
            Ok(of
                .zip(start)
                .map_or(Value::Null, |(of, start)| Value::Integer(of.starts_with(&start).into())))
        }),
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
