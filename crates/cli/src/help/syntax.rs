//! Describes the types of values and their syntax on the command line.

use vmfa_model::{Shape, StructureShape};

use super::{layout::HelpPage, options::is_nested};

/// The name of a shape in help.
pub(super) const fn kind(shape: &Shape) -> &'static str {
    match shape {
        Shape::Text(_) => "string",
        Shape::Integer(_) => "integer",
        Shape::Boolean => "boolean",
        Shape::Time => "timestamp",
        Shape::Blob => "blob",
        Shape::List(_) => "list",
        Shape::Structure(_) => "structure",
        Shape::Map(_) => "map",
    }
}

/// Describes the allowed values of a shape, and the syntax of a structured one.
pub(super) fn of(page: &mut HelpPage, depth: usize, shape: &Shape) {
    parts(page, depth, shape);
    if !is_nested(shape) {
        return;
    }
    if let Some(text) = shorthand(shape) {
        page.line(depth, "Shorthand Syntax:");
        page.code(depth, &text);
        page.line(depth, "JSON Syntax:");
        page.code(depth, &json(shape, ""));
    } else {
        page.line(depth, "Syntax:");
        page.code(depth, &plain(shape));
    }
}

fn parts(page: &mut HelpPage, depth: usize, shape: &Shape) {
    let deeper = depth.saturating_add(1);
    match shape {
        Shape::Text(text) if !text.values.is_empty() => page.choices(depth, text.values),
        Shape::Text(text) => {
            let least = (text.min > 0).then(|| format!("min: {}", text.min));
            let most = text.max.map(|most| format!("max: {most}"));
            let pattern = text.pattern.map(|pattern| format!("pattern: {}", pattern.expression));
            constraints(page, depth, &[least, most, pattern]);
        }
        Shape::Integer(range) => {
            let least = Some(format!("min: {}", range.min));
            let most = (range.max < i64::MAX).then(|| format!("max: {}", range.max));
            constraints(page, depth, &[least, most]);
        }
        Shape::List(list) => {
            let most = list.max.map(|most| format!("max: {most}"));
            constraints(page, depth, &[most]);
            page.line(depth, &format!("({})", kind(&list.element)));
            parts(page, deeper, &list.element);
        }
        Shape::Structure(shape) => {
            for member in shape.members {
                let required = if member.required { " [required]" } else { "" };
                let name = format!("{} -> ({}){required}", member.name, kind(&member.shape));
                page.entry(depth, &name, member.doc);
                parts(page, deeper, &member.shape);
            }
        }
        Shape::Map(value) => {
            page.line(depth, "key -> (string)");
            page.line(depth, &format!("value -> ({})", kind(value)));
        }
        Shape::Boolean | Shape::Time | Shape::Blob => {}
    }
}

fn constraints(page: &mut HelpPage, depth: usize, given: &[Option<String>]) {
    if given.iter().any(Option::is_some) {
        page.line(depth, "Constraints:");
        page.bullets(depth, given.iter().flatten().map(String::as_str));
    }
}

fn shorthand(shape: &Shape) -> Option<String> {
    match shape {
        Shape::Structure(shape) => Some(pairs(shape)),
        Shape::Map(value) => Some(format!("KeyName1={0},KeyName2={0}", kind(value))),
        Shape::List(list) => match list.element {
            Shape::Structure(shape) => Some(format!("{} ...", pairs(shape))),
            _ => None,
        },
        _ => None,
    }
}

fn pairs(shape: &StructureShape) -> String {
    let pairs = shape.members.iter().map(|member| {
        let value = match member.shape {
            Shape::List(list) => format!("{0},{0}", kind(&list.element)),
            Shape::Structure(shape) => format!("{{{}}}", pairs(shape)),
            shape => kind(&shape).to_owned(),
        };
        format!("{}={value}", member.name)
    });
    pairs.collect::<Vec<_>>().join(",")
}

fn plain(shape: &Shape) -> String {
    match shape {
        Shape::List(list) => format!("{0} {0} ...", json(&list.element, "")),
        shape => json(shape, ""),
    }
}

/// The JSON syntax of a shape, on lines with this indent.
fn json(shape: &Shape, indent: &str) -> String {
    let deeper = format!("{indent}  ");
    match shape {
        Shape::Text(text) if !text.values.is_empty() => {
            let values: Vec<String> = text.values.iter().map(|v| format!("\"{v}\"")).collect();
            values.join("|")
        }
        Shape::Text(_) => "\"string\"".to_owned(),
        Shape::Boolean => "true|false".to_owned(),
        Shape::Integer(_) | Shape::Time | Shape::Blob => kind(shape).to_owned(),
        Shape::List(list) => {
            format!("[\n{deeper}{}\n{deeper}...\n{indent}]", json(&list.element, &deeper))
        }
        Shape::Structure(shape) => {
            let members = shape.members.iter().map(|member| {
                format!("{deeper}\"{}\": {}", member.name, json(&member.shape, &deeper))
            });
            format!("{{\n{}\n{indent}}}", members.collect::<Vec<_>>().join(",\n"))
        }
        Shape::Map(value) => {
            format!("{{\"string\": {}\n{deeper}...}}", json(value, &deeper))
        }
    }
}
