//! Statements about cursors, read from their words.

use crate::wire::{
    lexer::{Kind, Token},
    report::Report,
    statement::Statement,
};

/// A statement about cursors.
pub(in crate::wire) enum Order {
    Declare {
        name: String,
        hold: bool,
        query: Statement,
    },
    Fetch {
        name: String,
        count: Count,
    },
    Move {
        name: String,
        count: Count,
    },
    /// One, or all.
    Close(Option<String>),
}

/// How many rows.
#[derive(Clone, Copy)]
pub(in crate::wire) enum Count {
    All,
    Of(u64),
}

/// Whether a statement is one about cursors.
pub(in crate::wire) fn concerns(first: &Token) -> bool {
    ["DECLARE", "FETCH", "MOVE", "CLOSE"].iter().any(|word| first.is(word))
}

/// Reads a statement about cursors.
pub(in crate::wire) fn read(tokens: &[Token]) -> Result<Order, Report> {
    let said: Vec<&Token> = tokens.iter().filter(|token| !token.is_blank()).collect();
    let Some((verb, rest)) = said.split_first() else { return Err(unreadable()) };
    match () {
        () if verb.is("DECLARE") => declare(tokens, rest),
        () if verb.is("CLOSE") => match rest {
            [all] if all.is("ALL") => Ok(Order::Close(None)),
            [name] => Ok(Order::Close(Some(name.folded().ok_or_else(unreadable)?))),
            _ => Err(unreadable()),
        },
        () => {
            let (count, name) = direction(rest)?;
            let name = name.folded().ok_or_else(unreadable)?;
            let moves = verb.is("MOVE");
            Ok(if moves { Order::Move { name, count } } else { Order::Fetch { name, count } })
        }
    }
}

/// `name [INSENSITIVE] [NO SCROLL] CURSOR [WITH HOLD] FOR query`.
fn declare(tokens: &[Token], said: &[&Token]) -> Result<Order, Report> {
    let (name, rest) = said.split_first().ok_or_else(unreadable)?;
    let name = name.folded().ok_or_else(unreadable)?;
    let mut hold = false;
    let mut before: Option<&Token> = None;
    for token in rest {
        let after = |word: &str| before.is_some_and(|before| before.is(word));
        match token {
            token if token.is("FOR") => break,
            token if token.is("BINARY") => {
                let message = "a cursor's rows come in the format that each FETCH is sent for";
                return Err(Report::new("0A000", message).hint("leave out `BINARY`"));
            }
            token if token.is("SCROLL") && !after("NO") => {
                let message = "a cursor reads forward only";
                return Err(Report::new("0A000", message).hint("leave out `SCROLL`"));
            }
            token if token.is("HOLD") => hold = after("WITH"),
            token if WORDS.iter().any(|word| token.is(word)) => {}
            _ => return Err(unreadable()),
        }
        before = Some(token);
    }
    let after = tokens.iter().position(|token| token.is("FOR")).ok_or_else(unreadable)?;
    let query = tokens.get(after.saturating_add(1)..).unwrap_or_default();
    let query = Statement::new(query.to_vec(), String::new());
    if !query.is_query() {
        return Err(Report::new("42601", "a cursor is declared for a query"));
    }
    Ok(Order::Declare { name, hold, query })
}

/// `[direction] [FROM | IN] name`.
fn direction<'t>(said: &'t [&'t Token]) -> Result<(Count, &'t Token), Report> {
    let (name, words) = said.split_last().ok_or_else(unreadable)?;
    let words = match words.split_last() {
        Some((last, before)) if last.is("FROM") || last.is("IN") => before,
        _ => words,
    };
    let words = match words.split_first() {
        Some((first, rest)) if first.is("FORWARD") => rest,
        _ => words,
    };
    let count = match words {
        [] => Count::Of(1),
        [word] if word.is("NEXT") => Count::Of(1),
        [word] if word.is("ALL") => Count::All,
        [number] if number.kind == Kind::Number => {
            Count::Of(number.text.parse().map_err(|_| unreadable())?)
        }
        [word, ..] if word.is_symbol("-") || BACKWARD.iter().any(|backward| word.is(backward)) => {
            let hint = "`FETCH` takes NEXT, a number, ALL and FORWARD";
            return Err(Report::new("55000", "cursor can only scan forward").hint(hint));
        }
        _ => return Err(unreadable()),
    };
    Ok((count, name))
}

fn unreadable() -> Report {
    Report::new(
        "42601",
        "a cursor is used by `DECLARE name CURSOR [WITH HOLD] FOR query`, `FETCH [FORWARD] [number \
         | ALL] FROM name`, `MOVE` likewise, and `CLOSE name`",
    )
}

/// Words of a declaration that change nothing here.
const WORDS: &[&str] = &["ASENSITIVE", "INSENSITIVE", "NO", "SCROLL", "CURSOR", "WITH", "WITHOUT"];

/// Words that would go elsewhere than on.
const BACKWARD: &[&str] = &["PRIOR", "FIRST", "LAST", "ABSOLUTE", "RELATIVE", "BACKWARD"];
