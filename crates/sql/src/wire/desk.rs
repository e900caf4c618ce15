//! Where statements of a connection are run: those about settings here, those about the catalogue
//! in a catalogue, all others in the session.
//!
//! Not here: messages.

use super::{
    catalog::{self, Catalog},
    dialect,
    lexer::{Kind, Token, lex},
    report::Report,
    settings::{self, Order, Settings},
};
use crate::{
    Cell, Description, Failure, Heading, Interrupter, Session, Setting, Sink, State, Type,
};

/// What a connection runs its statements with.
pub(super) struct Desk {
    setting: Setting,
    session: Option<Session>,
    pub(super) settings: Settings,
    catalog: Option<Catalog>,
    user: String,
    /// Told of the session once there is one.
    on_session: Box<dyn Fn(Interrupter) + Send>,
    /// Settings that changed, and that the client is to be told.
    pub(super) changed: Vec<(&'static str, String)>,
}

/// A statement as it came. It holds whatever was typed: no `Debug`.
pub(super) struct Statement {
    tokens: Vec<Token>,
    kind: StatementKind,
    /// How many parameters it has.
    pub(super) parameters: usize,
    /// The text from which its tokens were read, and which places in it mean.
    text: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum StatementKind {
    Empty,
    Setting,
    /// `BEGIN`, `COMMIT` or `ROLLBACK`, in one of their forms.
    Transaction(&'static str),
    Catalog,
    /// It yields rows and changes nothing.
    Query,
    Other,
}

/// Why a statement was not run to its end.
pub(super) enum Stopped {
    Report(Report),
    /// By whoever takes its rows.
    Sink,
}

impl Statement {
    /// Cuts text into statements.
    pub(super) fn split(text: &str) -> Result<Vec<Self>, Report> {
        if text.len() > LONGEST {
            let message = format!("a text of statements has {LONGEST} bytes at the most");
            return Err(Report::new("54000", message).hint("give values as parameters"));
        }
        let tokens = lex(text)?;
        // Finding what each casts takes a look at what is before it.
        if tokens.iter().filter(|token| token.is_symbol("::")).count() > MOST_CASTS {
            return Err(Report::new("54001", "there are too many casts"));
        }
        let parts = tokens.split(|token| token.is_symbol(";"));
        let whole = tokens.iter().filter(|token| token.is_symbol(";")).count() == 0;
        let statements = parts.map(|tokens| {
            let text = if whole { text.to_owned() } else { String::new() };
            Self::new(tokens.to_vec(), text)
        });
        Ok(statements.filter(|statement| statement.kind != StatementKind::Empty).collect())
    }

    /// The one statement of a text; what is empty is one too.
    pub(super) fn one(text: &str) -> Result<Self, Report> {
        let mut statements = Self::split(text)?;
        match (statements.pop(), statements.is_empty()) {
            (None, _) => Ok(Self::new(Vec::new(), String::new())),
            (Some(one), true) => Ok(one),
            _ => {
                let message = "cannot insert multiple commands into a prepared statement";
                Err(Report::new("42601", message))
            }
        }
    }

    fn new(tokens: Vec<Token>, text: String) -> Self {
        let numbers = tokens.iter().filter(|token| token.kind == Kind::Parameter);
        let numbers = numbers.filter_map(|token| token.text.get(1..)?.parse().ok());
        let parameters = numbers.max().unwrap_or(0);
        let kind = kind(&tokens);
        Self { tokens, kind, parameters, text }
    }

    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.kind == StatementKind::Empty
    }

    /// Whether it can be run before it is asked to be, since it changes nothing.
    pub(super) fn is_query(&self) -> bool {
        matches!(self.kind, StatementKind::Query | StatementKind::Catalog)
    }

    /// The statement as it would be run, where the user has no views and tables.
    pub(super) fn written(&self) -> String {
        match self.kind {
            StatementKind::Catalog => catalog::written(&self.tokens),
            _ => dialect::stackql(&self.tokens, &|_| false),
        }
    }
}

impl Desk {
    pub(super) fn new(
        setting: Setting,
        settings: Settings,
        user: String,
        on_session: Box<dyn Fn(Interrupter) + Send>,
    ) -> Self {
        let (session, catalog, changed) = (None, None, Vec::new());
        Self { setting, session, settings, catalog, user, on_session, changed }
    }

    /// Whether it is in a transaction.
    pub(super) fn state(&self) -> State {
        self.session.as_ref().map_or(State::Idle, Session::state)
    }

