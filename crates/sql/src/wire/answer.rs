//! What clients are told: the messages of the server.
//!
//! Rows are written where they come from; all else is here.

use bytes::{BufMut as _, BytesMut};

use super::{report::Report, types::Column};
use crate::State;

/// A message.
pub(super) enum Answer<'a> {
    /// It is let in.
    Welcome,
    /// It has to prove its password, in one of these ways.
    Prove(&'a [&'a str]),
    /// A step of that.
    Challenge(&'a str),
    /// The last step.
    Proof(&'a str),
    /// No newer version than 3.0 is spoken, and these options are not known.
    Version(&'a [String]),
    /// The value of a setting.
    Setting(&'a str, &'a str),
    /// By what its statements are stopped.
    Key(i32, i32),
    /// The next statement may come.
    Ready(State),
    /// A statement was run, and this is its tag.
    Complete(&'a str),
    /// There was no statement.
    Empty,
    Parsed,
    Bound,
    Closed,
    /// There are no columns.
    NoColumns,
    /// There are more rows.
    Suspended,
    /// The types of parameters.
    Parameters(&'a [u32]),
    Columns(&'a [Column]),
    /// Rows are copied out, of so many columns.
    Copy {
        binary: bool,
        columns: usize,
    },
    /// All were.
    Copied,
    Failed(&'a Report),
    Note(&'a str),
}

impl Answer<'_> {
    /// Writes it after what is there.
    pub(super) fn write(&self, out: &mut BytesMut) {
        // None is as long as that: texts in it are at most as long as a statement.
        let _ = framed(self.kind(), out, |out| {
            self.write_body(out);
            Ok(())
        });
    }

    const fn kind(&self) -> u8 {
        match self {
            Self::Welcome | Self::Prove(_) | Self::Challenge(_) | Self::Proof(_) => b'R',
            Self::Version(_) => b'v',
            Self::Setting(..) => b'S',
            Self::Key(..) => b'K',
            Self::Ready(_) => b'Z',
            Self::Complete(_) => b'C',
            Self::Empty => b'I',
            Self::Parsed => b'1',
            Self::Bound => b'2',
            Self::Closed => b'3',
            Self::NoColumns => b'n',
            Self::Suspended => b's',
            Self::Parameters(_) => b't',
            Self::Columns(_) => b'T',
            Self::Copy { .. } => b'H',
            Self::Copied => b'c',
            Self::Failed(_) => b'E',
            Self::Note(_) => b'N',
        }
    }

    fn write_body(&self, out: &mut BytesMut) {
        match self {
            Self::Welcome => out.put_i32(0),
            Self::Prove(mechanisms) => {
                out.put_i32(10);
                mechanisms.iter().for_each(|mechanism| text(mechanism, out));
                out.put_u8(0);
            }
            Self::Challenge(step) => {
                out.put_i32(11);
                out.put_slice(step.as_bytes());
            }
            Self::Proof(step) => {
                out.put_i32(12);
                out.put_slice(step.as_bytes());
            }
            Self::Version(unknown) => {
                out.put_i32(VERSION);
                out.put_u32(u32::try_from(unknown.len()).unwrap_or(0));
                unknown.iter().for_each(|option| text(option, out));
            }
            Self::Setting(name, value) => {
                text(name, out);
                text(value, out);
            }
            Self::Key(process, key) => {
                out.put_i32(*process);
                out.put_i32(*key);
            }
            Self::Ready(state) => out.put_u8(match state {
                State::Idle => b'I',
                State::InTransaction => b'T',
                State::Failed => b'E',
            }),
            Self::Complete(tag) => text(tag, out),
            Self::Parameters(types) => {
                count(types.len(), out);
                types.iter().for_each(|kind| out.put_u32(*kind));
            }
            Self::Columns(columns) => {
                count(columns.len(), out);
                for column in *columns {
                    text(&column.name, out);
                    // Of no table, and with no modifier.
                    out.put_i32(0);
                    out.put_i16(0);
                    out.put_u32(column.oid);
                    out.put_i16(column.width());
                    out.put_i32(-1);
                    out.put_i16(i16::from(column.binary));
                }
            }
            Self::Copy { binary, columns } => {
                out.put_u8(u8::from(*binary));
                count(*columns, out);
                (0..*columns).for_each(|_| out.put_i16(i16::from(*binary)));
            }
            Self::Failed(report) => report.fields(|field, of| {
                out.put_u8(field);
                text(of, out);
            }),
            Self::Note(note) => {
                for (field, of) in [(b'S', "NOTICE"), (b'V', "NOTICE"), (b'C', "00000")] {
                    out.put_u8(field);
                    text(of, out);
                }
                out.put_u8(b'M');
                text(note, out);
            }
            Self::Empty
            | Self::Copied
            | Self::Parsed
            | Self::Bound
            | Self::Closed
            | Self::NoColumns
            | Self::Suspended => {}
        }
        if matches!(self, Self::Failed(_) | Self::Note(_)) {
            out.put_u8(0);
        }
    }
}

/// Writes a message of that kind after what is there: all of it, or nothing.
pub(super) fn framed(
    kind: u8,
    out: &mut BytesMut,
    body: impl FnOnce(&mut BytesMut) -> Result<(), Report>,
) -> Result<(), Report> {
    let at = out.len();
    out.put_u8(kind);
    out.put_i32(0);
    let written = body(out).and_then(|()| {
        let length = out.len().saturating_sub(at).saturating_sub(1);
        i32::try_from(length).map_err(|_| Report::new("54000", "a row is too long to be sent"))
    });
    match written {
        Ok(length) => {
            if let Some(place) = out.get_mut(at.saturating_add(1)..at.saturating_add(5)) {
                place.copy_from_slice(&length.to_be_bytes());
            }
            Ok(())
        }
        Err(report) => {
            out.truncate(at);
            Err(report)
        }
    }
}

/// Text, which a zero ends, and which therefore has none.
fn text(text: &str, out: &mut BytesMut) {
    text.bytes().filter(|byte| *byte != 0).for_each(|byte| out.put_u8(byte));
    out.put_u8(0);
}

/// As many as there may be.
fn count(count: usize, out: &mut BytesMut) {
    out.put_u16(u16::try_from(count).unwrap_or(u16::MAX));
}

/// The newest version that is spoken: 3.0.
const VERSION: i32 = 196_608;
