//! A client of the API: calls in, records out.

use std::net::SocketAddr;

use vmfa_iam::Call;
use vmfa_model::{Fault, Record, Value};
use vmfa_query::response::{self, ResponseError};

use crate::{
    http::Connection,
    wire::{self, Key},
};

/// A client on one connection, opened when first needed.
pub(crate) struct Client {
    address: SocketAddr,
    key: Key,
    connection: Option<Connection>,
}

/// Why there is no output.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    /// It was refused.
    #[error("refused: {0}")]
    Refused(Fault),
    /// There is no answer; whether the call was carried out is not known.
    #[error("no answer: {0}")]
    Lost(String),
}

impl Client {
    pub(crate) const fn new(address: SocketAddr, key: Key) -> Self {
        Self { address, key, connection: None }
    }

    /// Calls an action with members.
    pub(crate) fn call(
        &mut self,
        action: &str,
        members: Vec<(&'static str, Value)>,
    ) -> Result<Record, Failed> {
        self.send(&wire::call(action, members).map_err(Failed::unsent)?)
    }

    /// All elements of a list, page by page.
    pub(crate) fn all(
        &mut self,
        action: &str,
        members: &[(&'static str, Value)],
    ) -> Result<Vec<Record>, Failed> {
        let action = wire::action(action).map_err(Failed::unsent)?;
        let items = action.page.map(|page| page.items).unwrap_or_default();
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

    fn send(&mut self, call: &Call) -> Result<Record, Failed> {
        let request = self.key.sign(self.address, call).map_err(Failed::unsent)?;
        let answer = self.exchange(&request);
        let answer = answer.map_err(|error| {
            self.connection = None;
            Failed::Lost(error.to_string())
        })?;
        match response::read(call.action, answer.status, &answer.body) {
            Ok(output) => Ok(output),
            Err(ResponseError::Refused(fault)) => Err(Failed::Refused(fault)),
            Err(ResponseError::Unreadable(problem)) => Err(Failed::Lost(problem)),
        }
    }

    fn exchange(&mut self, request: &[u8]) -> std::io::Result<crate::http::Answer> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(Connection::open(self.address)?),
        };
        connection.ask(request)
    }
}

impl Failed {
    #[expect(clippy::needless_pass_by_value, reason = "its use is `map_err`")]
    fn unsent(error: anyhow::Error) -> Self {
        Self::Lost(format!("{error:#}"))
    }

    /// The code of the refusal, if it is one.
    pub(crate) fn code(&self) -> Option<String> {
        match self {
            Self::Refused(fault) => Some(fault.kind.code().into_owned()),
            Self::Lost(_) => None,
        }
    }
}
