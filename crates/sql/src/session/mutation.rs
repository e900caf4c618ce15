//! `INSERT`, `UPDATE` and `DELETE`: one call for each row of parameters, and `RETURNING`.

use std::sync::Arc;

use rusqlite::types::ValueRef;
use vmfa_iam::SqlVerb;
use vmfa_model::{Member, Record};

use super::{ANSWERS, Code, Session, members, methods, put, resource, template, views::Around};
use crate::{
    Failure,
    catalog::{Method, Resource, choose, listed},
    columns::Columns,
    engine::{go_on, lacking},
    fan::each,
    given::{Given, parameter},
    language::{Conditional, Hints, Path, Text, Token, quoted_name},
    scan::{Page, whole},
    sink::{Cell, Heading, Sink, Tag},
    source::{Answered, Conditions, Source},
    spelling::means,
    value,
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
        let methods = methods(path, SqlVerb::Insert)?;
        let names = columns.iter().map(|name| parameter(&methods, name, ""));
        let names: Vec<&'static str> = names.collect::<Result<_, _>>()?;
        let returning = self.returning(resource, &methods, returning)?;
        let text = self.embedded(rows)?;
        let rows = self.engine.query(&text, || self.known(&text)).map_err(uneven)?;
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

    /// `UPDATE`, and `DELETE`, which sets nothing: the parameters are what `SET` says, and what
    /// `WHERE` says by `=` and `IN`.
    pub(super) fn change(
        &self,
        verb: SqlVerb,
        path: &Path,
        conditions: &Conditional<'_>,
        returning: Option<&[Token<'_>]>,
        hints: Hints,
        sink: &mut dyn Sink,
    ) -> Result<Tag, Failure> {
        let resource = resource(path)?;
        let returning = self.returning(resource, &methods(path, verb)?, returning)?;
        let asked = self.conditions(verb, path, conditions)?;
        let crate::engine::Answer { rows, charge: _charge, .. } =
            self.engine.query(&asked.query, || asked.told.clone())?;
        let given = |row: Vec<Cell>| {
            let mut given = Given::default();
            for (at, (name, value)) in asked.names.iter().zip(row).enumerate() {
                // A parameter that `WHERE` does not give is NULL.
                if at < conditions.set.len() || !matches!(value, Cell::Null) {
                    let put = put(&mut given, name, value);
                    put.map_err(|twice| renamed(&asked.methods, name).unwrap_or(twice))?;
                }
            }
            Ok(given)
        };
        let all = rows.into_iter().map(given).collect::<Result<Vec<_>, Failure>>()?;
        let made = self.perform(&asked.methods, all, returning.as_ref(), hints, sink)?;
        Ok(if verb == SqlVerb::Delete { Tag::Delete(made) } else { Tag::Update(made) })
    }

    /// The query that gives the parameters of each call.
    pub(super) fn conditions(
        &self,
        verb: SqlVerb,
        path: &Path,
        Conditional { with, set, from, filter }: &Conditional<'_>,
    ) -> Result<Asked, Failure> {
        let resource = resource(path)?;
        let methods = methods(path, verb)?;
        let mut names = Vec::new();
        let around = Around { resource: Some(resource), ..Around::default() };
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
        self.engine.show(Conditions::NAME, Arc::new(source))?;
        query.push(&wanted.join(", "));
        query.push(" ");
        if from.is_empty() {
            query.push("FROM ");
        } else {
            query.append(self.embedded(from)?);
            query.push(", ");
        }
        // Conditions may name the resource.
        query.push(&quoted_name(Conditions::NAME));
        query.push(" AS ");
        query.push(&quoted_name(&resource.path));
        if let Some(filter) = filter {
            query.push(" WHERE (");
            query.append(self.within(around, filter)?);
            query.push(")");
        }
        Ok(Asked { query, names, methods, told })
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
        if let (Some(returning), Some((method, given))) = (returning, ready.first()) {
            self.tried(returning, method, given)?;
        }
        let total = ready.len();
        let account = self.engine.account();
        let (calls, memory) = (&self.setting.calls, &self.setting.memory);
        let ready = ready.into_iter().enumerate().collect();
        let (done, mut failure) =
            each(ready, self.setting.concurrency, |(at, (method, given)): (usize, (_, _))| {
                go_on(account)?;
                Ok((at, method, whole(Arc::clone(calls), memory, method, given)?))
            });
        let (mut made, mut places) = (Vec::new(), Vec::new());
        for (at, method, page) in done {
            made.push(method);
            places.push(at);
            if let Some(returning) = returning {
                returning.answered.push(page);
            }
        }
        let mut answered = false;
        if let Some(returning) = returning {
            if failure.is_some() {
                self.engine.resume();
            }
            match self.engine.stream(&returning.query, sink, String::new) {
                Ok(_) => answered = returning.tells,
                Err(wrong) => {
                    answered = rescued(returning, &made, sink)?;
                    failure = failure.or(Some(wrong));
                }
            }
        }
        let count = made.len();
        match &failure {
            _ if total == 0 => sink.note("no rows, and so nothing to do")?,
            Some(_) if count > 0 => sink.note(&stay(&places, total))?,
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

    /// Evaluates `RETURNING` over an example of an answer, so that what can never be evaluated is
    /// refused before anything is done.
    fn tried(&self, returning: &Returning, method: &Method, given: &Given) -> Result<(), Failure> {
        let mut record = Record::new();
        for member in method.columns() {
            let example = template::example(&member.shape);
            if let Some(value) = value::input_from_json(member.name, &member.shape, &example)? {
                record.push(member.name, value);
            }
        }
        let mut page = Page::last(vec![record]);
        page.given = Some(given.clone());
        let example = Answered::new(returned_columns(&returning.methods));
        example.push(page);
        self.engine.show(ANSWERS, Arc::new(example))?;
        let tried = self.engine.query(&returning.query, String::new);
        self.engine.show(ANSWERS, returning.answered.clone())?;
        tried.map(drop)
    }

    /// Reads `RETURNING`, and refuses what could not be returned before anything is done.
    fn returning(
        &self,
        resource: &'static Resource,
        methods: &[Method],
        expressions: Option<&[Token<'_>]>,
    ) -> Result<Option<Returning>, Failure> {
        let Some(expressions) = expressions else { return Ok(None) };
        let columns = returned_columns(methods);
        let told = format!("what is returned has {}", listed(columns.visible()));
        let answered = Arc::new(Answered::new(columns));
        let source: Arc<dyn Source> = answered.clone();
        self.engine.show(ANSWERS, source)?;
        let mut query = Text::ours("SELECT ");
        let around = Around { resource: Some(resource), list: true, ..Around::default() };
        query.append(self.within(around, expressions)?);
        let (answers, alias) = (quoted_name(ANSWERS), quoted_name(&resource.path));
        query.push(&format!(" FROM {answers} AS {alias}"));
        let columns = self.engine.columns(&query, || told.clone())?;
        let tells = tells(methods, expressions);
        Ok(Some(Returning { query, columns, answered, methods: methods.to_vec(), tells }))
    }

    /// The columns of `RETURNING`.
    pub(super) fn returned(
        &self,
        path: &Path,
        verb: SqlVerb,
        expressions: Option<&[Token<'_>]>,
    ) -> Result<Option<Vec<Heading>>, Failure> {
        let resource = resource(path)?;
        let returning = self.returning(resource, &methods(path, verb)?, expressions)?;
        Ok(returning.map(|returning| returning.columns))
    }
}

/// The query for the parameters that `SET` and `WHERE` give.
pub(super) struct Asked {
    pub(super) query: Text,
    /// What its columns are, those of `SET` first.
    pub(super) names: Vec<&'static str>,
    pub(super) methods: Vec<Method>,
    /// What there is, for the refusal of a name.
    pub(super) told: String,
}

/// Tells what only an answer shows, where what was to be returned could not be evaluated. It asks
/// the engine for nothing, which may have no time or memory left. Whether there was something.
fn rescued(returning: &Returning, made: &[Method], sink: &mut dyn Sink) -> Result<bool, Failure> {
    let Some(names) = made.first().and_then(template::told_once) else { return Ok(false) };
    for page in returning.answered.pages() {
        for record in &page.records {
            let mut room = String::new();
            let mut told: Vec<String> = Vec::new();
            for name in &names {
                let Some(value) = record.get(name) else { continue };
                if let ValueRef::Text(text) = value::shown(value, &mut room) {
                    told.push(format!("{name} {}", String::from_utf8_lossy(text)));
                }
            }
            sink.note(&format!("made, and told here only: {}", told.join(", ")))?;
        }
    }
    Ok(true)
}

/// `RETURNING`, ready to be evaluated.
pub(super) struct Returning {
    query: Text,
    columns: Vec<Heading>,
    answered: Arc<Answered>,
    methods: Vec<Method>,
    /// Whether it looks at what no other call tells.
    tells: bool,
}

/// The columns of what methods answer; of those that answer nothing, their parameters.
fn returned_columns(methods: &[Method]) -> Columns {
    let mut visible = members(methods, Method::columns);
    if visible.is_empty() {
        visible = members(methods, Method::parameters);
    }
    Columns::new(visible, members(methods, Method::parameters))
}

/// Says which rows were done of those that were to be, where one was not.
fn stay(done: &[usize], total: usize) -> String {
    let count = done.len();
    if done.iter().enumerate().all(|(place, at)| place == *at) {
        return format!("{count} of {total} rows were done before, and stay done");
    }
    // Several calls were on their way at a time.
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for row in done.iter().map(|at| at.saturating_add(1)) {
        match spans.last_mut() {
            Some((_, last)) if last.saturating_add(1) == row => *last = row,
            _ => spans.push((row, row)),
        }
    }
    let span = |(first, last): &(usize, usize)| {
        if first == last { first.to_string() } else { format!("{first} to {last}") }
    };
    let rows = spans.iter().map(span).collect::<Vec<_>>().join(", ");
    format!("{count} of {total} rows were done, and stay done: {rows}")
}

/// The refusal of a parameter that `SET` and `WHERE` both give, where another says what it becomes.
fn renamed(methods: &[Method], name: &str) -> Option<Failure> {
    let new = format!("New{name}");
    let message = format!("`{name}` says which one it is: `{new}` says what it becomes");
    let taken = methods.iter().any(|method| method.takes(&new));
    taken.then(|| Failure::because(Code::InvalidParameter, message))
}

/// Whether expressions name anything secret, by itself or with all else.
fn tells(methods: &[Method], expressions: &[Token<'_>]) -> bool {
    let secret = members(methods, Method::columns).into_iter();
    let secret: Vec<&Member> = secret.filter(|member| member.shape.is_secret()).collect();
    expressions.iter().any(|token| {
        let named = |name: String| secret.iter().any(|member| means(&name, member.name));
        token.is_symbol("*") || token.name().is_some_and(named)
    })
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

/// The same in StackQL's words, where it is SQLite's word for rows of different lengths.
pub(super) fn uneven(failure: Failure) -> Failure {
    let uneven = failure.to_string() == "all VALUES must have the same number of terms";
    if uneven { disparity() } else { failure }
}

/// StackQL's refusal of an `INSERT` whose rows are not as wide as its columns.
pub(super) fn disparity() -> Failure {
    Failure::because(Code::Syntax, "disparity in fields to insert and supplied data")
}

#[cfg(test)]
mod tests {
    use super::stay;

    #[test]
    fn rows_that_were_done_are_told_in_spans() {
        assert_eq!(stay(&[0, 1], 4), "2 of 4 rows were done before, and stay done");
        assert_eq!(
            stay(&[0, 1, 2, 4, 6, 7], 9),
            "6 of 9 rows were done, and stay done: 1 to 3, 5, 7 to 8"
        );
    }
}
