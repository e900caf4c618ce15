//! SQLite's own functions whose time grows with their arguments, as functions that notice in time
//! that their statement was cancelled.
//!
//! Not here: SQLite's functions that are limited to shorter values instead (`costs`).

use rusqlite::{Connection, Result};

use super::{costs, encoding, like, search, text};

/// Puts the functions in the place of SQLite's, and limits the arguments of those that stay.
pub(crate) fn override_builtins(connection: &Connection) -> Result<()> {
    text::register(connection)?;
    search::register(connection)?;
    like::register(connection)?;
    encoding::register(connection)?;
    costs::limit_arguments(connection)
}

#[cfg(test)]
mod tests {
    use rusqlite::{
        ErrorCode::{OperationInterrupted, OutOfMemory, TooBig},
        types::Value,
    };

    use super::*;
    use crate::functions::random::Random;

    /// Each function with the kinds of its arguments: `t` any value, `p` a pattern, `n` a number.
    const FUNCTIONS: &[(&str, &[&str])] = &[
        ("length", &["t"]),
        ("upper", &["t"]),
        ("lower", &["t"]),
        ("substr", &["tn", "tnn"]),
        ("substring", &["tn", "tnn"]),
        ("trim", &["t", "tp"]),
        ("ltrim", &["t", "tp"]),
        ("rtrim", &["t", "tp"]),
        ("unicode", &["t"]),
        ("concat", &["t", "tt", "ttnt"]),
        ("concat_ws", &["tt", "ttnt"]),
        ("instr", &["tp"]),
        ("replace", &["tpt", "tpp"]),
        ("like", &["pt", "ptp"]),
        ("glob", &["pt"]),
        ("hex", &["t"]),
        ("unhex", &["t", "tp"]),
        ("quote", &["t"]),
        ("zeroblob", &["n"]),
    ];

    #[test]
    fn functions_give_what_sqlites_own_give() {
        let (ours, theirs) = (open(true), open(false));
        let mut random = Random(1);
        for round in 0..600 {
            for (name, kinds) in FUNCTIONS {
                let kinds = random.pick(kinds);
                let arguments: Vec<Argument> =
                    kinds.chars().map(|kind| random.argument(kind)).collect();
                let expected = call(&theirs, name, &arguments);
                let given = call(&ours, name, &arguments);
                assert_eq!(given, expected, "round {round}: {name}{arguments:?}");
            }
        }
    }

    #[test]
    fn operators_use_the_functions() {
        let connection = open(true);
        for (sql, expected) in [
            ("'Ab' LIKE 'a_'", 1),
            ("'a%' LIKE 'a\\%' ESCAPE '\\'", 1),
            ("'ab' LIKE 'a\\%' ESCAPE '\\'", 0),
            ("'Ab' GLOB '[A-C]?'", 1),
            ("'Ab' GLOB 'a*'", 0),
        ] {
            let found: i64 =
                connection.query_row(&format!("SELECT {sql}"), [], |row| row.get(0)).unwrap();
            assert_eq!(found, expected, "{sql}");
        }
    }

    #[test]
    fn needles_of_any_length_are_found() {
        let (ours, theirs) = (open(true), open(false));
        for needle in [1, 2, 1_024, 1_025, 5_000, 70_000] {
            for gap in [0, 1, 65_535, 65_536, 140_000] {
                let haystack = format!("{}{}é", "ab".repeat(gap), "abc".repeat(needle));
                let needle = "cab".repeat(needle / 3 + 1);
                let arguments = [text(&haystack), text(&needle), text("é")];
                for (name, count) in [("instr", 2), ("replace", 3)] {
                    let arguments = arguments.get(..count).unwrap();
                    assert_eq!(call(&ours, name, arguments), call(&theirs, name, arguments));
                }
            }
        }
    }

    #[test]
    fn results_are_limited() {
        let connection = open(true);
        for sql in [
            "hex(zeroblob(2097152))",
            "quote(zeroblob(2097152))",
            "randomblob(4194305)",
            "replace(hex(zeroblob(2000000)), '0', 'xyz')",
            "concat(hex(zeroblob(2000000)), hex(zeroblob(2000000)))",
        ] {
            let refused = connection.query_row(&format!("SELECT {sql}"), [], |_| Ok(()));
            let code = refused.unwrap_err().sqlite_error_code();
            assert_eq!(code, Some(TooBig), "{sql}");
        }
        let length = "SELECT length(randomblob(4194304)), length(randomblob(-1))";
        let lengths = connection.query_row(length, [], |row| Ok((row.get(0)?, row.get(1)?)));
        assert_eq!(lengths.unwrap(), (4_194_304, 1));
    }

    #[test]
    fn calls_end_when_the_statement_is_cancelled() {
        let connection = open(true);
        connection.execute_batch("CREATE TABLE t AS SELECT hex(zeroblob(2000000)) AS x").unwrap();
        for call in [
            "x LIKE replace(hex(zeroblob(5000)), '00', '%0') || 'x'",
            "x GLOB replace(hex(zeroblob(5000)), '00', '*[0]') || 'x'",
            "trim(x, replace(hex(zeroblob(2000)), '00', 'ab') || '0')",
            "unhex(replace(x, '0', '-'), hex(zeroblob(1000)) || '-')",
        ] {
            let mut statement = connection.prepare(&format!("SELECT {call} FROM t")).unwrap();
            let account = vmfa_sqlite::MemoryAccount::new(64 << 20);
            let canceller = account.clone();
            let thread = std::thread::spawn(move || {
                std::thread::sleep(std::time::Duration::from_millis(50));
                canceller.interrupt();
            });
            let scope = account.enter();
            let failed = statement.query_row([], |_| Ok(())).unwrap_err();
            drop(scope);
            thread.join().unwrap();
            // Where it comes before the call, SQLite finds no room for its arguments.
            let code = failed.sqlite_error_code();
            assert!(matches!(code, Some(OperationInterrupted | OutOfMemory)), "{call}: {failed}");
        }
    }

