//! `COPY … TO STDOUT`: rows as text, CSV or PostgreSQL's binary format, as people export them.
//!
//! Not here: how the rows come to be.

mod format;
mod options;

use std::io;

use bytes::{BufMut as _, BytesMut};

pub(super) use self::options::read;
use self::options::{Options, Style};
use super::{
    answer::{Answer, framed},
    channel::Channel,
    report::Report,
    types::{self, Column},
};
use crate::{Cell, Heading, Sink};

/// Copies the rows of a query out.
pub(super) struct Copying<'c> {
    channel: &'c mut Channel,
    options: &'c Options,
    columns: Vec<Column>,
    /// Whether each column's values are quoted in CSV, whatever they are.
    quoted: Vec<bool>,
    /// A value before it is escaped.
    value: BytesMut,
    /// What a client expects in the message of the first row.
    begins: &'static [u8],
    /// What went wrong with a row.
    pub(super) failed: Option<Report>,
    rows: u64,
}

impl<'c> Copying<'c> {
    pub(super) fn new(channel: &'c mut Channel, options: &'c Options) -> Self {
        let (columns, quoted, value) = (Vec::new(), Vec::new(), BytesMut::new());
        let begins = if matches!(options.style, Style::Binary) { SIGNATURE } else { b"" };
        Self { channel, options, columns, quoted, value, begins, failed: None, rows: 0 }
    }

    /// All rows were there. The statement's tag.
    pub(super) fn finish(self) -> io::Result<String> {
        if matches!(self.options.style, Style::Binary) {
            framed(b'd', &mut self.channel.out, |out| {
                out.put_slice(self.begins);
                out.put_i16(-1);
                Ok(())
            })
            .map_err(|_: Report| io::ErrorKind::InvalidData)?;
        }
        self.channel.send(&Answer::Copied)?;
        Ok(format!("COPY {}", self.rows))
    }

    fn write(&mut self, row: &[Cell]) -> Result<(), Report> {
        let Self { channel, options, columns, quoted, value, begins, .. } = self;
        framed(b'd', &mut channel.out, |out| {
            out.put_slice(std::mem::take(begins));
            if matches!(options.style, Style::Binary) {
                out.put_i16(i16::try_from(row.len()).unwrap_or(i16::MAX));
                let mut cells = row.iter().zip(columns.iter());
                return cells.try_for_each(|(cell, column)| types::write(cell, column, out));
            }
            for (at, (cell, column)) in row.iter().zip(columns.iter()).enumerate() {
                if at > 0 {
                    out.put_u8(options.delimiter);
                }
                value.clear();
                types::write_text(cell, column, value);
                let value = (*cell != Cell::Null).then_some(value.as_ref());
                let forced = quoted.get(at).copied().unwrap_or_default();
                format::field(options, value, (forced, row.len() == 1), out);
            }
            out.put_u8(b'\n');
            Ok(())
        })
    }
}

impl Sink for Copying<'_> {
    fn head(&mut self, headings: &[Heading]) -> io::Result<()> {
        let binary = matches!(self.options.style, Style::Binary);
        self.columns = headings.iter().map(|heading| Column::new(heading, binary)).collect();
        self.quoted =
            headings.iter().map(|heading| self.options.quoted.holds(&heading.name)).collect();
        self.channel.send(&Answer::Copy { binary, columns: headings.len() })?;
        if !self.options.header {
            return Ok(());
        }
        let options = self.options;
        framed(b'd', &mut self.channel.out, |out| {
            for (at, heading) in headings.iter().enumerate() {
                if at > 0 {
                    out.put_u8(options.delimiter);
                }
                let alone = headings.len() == 1;
                format::field(options, Some(heading.name.as_bytes()), (false, alone), out);
            }
            out.put_u8(b'\n');
            Ok(())
        })
        .map_err(|_: Report| io::ErrorKind::InvalidData.into())
    }

    fn row(&mut self, row: &[Cell]) -> io::Result<()> {
        self.failed = self.write(row).err();
        if self.failed.is_some() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.rows = self.rows.saturating_add(1);
        self.channel.relieve()
    }

    fn note(&mut self, note: &str) -> io::Result<()> {
        self.channel.send(&Answer::Note(note))
    }
}

/// With what the binary format begins, flags and the length of more to come after it.
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
