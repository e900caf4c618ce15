//! Parses arguments by the rules of Python's argparse, which the AWS CLI uses: options anywhere,
//! `--option=value`, unique abbreviations, the last value wins, `--` ends options.
//!
//! It is hand-written because error messages and corner cases (abbreviations, negative numbers,
//! `--`) are argparse's, which no Rust parser reproduces. As in the AWS CLI there are three passes:
//! global options, the operation, its options. A pass leaves unknown arguments to the next.

use std::borrow::Cow;

use crate::{
    error::{CliError, Result, invalid_choice},
    python,
};

#[derive(Clone, Debug)]
pub(crate) struct Flag {
    /// With the dashes.
    pub(crate) name: Cow<'static, str>,
    pub(crate) takes: Arity,
    /// The allowed values; empty if any value is allowed.
    pub(crate) choices: &'static [&'static str],
    /// Whether the value is parsed as an integer.
    pub(crate) integer: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arity {
    None,
    /// No value, and parsing ends (`--version`).
    Exit,
    One,
    /// At most one; without one, this default.
    Maybe(&'static str),
    /// All words that follow.
    Any,
}

#[derive(Clone, Copy)]
pub(crate) struct Positional<'p> {
    /// The name in messages.
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    /// Validates the word.
    pub(crate) check: &'p dyn Fn(&str) -> Result<()>,
}

#[derive(Debug, Default)]
pub(crate) struct ParsedArguments {
    /// For each flag, in their order, its last values.
    pub(crate) values: Vec<Option<Vec<String>>>,
    /// The positional argument.
    pub(crate) word: Option<String>,
    /// The arguments that are left, in order.
    pub(crate) rest: Vec<String>,
    /// Whether an [`Arity::Exit`] option was given.
    pub(crate) exit: bool,
}

impl Flag {
    pub(crate) const fn one(name: &'static str) -> Self {
        Self::new(name, Arity::One, &[])
    }

    pub(crate) const fn switch(name: &'static str) -> Self {
        Self::new(name, Arity::None, &[])
    }

    pub(crate) const fn exit(name: &'static str) -> Self {
        Self::new(name, Arity::Exit, &[])
    }

