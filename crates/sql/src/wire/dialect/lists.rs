//! Arrays, which are JSON here: how they are written, compared and taken apart.
//!
//! Not here: functions that make tables of them.

use super::operand;
use crate::wire::lexer::{Kind, Token};

/// `ARRAY[…]` and `ARRAY(SELECT …)`.
pub(in crate::wire) fn arrays(tokens: Vec<Token>) -> Vec<Token> {
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

/// `operand[n]`.
pub(in crate::wire) fn subscripts(tokens: Vec<Token>) -> Vec<Token> {
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
pub(in crate::wire) fn any(tokens: Vec<Token>) -> Vec<Token> {
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
