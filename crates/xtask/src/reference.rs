//! `reference`: the page `docs/actions.md`, generated from the action table.

use std::{fmt::Write as _, fs};

use anyhow::{Context as _, ensure};
use vmfa_iam::{Action, Api, SqlVerb, actions};
use vmfa_model::{Shape, StructureShape};

/// Writes `docs/actions.md`.
pub(crate) fn run() -> anyhow::Result<()> {
    let page = page()?;
    let unfinished = page.lines().find(|line| line.contains("TODO"));
    ensure!(unfinished.is_none(), "an action has TODOs left: {}", unfinished.unwrap_or_default());
    fs::write(PAGE, page).with_context(|| format!("cannot write `{PAGE}`"))
}

fn page() -> Result<String, std::fmt::Error> {
    let mut page = String::from(INTRODUCTION);
    for api in Api::ALL {
        let title = match api {
            Api::Iam => "IAM",
            Api::Sts => "STS",
            Api::Vmfa => "vmfa's own",
        };
        let mut listed = actions().filter(|action| action.api == api).peekable();
        if listed.peek().is_none() {
            continue;
        }
        writeln!(page, "\n# {title}, version {}", api.version())?;
        for action in listed {
            describe(&mut page, action)?;
        }
    }
    Ok(page)
}

fn describe(page: &mut String, action: &Action) -> std::fmt::Result {
    writeln!(page, "\n## {}\n\n{}", action.name, action.doc)?;
    for sql in action.sql {
        let verb = match sql.verb {
            SqlVerb::Select => "SELECT",
            SqlVerb::Insert => "INSERT",
            SqlVerb::Delete => "DELETE",
            SqlVerb::Update => "UPDATE",
            SqlVerb::Exec => "EXEC",
        };
        let (service, resource, method) = (sql.service, sql.resource, sql.method);
        writeln!(page, "\nSQL: {verb} `aws.{service}.{resource}`, method `{method}`")?;
    }
    members(page, REQUEST, action.input, "")?;
    if let Some(output) = action.output() {
        members(page, RESPONSE, output, "")?;
    }
    Ok(())
}

fn members(
    page: &mut String,
    title: &str,
    shape: &StructureShape,
    prefix: &str,
) -> std::fmt::Result {
    if shape.members.is_empty() {
        return Ok(());
    }
    if prefix.is_empty() {
        writeln!(page, "\n| {title} | | |\n|---|---|---|")?;
    }
    for member in shape.members {
        let name = format!("{prefix}{}", member.name);
        let kind = kind(&member.shape)?;
        let required = match (member.required, title) {
            (true, REQUEST) => ", required",
            (false, RESPONSE) => ", optional",
            _ => "",
        };
        let doc = member.doc.split_whitespace().collect::<Vec<_>>().join(" ");
        let doc = doc.replace('|', "\\|");
        writeln!(page, "| `{name}` | {kind}{required} | {doc} |")?;
        match member.shape {
            Shape::Structure(shape) => members(page, title, shape, &format!("{name}."))?,
            Shape::List(list) => {
                if let Shape::Structure(shape) = list.element {
                    members(page, title, shape, &format!("{name}[]."))?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn kind(shape: &Shape) -> Result<String, std::fmt::Error> {
    Ok(match shape {
        Shape::Text(text) => {
            let mut kind = if text.secret { "secret text".to_owned() } else { "text".to_owned() };
            if !text.values.is_empty() {
                return Ok(format!("one of {}", text.values.join(", ")));
            }
            match (text.min, text.max) {
                (0, None) => {}
                (min, None) => write!(kind, ", from {min} characters")?,
                (min, Some(max)) if min == max => write!(kind, ", {min} characters")?,
                (min, Some(max)) => write!(kind, ", {min} to {max} characters")?,
            }
            if let Some(pattern) = text.pattern {
                write!(kind, ", `{}`", pattern.expression.replace('|', "\\|"))?;
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
            Some(max) => format!("list of up to {max}: {}", self::kind(&list.element)?),
            None => format!("list: {}", self::kind(&list.element)?),
        },
    })
}

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/actions.md");
const REQUEST: &str = "Request parameter";
const RESPONSE: &str = "Response element";

const INTRODUCTION: &str = "\
<!-- Generated from the action table by `cargo xtask reference`; do not edit. -->

The actions that vmfa implements, with the names of AWS's IAM and STS API references. On the
command line `CreateVirtualMFADevice` is `vmfa iam create-virtual-mfa-device`. Lengths are in
characters. `deviations.md` lists the differences from AWS.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docs_actions_is_current() {
        let written = fs::read_to_string(PAGE).unwrap_or_default();
        let current = page().unwrap();
        assert!(written == current, "docs/actions.md is out of date; run `cargo xtask reference`");
    }
}
