//! Runs statements: queries in SQLite, all others as calls whose parameters SQLite evaluates.
//!
//! Not here: how answers are written.

use std::sync::Arc;

use rusqlite::types::Value as Cell;
use vmfa_client::Calls;
use vmfa_iam::Verb;
use vmfa_model::Member;

use crate::{
    Failure,
    catalog::{Method, Resource, catalog, choose, listed},
    columns::Columns,
    engine::{Answer, Engine, early, lacking},
    given::{Given, parameter},
    language::{Kind, Path, Statement, Text, Token, for_sqlite, parse, quoted_name},
    source::{Answered, Conditions, Listing, Row, Source, answers},
};

/// Statements of one user, one after the other.
pub(crate) struct Session {
    engine: Engine,
    calls: Arc<dyn Calls>,
}

/// What a statement did.
#[derive(Default)]
pub(crate) struct Done {
    /// The rows that it yields, where it yields any.
    pub(crate) answer: Option<Answer>,
    /// What there is to say besides.
    pub(crate) notes: Vec<String>,
    /// Why it went no further.
    pub(crate) failure: Option<Failure>,
}

impl Session {
    /// A session whose statements become these calls.
    pub(crate) fn open(calls: Arc<dyn Calls>) -> Result<Self, Failure> {
        Ok(Self { engine: Engine::open()?, calls })
    }

