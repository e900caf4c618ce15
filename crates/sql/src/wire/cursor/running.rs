//! A query that runs on a thread of its own, some rows ahead of its reader.

use std::{
    io,
    sync::mpsc::{Receiver, SyncSender, channel, sync_channel},
    thread,
};

use crate::{
    Cell, Failure, Heading, Interrupter, Session, Setting, Sink,
    wire::{desk::open_session, report::Report},
};

/// A query that runs, and is interrupted when this is dropped.
pub(super) struct Running {
    portions: Receiver<Portion>,
    interrupter: Interrupter,
}

/// What it gives, the head first.
pub(super) enum Portion {
    Head(Vec<Heading>),
    Rows(Vec<Vec<Cell>>),
    /// There will be no more.
    Failed(Report),
}

impl Running {
    /// Starts a query in a session of its own.
    pub(super) fn start(
        setting: Setting,
        query: String,
        parameters: Vec<Cell>,
    ) -> Result<Self, Report> {
        let (sender, portions) = sync_channel(AHEAD);
        let (tell, told) = channel();
        let builder = thread::Builder::new().name("vmfa-pg-cursor".to_owned()).stack_size(STACK);
        let spawned = builder.spawn(move || {
            let opened = open_session(setting);
            let mut session = match opened {
                Ok(session) => session,
                Err(failure) => return drop(tell.send(Err(Report::from(&failure)))),
            };
            // Whoever waits for neither has gone.
            let _ = tell.send(Ok(session.interrupter()));
            run(&mut session, &query, &parameters, sender);
        });
        let broken = |what: &str| Report::new("53000", format!("a cursor cannot run: {what}"));
        spawned.map_err(|error| broken(&error.to_string()))?;
        let interrupter = told.recv().map_err(|_| broken("it has ended"))??;
        Ok(Self { portions, interrupter })
    }

    /// By what it is stopped.
    pub(super) fn interrupter(&self) -> Interrupter {
        self.interrupter.clone()
    }

    /// What comes next. `None` after the last.
    pub(super) fn next(&self) -> Option<Portion> {
        self.portions.recv().ok()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.interrupter.stop();
    }
}

fn run(session: &mut Session, query: &str, parameters: &[Cell], sender: SyncSender<Portion>) {
    let mut sink = Sending { sender, rows: Vec::new() };
    let ran = session.run_stoppable(query, parameters, &mut sink);
    // Nobody may want to know any more.
    let _ = sink.flush();
    if let Err(Err(failure)) = ran.map_err(Failure::output) {
        let _ = sink.send(Portion::Failed(Report::from(&failure)));
    }
}

/// Sends rows to the reader, several at a time.
struct Sending {
    sender: SyncSender<Portion>,
    rows: Vec<Vec<Cell>>,
}

impl Sending {
    fn send(&self, portion: Portion) -> io::Result<()> {
        self.sender.send(portion).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        let rows = std::mem::take(&mut self.rows);
        if rows.is_empty() {
            return Ok(());
        }
        self.send(Portion::Rows(rows))
    }
}

impl Sink for Sending {
    fn head(&mut self, columns: &[Heading]) -> io::Result<()> {
        self.send(Portion::Head(columns.to_vec()))
    }

    fn row(&mut self, row: &[Cell]) -> io::Result<()> {
        self.rows.push(row.to_vec());
        if self.rows.len() >= PORTION { self.flush() } else { Ok(()) }
    }

    fn note(&mut self, _: &str) -> io::Result<()> {
        Ok(())
    }
}

/// Rows that are sent at a time, and portions that are sent ahead.
const PORTION: usize = 256;
const AHEAD: usize = 2;
/// Bytes of its stack, as many as a connection has.
const STACK: usize = 4 << 20;
