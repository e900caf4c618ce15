//! What is typed in place of a statement, and acts without a `;`: words of StackQL's shell, and
//! what hands know from `psql` (`\dt`) and `sqlite3` (`.tables`).
//!
//! Not here: what a statement does, which is what most of these become.

use vmfa_sql::{Cell, Failure, Heading, Session, Sink, Type};

/// A line that is no statement.
pub(crate) enum Command {
    /// Ends the shell.
    Leave,
    /// Tells what there is to type.
    Help,
    Clear,
    /// Lists resources, and views and tables of one's own.
    List,
    /// Is a statement, by another name.
    Statement(String),
    /// Says why it does nothing.
    Refused(String),
}

impl Command {
    /// Reads a line, if it is one of these.
    pub(crate) fn read(line: &str) -> Option<Self> {
        let line = line.trim().trim_end_matches(';').trim_end();
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        let lower = word.to_ascii_lowercase();
        if !line.starts_with(['\\', '.']) {
            return match lower.as_str() {
                _ if !rest.is_empty() => None,
                "exit" | "quit" => Some(Self::Leave),
                "help" => Some(Self::Help),
                "clear" => Some(Self::Clear),
                _ => None,
            };
        }
        let named = |statement: &str| {
            if rest.is_empty() {
                Self::Refused(format!("`{word}` takes a name, such as `aws.iam.users`"))
            } else {
                Self::Statement(format!("{statement} {rest}"))
            }
        };
        Some(match word {
            r"\q" | ".quit" | ".exit" => Self::Leave,
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
            _ => Self::Refused(format!(r"`{word}` is no command here: `\?` tells which there are")),
        })
    }
}

/// All that `SELECT` can name, each with its kind.
pub(crate) fn listed(session: &mut Session) -> Result<Vec<Vec<Cell>>, Failure> {
    let mut found = Ids::default();
    session.run("SHOW RESOURCES IN aws.iam", &[], &mut found)?;
    let text = |text: String| Cell::Text(text);
    let mut rows: Vec<Vec<Cell>> =
        found.0.into_iter().map(|id| vec![id, text("resource".to_owned())]).collect();
    for (name, thing) in session.own()? {
        rows.push(vec![text(name), text(thing.to_string().to_lowercase())]);
    }
    Ok(rows)
}

/// The columns of what is listed.
pub(crate) fn headings() -> [Heading; 2] {
    ["name", "type"].map(|name| Heading { name: name.to_owned(), kind: Type::Text })
}

/// Keeps the second column, which is the full name of a resource.
#[derive(Default)]
struct Ids(Vec<Cell>);

impl Sink for Ids {
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
