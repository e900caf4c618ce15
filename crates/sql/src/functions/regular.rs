//! Regular expressions whose matching can be cancelled. They mean what those of the `regex` crate
//! mean: leftmost-first, on Unicode.
//!
//! Matching takes time in proportion to the text and the size of the pattern. A lazy DFA does it;
//! where a text has characters at which it cannot decide on word boundaries, a simulation of the
//! NFA does.

mod compile;
mod cost;
mod lazy;
mod threads;

use std::ops::Range;

use regex_automata::nfa::thompson::NFA;
use regex_syntax::{ast, hir::translate::TranslatorBuilder};
use rusqlite::Result;

use super::values::{LONGEST_VALUE, Meter, refused, too_big};
use lazy::{Lazy, Searched};
use threads::Threads;

/// A regular expression.
pub(crate) struct Regular {
    nfa: NFA,
    lazy: Lazy,
}

/// Where a match and its groups are. Groups that take no part have none.
pub(crate) type Groups = [Option<Range<usize>>; GROUPS];

impl Regular {
    /// Reads a pattern. `.` is any character, a new line too where `dot_matches_new_line`. Fails
    /// where it is none, or too large; the message follows the name of a function.
    pub(crate) fn read(
        pattern: &str,
        dot_matches_new_line: bool,
        meter: &mut Meter,
    ) -> Result<Self> {
        if pattern.len() > LONGEST_PATTERN {
            let message = format!("takes patterns of {LONGEST_PATTERN} bytes at the most");
            return Err(refused(message));
        }
        let wrong = || refused("takes a regular expression, such as `^arn:.*:mfa/`");
        meter.check()?;
        let tree = ast::parse::ParserBuilder::new()
            .nest_limit(DEPTH)
            .build()
            .parse(pattern)
            .map_err(|_| wrong())?;
        if cost::instructions(&tree) > MOST_INSTRUCTIONS {
            return Err(too_complex());
        }
        meter.check()?;
        let hir = TranslatorBuilder::new()
            .dot_matches_new_line(dot_matches_new_line)
            .build()
            .translate(pattern, &tree)
            .map_err(|_| wrong())?;
        let nfa = compile::forward(&hir, meter)?;
        let backward = compile::backward(&hir, meter)?;
        meter.check()?;
        let lazy = Lazy::new(nfa.clone(), backward).ok_or_else(too_complex)?;
        Ok(Self { nfa, lazy })
    }

    /// Bytes in memory, at the most.
    pub(crate) fn size(&self) -> usize {
        self.lazy.size()
    }

    /// Whether it matches anywhere.
    pub(crate) fn is_match(&mut self, text: &str, meter: &mut Meter) -> Result<bool> {
        match self.lazy.is_match(text, meter)? {
            Searched::Found(_) => Ok(true),
            Searched::Nothing => Ok(false),
            Searched::Undecided => Ok(self.simulate::<2>(text, 0, meter)?.is_some()),
        }
    }

    /// The leftmost match that starts at `from` or later.
    pub(crate) fn find(
        &mut self,
        text: &str,
        from: usize,
        meter: &mut Meter,
    ) -> Result<Option<Range<usize>>> {
        match self.lazy.find(text, from, meter)? {
            Searched::Found(range) => Ok(Some(range)),
            Searched::Nothing => Ok(None),
            Searched::Undecided => {
                Ok(self.simulate::<2>(text, from, meter)?.and_then(|slots| group(&slots, 0)))
            }
        }
    }

    /// The groups of the match that starts at `from`.
    pub(crate) fn groups(
        &mut self,
        text: &str,
        from: usize,
        meter: &mut Meter,
    ) -> Result<Option<Groups>> {
        let slots = self.simulate::<{ 2 * GROUPS }>(text, from, meter)?;
        Ok(slots.map(|slots| std::array::from_fn(|at| group(&slots, at))))
    }

