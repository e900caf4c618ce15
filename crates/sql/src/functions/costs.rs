//! SQLite's functions that stay its own and cannot be interrupted: the longest values with which
//! one call takes fewer than ten million instructions.
//!
//! The figures were measured by callgrind, on an optimised build, for the worst shape of value that
//! was found: instructions for each byte of the longest value, with the arguments that are allowed.
//! `x + 1` and comparisons are not calls: a text of digits takes 22 for each byte as a number, and
//! `COLLATE NOCASE` 12.

use rusqlite::{Connection, Result, functions::FunctionFlags, limits::Limit};

use super::values::{add_with, refused};

/// Limits the arguments of functions, and those of functions for which each argument is costly to
/// fewer.
pub(crate) fn limit_arguments(connection: &Connection) -> Result<()> {
    connection.set_limit(Limit::SQLITE_LIMIT_FUNCTION_ARG, MOST_ARGUMENTS)?;
    for name in FEW_ARGUMENTS {
        // SQLite prefers a function with exactly that number.
        for arguments in MOST_COSTLY_ARGUMENTS + 1..=MOST_ARGUMENTS {
            let flags = FunctionFlags::SQLITE_DETERMINISTIC;
            add_with(connection, name, arguments, flags, move |_, _| {
                let limit = MOST_COSTLY_ARGUMENTS;
                Err(refused(format!("`{name}` takes {limit} arguments at the most")))
            })?;
        }
    }
    Ok(())
}

/// Bytes of the longest value of a statement with that function or table; `None` for one that is
/// not costly.
pub(crate) fn longest_value(name: &str) -> Option<i32> {
    let found = COSTLY.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
    COSTLY.get(found).map(|(_, longest)| *longest)
}

/// Bytes of the longest value with which a function is called, or a table of SQLite's read. A
/// statement that names several is limited to the least. Sorted by name.
const COSTLY: &[(&str, i32)] = &[
    // 270: parsing and looking up 105, writing 60, for each of its arguments 23 at most.
    ("->", 32 * KIB),
    ("->>", 32 * KIB),
    // 6: digits.
    ("abs", 1024 * KIB),
    // 16.
    ("avg", 512 * KIB),
    // 1,000: 10 for each argument.
    ("char", 8 * KIB),
    // 390: 22 for each modifier, 233 for `%V`.
    ("date", 24 * KIB),
    ("datetime", 24 * KIB),
    // 204: 124 for `%f`, 10 for each argument.
    ("format", 40 * KIB),
    // 161: arrays in arrays.
    ("json", 48 * KIB),
    // 67: control characters.
    ("json_array", 128 * KIB),
    // 265, as `json_set`.
    ("json_array_insert", 32 * KIB),
    // 129.
    ("json_array_length", 64 * KIB),
    // 105, besides some hundreds for each row and column.
    ("json_each", 64 * KIB),
    // 106.
    ("json_error_position", 64 * KIB),
    // 350.
    ("json_extract", 24 * KIB),
    // 67.
    ("json_group_array", 128 * KIB),
    ("json_group_object", 128 * KIB),
    ("json_insert", 32 * KIB),
    ("json_object", 128 * KIB),
    // 6,300: 42 for each pair of members of both.
    ("json_patch", KIB + 512),
    // 160, and 9 for each byte that it writes.
    ("json_pretty", 48 * KIB),
    ("json_quote", 128 * KIB),
    ("json_remove", 24 * KIB),
    ("json_replace", 32 * KIB),
    // 265: 25 for each member that it sets.
    ("json_set", 32 * KIB),
    ("json_tree", 64 * KIB),
    ("json_type", 64 * KIB),
    ("json_valid", 64 * KIB),
    // 105.
    ("jsonb", 64 * KIB),
    // 168: what is written is parsed.
    ("jsonb_array", 48 * KIB),
    ("jsonb_array_insert", 32 * KIB),
    ("jsonb_each", 64 * KIB),
    ("jsonb_extract", 24 * KIB),
    ("jsonb_group_array", 48 * KIB),
    ("jsonb_group_object", 48 * KIB),
    ("jsonb_insert", 32 * KIB),
    ("jsonb_object", 48 * KIB),
    ("jsonb_patch", KIB + 512),
    ("jsonb_remove", 24 * KIB),
    ("jsonb_replace", 32 * KIB),
    ("jsonb_set", 32 * KIB),
    ("jsonb_tree", 64 * KIB),
    ("julianday", 24 * KIB),
    // 26, of which 10 for digits.
    ("lag", 384 * KIB),
    ("lead", 384 * KIB),
    ("nth_value", 384 * KIB),
    ("ntile", 384 * KIB),
    ("printf", 40 * KIB),
    ("round", 512 * KIB),
    ("sign", 512 * KIB),
    // 9: what is no letter.
    ("soundex", 768 * KIB),
    ("strftime", 24 * KIB),
    ("sum", 512 * KIB),
    ("time", 24 * KIB),
    // 22.
    ("timediff", 384 * KIB),
    ("total", 512 * KIB),
    // 24: escapes.
    ("unistr", 384 * KIB),
    // 52: control characters.
    ("unistr_quote", 160 * KIB),
    ("unixepoch", 24 * KIB),
];

