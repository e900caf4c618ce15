//! Cursors: `DECLARE`, `FETCH`, `MOVE` and `CLOSE`, as clients use them that read many rows a few
//! at a time.
//!
//! A cursor's query runs in a session and on a thread of its own, which waits while nothing is read,
//! so that other statements can come between two of its portions however many rows are left. Queries
//! see no more in a transaction than beside it, as changes wait for `COMMIT`; so it finds what the
//! session would have found.
//!
//! Not here: portals, which pause a query in the connection's own session.

mod order;
mod running;

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

pub(super) use self::order::{Count, Order, concerns, read};
use self::running::{Portion, Running};
use super::{brake::Brake, desk::Stopped, report::Report};
use crate::{Cell, Heading, MemoryAccount, Setting, Sink, memory};
use vmfa_sqlite::{Charge, Exhausted};

/// The cursors of a connection.
pub(super) struct Cursors {
    open: HashMap<String, Cursor>,
    brake: Arc<Brake>,
}

/// What a cursor is to be.
pub(super) struct Wish {
    pub(super) name: String,
    /// Whether the transaction's end leaves it open.
    pub(super) hold: bool,
    /// Whether there is no transaction to end.
    pub(super) settled: bool,
}

/// A query, and how far it was read.
struct Cursor {
    columns: Vec<Heading>,
    /// Rows that are there, and their memory.
    rows: VecDeque<Vec<Cell>>,
    rows_charge: Option<Charge>,
    /// The memory of the columns, and of rows that were there from the beginning.
    _charge: Charge,
    /// Where more come from.
    running: Option<Running>,
    /// Whether the transaction's end leaves it open.
    hold: bool,
    /// Whether a transaction ended since it was opened.
    settled: bool,
}

impl Cursors {
    /// None yet.
    pub(super) fn new(brake: Arc<Brake>) -> Self {
        Self { open: HashMap::new(), brake }
    }

    /// The columns of a cursor's rows.
    pub(super) fn columns(&self, name: &str) -> Result<&[Heading], Report> {
        self.open.get(name).map(|cursor| cursor.columns.as_slice()).ok_or_else(|| missing(name))
    }

    /// Whether a cursor of that name could be opened.
    pub(super) fn check(&self, name: &str) -> Result<(), Report> {
        if self.open.contains_key(name) {
            return Err(Report::new("42P03", format!("cursor `{name}` already exists")));
        }
        if self.open.len() >= MOST {
            return Err(Report::new("54000", "too many cursors are open"));
        }
        Ok(())
    }

    /// Opens a cursor on a query of the session's: in this setting, in StackQL's spelling.
    /// Waits for its first rows, so that it fails here if it does.
    pub(super) fn open(
        &mut self,
        wish: Wish,
        setting: Setting,
        query: String,
        parameters: &[Cell],
    ) -> Result<(), Report> {
        let memory = setting.memory.clone();
        let running = Running::start(setting, query, parameters.to_vec())?;
        self.brake.on_cursor(Some(running.interrupter()));
        let first = running.next();
        self.brake.on_cursor(None);
        let columns = match first {
            Some(Portion::Head(columns)) => columns,
            Some(Portion::Failed(report)) => return Err(report),
            Some(Portion::Rows(..)) | None => {
                return Err(Report::new("XX000", "the query of a cursor ended without a word"));
            }
        };
        let mut all = All::new(&memory);
        all.keep_columns(columns)?;
        self.insert(wish, all, Some(running));
        Ok(())
    }

    /// Opens a cursor on rows that are all there.
    pub(super) fn open_on(&mut self, wish: Wish, all: All) {
        self.insert(wish, all, None);
    }

    fn insert(
        &mut self,
        Wish { name, hold, settled }: Wish,
        All { columns, rows, charge }: All,
        running: Option<Running>,
    ) {
        let cursor =
            Cursor { columns, rows, rows_charge: None, _charge: charge, running, hold, settled };
        self.open.insert(name, cursor);
    }

