//! Rows that wait until it is likely that there will be no failure.
//!
//! Not here: who takes them.

use vmfa_sqlite::{Charge, MemoryAccount};

use crate::{
    Failure, memory,
    sink::{Cell, Heading, Sink, Type},
};

/// Holds rows back until it is likely that there will be no failure.
pub(crate) struct Held<'s> {
    sink: &'s mut dyn Sink,
    columns: Vec<Heading>,
    /// The rows that wait; `None` when they do no more.
    waiting: Option<Waiting>,
    /// The memory of those.
    charge: Charge,
    /// How many rows there were.
    pub(crate) count: u64,
}

/// Rows in two pieces, since there may be very many small texts.
#[derive(Default)]
struct Waiting {
    cells: Vec<Kept>,
    /// All texts, one after the other.
    texts: String,
    rows: usize,
}

/// A cell.
enum Kept {
    /// A text that ends there in all texts.
    Text(usize),
    Other(Cell),
}

impl<'s> Held<'s> {
    /// For rows under these headings.
    pub(crate) fn new(
        sink: &'s mut dyn Sink,
        columns: Vec<Heading>,
        memory: &MemoryAccount,
    ) -> Self {
        let (waiting, charge) = (Some(Waiting::default()), memory.empty_charge());
        Self { sink, columns, waiting, charge, count: 0 }
    }

    /// Takes a row.
    pub(crate) fn row(&mut self, row: &[Cell]) -> Result<(), Failure> {
        self.count = self.count.saturating_add(1);
        match &mut self.waiting {
            None => Ok(self.sink.row(row)?),
            Some(waiting) => {
                self.charge.grow(memory::row_size(row))?;
                waiting.push(row);
                let full = waiting.rows >= HELD || self.charge.bytes() >= HELD_BYTES;
                if full { self.release() } else { Ok(()) }
            }
        }
    }

    /// All rows are there. Where this is not called, those that are held back are dropped.
    pub(crate) fn finish(mut self) -> Result<u64, Failure> {
        self.release()?;
        Ok(self.count)
    }

    fn release(&mut self) -> Result<(), Failure> {
        let Some(waiting) = self.waiting.take() else { return Ok(()) };
        let width = self.columns.len();
        for (at, heading) in self.columns.iter_mut().enumerate() {
            if heading.kind == Type::Any {
                heading.kind = guess(waiting.cells.iter().skip(at).step_by(width));
            }
        }
        self.sink.head(&self.columns)?;
        let mut row = vec![Cell::Null; width];
        let mut from = 0;
        let mut cells = waiting.cells.into_iter();
        for _ in 0..waiting.rows {
            for (cell, kept) in row.iter_mut().zip(&mut cells) {
                match kept {
                    Kept::Text(end) => {
                        put(cell, waiting.texts.get(from..end).unwrap_or_default());
                        from = end;
                    }
                    Kept::Other(other) => *cell = other,
                }
            }
            self.sink.row(&row)?;
        }
        self.charge.resize(0)?;
        Ok(())
    }
}

impl Waiting {
    fn push(&mut self, row: &[Cell]) {
        self.rows = self.rows.saturating_add(1);
        for cell in row {
            self.cells.push(match cell {
                Cell::Text(text) => {
                    self.texts.push_str(text);
                    Kept::Text(self.texts.len())
                }
                other => Kept::Other(other.clone()),
            });
        }
    }
}

/// Puts a text into a cell, where one may be whose room will do.
pub(crate) fn put(cell: &mut Cell, text: &str) {
    match cell {
        Cell::Text(known) => {
            known.clear();
            known.push_str(text);
        }
        cell => *cell = Cell::Text(text.to_owned()),
    }
}

/// The kind of cells.
fn guess<'c>(cells: impl Iterator<Item = &'c Kept>) -> Type {
    cells.fold(Type::Any, |kind, cell| match (kind, cell) {
        (kind, Kept::Other(Cell::Null)) => kind,
        (Type::Any | Type::Integer, Kept::Other(Cell::Integer(_))) => Type::Integer,
        (Type::Any | Type::Integer | Type::Real, Kept::Other(Cell::Real(_)))
        | (Type::Real, Kept::Other(Cell::Integer(_))) => Type::Real,
        _ => Type::Text,
    })
}

/// Rows that are held back, and their bytes. A query that fails later has given rows.
const HELD: usize = 1_000;
const HELD_BYTES: usize = 1 << 20;