    pub(crate) const fn choice(name: &'static str, choices: &'static [&'static str]) -> Self {
        Self::new(name, Arity::One, choices)
    }

    pub(crate) fn integer(name: &'static str) -> Self {
        Self { integer: true, ..Self::one(name) }
    }

    const fn new(name: &'static str, takes: Arity, choices: &'static [&'static str]) -> Self {
        Self { name: Cow::Borrowed(name), takes, choices, integer: false }
    }

    fn problem(&self, problem: &str) -> CliError {
        CliError::Usage(format!("argument {}: {problem}", self.name))
    }

    fn check(&self, value: &str) -> Result<()> {
        if self.integer && python::int(value).is_none() {
            return Err(self.problem(&format!("invalid int value: {}", python::quoted(value))));
        }
        if self.choices.is_empty() || self.choices.contains(&value) {
            return Ok(());
        }
        Err(invalid_choice(&self.name, value, self.choices.iter().copied()))
    }
}

/// Parses known options, also abbreviated, and one positional argument. Missing `required` flags
/// are reported after all other errors.
pub(crate) fn scan(
    arguments: Vec<String>,
    flags: &[Flag],
    required: &dyn Fn(usize) -> bool,
    positional: Positional<'_>,
) -> Result<ParsedArguments> {
    let kinds = kinds(&arguments, flags)?;
    let mut scan = ArgumentParser {
        arguments,
        kinds,
        flags,
        positional: Some(positional),
        scanned: ParsedArguments { values: vec![None; flags.len()], ..ParsedArguments::default() },
    };
    scan.run()?;
    let scanned = scan.scanned;
    if scanned.exit {
        return Ok(scanned);
    }
    let missing = flags.iter().enumerate().zip(&scanned.values);
    let missing = missing.filter(|((at, _), value)| value.is_none() && required(*at));
    let mut missing: Vec<&str> = missing.map(|((_, flag), _)| &*flag.name).collect();
    if scan.positional.is_some_and(|positional| positional.required) {
        missing.push(positional.name);
    }
    if !missing.is_empty() {
        let missing = missing.join(", ");
        return Err(CliError::Usage(format!("the following arguments are required: {missing}")));
    }
    Ok(scanned)
}

/// Parses options only. The rest keeps its order, with `--` in it.
pub(crate) fn take_options<const F: usize>(
    arguments: Vec<String>,
    flags: &[Flag; F],
) -> Result<([Option<String>; F], Vec<String>)> {
    let kinds = kinds(&arguments, flags)?;
    let scanned = ParsedArguments { values: vec![None; F], ..ParsedArguments::default() };
    let mut scan = ArgumentParser { arguments, kinds, flags, positional: None, scanned };
    scan.run()?;
    let ParsedArguments { values, rest, .. } = scan.scanned;
    Ok((last_of_each(values), rest))
}

/// The last value of each option.
pub(crate) fn last_of_each<const F: usize>(
    values: Vec<Option<Vec<String>>>,
) -> [Option<String>; F] {
    let mut values = values.into_iter().map(|values| values.and_then(|mut values| values.pop()));
    std::array::from_fn(|_| values.next().flatten())
}

/// Whether an argument looks like an unknown option.
pub(crate) fn is_option(argument: &str) -> bool {
    matches!(kind(argument, &[]), Ok(ArgumentKind::Option(..)))
}

/// The kind of an argument, before the values of options are consumed.
#[derive(Clone, Debug, PartialEq, Eq)]
enum ArgumentKind {
    Word,
    Dashes,
    /// The index of a known option, and the value after `=`.
    Option(Option<usize>, Option<String>),
}

fn kinds(arguments: &[String], flags: &[Flag]) -> Result<Vec<ArgumentKind>> {
    let mut ended = false;
    let kinds = arguments.iter().map(|argument| {
        if ended {
            return Ok(ArgumentKind::Word);
        }
        ended = argument == "--";
        if ended { Ok(ArgumentKind::Dashes) } else { kind(argument, flags) }
    });
    kinds.collect()
}

fn kind(argument: &str, flags: &[Flag]) -> Result<ArgumentKind> {
    if !argument.starts_with('-') || argument == "-" {
        return Ok(ArgumentKind::Word);
    }
    let exact = |name: &str| flags.iter().position(|flag| flag.name == name);
    if let Some(at) = exact(argument) {
        return Ok(ArgumentKind::Option(Some(at), None));
    }
    let (name, attached) = match argument.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (argument, None),
    };
    if attached.is_some()
        && let Some(at) = exact(name)
    {
        return Ok(ArgumentKind::Option(Some(at), attached));
    }
    let begins = |(_, flag): &(usize, &Flag)| name.starts_with("--") && flag.name.starts_with(name);
    let found: Vec<(usize, &Flag)> = flags.iter().enumerate().filter(begins).collect();
    match found.as_slice() {
        [] if is_negative(argument) || argument.contains(' ') => Ok(ArgumentKind::Word),
        [] => Ok(ArgumentKind::Option(None, None)),
        [(at, _)] => Ok(ArgumentKind::Option(Some(*at), attached)),
        several => {
            let names: Vec<&str> = several.iter().map(|(_, flag)| &*flag.name).collect();
            let names = names.join(", ");
            Err(CliError::Usage(format!("ambiguous option: {argument} could match {names}")))
        }
    }
}

/// Whether this is a negative number, with an optional fraction.
fn is_negative(argument: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let Some(body) = argument.strip_prefix('-') else { return false };
    let (whole, part) = body.split_once('.').unwrap_or(("", body));
    digits(whole) && digits(part) && !part.is_empty()
}

struct ArgumentParser<'s> {
    arguments: Vec<String>,
    kinds: Vec<ArgumentKind>,
    flags: &'s [Flag],
    /// The positional argument, until it is found.
    positional: Option<Positional<'s>>,
    scanned: ParsedArguments,
}

