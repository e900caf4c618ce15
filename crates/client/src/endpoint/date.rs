//! The clock of an endpoint: the `Date` of any answer of its.
//!
//! Not here: comparing it with anything.

use std::time::UNIX_EPOCH;

use super::Endpoint;
use crate::ClientError;

impl Endpoint {
    /// Asks the endpoint for nothing, unsigned, and gives the time of its answer, which is a refusal
    /// as a rule; in seconds since 1970. A server may write a time that is up to a second old.
    ///
    /// # Errors
    /// `Unreadable` where the answer has no time, and all that HTTP can do.
    pub fn date(&self) -> Result<i64, ClientError> {
        let answer = self.transport.post(&[], "")?;
        let date = answer.header("date").and_then(|value| httpdate::parse_http_date(value).ok());
        let since = date.and_then(|date| date.duration_since(UNIX_EPOCH).ok());
        since.and_then(|since| i64::try_from(since.as_secs()).ok()).ok_or_else(|| {
            ClientError::Unreadable(format!("the answer of {} does not tell the time", self.url()))
        })
    }
}
