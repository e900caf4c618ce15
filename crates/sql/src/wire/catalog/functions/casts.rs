//! Casts between identifiers of the catalogue and names.

use rusqlite::{
    Connection, Result,
    functions::Context,
    types::{Value, ValueRef},
};

use super::{super::fill::TYPES, Facts, Shared, add, number, text};

/// Registers them.
pub(super) fn register(connection: &Connection, facts: &Shared) -> Result<()> {
    let class = {
        let facts = facts.clone();
        move |context: &Context<'_>| Ok(class(&facts.lock(), context))
    };
    add(connection, "cast_regclass", Box::new(class.clone()))?;
    add(connection, "to_regclass", Box::new(class))?;
    let shared = facts.clone();
    let namespace = move |context: &Context<'_>| {
        let facts = shared.lock();
        if let ValueRef::Integer(oid) = context.get_raw(0) {
            return Ok(named(facts.namespaces.get(&oid).cloned(), oid));
        }
        let name = text(context, 0);
        let found = facts.namespaces.iter().find(|(_, known)| Some(*known) == name.as_ref());
        Ok(found.map_or(Value::Null, |(oid, _)| Value::Integer(*oid)))
    };
    add(connection, "cast_regnamespace", Box::new(namespace))?;
    for name in ["cast_regtype", "to_regtype"] {
        add(connection, name, Box::new(|context| Ok(kind(context))))?;
    }
    for name in
        ["cast_regproc", "cast_regprocedure", "cast_regrole", "cast_regoper", "cast_regoperator"]
    {
        add(
            connection,
            name,
            Box::new(|context| {
                Ok(match context.get_raw(0) {
                    ValueRef::Integer(0) => "-".to_owned().into(),
                    _ => text(context, 0).map_or(Value::Null, Value::from),
                })
            }),
        )?;
    }
    add(
        connection,
        "format_type",
        Box::new(|context| {
            let Some(oid) = number(context, 0) else { return Ok(Value::Null) };
            Ok(shown_type(oid).unwrap_or_else(|| "???".to_owned()).into())
        }),
    )
}

/// The identifier of a table that is named, or the name of one that is identified.
fn class(facts: &Facts, context: &Context<'_>) -> Value {
    match context.get_raw(0) {
        ValueRef::Integer(oid) => {
            named(facts.classes.get(&oid).map(|(schema, name)| format!("{schema}.{name}")), oid)
        }
        ValueRef::Null => Value::Null,
        _ => {
            let name = text(context, 0).unwrap_or_default().replace('"', "");
            if let Ok(oid) = name.parse() {
                return Value::Integer(oid);
            }
            if let Some((_, oid)) = CATALOGS.iter().find(|(known, _)| name.ends_with(known)) {
                return Value::Integer(*oid);
            }
            let (schema, name) = match name.rsplit_once('.') {
                Some((schema, name)) => (schema.rsplit('.').next(), name.to_owned()),
                None => (None, name),
            };
            let fits = |(known, table): &(String, String)| {
                table.eq_ignore_ascii_case(&name)
                    && schema.is_none_or(|schema| known.eq_ignore_ascii_case(schema))
            };
            let found = facts.classes.iter().find(|(_, names)| fits(names));
            found.map_or(Value::Null, |(oid, _)| Value::Integer(*oid))
        }
    }
}

fn kind(context: &Context<'_>) -> Value {
    match context.get_raw(0) {
        ValueRef::Integer(oid) => named(shown_type(oid), oid),
        ValueRef::Null => Value::Null,
        _ => {
            let name = text(context, 0).unwrap_or_default();
            let name = name.trim().trim_start_matches("pg_catalog.").trim_matches('"');
            let known = TYPES.iter().find(|kind| kind.name == name || kind.shown == name);
            known.map_or(Value::Null, |kind| Value::Integer(kind.oid))
        }
    }
}

fn shown_type(oid: i64) -> Option<String> {
    if let Some(kind) = TYPES.iter().find(|kind| kind.oid == oid) {
        return Some(kind.shown.to_owned());
    }
    TYPES.iter().find(|kind| kind.array == oid).map(|kind| format!("{}[]", kind.shown))
}

/// A name, or the number of what has none.
fn named(name: Option<String>, oid: i64) -> Value {
    match (name, oid) {
        (Some(name), _) => name.into(),
        (None, 0) => "-".to_owned().into(),
        (None, oid) => oid.to_string().into(),
    }
}

/// The identifiers by which queries name the catalogue's own tables.
const CATALOGS: &[(&str, i64)] = &[
    ("pg_class", 1259),
    ("pg_proc", 1255),
    ("pg_type", 1247),
    ("pg_namespace", 2615),
    ("pg_database", 1262),
    ("pg_constraint", 2606),
    ("pg_attrdef", 2604),
    ("pg_trigger", 2620),
    ("pg_rewrite", 2618),
    ("pg_authid", 1260),
    ("pg_tablespace", 1213),
    ("pg_extension", 3079),
    ("pg_foreign_server", 1417),
    ("pg_foreign_data_wrapper", 2328),
    ("pg_publication", 6104),
    ("pg_cast", 2605),
    ("pg_operator", 2617),
    ("pg_opclass", 2616),
    ("pg_language", 2612),
    ("pg_event_trigger", 3466),
    ("pg_collation", 3456),
    ("pg_conversion", 2607),
    ("pg_index", 2610),
    ("pg_subscription", 6100),
    ("pg_statistic_ext", 3381),
];
