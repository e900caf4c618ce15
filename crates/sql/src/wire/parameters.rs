//! The types of parameters, as a statement tells them: `$1::int`, `CAST($1 AS int)`, `LIMIT $1`,
//! `= ANY($1)`. Drivers that send binary values ask for them before they take any.
//!
//! Not here: how values are read.

use super::{
    arrays,
    catalog::type_named,
    lexer::{Kind, Token},
    types::{self, oid},
};

/// A type for each parameter, `$1` first: text, where a statement tells none that is read here.
pub(super) fn types(tokens: &[Token], count: usize) -> Vec<u32> {
    let mut types = vec![oid::TEXT; count];
    let said: Vec<&Token> = tokens.iter().filter(|token| !token.is_blank()).collect();
    for (at, token) in said.iter().enumerate() {
        let number = token.text.get(1..).filter(|_| token.kind == Kind::Parameter);
        let place = number.and_then(|number| number.parse::<usize>().ok()?.checked_sub(1));
        let Some(kind) = place.and_then(|place| types.get_mut(place)) else { continue };
        let before = |steps: usize| at.checked_sub(steps).and_then(|at| said.get(at).copied());
        let rest = said.get(at.saturating_add(1)..).unwrap_or_default();
        if let Some(told) = told(&before, rest) {
            *kind = told;
        }
    }
    types
}

fn told<'t>(before: &dyn Fn(usize) -> Option<&'t Token>, rest: &[&Token]) -> Option<u32> {
    let is = |steps: usize, word: &str| before(steps).is_some_and(|token| token.is(word));
    let opened = before(1).is_some_and(|token| token.is_symbol("("));
    match rest {
        [cast, name @ ..] if cast.is_symbol("::") => named(name),
        [word, name @ ..] if word.is("AS") && opened && is(2, "CAST") => named(name),
        _ if is(1, "LIMIT") || is(1, "OFFSET") => Some(oid::INT8),
        [close, ..] if opened && close.is_symbol(")") && (is(2, "ANY") || is(2, "SOME")) => {
            Some(arrays::TEXTS)
        }
        _ => None,
    }
}

/// The type with which some words begin, if its values can be read.
fn named(words: &[&Token]) -> Option<u32> {
    let mut words = words.iter().peekable();
    let first = words.next()?;
    // The quoted one is another type, of a byte.
    let mut name = if first.is("char") { "bpchar".to_owned() } else { first.folded()? };
    while words.next_if(|token| token.is_symbol(".")).is_some() {
        name = words.next()?.folded()?;
    }
    while let Some(word) =
        words.next_if(|token| token.name().is_some_and(|word| LATER.contains(&word.as_str())))
    {
        name = format!("{name} {}", word.text);
    }
    let kind = type_named(&name)?;
    let kind = if words.next_if(|token| token.is_symbol("[")).is_some() { kind.1 } else { kind.0 };
    (types::is_read(kind) || arrays::element(kind).is_some()).then_some(kind)
}

/// Words that go on with the name of a type.
const LATER: &[&str] = &["precision", "varying", "with", "without", "time", "zone"];

#[cfg(test)]
mod tests {
    use super::{super::lexer::lex, *};

    #[test]
    fn types_are_those_that_the_statement_tells() {
        let told = |sql: &str| lex(sql).map(|tokens| types(&tokens, 3)).unwrap_or_default();
        assert_eq!(
            told("select $1::int, $2 :: timestamp with time zone, cast($3 as pg_catalog.bool)"),
            [oid::INT4, oid::TIMESTAMPTZ, oid::BOOL]
        );
        assert_eq!(
            told("select 1 where a = any($1) and b = any($2::int8[]) limit $3"),
            [1009, 1016, oid::INT8]
        );
        assert_eq!(told("select $1, $2::nothing, f($3)"), [oid::TEXT; 3]);
    }
}
