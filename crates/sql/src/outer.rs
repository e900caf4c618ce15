//! What `WHERE` says of the parameters of a resource that is the right side of a `LEFT JOIN`.
//!
//! SQLite reads it as a filter of the joined rows: it would not tell it to the resource before it
//! is asked, and would drop the rows without a partner, whose right side is all NULL. But a
//! parameter of the request that is no column of the rows, such as `region`, can only be meant for
//! the request: it is moved into the join's `ON`. What is a column too, or is given by the `ON`
//! already, is said there once more, so that the resource is told; as a filter of rows it stays.
//!
//! Only the plain forms are read: `name = value` and `name IN (…)`, joined by `AND`.
//!
//! Not here: all other conditions, which are SQLite's.

use std::{borrow::Cow, ops::Range};

use vmfa_iam::SqlVerb;

use crate::{
    catalog::{Method, PROVIDER, Resource, catalog},
    given::REGION,
    language::{Kind, Token},
    spelling::means,
};

/// The tokens of a statement, with the parameters of outer joins where they belong.
pub(crate) fn placed<'t, 'q>(tokens: &'t [Token<'q>]) -> Cow<'t, [Token<'q>]> {
    if !tokens.iter().any(|token| token.is("LEFT")) {
        return Cow::Borrowed(tokens);
    }
    let mut edits = Edits::default();
    for (at, token) in tokens.iter().enumerate() {
        if token.is("SELECT") {
            select(tokens, at, &mut edits);
        }
    }
    let nothing = edits.said.is_empty() && edits.left.is_empty();
    if nothing { Cow::Borrowed(tokens) } else { Cow::Owned(edits.apply(tokens)) }
}

/// What is to be changed.
#[derive(Default)]
struct Edits {
    /// Conditions to be said, each in the `ON` that has these tokens.
    said: Vec<(Range<usize>, Range<usize>)>,
    /// Conditions that are to be left out.
    left: Vec<Range<usize>>,
}

impl Edits {
    fn apply<'q>(&self, tokens: &[Token<'q>]) -> Vec<Token<'q>> {
        let mut whole = Vec::with_capacity(tokens.len().saturating_mul(2));
        for (at, token) in tokens.iter().enumerate() {
            let word = |kind, text| Token { kind, text, ..*token };
            let space = word(Kind::Space, " ");
            if self.said.iter().any(|(on, _)| on.start == at) {
                whole.extend([space, word(Kind::Symbol, "(")]);
            }
            match self.left.iter().find(|left| left.contains(&at)) {
                Some(left) if left.start == at => {
                    whole.extend([space, word(Kind::Number, "1"), space]);
                }
                Some(_) => {}
                None => whole.push(*token),
            }
            let mut ends = self.said.iter().filter(|(on, _)| on.end == at.saturating_add(1));
            let mut next = ends.next();
            if next.is_some() {
                whole.push(word(Kind::Symbol, ")"));
            }
            while let Some((_, condition)) = next {
                whole.extend([space, word(Kind::Word, "AND"), space]);
                whole.extend(tokens.get(condition.clone()).unwrap_or_default());
                whole.push(space);
                next = ends.next();
            }
        }
        whole
    }
}

/// A table of a `FROM` clause.
struct Factor {
    /// What its columns are called by.
    called: Option<String>,
    resource: Option<&'static Resource>,
    /// The condition of the `LEFT JOIN` whose right side it is.
    on: Option<Range<usize>>,
    /// Whether it is the right side of a `LEFT JOIN`.
    optional: bool,
}

