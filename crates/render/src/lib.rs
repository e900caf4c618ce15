//! The output formats of the AWS CLI, version 2: JSON, text, tables and YAML; and its JSON parser.
//!
//! Pure functions from a document to the bytes of standard output, equal to the AWS CLI's to the
//! byte, quirks included.

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
pub use read::{Json, JsonError, MAX_DIGITS, read_json};
pub use table::{Colour, RESET, TableStyle, table};
pub use text::text;
pub use unprintable::Unprintable;
pub use yaml::{yaml, yaml_stream};
