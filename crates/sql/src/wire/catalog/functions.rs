//! PostgreSQL's functions that queries on the catalogue use.
//!
//! Not here: those that SQLite has.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rusqlite::{
    Connection, Result,
    functions::{Context, FunctionFlags},
    types::{Value, ValueRef},
};

use super::{
    super::{entrance::DATABASE, settings},
    fill::TYPES,
    patterns,
};

/// What functions tell that is not in their arguments.
#[derive(Default)]
pub(super) struct Facts {
    pub(super) user: String,
    pub(super) settings: HashMap<String, String>,
    /// Names of tables, with their schemas.
    pub(super) classes: HashMap<i64, (String, String)>,
    pub(super) namespaces: HashMap<i64, String>,
    /// Comments, by the object and the column in it.
    pub(super) comments: HashMap<(i64, i64), String>,
    /// The parameters of procedures.
    pub(super) arguments: HashMap<i64, String>,
    /// The definitions of views.
    pub(super) views: HashMap<i64, String>,
}

/// The facts, as functions and those who fill them share them.
#[derive(Clone, Default)]
pub(super) struct Shared(Arc<Mutex<Facts>>);

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, Facts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Functions by which a query without tables is known as one on the catalogue.
pub(super) const FACTS: &[&str] = &[
    "version",
    "current_database",
    "current_schema",
    "current_schemas",
    "current_setting",
    "set_config",
    "format_type",
    "obj_description",
    "col_description",
    "shobj_description",
    "to_regclass",
    "to_regtype",
    "has_table_privilege",
    "has_schema_privilege",
    "has_database_privilege",
    "inet_server_addr",
    "inet_server_port",
    "txid_current",
    "quote_ident",
    "array_to_string",
];

/// Registers the functions.
pub(super) fn register(connection: &Connection, facts: &Shared) -> Result<()> {
    told(connection, facts)?;
    constant(connection)?;
    casts(connection, facts)?;
    texts(connection)?;
    arrays(connection)
}

type Scalar = dyn Fn(&Context<'_>) -> Result<Value> + Send + Sync;

fn add(connection: &Connection, name: &str, function: Box<Scalar>) -> Result<()> {
    connection.create_scalar_function(name, -1, FunctionFlags::SQLITE_UTF8, move |context| {
        function(context)
    })
}

/// Those that look something up.
fn told(connection: &Connection, facts: &Shared) -> Result<()> {
    let with = |name: &str, look: fn(&Facts, &Context<'_>) -> Option<Value>| {
        let facts = facts.clone();
        let function =
            move |context: &Context<'_>| Ok(look(&facts.lock(), context).unwrap_or(Value::Null));
        add(connection, name, Box::new(function))
    };
    for name in ["current_user", "session_user", "current_role", "pg_get_userbyid"] {
        with(name, |facts, _| Some(facts.user.clone().into()))?;
    }
    with("current_setting", |facts, context| {
        let name = text(context, 0)?.to_ascii_lowercase();
        facts.settings.get(&name).cloned().map(Value::from)
    })?;
    with("obj_description", |facts, context| {
        facts.comments.get(&(number(context, 0)?, 0)).cloned().map(Value::from)
    })?;
    with("col_description", |facts, context| {
        let key = (number(context, 0)?, number(context, 1)?);
        facts.comments.get(&key).cloned().map(Value::from)
    })?;
    for name in ["pg_get_function_arguments", "pg_get_function_identity_arguments"] {
        with(name, |facts, context| {
            facts.arguments.get(&number(context, 0)?).cloned().map(Value::from)
        })?;
    }
    with("pg_get_viewdef", |facts, context| {
        facts.views.get(&number(context, 0)?).cloned().map(Value::from)
    })
}

/// Those whose value is always the same.
fn constant(connection: &Connection) -> Result<()> {
    let with = |names: &[&str], value: Value| {
        names.iter().try_for_each(|name| {
            let value = value.clone();
            add(connection, name, Box::new(move |_| Ok(value.clone())))
        })
    };
    with(&["version"], format!("PostgreSQL {}", settings::version()).into())?;
    with(&["current_database", "current_catalog"], DATABASE.to_owned().into())?;
    with(&["current_schema"], "iam".to_owned().into())?;
    with(&["pg_encoding_to_char", "getdatabaseencoding"], "UTF8".to_owned().into())?;
    with(&["current_schemas"], r#"["pg_catalog","iam","public"]"#.to_owned().into())?;
    with(TRUE, Value::Integer(1))?;
    with(ZERO, Value::Integer(0))?;
    with(NULL, Value::Null)
}

/// Casts between identifiers and names.
fn casts(connection: &Connection, facts: &Shared) -> Result<()> {
    let class = {
        let facts = facts.clone();
        move |context: &Context<'_>| Ok(class(&facts.lock(), context))
    };
    add(connection, "cast_regclass", Box::new(class.clone()))?;
    add(connection, "to_regclass", Box::new(class))?;
    let shared = facts.clone();
    let namespace = move |context: &Context<'_>| {
        let facts = shared.lock();
        Ok(match context.get_raw(0) {
            ValueRef::Integer(oid) => named(facts.namespaces.get(&oid).cloned(), oid),
            _ => {
                let name = text(context, 0);
                let found =
                    facts.namespaces.iter().find(|(_, known)| Some(*known) == name.as_ref());
                found.map_or(Value::Null, |(oid, _)| Value::Integer(*oid))
            }
        })
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

/// Those on texts and patterns.
fn texts(connection: &Connection) -> Result<()> {
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

/// Those on arrays, which are JSON.
fn arrays(connection: &Connection) -> Result<()> {
    add(
        connection,
        "array_to_string",
        Box::new(|context| {
            let Some(elements) = elements(context) else { return Ok(Value::Null) };
            let null = text_at(context, 2);
            let parts = elements.into_iter().filter_map(|element| match element {
                serde_json::Value::Null => null.clone(),
                serde_json::Value::String(text) => Some(text),
                other => Some(other.to_string()),
            });
            let by = text_at(context, 1).unwrap_or_default();
            Ok(parts.collect::<Vec<_>>().join(&by).into())
        }),
    )?;
    add(
        connection,
        "subscript",
        Box::new(|context| {
            let (Some(elements), Some(at)) = (elements(context), number(context, 1)) else {
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
                let count = elements(context).and_then(|all| i64::try_from(all.len()).ok());
                Ok(count.map_or(Value::Null, Value::Integer))
            }),
        )?;
    }
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
            let count = elements(context).map_or(0, |elements| elements.len());
            Ok(serde_json::json!((1..=count).collect::<Vec<_>>()).to_string().into())
        }),
    )?;
    // In the place of a column; nothing that is there has arrays of more than one.
    add(
        connection,
        "unnest",
        Box::new(|context| {
            let first = elements(context).and_then(|all| all.into_iter().next());
            Ok(first.map_or(Value::Null, |first| match first {
                serde_json::Value::String(text) => text.into(),
                serde_json::Value::Number(number) => {
                    number.as_i64().map_or(Value::Null, Value::Integer)
                }
                _ => Value::Null,
            }))
        }),
    )?;
    // A cast of what is an array already, or of `{a,b}`.
    add(
        connection,
        "cast_array",
        Box::new(|context| {
            let Some(of) = text(context, 0) else { return Ok(Value::Null) };
            if of.starts_with('{') {
                let read = super::super::arrays::read(of.as_bytes(), TEXTS, false);
                return Ok(read.unwrap_or(Value::Null));
            }
            Ok(of.into())
        }),
    )
}

fn elements(context: &Context<'_>) -> Option<Vec<serde_json::Value>> {
    serde_json::from_str(&text(context, 0)?).ok()
}

fn text_at(context: &Context<'_>, at: usize) -> Option<String> {
    if at < context.len() { text(context, at) } else { None }
}

/// An argument as text. `None` is NULL.
fn text(context: &Context<'_>, at: usize) -> Option<String> {
    if at >= context.len() {
        return None;
    }
    match context.get_raw(at) {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            Some(String::from_utf8_lossy(bytes).into_owned())
        }
    }
}

