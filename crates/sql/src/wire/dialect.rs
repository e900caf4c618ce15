//! From PostgreSQL's spelling to StackQL's: texts, casts and names of one part. And what both this
//! and queries on the catalogue need: a row of tokens in which an operand can be found.
//!
//! Not here: queries on the catalogue.

pub(super) mod lists;

use std::collections::HashSet;

use super::{
    arrays,
    lexer::{Kind, Token},
};
use crate::catalog::{PROVIDER, catalog};

/// Writes tokens as StackQL reads them. `own` tells the names of views and tables of the user's own.
pub(super) fn stackql(tokens: &[Token], own: &dyn Fn(&str) -> bool) -> String {
    let tokens = lists::arrays(literals(in_full(tokens, own)));
    let tokens = casts(tokens, &|kind, _| match plain_type(kind) {
        Plain::Text => Some(("CAST(".to_owned(), " AS TEXT)".to_owned())),
        Plain::Integer => Some(("CAST(".to_owned(), " AS INTEGER)".to_owned())),
        Plain::Real => Some(("CAST(".to_owned(), " AS REAL)".to_owned())),
        // Truth values, JSON and moments are what they are.
        Plain::Other => None,
    });
    let tokens = lists::any(tokens);
    let mut text = String::new();
    for token in &tokens {
        match token.kind {
            Kind::Text => {
                text.push('\'');
                text.push_str(&token.text.replace('\\', "\\\\").replace('\'', "''"));
                text.push('\'');
            }
            // Nested comments would end too early, and none says anything.
            Kind::Blank => text.push_str(if token.text.contains('\n') { "\n" } else { " " }),
            _ => text.push_str(&token.text),
        }
    }
    text
}

/// Writes arrays, `'{a,b}'::text[]`, as the lists that they are here.
fn literals(mut tokens: Vec<Token>) -> Vec<Token> {
    let mut after: Vec<(usize, Token)> = Vec::new();
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Text) {
        let rest = tokens.get(at.saturating_add(1)..).unwrap_or_default();
        let said: Vec<&Token> = rest.iter().filter(|token| !token.is_blank()).take(3).collect();
        if let [cast, _, open] = said.as_slice()
            && cast.is_symbol("::")
            && open.is_symbol("[")
            && let Ok(crate::Cell::Text(list)) =
                arrays::read(token.text.as_bytes(), arrays::TEXTS, false)
        {
            after.push((at, Token::new(Kind::Text, list)));
        }
    }
    for (at, list) in after {
        if let Some(token) = tokens.get_mut(at) {
            *token = list;
        }
    }
    tokens
}

/// Kinds of types that a cast of SQLite's tells apart.
pub(super) enum Plain {
    Text,
    Integer,
    Real,
    Other,
}

/// The kind of a type by its name.
pub(super) fn plain_type(name: &str) -> Plain {
    match name {
        "text" | "varchar" | "character" | "char" | "bpchar" | "name" | "unknown" | "citext" => {
            Plain::Text
        }
        "int" | "integer" | "int2" | "int4" | "int8" | "bigint" | "smallint" | "oid" | "xid" => {
            Plain::Integer
        }
        "float4" | "float8" | "real" | "double" | "numeric" | "decimal" => Plain::Real,
        _ => Plain::Other,
    }
}

/// Writes names of one part in full, where they are those of resources: after the words that tables
/// follow. What the user has by that name goes before.
fn in_full(tokens: &[Token], own: &dyn Fn(&str) -> bool) -> Vec<Token> {
    let mut whole: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut expected = false;
    let mut depths: Vec<bool> = Vec::new();
    // Whether a comma separates tables.
    let mut listing = false;
    let defined = defined(tokens);
    for (at, token) in tokens.iter().enumerate() {
        if token.is_blank() {
            whole.push(token.clone());
            continue;
        }
        let follows = tokens.get(at.saturating_add(1)..).unwrap_or_default();
        let next = follows.iter().find(|token| !token.is_blank());
        let alone = !next.is_some_and(|next| next.is_symbol("."));
        let called = next.is_some_and(|next| next.is_symbol("("));
        // With the provider before it, what is not there is refused by name.
        if expected && !alone && token.name().is_some_and(|name| catalog().is_service(&name)) {
            for part in [PROVIDER, "."] {
                whole.push(Token::new(Kind::Word, part));
            }
        }
        if expected
            && alone
            && let Some(name) = token.name()
            && !(called && listing)
            && !own(&name)
            && !defined.contains(&name.to_ascii_lowercase())
            && let Some(service) = home(&name)
        {
            for part in [PROVIDER, ".", service, "."] {
                whole.push(Token::new(Kind::Word, part));
            }
        }
        let before = expected;
        expected = false;
        let first = whole.iter().all(Token::is_blank);
        match token {
            token if token.is_symbol("(") => {
                depths.push(listing);
                (expected, listing) = (before, listing && before);
            }
            token if token.is_symbol(")") => listing = depths.pop().unwrap_or_default(),
            token if token.is_symbol(",") => expected = listing,
            token if token.is("FROM") || token.is("JOIN") => (expected, listing) = (true, true),
            token if token.is("INTO") || token.is("UPDATE") => expected = true,
            token if first && (token.is("DESCRIBE") || token.is("DESC")) => expected = true,
            token if ["LATERAL", "ONLY", "EXTENDED"].iter().any(|word| token.is(word)) => {
                expected = before;
            }
            token if ENDS.iter().any(|word| token.is(word)) => listing = false,
            _ => {}
        }
        whole.push(token.clone());
    }
    whole
}

