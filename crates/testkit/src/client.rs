//! A client that signs its requests.

use std::{fmt::Write as _, net::SocketAddr, sync::Arc};

use vmfa_iam::{Api, RootKey};
use vmfa_sigv4::{Request, Signer};

use crate::{RawConnection, TestClock, TestResponse};

/// An access key, with the session token if it is temporary.
#[derive(Clone, Debug)]
pub struct ClientKey {
    /// Such as `AKIA…`.
    pub id: String,
    /// The secret access key, in plain text.
    pub secret: String,
    /// The session token of a temporary key.
    pub token: Option<String>,
}

/// A client on one connection, which stays open and is reopened after it was closed.
pub struct Client {
    address: SocketAddr,
    clock: Arc<TestClock>,
    wire: Option<RawConnection>,
    /// The key that signs.
    pub key: ClientKey,
}

impl Client {
    /// The clock dates the signatures.
    pub const fn new(address: SocketAddr, clock: Arc<TestClock>, key: ClientKey) -> Self {
        Self { address, clock, wire: None, key }
    }

    /// Calls an action of IAM.
    pub fn iam(&mut self, action: &str, parameters: &[(&str, &str)]) -> TestResponse {
        self.call(Api::Iam, action, parameters)
    }

    /// Calls an action of STS.
    pub fn sts(&mut self, action: &str, parameters: &[(&str, &str)]) -> TestResponse {
        self.call(Api::Sts, action, parameters)
    }

    /// Sends a request, given as bytes, and reads the response.
    pub fn send(&mut self, request: &str) -> TestResponse {
        for _ in 0..2 {
            let wire = self.wire.get_or_insert_with(|| RawConnection::tcp(self.address));
            if let Some(answer) = wire.send(request).try_answer(true) {
                if answer.header("connection") == Some("close") {
                    self.wire = None;
                }
                return answer;
            }
            self.wire = None;
        }
        panic!("the server closed two connections without a response");
    }

    /// The bytes of a signed request.
    pub fn signed(&self, api: Api, action: &str, parameters: &[(&str, &str)]) -> String {
        self.signed_form(api, &form(api, action, parameters))
    }

    /// The bytes of a signed request with that body.
    pub fn signed_form(&self, api: Api, body: &str) -> String {
        let host = self.address.to_string();
        let headers = [("host", host.as_bytes()), ("content-type", FORM.as_bytes())];
        let request = Request {
            method: "POST",
            path: "/",
            query: "",
            headers: &headers,
            body: body.as_bytes(),
        };
        let signer = Signer {
            access_key: &self.key.id,
            secret: &self.key.secret,
            token: self.key.token.as_deref(),
            region: "us-east-1",
            service: api.name(),
        };
        let mut text = format!("POST / HTTP/1.1\r\nhost: {host}\r\ncontent-type: {FORM}\r\n");
        for (name, value) in signer.sign(&request, self.clock.unix()).unwrap() {
            write!(text, "{name}: {value}\r\n").unwrap();
        }
        write!(text, "content-length: {}\r\n\r\n{body}", body.len()).unwrap();
        text
    }

    fn call(&mut self, api: Api, action: &str, parameters: &[(&str, &str)]) -> TestResponse {
        let request = self.signed(api, action, parameters);
        self.send(&request)
    }
}

impl From<RootKey> for ClientKey {
    fn from(key: RootKey) -> Self {
        Self { id: key.id, secret: key.secret.expose().to_owned(), token: None }
    }
}

fn form(api: Api, action: &str, parameters: &[(&str, &str)]) -> String {
    let mut form = format!("Action={action}&Version={}", api.version());
    for (name, value) in parameters {
        form.push('&');
        encode(&mut form, name);
        form.push('=');
        encode(&mut form, value);
    }
    form
}

fn encode(form: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            form.push(char::from(byte));
        } else {
            write!(form, "%{byte:02X}").unwrap();
        }
    }
}

const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
