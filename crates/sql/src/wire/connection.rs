//! A connection, from its first byte to its last: messages in, answers out.
//!
//! Not here: how statements are run, and how rows are sent.

mod extended;

use std::{collections::HashMap, io, net::TcpStream, rc::Rc, sync::Arc, time::Duration};

use vmfa_sqlite::Exhausted;

use self::extended::{Portal, Prepared};
use super::{
    answer::Answer,
    brake::Brake,
    channel::Channel,
    copy::{self, Copying},
    desk::{Desk, Forgotten},
    entrance::{self, Guest, Refused},
    message::{Message, Target},
    report::Report,
    rows::{Plain, Purpose},
    server::{Place, Shared},
    statement::Statement,
};
use crate::{Account, Cell, Failure, State, memory};

/// Serves a client until one of both ends it.
pub(super) fn serve(shared: &Arc<Shared>, tcp: TcpStream, place: &Place) {
    let mut channel = Channel::new(tcp, shared.limits.startup_time);
    let guest = match entrance::enter(&mut channel, shared) {
        Ok(guest) => guest,
        Err(Refused::Report(report)) => {
            tracing::info!(peer = %place.peer, ?report, "refused a connection");
            // Whoever is gone already is not to be told.
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
    tracing::info!(peer = %place.peer, user = guest.user, "connected");
    let (peer, user) = (place.peer, guest.user.clone());
    let served = Connection::welcome(shared, channel, guest, place)
        .and_then(|mut connection| connection.serve(shared).map(|()| connection.channel));
    match served {
        Ok(channel) => {
            channel.close();
            tracing::info!(%peer, user, "disconnected");
        }
        Err(error) => tracing::info!(%peer, user, %error, "a connection went away"),
    }
}

/// Tells a client that there is no place for it, under TLS where it asks for that: before, it would
/// not listen.
pub(super) fn dismiss(shared: &Shared, tcp: TcpStream, patience: Duration) {
    let mut channel = Channel::new(tcp, patience);
    let report = match entrance::greet(&mut channel, shared) {
        Ok(_) => Report::fatal("53300", "too many connections"),
        Err(Refused::Report(report)) => report,
        // There is always a place for this.
        Err(Refused::Cancel { process, key }) => return shared.cancel(process, key),
        Err(Refused::Gone(_)) => return,
    };
    // Whoever is gone already is not to be told.
    let _ = channel.send(&Answer::Failed(&report));
    channel.close();
}

struct Connection {
    channel: Channel,
    brake: Arc<Brake>,
    desk: Desk,
    /// The account of the session.
    memory: Account,
    statements: HashMap<String, Rc<Prepared>>,
    portals: HashMap<String, Portal>,
    /// Whether all is passed over until the end of a series, since something in it failed.
    skipping: bool,
}

impl Connection {
    fn welcome(
        shared: &Arc<Shared>,
        mut channel: Channel,
        guest: Guest,
        place: &Place,
    ) -> io::Result<Self> {
        entrance::welcome(&mut channel, &guest, (place.process, place.key))?;
        channel.let_in()?;
        channel.ready(State::Idle)?;
        let Guest { user, settings, calls, owner } = guest;
        let setting = shared.setting(calls, owner.as_deref());
        let memory = setting.memory.clone();
        let brake = Arc::clone(&place.brake);
        let desk = Desk::new(setting, settings, user, Arc::clone(&brake));
        let (statements, portals) = (HashMap::new(), HashMap::new());
        Ok(Self { channel, brake, desk, memory, statements, portals, skipping: false })
    }

    fn serve(&mut self, shared: &Shared) -> io::Result<()> {
        loop {
            let message = match self.channel.receive() {
                Ok(Some(message)) => message,
                Ok(None) | Err(_) if shared.is_ending() => return self.say_goodbye(),
                Ok(None) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    return self
                        .channel
                        .send(&Answer::Failed(&Report::fatal("08P01", error.to_string())));
                }
                Err(error) => return Err(error),
            };
            if matches!(message, Message::Terminate) {
                return Ok(());
            }
            self.answer(message)?;
        }
    }

    fn say_goodbye(&mut self) -> io::Result<()> {
        let message = "terminating connection due to administrator command";
        self.channel.send(&Answer::Failed(&Report::fatal("57P01", message)))
    }

    fn answer(&mut self, message: Message) -> io::Result<()> {
        if self.skipping && !matches!(message, Message::Sync) {
            return Ok(());
        }
        let done = match message {
            Message::Query(text) => return self.query(&text),
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
            Err(Trouble::Report(report)) => {
                self.skipping = true;
                self.desk.fail();
                self.channel.send(&Answer::Failed(&report))?;
                self.channel.flush()
            }
        }
    }

    /// Runs the statements of a text, one after the other, until one fails.
    fn query(&mut self, text: &str) -> io::Result<()> {
        self.portals.remove("");
        let cutting = memory::cutting(&self.memory, text.len());
        let cut = match &cutting {
            Ok(_) => Statement::split(text),
            Err(exhausted) => Err(Report::from(&Failure::from(*exhausted))),
        };
        match cut {
            Err(report) => {
                self.desk.fail();
                self.channel.send(&Answer::Failed(&report))?;
            }
            Ok(statements) if statements.is_empty() => {
                self.channel.send(&Answer::Empty)?;
            }
            Ok(statements) => {
                for statement in &statements {
                    if let Err(report) = self.run(statement)? {
                        self.desk.fail();
                        self.channel.send(&Answer::Failed(&report))?;
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
        Self::Report(Report::from(&Failure::from(exhausted)))
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Gone(error)
    }
}
