//! A query that runs on a thread of its own, while its reader waits for rows: so its time is that of
//! the statement that reads.

use std::{
    io,
    sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    thread,
};

use vmfa_sqlite::{Charge, Exhausted};

use crate::{
    Cell, Failure, Heading, Interrupter, MemoryAccount, Session, Setting, Sink, memory,
    wire::{desk::open_session, report::Report},
};

/// A query that runs, and is interrupted when this is dropped.
pub(super) struct Running {
    /// Each request lets it go on until the next portion.
    requests: Sender<()>,
    portions: Receiver<Portion>,
    interrupter: Interrupter,
}

/// What it gives, the head first.
pub(super) enum Portion {
    Head(Vec<Heading>),
    Rows(Vec<Vec<Cell>>, Charge),
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
        let (sender, portions) = sync_channel(1);
        let (requests, requested) = channel();
        let (tell, told) = channel();
        let memory = setting.memory.clone();
        // Of the stack, this much is used.
        let parameters_size = memory::row_size(&parameters);
        let taken = memory.charge(USED_STACK.saturating_add(parameters_size))?;
        let builder = thread::Builder::new().name("vmfa-pg-cursor".to_owned()).stack_size(STACK);
        let spawned = builder.spawn(move || {
            let opened = open_session(setting);
            let mut session = match opened {
                Ok(session) => session,
                Err(failure) => return drop(tell.send(Err(Report::from(&failure)))),
            };
            // Whoever waits for neither has gone.
            let _ = tell.send(Ok(session.interrupter()));
            run(&mut session, &query, &parameters, (sender, requested, &memory));
            drop(taken);
        });
        let broken = |what: &str| Report::new("53000", format!("a cursor cannot run: {what}"));
        spawned.map_err(|error| broken(&error.to_string()))?;
        let interrupter = told.recv().map_err(|_| broken("it has ended"))??;
        Ok(Self { requests, portions, interrupter })
    }

    /// By what it is stopped.
    pub(super) fn interrupter(&self) -> Interrupter {
        self.interrupter.clone()
    }

    /// What comes next. `None` after the last.
    pub(super) fn next(&self) -> Option<Portion> {
        // Where it has ended, what it sent last is still there.
        let _ = self.requests.send(());
        self.portions.recv().ok()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.interrupter.stop();
    }
}

fn run(
    session: &mut Session,
    query: &str,
    parameters: &[Cell],
    (sender, requested, memory): (SyncSender<Portion>, Receiver<()>, &MemoryAccount),
) {
    // Nothing is run before it is asked for.
    if requested.recv().is_err() {
        return;
    }
    let (rows, charge, failed) = (Vec::new(), memory.empty_charge(), false);
    let mut sink = Sending { sender, requested, memory, rows, charge, failed };
    let ran = session.run_stoppable(query, parameters, &mut sink);
    // Nobody may want to know any more.
    let _ = sink.flush();
    let failure = match ran.map_err(Failure::output) {
        Err(Err(failure)) => failure,
        _ if sink.failed => Exhausted.into(),
        _ => return,
    };
    let _ = sink.send(Portion::Failed(Report::from(&failure)));
}

/// Sends rows to the reader, several at a time.
struct Sending<'m> {
    sender: SyncSender<Portion>,
    requested: Receiver<()>,
    memory: &'m MemoryAccount,
    rows: Vec<Vec<Cell>>,
    /// The memory of the rows.
    charge: Charge,
    /// Whether a row found no room.
    failed: bool,
}

impl Sending<'_> {
    fn send(&self, portion: Portion) -> io::Result<()> {
        self.sender.send(portion).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        let rows = std::mem::take(&mut self.rows);
        let charge = std::mem::replace(&mut self.charge, self.memory.empty_charge());
        if rows.is_empty() {
            return Ok(());
        }
        self.send(Portion::Rows(rows, charge))?;
        self.wait()
    }

    /// Waits until the next portion is asked for.
    fn wait(&self) -> io::Result<()> {
        self.requested.recv().map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl Sink for Sending<'_> {
    fn head(&mut self, columns: &[Heading]) -> io::Result<()> {
        self.send(Portion::Head(columns.to_vec()))?;
        self.wait()
    }

    fn row(&mut self, row: &[Cell]) -> io::Result<()> {
        if self.charge.grow(memory::row_size(row)).is_err() {
            self.failed = true;
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        self.rows.push(row.to_vec());
        if self.rows.len() >= PORTION || self.charge.bytes() >= PORTION_BYTES {
            self.flush()
        } else {
            Ok(())
        }
    }

    fn note(&mut self, _: &str) -> io::Result<()> {
        Ok(())
    }
}

/// Rows or bytes that are sent at a time.
const PORTION: usize = 256;
const PORTION_BYTES: usize = 256 << 10;
/// Bytes that its stack takes.
const USED_STACK: usize = 128 << 10;
/// Bytes that its stack may take, as many as a connection has.
const STACK: usize = 4 << 20;
