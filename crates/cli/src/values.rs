//! The values of options: read from files, from JSON or from shorthand, and sorted by what they
//! are for.
//!
//! Not here: whether an input is complete, which is checked last.

use serde_json::{Map, Value};
use vmfa_iam::{Action, PagedReply};
use vmfa_model::{ListShape, Record, Shape};

use crate::{
    Surroundings,
    check::check,
    command::{Parameter, Target},
    failure::{Failure, Told},
    input::{self, Kind},
    json,
    pages::Paging,
    paramfile::{self, Content},
    python,
    shorthand::{self, Load},
};

/// Options with their values as they were given.
pub(crate) struct Raw {
    pub(crate) action: &'static Action,
    pub(crate) given: Vec<(Parameter, Vec<String>)>,
}

/// What the options of an action come to.
pub(crate) struct Given {
    pub(crate) action: &'static Action,
    pub(crate) members: Map<String, Value>,
    pub(crate) paging: Paging,
    /// The file for a secret of the output, and which secret.
    pub(crate) outfile: Option<(String, &'static str)>,
    /// The skeleton that is asked for in place of a call.
    pub(crate) skeleton: Option<String>,
    documents: Vec<(Kind, String)>,
}

impl Raw {
    /// Reads the values. Whether a list is to be `paginate`d is what the command line says.
    pub(crate) fn load(self, paginate: bool, around: &Surroundings<'_>) -> Told<Given> {
        let load = |text: &str| paramfile::load(text, around);
        let mut given = Given {
            action: self.action,
            members: Map::new(),
            paging: Paging { paginate: self.paginates(paginate)?, ..Paging::default() },
            outfile: None,
            skeleton: None,
            documents: Vec::new(),
        };
        let mut path = None;
        for (parameter, values) in self.given {
            let flag = &parameter.flag;
            let told = |problem| match problem {
                Problem::Syntax(problem) => Failure::Parameter(format!(
                    "Error parsing parameter '{}': {problem}",
                    flag.name
                )),
                Problem::Other(problem) => Failure::Other(problem),
                Problem::Whole(failure) => failure,
            };
            let number = values.last().filter(|_| flag.integer).and_then(|text| python::int(text));
            let values = if flag.integer {
                Loaded::Given(values)
            } else {
                Loaded::of(values, &load).map_err(told)?
            };
            match parameter.target {
                Target::Member(member) => {
                    let value = read(member.name, &member.shape, values, &load).map_err(told)?;
                    given.members.insert(member.name.to_owned(), value);
                }
                Target::Switch(member, on) => {
                    given.members.insert(member.name.to_owned(), Value::Bool(on));
                }
                Target::MaxItems if given.paging.paginate => given.paging.max_items = number,
                Target::MaxItems => {
                    given.members.insert(PagedReply::LIMIT.to_owned(), number.into());
                }
                Target::StartingToken => given.paging.starting_token = Some(values.text()),
                Target::PageSize => given.paging.page_size = number,
                Target::Input(kind) => given.documents.push((kind, values.text())),
                Target::Skeleton => given.skeleton = Some(values.text()),
                Target::Outfile => path = Some(values.text()),
                Target::Method(methods) => {
                    let name = values.text();
                    let method = methods.iter().find(|method| **method == name);
                    given.outfile = path.take().zip(method.copied());
                }
            }
        }
        Ok(given)
    }

    /// Whether the pages of a list are followed: not where a member for paging is given by hand.
    fn paginates(&self, paginate: bool) -> Told<bool> {
        if self.action.paged().is_none() {
            return Ok(true);
        }
        let by_hand = |(parameter, _): &(Parameter, _)| parameter.hidden;
        if paginate && !self.given.iter().any(by_hand) {
            return Ok(true);
        }
        let used = |(parameter, values): &(Parameter, Vec<String>)| {
            let value = values.last().map(String::as_str).unwrap_or_default();
            let counts = match parameter.target {
                Target::StartingToken => !value.is_empty(),
                Target::PageSize => python::int(value) != Some(0),
                _ => false,
            };
            counts.then(|| parameter.flag.name.to_string())
        };
        let used: Vec<String> = self.given.iter().filter_map(used).collect();
        if used.is_empty() {
            return Ok(false);
        }
        Err(Failure::Parameter(format!(
            "Cannot specify --no-paginate along with pagination arguments: {}",
            used.join(", ")
        )))
    }
}

impl Given {
    /// Takes over the members of the documents; what the command line says goes first.
    pub(crate) fn read_documents(&mut self) -> Told<()> {
        if self.documents.len() > 1 {
            let problem = "Only one --cli-input- parameter may be specified.";
            return Err(Failure::Parameter(problem.to_owned()));
        }
        if let Some((kind, text)) = self.documents.pop() {
            for (name, value) in input::read(&text, kind)? {
                self.members.entry(name).or_insert(value);
            }
        }
        let by_hand = [PagedReply::MARKER, PagedReply::LIMIT]
            .iter()
            .any(|name| self.members.contains_key(*name));
        if self.action.paged().is_some() && by_hand {
            self.paging.paginate = false;
        }
        Ok(())
    }

    /// The input of the action, checked as far as the AWS CLI does before it sends.
    pub(crate) fn input(&self) -> Told<Record> {
        let mut members = self.members.clone();
        self.paging.inject(&mut members)?;
        check(self.action.input, &members)
    }
}

enum Problem {
    /// With the text: the parameter is named along.
    Syntax(String),
    /// With what it stands for.
    Other(String),
    /// All of it.
    Whole(Failure),
}

/// The values of an option, as they were given or from a file that stands for all of them.
enum Loaded {
    Given(Vec<String>),
    File(Content),
}

impl Loaded {
    fn of(
        values: Vec<String>,
        load: &dyn Fn(&str) -> Result<Option<Content>, String>,
    ) -> Result<Self, Problem> {
        if let [single] = values.as_slice()
            && let Some(content) = load(single).map_err(Problem::Syntax)?
        {
            return Ok(Self::File(content));
        }
        Ok(Self::Given(values))
    }

