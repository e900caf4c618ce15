//! Runs statements: queries in SQLite, all others as calls whose parameters SQLite evaluates.
//!
//! Not here: how answers are written.

mod exec;
mod mutation;

use std::sync::Arc;

use rusqlite::types::Value as Cell;
use vmfa_client::Calls;
use vmfa_iam::Verb;
use vmfa_model::Member;

use crate::{
    Failure,
    catalog::{Method, Resource, catalog, listed},
    columns::Columns,
    engine::{Answer, Engine, early},
    given::Given,
    language::{Path, Statement, Text, Token, for_sqlite, parse},
    source::Listing,
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

/// The table of what calls answered. No resource can have this name.
const ANSWERS: &str = "answers to the statement";
