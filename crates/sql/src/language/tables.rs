//! Finds the names that stand for tables in a statement: resources, views and tables of the user's
//! own.
//!
//! Not here: whether there is such a table.

use super::lexer::{CLAUSES, Token};

/// A name where a table is expected.
pub(crate) struct Place {
    /// The token of its first part.
    pub(crate) at: usize,
    /// Its parts.
    pub(crate) names: Vec<String>,
    /// What the statement calls it besides.
    pub(crate) alias: Option<String>,
}

/// A name in one part where a table is expected.
pub(crate) struct Table {
    /// Its token.
    pub(crate) at: usize,
    pub(crate) name: String,
    /// What the statement calls it besides.
    pub(crate) alias: Option<String>,
}

/// `(EXEC …)` where a table is expected.
pub(crate) struct Factor {
    /// The tokens between the parentheses.
    pub(crate) tokens: std::ops::Range<usize>,
}

/// The methods that a statement runs to query what they answer.
pub(crate) fn factors(tokens: &[Token<'_>]) -> Vec<Factor> {
    let mut found: Vec<Factor> = Vec::new();
    let mut opened: Vec<(usize, bool)> = Vec::new();
    let mut fresh = None;
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| !token.is_blank()) {
        if token.is_symbol("(") {
            opened.push((at.saturating_add(1), false));
            fresh = Some(at);
            continue;
        }
        if fresh.take().is_some()
            && token.is("EXEC")
            && let Some((_, exec)) = opened.last_mut()
        {
            *exec = true;
        }
        if token.is_symbol(")")
            && let Some((start, true)) = opened.pop()
        {
            found.push(Factor { tokens: start..at });
        }
    }
    found
}

/// The tables that a statement names in one part. What `WITH` defines is none.
pub(crate) fn tables(tokens: &[Token<'_>]) -> Vec<Table> {
    let defined = defined(tokens);
    let table = |Place { at, names, alias }| {
        let [name] = <[String; 1]>::try_from(names).ok()?;
        let known = defined.iter().any(|known| known.eq_ignore_ascii_case(&name));
        (!known).then_some(Table { at, name, alias })
    };
    places(tokens).into_iter().filter_map(table).collect()
}

/// All names that stand where tables are expected. Functions are none.
pub(crate) fn places(tokens: &[Token<'_>]) -> Vec<Place> {
    let said = said(tokens);
    let mut found = Vec::new();
    let mut clauses = vec![Clause::default()];
    for (place, (at, token)) in said.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|place| said.get(place)).map(|(_, t)| *t);
        let Some(clause) = clauses.last_mut() else { break };
        if token.is_symbol("(") {
            let within = Clause { from: clause.expected, expected: clause.expected };
            clause.expected = false;
            clauses.push(within);
        } else if token.is_symbol(")") {
            if clauses.len() > 1 {
                clauses.pop();
            }
        } else if token.is("FROM") {
            // Not that of `IS DISTINCT FROM`.
            let begins = !before.is_some_and(|before| before.is("DISTINCT"));
            clause.from |= begins;
            clause.expected |= begins;
        } else if token.is("JOIN") || (clause.from && token.is_symbol(",")) {
            clause.expected = true;
        } else if token.is_one_of(CLAUSES) || token.is_one_of(ENDS) {
            *clause = Clause::default();
        } else if clause.expected && !token.is("LATERAL") {
            clause.expected = false;
            let (names, after) = path(said.get(place..).unwrap_or_default());
            let function = after.first().is_some_and(|(_, next)| next.is_symbol("("));
            if !names.is_empty() && !function {
                found.push(Place { at: *at, names, alias: alias(after) });
            }
        }
    }
    found
}

/// The tokens that are no blanks, with their places.
fn said<'t, 'q>(tokens: &'t [Token<'q>]) -> Vec<(usize, &'t Token<'q>)> {
    tokens.iter().enumerate().filter(|(_, token)| !token.is_blank()).collect()
}

/// The names with dots between them that stand there, and what follows them.
fn path<'s, 't, 'q>(
    mut said: &'s [(usize, &'t Token<'q>)],
) -> (Vec<String>, &'s [(usize, &'t Token<'q>)]) {
    let mut names = Vec::new();
    while let Some(((_, token), rest)) = said.split_first()
        && let Some(name) = token.name()
    {
        names.push(name);
        said = rest;
        match rest {
            [(_, dot), after @ ..] if dot.is_symbol(".") => said = after,
            _ => break,
        }
    }
    (names, said)
}

