//! Takes rows and sends them: all at once in the simple protocol, as many as are asked for in the
//! extended one.
//!
//! A portal that was asked for some of its rows waits in the middle of its query for the next
//! request. Where something else is asked for meanwhile, the query runs to its end first and its
//! rows are kept, up to a limit.
//!
//! Not here: which statements are run.

use std::{collections::VecDeque, io, sync::Arc};

use super::{
    answer::{Answer, framed},
    brake::Brake,
    channel::Channel,
    message::{Message, Target},
    report::Report,
    types::{self, Column},
};
use crate::{Cell, Heading, Sink, State};
use bytes::{BufMut as _, BytesMut};
use vmfa_sqlite::{Charge, Exhausted, MemoryAccount};

/// Sends the rows of a statement of the simple protocol.
pub(super) struct Plain<'c> {
    pub(super) channel: &'c mut Channel,
    columns: Vec<Column>,
    /// What went wrong with a row.
    pub(super) failed: Option<Report>,
}

impl<'c> Plain<'c> {
    pub(super) fn new(channel: &'c mut Channel) -> Self {
        Self { channel, columns: Vec::new(), failed: None }
    }
}

impl Sink for Plain<'_> {
    fn head(&mut self, columns: &[Heading]) -> io::Result<()> {
        self.columns = columns.iter().map(|heading| Column::new(heading, false)).collect();
        self.channel.send(&Answer::Columns(&self.columns))
    }

    fn row(&mut self, row: &[Cell]) -> io::Result<()> {
        let written = encode(row, &self.columns, &mut self.channel.out);
        self.failed = written.err();
        if self.failed.is_some() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.channel.relieve()
    }

    fn note(&mut self, note: &str) -> io::Result<()> {
        self.channel.send(&Answer::Note(note))
    }
}

/// Sends the rows of a portal.
pub(super) struct Portal<'c> {
    pub(super) channel: &'c mut Channel,
    /// By what it is stopped, but not while it waits.
    brake: &'c Arc<Brake>,
    /// The account of the session.
    memory: &'c MemoryAccount,
    /// The portal's name.
    name: &'c str,
    /// Which columns are wanted in binary.
    results: &'c [bool],
    /// Columns that the client was told of; those of the rows, where it was told of none.
    pub(super) columns: Option<Vec<Column>>,
    /// Whether the client is to be told.
    describing: bool,
    /// Whether rows are asked for.
    pub(super) executing: bool,
    /// How many of them at the most, and how many were sent.
    quota: Option<u64>,
    sent: u64,
    /// Whether a transaction keeps the portal open.
    state: State,
    /// How it ended, if not with its last row.
    pub(super) end: Option<End>,
    /// Rows that nobody has asked for yet.
    pub(super) kept: Option<Kept>,
}

/// Rows that were not asked for yet.
pub(super) struct Kept {
    pub(super) rows: VecDeque<BytesMut>,
    /// The memory of the rows.
    charge: Charge,
}

impl Kept {
    /// No rows, whose memory will be charged to that account.
    pub(super) fn new(memory: &MemoryAccount) -> Self {
        Self { rows: VecDeque::new(), charge: memory.empty_charge() }
    }
}

/// Why a portal ended early.
pub(super) enum End {
    /// Its rows are wanted no more.
    Abandoned,
    /// The client went, or cannot be reached.
    Gone(io::Error),
    /// A row cannot be sent.
    Failed(Report),
}

/// What a portal is run for.
pub(super) enum Purpose {
    /// The client wants to know its columns.
    Describe,
    /// The client wants so many of its rows, or all.
    Execute(Option<u64>),
}

impl<'c> Portal<'c> {
    pub(super) fn new(
        (channel, brake): (&'c mut Channel, &'c Arc<Brake>),
        memory: &'c MemoryAccount,
        name: &'c str,
        results: &'c [bool],
        columns: Option<Vec<Column>>,
        purpose: &Purpose,
        state: State,
    ) -> Self {
        let (describing, executing, quota) = match purpose {
            Purpose::Describe => (true, false, None),
            Purpose::Execute(quota) => (false, true, *quota),
        };
        let (sent, end, kept) = (0, None, None);
        Self {
            channel,
            brake,
            memory,
            name,
            results,
            columns,
            describing,
            executing,
            quota,
            sent,
            state,
            end,
            kept,
        }
    }

