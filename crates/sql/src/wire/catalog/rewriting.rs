//! Queries on the catalogue, from PostgreSQL's spelling to SQLite's: casts to names and identifiers,
//! operators on patterns, arrays, which are JSON here, functions without brackets.
//!
//! What clients send was tried; what none sends stays as it is, and is refused by SQLite.

use super::super::{
    dialect::{Plain, casts, operand, plain_type},
    lexer::{Kind, Token},
};

/// Writes a query for SQLite.
pub(super) fn write(tokens: Vec<Token>) -> String {
    let tokens = without_schemas(&operators(spoken(plain_casts(tokens))));
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

/// `ARRAY[…]` and `ARRAY(SELECT …)`.
fn arrays(tokens: Vec<Token>) -> Vec<Token> {
    let mut done: Vec<Token> = Vec::with_capacity(tokens.len());
    // What closes each bracket that is open.
    let mut open: Vec<&'static str> = Vec::new();
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        if token.is("ARRAY") {
            while rest.next_if(Token::is_blank).is_some() {}
            if rest.next_if(|token| token.is_symbol("[")).is_some() {
                done.push(Token::new(Kind::Word, "json_array"));
                done.push(Token::new(Kind::Symbol, "("));
                open.push(")");
                continue;
            }
            if rest.next_if(|token| token.is_symbol("(")).is_some() {
                let before = "(WITH of_array(value) AS ";
                for part in [before, "("] {
                    done.push(Token::new(Kind::Symbol, part));
                }
                open.push(") SELECT json_group_array(value) FROM of_array)");
                continue;
            }
        }
        match token.text.as_str() {
            "(" if token.kind == Kind::Symbol => open.push(")"),
            "[" if token.kind == Kind::Symbol => open.push("]"),
            ")" | "]" if token.kind == Kind::Symbol => match open.pop() {
                Some(")") | None => {
                    done.push(Token::new(Kind::Symbol, ")"));
                    continue;
                }
                Some("]") => {}
                Some(close) => {
                    done.push(Token::new(Kind::Symbol, ")"));
                    let rest = close.strip_prefix(')').unwrap_or_default();
                    done.push(Token::new(Kind::Symbol, rest));
                    continue;
                }
            },
            _ => {}
        }
        done.push(token);
    }
    done
}

/// Functions that give a row for each element of an array, where tables stand: `json_each`, whose
/// column has a name of its own.
fn series(tokens: Vec<Token>) -> Vec<Token> {
    let mut done: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut aliases: Vec<(String, Vec<String>)> = Vec::new();
    let mut rest = tokens.into_iter().peekable();
    let mut before = Token::new(Kind::Blank, "");
    // Whether a comma separates tables, here and around.
    let (mut listing, mut around) = (false, Vec::new());
    while let Some(token) = rest.next() {
        let table = before.is("FROM") || before.is("JOIN") || (listing && before.is_symbol(","));
        match &token {
            token if token.is_symbol("(") => around.push(std::mem::take(&mut listing)),
            token if token.is_symbol(")") => listing = around.pop().unwrap_or_default(),
            token if token.is("FROM") => listing = true,
            token if ["SELECT", "WHERE", "GROUP", "ORDER"].iter().any(|word| token.is(word)) => {
                listing = false;
            }
            _ => {}
        }
        if !token.is_blank() {
            before = token.clone();
        }
        let is_series = SERIES.iter().any(|word| token.is(word));
        if !table || !is_series || !rest.peek().is_some_and(|next| next.is_symbol("(")) {
            done.push(token);
            continue;
        }
        done.push(Token::new(Kind::Word, "json_each"));
        done.extend(rest.next());
        if !token.is("unnest") {
            done.extend([token, Token::new(Kind::Symbol, "(")]);
        }
        let closing = if before.is("unnest") { ")" } else { "))" };
        let mut depth = 1_usize;
        for token in rest.by_ref() {
            if token.kind == Kind::Symbol && token.text.ends_with('(') {
                depth = depth.saturating_add(1);
            } else if token.kind == Kind::Symbol && token.text.ends_with(')') {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            }
            done.push(token);
        }
        done.push(Token::new(Kind::Symbol, closing));
        let mut next = || {
            while rest.next_if(Token::is_blank).is_some() {}
            rest.next()
        };
        let mut alias = next();
        while alias
            .as_ref()
            .is_some_and(|token| token.is("AS") || token.is("WITH") || token.is("ORDINALITY"))
        {
            alias = next();
        }
        let Some(alias) = alias else { break };
        let Some(name) = alias.name() else {
            done.push(alias);
            continue;
        };
        done.extend([Token::new(Kind::Blank, " "), alias]);
        let mut columns = Vec::new();
        if rest.peek().is_some_and(|next| next.is_symbol("(")) {
            let list = rest.by_ref().take_while(|token| !token.is_symbol(")"));
            columns = list.filter_map(|token| token.name()).collect();
        }
        aliases.push((name, columns));
        before = Token::new(Kind::Blank, "");
    }
    of_series(done, &aliases)
}

