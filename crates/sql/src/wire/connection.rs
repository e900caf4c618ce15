//! A connection, from its first byte to its last: messages in, answers out.
//!
//! Not here: how statements are run, and how rows are sent.

mod extended;

use std::{collections::HashMap, io, net::TcpStream, rc::Rc, sync::Arc};

use vmfa_sqlite::Exhausted;

use self::extended::{Portal, Prepared};
use super::{
    answer::Answer,
    brake::Brake,
    channel::{Channel, Farewell, Idle},
    copy::{self, Copying},
    desk::{Desk, Forgotten},
    ending::{Ending, Reason},
    entrance::{self, Guest, Refused},
    message::{Message, Target},
    report::Report,
    rows::{Plain, Purpose},
    server::{Place, Shared},
    statement::Statement,
};
use crate::{Cell, MemoryAccount, State, memory};

/// Serves a client until one of both ends it.
pub(super) fn serve(shared: &Arc<Shared>, tcp: Arc<TcpStream>, place: &Place) {
    let mut channel = Channel::new(tcp, &shared.limits);
    let seated = entrance::enter(&mut channel, shared, place).and_then(|guest| {
        let key = (!shared.insecure).then_some(guest.user.as_str());
        place.seat(key, guest.owner.is_none()).map_err(Refused::Report)?;
        Ok(guest)
    });
    let guest = match seated {
        Ok(guest) => guest,
        Err(Refused::Report(report)) => {
            tracing::info!(peer = %place.peer, ?report, "refused a connection");
            // A client that is gone already is not to be told.
            let _ = channel.send(&Answer::Failed(&report));
            return channel.close();
        }
        Err(Refused::Cancel { process, key }) => {
            shared.cancel(process, key);
            return channel.close();
        }
        Err(Refused::Gone(error)) => {
            tracing::debug!(peer = %place.peer, %error, "a connection went away");
            return;
        }
    };
    let (peer, user) = (place.peer, guest.user.clone());
    tracing::info!(%peer, user, "connected");
    let mut connection = match Connection::welcome(shared, channel, guest, place) {
        Ok(connection) => connection,
        Err(error) => return tracing::info!(%peer, user, %error, "a connection went away"),
    };
    match connection.serve() {
        Ok(()) => tracing::info!(%peer, user, "disconnected"),
        Err(error) => {
            let report = connection.last_words(&error);
            tracing::info!(%peer, user, %error, ?report, "ended a connection");
            if let Some(report) = report {
                // A client that is gone already is not to be told.
                let _ = connection.channel.send(&Answer::Failed(&report));
            }
        }
    }
    connection.channel.close();
}

struct Connection {
    channel: Channel,
    brake: Arc<Brake>,
    ending: Arc<Ending>,
    desk: Desk,
    /// The account of the session, and that of what it keeps.
    memory: MemoryAccount,
    kept: MemoryAccount,
    statements: HashMap<String, Rc<Prepared>>,
    portals: HashMap<String, Portal>,
    /// Whether all is passed over until the end of a series, since something in it failed.
    skipping: bool,
    /// Whether the client has sent a part of a series, of which the end is to come.
    in_series: bool,
}

impl Connection {
    fn welcome(
        shared: &Arc<Shared>,
        mut channel: Channel,
        guest: Guest,
        place: &Place,
    ) -> io::Result<Self> {
        entrance::welcome(&mut channel, &guest, (place.process, place.key))?;
        let Guest { user, settings, calls, owner } = guest;
        let setting = shared.setting(calls, owner.as_deref());
        let (memory, kept) = (setting.memory.clone(), setting.kept.clone());
        channel.let_in(&memory)?;
        channel.ready(State::Idle)?;
        let (brake, ending) = (Arc::clone(&place.brake), Arc::clone(&place.ending));
        let desk = Desk::new(setting, settings, user, Arc::clone(&brake));
        let (statements, portals) = (HashMap::new(), HashMap::new());
        let (skipping, in_series) = (false, false);
        Ok(Self {
            channel,
            brake,
            ending,
            desk,
            memory,
            kept,
            statements,
            portals,
            skipping,
            in_series,
        })
    }

    fn serve(&mut self) -> io::Result<()> {
        while let Some(message) = self.next()? {
            if matches!(message, Message::Terminate) {
                return Ok(());
            }
            self.answer(message)?;
        }
        Ok(())
    }

