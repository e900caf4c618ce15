//! A blocking client of the IAM and STS APIs.

use std::net::SocketAddr;

use vmfa_iam::Call;
use vmfa_model::{Fault, Record, Value};
use vmfa_query::response::{self, ResponseError};

use crate::{
    http::Connection,
    wire::{self, RequestSigner},
};

/// A client with one connection, opened by the first call.
pub(crate) struct ApiClient {
    address: SocketAddr,
    key: RequestSigner,
    connection: Option<Connection>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("refused: {0}")]
    Refused(Fault),
    /// The call may or may not have been carried out.
    #[error("no response: {0}")]
    Lost(String),
}

impl ApiClient {
    pub(crate) const fn new(address: SocketAddr, key: RequestSigner) -> Self {
        Self { address, key, connection: None }
    }

    pub(crate) fn call(
        &mut self,
        action: &str,
        members: Vec<(&'static str, Value)>,
    ) -> Result<Record, ApiError> {
        self.send(&wire::call(action, members).map_err(ApiError::unsent)?)
    }

    /// The elements of all pages of a list.
    pub(crate) fn all(
        &mut self,
        action: &str,
        members: &[(&'static str, Value)],
    ) -> Result<Vec<Record>, ApiError> {
        let action = wire::action(action).map_err(ApiError::unsent)?;
        let items = action.paged().and_then(|page| page.only_list()).unwrap_or_default();
        let mut found = Vec::new();
        let mut marker = None;
        loop {
            let mut input: Record = members.iter().cloned().collect();
            if let Some(marker) = marker {
                input.push("Marker", marker);
            }
            let mut page = self.send(&Call { action, input })?;
            let Some(Value::List(elements)) = page.take(items) else { return Ok(found) };
            found.extend(elements.into_iter().filter_map(|item| match item {
                Value::Structure(record) => Some(record),
                _ => None,
            }));
            marker = page.take("Marker");
            if marker.is_none() {
                return Ok(found);
            }
        }
    }

    fn send(&mut self, call: &Call) -> Result<Record, ApiError> {
        let request = self.key.sign(self.address, call).map_err(ApiError::unsent)?;
        let response = self.exchange(&request).map_err(|error| {
            self.connection = None;
            ApiError::Lost(error.to_string())
        })?;
        match response::read(call.action, response.status, &response.body) {
            Ok(output) => Ok(output),
            Err(ResponseError::Refused(fault)) => Err(ApiError::Refused(fault)),
            Err(ResponseError::Unreadable(problem)) => Err(ApiError::Lost(problem)),
        }
    }

    fn exchange(&mut self, request: &[u8]) -> std::io::Result<crate::http::RawResponse> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(Connection::open(self.address)?),
        };
        connection.send(request)
    }
}

impl ApiError {
    #[expect(clippy::needless_pass_by_value, reason = "an argument of `map_err`")]
    fn unsent(error: anyhow::Error) -> Self {
        Self::Lost(format!("{error:#}"))
    }

    /// The error code, if the call was refused.
    pub(crate) fn code(&self) -> Option<String> {
        match self {
            Self::Refused(fault) => Some(fault.kind.code().into_owned()),
            Self::Lost(_) => None,
        }
    }
}
