//! The kinds of a statement's parameters, as far as what stands right beside them tells.
//!
//! Only what is sure is told: a member that a parameter is given to or compared with, and the
//! number of rows. All others are text.

use vmfa_iam::SqlVerb;
use vmfa_model::Member;

use super::{members, method_of, methods};
use crate::{
    catalog::{Method, catalog},
    language::{Exec, Kind, Statement, Token, parse, parts, places},
    sink::Type,
    spelling::means,
    value::declared,
};

/// The kinds of so many parameters, the first first.
pub(super) fn kinds(statement: &Statement<'_>, tokens: &[Token<'_>], count: usize) -> Vec<Type> {
    let mut found: Vec<Option<Type>> = vec![None; count];
    if count > 0 {
        let said: Vec<&Token<'_>> = tokens.iter().filter(|token| !token.is_blank()).collect();
        let known = known(statement, tokens);
        for (at, token) in said.iter().enumerate().filter(|(_, token)| token.parameter > 0) {
            note(&mut found, token, beside(&said, at, &known));
        }
        if let Statement::Insert { columns, rows, .. } = statement {
            for row in rows_of(rows) {
                for (name, value) in columns.iter().zip(row) {
                    let mut value = value.iter().filter(|token| !token.is_blank());
                    if let (Some(only), None) = (value.next(), value.next()) {
                        note(&mut found, only, of(name, &known));
                    }
                }
            }
        }
    }
    found.into_iter().map(|kind| kind.unwrap_or(Type::Text)).collect()
}

/// Notes the kind of a parameter. One that is told twice is text, unless both are the same.
fn note(found: &mut [Option<Type>], token: &Token<'_>, kind: Option<Type>) {
    let place = token.parameter.checked_sub(1).and_then(|at| found.get_mut(at));
    if let (Some(place), Some(kind)) = (place, kind) {
        *place = Some(if place.is_none_or(|before| before == kind) { kind } else { Type::Text });
    }
}

/// The members that a statement can name.
fn known(statement: &Statement<'_>, tokens: &[Token<'_>]) -> Vec<&'static Member> {
    let mut known = match statement {
        Statement::Explain(inner) => {
            return parse(inner).map_or(Vec::new(), |it| self::known(&it, inner));
        }
        Statement::Insert { path, .. } => methods(path, SqlVerb::Insert).unwrap_or_default(),
        Statement::Change { verb, path, .. } => methods(path, *verb).unwrap_or_default(),
        Statement::Exec(Exec { path, method, .. }) => method_of(path, method).into_iter().collect(),
        _ => Vec::new(),
    };
    let named = places(tokens).into_iter().filter_map(|place| {
        let [provider, service, resource] = <[String; 3]>::try_from(place.names).ok()?;
        catalog().find([&provider, &service, &resource]).ok()
    });
    let queried = named.filter_map(|resource| resource.methods(SqlVerb::Select).ok()).flatten();
    known.extend(queried);
    let mut all = members(&known, Method::parameters);
    all.extend(members(&known, Method::columns));
    all
}

fn of(name: &str, known: &[&'static Member]) -> Option<Type> {
    let member = known.iter().find(|member| means(name, member.name))?;
    Some(Type::declared(Some(declared(&member.shape))))
}

/// The kind of what stands beside a parameter.
fn beside(said: &[&Token<'_>], at: usize, known: &[&'static Member]) -> Option<Type> {
    let token = |at: Option<usize>| at.and_then(|at| said.get(at)).copied();
    let mut before = at.checked_sub(1);
    if token(before).is_some_and(|token| token.is_one_of(&["LIMIT", "OFFSET"])) {
        return Some(Type::Integer);
    }
    // Out of `IN (…)`, and from the second of `BETWEEN … AND …` to the first.
    while token(before).is_some_and(is_of_list) {
        before = before.and_then(|at| at.checked_sub(1));
    }
    let listed = token(before).is_some_and(|token| token.is_symbol("("))
        && token(before.and_then(|at| at.checked_sub(1))).is_some_and(|token| token.is("IN"));
    if listed {
        before = before.and_then(|at| at.checked_sub(1));
    } else {
        before = at.checked_sub(1);
        let third = at.checked_sub(3);
        if token(third).is_some_and(|token| token.is("BETWEEN"))
            && token(before).is_some_and(|token| token.is("AND"))
        {
            before = third;
        }
    }
    let mut signs = 0_usize;
    while token(before).is_some_and(is_sign) {
        before = before.and_then(|at| at.checked_sub(1));
        signs = signs.saturating_add(1);
    }
    if signs > 0 {
        return name(token(before)?).and_then(|name| of(&name, known));
    }
    let mut after = at.saturating_add(1);
    let start = after;
    while said.get(after).is_some_and(|token| is_sign(token)) {
        after = after.saturating_add(1);
    }
    // Past the table that the member is of.
    while said.get(after.saturating_add(1)).is_some_and(|token| token.is_symbol(".")) {
        after = after.saturating_add(2);
    }
    let name = said.get(after).filter(|_| after > start).and_then(|token| name(token));
    name.and_then(|name| of(&name, known))
}

fn name(token: &Token<'_>) -> Option<String> {
    match token.kind {
        Kind::Variable => Some(token.text.trim_start_matches('@').to_owned()),
        _ => token.name(),
    }
}

/// Whether it is part of a list of values.
fn is_of_list(token: &Token<'_>) -> bool {
    token.is_symbol(",") || matches!(token.kind, Kind::Parameter | Kind::Text | Kind::Number)
}

/// Part of a comparison.
fn is_sign(token: &Token<'_>) -> bool {
    let symbol = matches!(token.text, "=" | "<" | ">" | "!" | "<=>") && token.kind == Kind::Symbol;
    symbol || token.is_one_of(&["IS", "NOT", "IN", "BETWEEN"])
}

/// The values of each row of `VALUES`, or of the one row that `SELECT` without tables gives.
fn rows_of<'t, 'q>(rows: &'t [Token<'q>]) -> Vec<Vec<&'t [Token<'q>]>> {
    let Some(first) = rows.iter().position(|token| !token.is_blank()) else { return Vec::new() };
    let (word, rest) = (rows.get(first), rows.get(first.saturating_add(1)..).unwrap_or_default());
    if word.is_some_and(|word| word.is("SELECT")) {
        let end = rest.iter().position(|token| token.is("FROM") || token.is("WHERE"));
        return vec![parts(rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()).collect()];
    }
    let inner = |row: &'t [Token<'q>]| {
        let open = row.iter().position(|token| token.is_symbol("("))?.saturating_add(1);
        let close = row.iter().rposition(|token| token.is_symbol(")"))?;
        Some(parts(row.get(open..close)?).collect())
    };
    parts(rest).filter_map(inner).collect()
}
