//! Where statements of a connection are run: those about settings here, those about the catalogue
//! in a catalogue, all others in the session.
//!
//! Not here: messages.

mod cursors;
mod orders;
pub(super) mod savepoints;

use std::sync::Arc;

use super::{
    brake::{Brake, Cause},
    catalog::{self, Catalog},
    cursor::{self, Cursors},
    dialect,
    report::Report,
    settings::{Order, Settings},
    statement::{Kind, Statement},
};
use crate::{Cell, Description, Failure, Heading, Session, Setting, Sink, State, Type};

/// What a connection runs its statements with.
pub(super) struct Desk {
    setting: Setting,
    session: Option<Session>,
    pub(super) settings: Settings,
    catalog: Option<Catalog>,
    cursors: Cursors,
    user: String,
    /// By what its statements are stopped.
    brake: Arc<Brake>,
    /// Whether the transaction failed in a way of which the session knows nothing.
    failed: bool,
    savepoints: savepoints::Savepoints,
    /// Settings that changed, and that the client is to be told.
    pub(super) changed: Vec<(&'static str, String)>,
    /// What the connection has to forget.
    pub(super) forgotten: Option<Forgotten>,
}

/// What a connection is to forget.
pub(super) enum Forgotten {
    /// A statement that was prepared, which has to be there.
    Statement(String),
    /// All of those.
    Statements,
    /// All portals.
    Portals,
}

/// Why a statement was not run to its end.
pub(super) enum Stopped {
    Report(Report),
    /// By whoever takes its rows.
    Sink,
}

impl Stopped {
    /// What the client is told, where whoever takes the rows says why it did not. `None` where it
    /// is not there any more.
    pub(super) fn because(self, sink: Option<Report>) -> Option<Report> {
        match self {
            Self::Report(report) => Some(report),
            Self::Sink => sink,
        }
    }
}

impl Desk {
    pub(super) fn new(
        setting: Setting,
        settings: Settings,
        user: String,
        brake: Arc<Brake>,
    ) -> Self {
        Self {
            setting,
            session: None,
            settings,
            catalog: None,
            cursors: Cursors::new(Arc::clone(&brake)),
            user,
            brake,
            failed: false,
            savepoints: Vec::new(),
            changed: Vec::new(),
            forgotten: None,
        }
    }

    /// Whether it is in a transaction.
    pub(super) fn state(&self) -> State {
        match self.session.as_ref().map_or(State::Idle, Session::state) {
            State::InTransaction if self.failed => State::Failed,
            state => state,
        }
    }

    /// Something failed: the transaction with it, if there is one.
    pub(super) fn fail(&mut self) {
        self.failed = self.state() == State::InTransaction;
    }

    /// The columns of a cursor.
    pub(super) fn cursor(&self, name: &str) -> Option<&[Heading]> {
        self.cursors.columns(name).ok()
    }

    /// Closes a cursor, if it is there.
    pub(super) fn close_cursor(&mut self, name: &str) {
        // Closing what is not open is no mistake in the protocol.
        let _ = self.cursors.close(Some(name));
    }

    /// Tells the columns of a statement without running it, and the types of its parameters.
    pub(super) fn describe(&mut self, statement: &Statement) -> Result<Description, Report> {
        self.brake.begin(self.settings.statement_timeout());
        let described = self.look_at(statement);
        let cause = self.brake.end();
        described.map_err(|report| canceled(report, cause))
    }

