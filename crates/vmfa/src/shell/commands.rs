//! Commands of the shell, which need no `;`: those of StackQL's shell, of `psql` (`\dt`) and of
//! `sqlite3` (`.tables`). Most become a statement.

use vmfa_sql::{Cell, Failure, Heading, Session, Sink, Type};

/// A line that is a command of the shell.
pub(crate) enum ShellCommand {
    Exit,
    Help,
    Clear,
    /// Lists resources, and the user's views and tables.
    List,
    /// Runs this statement.
    Statement(String),
    /// Prints this error.
    Invalid(String),
}

impl ShellCommand {
    /// Parses a line; `None` where it is (part of) a statement.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let line = line.trim().trim_end_matches(';').trim_end();
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        let lower = word.to_ascii_lowercase();
        if !line.starts_with(['\\', '.']) {
            return match lower.as_str() {
                _ if !rest.is_empty() => None,
                "exit" | "quit" => Some(Self::Exit),
                "help" => Some(Self::Help),
                "clear" => Some(Self::Clear),
                _ => None,
            };
        }
        let named = |statement: &str| {
            if rest.is_empty() {
                Self::Invalid(format!("`{word}` needs a name, such as `aws.iam.users`"))
            } else {
                Self::Statement(format!("{statement} {rest}"))
            }
        };
        Some(match word {
            r"\q" | ".quit" | ".exit" => Self::Exit,
            r"\?" | r"\h" | r"\help" | ".help" => Self::Help,
            r"\d" | r"\dt" | r"\d+" | r"\dt+" | r"\dv" | r"\dm" | ".tables" | ".schema"
                if rest.is_empty() =>
            {
                Self::List
            }
            r"\d" | r"\dt" | r"\dv" | r"\dm" | ".schema" | ".tables" => named("DESCRIBE"),
            r"\d+" | r"\dt+" => named("DESCRIBE EXTENDED"),
            r"\df" => named("SHOW METHODS IN"),
            r"\df+" => named("SHOW EXTENDED METHODS IN"),
            r"\dn" => Self::Statement("SHOW SERVICES IN aws".to_owned()),
            r"\l" | ".databases" => Self::Statement("SHOW PROVIDERS".to_owned()),
            _ => Self::Invalid(format!(r"unknown command `{word}`: `\?` lists the commands")),
        })
    }
}

/// Everything that `SELECT` can name, with its type.
pub(crate) fn listed(session: &mut Session) -> Result<Vec<Vec<Cell>>, Failure> {
    let mut found = ResourceNames::default();
    session.run("SHOW RESOURCES IN aws.iam", &[], &mut found)?;
    let text = |text: String| Cell::Text(text);
    let mut rows: Vec<Vec<Cell>> =
        found.0.into_iter().map(|id| vec![id, text("resource".to_owned())]).collect();
    for (name, thing) in session.own()? {
        rows.push(vec![text(name), text(thing.to_string().to_lowercase())]);
    }
    Ok(rows)
}

/// The columns of [`listed`].
pub(crate) fn headings() -> [Heading; 2] {
    ["name", "type"].map(|name| Heading { name: name.to_owned(), kind: Type::Text })
}

/// Collects the second column: the full name of a resource.
#[derive(Default)]
struct ResourceNames(Vec<Cell>);

impl Sink for ResourceNames {
    fn head(&mut self, _: &[Heading]) -> std::io::Result<()> {
        Ok(())
    }

    fn row(&mut self, row: &[Cell]) -> std::io::Result<()> {
        self.0.extend(row.get(1).cloned());
        Ok(())
    }

    fn note(&mut self, _: &str) -> std::io::Result<()> {
        Ok(())
    }
}
