//! `INSERT`, `UPDATE` and `DELETE`: one call for each row of parameters, and `RETURNING`.

use std::sync::Arc;

use rusqlite::types::Value as Cell;
use vmfa_iam::Verb;
use vmfa_model::Member;

use super::{ANSWERS, Done, Session, members, put, resource};
use crate::{
    Failure,
    catalog::{Method, choose, listed},
    columns::Columns,
    engine::lacking,
    given::{Given, parameter},
    language::{Path, Token, for_sqlite, quoted_name},
    source::{Answered, Conditions, Row, Source, answers},
};

impl Session {
    pub(super) fn insert(
        &self,
        path: &Path,
        columns: &[String],
        rows: &[Token<'_>],
        returning: Option<&[Token<'_>]>,
    ) -> Result<Done, Failure> {
        let methods = resource(path)?.methods(Verb::Insert)?;
        let names = columns.iter().map(|name| parameter(&methods, name, ""));
        let names: Vec<&'static str> = names.collect::<Result<_, _>>()?;
        let returning = self.returning(&methods, returning)?;
        let rows = self.query(&for_sqlite(rows)?).map_err(|failure| {
            // SQLite's word for rows of different lengths.
            let uneven = failure.to_string() == "all VALUES must have the same number of terms";
            if uneven { disparity() } else { failure }
        })?;
        if rows.columns.len() != names.len() {
            return Err(disparity());
        }
        let given = |row: Vec<Cell>| {
            let mut given = Given::default();
            names.iter().zip(row).try_for_each(|(name, value)| put(&mut given, name, value))?;
            Ok(given)
        };
        let all = rows.rows.into_iter().map(given).collect::<Result<Vec<_>, Failure>>()?;
        self.perform(&methods, all, returning)
    }

    /// `UPDATE`, and `DELETE`, which sets nothing: the parameters are what `SET` says, and what
    /// `WHERE` says by `=` and `IN`.
    pub(super) fn change(
        &self,
        verb: Verb,
        path: &Path,
        set: &[(String, Vec<Token<'_>>)],
        filter: Option<&[Token<'_>]>,
        returning: Option<&[Token<'_>]>,
    ) -> Result<Done, Failure> {
        let methods = resource(path)?.methods(verb)?;
        let returning = self.returning(&methods, returning)?;
        let mut names = Vec::new();
        let mut wanted = Vec::new();
        for (name, value) in set {
            names.push(parameter(&methods, name, "")?);
            wanted.push(self.embedded(value)?);
        }
        let columns = Columns::new(members(&methods, Method::parameters), []);
        for name in columns.visible() {
            names.push(parameter(&methods, name, "")?);
            wanted.push(quoted_name(name));
        }
        let known = names.iter().take(set.len()).copied().collect();
        let told = format!("the parameters are {}", listed(columns.visible()));
        let source = Conditions { methods: methods.clone(), columns, known };
        self.engine.show(CONDITIONS, Arc::new(source))?;
        let wanted = wanted.join(", ");
        let filter = match filter {
            Some(filter) => format!("WHERE ({})", self.embedded(filter)?),
            None => String::new(),
        };
        let sql = format!("SELECT {wanted} FROM {} {filter}", quoted_name(CONDITIONS));
        let rows = self.engine.query(&sql, || told.clone())?.rows;
        let given = |row: Vec<Cell>| {
            let mut given = Given::default();
            for (at, (name, value)) in names.iter().zip(row).enumerate() {
                // A parameter that `WHERE` does not give is NULL.
                if at < set.len() || !matches!(value, Cell::Null) {
                    put(&mut given, name, value)?;
                }
            }
            Ok(given)
        };
        let all = rows.into_iter().map(given).collect::<Result<Vec<_>, Failure>>()?;
        self.perform(&methods, all, returning)
    }

    /// Makes a call for each row of parameters; all of them are looked at before the first is
    /// made.
    pub(super) fn perform(
        &self,
        methods: &[Method],
        all: Vec<Given>,
        returning: Option<Returning>,
    ) -> Result<Done, Failure> {
        let mut ready = Vec::new();
        for given in all {
            let method = choose(methods, &given.names()).map_err(|missing| lacking(&missing))?;
            given.input(&method)?;
            ready.push((method, given));
        }
        let total = ready.len();
        let mut done = Done::default();
        let mut made = Vec::new();
        for (method, given) in ready {
            match self.one(method, given) {
                Ok(rows) => {
                    made.push(method);
                    if let Some(returning) = &returning {
                        returning.answered.extend(rows);
                    }
                }
                Err(failure) => {
                    done.failure = Some(failure);
                    break;
                }
            }
        }
        let returns = returning.is_some();
        if let Some(returning) = returning {
            match self.engine.query(&returning.sql, String::new) {
                Ok(answer) => done.answer = Some(answer),
                Err(failure) => done.failure = done.failure.or(Some(failure)),
            }
        }
        match (made.len(), &done.failure) {
            _ if total == 0 => done.notes.push("no rows, and so nothing to do".to_owned()),
            (0, Some(_)) => {}
            (made, Some(_)) => {
                done.notes.push(format!("{made} of {total} rows were done before, and stay done"));
            }
            (_, None) if returns => {}
            (_, None) => done.notes.push("The operation was despatched successfully".to_owned()),
        }
        if done.answer.is_none() {
            done.notes.extend(unshown(&made));
        }
        Ok(done)
    }

    /// Makes one call. An action that answers nothing gives one row: its parameters.
    fn one(&self, method: Method, given: Given) -> Result<Vec<Row>, Failure> {
        let silent = method.action.output.is_none();
        let row = silent.then(|| Row { record: Arc::default(), given: Arc::new(given.clone()) });
        let rows = answers(Arc::clone(&self.calls), method, given)?;
        rows.chain(row.map(Ok)).collect()
    }

    /// Reads `RETURNING`, and refuses what could not be returned before anything is done.
    fn returning(
        &self,
        methods: &[Method],
        expressions: Option<&[Token<'_>]>,
    ) -> Result<Option<Returning>, Failure> {
        let Some(expressions) = expressions else { return Ok(None) };
        let mut visible = members(methods, Method::columns);
        if visible.is_empty() {
            visible = members(methods, Method::parameters);
        }
        let columns = Columns::new(visible, members(methods, Method::parameters));
        let told = format!("what is returned has {}", listed(columns.visible()));
        let answered = Arc::new(Answered::new(columns));
        let source: Arc<dyn Source> = answered.clone();
        self.engine.show(ANSWERS, source)?;
        let expressions = self.embedded(expressions)?;
        let sql = format!("SELECT {expressions} FROM {}", quoted_name(ANSWERS));
        self.engine.check(&sql, || told.clone())?;
        Ok(Some(Returning { sql, answered }))
    }
}

/// `RETURNING`, ready to be evaluated.
pub(super) struct Returning {
    sql: String,
    answered: Arc<Answered>,
}

/// Warns of what was made, is told once, and was not asked for.
fn unshown(made: &[Method]) -> Option<String> {
    let secret = |member: &&Member| member.shape.is_secret();
    let names: Vec<&str> =
        made.first()?.columns().iter().filter(secret).map(|member| member.name).collect();
    let list = names.join(", ");
    (!names.is_empty()).then(|| {
        format!("{list}: not shown, and no call shows it again; next time add `RETURNING {list}`")
    })
}

/// StackQL's refusal of an `INSERT` whose rows are not as wide as its columns.
fn disparity() -> Failure {
    Failure::of("disparity in fields to insert and supplied data")
}

/// The table of the parameters that `WHERE` gives. No resource can have this name.
const CONDITIONS: &str = "parameters of the statement";