    /// Waits until rows are asked for, or something else is.
    fn wait(&mut self) -> Result<(), End> {
        loop {
            let message = match self.channel.receive() {
                Ok(Some(message)) => message,
                Ok(None) => return Err(End::Gone(io::ErrorKind::UnexpectedEof.into())),
                Err(error) => return Err(End::Gone(error)),
            };
            let own = |name: &str| name == self.name;
            match message {
                Message::Execute { portal, rows } if own(&portal) => {
                    self.executing = true;
                    (self.quota, self.sent) = ((rows > 0).then_some(rows.into()), 0);
                    return Ok(());
                }
                Message::Flush => self.channel.flush().map_err(End::Gone)?,
                Message::Sync if self.state != State::Idle => {
                    self.channel.ready(self.state).map_err(End::Gone)?;
                }
                message => {
                    let ends = match &message {
                        Message::Sync | Message::Terminate => true,
                        Message::Close(Target::Portal(name)) => own(name),
                        Message::Bind(bind) => own(&bind.portal),
                        Message::Query(text) => self.state == State::Idle || ends(text),
                        _ => false,
                    };
                    self.channel.put_back(message);
                    if ends {
                        return Err(End::Abandoned);
                    }
                    self.kept = Some(Kept::new(self.memory));
                    return Ok(());
                }
            }
        }
    }

    fn keep(&mut self, row: &[Cell]) -> Result<(), End> {
        let columns = self.columns.as_deref().unwrap_or_default();
        let mut bytes = BytesMut::new();
        encode(row, columns, &mut bytes).map_err(End::Failed)?;
        let Some(kept) = &mut self.kept else { return Ok(()) };
        // The buffer may have room to spare.
        let size = bytes.capacity().saturating_add(size_of::<BytesMut>());
        kept.charge.grow(size).map_err(exhausted)?;
        kept.rows.push_back(bytes);
        Ok(())
    }

    fn take(&mut self, row: &[Cell]) -> Result<(), End> {
        loop {
            if self.kept.is_some() {
                return self.keep(row);
            }
            if self.executing && self.quota.is_none_or(|quota| self.sent < quota) {
                break;
            }
            if self.executing {
                self.executing = false;
                self.channel.send(&Answer::Suspended).map_err(End::Gone)?;
            }
            let left = self.brake.rest();
            let waited = self.wait();
            self.brake.go_on(left);
            waited?;
        }
        let columns = self.columns.as_deref().unwrap_or_default();
        encode(row, columns, &mut self.channel.out).map_err(End::Failed)?;
        self.sent = self.sent.saturating_add(1);
        self.channel.relieve().map_err(End::Gone)
    }
}

impl Sink for Portal<'_> {
    fn head(&mut self, headings: &[Heading]) -> io::Result<()> {
        let binary = |at: usize| match self.results {
            [] => false,
            [all] => *all,
            each => each.get(at).copied().unwrap_or_default(),
        };
        let mut columns: Vec<Column> = headings
            .iter()
            .enumerate()
            .map(|(at, heading)| Column::new(heading, binary(at)))
            .collect();
        // What the client was told before stays so.
        let told = self.columns.take().filter(|told| told.len() == columns.len());
        for (column, told) in columns.iter_mut().zip(told.unwrap_or_default()) {
            column.oid = told.oid;
        }
        if self.describing {
            self.channel.send(&Answer::Columns(&columns))?;
        }
        self.columns = Some(columns);
        Ok(())
    }

    fn row(&mut self, row: &[Cell]) -> io::Result<()> {
        self.take(row).map_err(|end| {
            self.end = Some(end);
            io::ErrorKind::Interrupted.into()
        })
    }

    fn note(&mut self, note: &str) -> io::Result<()> {
        self.channel.send(&Answer::Note(note))
    }
}

/// Whether a text ends the transaction, and the portal with it.
fn ends(text: &str) -> bool {
    let first = text.split(|c: char| !c.is_ascii_alphabetic()).find(|word| !word.is_empty());
    let ends = ["ROLLBACK", "ABORT", "COMMIT", "END"];
    let goes_back = text.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case("TO"));
    !goes_back && first.is_some_and(|word| ends.iter().any(|end| word.eq_ignore_ascii_case(end)))
}

/// The end of a portal whose rows find no room until they are fetched.
fn exhausted(_: Exhausted) -> End {
    let message = "out of memory: rows of a portal were not fetched before the next statement";
    End::Failed(Report::new("53200", message).hint("fetch them all first, or ask for fewer"))
}

/// Writes a row as it is sent.
fn encode(row: &[Cell], columns: &[Column], out: &mut BytesMut) -> Result<(), Report> {
    framed(b'D', out, |out| {
        out.put_i16(i16::try_from(row.len()).unwrap_or(i16::MAX));
        row.iter().zip(columns).try_for_each(|(cell, column)| types::write(cell, column, out))
    })
}
