//! Savepoints: places in a transaction to which what waits for `COMMIT` can be taken back.

use super::{Desk, Stopped};
use crate::{
    State,
    wire::{lexer::Token, report::Report, statement::Statement},
};

/// The savepoints of a transaction: their names, and how much waited when they were made.
pub(super) type Savepoints = Vec<(String, usize)>;

/// A statement about savepoints.
enum Order {
    Make(String),
    Release(String),
    BackTo(String),
}

/// Whether a statement takes a transaction back to a savepoint.
pub(in crate::wire) fn goes_back(tokens: &[Token]) -> bool {
    let first = tokens.iter().find(|token| !token.is_blank());
    first.is_some_and(|first| first.is("ROLLBACK")) && tokens.iter().any(|word| word.is("TO"))
}

impl Desk {
    /// Does what a statement about savepoints says.
    pub(super) fn serve_savepoint(&mut self, statement: &Statement) -> Result<String, Stopped> {
        self.savepoint(statement).map(str::to_owned).map_err(Stopped::Report)
    }

    fn savepoint(&mut self, statement: &Statement) -> Result<&'static str, Report> {
        let order = read(statement)?;
        let verb = match order {
            Order::Make(_) => "SAVEPOINT",
            Order::Release(_) => "RELEASE SAVEPOINT",
            Order::BackTo(_) => "ROLLBACK TO SAVEPOINT",
        };
        if self.state() == State::Idle {
            let message = format!("{verb} can only be used in transaction blocks");
            return Err(Report::new("25P01", message));
        }
        let place = |savepoints: &Savepoints, name: &str| {
            let found = savepoints.iter().enumerate().rfind(|(_, (known, _))| known == name);
            found
                .map(|(at, (_, waiting))| (at, *waiting))
                .ok_or_else(|| Report::new("3B001", format!("savepoint `{name}` does not exist")))
        };
        match order {
            Order::Make(name) => {
                if self.savepoints.len() >= MOST {
                    return Err(Report::new("54000", "there are too many savepoints"));
                }
                if name.len() > LONGEST_NAME {
                    let message =
                        format!("the name of a savepoint has {LONGEST_NAME} bytes at most");
                    return Err(Report::new("42622", message));
                }
                let waiting = self.session()?.waiting();
                self.savepoints.push((name, waiting));
                Ok("SAVEPOINT")
            }
            Order::Release(name) => {
                let (at, _) = place(&self.savepoints, &name)?;
                self.savepoints.truncate(at);
                Ok("RELEASE")
            }
            Order::BackTo(name) => {
                let (at, waiting) = place(&self.savepoints, &name)?;
                self.savepoints.truncate(at.saturating_add(1));
                self.session()?.take_back(waiting);
                self.failed = false;
                Ok("ROLLBACK")
            }
        }
    }
}

fn read(statement: &Statement) -> Result<Order, Report> {
    let said: Vec<&Token> = statement.tokens.iter().filter(|token| !token.is_blank()).collect();
    let words = |rest: &[&Token]| {
        let skip = ["WORK", "TRANSACTION", "TO", "SAVEPOINT"];
        rest.iter().all(|word| skip.iter().any(|known| word.is(known)))
    };
    match said.as_slice() {
        [verb, rest @ .., name] if words(rest) => {
            let name = name.folded().ok_or_else(unreadable)?;
            Ok(match () {
                () if verb.is("SAVEPOINT") => Order::Make(name),
                () if verb.is("RELEASE") => Order::Release(name),
                () => Order::BackTo(name),
            })
        }
        _ => Err(unreadable()),
    }
}

fn unreadable() -> Report {
    let message = "a savepoint is `SAVEPOINT name`, `RELEASE name` or `ROLLBACK TO name`";
    Report::new("42601", message)
}

/// Bytes of a name, as of identifiers in PostgreSQL.
const LONGEST_NAME: usize = 63;
/// Savepoints in a transaction.
const MOST: usize = 1_000;