    /// Gives rows of a cursor, if there is a sink, or passes them over. How many there were.
    pub(super) fn fetch(
        &mut self,
        name: &str,
        count: Count,
        sink: Option<&mut dyn Sink>,
    ) -> Result<u64, Stopped> {
        let Some(cursor) = self.open.get_mut(name) else {
            return Err(Stopped::Report(missing(name)));
        };
        self.brake.on_cursor(cursor.running.as_ref().map(Running::interrupter));
        let given = cursor.give(count, sink);
        self.brake.on_cursor(None);
        if matches!(given, Err(Stopped::Report(_))) {
            self.open.remove(name);
        }
        given
    }

    /// Closes one, or all.
    pub(super) fn close(&mut self, name: Option<&str>) -> Result<(), Report> {
        if let Some(name) = name {
            return self.open.remove(name).map(drop).ok_or_else(|| missing(name));
        }
        self.open.clear();
        Ok(())
    }

    /// A transaction has ended, by `COMMIT` or not.
    pub(super) fn end_transaction(&mut self, committed: bool) {
        self.open.retain(|_, cursor| cursor.settled || (committed && cursor.hold));
        self.open.values_mut().for_each(|cursor| cursor.settled = true);
    }
}

impl Cursor {
    fn give(&mut self, count: Count, mut sink: Option<&mut dyn Sink>) -> Result<u64, Stopped> {
        if let Some(sink) = &mut sink {
            sink.head(&self.columns).map_err(|_| Stopped::Sink)?;
        }
        let mut given = 0_u64;
        let wanted = |given: u64| match count {
            Count::All => true,
            Count::Of(count) => given < count,
        };
        while wanted(given) {
            let Some(row) = self.next().map_err(Stopped::Report)? else { break };
            if let Some(sink) = &mut sink {
                sink.row(&row).map_err(|_| Stopped::Sink)?;
            }
            given = given.saturating_add(1);
        }
        Ok(given)
    }

    fn next(&mut self) -> Result<Option<Vec<Cell>>, Report> {
        loop {
            if let Some(row) = self.rows.pop_front() {
                return Ok(Some(row));
            }
            let Some(running) = &self.running else { return Ok(None) };
            match running.next() {
                Some(Portion::Rows(rows, charge)) => {
                    (self.rows, self.rows_charge) = (rows.into(), Some(charge));
                }
                Some(Portion::Head(_)) => {}
                Some(Portion::Failed(report)) => {
                    self.running = None;
                    return Err(report);
                }
                None => self.running = None,
            }
        }
    }
}

/// All rows of a query that has few.
pub(super) struct All {
    columns: Vec<Heading>,
    rows: VecDeque<Vec<Cell>>,
    charge: Charge,
}

impl All {
    fn keep_columns(&mut self, columns: Vec<Heading>) -> Result<(), Exhausted> {
        let names = columns.iter().map(|heading| heading.name.len());
        let size = names.fold(size_of_val(columns.as_slice()), usize::saturating_add);
        self.columns = columns;
        self.charge.grow(size)
    }

    /// Whose memory is charged to that account.
    pub(super) fn new(memory: &MemoryAccount) -> Self {
        Self { columns: Vec::new(), rows: VecDeque::new(), charge: memory.empty_charge() }
    }
}

impl Sink for All {
    fn head(&mut self, columns: &[Heading]) -> std::io::Result<()> {
        self.keep_columns(columns.to_vec()).map_err(|_| std::io::ErrorKind::OutOfMemory.into())
    }

    fn row(&mut self, row: &[Cell]) -> std::io::Result<()> {
        self.charge.grow(memory::row_size(row)).map_err(|_| std::io::ErrorKind::OutOfMemory)?;
        self.rows.push_back(row.to_vec());
        Ok(())
    }

    fn note(&mut self, _: &str) -> std::io::Result<()> {
        Ok(())
    }
}

fn missing(name: &str) -> Report {
    Report::new("34000", format!("cursor `{name}` does not exist"))
}

/// Cursors that a connection may have open: each has a thread.
const MOST: usize = 64;
