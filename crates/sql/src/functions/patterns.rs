//! Patterns that were read before: a function is called with the same one for every row.
//!
//! Matching takes time in proportion to the text, whatever the pattern.

use regex::{Regex, RegexBuilder};

/// The last patterns.
#[derive(Default)]
pub(super) struct Patterns(Vec<(String, Regex)>);

impl Patterns {
    /// The pattern that a text is.
    pub(super) fn get(&mut self, text: &str) -> Result<&Regex, String> {
        let known = self.0.iter().position(|(known, _)| known == text);
        let at = known.map_or_else(|| self.read(text), Ok)?;
        self.0.get(at).map(|(_, pattern)| pattern).ok_or_else(String::new)
    }

    fn read(&mut self, text: &str) -> Result<usize, String> {
        let read = RegexBuilder::new(text)
            .dot_matches_new_line(true)
            .size_limit(SIZE)
            .dfa_size_limit(SIZE)
            .nest_limit(DEPTH)
            .build();
        let refused = |error| match error {
            regex::Error::CompiledTooBig(_) => "takes a smaller pattern".to_owned(),
            _ => "takes a regular expression, such as `^arn:.*:mfa/`".to_owned(),
        };
        if self.0.len() >= MOST {
            self.0.remove(0);
        }
        self.0.push((text.to_owned(), read.map_err(refused)?));
        Ok(self.0.len().saturating_sub(1))
    }
}

/// Bytes of a pattern.
const SIZE: usize = 1 << 20;

/// Parentheses in parentheses.
const DEPTH: u32 = 100;

/// More than a statement has.
const MOST: usize = 16;
