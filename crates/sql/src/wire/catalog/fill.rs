//! Fills the catalogue with what there is.
//!
//! Identifiers are counted anew each time: they hold as long as nothing is made or dropped.

use std::collections::HashMap;

use rusqlite::{Connection, Result, params};
use vmfa_iam::SqlVerb;
use vmfa_model::Member;

use super::{
    State,
    functions::{Facts, Shared},
};
use crate::{
    Heading, Thing, Type,
    catalog::{Resource, catalog, described},
    value::declared,
    wire::entrance::DATABASE,
};

/// A type of PostgreSQL.
pub(super) struct Known {
    pub(super) oid: i64,
    pub(super) name: &'static str,
    /// As it is shown.
    pub(super) shown: &'static str,
    length: i64,
    category: &'static str,
    /// The type of arrays of it.
    pub(super) array: i64,
}

/// Fills all tables anew.
pub(super) fn fill(connection: &Connection, state: &State, facts: &Shared) -> Result<()> {
    let mut told = Facts {
        user: state.user.clone(),
        settings: state.settings.iter().cloned().collect(),
        ..Facts::default()
    };
    let within = connection.unchecked_transaction()?;
    for table in FILLED {
        within.execute(&format!("DELETE FROM {table}"), [])?;
    }
    let mut filling = Filling { connection: &within, told: &mut told, next: FIRST };
    filling.types()?;
    filling.surroundings(state)?;
    let mut schemas = HashMap::new();
    for (oid, name) in SYSTEM_SCHEMAS {
        filling.schema(*oid, name)?;
    }
    for service in catalog().services() {
        let oid = filling.take();
        filling.schema(oid, service)?;
        schemas.insert(*service, oid);
    }
    for resource in catalog().resources() {
        let service = resource.path.split('.').nth(1).unwrap_or_default();
        let schema = schemas.get(service).copied().unwrap_or(PUBLIC);
        filling.resource(resource, (service, schema))?;
    }
    for own in &state.own {
        let kind = match own.thing {
            Thing::Table => "r",
            Thing::View => "v",
            Thing::MaterializedView => "m",
        };
        let oid = filling.table(("public", PUBLIC), &own.name, kind, &own.columns)?;
        if kind != "r" {
            filling.told.views.insert(oid, own.query.clone().unwrap_or_default());
        }
    }
    within.commit()?;
    *facts.lock() = told;
    Ok(())
}

struct Filling<'f> {
    connection: &'f Connection,
    told: &'f mut Facts,
    next: i64,
}