    /// Tells the columns of a statement without running it, and the types of its parameters.
    pub(super) fn describe(&mut self, statement: &Statement) -> Result<Description, Report> {
        let parameters = vec![Type::Any; statement.parameters];
        let columns = match statement.kind {
            StatementKind::Empty | StatementKind::Transaction(_) => None,
            StatementKind::Setting => match self.order(statement)? {
                Order::Show(name) => Some(vec![heading(name)]),
                Order::ShowAll => Some(SHOWN.iter().copied().map(heading).collect()),
                _ => None,
            },
            StatementKind::Catalog => Some(self.catalog()?.columns(&statement.tokens)?),
            StatementKind::Query | StatementKind::Other => {
                let text = self.stackql(statement)?;
                let described = self.session()?.describe(&text);
                described.map_err(|failure| placed(&failure, statement))?.columns
            }
        };
        Ok(Description { parameters, columns })
    }

    /// Runs a statement. Its tag.
    pub(super) fn run(
        &mut self,
        statement: &Statement,
        parameters: &[Cell],
        sink: &mut dyn Sink,
    ) -> Result<String, Stopped> {
        let failed = self.state() == State::Failed;
        let ends = matches!(statement.kind, StatementKind::Transaction(word) if word != "BEGIN");
        if failed && !ends {
            let message = "current transaction is aborted, commands ignored until end of \
                           transaction block";
            return Err(Stopped::Report(Report::new("25P02", message)));
        }
        match statement.kind {
            StatementKind::Empty => Ok(String::new()),
            StatementKind::Setting => self.obey(statement, sink),
            StatementKind::Transaction(word) => {
                let session = self.session().map_err(Stopped::Report)?;
                let tag = session.run(word, &[], &mut Quiet(sink));
                tag.map(|tag| tag.to_string()).map_err(|failure| stopped(failure, statement))
            }
            StatementKind::Catalog => {
                let catalog = self.catalog().map_err(Stopped::Report)?;
                catalog.run(&statement.tokens, parameters, sink)
            }
            StatementKind::Query | StatementKind::Other => {
                let text = self.stackql(statement).map_err(Stopped::Report)?;
                let session = self.session().map_err(Stopped::Report)?;
                let tag = session.run(&text, parameters, sink);
                tag.map(|tag| tag.to_string()).map_err(|failure| stopped(failure, statement))
            }
        }
    }

    fn session(&mut self) -> Result<&mut Session, Report> {
        if self.session.is_none() {
            let open = || -> Result<Session, Failure> {
                let mut session = Session::open(self.setting.clone())?;
                // So that names in two parts are those of resources.
                session.run("USE aws", &[], &mut Nothing)?;
                Ok(session)
            };
            let session = open().map_err(|failure| Report::from(&failure))?;
            (self.on_session)(session.interrupter());
            self.session = Some(session);
        }
        self.session.as_mut().ok_or_else(|| Report::new("XX000", "there is no session"))
    }

    fn stackql(&mut self, statement: &Statement) -> Result<String, Report> {
        let session = self.session()?;
        let kept = session.own().map_err(|failure| Report::from(&failure))?;
        let own = |name: &str| kept.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        Ok(dialect::stackql(&statement.tokens, &own))
    }

    fn catalog(&mut self) -> Result<&mut Catalog, Report> {
        let mut own = Vec::new();
        let session = self.session()?;
        let kept = session.own().map_err(|failure| Report::from(&failure))?;
        for (name, thing) in kept {
            let query = format!("SELECT * FROM \"{}\"", name.replace('"', "\"\""));
            // One whose resource has changed meanwhile is shown without columns.
            let columns = session.describe(&query).ok().and_then(|described| described.columns);
            own.push(catalog::Own { name, thing, columns: columns.unwrap_or_default() });
        }
        let settings = self.settings.all().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let (settings, user) = (settings.collect(), self.user.clone());
        let state = catalog::State { own, settings, user };
        let catalog = match self.catalog.take() {
            Some(catalog) => catalog,
            None => Catalog::open()?,
        };
        let catalog = self.catalog.insert(catalog);
        catalog.update(state)?;
        Ok(catalog)
    }

    fn order(&self, statement: &Statement) -> Result<Order, Report> {
        let said: Vec<&Token> = statement.tokens.iter().filter(|token| !token.is_blank()).collect();
        let order = settings::read(&said);
        let order = order.unwrap_or(Ok(Order::Nothing("SET")))?;
        match &order {
            Order::Show(name) if self.settings.get(name).is_none() => {
                let message = format!("unrecognized configuration parameter `{name}`");
                Err(Report::new("42704", message))
            }
            _ => Ok(order),
        }
    }

