//! The AWS CLI's alias file, `~/.aws/cli/alias`.

use super::{ini, paths};
use crate::ClientError;

/// The aliases of a person, by section.
#[derive(Clone, Debug, Default)]
pub struct Aliases(ini::PlainSections);

impl Aliases {
    /// Reads the file. Without one, there are no aliases.
    ///
    /// # Errors
    /// `ConfigParse`.
    pub fn read(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, ClientError> {
        let path = paths::expand("~/.aws/cli/alias", variable);
        let Ok(bytes) = std::fs::read(&path) else { return Ok(Self::default()) };
        let sections = std::str::from_utf8(&bytes).ok().and_then(ini::plain);
        sections.map(Self).ok_or(ClientError::ConfigParse(path))
    }

    /// Whether there are no sections.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text of an alias below these commands: none of them for `[toplevel]`, `iam` for
    /// `[command iam]`.
    pub fn get(&self, after: &[&str], name: &str) -> Option<&str> {
        let is_it = |header: &str| match after {
            [] => header == "toplevel",
            after => header
                .strip_prefix("command ")
                .is_some_and(|rest| rest.split_whitespace().eq(after.iter().copied())),
        };
        let (_, named) = self.0.iter().rfind(|(header, _)| is_it(header))?;
        named.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_are_found_by_section_and_name() {
        let home = tempfile::tempdir().unwrap();
        let variable =
            |name: &str| (name == "HOME").then(|| home.path().to_str().unwrap().to_owned());
        assert_eq!(Aliases::read(&variable).unwrap().get(&[], "a"), None);
        std::fs::create_dir_all(home.path().join(".aws/cli")).unwrap();
        let file = home.path().join(".aws/cli/alias");
        let text = "[toplevel]\nWhoAmI = sts get-caller-identity\nmany =\n  !f() {\n    # no\n    x=1\n  }; f\n\
                    [command iam]\nls = list-users\n[command  iam wait]\nu = user-exists\n";
        std::fs::write(&file, text).unwrap();
        let aliases = Aliases::read(&variable).unwrap();
        assert_eq!(aliases.get(&[], "whoami"), Some("sts get-caller-identity"));
        assert_eq!(aliases.get(&[], "many"), Some("!f() {\nx=1\n}; f"));
        assert_eq!(aliases.get(&["iam"], "ls"), Some("list-users"));
        assert_eq!(aliases.get(&["iam", "wait"], "u"), Some("user-exists"));
        assert_eq!(aliases.get(&[], "ls"), None);
        assert_eq!(aliases.get(&["sts"], "ls"), None);
        std::fs::write(&file, "[toplevel\n").unwrap();
        let refused = Aliases::read(&variable).map(drop).unwrap_err().to_string();
        assert_eq!(refused, format!("Unable to parse config file: {}", file.display()));
    }
}
