//! Runs statements: queries in SQLite, all others as calls whose parameters SQLite evaluates.
//!
//! Not here: how answers are written.

mod exec;
mod explain;
mod kinds;
mod mutation;
mod overridden;
mod own;
mod show;
mod template;
mod transaction;
mod views;

use std::{
    cell::{Cell as Slot, RefCell},
    sync::Arc,
    time::Duration,
};

use vmfa_client::Calls;
use vmfa_iam::SqlVerb;
use vmfa_model::Member;
use vmfa_sqlite::MemoryAccount;

use crate::{
    Failure,
    catalog::{Method, PROVIDER, Resource, catalog, listed, spelled},
    columns::Columns,
    engine::{Engine, Interrupter, early},
    failure::State as Code,
    given::Given,
    language::{self, Exec, Mention, Path, Statement, Text, Token, parse},
    memory,
    sink::{Cell, Description, Heading, Sink, Tag},
    source::Listing,
    spelling::meant,
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
    /// The account of its memory; sessions with the same one share its limit.
    pub memory: MemoryAccount,
    /// Below `memory`: what is kept from one statement to the next.
    pub kept: MemoryAccount,
}

impl Setting {
    /// Views and tables that live as long as a session, and as many calls at a time as is best.
    pub fn new(calls: Arc<dyn Calls>) -> Self {
        let concurrency = calls.max_concurrency();
        let memory = MemoryAccount::new(memory::LOCAL_SESSION);
        Self::within(memory, calls, Arc::new(Views::nowhere()), concurrency)
    }

    /// With an account of memory. What a session keeps takes three quarters of it at most, so that
    /// there is always room for a statement that gives some back.
    pub(crate) fn within(
        memory: MemoryAccount,
        calls: Arc<dyn Calls>,
        views: Arc<Views>,
        concurrency: usize,
    ) -> Self {
        let kept = memory.child(memory.limit() / 4 * 3);
        Self { calls, views, concurrency, memory, kept }
    }

    /// For a session that lasts longer than the statement that opens it.
    pub(crate) fn for_cursor(&self) -> Self {
        Self { memory: self.kept.clone(), ..self.clone() }
    }
}