/// Looks at the query that begins there.
fn select(tokens: &[Token<'_>], at: usize, edits: &mut Edits) {
    let level = level(tokens, at);
    let place = |words: &[&str], from: usize| {
        let mut later = level.iter().copied().filter(|at| *at > from);
        later.find(|at| words.iter().any(|word| is(tokens, *at, word)))
    };
    let Some(mut from) = place(&["FROM"], at) else { return };
    while before(tokens, from).is_some_and(|token| token.is("DISTINCT")) {
        let Some(next) = place(&["FROM"], from) else { return };
        from = next;
    }
    let Some(filter) = place(&["WHERE"], from) else { return };
    let end = place(ENDS, filter).or_else(|| level.last().map(|last| last.saturating_add(1)));
    let filter = filter.saturating_add(1)..end.unwrap_or(tokens.len());
    let inner = |range: Range<usize>| level.iter().copied().filter(move |at| range.contains(at));
    let factors = factors(tokens, inner(from.saturating_add(1)..filter.start.saturating_sub(1)));
    if !factors.iter().any(|factor| factor.optional && factor.resource.is_some()) {
        return;
    }
    for condition in conditions(tokens, inner(filter.clone()), filter.end) {
        let Some((place, member)) = parameter(tokens, &condition, &factors) else { continue };
        let Some(factor) = factors.get(place) else { continue };
        let column = factor.resource.is_some_and(|resource| is_column(resource, member));
        let filters = column || factor.gives(tokens, member);
        match &factor.on {
            Some(on) => edits.said.push((on.clone(), condition.clone())),
            // It makes no difference.
            None if member == REGION => {}
            None => continue,
        }
        if !filters {
            edits.left.push(condition);
        }
    }
}

/// The tokens of a query that are in no parentheses of its own, blanks left out.
fn level(tokens: &[Token<'_>], at: usize) -> Vec<usize> {
    let (mut level, mut depth) = (Vec::new(), 0_usize);
    for (at, token) in tokens.iter().enumerate().skip(at) {
        if token.is_symbol(")") {
            let Some(less) = depth.checked_sub(1) else { break };
            depth = less;
        }
        if depth == 0 && (SETS.iter().any(|word| token.is(word)) || token.is_symbol(";")) {
            break;
        }
        if depth == 0 && !token.is_blank() {
            level.push(at);
        }
        if token.is_symbol("(") {
            depth = depth.saturating_add(1);
        }
    }
    level
}

/// The tables between `FROM` and `WHERE`.
fn factors(tokens: &[Token<'_>], clause: impl Iterator<Item = usize>) -> Vec<Factor> {
    let mut parts: Vec<Vec<usize>> = vec![Vec::new()];
    let mut sides = vec![false];
    let mut left = false;
    for at in clause {
        let comma = tokens.get(at).is_some_and(|token| token.is_symbol(","));
        if comma || is(tokens, at, "JOIN") {
            parts.push(Vec::new());
            sides.push(left);
            left = false;
        } else if SIDES.iter().any(|word| is(tokens, at, word)) {
            left |= is(tokens, at, "LEFT");
        } else if let Some(part) = parts.last_mut() {
            part.push(at);
        }
    }
    parts.iter().zip(sides).map(|(part, optional)| factor(tokens, part, optional)).collect()
}

fn factor(tokens: &[Token<'_>], part: &[usize], optional: bool) -> Factor {
    let joined = part.iter().position(|at| is(tokens, *at, "ON") || is(tokens, *at, "USING"));
    let (table, condition) = part.split_at(joined.unwrap_or(part.len()));
    let names: Vec<Option<String>> =
        table.iter().map(|at| tokens.get(*at).and_then(Token::name)).collect();
    let resource = match names.get(..5) {
        Some([Some(provider), None, Some(service), None, Some(resource)])
            if provider.eq_ignore_ascii_case(PROVIDER) =>
        {
            catalog().find([provider, service, resource]).ok()
        }
        _ => None,
    };
    let on = condition
        .split_first()
        .filter(|(at, _)| optional && is(tokens, **at, "ON"))
        .and_then(|(_, said)| Some(*said.first()?..said.last()?.saturating_add(1)));
    Factor { called: names.last().cloned().flatten(), resource, on, optional }
}

/// The conditions that `AND` joins. None where `OR` joins any.
fn conditions(
    tokens: &[Token<'_>],
    clause: impl Iterator<Item = usize>,
    end: usize,
) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut start, mut last): (Option<usize>, usize) = (None, end);
    let (mut between, mut cases) = (false, 0_usize);
    for at in clause {
        let is = |word| is(tokens, at, word);
        if is("OR") && cases == 0 {
            return Vec::new();
        }
        if is("CASE") {
            cases = cases.saturating_add(1);
        } else if is("END") {
            cases = cases.saturating_sub(1);
        } else if is("BETWEEN") {
            between = true;
        } else if is("AND") && cases == 0 {
            if !between {
                found.extend(start.take().map(|start| start..last));
                continue;
            }
            between = false;
        }
        start.get_or_insert(at);
        last = at.saturating_add(1);
    }
    found.extend(start.map(|start| start..last));
    found
}

/// The table whose parameter a condition gives, and the parameter.
fn parameter(
    tokens: &[Token<'_>],
    condition: &Range<usize>,
    factors: &[Factor],
) -> Option<(usize, &'static str)> {
    let said: Vec<&Token<'_>> =
        tokens.get(condition.clone())?.iter().filter(|token| !token.is_blank()).collect();
    let (table, name, rest) = match said.as_slice() {
        [table, dot, name, rest @ ..] if dot.is_symbol(".") => (Some(table.name()?), name, rest),
        [name, rest @ ..] => (None, name, rest),
        [] => return None,
    };
    let name = name.name()?;
    let plain = match rest {
        [sign, _, ..] if sign.is_symbol("=") => true,
        [word, open, .., _] => word.is("IN") && open.is_symbol("("),
        _ => false,
    };
    if !plain || rest.iter().any(|token| token.is("SELECT")) {
        return None;
    }
    let place = match table {
        Some(table) => factors.iter().position(|factor| factor.is_called(&table))?,
        None => only(factors, |factor| member(factor.resource?, &name).map(drop))?,
    };
    let factor = factors.get(place).filter(|factor| factor.optional)?;
    // What it is compared with must be known before the table is asked.
    let known = factors.get(..place)?;
    let tables = rest.windows(2).filter(|pair| matches!(pair, [_, dot] if dot.is_symbol(".")));
    let mut tables = tables.filter_map(|pair| pair.first()?.name());
    let early = tables.all(|table| known.iter().any(|factor| factor.is_called(&table)));
    Some((place, member(factor.resource.filter(|_| early)?, &name)?))
}

impl Factor {
    fn is_called(&self, name: &str) -> bool {
        self.called.as_ref().is_some_and(|called| called.eq_ignore_ascii_case(name))
    }

    /// Whether its `ON` names that parameter of it.
    fn gives(&self, tokens: &[Token<'_>], member: &str) -> bool {
        let on = self.on.clone().and_then(|on| tokens.get(on)).unwrap_or_default();
        let said: Vec<&Token<'_>> = on.iter().filter(|token| !token.is_blank()).collect();
        let named = |token: &Token<'_>| token.name().is_some_and(|name| means(&name, member));
        said.iter().enumerate().any(|(at, token)| {
            let table = match said.get(..at) {
                Some([.., table, dot]) if dot.is_symbol(".") => table.name(),
                _ => None,
            };
            named(token) && table.is_none_or(|table| self.is_called(&table))
        })
    }
}

/// The only table for which it holds.
fn only(factors: &[Factor], holds: impl Fn(&Factor) -> Option<()>) -> Option<usize> {
    let mut places = factors.iter().enumerate().filter(|(_, factor)| holds(factor).is_some());
    let (place, _) = places.next()?;
    places.next().is_none().then_some(place)
}

/// The parameter of that name, in any spelling.
fn member(resource: &Resource, name: &str) -> Option<&'static str> {
    if name.eq_ignore_ascii_case(REGION) {
        return Some(REGION);
    }
    let selects = resource.methods.iter().filter(|method| method.verb == SqlVerb::Select);
    let mut members = selects.flat_map(Method::parameters);
    members.find(|member| means(name, member.name)).map(|member| member.name)
}

fn is_column(resource: &Resource, member: &str) -> bool {
    let methods = resource.methods.iter();
    let methods = methods.filter(|method| matches!(method.verb, SqlVerb::Select | SqlVerb::Insert));
    methods.flat_map(Method::columns).any(|column| column.name == member)
}

fn is(tokens: &[Token<'_>], at: usize, word: &str) -> bool {
    tokens.get(at).is_some_and(|token| token.is(word))
}

fn before<'t, 'q>(tokens: &'t [Token<'q>], at: usize) -> Option<&'t Token<'q>> {
    tokens.get(..at)?.iter().rev().find(|token| !token.is_blank())
}

/// What joins two queries.
const SETS: &[&str] = &["UNION", "EXCEPT", "INTERSECT"];

/// What may stand before `JOIN`.
const SIDES: &[&str] = &["LEFT", "RIGHT", "FULL", "INNER", "OUTER", "CROSS", "NATURAL"];

/// What ends a `WHERE`.
const ENDS: &[&str] = &["GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::lex;

    fn placed_in(text: &str) -> String {
        let tokens = lex(text).unwrap();
        let placed: String = placed(&tokens).iter().map(|token| token.text).collect();
        placed.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn parameters_go_where_the_resource_is_asked() {
        const USERS: &str = "SELECT 1 FROM aws.iam.users u";
        const DEVICES: &str = "LEFT JOIN aws.iam.virtual_mfa_devices";
        insta::assert_snapshot!(placed_in(&format!(
            "{USERS} {DEVICES} v ON v.a = u.b OR 0 WHERE u.region = 'x' AND v.region = 'y' \
             and V.assignment_status IN ('Any', 'b') AND v.SerialNumber = 'z' ORDER BY 1"
        )), @"SELECT 1 FROM aws.iam.users u LEFT JOIN aws.iam.virtual_mfa_devices v ON (v.a = u.b OR 0) AND v.region = 'y' AND V.assignment_status IN ('Any', 'b') WHERE u.region = 'x' AND 1 and 1 AND v.SerialNumber = 'z' ORDER BY 1");
        // A column of the rows stays a filter of rows.
        insta::assert_snapshot!(placed_in(&format!(
            "SELECT ({USERS} LEFT OUTER JOIN aws.iam.mfa_devices AS d ON true \
             WHERE d.UserName = u.UserName) FROM x"
        )), @"SELECT (SELECT 1 FROM aws.iam.users u LEFT OUTER JOIN aws.iam.mfa_devices AS d ON (true) AND d.UserName = u.UserName WHERE d.UserName = u.UserName) FROM x");
        insta::assert_snapshot!(placed_in(&format!(
            "{USERS} {DEVICES} v USING (x) WHERE v.region = 'y' UNION {USERS} {DEVICES} \
             ON a BETWEEN b AND c WHERE AssignmentStatus = lower('X') AND a BETWEEN b AND c"
        )), @"SELECT 1 FROM aws.iam.users u LEFT JOIN aws.iam.virtual_mfa_devices v USING (x) WHERE 1 UNION SELECT 1 FROM aws.iam.users u LEFT JOIN aws.iam.virtual_mfa_devices ON (a BETWEEN b AND c) AND AssignmentStatus = lower('X') WHERE 1 AND a BETWEEN b AND c");
    }

    #[test]
    fn what_the_join_gives_already_is_filtered_by() {
        const TAGS: &str = "SELECT 1 FROM a LEFT JOIN aws.iam.mfa_device_tags t ON";
        insta::assert_snapshot!(placed_in(&format!(
            "{TAGS} t.serial_number = a.b WHERE t.SerialNumber = 'x' AND t.region = 'y'"
        )), @"SELECT 1 FROM a LEFT JOIN aws.iam.mfa_device_tags t ON (t.serial_number = a.b) AND t.SerialNumber = 'x' AND t.region = 'y' WHERE t.SerialNumber = 'x' AND 1");
        insta::assert_snapshot!(placed_in(&format!(
            "{TAGS} a.SerialNumber = 'z' WHERE t.SerialNumber = 'x'"
        )), @"SELECT 1 FROM a LEFT JOIN aws.iam.mfa_device_tags t ON (a.SerialNumber = 'z') AND t.SerialNumber = 'x' WHERE 1");
    }

    #[test]
    fn all_else_stays() {
        for text in [
            "SELECT 1 FROM aws.iam.users u JOIN aws.iam.virtual_mfa_devices v ON 1 WHERE v.region = 'y'",
            "SELECT 1 FROM aws.iam.users u LEFT JOIN aws.iam.virtual_mfa_devices v ON 1 WHERE v.region = 'y' OR 0",
            "SELECT 1 FROM aws.iam.users u LEFT JOIN aws.iam.virtual_mfa_devices v ON 1 WHERE v.region > 'y'",
            "SELECT 1 FROM a LEFT JOIN aws.iam.mfa_devices v ON 1 LEFT JOIN b ON 1 WHERE v.UserName = b.x",
            "SELECT 1 FROM a LEFT JOIN b ON 1 WHERE b.region = 'y'",
            "SELECT 1 FROM a LEFT JOIN aws.iam.mfa_devices v ON 1 WHERE v.UserName IN (SELECT 1)",
        ] {
            assert_eq!(placed_in(text), text);
        }
    }
}