    /// The next message. Fails where the connection is to end.
    fn next(&mut self) -> io::Result<Option<Message>> {
        // The client may have sent more before that. A series that has begun is answered, but not
        // for a key that is gone.
        let reason = self.ending.reason();
        let reason = reason.filter(|r| !self.in_series || matches!(r, Reason::Revoked(_)));
        if let Some(reason) = reason {
            return Err(Farewell(reason.into()).into());
        }
        let in_transaction = self.in_series || self.desk.state() != State::Idle;
        self.set_idle(in_transaction);
        let message = self.channel.receive();
        // A portal may wait for the next one, and what it reads is open meanwhile.
        self.set_idle(true);
        match (message, self.ending.reason()) {
            (Ok(None) | Err(_), Some(reason)) => Err(Farewell(reason.into()).into()),
            (message, _) => message,
        }
    }

    fn set_idle(&mut self, in_transaction: bool) {
        let limit = self.desk.settings.idle_timeout(in_transaction);
        let idle = if in_transaction { Idle::Transaction } else { Idle::Session };
        self.channel.set_idle(limit, idle);
    }

    /// What the client receives for an error that ends the connection.
    fn last_words(&self, error: &io::Error) -> Option<Report> {
        if let Some(reason) = self.ending.reason() {
            return Some(reason.into());
        }
        let farewell = error.get_ref().and_then(|error| error.downcast_ref::<Farewell>());
        match farewell {
            Some(Farewell(report)) => Some(report.clone()),
            None if error.kind() == io::ErrorKind::InvalidData => {
                Some(Report::fatal("08P01", error.to_string()))
            }
            None => None,
        }
    }

    fn answer(&mut self, message: Message) -> io::Result<()> {
        let ends_series = matches!(message, Message::Sync | Message::Unreadable(b'S', _));
        if self.skipping && !ends_series {
            return Ok(());
        }
        match message {
            Message::Flush | Message::Other(_) => {}
            Message::Query(_) | Message::FunctionCall => self.in_series = false,
            _ => self.in_series = !ends_series,
        }
        let done = match message {
            Message::Query(text) => return self.query(&text),
            Message::FunctionCall => {
                let message = "function calls by the protocol's FunctionCall message are not \
                               supported; use SELECT";
                return self.refuse(&Report::new("0A000", message));
            }
            Message::Unreadable(b'Q' | b'S' | b'F', problem) => {
                (self.skipping, self.in_series) = (false, false);
                return self.refuse(&problem.into());
            }
            Message::Unreadable(_, problem) => Err(Trouble::Report(problem.into())),
            Message::Sync => {
                self.skipping = false;
                if self.desk.state() == State::Idle {
                    self.portals.clear();
                }
                return self.channel.ready(self.desk.state());
            }
            Message::Flush => return self.channel.flush(),
            Message::Parse { name, query, types } => self.parse(name, &query, types),
            Message::Bind(bind) => self.bind(bind),
            Message::Describe(Target::Statement(name)) => self.describe(&name),
            Message::Describe(Target::Portal(name)) => self.portal(&name, &Purpose::Describe),
            Message::Execute { portal, rows } => {
                let quota = (rows > 0).then_some(rows.into());
                self.portal(&portal, &Purpose::Execute(quota))
            }
            Message::Close(Target::Statement(name)) => {
                self.statements.remove(&name);
                self.say(&Answer::Closed)
            }
            Message::Close(Target::Portal(name)) => {
                self.portals.remove(&name);
                self.desk.close_cursor(&name);
                self.say(&Answer::Closed)
            }
            // What was sent after a COPY that was refused.
            Message::Other(b'd' | b'c' | b'f') => Ok(()),
            Message::Password(_) | Message::Other(_) | Message::Terminate => {
                let report = Report::new("08P01", "a message that has no place here");
                Err(Trouble::Report(report))
            }
        };
        match done {
            Ok(()) => Ok(()),
            Err(Trouble::Gone(error)) => Err(error),
            // A portal that was put aside failed: the statement that came instead fails with it.
            Err(Trouble::Report(report)) if self.channel.take_query() => {
                self.in_series = false;
                self.refuse(&report)
            }
            Err(Trouble::Report(report)) => {
                self.skipping = true;
                self.send_failure(&report)?;
                self.channel.flush()
            }
        }
    }

