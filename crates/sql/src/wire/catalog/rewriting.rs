//! Queries on the catalogue, from PostgreSQL's spelling to SQLite's: casts to names and identifiers,
//! operators on patterns, arrays, which are JSON here, functions without brackets.
//!
//! What clients send was tried; what none sends stays as it is, and is refused by SQLite.

mod series;
mod values;

use self::{series::series, values::values};
use super::super::{
    dialect::{
        Plain, casts,
        lists::{any, arrays, subscripts},
        operand, plain_type,
    },
    lexer::{Kind, Token},
};

/// Writes a query for SQLite.
pub(super) fn write(tokens: &[Token]) -> String {
    let tokens = without_schemas(&operators(spoken(plain_casts(values(tokens)))));
    let tokens = arrays(tokens);
    let tokens = casts(tokens, &cast);
    let tokens = any(fields(subscripts(series(tokens))));
    let mut sql = String::new();
    for token in &tokens {
        match token.kind {
            Kind::Text => {
                sql.push('\'');
                sql.push_str(&token.text.replace('\'', "''"));
                sql.push('\'');
            }
            Kind::Blank | Kind::Hint => sql.push(' '),
            Kind::Parameter => sql.push_str(&token.text.replace('$', "?")),
            Kind::Word if BARE.iter().any(|word| token.is(word)) => {
                sql.push_str(&token.text);
                sql.push_str("()");
            }
            _ => sql.push_str(&token.text),
        }
    }
    sql
}

/// `CAST(operand AS type)` as `operand::type`, whose types are PostgreSQL's.
fn plain_casts(tokens: Vec<Token>) -> Vec<Token> {
    let mut done = tokens;
    let mut from = 0;
    while let Some(at) = done.iter().skip(from).position(|token| token.is("CAST")) {
        let at = at.saturating_add(from);
        from = at.saturating_add(1);
        let (mut depth, mut cut) = (0_usize, None);
        let end = done.iter().enumerate().skip(from).find(|(at, token)| {
            if token.is_symbol("(") {
                depth = depth.saturating_add(1);
            } else if token.is_symbol(")") {
                depth = depth.saturating_sub(1);
            } else if depth == 1 && token.is("AS") {
                cut = Some(*at);
            }
            depth == 0
        });
        let (Some(end), Some(cut)) = (end.map(|(at, _)| at), cut) else { continue };
        let mut written: Vec<Token> = done.get(from..cut).unwrap_or_default().to_vec();
        written.push(Token::new(Kind::Symbol, ")"));
        written.push(Token::new(Kind::Symbol, "::"));
        written.extend(done.get(cut.saturating_add(1)..end).unwrap_or_default().iter().cloned());
        done.splice(at..=end, written);
        from = at;
    }
    done
}

/// Arguments with words between them, as in `substring(x FROM 1 FOR 2)`, with commas.
fn spoken(tokens: Vec<Token>) -> Vec<Token> {
    let mut done: Vec<Token> = Vec::with_capacity(tokens.len());
    // Which of them each bracket that is open belongs to.
    let mut open: Vec<&'static str> = Vec::new();
    for token in tokens {
        let last = done.iter().rfind(|token| !token.is_blank());
        let function = last.and_then(|last| SPOKEN.iter().find(|word| last.is(word)));
        let within = open.last().copied().unwrap_or_default();
        if token.is_symbol("(") {
            open.push(function.copied().unwrap_or_default());
        } else if token.is_symbol(")") {
            open.pop();
        } else if within == "trim" && ["BOTH", "LEADING", "TRAILING"].iter().any(|w| token.is(w)) {
            // Its arguments come the other way round.
            if let Some(name) = done.iter_mut().rfind(|token| token.is("trim")) {
                *name = Token::new(Kind::Word, "trim_from");
            }
            continue;
        } else if (matches!(within, "trim" | "substring") && token.is("FROM"))
            || (within == "substring" && token.is("FOR"))
            || (within == "position" && token.is("IN"))
        {
            done.push(Token::new(Kind::Symbol, ","));
            continue;
        }
        done.push(token);
    }
    done
}

/// `(composite).field`. Nothing that is there has any.
fn fields(tokens: Vec<Token>) -> Vec<Token> {
    let mut done: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        let after = done.last().is_some_and(|last: &Token| last.is_symbol(")"));
        let field = rest.peek().and_then(Token::name).filter(|_| after && token.is_symbol("."));
        let Some(field) = field else {
            done.push(token);
            continue;
        };
        rest.next();
        let start = operand(&done);
        done.insert(start, Token::new(Kind::Symbol, "field("));
        done.push(Token::new(Kind::Symbol, ","));
        done.push(Token::new(Kind::Text, field));
        done.push(Token::new(Kind::Symbol, ")"));
    }
    done
}

/// What goes around the operand of a cast.
fn cast(name: &str, array: bool) -> Option<(String, String)> {
    let around = |before: &str, after: &str| Some((before.to_owned(), after.to_owned()));
    if array {
        return around("cast_array(", ")");
    }
    match name {
        "regclass" | "regtype" | "regproc" | "regprocedure" | "regnamespace" | "regrole"
        | "regoper" | "regoperator" => around(&format!("cast_{name}("), ")"),
        _ => match plain_type(name) {
            Plain::Text => around("CAST(", " AS TEXT)"),
            Plain::Integer => around("CAST(", " AS INTEGER)"),
            Plain::Real => around("CAST(", " AS REAL)"),
            Plain::Other => None,
        },
    }
}

