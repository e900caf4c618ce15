//! Reads tokens one by one: names, paths, words that must stand somewhere, and what stands
//! between them.
//!
//! Not here: which statements there are.

use super::lexer::{Kind, Token};
use crate::Failure;

/// Reads tokens from the front, past blanks.
pub(super) struct Reader<'t, 'q> {
    pub(super) rest: &'t [Token<'q>],
}

impl<'q> Reader<'_, 'q> {
    pub(super) fn next(&mut self) -> Option<Token<'q>> {
        loop {
            let (first, rest) = self.rest.split_first()?;
            self.rest = rest;
            if !first.is_blank() {
                return Some(*first);
            }
        }
    }

    pub(super) fn peek(&self) -> Option<&Token<'q>> {
        self.rest.iter().find(|token| !token.is_blank())
    }

    pub(super) fn skip(&mut self, word: &str) -> bool {
        let there = self.peek().is_some_and(|token| token.is(word));
        if there {
            self.next();
        }
        there
    }

    pub(super) fn skip_symbol(&mut self, symbol: &str) -> bool {
        let there = self.peek().is_some_and(|token| token.is_symbol(symbol));
        if there {
            self.next();
        }
        there
    }

    pub(super) fn word(&mut self, word: &str) -> Result<(), Failure> {
        if self.skip(word) { Ok(()) } else { Err(expected(&format!("`{word}`"), self.peek())) }
    }

    pub(super) fn symbol(&mut self, symbol: &str) -> Result<(), Failure> {
        if self.skip_symbol(symbol) {
            Ok(())
        } else {
            Err(expected(&format!("`{symbol}`"), self.peek()))
        }
    }

    pub(super) fn name(&mut self) -> Result<String, Failure> {
        let token = self.next();
        token.and_then(|token| token.name()).ok_or_else(|| expected("a name", token.as_ref()))
    }

    /// Names with dots between them.
    pub(super) fn names(&mut self) -> Result<Vec<String>, Failure> {
        let mut names = vec![self.name()?];
        while self.skip_symbol(".") {
            names.push(self.name()?);
        }
        Ok(names)
    }

    /// Whether these words follow; they are skipped where they do.
    pub(super) fn skip_all(&mut self, words: &[&str]) -> bool {
        let mut ahead = Reader { rest: self.rest };
        let there = words.iter().all(|word| ahead.skip(word));
        if there {
            self.rest = ahead.rest;
        }
        there
    }

    /// The hints that stand here: `/*+ AWAIT */` and the like.
    pub(super) fn hints(&self) -> Hints {
        let mut hints = Hints::default();
        let blank = self.rest.iter().take_while(|token| token.is_blank());
        for token in blank.filter(|token| token.text.starts_with("/*+")) {
            let words = token.text.split(|c: char| !c.is_ascii_alphanumeric());
            for word in words {
                hints.awaits |= word.eq_ignore_ascii_case("AWAIT");
                hints.required |= word.eq_ignore_ascii_case("REQUIRED");
            }
        }
        hints
    }

    /// `(name, …)`, where it follows.
    pub(super) fn columns(&mut self) -> Result<Vec<String>, Failure> {
        let mut columns = Vec::new();
        if !self.skip_symbol("(") {
            return Ok(columns);
        }
        loop {
            columns.push(self.name()?);
            if !self.skip_symbol(",") {
                break;
            }
        }
        self.symbol(")")?;
        Ok(columns)
    }

    /// Nothing may follow.
    pub(super) fn end(&self) -> Result<(), Failure> {
        match self.peek() {
            Some(token) => Err(expected("the end of the statement", Some(token))),
            None => Ok(()),
        }
    }

    /// What is left, and what follows `RETURNING` in it.
    pub(super) fn returning(&self) -> (Vec<Token<'q>>, Option<Vec<Token<'q>>>) {
        let (before, after) = cut(self.rest, "RETURNING");
        (before.to_vec(), after.map(<[_]>::to_vec))
    }

    /// The value of a parameter: up to the comma or the next parameter.
    pub(super) fn value(&mut self) -> Vec<Token<'q>> {
        let mut depth = Depth::default();
        let ends = |token: &Token<'_>| {
            depth.of(token) == 0 && (token.is_symbol(",") || token.kind == Kind::Variable)
        };
        let end = self.rest.iter().position(ends).unwrap_or(self.rest.len());
        let (value, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, &[]));
        self.rest = rest;
        self.skip_symbol(",");
        value.to_vec()
    }
}

/// What hints ask for. `SHOWRESULTS` asks for what is done anyway.
#[derive(Clone, Copy, Default)]
pub(crate) struct Hints {
    /// `AWAIT`: wait until it is done.
    pub(crate) awaits: bool,
    /// `REQUIRED`: only parameters that must be given.
    pub(crate) required: bool,
}

/// What stands before and after a keyword that is in no parentheses.
pub(super) fn cut<'t, 'q>(
    tokens: &'t [Token<'q>],
    word: &str,
) -> (&'t [Token<'q>], Option<&'t [Token<'q>]>) {
    let mut depth = Depth::default();
    let at = tokens.iter().position(|token| depth.of(token) == 0 && token.is(word));
    match at.and_then(|at| tokens.split_at_checked(at)) {
        Some((before, [_, after @ ..])) => (before, Some(after)),
        _ => (tokens, None),
    }
}

/// The parts between commas that are in no parentheses.
pub(crate) fn assignments_of<'t, 'q>(
    tokens: &'t [Token<'q>],
) -> impl Iterator<Item = &'t [Token<'q>]> {
    let mut depth = Depth::default();
    tokens.split(move |token| depth.of(token) == 0 && token.is_symbol(","))
}

/// How many parentheses are open.
#[derive(Default)]
pub(super) struct Depth(usize);

impl Depth {
    pub(super) fn of(&mut self, token: &Token<'_>) -> usize {
        if token.is_symbol("(") {
            self.0 = self.0.saturating_add(1);
        } else if token.is_symbol(")") {
            self.0 = self.0.saturating_sub(1);
        }
        self.0
    }
}

/// Parts of a statement are set into text of ours: none may close more than it opens.
pub(super) fn balanced(tokens: &[Token<'_>]) -> Result<(), Failure> {
    let mut depth = 0_usize;
    for token in tokens {
        if token.is_symbol("(") {
            depth = depth.saturating_add(1);
        } else if token.is_symbol(")") {
            depth = depth.checked_sub(1).ok_or_else(|| Failure::of("a `)` has no `(`"))?;
        }
    }
    if depth == 0 { Ok(()) } else { Err(Failure::of("a `(` has no `)`")) }
}

pub(super) fn expected(what: &str, found: Option<&Token<'_>>) -> Failure {
    match found {
        Some(token) => Failure::of(format!("expected {what} where `{}` stands", token.shown()))
            .at(Some(token.at)),
        None => Failure::of(format!("expected {what} where the statement ends")),
    }
}
