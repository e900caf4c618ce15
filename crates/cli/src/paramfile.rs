//! Values that are read from a file: `file://PATH`, and `fileb://PATH` for bytes.

use std::io;

use crate::{CliContext, encoding::Encoding};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FileContent {
    /// Text, with line ends converted to `\n`.
    Text(String),
    Bytes(Vec<u8>),
}

/// The content of the file that a value names; `None` for other values. The error is the AWS CLI's
/// message.
pub(crate) fn load(value: &str, context: &CliContext<'_>) -> Result<Option<FileContent>, String> {
    let (path, is_text) = match (value.strip_prefix("file://"), value.strip_prefix("fileb://")) {
        (Some(path), _) => (path, true),
        (_, Some(path)) => (path, false),
        _ => return Ok(None),
    };
    let path = variables(&home(path, context), context);
    let bytes = std::fs::read(&path)
        .map_err(|error| format!("Unable to load paramfile {value}: {}", os(&error, &path)))?;
    if !is_text {
        return Ok(Some(FileContent::Bytes(bytes)));
    }
    let encoding = match (context.variable)("AWS_CLI_FILE_ENCODING") {
        None => Encoding::Utf8,
        Some(name) => Encoding::named(&name).ok_or_else(|| format!("unknown encoding: {name}"))?,
    };
    let text = encoding.decode(bytes).ok_or_else(|| {
        format!(
            "Unable to load paramfile ({path}), text contents could not be decoded.  If this is a \
             binary file, please use the fileb:// prefix instead of the file:// prefix."
        )
    })?;
    Ok(Some(FileContent::Text(text.replace("\r\n", "\n").replace('\r', "\n"))))
}

/// Replaces `
/// ` and `$NAME` in a path; unset variables are kept.
pub(crate) fn expand(path: &str, context: &CliContext<'_>) -> String {
    home(&variables(path, context), context)
}

/// Python's message for an error of the operating system.
pub(crate) fn os(error: &io::Error, path: &str) -> String {
    match error.raw_os_error() {
        Some(number) => {
            let text = error.to_string();
            let text = text.rsplit_once(" (os error").map_or(text.as_str(), |(text, _)| text);
            format!("[Errno {number}] {text}: {}", crate::python::quoted(path))
        }
        None => error.to_string(),
    }
}

fn home(path: &str, context: &CliContext<'_>) -> String {
    match path.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => (context.variable)("HOME")
            .map_or(path.to_owned(), |home| format!("{}{rest}", home.trim_end_matches('/'))),
        _ => path.to_owned(),
    }
}

fn variables(path: &str, context: &CliContext<'_>) -> String {
    let mut parts = path.split('$');
    let mut expanded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let braced = part.strip_prefix('{').and_then(|part| part.split_once('}'));
        let (name, rest) = braced.unwrap_or_else(|| {
            let end = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
            part.split_at(part.find(end).unwrap_or(part.len()))
        });
        match (context.variable)(name).filter(|_| !name.is_empty()) {
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
    use crate::{DebugLog, Terminal};

    fn with<T>(variables: &[(&str, &str)], test: impl FnOnce(&CliContext<'_>) -> T) -> T {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        test(&CliContext {
            program: "p",
            variable: &variable,
            out: &mut out,
            err: &mut err,
            terminal: Terminal::none(),
            log: Arc::new(DebugLog::silent()),
            pause: &|_| {},
        })
    }

    #[test]
    fn names_of_files_expand_as_in_a_shell() {
        with(&[("HOME", "/h"), ("A", "/h")], |context| {
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
                assert_eq!(expand(path, context), expanded, "{path}");
            }
        });
    }

    #[test]
    fn files_are_read_as_text_or_as_bytes() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("f");
        std::fs::write(&path, b"caf\xe9\r\n\r").unwrap();
        let value = format!("file://{}", path.display());
        let text = |content: &str| Ok(Some(FileContent::Text(content.to_owned())));
        with(&[("AWS_CLI_FILE_ENCODING", "ISO-8859-1")], |context| {
            assert_eq!(load(&value, context), text("café\n\n"));
            assert_eq!(load("plain", context), Ok(None));
        });
        with(&[], |context| {
            assert!(load(&value, context).unwrap_err().contains("could not be decoded."));
            let bytes = load(&value.replace("file:", "fileb:"), context);
            assert_eq!(bytes, Ok(Some(FileContent::Bytes(b"caf\xe9\r\n\r".to_vec()))));
            assert_eq!(
                load("file://no/such", context).unwrap_err(),
                "Unable to load paramfile file://no/such: [Errno 2] No such file or directory: \
                 'no/such'"
            );
        });
        with(&[("AWS_CLI_FILE_ENCODING", "nope")], |context| {
            assert_eq!(load(&value, context).unwrap_err(), "unknown encoding: nope");
        });
        std::fs::write(&path, b"\xff\xfea\x00\xe9\x00").unwrap();
        with(&[("AWS_CLI_FILE_ENCODING", "utf-16")], |context| {
            assert_eq!(load(&value, context), text("aé"));
        });
    }
}
