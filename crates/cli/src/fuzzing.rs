//! The readers of text that people give, for the fuzz targets: those stand outside of this crate,
//! which keeps its readers to itself otherwise.
//!
//! Not here: what must hold of them, which the targets say.

use serde_json::{Map, Value};

use crate::{
    error::CliError,
    input::{self, DocumentFormat},
    shorthand::{self, ShorthandError},
    token::{self, StartingToken},
};

/// What a text means as shorthand, or why it means nothing. No file is read: what names one stands
/// for itself.
pub fn shorthand(text: &str) -> Result<Map<String, Value>, String> {
    shorthand::parse(text, &|_| Ok(None)).map_err(|problem| match problem {
        ShorthandError::Syntax(told) | ShorthandError::File(told) => told,
    })
}

/// The members that a token gives, and how many items it skips, where that is a number; or why it
/// is refused.
pub fn token(text: &str) -> Result<(Map<String, Value>, Option<i64>), String> {
    StartingToken::parse(text).map(|start| (start.members, start.skip)).map_err(told)
}

/// The token of these members.
pub fn written_token(members: &Map<String, Value>) -> String {
    token::encode(members)
}

/// The members of a document in YAML, or why it is refused.
pub fn yaml(text: &str) -> Result<Map<String, Value>, String> {
    input::read(text, DocumentFormat::Yaml).map_err(told)
}

/// The members of a document in JSON, or why it is refused.
pub fn json(text: &str) -> Result<Map<String, Value>, String> {
    input::read(text, DocumentFormat::Json).map_err(told)
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
fn told(failure: CliError) -> String {
    failure.sentence("vmfa")
}
