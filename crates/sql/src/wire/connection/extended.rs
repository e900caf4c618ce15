//! The extended protocol: statements that are prepared, portals, and how far each of these is.
//!
//! Not here: the order of messages, and how rows are sent.

use std::{cell::RefCell, io, rc::Rc};

use vmfa_sqlite::{Charge, Exhausted};

use super::{Connection, Trouble, unprepared};
use crate::{
    Cell, State, memory,
    wire::{
        answer::Answer,
        desk::Stopped,
        message::Bind,
        report::Report,
        rows::{self, End, Kept, Purpose},
        statement::Statement,
        types::{self, Column, oid},
    },
};

/// A statement that was prepared.
pub(super) struct Prepared {
    statement: Statement,
    /// The types of its parameters, where the client told them.
    types: Vec<u32>,
    /// The columns that the client was told.
    told: RefCell<Option<Vec<Column>>>,
    /// The memory of the statement, and of those columns.
    charge: RefCell<Charge>,
}

/// A statement with values. These may be secret: no `Debug`.
pub(super) struct Portal {
    prepared: Rc<Prepared>,
    values: Vec<Cell>,
    results: Vec<bool>,
    progress: Progress,
    /// The memory of the values.
    _charge: Charge,
}

/// How far a portal is.
enum Progress {
    /// It was not run.
    New,
    /// It was run, and these of its rows are yet to be sent, and then its tag.
    Run { kept: Kept, tag: String },
    /// It failed, and nobody was told yet.
    Failed(Report),
    /// All was sent.
    Spent,
}

impl Connection {
    pub(super) fn parse(
        &mut self,
        name: String,
        query: &str,
        types: Vec<u32>,
    ) -> Result<(), Trouble> {
        if self.statements.len() >= MOST_STATEMENTS && !self.statements.contains_key(&name) {
            let report = Report::new("54000", "too many statements are prepared");
            return Err(report.hint("close those that are no more needed").into());
        }
        if !name.is_empty() && self.statements.contains_key(&name) {
            let message = format!("prepared statement `{name}` already exists");
            return Err(Report::new("42P05", message).into());
        }
        // The statement that the name has now makes room first.
        self.statements.remove(&name);
        let cutting = memory::cutting(&self.memory, query.len())?;
        let statement = Statement::one(query)?;
        let own = statement.size().saturating_add(size_of_val(types.as_slice()));
        let charge = self.kept.charge(own.saturating_add(name.len()))?;
        drop(cutting);
        let (told, charge) = (RefCell::new(None), RefCell::new(charge));
        let prepared = Prepared { statement, types, told, charge };
        self.statements.insert(name, Rc::new(prepared));
        self.say(&Answer::Parsed)
    }

    fn prepared(&self, name: &str) -> Result<Rc<Prepared>, Trouble> {
        let found = self.statements.get(name).map(Rc::clone);
        found.ok_or_else(|| unprepared(name).into())
    }

    pub(super) fn bind(&mut self, bind: Bind) -> Result<(), Trouble> {
        let prepared = self.prepared(&bind.statement)?;
        let wanted = prepared.statement.parameters.max(prepared.types.len());
        let given = bind.values.len();
        if given != wanted || !matches!(bind.formats.len(), 0 | 1) && bind.formats.len() != given {
            let message = format!("the statement has {wanted} parameters, and {given} values came");
            return Err(Report::new("08P01", message).into());
        }
        if self.portals.len() >= MOST_PORTALS && !self.portals.contains_key(&bind.portal) {
            return Err(Report::new("54000", "too many portals are open").into());
        }
        self.portals.remove(&bind.portal);
        let own = PORTAL.saturating_add(bind.portal.len()).saturating_add(bind.results.len());
        let mut charge = self.kept.charge(own)?;
        let mut values = Vec::with_capacity(given);
        for (at, value) in bind.values.iter().enumerate() {
            let binary = match bind.formats.as_slice() {
                [] => false,
                [all] => *all,
                each => each.get(at).copied().unwrap_or_default(),
            };
            let kind = prepared.kind(at);
            let length = value.as_deref().map_or(0, <[u8]>::len);
            let _reading = self.memory.charge(types::reading(kind, length))?;
            let value = types::read(value.as_deref(), kind, binary)?;
            charge.grow(memory::row_size(std::slice::from_ref(&value)))?;
            values.push(value);
        }
        // Those beyond what the statement names were only declared.
        values.truncate(prepared.statement.parameters);
        let (results, progress) = (bind.results, Progress::New);
        let portal = Portal { prepared, values, results, progress, _charge: charge };
        self.portals.insert(bind.portal, portal);
        self.say(&Answer::Bound)
    }