/// Operators on patterns, and words that SQLite has not.
fn operators(tokens: Vec<Token>) -> Vec<Token> {
    let mut done: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        if token.is("OPERATOR") {
            // OPERATOR ( pg_catalog . ~ )
            let within: Vec<Token> =
                rest.by_ref().take_while(|token| !token.is_symbol(")")).collect();
            let operator = within.into_iter().rfind(|token| !token.is_blank());
            done.extend(operator.map(operator_of));
            continue;
        }
        if token.is("COLLATE") {
            let mut skip = || {
                while rest.next_if(Token::is_blank).is_some() {}
                rest.next();
            };
            skip();
            while rest.peek().is_some_and(|token| token.is_symbol(".")) {
                rest.next();
                rest.next();
            }
            continue;
        }
        if token.is("LATERAL") || token.is("ONLY") {
            continue;
        }
        done.push(operator_of(token));
    }
    done
}

fn operator_of(token: Token) -> Token {
    let written = match (token.kind, token.text.as_str()) {
        (Kind::Symbol, "~") => " REGEXP ",
        (Kind::Symbol, "!~") => " NOT REGEXP ",
        (Kind::Symbol, "~*") => " REGEXP '(?i)' || ",
        (Kind::Symbol, "!~*") => " NOT REGEXP '(?i)' || ",
        (Kind::Symbol, "~~" | "~~*") => " LIKE ",
        (Kind::Symbol, "!~~" | "!~~*") => " NOT LIKE ",
        (Kind::Word, word) if word.eq_ignore_ascii_case("ILIKE") => "LIKE",
        _ => return token,
    };
    Token::new(Kind::Symbol, written)
}

/// Functions without the schema before them, and functions that give tables as tables.
fn without_schemas(tokens: &[Token]) -> Vec<Token> {
    let mut done: Vec<Token> = Vec::with_capacity(tokens.len());
    for (at, token) in tokens.iter().enumerate() {
        let mut after = tokens.iter().skip(at.saturating_add(1)).filter(|token| !token.is_blank());
        let called = after.next().is_some_and(|next| next.is_symbol("("));
        let name = token.name().map(|name| name.to_ascii_lowercase());
        if called && name.as_deref().is_some_and(|name| !KEYWORDS.contains(&name)) {
            done.push(token.clone());
            let start = operand(&done);
            done.pop();
            if start < done.len()
                && done.get(start).is_some_and(|first| {
                    first.name().is_some_and(|name| {
                        name.eq_ignore_ascii_case("pg_catalog")
                            || name.eq_ignore_ascii_case("information_schema")
                    })
                })
            {
                done.truncate(start);
            }
        }
        match name.as_deref() {
            Some("array_agg") if called => done.push(Token::new(Kind::Word, "json_group_array")),
            Some("bool_and") if called => done.push(Token::new(Kind::Word, "min")),
            Some("bool_or") if called => done.push(Token::new(Kind::Word, "max")),
            Some("json_build_object") if called => done.push(Token::new(Kind::Word, "json_object")),
            _ => done.push(token.clone()),
        }
        // `pg_get_keywords()` is a table here.
        if token.is_symbol(")")
            && let [.., name, open, _] = done.as_slice()
            && open.is_symbol("(")
            && name.is("pg_get_keywords")
        {
            done.truncate(done.len().saturating_sub(2));
        }
    }
    done
}

/// Functions that are written without brackets.
pub(super) const BARE: &[&str] =
    &["current_user", "session_user", "current_catalog", "current_role"];

/// Functions with words between their arguments.
const SPOKEN: &[&str] = &["substring", "trim", "position"];

/// Words before a bracket that are no functions.
const KEYWORDS: &[&str] = &["in", "and", "or", "not", "where", "on", "as", "from", "select", "any"];

#[cfg(test)]
mod tests {
    use super::{super::super::lexer::lex, *};

    fn written(sql: &str) -> String {
        let text = lex(sql).map(|tokens| write(&tokens)).unwrap_or_default();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn queries_of_psql_are_sqlites() {
        assert_eq!(
            written(
                "SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relname OPERATOR(pg_catalog.~) \
                     '^(x)$' COLLATE pg_catalog.default AND pg_catalog.pg_table_is_visible(c.oid)"
            ),
            "SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relname REGEXP '^(x)$' AND \
             pg_table_is_visible(c.oid)"
        );
        assert_eq!(
            written("SELECT c.oid::pg_catalog.regclass, 'a'::regclass::oid"),
            "SELECT cast_regclass(c.oid) , CAST(cast_regclass('a') AS INTEGER)"
        );
        assert_eq!(
            written("c.relkind = ANY (ARRAY['r', 'v']) and x <> all(y) or d = any(select 1)"),
            "c.relkind IN (SELECT value FROM json_each(json_array('r', 'v'))) and x \
             NOT IN (SELECT value FROM json_each(y)) or d IN (select 1)"
        );
        assert_eq!(
            written("select x from (values ('a', 1::oid)) t(x, \"Y\") join (values (1)) u on 1"),
            "select x from (SELECT column1 AS \"x\", column2 AS \"Y\" FROM (values ('a', CAST(1 AS \
             INTEGER) ))) \"t\" join (values (1)) u on 1"
        );
        assert_eq!(
            written("array_to_string(array(select a from b), ',')"),
            "array_to_string((WITH of_array(value) AS (select a from b) SELECT \
             json_group_array(value) FROM of_array), ',')"
        );
        assert_eq!(written("conkey[1], $1::text[]"), "subscript(conkey,1), cast_array(?1)");
        assert_eq!(written("current_user || $1"), "current_user() || ?1");
    }
}