/// The service that a resource is shown in.
pub(super) fn home(name: &str) -> Option<&'static str> {
    let mut resources = catalog().resources().iter();
    let resource = resources.find(|resource| resource.name.eq_ignore_ascii_case(name))?;
    resource.path.split('.').nth(1)
}

/// The names that `WITH` defines: those before `AS (` in a statement that begins so.
fn defined(tokens: &[Token]) -> HashSet<String> {
    let said: Vec<&Token> = tokens.iter().filter(|token| !token.is_blank()).collect();
    if !said.first().is_some_and(|first| first.is("WITH")) {
        return HashSet::new();
    }
    let named = said.windows(3).filter(|three| {
        matches!(three, [_, a, open] if a.is("AS") && (open.is_symbol("(") || open.is("MATERIALIZED")))
    });
    let named = named.filter_map(|three| three.first().and_then(|token| token.name()));
    // With columns between, the name stands before the bracket.
    let columned = said.windows(2).filter_map(|two| match two {
        [name, open] if open.is_symbol("(") => name.name(),
        _ => None,
    });
    named.chain(columned).map(|name| name.to_ascii_lowercase()).collect()
}

/// What goes before and after an operand that is cast to a type, or to an array of it.
type Around = dyn Fn(&str, bool) -> Option<(String, String)>;

/// Replaces `operand::type`. `write` gives what goes before and after the operand for a type, and
/// whether it is an array of that; `None` leaves the operand alone.
pub(super) fn casts(tokens: Vec<Token>, write: &Around) -> Vec<Token> {
    let mut done: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        if !token.is_symbol("::") {
            done.push(token);
            continue;
        }
        let mut skip = || while rest.next_if(Token::is_blank).is_some() {};
        skip();
        let mut name = rest.next().and_then(|token| token.name()).unwrap_or_default();
        loop {
            while rest.next_if(Token::is_blank).is_some() {}
            if rest.next_if(|token| token.is_symbol(".")).is_none() {
                break;
            }
            while rest.next_if(Token::is_blank).is_some() {}
            name = rest.next().and_then(|token| token.name()).unwrap_or_default();
        }
        let name = name.to_ascii_lowercase();
        let words: &[&str] = match name.as_str() {
            "double" => &["precision"],
            "character" | "bit" => &["varying"],
            "timestamp" | "time" => &["with", "without", "time", "zone"],
            _ => &[],
        };
        loop {
            while rest.next_if(Token::is_blank).is_some() {}
            if rest.next_if(|token| words.iter().any(|word| token.is(word))).is_none() {
                break;
            }
        }
        if rest.next_if(|token| token.is_symbol("(")).is_some() {
            for token in rest.by_ref() {
                if token.is_symbol(")") {
                    break;
                }
            }
        }
        let mut array = false;
        while rest.next_if(|token| token.is_symbol("[")).is_some() {
            array = true;
            for token in rest.by_ref() {
                if token.is_symbol("]") {
                    break;
                }
            }
        }
        if let Some((before, after)) = write(&name, array) {
            let start = operand(&done);
            done.insert(start, Token::new(Kind::Symbol, before));
            done.push(Token::new(Kind::Symbol, after));
        }
        // What was eaten as a blank.
        done.push(Token::new(Kind::Blank, " "));
    }
    done
}