    fn open(ours: bool) -> Connection {
        vmfa_sqlite::install().unwrap();
        vmfa_sqlite::install().unwrap();
        let connection = Connection::open_in_memory().unwrap();
        if ours {
            override_builtins(&connection).unwrap();
        }
        connection
    }

    /// A value, and whether it is a blob to be taken for a text.
    type Argument = (Value, bool);

    fn text(text: &str) -> Argument {
        (Value::Text(text.to_owned()), false)
    }

    fn call(connection: &Connection, name: &str, arguments: &[Argument]) -> Result<Given, String> {
        let cast = |(at, (_, cast)): (usize, &Argument)| {
            if *cast { format!("CAST(?{} AS TEXT)", at + 1) } else { format!("?{}", at + 1) }
        };
        let list: Vec<String> = arguments.iter().enumerate().map(cast).collect();
        let sql = format!("SELECT {name}({})", list.join(", "));
        let mut statement = connection.prepare_cached(&sql).unwrap();
        let values = rusqlite::params_from_iter(arguments.iter().map(|(value, _)| value));
        let given = statement.query_row(values, |row| Ok(Given::of(row.get_ref(0)?)));
        given.map_err(|error| error.to_string())
    }

    #[derive(Debug, PartialEq)]
    enum Given {
        Null,
        Integer(i64),
        Real(f64),
        Text(Vec<u8>),
        Blob(Vec<u8>),
    }

    impl Given {
        fn of(value: rusqlite::types::ValueRef<'_>) -> Self {
            use rusqlite::types::ValueRef;
            match value {
                ValueRef::Null => Self::Null,
                ValueRef::Integer(number) => Self::Integer(number),
                ValueRef::Real(number) => Self::Real(number),
                ValueRef::Text(bytes) => Self::Text(bytes.to_vec()),
                ValueRef::Blob(bytes) => Self::Blob(bytes.to_vec()),
            }
        }
    }

    impl Random {
        fn argument(&mut self, kind: char) -> Argument {
            let value = match (kind, self.below(12)) {
                (_, 0) => Value::Null,
                ('n', 1) | ('p' | 't', 1 | 2) => Value::Real(self.real()),
                ('n', 2) => Value::Text(self.pick(NUMBERS).to_owned()),
                ('n', _) | (_, 3) => Value::Integer(self.integer()),
                (kind, choice) => {
                    let bytes = self.bytes(if kind == 'p' { 6 } else { 14 });
                    let cast = choice > 5;
                    return match String::from_utf8(bytes) {
                        Ok(text) if cast => (Value::Text(text), false),
                        Ok(text) => (Value::Blob(text.into_bytes()), false),
                        Err(error) => (Value::Blob(error.into_bytes()), cast),
                    };
                }
            };
            (value, false)
        }

        fn bytes(&mut self, longest: usize) -> Vec<u8> {
            let alphabet = self.pick(&[PLAIN, PATTERNS, HEX, STRANGE]);
            let pieces = self.below(longest + 1);
            (0..pieces).flat_map(|_| self.pick(alphabet).to_vec()).collect()
        }

        fn integer(&mut self) -> i64 {
            match self.below(8) {
                0 => i64::MIN,
                1 => i64::MAX,
                2 => 0x1F_0000_0000,
                _ => i64::try_from(self.below(24)).unwrap() - 12,
            }
        }

        fn real(&mut self) -> f64 {
            match self.below(12) {
                0 => f64::INFINITY,
                1 => f64::NEG_INFINITY,
                2 => 1e300,
                3 => -2.5e-7,
                4 => 0.1,
                5 => -0.0,
                6 => 9.3e18,
                7 => 1.0 / 3.0,
                _ => f64::from(u32::try_from(self.below(40)).unwrap()) / 2.0 - 10.0,
            }
        }
    }

    const NUMBERS: &[&str] = &[
        "2",
        " -3",
        "+1x",
        "0004",
        "99999999999999999999",
        "-99999999999999999999",
        "\t\n 5 ",
        "x",
        "",
        "1e2",
        "3.9",
        "- 1",
        "9223372036854775807",
        "-9223372036854775808",
    ];
    const PLAIN: &[&[u8]] = &[b"a", b"b", b"A", b"ab", b" ", b"'", b"\\", "é".as_bytes()];
    const PATTERNS: &[&[u8]] = &[
        b"%",
        b"_",
        b"*",
        b"?",
        b"[",
        b"]",
        b"^",
        b"-",
        b"a",
        b"b",
        b"A",
        b"[a-c]",
        b"[^a]",
        b"\\",
        "é".as_bytes(),
        "É".as_bytes(),
        "日".as_bytes(),
        "𝄞".as_bytes(),
        "\u{FFFD}".as_bytes(),
    ];
    const HEX: &[&[u8]] = &[b"0", b"1a", b"Ff", b" ", b"-", b"g", "é".as_bytes()];
    const STRANGE: &[&[u8]] = &[
        b"a",
        b"A",
        b"%",
        b"_",
        b"*",
        b"?",
        b"[",
        b"]",
        &[0],
        &[0x80],
        &[0xBF],
        &[0xC3],
        &[0xC3, 0xA9],
        &[0xC0, 0xA5],
        &[0xED, 0xA0, 0x80],
        &[0xE6, 0x97],
        &[0xF7, 0xBF, 0xBF],
        &[0xFF],
        &[0xFE, 0x81],
        &[0xFC, 0x84, 0x80],
        b"\x01",
    ];
}
