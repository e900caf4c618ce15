//! Reads the clock of an endpoint from the `Date` header of a response.

use std::time::UNIX_EPOCH;

use super::Endpoint;
use crate::ClientError;

impl Endpoint {
    /// Sends an empty, unsigned request and reads the `Date` of the response, whatever its status,
    /// in seconds since 1970. Servers may send a value that is up to a second old.
    ///
    /// # Errors
    /// `Unreadable` if the response has no valid `Date`, and those of HTTP.
    pub fn date(&self) -> Result<i64, ClientError> {
        let response = self.transport.post(&[], "")?;
        let date = response.header("date").and_then(|value| httpdate::parse_http_date(value).ok());
        let since = date.and_then(|date| date.duration_since(UNIX_EPOCH).ok());
        since.and_then(|since| i64::try_from(since.as_secs()).ok()).ok_or_else(|| {
            ClientError::Unreadable(format!(
                "the response of {} has no valid Date header",
                self.url()
            ))
        })
    }
}