/// Writes the columns of these, which were given names, as those of `json_each`.
fn of_series(tokens: Vec<Token>, aliases: &[(String, Vec<String>)]) -> Vec<Token> {
    let mut done: Vec<Token> = Vec::with_capacity(tokens.len());
    let said: Vec<Token> = tokens;
    let mut at = 0;
    while let Some(token) = said.get(at) {
        let dotted = |at: usize| said.get(at).is_some_and(|token| token.is_symbol("."));
        let after_dot = at.checked_sub(1).is_some_and(dotted);
        let name = token.name().filter(|_| !after_dot);
        let alias = name.and_then(|name| aliases.iter().find(|(known, _)| *known == name));
        let defined = done.iter().rev().find(|token| !token.is_blank()).is_some_and(|before| {
            before.is_symbol("))") || before.is_symbol(")") || before.is("AS")
        });
        match alias {
            Some((_, columns)) if dotted(at.saturating_add(1)) => {
                let column = said.get(at.saturating_add(2)).and_then(Token::name);
                let second = columns.iter().position(|known| Some(known) == column.as_ref());
                let written = if second == Some(1) { ".key + 1" } else { ".value" };
                let alone = done
                    .iter()
                    .rfind(|token| !token.is_blank())
                    .is_some_and(|before| before.is("SELECT") || before.is_symbol(","));
                done.extend([token.clone(), Token::new(Kind::Symbol, written)]);
                at = at.saturating_add(2);
                let next = said.iter().skip(at.saturating_add(1)).find(|token| !token.is_blank());
                let ends = next.is_some_and(|next| next.is_symbol(",") || next.is("FROM"));
                if let Some(column) = column.filter(|_| alone && ends) {
                    done.push(Token::new(Kind::Symbol, " AS "));
                    done.push(Token::new(Kind::Word, column));
                }
            }
            Some(_) if !defined => {
                done.extend([token.clone(), Token::new(Kind::Symbol, ".value")]);
            }
            _ => {
                let bare = !after_dot && !defined && !dotted(at.saturating_add(1));
                let column = token.name().filter(|_| bare);
                let of = column.and_then(|name| {
                    aliases.iter().find(|(_, columns)| columns.first() == Some(&name))
                });
                match of {
                    Some((alias, _)) => {
                        done.push(Token::new(Kind::Symbol, format!("{alias}.value")));
                    }
                    None => done.push(token.clone()),
                }
            }
        }
        at = at.saturating_add(1);
    }
    done
}

/// `operand[n]`.
fn subscripts(tokens: Vec<Token>) -> Vec<Token> {
    let mut done: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut depth = 0_usize;
    for token in tokens {
        if token.is_symbol("[") {
            let start = operand(&done);
            done.insert(start, Token::new(Kind::Symbol, "subscript("));
            done.push(Token::new(Kind::Symbol, ","));
            depth = depth.saturating_add(1);
        } else if token.is_symbol("]") && depth > 0 {
            done.push(Token::new(Kind::Symbol, ")"));
            depth = depth.saturating_sub(1);
        } else {
            done.push(token);
        }
    }
    done
}

/// `= ANY (array)`, and `<> ALL (array)`.
fn any(tokens: Vec<Token>) -> Vec<Token> {
    let mut done: Vec<Token> = Vec::with_capacity(tokens.len());
    // The depth at which each of them closes.
    let (mut depth, mut closing) = (0_usize, Vec::new());
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        let all = token.is("ALL");
        let last = done.iter().rposition(|token: &Token| !token.is_blank());
        let compared = last.and_then(|at| done.get(at)).is_some_and(|before| {
            if all {
                before.is_symbol("<>") || before.is_symbol("!=")
            } else {
                before.is_symbol("=")
            }
        });
        if compared && (all || token.is("ANY") || token.is("SOME")) {
            while rest.next_if(Token::is_blank).is_some() {}
            if rest.next_if(|token| token.is_symbol("(")).is_some() {
                while rest.next_if(Token::is_blank).is_some() {}
                let query = rest.peek().is_some_and(|token| token.is("SELECT"));
                done.truncate(last.unwrap_or(0));
                let before = match (all, query) {
                    (false, true) => " IN (",
                    (true, true) => " NOT IN (",
                    (false, false) => " IN (SELECT value FROM json_each(",
                    (true, false) => " NOT IN (SELECT value FROM json_each(",
                };
                done.push(Token::new(Kind::Symbol, before));
                depth = depth.saturating_add(1);
                closing.push((depth, if query { ")" } else { "))" }));
                continue;
            }
        }
        if token.kind == Kind::Symbol && token.text.ends_with('(') {
            depth = depth.saturating_add(1);
        } else if token.kind == Kind::Symbol && token.text.ends_with(')') {
            if let Some((_, close)) = closing.pop_if(|(at, _)| *at == depth) {
                done.push(Token::new(Kind::Symbol, close));
                depth = depth.saturating_sub(1);
                continue;
            }
            depth = depth.saturating_sub(1);
        }
        done.push(token);
    }
    done
}

/// Functions that are written without brackets.
pub(super) const BARE: &[&str] =
    &["current_user", "session_user", "current_catalog", "current_role"];

/// Functions with words between their arguments.
const SPOKEN: &[&str] = &["substring", "trim", "position"];

/// Functions that give rows.
const SERIES: &[&str] = &["unnest", "generate_series", "generate_subscripts"];

/// Words before a bracket that are no functions.
const KEYWORDS: &[&str] = &["in", "and", "or", "not", "where", "on", "as", "from", "select", "any"];

#[cfg(test)]
mod tests {
    use super::{super::super::lexer::lex, *};

    fn written(sql: &str) -> String {
        let text = lex(sql).map(write).unwrap_or_default();
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
            written("array_to_string(array(select a from b), ',')"),
            "array_to_string((WITH of_array(value) AS (select a from b) SELECT \
             json_group_array(value) FROM of_array), ',')"
        );
        assert_eq!(written("conkey[1], $1::text[]"), "subscript(conkey,1), cast_array(?1)");
        assert_eq!(written("current_user || $1"), "current_user() || ?1");
    }
}