    /// The only value, or the last.
    fn text(self) -> String {
        match self {
            Self::Given(mut values) => values.pop().unwrap_or_default(),
            Self::File(Content::Text(text)) => text,
            Self::File(Content::Bytes(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
        }
    }
}

fn read(
    name: &str,
    shape: &Shape,
    values: Loaded,
    load: &dyn Fn(&str) -> Result<Option<Content>, String>,
) -> Result<Value, Problem> {
    let load = |text: &str| Ok(load(text)?.map(|content| Loaded::File(content).text()));
    match (shape, values) {
        (Shape::List(list), values) => self::list(list, values, &load),
        (Shape::Text(_), Loaded::File(Content::Bytes(bytes))) => {
            Err(Problem::Whole(Failure::Parameter(format!(
                "Parameter validation failed:\nInvalid type for parameter {name}, value: {}, \
                 type: <class 'bytes'>, valid types: <class 'str'>",
                python::bytes(&bytes)
            ))))
        }
        (Shape::Structure(_), values) => {
            let text = values.text();
            if looks_like_json(&text) { unpacked(shape, &text) } else { short(shape, &text, &load) }
        }
        (_, values) => unpacked(shape, &values.text()),
    }
}

fn list(list: &ListShape, values: Loaded, load: Load<'_>) -> Result<Value, Problem> {
    let shorthand = matches!(list.element, Shape::Structure(_));
    match values {
        Loaded::Given(values)
            if shorthand && !values.first().is_some_and(|v| looks_like_json(v)) =>
        {
            values.iter().map(|value| short(&list.element, value, load)).collect()
        }
        Loaded::Given(values) => match values.as_slice() {
            [single] if single.trim().starts_with('[') => json(single),
            values => values.iter().map(|value| unpacked(&list.element, value)).collect(),
        },
        // What Python says of bytes where it looks for the first character of a text.
        Loaded::File(Content::Bytes(bytes)) if shorthand => Err(Problem::Other(
            match bytes.as_slice() {
                [] => "a bytes-like object is required, not 'str'",
                _ => "'in <string>' requires string as left operand, not int",
            }
            .to_owned(),
        )),
        // It walks them number by number.
        Loaded::File(Content::Bytes(bytes)) => Ok(bytes.into_iter().map(Value::from).collect()),
        Loaded::File(Content::Text(text)) => {
            if shorthand && !looks_like_json(&text) {
                // The whole text is one structure, and not in a list.
                return short(&list.element, &text, load);
            }
            if first(&text)? == '[' {
                return json(&text);
            }
            // Python walks a text that is no list character by character.
            text.chars().map(|c| unpacked(&list.element, &c.to_string())).collect()
        }
    }
}

/// A value that is not shorthand.
fn unpacked(shape: &Shape, text: &str) -> Result<Value, Problem> {
    match shape {
        Shape::Integer(_) => integer(text),
        Shape::Structure(_) if first(text)? == '{' => json(text),
        Shape::Structure(_) => Err(Problem::Syntax(format!("Invalid JSON:\n{text}"))),
        _ => Ok(Value::String(text.to_owned())),
    }
}

fn short(shape: &Shape, text: &str, load: Load<'_>) -> Result<Value, Problem> {
    let mut value = match shorthand::parse(text, load) {
        Ok(members) => Value::Object(members),
        Err(shorthand::Problem::Syntax(problem)) => return Err(Problem::Syntax(problem)),
        Err(shorthand::Problem::File(problem)) => return Err(Problem::Other(problem)),
    };
    fit(shape, &mut value)?;
    Ok(value)
}

/// Makes of the texts of shorthand what the shape wants: numbers, truth, and lists of one.
fn fit(shape: &Shape, value: &mut Value) -> Result<(), Problem> {
    match (shape, &mut *value) {
        (Shape::Structure(shape), Value::Object(members)) => {
            for (name, value) in members.iter_mut() {
                let Some(member) = shape.member(name) else { continue };
                fit(&member.shape, value)?;
            }
        }
        (Shape::List(list), Value::Array(values)) => {
            values.iter_mut().try_for_each(|value| fit(&list.element, value))?;
        }
        (Shape::List(_), single) => *value = Value::Array(vec![single.take()]),
        (Shape::Integer(_), Value::String(text)) => *value = integer(text)?,
        (Shape::Boolean, Value::String(text)) => match text.to_lowercase().as_str() {
            "true" => *value = Value::Bool(true),
            "false" => *value = Value::Bool(false),
            _ => {}
        },
        _ => {}
    }
    Ok(())
}

fn integer(text: &str) -> Result<Value, Problem> {
    python::int(text).map(Value::from).ok_or_else(|| Problem::Other(python::no_int(text)))
}

fn json(text: &str) -> Result<Value, Problem> {
    json::parse(text)
        .map_err(|error| Problem::Syntax(format!("Invalid JSON: {error}\nJSON received: {text}")))
}

fn looks_like_json(text: &str) -> bool {
    text.trim().starts_with(['[', '{'])
}

/// The first character that is no space.
fn first(text: &str) -> Result<char, Problem> {
    let first = text.trim_start().chars().next();
    first.ok_or_else(|| Problem::Other("string index out of range".to_owned()))
}
