//! The reference page of actions is derived from the action table, and must be current.
//!
//! `VMFA_UPDATE_REFERENCE=1 cargo test -p vmfa --test reference` writes it anew.
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot read the page")]

use std::{fmt::Write as _, fs, path::Path};

use vmfa_iam::{Action, Api, Verb, actions};
use vmfa_model::{Shape, StructureShape};

#[test]
fn docs_actions_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/actions.md");
    let page = page();
    if option_env!("VMFA_UPDATE_REFERENCE").is_some() {
        fs::write(&file, &page).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        written == page,
        "docs/actions.md is not what the table says; run \
         VMFA_UPDATE_REFERENCE=1 cargo test -p vmfa --test reference"
    );
}

fn page() -> String {
    let mut page = String::from(INTRODUCTION);
    for api in Api::ALL {
        let title = match api {
            Api::Iam => "IAM",
            Api::Sts => "STS",
        };
        writeln!(page, "\n# {title}, version {}", api.version()).unwrap();
        for action in actions().filter(|action| action.api == api) {
            describe(&mut page, action);
        }
    }
    page
}

fn describe(page: &mut String, action: &Action) {
    writeln!(page, "\n## {}\n\n{}", action.name, action.doc).unwrap();
    for sql in action.sql {
        let verb = match sql.verb {
            Verb::Select => "SELECT",
            Verb::Insert => "INSERT",
            Verb::Delete => "DELETE",
            Verb::Update => "UPDATE",
            Verb::Exec => "EXEC",
        };
        let (service, resource, method) = (sql.service, sql.resource, sql.method);
        writeln!(page, "\nSQL: {verb} `aws.{service}.{resource}`, method `{method}`").unwrap();
    }
    members(page, PARAMETER, action.input, "");
    if let Some(output) = action.output() {
        members(page, ANSWER, output, "");
    }
}

fn members(page: &mut String, title: &str, shape: &StructureShape, prefix: &str) {
    if shape.members.is_empty() {
        return;
    }
    if prefix.is_empty() {
        writeln!(page, "\n| {title} | | |\n|---|---|---|").unwrap();
    }
    for member in shape.members {
        let name = format!("{prefix}{}", member.name);
        let kind = kind(&member.shape);
        let required = match (member.required, title) {
            (true, PARAMETER) => ", required",
            (false, ANSWER) => ", not always there",
            _ => "",
        };
        let doc = member.doc.split_whitespace().collect::<Vec<_>>().join(" ");
        let doc = doc.replace('|', "\\|");
        writeln!(page, "| `{name}` | {kind}{required} | {doc} |").unwrap();
        match member.shape {
            Shape::Structure(shape) => members(page, title, shape, &format!("{name}.")),
            Shape::List(list) => {
                if let Shape::Structure(shape) = list.element {
                    members(page, title, shape, &format!("{name}[]."));
                }
            }
            _ => {}
        }
    }
}

fn kind(shape: &Shape) -> String {
    match shape {
        Shape::Text(text) => {
            let mut kind = if text.secret { "secret text".to_owned() } else { "text".to_owned() };
            if !text.values.is_empty() {
                return format!("one of {}", text.values.join(", "));
            }
            match (text.min, text.max) {
                (0, None) => {}
                (min, None) => write!(kind, ", from {min} characters").unwrap(),
                (min, Some(max)) if min == max => write!(kind, ", {min} characters").unwrap(),
                (min, Some(max)) => write!(kind, ", {min} to {max} characters").unwrap(),
            }
            if let Some(pattern) = text.pattern {
                write!(kind, ", `{}`", pattern.expression.replace('|', "\\|")).unwrap();
            }
            kind
        }
        Shape::Integer(range) if range.min == i64::MIN => "number".to_owned(),
        Shape::Integer(range) => format!("number, {} to {}", range.min, range.max),
        Shape::Boolean => "true or false".to_owned(),
        Shape::Time => "time".to_owned(),
        Shape::Blob => "bytes".to_owned(),
        Shape::Structure(_) => "structure".to_owned(),
        Shape::Map(_) => "map".to_owned(),
        Shape::List(list) => match list.max {
            Some(max) => format!("list of up to {max}: {}", self::kind(&list.element)),
            None => format!("list: {}", self::kind(&list.element)),
        },
    }
}

const PARAMETER: &str = "Parameter";
const ANSWER: &str = "Answer";

const INTRODUCTION: &str = "\
<!-- Made from the action table by crates/vmfa/tests/reference.rs; not to be edited. -->

Every action that vmfa answers. The names are those of AWS's IAM and STS API references; on the
command line `CreateVirtualMFADevice` is `vmfa iam create-virtual-mfa-device`. Lengths count
characters. Where behaviour differs from AWS, `deviations.md` says so.
";