    /// A text in which `write` adds what takes the place of a match, once or everywhere.
    pub(crate) fn replace(
        &mut self,
        text: &str,
        all: bool,
        meter: &mut Meter,
        mut write: impl FnMut(&mut Self, Range<usize>, &mut String, &mut Meter) -> Result<()>,
    ) -> Result<String> {
        let (mut done, mut copied, mut from) = (String::new(), 0, 0);
        let mut last_end = None;
        while from <= text.len()
            && let Some(found) = self.find(text, from, meter)?
        {
            // An empty match right after another is none.
            if found.is_empty() && last_end == Some(found.end) {
                let next = text.get(found.end..).and_then(|rest| rest.chars().next());
                let Some(next) = next else { break };
                from = found.end.saturating_add(next.len_utf8());
                continue;
            }
            done.push_str(text.get(copied..found.start).unwrap_or_default());
            let end = found.end;
            write(self, found, &mut done, meter)?;
            if done.len() > LONGEST_VALUE {
                return Err(too_big());
            }
            (copied, from, last_end) = (end, end, Some(end));
            if !all {
                break;
            }
        }
        done.push_str(text.get(copied..).unwrap_or_default());
        if done.len() > LONGEST_VALUE { Err(too_big()) } else { Ok(done) }
    }

    fn simulate<const SLOTS: usize>(
        &self,
        text: &str,
        from: usize,
        meter: &mut Meter,
    ) -> Result<Option<[Option<usize>; SLOTS]>> {
        Threads::new(&self.nfa).find(text, from, meter)
    }
}

fn group(slots: &[Option<usize>], at: usize) -> Option<Range<usize>> {
    let start = *slots.get(at.saturating_mul(2))?;
    let end = *slots.get(at.saturating_mul(2).saturating_add(1))?;
    Some(start?..end?)
}

fn too_complex() -> rusqlite::Error {
    refused("takes a smaller pattern: fewer repetitions, or fewer sets of characters")
}

/// Groups that a replacement can name, with the whole match as the first.
pub(crate) const GROUPS: usize = 10;

/// Bytes of the longest pattern.
const LONGEST_PATTERN: usize = 3 << 10;

/// Parentheses in parentheses.
const DEPTH: u32 = 100;

