//! Values that a view's condition gives to parameters, and predicates of a statement that take
//! their place.
//!
//! Only the plain forms are read: `name = value` and `name IN (…)`, joined by `AND`.

use std::ops::Range;

use vmfa_iam::SqlVerb;

use crate::{
    catalog::{Method, catalog},
    given::REGION,
    language::{Edits, Kind, Table, Token, for_sqlite},
    spelling::means,
};

/// A value that a view gives to a parameter.
pub(super) struct Default {
    pub(super) member: &'static str,
    /// The tokens of the condition.
    tokens: Range<usize>,
}

/// The values that a query gives to parameters of the resources that it names.
pub(super) fn defaults(query: &[Token<'_>]) -> Vec<Default> {
    let members = parameters(query);
    let Some(condition) = condition(query) else { return Vec::new() };
    let mut found = Vec::new();
    let mut start = condition.start;
    let mut depth = 0_usize;
    for at in condition.clone() {
        let Some(token) = query.get(at) else { break };
        depth = deeper(depth, token);
        if depth == 0 && token.is("OR") {
            return Vec::new();
        }
        if depth == 0 && token.is("AND") {
            found.extend(conjunct(query, start..at, &members));
            start = at.saturating_add(1);
        }
    }
    found.extend(conjunct(query, start..condition.end, &members));
    found
}

/// Those of the members on which the statement has a predicate of its own, for that table.
pub(super) fn outer(
    tokens: &[Token<'_>],
    table: &Table,
    members: &[&'static str],
) -> Vec<&'static str> {
    let called = table.alias.as_ref().unwrap_or(&table.name);
    let said: Vec<&Token<'_>> =
        tokens.iter().skip(table.at).filter(|token| !token.is_blank()).collect();
    let mut found = Vec::new();
    for (at, token) in said.iter().enumerate() {
        let next = |by: usize| said.get(at.saturating_add(by)).copied();
        let before = |by: usize| said.get(at.checked_sub(by)?).copied();
        let Some(name) = token.name() else { continue };
        let Some(member) = members.iter().find(|member| means(&name, member)) else { continue };
        let ours = match before(1) {
            Some(dot) if dot.is_symbol(".") => before(2)
                .and_then(Token::name)
                .is_some_and(|table| table.eq_ignore_ascii_case(called)),
            _ => true,
        };
        let given = match next(1) {
            Some(sign) if sign.is_symbol("=") => next(2).is_some_and(is_value),
            Some(word) => word.is("IN"),
            None => false,
        };
        if ours && given && !found.contains(member) {
            found.push(*member);
        }
    }
    found
}

/// The query without the values for these members.
pub(super) fn without<'q>(
    query: &[Token<'q>],
    defaults: &[Default],
    members: &[&'static str],
) -> Vec<Token<'q>> {
    let mut kept = Vec::with_capacity(query.len());
    for (at, token) in query.iter().enumerate() {
        let gone = defaults
            .iter()
            .find(|default| default.tokens.contains(&at) && members.contains(&default.member));
        match gone {
            None => kept.push(*token),
            Some(default) if default.tokens.start == at => {
                kept.push(Token { kind: Kind::Space, text: " ", ..*token });
                kept.push(Token { kind: Kind::Number, text: "1", ..*token });
                kept.push(Token { kind: Kind::Space, text: " ", ..*token });
            }
            Some(_) => {}
        }
    }
    kept
}

/// The parameters of the resources that a query names, and the region.
fn parameters(query: &[Token<'_>]) -> Vec<&'static str> {
    let mut members = vec![REGION];
    let resources =
        for_sqlite(query, &Edits::default()).map(|text| text.resources).unwrap_or_default();
    for name in resources.iter().map(|mention| mention.resource.name) {
        let found = catalog().resources().iter().filter(|resource| resource.name == name);
        let methods = found.flat_map(|resource| &resource.methods);
        let selects = methods.filter(|method| method.verb == SqlVerb::Select);
        members.extend(selects.flat_map(Method::parameters).map(|member| member.name));
    }
    members
}

/// The tokens of a query's `WHERE`, where it is one query and has one.
fn condition(query: &[Token<'_>]) -> Option<Range<usize>> {
    let (mut depth, mut start, mut end) = (0_usize, None, query.len());
    for (at, token) in query.iter().enumerate() {
        depth = deeper(depth, token);
        let is = |words: &[&str]| depth == 0 && words.iter().any(|word| token.is(word));
        if is(&["UNION", "EXCEPT", "INTERSECT"]) {
            return None;
        }
        if is(&["WHERE"]) && start.is_none() {
            start = Some(at.saturating_add(1));
        }
        if start.is_some() && is(&["GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT"]) {
            end = end.min(at);
        }
    }
    start.map(|start| start..end)
}

/// The value that one condition gives.
fn conjunct(
    query: &[Token<'_>],
    tokens: Range<usize>,
    members: &[&'static str],
) -> Option<Default> {
    let said: Vec<&Token<'_>> =
        query.get(tokens.clone())?.iter().filter(|token| !token.is_blank()).collect();
    let (name, rest) = match said.as_slice() {
        [_, dot, name, rest @ ..] if dot.is_symbol(".") => (name, rest),
        [name, rest @ ..] => (name, rest),
        [] => return None,
    };
    let plain = match rest {
        [sign, value] => sign.is_symbol("=") && is_value(value),
        [word, open, .., _] => word.is("IN") && open.is_symbol("("),
        _ => false,
    };
    let name = name.name()?;
    let member = members.iter().find(|member| means(&name, member))?;
    plain.then_some(Default { member, tokens })
}

fn is_value(token: &Token<'_>) -> bool {
    matches!(token.kind, Kind::Text | Kind::Number | Kind::Bytes | Kind::Parameter)
        || token.is("TRUE")
        || token.is("FALSE")
}

fn deeper(depth: usize, token: &Token<'_>) -> usize {
    if token.is_symbol("(") {
        depth.saturating_add(1)
    } else if token.is_symbol(")") {
        depth.saturating_sub(1)
    } else {
        depth
    }
}
