//! Parsers of user input, exported for the fuzz targets only.

use serde_json::{Map, Value};

use crate::{
    error::CliError,
    input::{self, DocumentFormat},
    shorthand::{self, ShorthandError},
    token::{self, StartingToken},
};

/// Parses shorthand. File names are not loaded.
///
/// # Errors
/// The AWS CLI's message.
pub fn shorthand(text: &str) -> Result<Map<String, Value>, String> {
    shorthand::parse(text, &|_| Ok(None)).map_err(|problem| match problem {
        ShorthandError::Syntax(message) | ShorthandError::File(message) => message,
    })
}

/// The members of a token, and the number of items that it skips; `None` if that is not a number.
///
/// # Errors
/// The AWS CLI's message.
pub fn token(text: &str) -> Result<(Map<String, Value>, Option<i64>), String> {
    StartingToken::parse(text).map(|start| (start.members, start.skip)).map_err(message)
}

/// Encodes members as a token.
pub fn written_token(members: &Map<String, Value>) -> String {
    token::encode(members)
}

/// The members of a YAML document.
///
/// # Errors
/// The AWS CLI's message.
pub fn yaml(text: &str) -> Result<Map<String, Value>, String> {
    input::read(text, DocumentFormat::Yaml).map_err(message)
}

/// The members of a JSON document.
///
/// # Errors
/// The AWS CLI's message.
pub fn json(text: &str) -> Result<Map<String, Value>, String> {
    input::read(text, DocumentFormat::Json).map_err(message)
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
fn message(failure: CliError) -> String {
    failure.sentence("vmfa")
}
