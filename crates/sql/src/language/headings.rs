//! What the columns of a result are called where no alias says so: what was written. SQLite would
//! tell the spelling of the table for a column, and our own names within an expression.
//!
//! Not here: what `*` stands for, whose columns keep the names that they have.

use super::lexer::{CLAUSES, Kind, Token};

/// The names, each with the place of the token behind which it is to be said by `AS`. Where `list`
/// is, the tokens begin within a list of columns, as after `RETURNING`.
pub(crate) fn headings(tokens: &[Token<'_>], list: bool) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    // Where the column begins that is read, for each parenthesis that is open.
    let mut begun = vec![list.then_some(0_usize)];
    let mut before: Option<&Token<'_>> = None;
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| !token.is_blank()) {
        let after = at.saturating_add(1);
        let distinct = before.is_some_and(|before| before.is("DISTINCT"));
        before = Some(token);
        let Some(column) = begun.last_mut() else { break };
        let next = if token.is_symbol(",") {
            column.map(|_| after)
        } else if token.is("SELECT") || token.is("RETURNING") {
            Some(after)
        } else if token.is_symbol(")")
            || token.is_one_of(CLAUSES)
            || token.is_one_of(ENDS)
            // Not that of `IS DISTINCT FROM`.
            || (token.is("FROM") && !distinct)
        {
            None
        } else {
            if token.is_symbol("(") {
                begun.push(None);
            }
            continue;
        };
        if let Some(start) = std::mem::replace(column, next) {
            found.extend(heading(tokens, start, at));
        }
        if token.is_symbol(")") && begun.len() > 1 {
            begun.pop();
        }
    }
    if let Some(Some(start)) = begun.first() {
        found.extend(heading(tokens, *start, tokens.len()));
    }
    found
}

/// The name of the column that stands there, if it has none by itself.
fn heading(tokens: &[Token<'_>], start: usize, end: usize) -> Option<(usize, String)> {
    // Nobody wrote it by hand, and texts within texts would add up.
    if end.saturating_sub(start) > LONGEST {
        return None;
    }
    let mut said: Vec<usize> = (start..end).filter(|at| !is_blank(tokens, *at)).collect();
    let quantified = said.first().and_then(|at| tokens.get(*at));
    if said.len() > 1 && quantified.is_some_and(|token| token.is_one_of(&["DISTINCT", "ALL"])) {
        said.remove(0);
    }
    let (first, last) = (*said.first()?, *said.last()?);
    let spoken: Vec<&Token<'_>> = said.iter().filter_map(|at| tokens.get(*at)).collect();
    if is_all(&spoken) || is_called(&spoken) {
        return None;
    }
    let name = column(&spoken).unwrap_or_else(|| written(tokens.get(first..=last).unwrap_or(&[])));
    Some((last, name))
}

/// Whether it is `*` or `table.*`.
fn is_all(said: &[&Token<'_>]) -> bool {
    match said {
        [star] => star.is_symbol("*"),
        [.., dot, star] => star.is_symbol("*") && dot.is_symbol("."),
        [] => true,
    }
}

/// Whether it ends with an alias, with `AS` or without.
fn is_called(said: &[&Token<'_>]) -> bool {
    let [.., before, last] = said else { return false };
    if before.is("AS") {
        return true;
    }
    let name = matches!(last.kind, Kind::Word | Kind::Quoted | Kind::Text);
    let ends = match before.kind {
        Kind::Word => !before.is_one_of(OPERATORS),
        Kind::Symbol => before.is_symbol(")"),
        _ => true,
    };
    name && ends && !last.is_one_of(&["END", "ISNULL", "NOTNULL"])
}

/// The name of a plain column, with or without its table, and with parentheses or without.
fn column(mut said: &[&Token<'_>]) -> Option<String> {
    while let [open, inner @ .., close] = said
        && open.is_symbol("(")
        && close.is_symbol(")")
    {
        said = inner;
    }
    match said {
        [name] => name.name(),
        [.., dot, name] => {
            let path = said.iter().enumerate().all(|(at, token)| match at % 2 {
                0 => token.name().is_some(),
                _ => token.is_symbol("."),
            });
            name.name().filter(|_| path && dot.is_symbol("."))
        }
        [] => None,
    }
}

/// The text of tokens as it was written: what stands where the next token does was put there by
/// us.
fn written(tokens: &[Token<'_>]) -> String {
    let next = tokens.iter().skip(1).map(|token| token.at).chain([usize::MAX]);
    tokens.iter().zip(next).filter(|(token, next)| token.at != *next).map(|(t, _)| t.text).collect()
}

fn is_blank(tokens: &[Token<'_>], at: usize) -> bool {
    tokens.get(at).is_none_or(Token::is_blank)
}

/// Tokens of an expression that is a heading.
const LONGEST: usize = 1_000;

/// What ends a list of columns, besides `FROM` and what begins a clause.
const ENDS: &[&str] = &["FOR", "LOCK"];

/// The words after which no alias stands, but the rest of an expression.
const OPERATORS: &[&str] = &[
    "AND", "BETWEEN", "CASE", "COLLATE", "DISTINCT", "ELSE", "ESCAPE", "EXISTS", "FROM", "GLOB",
    "IN", "IS", "LIKE", "MATCH", "NOT", "OR", "OVER", "REGEXP", "THEN", "WHEN",
];

#[cfg(test)]
mod tests {
    use super::{super::lexer::lex, *};

    #[test]
    fn columns_are_called_what_was_written() {
        let told = |text: &str, list: bool| {
            let tokens = lex(text).unwrap();
            let named = headings(&tokens, list).into_iter();
            named.map(|(at, name)| format!("{}={name}", tokens[at].text)).collect::<Vec<_>>()
        };
        for (text, expected) in [
            ("select user, d.\"Tags\" from d", "user=user | \"Tags\"=Tags"),
            ("select a b, a as b, a 'b', f(a) b, 1 \"b\", a.b c from d", ""),
            ("select *, d.*, count( * ), 2 * x", ")=count( * ) | x=2 * x"),
            ("select distinct lower(a), b", ")=lower(a) | b=b"),
            (
                "select x is null, x isnull, not x, case x when 1 then 2 end",
                "null=x is null | isnull=x isnull | x=not x | end=case x when 1 then 2 end",
            ),
            (
                "select x is distinct from y, (x), (x)+1 from t",
                "y=x is distinct from y | )=x | 1=(x)+1",
            ),
            (
                "select (select a from b), c in (select d, e f from g) from h",
                "a=a | )=(select a from b) | d=d | )=c in (select d, e f from g)",
            ),
            (
                "with n(i) as (select 0 union all select i + 1 from n) select i from n",
                "0=0 | 1=i + 1 | i=i",
            ),
            ("insert into t select a, b returning c, d + 1", "a=a | b=b | c=c | 1=d + 1"),
            (
                "select sum(a) over w, sum(a) over (order by b) x from t window w as (order by c)",
                "w=sum(a) over w",
            ),
            ("select 1 /* a */ + 2 -- b", "2=1 /* a */ + 2"),
            ("select", ""),
        ] {
            assert_eq!(told(text, false).join(" | "), expected, "{text}");
        }
        assert_eq!(told("a, b c, d.e", true).join(" | "), "a=a | e=e");
    }
}