/// Statements of one user, one after the other.
pub struct Session {
    engine: Engine,
    setting: Setting,
    state: State,
    /// The provider of names in two parts.
    provider: Option<&'static str>,
    /// What waits for `COMMIT`.
    queue: Vec<transaction::Queued>,
    /// How many methods were run in place of tables of the statement.
    factors: Slot<usize>,
    /// Whether nothing is to be called, since a statement is only looked at.
    dry: Slot<bool>,
    /// Whether the engine sees the views and tables that are kept.
    open: Slot<bool>,
    /// The views that are made in the engine.
    made: RefCell<views::Made>,
    /// The view that is about to be kept: its name, and what follows it.
    coming: RefCell<Option<(String, String)>>,
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
        Ok(Self {
            engine: Engine::open(setting.concurrency, &setting.memory)?,
            setting,
            state: State::Idle,
            provider: None,
            queue: Vec::new(),
            factors: Slot::new(0),
            dry: Slot::new(false),
            open: Slot::new(false),
            made: RefCell::default(),
            coming: RefCell::default(),
        })
    }

    /// Cuts text into statements, which `;` ends, without it and without blanks around them.
    /// Text that cannot be cut has none.
    pub fn split(text: &str) -> Result<Vec<&str>, Failure> {
        language::split(text)
    }

    /// Tells the parameters and the columns of a statement without running it. Fails where it
    /// could not be run, as far as that shows beforehand. A parameter is of the kind of the member
    /// that it is given to or compared with, where it stands right beside it; else it is text.
    pub fn describe(&mut self, statement: &str) -> Result<Description, Failure> {
        self.engine.resume();
        self.describe_stoppable(statement)
    }

    /// The same for a statement that may have been interrupted already.
    pub(crate) fn describe_stoppable(&mut self, statement: &str) -> Result<Description, Failure> {
        self.engine.begin(&[]);
        let described = self.look_at(statement);
        self.engine.end();
        described
    }

    fn look_at(&self, statement: &str) -> Result<Description, Failure> {
        let _scope = self.engine.enter();
        let _reading = memory::reading(&self.setting.memory, statement.len())?;
        let (tokens, count) = read(statement, self.provider.is_some())?;
        self.factors.set(0);
        let statement = parse(&tokens)?;
        let columns = self.described(&statement)?;
        Ok(Description { parameters: kinds::kinds(&statement, &tokens, count), columns })
    }

    /// Runs one statement, with a value for each of its parameters.
    ///
    /// What was done before a failure stays done, and was told to the sink. A failure within a
    /// transaction ends it, but for its `ROLLBACK`.
    pub fn run(
        &mut self,
        statement: &str,
        parameters: &[Cell],
        sink: &mut dyn Sink,
    ) -> Result<Tag, Failure> {
        self.engine.resume();
        self.run_stoppable(statement, parameters, sink)
    }

    /// The same for a statement that may have been interrupted already.
    pub(crate) fn run_stoppable(
        &mut self,
        statement: &str,
        parameters: &[Cell],
        sink: &mut dyn Sink,
    ) -> Result<Tag, Failure> {
        let ran = self.run_charged(statement, parameters, sink);
        self.engine.end();
        if ran.is_err() && self.state == State::InTransaction {
            self.state = State::Failed;
        }
        ran
    }

    fn run_charged(
        &mut self,
        statement: &str,
        parameters: &[Cell],
        sink: &mut dyn Sink,
    ) -> Result<Tag, Failure> {
        // The engine has a copy of them.
        let _charge = self.setting.memory.charge(memory::row_size(parameters))?;
        self.engine.begin(parameters);
        let _scope = self.engine.enter();
        self.factors.set(0);
        self.dispatch(statement, parameters, sink)
    }

    /// Whether it is in a transaction.
    pub fn state(&self) -> State {
        self.state
    }

    /// Stops what it is running.
    pub fn interrupter(&self) -> Interrupter {
        self.engine.interrupter()
    }

    fn dispatch(
        &mut self,
        statement: &str,
        parameters: &[Cell],
        sink: &mut dyn Sink,
    ) -> Result<Tag, Failure> {
        let _reading = memory::reading(&self.setting.memory, statement.len())?;
        let (tokens, count) = read(statement, self.provider.is_some())?;
        if count != parameters.len() {
            let given = parameters.len();
            let message = format!("the parameters need {count} values, and {given} came");
            return Err(Failure::because(Code::WrongParameters, message));
        }
        let parsed = parse(&tokens)?;
        match &parsed {
            Statement::Commit => return self.commit(sink),
            Statement::Rollback => return self.rollback(sink),
            _ if self.state == State::Failed => return Err(transaction::aborted()),
            Statement::Begin => return self.begin(sink),
            Statement::Use(provider) => {
                catalog().provider(provider)?;
                self.provider = Some(PROVIDER);
                return Ok(Tag::Use);
            }
            parsed if self.state == State::InTransaction && changes(parsed)? => {
                return self.queue(statement, parsed, parameters, sink);
            }
            _ => {}
        }
        self.execute(parsed, sink)
    }

    fn execute(&self, statement: Statement<'_>, sink: &mut dyn Sink) -> Result<Tag, Failure> {
        match statement {
            Statement::Query(tokens) => {
                let text = self.query(&tokens)?;
                self.engine.stream(&text, sink, || self.known(&text)).map(Tag::Select)
            }
            Statement::Insert { path, columns, rows, returning, hints } => {
                self.insert(&path, &columns, &rows, returning.as_deref(), hints, sink)
            }
            Statement::Change { verb, path, conditions, returning, hints } => {
                self.change(verb, &path, &conditions, returning.as_deref(), hints, sink)
            }
            Statement::Replace(path) => {
                Err(resource(&path)?.nothing_for("REPLACE", &path.join(".")))
            }
            Statement::Exec(exec) => self.exec(&exec, sink),
            Statement::Own { verb, table, tokens } => self.change_own(verb, &table, &tokens, sink),
            Statement::Create(creation) => self.create(&creation, sink),
            Statement::Drop { thing, name, lenient } => {
                self.drop_thing(thing, &name, lenient, sink)
            }
            Statement::Refresh(name) => self.refresh(&name, sink),
            Statement::Explain(tokens) => self.explain(&parse(&tokens)?, sink),
            Statement::Sleep(milliseconds) => self.sleep(milliseconds),
            Statement::Purge => {
                sink.note("nothing is kept from one statement to the next: all is asked anew")?;
                Ok(Tag::Set)
            }
            shows => {
                let Some(text) = self.shows(&shows)? else { return Ok(shows.tag()) };
                self.engine.stream(&text, sink, || FILTERED.to_owned()).map(Tag::Show)
            }
        }
    }

    /// A whole query.
    fn query(&self, tokens: &[Token<'_>]) -> Result<Text, Failure> {
        let mut text = self.embedded(tokens)?;
        text.kinds = language::kinds(tokens);
        Ok(text)
    }

    /// The query for a statement that shows something.
    fn shows(&self, statement: &Statement<'_>) -> Result<Option<Text>, Failure> {
        match statement {
            Statement::Show(show) => self.show_query(show).map(Some),
            Statement::Describe { names, extended } => {
                self.describe_query(names, *extended).map(Some)
            }
            Statement::DescribeMethod { path, method, extended } => {
                Self::method_query(path, method, *extended).map(Some)
            }
            Statement::RegistryList => Ok(Some(show::registry().query())),
            _ => Ok(None),
        }
    }

    fn described(&self, statement: &Statement<'_>) -> Result<Option<Vec<Heading>>, Failure> {
        let before = self.dry.replace(true);
        let described = self.columns_of(statement);
        self.dry.set(before);
        described
    }

    fn columns_of(&self, statement: &Statement<'_>) -> Result<Option<Vec<Heading>>, Failure> {
        match statement {
            Statement::Query(tokens) => {
                let text = self.query(tokens)?;
                self.engine.columns(&text, || self.known(&text)).map(Some)
            }
            Statement::Insert { path, columns, rows, returning, .. } => {
                self.looked_insert(path, columns, rows)?;
                self.returned(path, SqlVerb::Insert, returning.as_deref())
            }
            Statement::Change { verb, path, conditions, returning, .. } => {
                let asked = self.conditions(*verb, path, conditions)?;
                self.engine.columns(&asked.query, || asked.told.clone())?;
                self.returned(path, *verb, returning.as_deref())
            }
            Statement::Replace(path) => {
                Err(resource(path)?.nothing_for("REPLACE", &path.join(".")))
            }
            Statement::Exec(exec) => {
                Self::looked_exec(exec)?;
                Self::executed(&exec.path, &exec.method)
            }
            Statement::Own { table, tokens, .. } => self.returned_own(table, tokens),
            Statement::Explain(tokens) => {
                self.described(&parse(tokens)?)?;
                Ok(None)
            }
            shows => match self.shows(shows)? {
                Some(text) => self.engine.columns(&text, || FILTERED.to_owned()).map(Some),
                None => Ok(None),
            },
        }
    }

    /// Waits, and can be stopped meanwhile.
    fn sleep(&self, milliseconds: u64) -> Result<Tag, Failure> {
        let mut left = Duration::from_millis(milliseconds);
        while !left.is_zero() {
            self.engine.go_on()?;
            let nap = left.min(Duration::from_millis(20));
            std::thread::sleep(nap);
            left = left.saturating_sub(nap);
        }
        Ok(Tag::Set)
    }

    /// Shows the engine the resources that a text names.
    fn show(&self, text: &Text) -> Result<(), Failure> {
        for Mention { resource, path, untold } in &text.resources {
            if let Some(member) = resource.hinge().filter(|_| *untold) {
                return Err(early(member));
            }
            if self.engine.shows(&resource.path) {
                continue;
            }
            let methods = methods_of(resource, path, SqlVerb::Select)?;
            let columns = listed_columns(resource)?;
            let (calls, memory) = (Arc::clone(&self.setting.calls), self.setting.memory.clone());
            let listing = Listing { name: &resource.path, methods, columns, calls, memory };
            let listing = Arc::new(listing);
            self.engine.show_always(&resource.path, listing)?;
        }
        Ok(())
    }
}

