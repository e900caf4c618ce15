//! Finds what `RIGHT JOIN` and `FULL JOIN` ask without a condition: the tables before them in
//! their `FROM`, and the one behind them.
//!
//! Not here: for which tables that makes a difference.

use std::ops::Range;

use super::lexer::{CLAUSES, Token};
use crate::spelling::means;

/// The tokens among which a table is asked without being told what it is joined by.
pub(crate) fn untold(tokens: &[Token<'_>]) -> Vec<Range<usize>> {
    let said: Vec<(usize, &Token<'_>)> =
        tokens.iter().enumerate().filter(|(_, token)| !token.is_blank()).collect();
    let mut found = Vec::new();
    let mut queries = vec![Query::default()];
    for (place, (at, token)) in said.iter().enumerate() {
        let beside = |place: Option<usize>| said.get(place?).map(|(_, token)| *token);
        let (before, next) = (beside(place.checked_sub(1)), beside(place.checked_add(1)));
        let Some(query) = queries.last_mut() else { break };
        if token.is_symbol("(") {
            queries.push(Query { from: *at, side: Side::None });
        } else if token.is_symbol(")") {
            let ended = if queries.len() > 1 { queries.pop() } else { None };
            found.extend(ended.and_then(|query| query.untold(*at)));
        } else if token.is("FROM") {
            // Not that of `IS DISTINCT FROM`.
            if !before.is_some_and(|before| before.is("DISTINCT")) {
                query.from = *at;
            }
        } else if (token.is("RIGHT") || token.is("FULL"))
            && next.is_some_and(|next| next.is("JOIN") || next.is("OUTER"))
        {
            query.side = Side::Named;
        } else if token.is("JOIN") && query.side == Side::Named {
            query.side = Side::Joined;
        } else if query.side == Side::Joined && ends(token) {
            query.side = Side::Told(*at);
        }
        if let Some(query) = queries.last_mut()
            && SETS.iter().any(|word| token.is(word))
        {
            found.extend(std::mem::take(query).untold(*at));
        }
    }
    found.extend(queries.into_iter().filter_map(|query| query.untold(tokens.len())));
    // What `WITH` defines is asked wherever it is named.
    let with = tokens.iter().any(|token| token.is("WITH"));
    if with && !found.is_empty() {
        found.push(0..tokens.len());
    }
    found
}

/// Whether a part of a query says by `=` or `IN` what a member is to be.
pub(crate) fn gives(tokens: &[Token<'_>], member: &str) -> bool {
    let said: Vec<&Token<'_>> = tokens.iter().filter(|token| !token.is_blank()).collect();
    let names = |token: &Token<'_>| token.name().is_some_and(|name| means(&name, member));
    let says = |token: &Token<'_>| token.is_symbol("=") || token.is("IN");
    said.iter().enumerate().filter(|(_, token)| names(token)).any(|(at, _)| {
        let after = at.checked_add(1).and_then(|next| said.get(next));
        let before = match said.get(..at) {
            Some([rest @ .., _, dot]) if dot.is_symbol(".") => rest.last(),
            Some([.., before]) => Some(before),
            _ => None,
        };
        after.is_some_and(|token| says(token)) || before.is_some_and(|token| token.is_symbol("="))
    })
}

/// Whether the table behind a `JOIN` ends before that token.
fn ends(token: &Token<'_>) -> bool {
    let joins = ["ON", "USING", "JOIN", "LEFT", "INNER", "CROSS", "NATURAL"];
    token.is_symbol(",") || joins.iter().chain(CLAUSES).any(|word| token.is(word))
}

/// A query, or what else stands between two parentheses.
#[derive(Default)]
struct Query {
    /// Where its `FROM` is.
    from: usize,
    side: Side,
}

/// How far the last `RIGHT JOIN` was read.
#[derive(Default, PartialEq, Eq)]
enum Side {
    /// There is none.
    #[default]
    None,
    /// Up to its side.
    Named,
    /// Up to its table.
    Joined,
    /// As far as its table, which ends there.
    Told(usize),
}

impl Query {
    /// Its tokens, where it ends there.
    fn untold(self, end: usize) -> Option<Range<usize>> {
        match self.side {
            Side::None => None,
            Side::Named | Side::Joined => Some(self.from..end),
            Side::Told(at) => Some(self.from..at),
        }
    }
}

/// What joins two queries.
const SETS: &[&str] = &["UNION", "EXCEPT", "INTERSECT"];

#[cfg(test)]
mod tests {
    use super::{super::lexer::lex, *};

    /// The text with what is asked untold in capitals.
    fn marked(text: &str) -> String {
        let tokens = lex(text).unwrap();
        let ranges = untold(&tokens);
        let within = |at: usize| ranges.iter().any(|range| range.contains(&at));
        let marked = |(at, token): (usize, &Token<'_>)| {
            if within(at) { token.text.to_uppercase() } else { token.text.to_lowercase() }
        };
        tokens.iter().enumerate().map(marked).collect()
    }

    #[test]
    fn what_stands_before_and_behind_is_untold() {
        insta::assert_snapshot!(marked(
            "select (select 1 from q) from a left join b on x right outer join c on y \
             left join d on z where exists (select 1 from e where f)"
        ), @"select (select 1 from q) FROM A LEFT JOIN B ON X RIGHT OUTER JOIN C on y left join d on z where exists (select 1 from e where f)");
        insta::assert_snapshot!(marked(
            "select 1 from a union select 2 from b natural full join c union all \
             select 3 from d where e in (select 1 from f right join g) except select 4 from h"
        ), @"select 1 from a union select 2 FROM B NATURAL FULL JOIN C union all select 3 from d where e in (select 1 FROM F RIGHT JOIN G) except select 4 from h");
        insta::assert_snapshot!(marked(
            "select 1 from a join (select 1 from b join c) on d full join e, f"
        ), @"select 1 FROM A JOIN (SELECT 1 FROM B JOIN C) ON D FULL JOIN E, f");
        insta::assert_snapshot!(marked("select 1 from a, (select 1 from b full join c) d"), @"select 1 from a, (select 1 FROM B FULL JOIN C) d");
        insta::assert_snapshot!(marked("select 1 from (a full join b on c) join d"), @"select 1 from (A FULL JOIN B on c) join d");
        insta::assert_snapshot!(marked("with a as (select 1 from b) select 1 from a full join c"), @"WITH A AS (SELECT 1 FROM B) SELECT 1 FROM A FULL JOIN C");
        insta::assert_snapshot!(marked("select right(a), full from b"), @"select right(a), full from b");
    }
}