    /// Tells the parameters and the columns of a statement.
    pub(super) fn describe(&mut self, name: &str) -> Result<(), Trouble> {
        let prepared = self.prepared(name)?;
        let description = self.desk.describe(&prepared.statement)?;
        let count = description.parameters.len().max(prepared.types.len());
        let types: Vec<u32> = (0..count).map(|at| prepared.kind(at)).collect();
        self.say(&Answer::Parameters(&types))?;
        let Some(columns) = description.columns else {
            return self.say(&Answer::NoColumns);
        };
        let columns: Vec<Column> =
            columns.iter().map(|heading| Column::new(heading, false)).collect();
        self.say(&Answer::Columns(&columns))?;
        Ok(prepared.tell(&columns)?)
    }

    /// Tells the columns of a portal, or sends its rows.
    pub(super) fn portal(&mut self, name: &str, purpose: &Purpose) -> Result<(), Trouble> {
        let Some(mut portal) = self.portals.remove(name) else {
            let cursor = self.desk.cursor(name).filter(|_| matches!(purpose, Purpose::Describe));
            if let Some(columns) = cursor {
                let columns = columns.iter().map(|heading| Column::new(heading, false));
                let columns: Vec<Column> = columns.collect();
                return self.say(&Answer::Columns(&columns));
            }
            return Err(Report::new("34000", format!("portal `{name}` does not exist")).into());
        };
        let describes = matches!(purpose, Purpose::Describe);
        match std::mem::replace(&mut portal.progress, Progress::Spent) {
            Progress::New if describes && !portal.prepared.statement.is_query() => {
                portal.progress = Progress::New;
                self.describe_change(&portal)?;
            }
            Progress::New => return self.run_portal(name, portal, purpose),
            // It was told its columns when it was run.
            progress if describes => {
                portal.progress = progress;
                let columns = portal.told();
                self.say(&Answer::Columns(&columns))?;
            }
            Progress::Failed(report) => return Err(report.into()),
            Progress::Run { kept, tag } => {
                let Purpose::Execute(quota) = purpose else { return Ok(()) };
                portal.progress = self.send_kept(kept, tag, *quota)?;
            }
            Progress::Spent => {
                // A query gives no more rows; a change is not made twice.
                if !portal.prepared.statement.is_query() {
                    let message = format!("portal `{name}` cannot be run again");
                    return Err(Report::new("55000", message).into());
                }
                portal.progress = Progress::Spent;
                self.complete("SELECT 0")?;
            }
        }
        self.portals.insert(name.to_owned(), portal);
        Ok(())
    }

    /// Tells the columns of a statement that changes something, which is not run for it.
    fn describe_change(&mut self, portal: &Portal) -> Result<(), Trouble> {
        let described = self.desk.describe(&portal.prepared.statement)?;
        match described.columns {
            None => self.say(&Answer::NoColumns),
            Some(columns) => {
                let columns: Vec<Column> = columns
                    .iter()
                    .enumerate()
                    .map(|(at, heading)| Column::new(heading, portal.is_binary(at)))
                    .collect();
                self.say(&Answer::Columns(&columns))?;
                Ok(portal.prepared.tell(&columns)?)
            }
        }
    }

