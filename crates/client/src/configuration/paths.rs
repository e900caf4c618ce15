//! Paths as people write them: `~` is their home, `$NAME` and `${NAME}` are variables.
//!
//! Not here: the homes of others, `~name`, which stay as they are.

/// A path with what stands for something else replaced. What is not set stays as it is.
pub(super) fn expand(path: &str, variable: &dyn Fn(&str) -> Option<String>) -> String {
    let path = variables(path, variable);
    match path.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => match variable("HOME") {
            Some(home) => format!("{}{rest}", home.trim_end_matches('/')),
            None => path,
        },
        _ => path,
    }
}

fn variables(path: &str, variable: &dyn Fn(&str) -> Option<String>) -> String {
    let mut expanded = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push_str(before);
        let found = reference(after).and_then(|(name, rest)| Some((variable(name)?, rest)));
        rest = if let Some((value, rest)) = found {
            expanded.push_str(&value);
            rest
        } else {
            expanded.push('$');
            after
        };
    }
    expanded.push_str(rest);
    expanded
}

/// The name after a `$`, and what comes after it.
fn reference(text: &str) -> Option<(&str, &str)> {
    if let Some(braced) = text.strip_prefix('{') {
        return braced.split_once('}');
    }
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    text.split_at_checked(end).filter(|(name, _)| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn homes_and_variables_are_filled_in() {
        let variable = |name: &str| match name {
            "HOME" => Some("/home/me/".to_owned()),
            "A" => Some("x".to_owned()),
            _ => None,
        };
        for (path, expected) in [
            ("~", "/home/me"),
            ("~/.aws/config", "/home/me/.aws/config"),
            ("~you/file", "~you/file"),
            ("/a/~", "/a/~"),
            ("$A/${A}b$A", "x/xbx"),
            ("$B/${C}/$/${", "$B/${C}/$/${"),
        ] {
            assert_eq!(expand(path, &variable), expected, "{path}");
        }
    }
}
