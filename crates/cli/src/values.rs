//! The values of options: read from files, from JSON or from shorthand, and fitted into the
//! action's input.

use serde_json::{Map, Value};
use vmfa_iam::Action;
use vmfa_model::{Record, Shape};

use crate::{
    Surroundings,
    check::check,
    command::{Parameter, Target},
    failure::{Failure, Told, invalid_choice},
    paramfile,
    shorthand::{self, Load},
};

/// Options with their values as they were given.
pub(crate) struct Raw(pub(crate) Vec<(Parameter, Vec<String>)>);

/// Options with their values.
pub(crate) struct Given {
    members: Map<String, Value>,
    /// The file for a secret of the output, and which secret.
    pub(crate) outfile: Option<String>,
    pub(crate) method: Option<&'static str>,
}

impl Raw {
    /// Reads the values.
    pub(crate) fn load(self, around: &Surroundings<'_>) -> Told<Given> {
        let load = |text: &str| paramfile::load(text, around);
        let mut given = Given { members: Map::new(), outfile: None, method: None };
        for (parameter, mut values) in self.0 {
            let flag = &parameter.flag.name;
            let prefix = |problem| {
                Failure::Parameter(format!("Error parsing parameter '{flag}': {problem}"))
            };
            // A file may stand for a value, or for all the values of a list.
            if let [single] = values.as_mut_slice()
                && let Some(content) = load(single).map_err(prefix)?
            {
                *single = content;
            }
            match parameter.target {
                Target::Member(member) => {
                    let value =
                        of_shape(&member.shape, values, &load).map_err(
                            |problem| match problem {
                                Problem::Syntax(problem) => prefix(problem),
                                Problem::Other(problem) => Failure::Other(problem),
                            },
                        )?;
                    given.members.insert(member.name.to_owned(), value);
                }
                Target::Switch(member, on) => {
                    given.members.insert(member.name.to_owned(), Value::Bool(on));
                }
                Target::Outfile => given.outfile = values.pop(),
                Target::Method(methods) => {
                    let name = values.pop().unwrap_or_default();
                    let method = methods.iter().find(|method| **method == name);
                    given.method = Some(method.ok_or_else(|| invalid_choice(flag, &name))?);
                }
            }
        }
        Ok(given)
    }
}

impl Given {
    /// The input of the action, checked as far as the AWS CLI does before it sends.
    pub(crate) fn input(&self, action: &Action) -> Told<Record> {
        check(action.input, &self.members)
    }
}

enum Problem {
    /// With the text: the parameter is named along.
    Syntax(String),
    /// With what it stands for.
    Other(String),
}

fn of_shape(shape: &Shape, mut values: Vec<String>, load: Load<'_>) -> Result<Value, Problem> {
    let Shape::List(list) = shape else {
        return one(shape, &values.pop().unwrap_or_default(), load);
    };
    if let [single] = values.as_slice()
        && single.trim_start().starts_with('[')
    {
        return json(single);
    }
    values.iter().map(|value| one(&list.element, value, load)).collect()
}

fn one(shape: &Shape, text: &str, load: Load<'_>) -> Result<Value, Problem> {
    match shape {
        Shape::Integer(_) => integer(text),
        Shape::Structure(_) if text.trim_start().starts_with('{') => json(text),
        Shape::Structure(_) => match shorthand::parse(text, load) {
            Ok(members) => Ok(Value::Object(members)),
            Err(shorthand::Problem::Syntax(problem)) => Err(Problem::Syntax(problem)),
            Err(shorthand::Problem::File(problem)) => Err(Problem::Other(problem)),
        },
        _ => Ok(Value::String(text.to_owned())),
    }
}

fn integer(text: &str) -> Result<Value, Problem> {
    text.trim()
        .parse::<i64>()
        .map(Value::from)
        .map_err(|_| Problem::Other(format!("invalid literal for int() with base 10: '{text}'")))
}

fn json(text: &str) -> Result<Value, Problem> {
    serde_json::from_str(text)
        .map_err(|error| Problem::Syntax(format!("Invalid JSON: {error}\nJSON received: {text}")))
}
