//! Functions that give a row for each element of an array.
//!
//! Not here: arrays where values stand.

use crate::wire::lexer::{Kind, Token};

/// Functions that give a row for each element of an array, where tables stand: `json_each`, whose
/// column has a name of its own.
pub(super) fn series(tokens: Vec<Token>) -> Vec<Token> {
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

/// Functions that give rows.
const SERIES: &[&str] = &["unnest", "generate_series", "generate_subscripts"];
