//! Rows that are written out where tables stand, with names for their columns:
//! `(VALUES (1, 2)) t(a, b)`. SQLite has the rows and not the names.

use crate::wire::lexer::{Kind, Token};

/// Gives such rows their names as a query does.
pub(super) fn values(tokens: &[Token]) -> Vec<Token> {
    let mut done: Vec<Token> = Vec::with_capacity(tokens.len());
    // Where each bracket that is open stands, and whether such rows follow it.
    let mut open: Vec<(usize, bool)> = Vec::new();
    let mut at = 0_usize;
    while let Some(token) = tokens.get(at) {
        at = at.saturating_add(1);
        let rest = tokens.get(at..).unwrap_or_default();
        if token.is_symbol("(") {
            let next = rest.iter().find(|token| !token.is_blank());
            open.push((done.len(), next.is_some_and(|next| next.is("VALUES"))));
        }
        done.push(token.clone());
        if !token.is_symbol(")") {
            continue;
        }
        let Some((start, true)) = open.pop() else { continue };
        let Some((alias, columns, length)) = alias(rest) else { continue };
        let names = (1..).zip(&columns).map(|(number, column)| {
            format!("column{number} AS \"{}\"", column.replace('"', "\"\""))
        });
        let list = names.collect::<Vec<_>>().join(", ");
        done.insert(start, Token::new(Kind::Symbol, format!("(SELECT {list} FROM ")));
        for part in [") ", &format!("\"{}\" ", alias.replace('"', "\"\""))] {
            done.push(Token::new(Kind::Symbol, part));
        }
        at = at.saturating_add(length);
    }
    done
}

/// `[AS] name (column, …)`, and how many tokens that is.
fn alias(tokens: &[Token]) -> Option<(String, Vec<String>, usize)> {
    let mut said = tokens.iter().enumerate().filter(|(_, token)| !token.is_blank());
    let (_, mut name) = said.next()?;
    if name.is("AS") {
        (_, name) = said.next()?;
    }
    let name = name.folded()?;
    let (_, open) = said.next()?;
    if !open.is_symbol("(") {
        return None;
    }
    let mut columns = Vec::new();
    for (at, token) in said {
        if token.is_symbol(")") {
            return Some((name, columns, at.saturating_add(1)));
        }
        if !token.is_symbol(",") {
            columns.push(token.folded()?);
        }
    }
    None
}
