//! The longest value that a statement may work with.
//!
//! SQLite looks for an interruption where a program jumps back. In between, a program runs through
//! its instructions once at most; functions and large allocations look too, but comparisons and
//! conversions do not. So the more instructions a program has, the shorter its values may be, and
//! what a statement does between two checks stays below half a second.

use rusqlite::{Statement, StatementStatus};

use crate::{Failure, failure::State, functions::longest_value, memory};

/// The longest value of a statement, in bytes, and what makes it so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ValueLimit {
    pub(crate) bytes: i32,
    cause: Cause,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Cause {
    /// It is that of all statements.
    Budget,
    /// The statement calls that function, or reads that table.
    Function(String),
    /// It is long.
    Program,
    /// It may read numbers from texts.
    Numbers,
}

impl Default for ValueLimit {
    fn default() -> Self {
        Self { bytes: LONGEST, cause: Cause::Budget }
    }
}

impl ValueLimit {
    /// The statement calls that function, or reads that table.
    pub(crate) fn with_function(&mut self, name: &str) {
        if let Some(bytes) = longest_value(name) {
            self.lower(bytes, || Cause::Function(name.to_owned()));
        }
    }

    /// The limit of a prepared statement, beside what its functions leave. `converts` says whether
    /// it may read numbers from texts.
    pub(crate) fn with_program(mut self, statement: &Statement<'_>, converts: bool) -> Self {
        let program = i64::from(statement.get_status(StatementStatus::MemUsed));
        let size = program.saturating_sub(BASE).max(1);
        let longest = i64::from(LONGEST).saturating_mul(SMALL) / size;
        let bytes = i32::try_from(longest).unwrap_or(LONGEST).clamp(SHORTEST, LONGEST);
        self.lower(bytes, || Cause::Program);
        if converts {
            self.lower(LONGEST_NUMBER, || Cause::Numbers);
        }
        self
    }

    fn lower(&mut self, bytes: i32, cause: impl FnOnce() -> Cause) {
        if bytes < self.bytes {
            *self = Self { bytes, cause: cause() };
        }
    }

    /// The failure of a value that is longer.
    pub(crate) fn exceeded(&self) -> Failure {
        let bytes = self.bytes;
        let why = match &self.cause {
            Cause::Budget => String::new(),
            Cause::Function(name) => format!(" of a statement with `{name}`"),
            Cause::Program => " of a statement as long as this".to_owned(),
            Cause::Numbers => " of a statement that computes with numbers".to_owned(),
        };
        let message = format!(
            "out of memory: a value, or a row to be sorted or stored, is longer than {bytes} bytes, \
             the most{why}"
        );
        Failure::because(State::OutOfMemory, message)
    }
}

/// Whether a statement may read numbers from texts, by an operator or `CAST`. What texts and quoted
/// names hold does not count.
pub(crate) fn converts(sql: &str) -> bool {
    let mut rest = sql;
    let mut before = String::new();
    while let Some(at) = rest.find(['\'', '"']) {
        let (plain, quoted) = rest.split_at_checked(at).unwrap_or((rest, ""));
        before.push_str(plain);
        // A name or a text stands there, whatever it holds.
        before.push('x');
        let mut inside = quoted.chars();
        let quote = inside.next().unwrap_or('"');
        rest = inside.as_str().split_once(quote).map_or("", |(_, rest)| rest);
    }
    before.push_str(rest);
    computes(&before)
}

fn computes(sql: &str) -> bool {
    let mut before = "";
    for (at, sign) in sql.match_indices(['+', '-', '*', '/', '%', '&', '|', '~', '<', '>']) {
        let next = sql.get(at.saturating_add(1)..).and_then(|rest| rest.chars().next());
        let pair = |other: char| next == Some(other);
        let last = std::mem::replace(&mut before, sign);
        match sign {
            // `||`, of which this may be the second.
            "|" if pair('|')
                || (last == "|" && sql.get(..at).is_some_and(|s| s.ends_with('|'))) => {}
            // `->` and `->>` are functions, and `--` begins a comment; `<` and `>` compare.
            "-" if pair('>') || pair('-') => {}
            "<" if !pair('<') => {}
            ">" if !pair('>') || last == "-" => {}
            "*" if !is_factor(sql.get(..at).unwrap_or_default()) => {}
            _ => return true,
        }
    }
    sql.as_bytes().windows(4).any(|word| word.eq_ignore_ascii_case(b"cast"))
}

/// Whether a `*` multiplies that stands behind this, and is not that of `SELECT *` or `count(*)`.
fn is_factor(before: &str) -> bool {
    let before = before.trim_end();
    let word = before.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let keyword = ["SELECT", "DISTINCT", "ALL", "RETURNING"];
    !keyword.iter().any(|known| word.eq_ignore_ascii_case(known))
        && before.ends_with(|c: char| c.is_alphanumeric() || "_)".contains(c))
}

/// Bytes of the longest value.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::as_conversions,
    reason = "4 MiB fit"
)]
pub(super) const LONGEST: i32 = memory::VALUE as i32;

/// Bytes of the longest value where numbers are read from texts: 22 instructions a byte.
const LONGEST_NUMBER: i32 = 400 << 10;

/// Bytes of a value that any statement may have.
const SHORTEST: i32 = 16 << 10;

/// Bytes of a program without instructions.
const BASE: i64 = 4 << 10;

/// Bytes of instructions that work with values of any length: of a hundred instructions.
const SMALL: i64 = 4 << 10;

#[cfg(test)]
mod tests {
    use super::converts;

    #[test]
    fn operators_that_read_numbers_are_seen() {
        for sql in ["a + b", "-a", "a*b", "(a) * b", "a<<1", "a >>2", "a%2", "a & b", "a|b", "~a"] {
            assert!(converts(sql), "{sql}");
        }
        assert!(converts("CAST(a AS INTEGER)"));
        assert!(converts("'a' + \"b\""));
        for sql in [
            "SELECT * FROM t",
            "SELECT DISTINCT * FROM t",
            "count(*)",
            "t.*, u.*",
            "a || b || c",
            "a -> 'b' ->> 'c'",
            "a < b AND c >= d OR e <> f",
            "a REGEXP '(b|c)+*' AND \"x-y\" = 'it''s +'",
        ] {
            assert!(!converts(sql), "{sql}");
        }
    }
}
