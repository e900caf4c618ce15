//! Guesses what the expressions of a query's result hold, where SQLite does not say: it knows the
//! types of columns, and none of what is computed.
//!
//! Only what always has one kind is guessed; NULL aside.

use super::lexer::{CLAUSES, Kind, Token};
use crate::sink::Type;

/// The kinds of a query's columns, one for each expression; nothing where `*` stands for several
/// or where it is no query.
pub(crate) fn kinds(query: &[Token<'_>]) -> Vec<Type> {
    let said: Vec<&Token<'_>> = query.iter().filter(|token| !token.is_blank()).collect();
    let mut depth = 0_usize;
    let mut columns: Option<Vec<Vec<&Token<'_>>>> = None;
    for token in said {
        if token.is_symbol(")") {
            depth = depth.saturating_sub(1);
        }
        let ends = depth == 0 && (token.is("FROM") || token.is_one_of(CLAUSES));
        match &mut columns {
            None if depth == 0 && token.is("SELECT") => columns = Some(vec![Vec::new()]),
            Some(_) if ends => break,
            Some(columns) if depth == 0 && token.is_symbol(",") => columns.push(Vec::new()),
            Some(columns) => columns.last_mut().into_iter().for_each(|column| column.push(token)),
            None => {}
        }
        if token.is_symbol("(") {
            depth = depth.saturating_add(1);
        }
    }
    let columns = columns.unwrap_or_default();
    let star = |column: &Vec<&Token<'_>>| column.last().is_some_and(|token| token.is_symbol("*"));
    if columns.iter().any(star) {
        return Vec::new();
    }
    columns.iter().map(|column| kind(column)).collect()
}

/// The kind of an expression, with or without an alias.
fn kind(column: &[&Token<'_>]) -> Type {
    let column = match column {
        [first, rest @ ..] if first.is("DISTINCT") || first.is("ALL") => rest,
        column => column,
    };
    match column {
        [value] | [value, _] => literal(value),
        [value, word, _] if word.is("AS") => literal(value),
        [name, open, rest @ ..] if open.is_symbol("(") && is_whole(rest) => {
            let cast = rest.windows(3).find_map(|three| match three {
                [word, kind, close] if word.is("AS") && close.is_symbol(")") => Some(kind.text),
                _ => None,
            });
            if name.is("CAST") {
                return Type::declared(cast);
            }
            let known = KINDS.iter().find(|(names, _)| names.iter().any(|known| name.is(known)));
            known.map_or(Type::Any, |(_, kind)| *kind)
        }
        _ => Type::Any,
    }
}

fn literal(token: &Token<'_>) -> Type {
    match token.kind {
        Kind::Text => Type::Text,
        Kind::Number if token.text.contains(['.', 'e', 'E']) => Type::Real,
        Kind::Number => Type::Integer,
        _ => Type::Any,
    }
}

/// Whether what follows an opening parenthesis is closed at its end, but for a window and an alias.
fn is_whole(rest: &[&Token<'_>]) -> bool {
    let mut depth = 1_usize;
    let close = rest.iter().position(|token| {
        if token.is_symbol("(") {
            depth = depth.saturating_add(1);
        } else if token.is_symbol(")") {
            depth = depth.saturating_sub(1);
        }
        depth == 0
    });
    let after = close.and_then(|at| rest.get(at.saturating_add(1)..)).unwrap_or_default();
    match after {
        [] | [_] => true,
        [word, _] => word.is("AS") || word.is("OVER"),
        [word, .., last] => {
            (word.is("OVER") || word.is("FILTER")) && (last.is_symbol(")") || last.name().is_some())
        }
    }
}

/// What functions give.
const KINDS: &[(&[&str], Type)] = &[
    (
        &[
            "count",
            "length",
            "row_number",
            "rank",
            "dense_rank",
            "ntile",
            "instr",
            "unicode",
            "json_array_length",
            "json_valid",
            "json_equal",
            "aws_policy_equal",
            "regexp_like",
            "unixepoch",
            "sign",
            "exists",
            "octet_length",
        ],
        Type::Integer,
    ),
    (&["avg", "total", "percent_rank", "cume_dist", "julianday", "round"], Type::Real),
    (
        &[
            "lower",
            "upper",
            "substr",
            "substring",
            "trim",
            "ltrim",
            "rtrim",
            "replace",
            "printf",
            "format",
            "hex",
            "quote",
            "typeof",
            "group_concat",
            "string_agg",
            "date",
            "time",
            "datetime",
            "strftime",
            "split_part",
            "regexp_replace",
            "regexp_substr",
            "concat",
            "char",
        ],
        Type::Text,
    ),
    (
        &[
            "json",
            "json_object",
            "json_array",
            "json_group_array",
            "json_group_object",
            "json_set",
            "json_insert",
            "json_replace",
            "json_remove",
            "json_patch",
        ],
        Type::Json,
    ),
];

#[cfg(test)]
mod tests {
    use super::{super::lexer::lex, *};

    #[test]
    fn kinds_are_told_where_they_are_sure() {
        let told = |query: &str| format!("{:?}", kinds(&lex(query).unwrap()));
        for (query, expected) in [
            (
                "select count(*), 'a' as b, 1 c, 1.5, x, sum(y)",
                "[Integer, Text, Integer, Real, Any, Any]",
            ),
            ("with q as (select 1, 2) select length(a) + 1, upper(a) u from q", "[Any, Text]"),
            ("select row_number() over (order by a) as n, avg(b) over w from t", "[Integer, Real]"),
            (
                "select cast(a as integer), cast(b as text) as c, json_object('a', 1)",
                "[Integer, Text, Json]",
            ),
            (
                "select distinct count(a) filter (where b) as n, (select 1), -1",
                "[Integer, Any, Any]",
            ),
            ("select *, count(*) from t", "[]"),
            ("select t.*, 1 from t", "[]"),
            ("values (1)", "[]"),
        ] {
            assert_eq!(told(query), expected, "{query}");
        }
    }
}
