//! `INSERT`, `UPDATE` and `DELETE`: one call for each row of parameters, and `RETURNING`.

use std::sync::Arc;

use vmfa_iam::Verb;
use vmfa_model::Member;

use super::{ANSWERS, Code, Session, members, put, resource, views::Around};
use crate::{
    Failure,
    catalog::{Method, Resource, choose, listed},
    columns::Columns,
    engine::{Answer, go_on, lacking},
    fan::each,
    given::{Given, parameter},
    language::{Conditional, Hints, Path, Text, Token, quoted_name},
    scan::whole,
    sink::{Cell, Heading, Sink, Tag},
    source::{Answered, Conditions, Source},
};

impl Session {
    pub(super) fn insert(
        &self,
        path: &Path,
        columns: &[String],
        rows: &[Token<'_>],
        returning: Option<&[Token<'_>]>,
        hints: Hints,
        sink: &mut dyn Sink,
    ) -> Result<Tag, Failure> {
        let resource = resource(path)?;
        let methods = resource.methods(Verb::Insert)?;
        let names = columns.iter().map(|name| parameter(&methods, name, ""));
        let names: Vec<&'static str> = names.collect::<Result<_, _>>()?;
        let returning = self.returning(resource, &methods, returning)?;
        let rows = self.rows(rows).map_err(|failure| {
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
        self.perform(&methods, all, returning.as_ref(), hints, sink).map(Tag::Insert)
    }

    fn rows(&self, tokens: &[Token<'_>]) -> Result<Answer, Failure> {
        let text = self.embedded(tokens)?;
        self.engine.query(&text, || Self::known(&text))
    }

    /// `UPDATE`, and `DELETE`, which sets nothing: the parameters are what `SET` says, and what
    /// `WHERE` says by `=` and `IN`.
    pub(super) fn change(
        &self,
        verb: Verb,
        path: &Path,
        Conditional { with, set, from, filter }: &Conditional<'_>,
        returning: Option<&[Token<'_>]>,
        hints: Hints,
        sink: &mut dyn Sink,
    ) -> Result<Tag, Failure> {
        let resource = resource(path)?;
        let methods = resource.methods(verb)?;
        let returning = self.returning(resource, &methods, returning)?;
        let mut names = Vec::new();
        let around = Around { resource: Some(resource), list: false };
        let mut query = self.embedded(with)?;
        query.push("SELECT ");
        for (name, value) in set {
            names.push(parameter(&methods, name, "")?);
            query.append(self.within(around, value)?);
            query.push(", ");
        }
        let columns = Columns::new(members(&methods, Method::parameters), []);
        let mut wanted = Vec::new();
        for name in columns.visible() {
            names.push(parameter(&methods, name, "")?);
            wanted.push(format!("{}.{}", quoted_name(&resource.path), quoted_name(name)));
        }
        let known = names.iter().take(set.len()).copied().collect();
        let told = format!("the parameters are {}", listed(columns.visible()));
        let source = Conditions { methods: methods.clone(), columns, known };
        self.engine.show(CONDITIONS, Arc::new(source))?;
        query.push(&wanted.join(", "));
        query.push(" ");
        if from.is_empty() {
            query.push("FROM ");
        } else {
            query.append(self.embedded(from)?);
            query.push(", ");
        }
        // Conditions may name the resource.
        query.push(&quoted_name(CONDITIONS));
        query.push(" AS ");
        query.push(&quoted_name(&resource.path));
        if let Some(filter) = filter {
            query.push(" WHERE (");
            query.append(self.within(around, filter)?);
            query.push(")");
        }
        let rows = self.engine.query(&query, || told.clone())?.rows;
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
        let made = self.perform(&methods, all, returning.as_ref(), hints, sink)?;
        Ok(if verb == Verb::Delete { Tag::Delete(made) } else { Tag::Update(made) })
    }

    /// Makes a call for each row of parameters; all of them are looked at before the first is
    /// made. How many were made.
    pub(super) fn perform(
        &self,
        methods: &[Method],
        all: Vec<Given>,
        returning: Option<&Returning>,
        hints: Hints,
        sink: &mut dyn Sink,
    ) -> Result<u64, Failure> {
        let mut ready = Vec::new();
        for given in all {
            let method = choose(methods, &given.names()).map_err(|missing| lacking(&missing))?;
            given.input(&method)?;
            ready.push((method, given));
        }
        let total = ready.len();
        let interrupted = self.engine.interrupted();
        let calls = &self.setting.calls;
        let (done, mut failure) = each(ready, self.setting.concurrency, |(method, given)| {
            go_on(interrupted)?;
            Ok((method, whole(Arc::clone(calls), method, given)?))
        });
        let mut made = Vec::new();
        for (method, page) in done {
            made.push(method);
            if let Some(returning) = returning {
                returning.answered.push(page);
            }
        }
        let mut answered = false;
        if let Some(returning) = returning {
            match self.engine.stream(&returning.query, sink, String::new) {
                Ok(_) => answered = true,
                Err(wrong) => failure = failure.or(Some(wrong)),
            }
        }
        let count = made.len();
        match &failure {
            _ if total == 0 => sink.note("no rows, and so nothing to do")?,
            Some(_) if count > 0 => {
                sink.note(&format!("{count} of {total} rows were done before, and stay done"))?;
            }
            None if returning.is_some() => {}
            // Every call is answered when it is done.
            None if hints.awaits => sink.note("The operation completed successfully")?,
            None => sink.note("The operation was despatched successfully")?,
            _ => {}
        }
        if let Some(warning) = unshown(&made).filter(|_| !answered) {
            sink.note(&warning)?;
        }
        match failure {
            Some(failure) => Err(failure),
            None => Ok(u64::try_from(count).unwrap_or(u64::MAX)),
        }
    }

    /// Reads `RETURNING`, and refuses what could not be returned before anything is done.
    fn returning(
        &self,
        resource: &'static Resource,
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
        let mut query = Text::ours("SELECT ");
        let around = Around { resource: Some(resource), list: true };
        query.append(self.within(around, expressions)?);
        let (answers, alias) = (quoted_name(ANSWERS), quoted_name(&resource.path));
        query.push(&format!(" FROM {answers} AS {alias}"));
        let columns = self.engine.columns(&query, || told.clone())?;
        Ok(Some(Returning { query, columns, answered }))
    }

    /// The columns of `RETURNING`.
    pub(super) fn returned(
        &self,
        path: &Path,
        verb: Verb,
        expressions: Option<&[Token<'_>]>,
    ) -> Result<Option<Vec<Heading>>, Failure> {
        let resource = resource(path)?;
        let returning = self.returning(resource, &resource.methods(verb)?, expressions)?;
        Ok(returning.map(|returning| returning.columns))
    }
}

/// `RETURNING`, ready to be evaluated.
pub(super) struct Returning {
    query: Text,
    columns: Vec<Heading>,
    answered: Arc<Answered>,
}

/// Warns of what was made, is told once, and was not asked for.
fn unshown(made: &[Method]) -> Option<String> {
    let list = secrets(made)?;
    let told = "not shown, and no call shows it again; next time add";
    Some(format!("{list}: {told} `RETURNING {list}`"))
}

/// What the first of the methods tells once.
pub(super) fn secrets(methods: &[Method]) -> Option<String> {
    let secret = |member: &&Member| member.shape.is_secret();
    let columns = methods.first()?.columns().iter();
    let names: Vec<&str> = columns.filter(secret).map(|member| member.name).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// StackQL's refusal of an `INSERT` whose rows are not as wide as its columns.
fn disparity() -> Failure {
    Failure::because(Code::Syntax, "disparity in fields to insert and supplied data")
}

/// The table of the parameters that `WHERE` gives. No resource can have this name.
const CONDITIONS: &str = "parameters of the statement";