/// Whether a `FROM` clause is open, and whether a table is expected in it.
#[derive(Clone, Copy, Default)]
struct Clause {
    from: bool,
    expected: bool,
}

/// The alias that follows a table.
fn alias(after: &[(usize, &Token<'_>)]) -> Option<String> {
    let (_, first) = after.first()?;
    if first.is("AS") {
        return after.get(1)?.1.name();
    }
    let word = first.is_one_of(CLAUSES) || first.is_one_of(FOLLOWS);
    first.name().filter(|_| !word)
}

/// The names that `WITH` defines: those before `AS (`, with or without columns between.
pub(super) fn defined(tokens: &[Token<'_>]) -> Vec<String> {
    let said = said(tokens);
    if !said.iter().any(|(_, token)| token.is("WITH")) {
        return Vec::new();
    }
    let mut names = Vec::new();
    for (place, (_, token)) in said.iter().enumerate() {
        if !token.is("AS") {
            continue;
        }
        let next = said.get(place.saturating_add(1)).map(|(_, token)| *token);
        if !next
            .is_some_and(|next| next.is_symbol("(") || next.is("MATERIALIZED") || next.is("NOT"))
        {
            continue;
        }
        let mut before = said.get(..place).unwrap_or_default().iter().rev().map(|(_, token)| token);
        let mut name = before.next();
        if name.is_some_and(|token| token.is_symbol(")")) {
            name = before.find(|token| token.is_symbol("(")).and_then(|_| before.next());
        }
        names.extend(name.and_then(|token| token.name()));
    }
    names
}

/// The words that end a `FROM` clause, besides those that begin the next.
const ENDS: &[&str] = &["SELECT", "SET", "VALUES", "RETURNING"];

/// The words that may follow a table without being its alias, besides those that begin a clause.
const FOLLOWS: &[&str] = &[
    "JOIN",
    "LEFT",
    "RIGHT",
    "FULL",
    "INNER",
    "OUTER",
    "CROSS",
    "NATURAL",
    "ON",
    "USING",
    "SET",
    "RETURNING",
    "INDEXED",
    "NOT",
    "FOR",
    "LOCK",
    "VALUES",
    "SELECT",
    "DEFAULT",
];

#[cfg(test)]
mod tests {
    use super::{super::lexer::lex, *};

    #[test]
    fn tables_are_told_from_columns_and_what_with_defines() {
        let told = |text: &str| {
            let tokens = lex(text).unwrap();
            let table = |table: Table| match table.alias {
                Some(alias) => format!("{}={alias}", table.name),
                None => table.name,
            };
            tables(&tokens).into_iter().map(table).collect::<Vec<_>>().join(" ")
        };
        let places = |text: &str| {
            let tokens = lex(text).unwrap();
            let named = places(&tokens).into_iter();
            let told = named.map(|place| format!("{}={:?}", place.names.join("."), place.alias));
            told.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            places(
                "with c as (select 1 from a.b) select a.b.c from a . \"b\".c, d.e.f x, c, g(1), h.i"
            ),
            "a.b=None a.b.c=None d.e.f=Some(\"x\") c=None h.i=None"
        );
        for (text, expected) in [
            ("select a, b from v", "v"),
            (
                "select v from aws.iam.users, v x, \"W w\" as y where v in (select z from z)",
                "v=x W w=y z",
            ),
            (
                "select 1 from a join b on a.x = b.y left join c using (x), d order by a, e",
                "a b c d",
            ),
            ("select 1 from (a join (b cross join c)) where x in (d, e)", "a b c"),
            ("select 1 from (select a, f(b, c) from d group by g, h) i, json_each(j) k, l", "d l"),
            (
                "with recursive a(n) as (select n from a, b), c as not materialized (select 1) \
              select * from a, c, d",
                "b d",
            ),
            ("select a is distinct from b, c from d union select e, f from g", "d g"),
            ("insert into t select x, y from u returning z, t", "u"),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
    }
}
