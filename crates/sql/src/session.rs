//! Runs statements: queries in SQLite, all others as calls whose parameters SQLite evaluates.
//!
//! Not here: how answers are written.

mod exec;
mod mutation;

use std::sync::Arc;

use vmfa_client::Calls;
use vmfa_iam::Verb;
use vmfa_model::Member;

use crate::{
    Failure,
    catalog::{Method, Resource, catalog, listed},
    columns::Columns,
    engine::{Engine, Interrupter, early},
    failure::State as Code,
    given::Given,
    language::{self, Path, Statement, Text, Token, for_sqlite, parse},
    sink::{Cell, Description, Heading, Sink, Tag, Type},
    source::Listing,
    views::Views,
};

/// What a session stands on.
#[derive(Clone)]
pub struct Setting {
    /// Where its calls go.
    pub calls: Arc<dyn Calls>,
    /// Where its views and tables are kept.
    pub views: Arc<Views>,
    /// How many calls it makes at a time, where it knows several beforehand.
    pub concurrency: usize,
}

impl Setting {
    /// Views and tables that live as long as a session, and ten calls at a time.
    pub fn new(calls: Arc<dyn Calls>) -> Self {
        Self { calls, views: Arc::new(Views::nowhere()), concurrency: 10 }
    }
}

/// Statements of one user, one after the other.
pub struct Session {
    engine: Engine,
    setting: Setting,
    state: State,
}

/// Whether a session is in a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is in none.
    Idle,
    /// Mutations are queued until `COMMIT`.
    InTransaction,
    /// A statement of the transaction failed: only its end is accepted.
    Failed,
}

impl Session {
    /// A session in this setting.
    pub fn open(setting: Setting) -> Result<Self, Failure> {
        Ok(Self { engine: Engine::open()?, setting, state: State::Idle })
    }

    /// Cuts text into statements, which `;` ends, without it and without blanks around them.
    /// Text that cannot be cut has none.
    pub fn split(text: &str) -> Result<Vec<&str>, Failure> {
        language::split(text)
    }

    /// Tells the parameters and the columns of a statement without running it. Fails where it
    /// could not be run, as far as that shows beforehand.
    pub fn describe(&mut self, statement: &str) -> Result<Description, Failure> {
        let (tokens, count) = read(statement)?;
        self.engine.begin(&[]);
        let columns = self.described(&tokens)?;
        Ok(Description { parameters: vec![Type::Text; count], columns })
    }

    /// Runs one statement, with a value for each of its parameters.
    ///
    /// What was done before a failure stays done, and was told to the sink.
    pub fn run(
        &mut self,
        statement: &str,
        parameters: &[Cell],
        sink: &mut dyn Sink,
    ) -> Result<Tag, Failure> {
        let (tokens, count) = read(statement)?;
        if count != parameters.len() {
            let given = parameters.len();
            let message = format!("the parameters need {count} values, and {given} came");
            return Err(Failure::because(Code::WrongParameters, message));
        }
        self.engine.begin(parameters);
        let ran = self.dispatch(&tokens, sink);
        self.engine.end();
        ran
    }

    /// Whether it is in a transaction.
    pub fn state(&self) -> State {
        self.state
    }

    /// Stops what it is running.
    pub fn interrupter(&self) -> Interrupter {
        self.engine.interrupter()
    }

    fn dispatch(&self, tokens: &[Token<'_>], sink: &mut dyn Sink) -> Result<Tag, Failure> {
        match parse(tokens)? {
            Statement::Query(tokens) => {
                let text = self.embedded(&tokens)?;
                let rows = self.engine.stream(&text, sink, || known(&text.resources))?;
                Ok(Tag::Select(rows))
            }
            Statement::Insert { path, columns, rows, returning } => {
                self.insert(&path, &columns, &rows, returning.as_deref(), sink)
            }
            Statement::Change { verb, path, set, filter, returning } => {
                self.change(verb, &path, &set, filter.as_deref(), returning.as_deref(), sink)
            }
            Statement::Exec { path, method, parameters, documents } => {
                self.exec(&path, &method, &parameters, &documents, sink)
            }
        }
    }

    fn described(&self, tokens: &[Token<'_>]) -> Result<Option<Vec<Heading>>, Failure> {
        match parse(tokens)? {
            Statement::Query(tokens) => {
                let text = self.embedded(&tokens)?;
                self.engine.columns(&text, || known(&text.resources)).map(Some)
            }
            Statement::Insert { path, returning, .. } => {
                self.returned(&path, Verb::Insert, returning.as_deref())
            }
            Statement::Change { verb, path, returning, .. } => {
                self.returned(&path, verb, returning.as_deref())
            }
            Statement::Exec { path, method, .. } => Self::executed(&path, &method),
        }
    }

    /// Part of a statement, with the resources that it names shown to the engine.
    fn embedded(&self, tokens: &[Token<'_>]) -> Result<Text, Failure> {
        let text = for_sqlite(tokens)?;
        self.show(&text)?;
        Ok(text)
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
            let calls = Arc::clone(&self.setting.calls);
            self.engine.show(&resource.path, Arc::new(Listing { methods, columns, calls }))?;
        }
        Ok(())
    }
}

/// The tokens of a statement, and how many parameters it has.
fn read(statement: &str) -> Result<(Vec<Token<'_>>, usize), Failure> {
    let mut tokens = language::lex(statement)?;
    let count = language::number_parameters(&mut tokens)?;
    Ok((tokens, count))
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
        Err(Failure::because(Code::InvalidParameter, format!("`{name}` is given twice")))
    }
}

/// The table of what calls answered. No resource can have this name.
const ANSWERS: &str = "answers to the statement";