impl Filling<'_> {
    fn take(&mut self) -> i64 {
        self.next = self.next.saturating_add(1);
        self.next
    }

    fn run(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<()> {
        self.connection.prepare_cached(sql)?.execute(parameters).map(drop)
    }

    fn types(&self) -> Result<()> {
        let sql = "INSERT INTO pg_catalog.pg_type
            (oid, typname, typlen, typtype, typcategory, typelem, typarray, typinput, typoutput,
             typreceive, typsend)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?2 || 'in', ?2 || 'out', ?2 || 'recv', ?2 || 'send')";
        for kind in TYPES {
            let pseudo = if kind.category == "P" { "p" } else { "b" };
            let Known { oid, name, length, category, array, .. } = kind;
            self.run(sql, params![oid, name, length, pseudo, category, 0, array])?;
            if *array != 0 {
                let name = format!("_{name}");
                self.run(sql, params![array, name, -1, "b", "A", oid, 0])?;
            }
        }
        Ok(())
    }

    fn surroundings(&self, state: &State) -> Result<()> {
        self.run("INSERT INTO pg_catalog.pg_database (oid, datname) VALUES (5, ?1)", [DATABASE])?;
        self.run("INSERT INTO pg_catalog.pg_roles (oid, rolname) VALUES (10, ?1)", [&state.user])?;
        let user = "INSERT INTO pg_catalog.pg_user (usename, usesysid) VALUES (?1, 10)";
        self.run(user, [&state.user])?;
        self.run(
            "INSERT INTO pg_catalog.pg_tablespace (oid, spcname, spcowner)
             VALUES (1663, 'pg_default', 10)",
            [],
        )?;
        let language = "INSERT INTO pg_catalog.pg_language (oid, lanname, lanowner, lanispl,
             lanpltrusted) VALUES (12, 'exec', 10, 0, 1)";
        self.run(language, [])?;
        for word in WORDS {
            let sql = "INSERT INTO pg_catalog.pg_get_keywords VALUES (?1, 'U', 'unreserved')";
            self.run(sql, [word])?;
        }
        for (name, value) in &state.settings {
            self.run(
                "INSERT INTO pg_catalog.pg_settings (name, setting, boot_val, reset_val)
                 VALUES (?1, ?2, ?2, ?2)",
                [name, value],
            )?;
        }
        Ok(())
    }

    fn schema(&mut self, oid: i64, name: &str) -> Result<()> {
        self.told.namespaces.insert(oid, name.to_owned());
        self.run(
            "INSERT INTO pg_catalog.pg_namespace VALUES (?1, ?2, 10, NULL)",
            params![oid, name],
        )?;
        self.run(
            "INSERT INTO information_schema.schemata (catalog_name, schema_name, schema_owner)
             VALUES (?1, ?2, ?3)",
            params![DATABASE, name, self.told.user],
        )
    }

    fn resource(&mut self, resource: &Resource, schema: (&str, i64)) -> Result<()> {
        if resource.methods(SqlVerb::Select).is_ok() {
            let mut fields = resource.fields();
            // In the order of `SELECT *`.
            fields.sort_by_key(|field| field.name);
            let columns: Vec<Heading> = fields.iter().map(|field| heading(field)).collect();
            let oid = self.table(schema, resource.name, "r", &columns)?;
            self.comment(oid, 0, resource.doc())?;
            for (number, field) in (1..).zip(&fields) {
                self.comment(oid, number, &described(field))?;
            }
        }
        for method in resource.own_methods().iter().filter(|method| method.verb == SqlVerb::Exec) {
            let oid = self.take();
            let parameters = method.parameters();
            let required: Vec<&str> = method.required().collect();
            let shown = parameters.iter().map(|parameter| {
                let default = if required.contains(&parameter.name) { "" } else { " DEFAULT NULL" };
                format!("{} text{default}", parameter.name)
            });
            let shown: Vec<String> = shown.collect();
            let names: Vec<&str> = parameters.iter().map(|parameter| parameter.name).collect();
            self.told.arguments.insert(oid, shown.join(", "));
            let name = format!("{}.{}", resource.name, method.name);
            let types = vec!["25"; names.len()].join(" ");
            self.run(
                "INSERT INTO pg_catalog.pg_proc (oid, proname, pronamespace, prokind, pronargs,
                 proargtypes, prosrc) VALUES (?1, ?2, ?3, 'p', ?4, ?5, ?2)",
                params![oid, name, schema.1, i64::try_from(names.len()).unwrap_or(0), types],
            )?;
            self.run(
                "INSERT INTO information_schema.routines (specific_catalog, specific_schema,
                 specific_name, routine_catalog, routine_schema, routine_name, routine_type)
                 VALUES (?1, ?2, ?3, ?1, ?2, ?3, 'PROCEDURE')",
                params![DATABASE, schema.0, name],
            )?;
            self.comment(oid, 0, method.action.doc)?;
        }
        Ok(())
    }

    fn table(
        &mut self,
        (schema, namespace): (&str, i64),
        name: &str,
        kind: &str,
        columns: &[Heading],
    ) -> Result<i64> {
        let oid = self.take();
        self.told.classes.insert(oid, (schema.to_owned(), name.to_owned()));
        self.run(
            "INSERT INTO pg_catalog.pg_class (oid, relname, relnamespace, relkind, relnatts)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            params![oid, name, namespace, kind, i64::try_from(columns.len()).unwrap_or(0)],
        )?;
        let user = self.told.user.clone();
        let (list, shown) = match kind {
            "r" => ("pg_tables (schemaname, tablename, tableowner)", "BASE TABLE"),
            "v" => ("pg_views (schemaname, viewname, viewowner)", "VIEW"),
            _ => ("pg_matviews (schemaname, matviewname, matviewowner)", ""),
        };
        let sql = format!("INSERT INTO pg_catalog.{list} VALUES (?1, ?2, ?3)");
        self.run(&sql, params![schema, name, user])?;
        // The standard knows no materialized views.
        if !shown.is_empty() {
            self.run(
                "INSERT INTO information_schema.tables (table_catalog, table_schema, table_name,
                 table_type, is_insertable_into, is_typed) VALUES (?1, ?2, ?3, ?4, 'YES', 'NO')",
                params![DATABASE, schema, name, shown],
            )?;
        }
        if kind == "v" {
            self.run(
                "INSERT INTO information_schema.views (table_catalog, table_schema, table_name)
                 VALUES (?1, ?2, ?3)",
                params![DATABASE, schema, name],
            )?;
        }
        for (at, column) in columns.iter().enumerate() {
            let number = i64::try_from(at.saturating_add(1)).unwrap_or(i64::MAX);
            let kind = known(column.kind);
            self.run(
                "INSERT INTO pg_catalog.pg_attribute (attrelid, attname, atttypid, attlen, attnum)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                params![oid, column.name, kind.oid, kind.length, number],
            )?;
            self.run(
                "INSERT INTO information_schema.columns (table_catalog, table_schema, table_name,
                 column_name, ordinal_position, is_nullable, data_type, udt_catalog, udt_schema,
                 udt_name, is_identity, is_generated, is_updatable)
                 VALUES (?1, ?2, ?3, ?4, ?5, 'YES', ?6, ?1, 'pg_catalog', ?7, 'NO', 'NEVER', 'NO')",
                params![DATABASE, schema, name, column.name, number, kind.shown, kind.name],
            )?;
        }
        Ok(oid)
    }

    fn comment(&mut self, oid: i64, column: i64, text: &str) -> Result<()> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            return Ok(());
        }
        self.told.comments.insert((oid, column), text.clone());
        self.run(
            "INSERT INTO pg_catalog.pg_description VALUES (?1, 1259, ?2, ?3)",
            params![oid, column, text],
        )
    }
}