    fn run_portal(
        &mut self,
        name: &str,
        mut portal: Portal,
        purpose: &Purpose,
    ) -> Result<(), Trouble> {
        let statement = &portal.prepared.statement;
        if statement.is_empty() {
            let told = if matches!(purpose, Purpose::Describe) {
                portal.progress = Progress::New;
                Answer::NoColumns
            } else {
                Answer::Empty
            };
            self.portals.insert(name.to_owned(), portal);
            return self.say(&told);
        }
        if statement.copied().is_some() {
            self.copy(statement, &portal.values)??;
            portal.progress = Progress::Spent;
            self.portals.insert(name.to_owned(), portal);
            return Ok(());
        }
        let told = portal.prepared.told.borrow().clone();
        let state = self.desk.state();
        let (channel, results) = ((&mut self.channel, &self.brake), &portal.results);
        let mut sink = rows::Portal::new(channel, &self.kept, name, results, told, purpose, state);
        let ran = self.desk.run(statement, &portal.values, &mut sink);
        let (executing, columns) = (sink.executing, sink.columns.take());
        let (end, kept) = (sink.end.take(), sink.kept.take());
        if let Some(columns) = &columns {
            portal.prepared.tell(columns)?;
        }
        let later = kept.is_some() || !executing;
        portal.progress = match (ran, end) {
            (_, Some(End::Abandoned)) => return Ok(()),
            (_, Some(End::Gone(error))) => return Err(Trouble::Gone(error)),
            (_, Some(End::Failed(report))) => return Err(report.into()),
            (Err(Stopped::Report(report)), None) => {
                // Where the transaction has failed with it, the client hears of it at once.
                if kept.is_none() || state != State::Idle {
                    return Err(report.into());
                }
                Progress::Failed(report)
            }
            (Err(Stopped::Sink), None) => {
                return Err(Trouble::Gone(io::ErrorKind::BrokenPipe.into()));
            }
            (Ok(tag), None) if later => {
                if columns.is_none() && matches!(purpose, Purpose::Describe) {
                    self.say(&Answer::NoColumns)?;
                }
                Progress::Run { kept: kept.unwrap_or_else(|| Kept::new(&self.kept)), tag }
            }
            (Ok(tag), None) => {
                self.finish(&tag)??;
                Progress::Spent
            }
        };
        self.portals.insert(name.to_owned(), portal);
        Ok(())
    }

    /// Sends rows that were kept, as many as are asked for.
    fn send_kept(
        &mut self,
        mut kept: Kept,
        tag: String,
        quota: Option<u64>,
    ) -> Result<Progress, Trouble> {
        let mut sent = 0_u64;
        while quota.is_none_or(|quota| sent < quota) {
            let Some(row) = kept.rows.pop_front() else {
                self.complete(&tag)?;
                return Ok(Progress::Spent);
            };
            self.channel.out.extend_from_slice(&row);
            self.channel.relieve()?;
            sent = sent.saturating_add(1);
        }
        if kept.rows.is_empty() {
            self.complete(&tag)?;
            return Ok(Progress::Spent);
        }
        self.say(&Answer::Suspended)?;
        Ok(Progress::Run { kept, tag })
    }
}

impl Prepared {
    /// The type of a parameter: as the client told it, or else as the statement does.
    fn kind(&self, at: usize) -> u32 {
        let told = self.types.get(at).copied().filter(|kind| *kind != 0);
        told.or_else(|| self.statement.types.get(at).copied()).unwrap_or(oid::TEXT)
    }

    /// Remembers what the client was told, since later answers must be of the same types.
    fn tell(&self, columns: &[Column]) -> Result<(), Exhausted> {
        let size = |columns: &[Column]| {
            let names = columns.iter().map(|column| column.name.len());
            names.fold(size_of_val(columns), usize::saturating_add)
        };
        let mut told = self.told.borrow_mut();
        let before = told.as_deref().map_or(0, size);
        let mut charge = self.charge.borrow_mut();
        let others = charge.bytes().saturating_sub(before);
        charge.resize(others.saturating_add(size(columns)))?;
        *told = Some(columns.to_vec());
        Ok(())
    }
}

impl Portal {
    fn is_binary(&self, at: usize) -> bool {
        match self.results.as_slice() {
            [] => false,
            [all] => *all,
            each => each.get(at).copied().unwrap_or_default(),
        }
    }

    fn told(&self) -> Vec<Column> {
        self.prepared.told.borrow().clone().unwrap_or_default()
    }
}

/// Statements that one connection may have prepared.
const MOST_STATEMENTS: usize = 10_000;
/// Bytes of a portal without its values.
const PORTAL: usize = 1 << 10;
/// Portals that one connection may have open.
const MOST_PORTALS: usize = 1_000;
