//! Loads the values of options from files, JSON or shorthand.

use serde_json::{Map, Value};
use vmfa_iam::{Action, PagedReply};
use vmfa_model::{ListShape, Record, Shape};

use crate::{
    CliContext,
    check::check,
    command::{OptionSpec, OptionTarget},
    error::{CliError, Result},
    input::{self, DocumentFormat},
    json,
    pages::PagingOptions,
    paramfile::{self, FileContent},
    python,
    shorthand::{self, LoadFile},
};

/// The options of an action with their unparsed values.
pub(crate) struct RawOptions {
    pub(crate) action: &'static Action,
    pub(crate) given: Vec<(OptionSpec, Vec<String>)>,
}

/// The parsed options of an action.
pub(crate) struct CommandInput {
    pub(crate) action: &'static Action,
    pub(crate) members: Map<String, Value>,
    pub(crate) paging: PagingOptions,
    /// The path of the file and the member that it receives.
    pub(crate) outfile: Option<(String, &'static str)>,
    /// The kind of skeleton to print instead of a call.
    pub(crate) skeleton: Option<String>,
    documents: Vec<(DocumentFormat, String)>,
}

impl RawOptions {
    /// Loads and parses all values. `paginate` is false for `--no-paginate`.
    pub(crate) fn load(self, paginate: bool, context: &CliContext<'_>) -> Result<CommandInput> {
        let load = |text: &str| paramfile::load(text, context);
        let mut given = CommandInput {
            action: self.action,
            members: Map::new(),
            paging: PagingOptions {
                paginate: self.paginates(paginate)?,
                ..PagingOptions::default()
            },
            outfile: None,
            skeleton: None,
            documents: Vec::new(),
        };
        let mut path = None;
        for (parameter, values) in self.given {
            let flag = &parameter.flag;
            let to_error = |problem| match problem {
                ValueError::Syntax(problem) => CliError::ParamValidation(format!(
                    "Error parsing parameter '{}': {problem}",
                    flag.name
                )),
                ValueError::Other(problem) => CliError::Other(problem),
                ValueError::Whole(failure) => failure,
            };
            let number = values.last().filter(|_| flag.integer).and_then(|text| python::int(text));
            let values = if flag.integer {
                LoadedValues::Words(values)
            } else {
                LoadedValues::of(values, &load).map_err(to_error)?
            };
            match parameter.target {
                OptionTarget::Member(member) => {
                    let value =
                        read(member.name, &member.shape, values, &load).map_err(to_error)?;
                    given.members.insert(member.name.to_owned(), value);
                }
                OptionTarget::Switch(member, on) => {
                    given.members.insert(member.name.to_owned(), Value::Bool(on));
                }
                OptionTarget::MaxItems if given.paging.paginate => given.paging.max_items = number,
                OptionTarget::MaxItems => {
                    given.members.insert(PagedReply::LIMIT.to_owned(), number.into());
                }
                OptionTarget::StartingToken => given.paging.starting_token = Some(values.text()),
                OptionTarget::PageSize => given.paging.page_size = number,
                OptionTarget::Input(kind) => given.documents.push((kind, values.text())),
                OptionTarget::Skeleton => given.skeleton = Some(values.text()),
                OptionTarget::Outfile => path = Some(values.text()),
                OptionTarget::Method(methods) => {
                    let name = values.text();
                    let method = methods.iter().find(|method| **method == name);
                    given.outfile = path.take().zip(method.copied());
                }
            }
        }
        Ok(given)
    }