    /// Refuses a message that belongs to no series.
    fn refuse(&mut self, report: &Report) -> io::Result<()> {
        self.send_failure(report)?;
        self.channel.ready(self.desk.state())
    }

    fn send_failure(&mut self, report: &Report) -> io::Result<()> {
        // A statement that was interrupted since its connection ends is not the client's to retry.
        if let Some(reason @ Reason::Revoked(_)) = self.ending.reason()
            && report.is("57014")
        {
            return Err(Farewell(reason.into()).into());
        }
        self.desk.fail();
        self.channel.send(&Answer::Failed(report))
    }

    /// Runs the statements of a text, one after the other, until one fails.
    fn query(&mut self, text: &str) -> io::Result<()> {
        self.portals.remove("");
        let cutting = memory::cutting(&self.memory, text.len());
        let cut = match &cutting {
            Ok(_) => Statement::split(text),
            Err(exhausted) => Err((*exhausted).into()),
        };
        match cut {
            Err(report) => self.send_failure(&report)?,
            Ok(statements) if statements.is_empty() => {
                self.channel.send(&Answer::Empty)?;
            }
            Ok(statements) => {
                for statement in &statements {
                    if let Err(report) = self.run(statement)? {
                        self.send_failure(&report)?;
                        break;
                    }
                }
            }
        }
        self.channel.ready(self.desk.state())
    }

    fn run(&mut self, statement: &Statement) -> io::Result<Result<(), Report>> {
        if statement.parameters > 0 {
            let message = "a statement with parameters came without values";
            return Ok(Err(Report::new("42P02", message)));
        }
        if statement.copied().is_some() {
            return self.copy(statement, &[]);
        }
        let mut sink = Plain::new(&mut self.channel);
        let ran = self.desk.run(statement, &[], &mut sink);
        let failed = sink.failed.take();
        match ran.map_err(|stopped| stopped.because(failed)) {
            Ok(tag) => self.finish(&tag),
            Err(Some(report)) => Ok(Err(report)),
            Err(None) => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Copies rows out.
    fn copy(&mut self, statement: &Statement, values: &[Cell]) -> io::Result<Result<(), Report>> {
        let copy = match copy::read(statement.copied().unwrap_or_default()) {
            Ok(copy) => copy,
            Err(report) => return Ok(Err(report)),
        };
        let mut sink = Copying::new(&mut self.channel, &copy.options);
        let ran = self.desk.run(&copy.query, values, &mut sink);
        let failed = sink.failed.take();
        match ran.map_err(|stopped| stopped.because(failed)) {
            Ok(_) => {
                let tag = sink.finish()?;
                self.finish(&tag)
            }
            Err(Some(report)) => Ok(Err(report)),
            Err(None) => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Does what a statement leaves to the connection, and tells that it was run.
    fn finish(&mut self, tag: &str) -> io::Result<Result<(), Report>> {
        match self.desk.forgotten.take() {
            Some(Forgotten::Statement(name)) if self.statements.remove(&name).is_none() => {
                return Ok(Err(unprepared(&name)));
            }
            Some(Forgotten::Statements) => self.statements.clear(),
            Some(Forgotten::Portals) => self.portals.clear(),
            Some(Forgotten::Statement(_)) | None => {}
        }
        self.tell_changes()?;
        self.complete(tag).map(Ok)
    }

    fn tell_changes(&mut self) -> io::Result<()> {
        for (name, value) in std::mem::take(&mut self.desk.changed) {
            entrance::tell(&mut self.channel, name, &value)?;
        }
        Ok(())
    }

    fn complete(&mut self, tag: &str) -> io::Result<()> {
        self.channel.send(&Answer::Complete(tag))
    }

    fn say(&mut self, answer: &Answer<'_>) -> Result<(), Trouble> {
        Ok(self.channel.send(answer)?)
    }
}

fn unprepared(name: &str) -> Report {
    Report::new("26000", format!("prepared statement `{name}` does not exist"))
}

/// Why a message was not answered as it should be.
enum Trouble {
    /// The client is told, and the rest of the series passed over.
    Report(Report),
    /// Nobody is there.
    Gone(io::Error),
}

impl From<Report> for Trouble {
    fn from(report: Report) -> Self {
        Self::Report(report)
    }
}

impl From<Exhausted> for Trouble {
    fn from(exhausted: Exhausted) -> Self {
        Self::Report(exhausted.into())
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Gone(error)
    }
}
