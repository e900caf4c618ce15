//! The actions of a template.

use serde_json::Value;

use crate::Failure;

/// A part of a template.
#[derive(Debug)]
pub(super) enum Node {
    Text(String),
    Show(Pipeline),
    If(Pipeline, Vec<Node>, Vec<Node>),
    With(Pipeline, Vec<Node>, Vec<Node>),
    Range(Pipeline, Vec<Node>, Vec<Node>),
}

/// What stands for a value.
#[derive(Debug)]
pub(super) enum Pipeline {
    /// `.a.b`, from the value that is in sight.
    Path(Vec<String>),
    /// A text or a number.
    Literal(Value),
}

/// A piece of the text of a template, with the line that it is in.
struct Piece<'t> {
    line: usize,
    kind: Kind<'t>,
}

enum Kind<'t> {
    Text(&'t str),
    Action(&'t str),
}

/// How a list of nodes ended.
enum End<'t> {
    /// There is no more text.
    Text,
    /// `end`.
    Block,
    /// What follows `else`: nothing, or the condition of an `if`.
    Else(&'t str),
}

pub(super) fn parse(template: &str) -> Result<Vec<Node>, Failure> {
    let pieces = pieces(template)?;
    let mut pieces = pieces.into_iter();
    let (nodes, end) = nodes(&mut pieces)?;
    match end {
        (_, End::Text) => Ok(nodes),
        (line, _) => Err(Failure::of(format!("`end` or `else` in line {line} ends nothing"))),
    }
}

/// Cuts a template into its pieces, trimmed where `{{-` and `-}}` say so.
fn pieces(template: &str) -> Result<Vec<Piece<'_>>, Failure> {
    let mut pieces = Vec::new();
    let (mut rest, mut line, mut trim) = (template, 1_usize, false);
    loop {
        let (before, after) = match rest.split_once("{{") {
            Some((before, after)) => (before, Some(after)),
            None => (rest, None),
        };
        let trims_before = after.is_some_and(|after| after.starts_with("- "));
        let mut text = before;
        if trim {
            text = text.trim_start();
        }
        if trims_before {
            text = text.trim_end();
        }
        if !text.is_empty() {
            pieces.push(Piece { line, kind: Kind::Text(text) });
        }
        line = line.saturating_add(before.matches('\n').count());
        let Some(after) = after else { return Ok(pieces) };
        let end = closing(after);
        let end =
            end.ok_or_else(|| Failure::of(format!("`{{{{` without `}}}}` in line {line}")))?;
        let (action, following) = after.split_at(end);
        trim = action.ends_with(" -");
        let bare = action.strip_prefix("- ").unwrap_or(action);
        let bare = bare.strip_suffix(" -").unwrap_or(bare).trim();
        let comment = bare.starts_with("/*") && bare.ends_with("*/");
        if !comment {
            pieces.push(Piece { line, kind: Kind::Action(bare) });
        }
        line = line.saturating_add(action.matches('\n').count());
        rest = following.strip_prefix("}}").unwrap_or(following);
    }
}

/// Where the `}}` is that ends an action; one within quotes does not.
fn closing(text: &str) -> Option<usize> {
    let mut quoted = None;
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        match quoted {
            _ if escaped => escaped = false,
            Some('"') if character == '\\' => escaped = true,
            Some(quote) if character == quote => quoted = None,
            None if character == '"' || character == '`' => quoted = Some(character),
            None if text.get(at..).is_some_and(|rest| rest.starts_with("}}")) => return Some(at),
            Some(_) | None => {}
        }
    }
    None
}

/// Nodes up to an `end`, an `else` or the end of the text, with the line of that.
fn nodes<'t>(
    pieces: &mut impl Iterator<Item = Piece<'t>>,
) -> Result<(Vec<Node>, (usize, End<'t>)), Failure> {
    let mut nodes = Vec::new();
    while let Some(Piece { line, kind }) = pieces.next() {
        let action = match kind {
            Kind::Text(text) => {
                nodes.push(Node::Text(text.to_owned()));
                continue;
            }
            Kind::Action(action) => action,
        };
        let (word, rest) = action.split_once(char::is_whitespace).unwrap_or((action, ""));
        let rest = rest.trim();
        match word {
            "end" if rest.is_empty() => return Ok((nodes, (line, End::Block))),
            "else" => return Ok((nodes, (line, End::Else(rest)))),
            "if" => nodes.push(block(Node::If, rest, line, pieces)?),
            "with" => nodes.push(block(Node::With, rest, line, pieces)?),
            "range" => nodes.push(block(Node::Range, rest, line, pieces)?),
            _ => nodes.push(Node::Show(pipeline(action, line)?)),
        }
    }
    Ok((nodes, (0, End::Text)))
}

fn block(
    make: impl Fn(Pipeline, Vec<Node>, Vec<Node>) -> Node,
    condition: &str,
    line: usize,
    pieces: &mut dyn Iterator<Item = Piece<'_>>,
) -> Result<Node, Failure> {
    let unended = || Failure::of(format!("the block in line {line} has no `end`"));
    let condition = pipeline(condition, line)?;
    let mut pieces = pieces;
    let (then, end) = nodes(&mut pieces)?;
    match end {
        (_, End::Text) => Err(unended()),
        (_, End::Block) => Ok(make(condition, then, Vec::new())),
        (_, End::Else("")) => match nodes(&mut pieces)? {
            (otherwise, (_, End::Block)) => Ok(make(condition, then, otherwise)),
            _ => Err(unended()),
        },
        // What an `else if` ends by is the end of both.
        (line, End::Else(rest)) => match rest.split_once(char::is_whitespace) {
            Some(("if", condition_of_else)) => {
                let nested = block(Node::If, condition_of_else.trim(), line, pieces)?;
                Ok(make(condition, then, vec![nested]))
            }
            _ => Err(unknown(rest, line)),
        },
    }
}

fn pipeline(text: &str, line: usize) -> Result<Pipeline, Failure> {
    let text = text.trim();
    if let Some(path) = text.strip_prefix('.') {
        let names: Vec<&str> = if path.is_empty() { Vec::new() } else { path.split('.').collect() };
        let plain =
            |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        if names.iter().all(plain) {
            return Ok(Pipeline::Path(names.into_iter().map(str::to_owned).collect()));
        }
    }
    let raw = text.strip_prefix('`').and_then(|text| text.strip_suffix('`'));
    if let Some(raw) = raw {
        return Ok(Pipeline::Literal(Value::from(raw)));
    }
    match serde_json::from_str(text) {
        Ok(value @ (Value::String(_) | Value::Number(_) | Value::Bool(_))) => {
            Ok(Pipeline::Literal(value))
        }
        _ => Err(unknown(text, line)),
    }
}

fn unknown(text: &str, line: usize) -> Failure {
    let word = text.split_whitespace().next().unwrap_or_default();
    Failure::of(format!(
        "`{word}` in line {line}: a template has `.name`, `if`, `with`, `range`, `else` and `end`"
    ))
}