/// Functions with few arguments.
const FEW_ARGUMENTS: &[&str] = &[
    "date",
    "datetime",
    "format",
    "json_array_insert",
    "json_extract",
    "json_insert",
    "json_remove",
    "json_replace",
    "json_set",
    "jsonb_array_insert",
    "jsonb_extract",
    "jsonb_insert",
    "jsonb_remove",
    "jsonb_replace",
    "jsonb_set",
    "julianday",
    "printf",
    "strftime",
    "time",
    "unixepoch",
];

/// Arguments of a function.
const MOST_ARGUMENTS: i32 = 100;
/// Arguments of functions with few.
const MOST_COSTLY_ARGUMENTS: i32 = 9;
const KIB: i32 = 1 << 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::allowed::ALLOWED;

    #[test]
    fn functions_take_few_arguments() {
        vmfa_sqlite::install().unwrap();
        let connection = Connection::open_in_memory().unwrap();
        limit_arguments(&connection).unwrap();
        let run = |sql: &str| {
            let ran = connection.query_row(sql, [], |row| row.get::<_, Option<String>>(0));
            ran.map_err(|error| error.to_string())
        };
        let paths = |count: usize| vec!["'$.a'"; count].join(", ");
        let extract =
            |count: usize| format!("SELECT json_extract('{{\"a\":1}}', {})", paths(count));
        assert_eq!(run(&extract(8)).unwrap().unwrap(), "[1,1,1,1,1,1,1,1]");
        for count in [9, 99] {
            let refused = run(&extract(count)).unwrap_err();
            assert_eq!(refused, "`json_extract` takes 9 arguments at the most");
        }
        assert!(run(&extract(100)).unwrap_err().contains("too many arguments"));
    }

    #[test]
    fn tables_are_sorted() {
        assert!(COSTLY.is_sorted_by(|(one, _), (other, _)| one < other));
        assert!(ALLOWED.is_sorted_by(|one, other| one < other));
        let tables = ["json_each", "json_tree", "jsonb_each", "jsonb_tree"];
        for (name, _) in COSTLY {
            assert!(ALLOWED.contains(name) || tables.contains(name), "{name}");
        }
    }

    #[test]
    fn whatever_is_allowed_is_there() {
        vmfa_sqlite::install().unwrap();
        let connection = Connection::open_in_memory().unwrap();
        crate::functions::add(&connection).unwrap();
        let mut statement =
            connection.prepare("SELECT DISTINCT name FROM pragma_function_list").unwrap();
        let names = statement.query_map([], |row| row.get(0)).unwrap();
        let names: Vec<String> = names.map(Result::unwrap).collect();
        for name in ALLOWED {
            assert!(names.iter().any(|known| known == name), "{name}");
        }
    }
}
