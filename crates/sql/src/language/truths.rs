//! Truth values that are compared with their names as text. To StackQL `encrypted = 'false'` and
//! `encrypted = false` are the same; to SQLite a truth value is a number, and no text equals it.
//!
//! Only what stands right beside a comparison is read, and only beside a word for a truth value or
//! the name of a member that holds one.

use super::lexer::{Kind, Token};
use crate::catalog::catalog;

/// Whether any text is the name of a truth value.
pub(crate) fn names_truth(tokens: &[Token<'_>]) -> bool {
    tokens.iter().any(|token| word(token).is_some())
}

/// What is written for the tokens that are such texts. `own` are names of columns that hold truth
/// values, besides those of resources.
pub(crate) fn truths(tokens: &[Token<'_>], own: &[String]) -> Vec<(usize, String)> {
    let known = |name: &str| {
        catalog().is_truth(name) || own.iter().any(|known| known.eq_ignore_ascii_case(name))
    };
    let said: Vec<(usize, &Token<'_>)> =
        tokens.iter().enumerate().filter(|(_, token)| !token.is_blank()).collect();
    let mut found = Vec::new();
    for (place, (_, token)) in said.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|before| said.get(before));
        // At the first of several signs.
        if !is_sign(token) || before.is_none_or(|(_, before)| is_sign(before)) {
            continue;
        }
        let signs = said.iter().skip(place).take_while(|(_, token)| is_sign(token)).count();
        let after = said.get(place.saturating_add(signs));
        let (Some((left, one)), Some((right, other))) = (before, after) else { continue };
        for (at, text, beside) in [(*left, one, other), (*right, other, one)] {
            let Some(word) = word(text) else { continue };
            if beside.is_one_of(&["TRUE", "FALSE"])
                || beside.name().is_some_and(|name| known(&name))
            {
                found.push((at, word.to_owned()));
            }
        }
    }
    found
}

/// The word for the truth value that a text names.
fn word(token: &Token<'_>) -> Option<&'static str> {
    let text = token.content()?;
    ["TRUE", "FALSE"].into_iter().find(|word| text.eq_ignore_ascii_case(word))
}

/// Part of `=`, `==`, `<>`, `!=`, `<=>`, `IS` or `IS NOT`.
fn is_sign(token: &Token<'_>) -> bool {
    let symbol = token.kind == Kind::Symbol && matches!(token.text, "=" | "<" | ">" | "!" | "<=>");
    symbol || token.is_one_of(&["IS", "NOT"])
}

#[cfg(test)]
mod tests {
    use super::{super::lexer::lex, *};

    #[test]
    fn texts_beside_truth_values_are_truth_values() {
        let told = |text: &str| {
            let tokens = lex(text).unwrap();
            let found = truths(&tokens, &["ok".to_owned()]).into_iter();
            found.map(|(at, word)| format!("{at} {word}")).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(told("true = 'true'"), "4 TRUE");
        assert_eq!(told("'False' <> FALSE and x.all_users is not 'true'"), "0 FALSE, 17 TRUE");
        assert_eq!(told("AllUsers='false' or 'true' == AllUsers"), "2 FALSE, 6 TRUE");
        for text in
            ["UserName = 'true'", "'true' = 'true'", "true = 1", "true || 'true'", "= 'true'"]
        {
            assert_eq!(told(text), "", "{text}");
        }
    }
}