impl ArgumentParser<'_> {
    fn run(&mut self) -> Result<()> {
        let is_option = |kind: &ArgumentKind| matches!(kind, ArgumentKind::Option(..));
        let mut at = 0;
        while let Some(ahead) = self.kinds.iter().skip(at).position(is_option) {
            let next = at.saturating_add(ahead);
            if at != next {
                let end = self.word(at)?;
                if end > at {
                    at = end;
                    continue;
                }
            }
            self.leave(at, next);
            at = self.option(next)?;
            if self.scanned.exit {
                return Ok(());
            }
        }
        at = self.word(at)?;
        self.leave(at, self.arguments.len());
        Ok(())
    }

    /// Takes the positional argument, with the `--` around it, if it is missing and at this
    /// position.
    fn word(&mut self, start: usize) -> Result<usize> {
        let Some(positional) = self.positional else { return Ok(start) };
        let dashes = |at: usize| {
            let rest = self.kinds.iter().skip(at);
            at.saturating_add(rest.take_while(|kind| **kind == ArgumentKind::Dashes).count())
        };
        let at = dashes(start);
        let here = self.kinds.get(at) == Some(&ArgumentKind::Word);
        if !here && positional.required {
            return Ok(start);
        }
        self.positional = None;
        if here {
            let word = self.arguments.get(at).cloned().unwrap_or_default();
            (positional.check)(&word)?;
            self.scanned.word = Some(word);
            return Ok(dashes(at.saturating_add(1)));
        }
        Ok(at)
    }

    fn option(&mut self, start: usize) -> Result<usize> {
        let Some(ArgumentKind::Option(known, attached)) = self.kinds.get(start).cloned() else {
            return Ok(start.saturating_add(1));
        };
        let begin = start.saturating_add(1);
        let Some((at, flag)) = known.and_then(|at| Some((at, self.flags.get(at)?))) else {
            self.leave(start, begin);
            return Ok(begin);
        };
        let follow =
            self.kinds.iter().skip(begin).take_while(|kind| **kind == ArgumentKind::Word).count();
        let count = match (flag.takes, &attached) {
            (Arity::None | Arity::Exit, Some(value)) => {
                let value = python::quoted(value);
                return Err(flag.problem(&format!("ignored explicit argument {value}")));
            }
            (Arity::None | Arity::Exit, None) | (_, Some(_)) => 0,
            (Arity::One, None) if follow == 0 => {
                return Err(flag.problem("expected one argument"));
            }
            (Arity::One | Arity::Maybe(_), None) => follow.min(1),
            (Arity::Any, None) => follow,
        };
        let mut values: Vec<String> = attached.into_iter().collect();
        values.extend(self.arguments.iter().skip(begin).take(count).cloned());
        if let (Arity::Maybe(standard), true) = (flag.takes, values.is_empty()) {
            values.push(standard.to_owned());
        }
        values.iter().try_for_each(|value| flag.check(value))?;
        self.scanned.exit = flag.takes == Arity::Exit;
        if let Some(slot) = self.scanned.values.get_mut(at) {
            *slot = Some(values);
        }
        Ok(begin.saturating_add(count))
    }

    fn leave(&mut self, start: usize, end: usize) {
        let left = self.arguments.get(start..end).unwrap_or_default();
        self.scanned.rest.extend_from_slice(left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(arguments: &[&str], required: bool) -> Result<ParsedArguments, String> {
        let flags = [
            Flag::one("--one"),
            Flag::switch("--only"),
            Flag { takes: Arity::Any, ..Flag::one("--all") },
            Flag::integer("--on"),
            Flag { takes: Arity::Maybe("yes"), ..Flag::choice("--maybe", &["yes", "no"]) },
            Flag::exit("--version"),
        ];
        let arguments = arguments.iter().map(|a| (*a).to_owned()).collect();
        let check = |word: &str| match word {
            "bad" => Err(CliError::Usage("a bad word".to_owned())),
            _ => Ok(()),
        };
        let positional = Positional { name: "word", required, check: &check };
        scan(arguments, &flags, &|at| required && at == 0, positional)
            .map_err(|failure| failure.text("p").lines().nth(1).unwrap_or_default().to_owned())
    }

    #[expect(clippy::unnecessary_wraps, reason = "it stands beside options that were not given")]
    fn given(values: &[&str]) -> Option<Vec<String>> {
        Some(values.iter().map(|v| (*v).to_owned()).collect())
    }

    #[test]
    fn options_take_the_words_that_follow() {
        let scanned =
            split(&["x", "--one", "1", "--all", "a", "-1", "b c", "--only", "--one=-2", "y"], true);
        let ParsedArguments { values, word, rest, .. } = scanned.unwrap();
        let expected = [given(&["-2"]), given(&[]), given(&["a", "-1", "b c"]), None, None, None];
        assert_eq!(values, expected);
        assert_eq!((word.as_deref(), rest.as_slice()), (Some("x"), &["y".to_owned()][..]));
        let value =
            |arguments: &[&str], at: usize| split(arguments, false).unwrap().values[at].clone();
        assert_eq!(value(&["--al", "a"], 2), given(&["a"]), "an abbreviation");
        assert_eq!(value(&["--on", "1"], 3), given(&["1"]), "exact before abbreviated");
        assert_eq!(value(&["--maybe"], 4), given(&["yes"]));
        assert_eq!(value(&["--maybe", "no"], 4), given(&["no"]));
        assert_eq!(value(&["--maybe", "--only"], 4), given(&["yes"]));
        assert_eq!(value(&["--one="], 0), given(&[""]));
    }

    #[test]
    fn unknown_options_are_left_in_order() {
        let left = |arguments: &[&str]| {
            let ParsedArguments { word, rest, .. } = split(arguments, false).unwrap();
            (word.unwrap_or_default(), rest.join(" "))
        };
        for (arguments, word, rest) in [
            (&["--bogus", "x", "--foo=1", "y"][..], "x", "--bogus --foo=1 y"),
            (&["-h", "x"], "x", "-h"),
            (&["-1", "x"], "-1", "x"),
            (&["--", "--one", "x"], "--one", "x"),
            (&["x", "--", "--one"], "x", "--one"),
            (&["--all", "a", "--", "b"], "b", ""),
            (&["--"], "", ""),
            (&["--only", "-"], "-", ""),
        ] {
            assert_eq!(left(arguments), (word.to_owned(), rest.to_owned()), "{arguments:?}");
        }
    }

    #[test]
    fn an_exit_option_ends_parsing() {
        let scanned = split(&["--version", "bad", "--one"], true).unwrap();
        assert!(scanned.exit);
        assert!(split(&["bad", "--version"], true).is_err(), "what comes before it is looked at");
    }

    #[test]
    fn argument_errors_are_those_of_argparse() {
        for (arguments, problem) in [
            (&["--one"][..], "argument --one: expected one argument"),
            (&["--one", "--all"], "argument --one: expected one argument"),
            (&["--only=1"], "argument --only: ignored explicit argument '1'"),
            (&["--o"], "ambiguous option: --o could match --one, --only, --on"),
            (&["--o=1"], "ambiguous option: --o=1 could match --one, --only, --on"),
            (&["--on", "a'b"], "argument --on: invalid int value: \"a'b\""),
            (&["--maybe", "x"], "argument --maybe: Found invalid choice 'x'"),
            (&["bad"], "a bad word"),
            (&[], "the following arguments are required: --one, word"),
            (&["--one=1"], "the following arguments are required: word"),
        ] {
            let message = split(arguments, true).unwrap_err();
            assert!(message.ends_with(problem), "{arguments:?}: {message}");
        }
    }
}
