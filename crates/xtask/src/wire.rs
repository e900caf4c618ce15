//! Signed requests as bytes.

use std::net::SocketAddr;

use anyhow::Context as _;
use vmfa_iam::{Action, Api, Call, find};
use vmfa_model::{Record, Secret, Value};
use vmfa_sigv4::{Request, Signer};

use crate::clock;

/// An access key that signs requests.
#[derive(Clone, Debug)]
pub(crate) struct RequestSigner {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl RequestSigner {
    /// The root user's access key, as [`crate::child::Vmfa`] sets it.
    pub(crate) fn root() -> Self {
        Self { id: ROOT_ID.to_owned(), secret: ROOT_SECRET.to_owned() }
    }

    /// A signed HTTP request; SigV4 signatures are valid for 15 minutes.
    pub(crate) fn sign(&self, to: SocketAddr, call: &Call) -> anyhow::Result<Vec<u8>> {
        let body = vmfa_query::request::form(call);
        let host = to.to_string();
        let headers = [("content-type", FORM.as_bytes()), ("host", host.as_bytes())];
        let request = Request {
            method: "POST",
            path: "/",
            query: "",
            headers: &headers,
            body: body.as_bytes(),
        };
        let signer = Signer {
            access_key: &self.id,
            secret: &self.secret,
            token: None,
            region: "us-east-1",
            service: call.action.api.name(),
        };
        let added = signer.sign(&request, clock::unix())?;
        let mut text = format!("POST / HTTP/1.1\r\nhost: {host}\r\ncontent-type: {FORM}\r\n");
        for (name, value) in &added {
            text.extend([name, ": ", value, "\r\n"]);
        }
        let length = body.len().to_string();
        text.extend(["content-length: ", &length, "\r\n\r\n", &body]);
        Ok(text.into_bytes())
    }
}

/// A call of the action of that name, in any API.
pub(crate) fn call(name: &str, members: Vec<(&'static str, Value)>) -> anyhow::Result<Call> {
    let input: Record = members.into_iter().collect();
    Ok(Call { action: action(name)?, input })
}

/// The action of that name, in any API.
pub(crate) fn action(name: &str) -> anyhow::Result<&'static Action> {
    let action = Api::ALL.iter().find_map(|api| find(*api, name));
    action.with_context(|| format!("unknown action `{name}`"))
}

pub(crate) fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

pub(crate) fn secret(text: impl Into<String>) -> Value {
    Value::Secret(Secret::new(text.into()))
}

/// The root user's access key.
pub(crate) const ROOT_ID: &str = "AKIAXTASKXTASKXTASK0";
pub(crate) const ROOT_SECRET: &str = "xtask/xtask/xtask/xtask/xtask/xtask/xtas";

const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