    /// Whether to follow the pages of a list: not if a member for paging is given directly.
    fn paginates(&self, paginate: bool) -> Result<bool> {
        if self.action.paged().is_none() {
            return Ok(true);
        }
        let by_hand = |(parameter, _): &(OptionSpec, _)| parameter.hidden;
        if paginate && !self.given.iter().any(by_hand) {
            return Ok(true);
        }
        let used = |(parameter, values): &(OptionSpec, Vec<String>)| {
            let value = values.last().map(String::as_str).unwrap_or_default();
            let counts = match parameter.target {
                OptionTarget::StartingToken => !value.is_empty(),
                OptionTarget::PageSize => python::int(value) != Some(0),
                _ => false,
            };
            counts.then(|| parameter.flag.name.to_string())
        };
        let used: Vec<String> = self.given.iter().filter_map(used).collect();
        if used.is_empty() {
            return Ok(false);
        }
        Err(CliError::ParamValidation(format!(
            "Cannot specify --no-paginate along with pagination arguments: {}",
            used.join(", ")
        )))
    }
}

impl CommandInput {
    /// Adds the members of the documents; options on the command line take precedence.
    pub(crate) fn read_documents(&mut self) -> Result<()> {
        if self.documents.len() > 1 {
            let problem = "Only one --cli-input- parameter may be specified.";
            return Err(CliError::ParamValidation(problem.to_owned()));
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

    /// The input of the action, validated as the AWS CLI does before a request.
    pub(crate) fn input(&self) -> Result<Record> {
        let mut members = self.members.clone();
        self.paging.inject(&mut members)?;
        check(self.action.input, &members)
    }
}

enum ValueError {
    /// The message gets the name of the parameter as prefix.
    Syntax(String),
    Other(String),
    Whole(CliError),
}

/// The values of an option, or the file that replaces all of them.
enum LoadedValues {
    Words(Vec<String>),
    File(FileContent),
}

impl LoadedValues {
    fn of(
        values: Vec<String>,
        load: &dyn Fn(&str) -> Result<Option<FileContent>, String>,
    ) -> Result<Self, ValueError> {
        if let [single] = values.as_slice()
            && let Some(content) = load(single).map_err(ValueError::Syntax)?
        {
            return Ok(Self::File(content));
        }
        Ok(Self::Words(values))
    }

    fn text(self) -> String {
        match self {
            Self::Words(mut values) => values.pop().unwrap_or_default(),
            Self::File(FileContent::Text(text)) => text,
            Self::File(FileContent::Bytes(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
        }
    }
}

fn read(
    name: &str,
    shape: &Shape,
    values: LoadedValues,
    load: &dyn Fn(&str) -> Result<Option<FileContent>, String>,
) -> Result<Value, ValueError> {
    let load = |text: &str| Ok(load(text)?.map(|content| LoadedValues::File(content).text()));
    match (shape, values) {
        (Shape::List(list), values) => self::list(list, values, &load),
        (Shape::Text(_), LoadedValues::File(FileContent::Bytes(bytes))) => {
            Err(ValueError::Whole(CliError::ParamValidation(format!(
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

fn list(list: &ListShape, values: LoadedValues, load: LoadFile<'_>) -> Result<Value, ValueError> {
    let shorthand = matches!(list.element, Shape::Structure(_));
    match values {
        LoadedValues::Words(values)
            if shorthand && !values.first().is_some_and(|v| looks_like_json(v)) =>
        {
            values.iter().map(|value| short(&list.element, value, load)).collect()
        }
        LoadedValues::Words(values) => match values.as_slice() {
            [single] if single.trim().starts_with('[') => json(single),
            values => values.iter().map(|value| unpacked(&list.element, value)).collect(),
        },
        // Python's errors for bytes instead of a string.
        LoadedValues::File(FileContent::Bytes(bytes)) if shorthand => Err(ValueError::Other(
            match bytes.as_slice() {
                [] => "a bytes-like object is required, not 'str'",
                _ => "'in <string>' requires string as left operand, not int",
            }
            .to_owned(),
        )),
        // In Python, iterating over bytes yields numbers.
        LoadedValues::File(FileContent::Bytes(bytes)) => {
            Ok(bytes.into_iter().map(Value::from).collect())
        }
        LoadedValues::File(FileContent::Text(text)) => {
            if shorthand && !looks_like_json(&text) {
                // The whole text is one structure, not a list of one.
                return short(&list.element, &text, load);
            }
            if first(&text)? == '[' {
                return json(&text);
            }
            // In Python, iterating over a string yields its characters.
            text.chars().map(|c| unpacked(&list.element, &c.to_string())).collect()
        }
    }
}

fn unpacked(shape: &Shape, text: &str) -> Result<Value, ValueError> {
    match shape {
        Shape::Integer(_) => integer(text),
        Shape::Structure(_) if first(text)? == '{' => json(text),
        Shape::Structure(_) => Err(ValueError::Syntax(format!("Invalid JSON:\n{text}"))),
        _ => Ok(Value::String(text.to_owned())),
    }
}

fn short(shape: &Shape, text: &str, load: LoadFile<'_>) -> Result<Value, ValueError> {
    let mut value = match shorthand::parse(text, load) {
        Ok(members) => Value::Object(members),
        Err(shorthand::ShorthandError::Syntax(problem)) => return Err(ValueError::Syntax(problem)),
        Err(shorthand::ShorthandError::File(problem)) => return Err(ValueError::Other(problem)),
    };
    fit(shape, &mut value)?;
    Ok(value)
}

/// Converts the strings of shorthand to the types of the shape: numbers, booleans, and lists of
/// one.
fn fit(shape: &Shape, value: &mut Value) -> Result<(), ValueError> {
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

fn integer(text: &str) -> Result<Value, ValueError> {
    python::int(text).map(Value::from).ok_or_else(|| ValueError::Other(python::no_int(text)))
}

fn json(text: &str) -> Result<Value, ValueError> {
    json::parse(text).map_err(|error| {
        ValueError::Syntax(format!("Invalid JSON: {error}\nJSON received: {text}"))
    })
}

fn looks_like_json(text: &str) -> bool {
    text.trim().starts_with(['[', '{'])
}

fn first(text: &str) -> Result<char, ValueError> {
    let first = text.trim_start().chars().next();
    first.ok_or_else(|| ValueError::Other("string index out of range".to_owned()))
}