fn number(context: &Context<'_>, at: usize) -> Option<i64> {
    text(context, at)?.parse().ok()
}

/// Numbers of a series.
const MOST_NUMBERS: i64 = 10_000;
/// The type of an array of texts.
const TEXTS: u32 = 1009;

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

/// Everything that is there is visible by its bare name, and may be looked at.
const TRUE: &[&str] = &[
    "pg_table_is_visible",
    "pg_function_is_visible",
    "pg_type_is_visible",
    "pg_operator_is_visible",
    "pg_opclass_is_visible",
    "pg_collation_is_visible",
    "pg_conversion_is_visible",
    "pg_ts_config_is_visible",
    "pg_ts_dict_is_visible",
    "pg_statistics_obj_is_visible",
    "has_table_privilege",
    "has_schema_privilege",
    "has_database_privilege",
    "has_column_privilege",
    "has_any_column_privilege",
    "has_function_privilege",
    "has_sequence_privilege",
    "has_tablespace_privilege",
    "has_type_privilege",
    "pg_has_role",
];

const ZERO: &[&str] = &[
    "pg_char_to_encoding",
    "pg_relation_is_publishable",
    "pg_is_in_recovery",
    "pg_table_size",
    "pg_relation_size",
    "pg_total_relation_size",
    "pg_indexes_size",
    "pg_database_size",
    "pg_tablespace_size",
    "pg_is_other_temp_schema",
    "pg_my_temp_schema",
    "pg_relation_is_updatable",
    "pg_column_is_updatable",
    "pg_backend_pid",
    "txid_current",
    "row_security_active",
];

const NULL: &[&str] = &[
    "field",
    "_pg_expandarray",
    "pg_get_expr",
    "pg_get_indexdef",
    "pg_get_constraintdef",
    "pg_get_ruledef",
    "pg_get_triggerdef",
    "pg_get_partkeydef",
    "pg_get_statisticsobjdef_columns",
    "pg_get_statisticsobjdef",
    "pg_get_serial_sequence",
    "pg_get_function_result",
    "pg_get_functiondef",
    "pg_get_function_sqlbody",
    "pg_tablespace_location",
    "shobj_description",
    "inet_server_addr",
    "inet_server_port",
    "inet_client_addr",
    "pg_postmaster_start_time",
    "pg_conf_load_time",
    "pg_partition_root",
    "pg_options_to_table",
    "pg_relation_filenode",
    "pg_describe_object",
    "pg_identify_object",
    "pg_sequence_last_value",
];