/// Where the operand begins with which tokens end.
pub(super) fn operand(tokens: &[Token]) -> usize {
    let Some(end) = tokens.iter().rposition(|token| !token.is_blank()) else { return 0 };
    let Some(last) = tokens.get(end) else { return 0 };
    let before = |at: usize| {
        let at = tokens.get(..at)?.iter().rposition(|token| !token.is_blank())?;
        tokens.get(at).map(|token| (at, token))
    };
    let mut start = match last {
        last if last.is_symbol(")") || last.is_symbol("]") => {
            let mut depth = 0_usize;
            let open = tokens.get(..=end).unwrap_or_default().iter().rposition(|token| {
                if token.is_symbol(")") || token.is_symbol("]") || token.text.starts_with(" AS ") {
                    depth = depth.saturating_add(1);
                } else if token.kind == Kind::Symbol && token.text.ends_with(['(', '[']) {
                    depth = depth.saturating_sub(1);
                }
                depth == 0
            });
            let open = open.unwrap_or(0);
            match before(open) {
                Some((at, token)) if token.is("ARRAY") => return at,
                Some((at, token)) if token.name().is_some() && !is_keyword(token) => at,
                Some((_, token))
                    if tokens.get(open).is_some_and(|o| o.is_symbol("["))
                        && (token.is_symbol(")") || token.is_symbol("]")) =>
                {
                    return operand(tokens.get(..open).unwrap_or_default());
                }
                _ => return open,
            }
        }
        // A cast of ours, which ends with its type.
        last if last.kind == Kind::Symbol && last.text.ends_with(')') => {
            let mut depth = 0_usize;
            let open = tokens.get(..=end).unwrap_or_default().iter().rposition(|token| {
                if token.kind == Kind::Symbol && token.text.ends_with(')') {
                    depth = depth.saturating_add(1);
                } else if token.kind == Kind::Symbol && token.text.ends_with('(') {
                    depth = depth.saturating_sub(1);
                }
                depth == 0
            });
            return open.unwrap_or(0);
        }
        last if last.is("END") => {
            let mut depth = 0_usize;
            let case = tokens.get(..=end).unwrap_or_default().iter().rposition(|token| {
                if token.is("END") {
                    depth = depth.saturating_add(1);
                } else if token.is("CASE") {
                    depth = depth.saturating_sub(1);
                }
                depth == 0
            });
            return case.unwrap_or(0);
        }
        _ => end,
    };
    while let Some((dot, token)) = before(start)
        && token.is_symbol(".")
        && let Some((at, _)) = before(dot)
    {
        start = at;
    }
    start
}

fn is_keyword(token: &Token) -> bool {
    const WORDS: &[&str] = &[
        "AND",
        "OR",
        "NOT",
        "IN",
        "ANY",
        "ALL",
        "SOME",
        "SELECT",
        "WHERE",
        "WHEN",
        "THEN",
        "ELSE",
        "ON",
        "AS",
        "FROM",
        "VALUES",
        "BY",
        "HAVING",
        "EXISTS",
        "LIKE",
        "RETURNING",
        "SET",
    ];
    WORDS.iter().any(|word| token.is(word))
}

/// Words after which a comma separates no tables.
const ENDS: &[&str] = &[
    "SELECT",
    "WHERE",
    "GROUP",
    "ORDER",
    "HAVING",
    "LIMIT",
    "UNION",
    "INTERSECT",
    "EXCEPT",
    "SET",
    "VALUES",
    "RETURNING",
    "WINDOW",
    "ON",
    "USING",
];

#[cfg(test)]
mod tests {
    use super::{super::lexer::lex, *};

    fn written(sql: &str) -> String {
        match lex(sql) {
            Ok(tokens) => stackql(&tokens, &|name| name == "users"),
            Err(report) => format!("{report:?}"),
        }
    }

    #[test]
    fn texts_are_quoted_anew() {
        assert_eq!(written(r"select 'a\', E'\'', $$'$$"), r"select 'a\\', '''', ''''");
        assert_eq!(
            written("select 1 /* a /* b */ */ + /*+ AWAIT */ 2"),
            "select 1   + /*+ AWAIT */ 2"
        );
    }

    #[test]
    fn casts_are_those_of_sqlite() {
        assert_eq!(
            written("select $1::VARCHAR, a.b :: int4"),
            "select CAST($1 AS TEXT) , CAST(a.b  AS INTEGER) "
        );
        assert_eq!(written("f(a, (b))::text||'x'"), "CAST(f(a, (b)) AS TEXT) ||'x'");
        assert_eq!(written("'1'::int::text"), "CAST(CAST('1' AS INTEGER)  AS TEXT) ");
        assert_eq!(
            written("a = any($1) and b <> all('{x,\"y z\"}'::text[]) or c = any(array['d'])"),
            "a  IN (SELECT value FROM json_each($1)) and b  NOT IN (SELECT value FROM \
             json_each(CAST('[\"x\",\"y z\"]' AS TEXT) )) or c  IN (SELECT value FROM \
             json_each(json_array('d')))"
        );
        assert_eq!(written("now::timestamp with time zone, x::jsonb"), "now , x ");
    }

    #[test]
    fn names_of_resources_are_written_in_full() {
        assert_eq!(
            written("select UserName from mfa_devices m, users join \"virtual_mfa_devices\" v"),
            "select UserName from aws.iam_api.mfa_devices m, users join \
             aws.iam.\"virtual_mfa_devices\" v"
        );
        assert_eq!(
            written("insert into virtual_mfa_devices (mfa_devices) values (1)"),
            "insert into aws.iam.virtual_mfa_devices (mfa_devices) values (1)"
        );
        assert_eq!(
            written("with mfa_devices as (select 1) select * from mfa_devices"),
            "with mfa_devices as (select 1) select * from mfa_devices"
        );
    }
}