/// Instructions that it may take to resolve the classes of a pattern.
const MOST_INSTRUCTIONS: u64 = 8_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::random::Random;

    #[test]
    fn matches_are_those_of_the_regex_crate() {
        let (mut random, mut meter) = (Random(7), Meter::start().unwrap());
        let mut compared = 0;
        for _ in 0..1_500 {
            let (pattern, dots) = (random.pattern(4), random.below(2) == 0);
            let theirs = regex::RegexBuilder::new(&pattern).dot_matches_new_line(dots).build();
            let ours = Regular::read(&pattern, dots, &mut meter);
            let (mut ours, theirs) = match (ours, theirs) {
                (Ok(ours), Ok(theirs)) => (ours, theirs),
                (Err(_), Err(_)) => continue,
                // Ours are limited more.
                (Err(error), _) if error.to_string().contains("smaller") => continue,
                (_, theirs) => panic!("`{pattern}` is one for only one of both: {theirs:?}"),
            };
            for _ in 0..4 {
                let text = random.text();
                let context = format!("{pattern:?} {text:?}");
                assert_eq!(
                    ours.is_match(&text, &mut meter).unwrap(),
                    theirs.is_match(&text),
                    "{context}"
                );
                for from in (0..=text.len()).filter(|from| text.is_char_boundary(*from)) {
                    let found = theirs.find_at(&text, from).map(|found| found.range());
                    assert_eq!(ours.find(&text, from, &mut meter).unwrap(), found, "{context}");
                    let groups = theirs.captures_at(&text, from).map(|groups| -> Groups {
                        std::array::from_fn(|at| groups.get(at).map(|group| group.range()))
                    });
                    assert_eq!(ours.groups(&text, from, &mut meter).unwrap(), groups, "{context}");
                }
                for all in [true, false] {
                    let replaced = ours.replace(&text, all, &mut meter, |_, _, done, _| {
                        done.push('#');
                        Ok(())
                    });
                    let expected = theirs.replacen(&text, usize::from(!all), "#");
                    assert_eq!(replaced.unwrap(), expected, "{context}");
                }
                compared += 1;
            }
        }
        assert!(compared > 4_000, "{compared}");
    }

    #[test]
    fn patterns_are_limited() {
        let mut meter = Meter::start().unwrap();
        let mut refused = |pattern: &str| {
            Regular::read(pattern, true, &mut meter).err().map(|error| error.to_string())
        };
        assert_eq!(refused(&"a".repeat(LONGEST_PATTERN)), None);
        assert_eq!(refused(r"^[\w+=,.@-]{1,30}$"), None);
        assert_eq!(refused(r"(?i)^[\w.-]+@[\w.-]+$"), None);
        for pattern in [
            &"a".repeat(LONGEST_PATTERN + 1),
            "(a{1000}){1000}",
            r"((\w{100}){100}){100}",
            "(?i)[\u{1}-\u{10FFFF}]",
            &format!("[{}]", r"\w".repeat(1_000)),
            &format!("(?i){}", r"[\w&&\D]".repeat(100)),
            &format!("(?i){}{}", r"[^\w".repeat(50), "]".repeat(50)),
        ] {
            let message = refused(pattern).unwrap();
            let known =
                ["at the most", "smaller pattern"].iter().any(|part| message.contains(part));
            assert!(known, "{message}");
        }
    }

    #[test]
    fn searches_end_when_the_statement_is_cancelled() {
        let mut meter = Meter::start().unwrap();
        let text = "ab".repeat(1 << 17);
        let account = vmfa_sqlite::MemoryAccount::new(0);
        let scope = account.enter();
        for pattern in ["[ab]*a[ab]{20}x", r"\b[ab]*é?\Bx", "b.*?x|b"] {
            let mut pattern = Regular::read(pattern, true, &mut meter).unwrap();
            account.interrupt();
            assert!(
                pattern.find(&text, 0, &mut meter).is_err()
                    || pattern.groups(&text, 0, &mut meter).is_err()
            );
            account.clear_interrupt();
        }
        account.interrupt();
        assert!(Regular::read("a", true, &mut meter).is_err());
        drop(scope);
    }

    impl Random {
        fn text(&mut self) -> String {
            (0..self.below(12)).map(|_| self.pick(CHARACTERS)).collect()
        }

        fn pattern(&mut self, depth: usize) -> String {
            let Some(deeper) = depth.checked_sub(1) else {
                return self.pick(CHARACTERS).to_owned();
            };
            match self.below(13) {
                0..=3 => self.pick(CHARACTERS).to_owned(),
                4 => self.pick(SETS).to_owned(),
                5 => self.pick(PLACES).to_owned(),
                6 | 7 => format!("{}{}", self.pattern(deeper), self.pattern(deeper)),
                8 => format!("(?:{}|{})", self.pattern(deeper), self.pattern(deeper)),
                9 => format!("({}|{})", self.pattern(deeper), self.pattern(deeper)),
                10 => format!("({}){}", self.pattern(deeper), self.pick(REPETITIONS)),
                _ => format!("(?:{}){}", self.pattern(deeper), self.pick(REPETITIONS)),
            }
        }
    }

    const CHARACTERS: &[&str] =
        &["a", "b", "c", "A", "é", "É", "日", " ", "1", "-", "ab", "ü", "\n"];
    const SETS: &[&str] = &[
        ".",
        r"\w",
        r"\d",
        r"\s",
        r"\W",
        "[a-c]",
        "[^a]",
        "[é-ü]",
        "(?i:É)",
        "(?i)A",
        "(?-s).",
        r"[\w&&[^b]]",
        "ab|ac|b",
        "é|e|日",
    ];
    const PLACES: &[&str] = &[
        "^",
        "$",
        r"\b",
        r"\B",
        "(?m)^",
        "(?m)$",
        r"\A",
        r"\z",
        r"(?-u:\b)",
        r"\b{start}",
        "(|a)",
    ];
    const REPETITIONS: &[&str] =
        &["*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{0,2}?", "{2,}", "{2,}?"];
}
