//! Splits text into words as a POSIX shell does, without expansions.

/// The words of a text; `None` for an unclosed quote or escape.
pub fn split(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next()? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next()? {
                        '"' => break,
                        '\\' => match characters.next()? {
                            c @ ('"' | '\\') => word.push(c),
                            c => word.extend(['\\', c]),
                        },
                        c => word.push(c),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(characters.next()?),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_escapes_hold_words_together() {
        let words = |text| split(text).map(|words| words.join("|"));
        for (text, expected) in [
            ("", Some("")),
            ("  a  b\tc\n", Some("a|b|c")),
            ("profile \"a b\"", Some("profile|a b")),
            ("a'b \"c'\"d\"", Some("ab \"cd")),
            (r#""a\"b\c\\""#, Some(r#"a"b\c\"#)),
            (r"a\ b \'", Some("a b|'")),
            ("'' \"\" x", Some("||x")),
            ("'a", None),
            ("\"a\\", None),
            ("a\\", None),
        ] {
            assert_eq!(words(text).as_deref(), expected, "{text}");
        }
    }
}
