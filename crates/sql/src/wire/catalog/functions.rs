//! PostgreSQL's functions that queries on the catalogue use.
//!
//! Not here: those that SQLite has.

mod arrays;
mod casts;
mod texts;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rusqlite::{
    Connection, Result,
    functions::{Context, FunctionFlags},
    types::{Value, ValueRef},
};

use super::super::{entrance::DATABASE, settings};
use crate::functions::{Meter, override_builtins, refused};

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
    override_builtins(connection)?;
    told(connection, facts)?;
    constant(connection)?;
    casts::register(connection, facts)?;
    texts::register(connection)?;
    arrays::register(connection)
}

type Scalar = dyn Fn(&Context<'_>) -> Result<Value> + Send + Sync;

/// Adds a function whose work is in proportion to its arguments, which are limited.
fn add(connection: &Connection, name: &'static str, function: Box<Scalar>) -> Result<()> {
    connection.create_scalar_function(name, -1, FunctionFlags::SQLITE_UTF8, move |context| {
        Meter::start()?;
        let long = |at| match context.get_raw(at) {
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.len() > LONGEST_ARGUMENT,
            _ => false,
        };
        if (0..context.len()).any(long) {
            let limit = LONGEST_ARGUMENT;
            return Err(refused(format!("`{name}` takes texts of {limit} bytes at the most")));
        }
        function(context)
    })
}

/// Those that look something up.
fn told(connection: &Connection, facts: &Shared) -> Result<()> {
    let with = |name: &'static str, look: fn(&Facts, &Context<'_>) -> Option<Value>| {
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
    let with = |names: &[&'static str], value: Value| {
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
    "pg_ts_parser_is_visible",
    "pg_ts_template_is_visible",
    "pg_opfamily_is_visible",
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
    // There are no locks of that kind to give back.
    "pg_advisory_unlock_all",
];

/// Bytes of the longest argument of a function whose work is not interrupted.
const LONGEST_ARGUMENT: usize = 64 << 10;