    fn look_at(&mut self, statement: &Statement) -> Result<Description, Report> {
        let parameters = vec![Type::Any; statement.parameters];
        let columns = match statement.kind {
            Kind::Empty | Kind::Transaction(_) | Kind::Savepoint | Kind::Copy => None,
            Kind::Missing(why) => return Err(Report::new("0A000", why)),
            Kind::Cursor => match cursor::read(&statement.tokens)? {
                cursor::Order::Fetch { name, .. } => Some(self.cursors.columns(&name)?.to_vec()),
                _ => None,
            },
            Kind::Setting => match self.order(statement)? {
                Order::Show(name) => Some(vec![heading(name)]),
                Order::ShowAll => Some(orders::SHOWN.iter().copied().map(heading).collect()),
                _ => None,
            },
            Kind::Catalog => Some(self.catalog()?.columns(&statement.tokens)?),
            Kind::Query | Kind::Other => {
                let text = self.stackql(statement)?;
                let described = self.session()?.describe_stoppable(&text);
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
        let ends = match statement.kind {
            Kind::Transaction(word) => word != "BEGIN",
            Kind::Savepoint => savepoints::goes_back(&statement.tokens),
            _ => false,
        };
        if failed && !ends {
            let message = "current transaction is aborted, commands ignored until end of \
                           transaction block";
            return Err(Stopped::Report(Report::new("25P02", message)));
        }
        self.brake.begin(self.settings.statement_timeout());
        let ran = self.dispatch(statement, parameters, sink);
        let cause = self.brake.end();
        ran.map_err(|stopped| match stopped {
            Stopped::Report(report) => Stopped::Report(canceled(report, cause)),
            Stopped::Sink => Stopped::Sink,
        })
    }

    fn dispatch(
        &mut self,
        statement: &Statement,
        parameters: &[Cell],
        sink: &mut dyn Sink,
    ) -> Result<String, Stopped> {
        match statement.kind {
            Kind::Empty => Ok(String::new()),
            Kind::Setting => self.obey(statement, sink),
            Kind::Transaction(word) => self.transact(word, statement, sink),
            Kind::Savepoint => self.serve_savepoint(statement),
            Kind::Cursor => self.serve_cursor(statement, parameters, sink),
            Kind::Missing(why) => Err(Stopped::Report(Report::new("0A000", why))),
            // Its rows go where no sink of rows leads.
            Kind::Copy => Err(Stopped::Report(Report::new("0A000", "it is not copied here"))),
            Kind::Catalog => {
                let catalog = self.catalog().map_err(Stopped::Report)?;
                catalog.run(&statement.tokens, parameters, sink)
            }
            Kind::Query | Kind::Other => {
                let text = self.stackql(statement).map_err(Stopped::Report)?;
                let session = self.session().map_err(Stopped::Report)?;
                let tag = session.run_stoppable(&text, parameters, sink);
                tag.map(|tag| tag.to_string()).map_err(|failure| stopped(failure, statement))
            }
        }
    }

    fn transact(
        &mut self,
        word: &str,
        statement: &Statement,
        sink: &mut dyn Sink,
    ) -> Result<String, Stopped> {
        let failed = std::mem::take(&mut self.failed);
        let session = self.session().map_err(Stopped::Report)?;
        let word = if failed { "ROLLBACK" } else { word };
        let tag = session.run_stoppable(word, &[], &mut Quiet(sink));
        let tag = tag.map(|tag| tag.to_string()).map_err(|failure| stopped(failure, statement));
        if self.state() == State::Idle {
            let committed = tag.as_ref().is_ok_and(|tag| tag == "COMMIT");
            self.savepoints.clear();
            self.cursors.end_transaction(committed);
            if self.settings.end_transaction(committed) {
                self.tell_settings();
            }
        }
        tag
    }

    fn session(&mut self) -> Result<&mut Session, Report> {
        if self.session.is_none() {
            let opened = open_session(self.setting.clone());
            let session = opened.map_err(|failure| Report::from(&failure))?;
            self.brake.on_session(session.interrupter());
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
            let columns =
                session.describe_stoppable(&query).ok().and_then(|described| described.columns);
            let query = session.query_of(&name).ok().flatten();
            own.push(catalog::Own { name, thing, columns: columns.unwrap_or_default(), query });
        }
        let settings = self.settings.all().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let (settings, user) = (settings.collect(), self.user.clone());
        let state = catalog::State { own, settings, user };
        let catalog = match self.catalog.take() {
            Some(catalog) => catalog,
            None => Catalog::open(&self.setting.memory)?,
        };
        self.brake.on_catalog(catalog.interrupter());
        let catalog = self.catalog.insert(catalog);
        catalog.update(state)?;
        Ok(catalog)
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

/// A statement that was stopped, in PostgreSQL's words for the cause.
fn canceled(report: Report, cause: Option<Cause>) -> Report {
    match cause {
        Some(Cause::Timeout) if report.is("57014") => {
            report.reworded("canceling statement due to statement timeout")
        }
        Some(Cause::Request) if report.is("57014") => {
            report.reworded("canceling statement due to user request")
        }
        _ => report,
    }
}

/// A failure, with its place where the statement was run as it came.
fn placed(failure: &Failure, statement: &Statement) -> Report {
    let same = !statement.text.contains(['\\', '$', ':', 'E', 'e'])
        && dialect::stackql(&statement.tokens, &|_| false) == statement.text;
    Report::from(failure).at(failure.position().filter(|_| same))
}

/// A session in which names in two parts are those of resources.
pub(super) fn open_session(setting: Setting) -> Result<Session, Failure> {
    let mut session = Session::open(setting)?;
    session.run("USE aws", &[], &mut Nothing)?;
    Ok(session)
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
