//! Expands `~`, `$NAME` and `${NAME}` in paths. `~name`, the home of another user, is left as it
//! is.

/// Expands a path. Variables that are not set are left as they are.
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

/// The name after a `$`, and the rest.
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
    fn homes_and_variables_are_expanded() {
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