/// The tokens of a statement, with names in full, and how many parameters it has.
fn read(statement: &str, provider: bool) -> Result<(Vec<Token<'_>>, usize), Failure> {
    let mut tokens = language::single(statement)?;
    let count = language::number_parameters(&mut tokens)?;
    Ok((if provider { language::complete(&tokens) } else { tokens }, count))
}

/// Whether a statement waits for `COMMIT`: whether it changes rows or things of the account.
fn changes(statement: &Statement<'_>) -> Result<bool, Failure> {
    Ok(match statement {
        Statement::Insert { .. } | Statement::Change { .. } | Statement::Own { .. } => true,
        Statement::Exec(Exec { path, method, .. }) => method_of(path, method)?.action.writes(),
        _ => false,
    })
}

fn resource(path: &Path) -> Result<&'static Resource, Failure> {
    let [provider, service, resource] = path;
    catalog().find([provider, service, resource])
}

/// The methods of a resource for a verb.
fn methods(path: &Path, verb: SqlVerb) -> Result<Vec<Method>, Failure> {
    methods_of(resource(path)?, &path.join("."), verb)
}

/// The same, of the resource that a statement names so.
fn methods_of(resource: &Resource, path: &str, verb: SqlVerb) -> Result<Vec<Method>, Failure> {
    resource.methods(verb).map_err(|_| resource.nothing_for(spelled(verb), path))
}