    fn obey(&mut self, statement: &Statement, sink: &mut dyn Sink) -> Result<String, Stopped> {
        let text = |text: &str| Cell::Text(text.to_owned());
        match self.order(statement).map_err(Stopped::Report)? {
            Order::Set(all) => {
                for (name, value) in &all {
                    self.settings.set(name, value.as_deref()).map_err(Stopped::Report)?;
                    if let Some(name) = Settings::report_name(name) {
                        let value = self.settings.get(name).unwrap_or_default().to_owned();
                        self.changed.push((name, value));
                    }
                }
                let reset = all.iter().any(|(_, value)| value.is_none());
                return Ok(if reset { "RESET" } else { "SET" }.to_owned());
            }
            Order::ResetAll => {
                self.settings.reset();
                let all = self.settings.reported();
                self.changed = all.map(|(name, value)| (name, value.to_owned())).collect();
                return Ok("RESET".to_owned());
            }
            Order::Nothing(tag) => return Ok(tag.to_owned()),
            Order::Show(name) => {
                let value = text(self.settings.get(&name).unwrap_or_default());
                sink.head(&[heading(name)]).map_err(|_| Stopped::Sink)?;
                sink.row(&[value]).map_err(|_| Stopped::Sink)?;
            }
            Order::ShowAll => {
                let head: Vec<Heading> = SHOWN.iter().copied().map(heading).collect();
                sink.head(&head).map_err(|_| Stopped::Sink)?;
                for (name, value) in self.settings.all() {
                    sink.row(&[text(name), text(value), text("")]).map_err(|_| Stopped::Sink)?;
                }
            }
        }
        Ok("SHOW".to_owned())
    }
}

/// What a statement is, by the words in it.
fn kind(tokens: &[Token]) -> StatementKind {
    let said: Vec<&Token> = tokens.iter().filter(|token| !token.is_blank()).collect();
    let Some(first) = said.first() else { return StatementKind::Empty };
    let second = |word: &str| said.get(1).is_some_and(|token| token.is(word));
    let starts = |words: &[&str]| words.iter().any(|word| first.is(word));
    match () {
        () if starts(&["BEGIN"]) || (first.is("START") && second("TRANSACTION")) => {
            StatementKind::Transaction("BEGIN")
        }
        () if starts(&["COMMIT", "END"]) && !second("PREPARED") => {
            StatementKind::Transaction("COMMIT")
        }
        () if starts(&["ROLLBACK", "ABORT"])
            && !said.iter().any(|token| token.is("TO") || token.is("PREPARED")) =>
        {
            StatementKind::Transaction("ROLLBACK")
        }
        () if settings::read(&said).is_some() => StatementKind::Setting,
        () if starts(&["SELECT", "WITH", "VALUES"])
            && said.len() < LONGEST_CATALOGUE_QUERY
            && catalog::concerns(&said) =>
        {
            StatementKind::Catalog
        }
        () if starts(&["SELECT", "WITH", "VALUES", "SHOW", "DESCRIBE", "DESC"]) => {
            StatementKind::Query
        }
        () => StatementKind::Other,
    }
}

fn heading(name: impl Into<String>) -> Heading {
    Heading { name: name.into(), kind: Type::Text }
}

fn stopped(failure: Failure, statement: &Statement) -> Stopped {
    match failure.output() {
        Ok(_) => Stopped::Sink,
        Err(failure) => Stopped::Report(placed(&failure, statement)),
    }
}

/// A failure, with its place where the statement was run as it came.
fn placed(failure: &Failure, statement: &Statement) -> Report {
    let same = !statement.text.contains(['\\', '$', ':', 'E', 'e'])
        && dialect::stackql(&statement.tokens, &|_| false) == statement.text;
    Report::from(failure).at(failure.position().filter(|_| same))
}

/// Hears of a transaction, and says nothing of it: the tag says it all.
struct Quiet<'s>(&'s mut dyn Sink);

impl Sink for Quiet<'_> {
    fn head(&mut self, columns: &[Heading]) -> std::io::Result<()> {
        self.0.head(columns)
    }

    fn row(&mut self, row: &[Cell]) -> std::io::Result<()> {
        self.0.row(row)
    }

    fn note(&mut self, note: &str) -> std::io::Result<()> {
        if note == "Rollback OK" { Ok(()) } else { self.0.note(note) }
    }
}

/// Wants nothing.
struct Nothing;

impl Sink for Nothing {
    fn head(&mut self, _: &[Heading]) -> std::io::Result<()> {
        Ok(())
    }

    fn row(&mut self, _: &[Cell]) -> std::io::Result<()> {
        Ok(())
    }

    fn note(&mut self, _: &str) -> std::io::Result<()> {
        Ok(())
    }
}

/// Bytes of what is sent as one text.
const LONGEST: usize = 1 << 20;

/// Tokens of a query on the catalogue: those of clients have a few hundred.
const LONGEST_CATALOGUE_QUERY: usize = 20_000;

/// Casts in one text.
const MOST_CASTS: usize = 2_000;

/// The columns of `SHOW ALL`.
const SHOWN: [&str; 3] = ["name", "setting", "description"];
