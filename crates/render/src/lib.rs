//! Documents as the AWS CLI, version 2, prints them: JSON, text, tables and YAML; and JSON as it
//! reads it.
//!
//! Pure functions from a document to the bytes of standard output, the same to the byte, quirks
//! included. Not responsible for what is in the document (its members and their order, the pages
//! of a list, what `--query` selects), for where the text goes, or for how errors are shown.

mod format;
mod json;
mod python;
mod read;
mod table;
mod text;
mod unprintable;
mod yaml;

pub use format::{Format, UnknownFormat};
pub use json::{json, json_ascii, json_line, json_string};
pub use python::{float, kind, quoted, repr};
pub use read::{Json, MOST_DIGITS, Unread, read_json};
pub use table::{Colour, RESET, Screen, table};
pub use text::text;
pub use unprintable::Unprintable;
pub use yaml::{yaml, yaml_stream};