fn heading(field: &Member) -> Heading {
    let kind = Type::declared(Some(declared(&field.shape)));
    Heading { name: field.name.to_owned(), kind }
}

/// The type of a column.
fn known(kind: Type) -> &'static Known {
    let oid = match kind {
        Type::Any | Type::Text => 25,
        Type::Integer => 20,
        Type::Real => 701,
        Type::Boolean => 16,
        Type::Json => 114,
        Type::Time => 1184,
    };
    TYPES.iter().find(|known| known.oid == oid).unwrap_or(&TEXT)
}

const fn kind(
    oid: i64,
    (name, shown): (&'static str, &'static str),
    length: i64,
    category: &'static str,
    array: i64,
) -> Known {
    Known { oid, name, shown, length, category, array }
}

const TEXT: Known = kind(25, ("text", "text"), -1, "S", 1009);

pub(super) const TYPES: &[Known] = &[
    kind(16, ("bool", "boolean"), 1, "B", 1000),
    kind(17, ("bytea", "bytea"), -1, "U", 1001),
    kind(18, ("char", "\"char\""), 1, "Z", 1002),
    kind(19, ("name", "name"), 64, "S", 1003),
    kind(20, ("int8", "bigint"), 8, "N", 1016),
    kind(21, ("int2", "smallint"), 2, "N", 1005),
    kind(22, ("int2vector", "int2vector"), -1, "A", 1006),
    kind(23, ("int4", "integer"), 4, "N", 1007),
    kind(24, ("regproc", "regproc"), 4, "N", 1008),
    TEXT,
    kind(26, ("oid", "oid"), 4, "N", 1028),
    kind(30, ("oidvector", "oidvector"), -1, "A", 1013),
    kind(114, ("json", "json"), -1, "U", 199),
    kind(700, ("float4", "real"), 4, "N", 1021),
    kind(701, ("float8", "double precision"), 8, "N", 1022),
    kind(705, ("unknown", "unknown"), -2, "X", 0),
    kind(1042, ("bpchar", "character"), -1, "S", 1014),
    kind(1043, ("varchar", "character varying"), -1, "S", 1015),
    kind(1082, ("date", "date"), 4, "D", 1182),
    kind(1083, ("time", "time without time zone"), 8, "D", 1183),
    kind(1114, ("timestamp", "timestamp without time zone"), 8, "D", 1115),
    kind(1184, ("timestamptz", "timestamp with time zone"), 8, "D", 1185),
    kind(1186, ("interval", "interval"), 16, "T", 1187),
    kind(1700, ("numeric", "numeric"), -1, "N", 1231),
    kind(2205, ("regclass", "regclass"), 4, "N", 2210),
    kind(2206, ("regtype", "regtype"), 4, "N", 2211),
    kind(2249, ("record", "record"), -1, "P", 0),
    kind(2278, ("void", "void"), 4, "P", 0),
    kind(2950, ("uuid", "uuid"), 16, "U", 2951),
    kind(3802, ("jsonb", "jsonb"), -1, "U", 3807),
];

/// The schema of the user's own views and tables.
const PUBLIC: i64 = 2200;

const SYSTEM_SCHEMAS: &[(i64, &str)] =
    &[(11, "pg_catalog"), (13_000, "information_schema"), (PUBLIC, "public")];

/// Identifiers begin after this one, as PostgreSQL's do.
const FIRST: i64 = 16_383;

/// Keywords that no standard has.
const WORDS: &[&str] =
    &["describe", "exec", "explain", "limit", "materialized", "offset", "returning", "show", "use"];

/// What is filled anew.
const FILLED: &[&str] = &[
    "pg_catalog.pg_namespace",
    "pg_catalog.pg_class",
    "pg_catalog.pg_attribute",
    "pg_catalog.pg_type",
    "pg_catalog.pg_proc",
    "pg_catalog.pg_database",
    "pg_catalog.pg_roles",
    "pg_catalog.pg_user",
    "pg_catalog.pg_tablespace",
    "pg_catalog.pg_language",
    "pg_catalog.pg_settings",
    "pg_catalog.pg_get_keywords",
    "pg_catalog.pg_description",
    "pg_catalog.pg_tables",
    "pg_catalog.pg_views",
    "pg_catalog.pg_matviews",
    "information_schema.schemata",
    "information_schema.tables",
    "information_schema.columns",
    "information_schema.views",
    "information_schema.routines",
];
