//! Splitting arguments into options and the rest, by the rules of Python's argparse, which the
//! AWS CLI is built on: options anywhere, `--option=value`, unique abbreviations, the last one
//! wins.
//!
//! Not here: which options an operation has, and what their values mean.

use crate::failure::{Failure, Told, invalid_choice};

/// An option.
#[derive(Clone, Debug)]
pub(crate) struct Flag {
    /// Its name, dashes included.
    pub(crate) name: String,
    /// How many values it takes.
    pub(crate) takes: Takes,
}

/// How many values an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    /// None.
    None,
    /// One.
    One,
    /// As many as follow.
    Any,
}

/// Arguments, split.
#[derive(Debug)]
pub(crate) struct Scanned {
    /// For each flag, in their order, the values it was last given.
    pub(crate) values: Vec<Option<Vec<String>>>,
    /// The other arguments in order.
    pub(crate) rest: Vec<String>,
}

/// The options that all commands have, and what they leave.
#[derive(Debug)]
pub(crate) struct Globals {
    pub(crate) version: bool,
    /// The first argument that is no option.
    pub(crate) command: Option<String>,
    /// What follows it, and the options that are not global.
    pub(crate) rest: Vec<String>,
    output: Option<String>,
    color: Option<String>,
}

impl Globals {
    pub(crate) fn parse(arguments: Vec<String>) -> Told<Self> {
        // A region means nothing to a service that has one account in one place, and a pager
        // nothing to a program that starts none; scripts name both all the same.
        let flags = [
            ("--version", Takes::None),
            ("--output", Takes::One),
            ("--color", Takes::One),
            ("--region", Takes::One),
            ("--no-cli-pager", Takes::None),
        ];
        let flags = flags.map(|(name, takes)| Flag { name: name.to_owned(), takes });
        let Scanned { values, mut rest } = scan(arguments, &flags)?;
        let at = rest.iter().position(|argument| !is_option(argument));
        let command = at.map(|at| rest.remove(at));
        let mut values = values.into_iter();
        let version = values.next().flatten().is_some();
        let mut one = || values.next().flatten().and_then(|values| values.into_iter().next());
        let (output, color) = (one(), one());
        Ok(Self { version, command, rest, output, color })
    }

    pub(crate) fn check(&self) -> Told<()> {
        match self.output.as_deref() {
            None | Some("json") => {}
            Some(other) => return Err(invalid_choice("--output", other)),
        }
        match self.color.as_deref() {
            None | Some("on" | "off" | "auto") => Ok(()),
            Some(other) => Err(invalid_choice("--color", other)),
        }
    }
}

/// Takes the options that it knows, by name or by the beginning of one.
pub(crate) fn scan(arguments: Vec<String>, flags: &[Flag]) -> Told<Scanned> {
    let mut values: Vec<Option<Vec<String>>> = vec![None; flags.len()];
    let mut rest = Vec::new();
    let mut arguments = arguments.into_iter().peekable();
    while let Some(argument) = arguments.next() {
        let (name, attached) = match argument.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (argument.as_str(), None),
        };
        let Some(at) = find(name, flags)? else {
            rest.push(argument);
            continue;
        };
        let Some((flag, slot)) = flags.get(at).zip(values.get_mut(at)) else { continue };
        let mut follows = || arguments.next_if(|next| !is_option(next));
        let taken = match (flag.takes, attached) {
            (Takes::None, None) => Vec::new(),
            (Takes::None, Some(value)) => {
                let problem =
                    format!("argument {}: ignored explicit argument '{value}'", flag.name);
                return Err(Failure::Usage(problem));
            }
            (Takes::One | Takes::Any, Some(value)) => vec![value],
            (Takes::One, None) => vec![follows().ok_or_else(|| {
                Failure::Usage(format!("argument {}: expected one argument", flag.name))
            })?],
            (Takes::Any, None) => std::iter::from_fn(follows).collect(),
        };
        *slot = Some(taken);
    }
    Ok(Scanned { values, rest })
}

/// Whether argparse takes an argument for an option, known or not.
pub(crate) fn is_option(argument: &str) -> bool {
    let Some(body) = argument.strip_prefix('-') else { return false };
    let number =
        body.bytes().all(|b| b.is_ascii_digit() || b == b'.') && body.parse::<f64>().is_ok();
    !body.is_empty() && !number && !argument.contains(' ')
}

fn find(name: &str, flags: &[Flag]) -> Told<Option<usize>> {
    if !name.starts_with("--") || name.len() < 3 {
        return Ok(None);
    }
    if let Some(exact) = flags.iter().position(|flag| flag.name == name) {
        return Ok(Some(exact));
    }
    let begins = |(_, flag): &(usize, &Flag)| flag.name.starts_with(name);
    let found: Vec<(usize, &Flag)> = flags.iter().enumerate().filter(begins).collect();
    match found.as_slice() {
        [] => Ok(None),
        [(at, _)] => Ok(Some(*at)),
        several => {
            let names: Vec<&str> = several.iter().map(|(_, flag)| flag.name.as_str()).collect();
            let names = names.join(", ");
            Err(Failure::Usage(format!("ambiguous option: {name} could match {names}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags() -> [Flag; 4] {
        [
            ("--one", Takes::One),
            ("--only", Takes::None),
            ("--all", Takes::Any),
            ("--on", Takes::One),
        ]
        .map(|(name, takes)| Flag { name: name.into(), takes })
    }

    fn split(arguments: &[&str]) -> Result<Scanned, String> {
        let arguments = arguments.iter().map(|a| (*a).to_owned()).collect();
        scan(arguments, &flags())
            .map_err(|failure| failure.text("p").lines().nth(1).unwrap_or_default().to_owned())
    }

    #[test]
    fn options_take_what_follows() {
        let owned = |values: &[&str]| Some(values.iter().map(|v| (*v).to_owned()).collect());
        let Scanned { values, rest } =
            split(&["x", "--one", "1", "--all", "a", "-1", "b c", "--only", "--one=-2", "y"])
                .unwrap();
        assert_eq!(values, [owned(&["-2"]), owned(&[]), owned(&["a", "-1", "b c"]), None]);
        assert_eq!(rest, ["x", "y"]);
        assert_eq!(split(&["--al", "a"]).unwrap().values[2], owned(&["a"]), "an abbreviation");
        assert_eq!(
            split(&["--on", "a"]).unwrap().values[3],
            owned(&["a"]),
            "exact before abbreviated"
        );
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (arguments, problem) in [
            (&["--one"][..], "argument --one: expected one argument"),
            (&["--one", "--all"], "argument --one: expected one argument"),
            (&["--only=1"], "argument --only: ignored explicit argument '1'"),
            (&["--o"], "ambiguous option: --o could match --one, --only, --on"),
        ] {
            let told = split(arguments).unwrap_err();
            assert!(told.ends_with(problem), "{arguments:?}: {told}");
        }
    }
}
