//! Values that are read from a file: `file://PATH`, and `fileb://PATH` for bytes.

use std::io;

use crate::Surroundings;

/// The content of the file that a value names; `None` where it names none. The error is worded as
/// the AWS CLI words it.
pub(crate) fn load(value: &str, around: &Surroundings<'_>) -> Result<Option<String>, String> {
    let path = value.strip_prefix("file://").or_else(|| value.strip_prefix("fileb://"));
    let Some(path) = path else { return Ok(None) };
    let path = expand(path, around);
    let text = std::fs::read_to_string(&path);
    text.map(Some)
        .map_err(|error| format!("Unable to load paramfile {value}: {}", os(&error, &path)))
}

/// A path with `~` and `$NAME` replaced; what is not set stays as it is written.
pub(crate) fn expand(path: &str, around: &Surroundings<'_>) -> String {
    let path = variables(path, around);
    match path.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            (around.variable)("HOME").map_or(path.clone(), |home| format!("{home}{rest}"))
        }
        _ => path,
    }
}

/// An error of the operating system in Python's words.
pub(crate) fn os(error: &io::Error, path: &str) -> String {
    match error.raw_os_error() {
        Some(number) => {
            let text = error.to_string();
            let text = text.rsplit_once(" (os error").map_or(text.as_str(), |(text, _)| text);
            format!("[Errno {number}] {text}: '{path}'")
        }
        None => error.to_string(),
    }
}

fn variables(path: &str, around: &Surroundings<'_>) -> String {
    let mut parts = path.split('$');
    let mut expanded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let braced = part.strip_prefix('{').and_then(|part| part.split_once('}'));
        let (name, rest) = braced.unwrap_or_else(|| {
            let end = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
            part.split_at(part.find(end).unwrap_or(part.len()))
        });
        match (around.variable)(name).filter(|_| !name.is_empty()) {
            Some(value) => expanded.extend([value.as_str(), rest]),
            None => expanded.extend(["$", part]),
        }
    }
    expanded
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Log, Terminal};

    #[test]
    fn names_of_files_expand_as_in_a_shell() {
        let variable = |name: &str| (name == "HOME" || name == "A").then(|| "/h".to_owned());
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let around = Surroundings {
            program: "p",
            variable: &variable,
            out: &mut out,
            err: &mut err,
            terminal: Terminal::none(),
            log: Arc::new(Log::silent()),
        };
        for (path, expanded) in [
            ("~/x", "/h/x"),
            ("~", "/h"),
            ("~other/x", "~other/x"),
            ("a/~", "a/~"),
            ("$A/x", "/h/x"),
            ("${A}x", "/hx"),
            ("$Ax$", "$Ax$"),
            ("$", "$"),
        ] {
            assert_eq!(expand(path, &around), expanded, "{path}");
        }
    }
}