    /// Runs a statement. `Err` where nothing was done.
    pub(crate) fn run(&self, statement: &[Token<'_>]) -> Result<Done, Failure> {
        match parse(statement)? {
            Statement::Query(tokens) => {
                let answer = self.query(&for_sqlite(&tokens)?)?;
                Ok(Done { answer: Some(answer), ..Done::default() })
            }
            Statement::Insert { path, columns, rows, returning } => {
                self.insert(&path, &columns, &rows, returning.as_deref())
            }
            Statement::Change { verb, path, set, filter, returning } => {
                self.change(verb, &path, &set, filter.as_deref(), returning.as_deref())
            }
            Statement::Exec { path, method, parameters, documents } => {
                self.exec(&path, &method, &parameters, &documents)
            }
        }
    }

    fn insert(
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
    fn change(
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

    fn exec(
        &self,
        path: &Path,
        method: &str,
        parameters: &[(String, Vec<Token<'_>>)],
        documents: &[Vec<Token<'_>>],
    ) -> Result<Done, Failure> {
        let method = resource(path)?.method(method)?;
        let methods = [method];
        let mut given = Given::default();
        for (name, value) in parameters {
            let name = parameter(&methods, name, "@")?;
            put(&mut given, name, self.value(name, value)?)?;
        }
        for document in documents {
            for (name, value) in self.document(document)? {
                put(&mut given, parameter(&methods, &name, "")?, value)?;
            }
        }
        let missing = method.missing(&given.names());
        if !missing.is_empty() {
            let missing = missing.join(", ");
            return Err(Failure::of(format!("required param not supplied for exec: {missing}")));
        }
        if method.action.output.is_none() {
            return self.perform(&methods, vec![given], None);
        }
        let columns = Columns::new(method.columns(), []);
        let answered = Answered::new(columns);
        for row in answers(Arc::clone(&self.calls), method, given)? {
            answered.extend([row?]);
        }
        self.engine.show(ANSWERS, Arc::new(answered))?;
        let sql = format!("SELECT * FROM {}", quoted_name(ANSWERS));
        let answer = self.engine.query(&sql, String::new)?;
        Ok(Done { answer: Some(answer), ..Done::default() })
    }

    /// Makes a call for each row of parameters; all of them are looked at before the first is
    /// made.
    fn perform(
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
        match returning {
            Some(returning) => {
                done.answer = Some(self.engine.query(&returning.sql, String::new)?);
            }
            None => done.notes.extend(unshown(&made)),
        }
        match (made.len(), total) {
            (0, 0) => done.notes.push("no rows, and so nothing to do".to_owned()),
            (made, total) if made < total && made > 0 => {
                done.notes.push(format!("{made} of {total} rows were done before, and stay done"));
            }
            (made, total) if made == total && done.answer.is_none() => {
                done.notes.insert(0, "The operation was despatched successfully".to_owned());
            }
            _ => {}
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

    /// The value of a parameter of `EXEC`: a literal as it stands, or what SQLite makes of it.
    fn value(&self, name: &str, tokens: &[Token<'_>]) -> Result<Cell, Failure> {
        let mut said = tokens.iter().filter(|token| !token.is_blank());
        let (first, more) = (said.next(), said.next());
        match (first, more) {
            (None, _) => Err(Failure::of(format!("`@{name}` has no value"))),
            (Some(one), None) if one.kind == Kind::Text => {
                Ok(one.content().map_or(Cell::Null, Cell::Text))
            }
            // As text, since a code may begin with a zero.
            (Some(one), None) if one.kind == Kind::Number => Ok(Cell::Text(one.text.to_owned())),
            _ => {
                let sql = format!("SELECT {}", self.embedded(tokens)?);
                let rows = self.engine.query(&sql, || "it stands for no value".to_owned())?.rows;
                match rows.into_iter().next().and_then(|row| row.into_iter().next()) {
                    Some(value) => Ok(value),
                    None => Err(Failure::of(format!("`@{name}` has no value"))),
                }
            }
        }
    }

    /// The members of an object that `@@json` gives.
    fn document(&self, tokens: &[Token<'_>]) -> Result<Vec<(String, Cell)>, Failure> {
        let refused = || Failure::of("`@@json` takes an object as JSON text, such as `{…}`");
        let Cell::Text(text) = self.value("@json", tokens)? else { return Err(refused()) };
        let members: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&text).map_err(|_| refused())?;
        let cell = |value| match value {
            serde_json::Value::Null => Cell::Null,
            serde_json::Value::String(text) => Cell::Text(text),
            other => Cell::Text(other.to_string()),
        };
        Ok(members.into_iter().map(|(name, value)| (name, cell(value))).collect())
    }

    /// Part of a statement, with the resources that it names shown to the engine.
    fn embedded(&self, tokens: &[Token<'_>]) -> Result<String, Failure> {
        let text = for_sqlite(tokens)?;
        self.show(&text)?;
        Ok(text.sql)
    }

    fn query(&self, text: &Text) -> Result<Answer, Failure> {
        self.show(text)?;
        self.engine.query(&text.sql, || known(&text.resources))
    }

    /// Shows the engine the resources that a text names.
    fn show(&self, text: &Text) -> Result<(), Failure> {
        for resource in &text.resources {
            if let Some(member) = resource.hinge().filter(|_| text.joins_right) {
                return Err(early(member));
            }
            let methods = resource.methods(Verb::Select)?;
            let hidden = members(&methods, Method::parameters);
            let columns = Columns::new(shown(resource)?, hidden);
            let calls = Arc::clone(&self.calls);
            self.engine.show(&resource.path, Arc::new(Listing { methods, columns, calls }))?;
        }
        Ok(())
    }
}

/// `RETURNING`, ready to be evaluated.
struct Returning {
    sql: String,
    answered: Arc<Answered>,
}

fn resource(path: &Path) -> Result<&'static Resource, Failure> {
    let [provider, service, resource] = path;
    catalog().find([provider, service, resource])
}

/// The columns of a resource: those of lists, and those that only its making tells, which lists
/// leave open. In the order of StackQL, which is that of the bytes.
fn shown(resource: &Resource) -> Result<Vec<&'static Member>, Failure> {
    let mut columns = members(&resource.methods(Verb::Select)?, Method::columns);
    if let Ok(inserts) = resource.methods(Verb::Insert) {
        columns.extend(members(&inserts, Method::columns));
    }
    columns.sort_by_key(|member| member.name);
    Ok(columns)
}

fn members(methods: &[Method], of: impl Fn(&Method) -> &'static [Member]) -> Vec<&'static Member> {
    methods.iter().flat_map(of).collect()
}

/// What there is, for the refusal of what is not.
fn known(resources: &[&Resource]) -> String {
    let told = resources.iter().filter_map(|resource| {
        let columns = Columns::new(shown(resource).ok()?, []);
        Some(format!("`{}` has {}", resource.path, listed(columns.visible())))
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() { "the statement names no resource".to_owned() } else { told.join("; ") }
}

fn put(given: &mut Given, name: &'static str, value: Cell) -> Result<(), Failure> {
    if given.add(name, value) {
        Ok(())
    } else {
        Err(Failure::of(format!("`{name}` is given twice")))
    }
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

/// The tables of parameters and of answers. No resource can have these names.
const CONDITIONS: &str = "parameters of the statement";
const ANSWERS: &str = "answers to the statement";