/// The method of a resource.
fn method_of(path: &Path, name: &str) -> Result<Method, Failure> {
    let resource = resource(path)?;
    resource.method(name).ok_or_else(|| {
        let known = resource.methods.iter().map(|method| method.name);
        let known = meant(name, known, "it has");
        let message = format!("`{}` has no method `{name}`: {known}", path.join("."));
        Failure::because(Code::UndefinedFunction, message)
    })
}

/// The columns of a resource: those of lists, and those that only its making tells, which lists
/// leave open. In the order of StackQL, which is that of the bytes.
fn shown(resource: &Resource) -> Result<Vec<&'static Member>, Failure> {
    let mut columns = members(&resource.methods(SqlVerb::Select)?, Method::columns);
    if let Ok(inserts) = resource.methods(SqlVerb::Insert) {
        columns.extend(members(&inserts, Method::columns));
    }
    columns.sort_by_key(|member| member.name);
    Ok(columns)
}

/// The columns of a resource to the engine, which are its parameters too.
fn listed_columns(resource: &Resource) -> Result<Columns, Failure> {
    let hidden = members(&resource.methods(SqlVerb::Select)?, Method::parameters);
    Ok(Columns::new(shown(resource)?, hidden).telling(|member| resource.depends_on(member)))
}

fn members(methods: &[Method], of: impl Fn(&Method) -> &'static [Member]) -> Vec<&'static Member> {
    methods.iter().flat_map(of).collect()
}

/// What there is, for the refusal of what is not.
fn known(resources: &[Mention]) -> Vec<String> {
    let told = resources.iter().filter_map(|Mention { resource, path, .. }| {
        let columns = Columns::new(shown(resource).ok()?, []);
        Some(format!("`{path}` has {}", listed(columns.visible())))
    });
    told.collect()
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

/// What a condition of `SHOW` can name.
const FILTERED: &str = "a condition names the columns that are shown";
