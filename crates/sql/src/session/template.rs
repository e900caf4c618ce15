//! `SHOW INSERT`: a statement that runs as it is, with values that the constraints admit.

use vmfa_iam::SqlVerb;
use vmfa_model::{Member, Shape, StructureShape};

use super::methods_of;
use crate::{
    Failure,
    catalog::{Method, Resource},
    given::{DEFAULT_REGION, REGION, parameter},
    language::Path,
    value::datatype,
};

/// The statement that inserts into a resource, with these columns; without any, with all, or with
/// those that are required.
pub(super) fn insert(
    resource: &Resource,
    path: &Path,
    columns: &[String],
    required: bool,
) -> Result<String, Failure> {
    let methods = methods_of(resource, &path.join("."), SqlVerb::Insert)?;
    let mut names = Vec::new();
    for column in columns {
        names.push(parameter(&methods, column, "")?);
    }
    if names.is_empty() {
        let first = methods.first();
        let needed: Vec<&str> = first.into_iter().flat_map(Method::required).collect();
        let members = first.map(Method::parameters).unwrap_or_default();
        let wanted = |member: &&Member| {
            needed.contains(&member.name) || !(required || names_another(&member.shape))
        };
        names.extend(members.iter().filter(wanted).map(|member| member.name));
        names.sort_by_key(|name| !needed.contains(name));
        names.push(REGION);
    }
    let value = |name: &&str| {
        let members = methods.iter().flat_map(Method::parameters);
        let member = members.into_iter().find(|member| member.name == *name);
        member.map_or_else(|| format!("'{DEFAULT_REGION}'"), |member| literal(&member.shape))
    };
    let values: Vec<String> = names.iter().map(value).collect();
    let quoted: Vec<String> = names.iter().map(|name| named(name)).collect();
    let told = methods.first().and_then(told_once);
    let returning = told.map_or_else(|| "*".to_owned(), |told| told.join(", "));
    let [provider, service, _] = path;
    let (provider, service) = (provider.to_ascii_lowercase(), service.to_ascii_lowercase());
    let table = format!("{provider}.{service}.{}", resource.name);
    let (columns, values) = (quoted.join(", "), values.join(", "));
    let answers = methods.iter().any(|method| method.action.output().is_some());
    let returning = if answers { format!("\nRETURNING {returning}") } else { String::new() };
    Ok(format!("INSERT INTO {table} ({columns})\nVALUES ({values}){returning};"))
}

/// What is to be kept of an answer with something in it that no other call tells: that, last,
/// where it is seen, and what there always is, which tells whose it is.
pub(super) fn told_once(method: &Method) -> Option<Vec<&'static str>> {
    let (secret, open): (Vec<&Member>, Vec<&Member>) =
        method.columns().iter().partition(|member| member.shape.is_secret());
    let open = open.into_iter().filter(|member| member.required);
    let names = || open.chain(secret.iter().copied()).map(|member| member.name).collect();
    (!secret.is_empty()).then(names)
}

/// A shape in a few words: `{"Key":"string"}`.
pub(super) fn shape(shape: &Shape) -> String {
    match shape {
        Shape::List(list) => format!("[{}]", self::shape(&list.element)),
        Shape::Structure(structure) => {
            let member =
                |member: &Member| format!("\"{}\":{}", member.name, self::shape(&member.shape));
            let members: Vec<String> = structure.members.iter().map(member).collect();
            format!("{{{}}}", members.join(","))
        }
        Shape::Map(element) => format!("{{\"\":{}}}", self::shape(element)),
        scalar => datatype(scalar).to_owned(),
    }
}

/// Whether a value must be the ARN of something that is there, which no example can be.
fn names_another(shape: &Shape) -> bool {
    let arn = |text: &&'static str| text.starts_with("arn:");
    let Shape::Text(text) = shape else { return false };
    let mut fits = EXAMPLES.iter().filter(|example| text.admits(example));
    text.values.is_empty() && fits.next().is_some_and(arn)
}

/// A column, in quotes where it would be read as a keyword.
fn named(name: &str) -> String {
    if RESERVED.contains(&name) { format!("\"{name}\"") } else { name.to_owned() }
}

fn literal(shape: &Shape) -> String {
    match shape {
        Shape::Integer(range) => range.min.to_string(),
        Shape::Boolean => "true".to_owned(),
        Shape::List(_) | Shape::Structure(_) | Shape::Map(_) => {
            format!("'{}'", example(shape).to_string().replace('\'', "''"))
        }
        scalar => match example(scalar) {
            serde_json::Value::String(text) => format!("'{}'", text.replace('\'', "''")),
            other => other.to_string(),
        },
    }
}

/// A value that the shape admits.
pub(super) fn example(shape: &Shape) -> serde_json::Value {
    match shape {
        Shape::Text(text) => {
            let candidates = text.values.iter().chain(EXAMPLES);
            let fits = candidates.copied().find(|example| text.admits(example));
            fits.unwrap_or("example").into()
        }
        Shape::Integer(range) => range.min.into(),
        Shape::Boolean => true.into(),
        Shape::Time => "2026-01-31T23:59:59Z".into(),
        Shape::Blob => "ZXhhbXBsZQ==".into(),
        Shape::List(list) => vec![example(&list.element)].into(),
        Shape::Structure(StructureShape { members, .. }) => {
            let members =
                members.iter().map(|member| (member.name.to_owned(), example(&member.shape)));
            serde_json::Value::Object(members.collect())
        }
        Shape::Map(element) => serde_json::Value::Object(
            [("example".to_owned(), example(element))].into_iter().collect(),
        ),
    }
}

/// Values that the first fitting one is taken from.
const EXAMPLES: &[&str] = &["example", "/", "arn:aws:iam::123456789012:user/example", "123456"];

/// Names of columns that are also keywords.
const RESERVED: &[&str] = &["Key", "User", "Group", "Values", "Default"];
