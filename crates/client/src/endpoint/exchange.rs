//! One message and its answer: signed anew for each attempt, sent, told of where `--debug` asks, read,
//! and tried again where that may help.
//!
//! Not here: when that is, and how the connection works.

use vmfa_model::{Record, Secret, StructureShape};
use vmfa_sigv4::Request;

use super::{
    Endpoint, Signing, answer,
    answer::AttemptError,
    retry::{AttemptOutcome, Next},
    shown,
};
use crate::{CallError, Calls as _, ClientContext, ClientError, Credentials, http::HttpResponse};

/// What is to be sent, and what it is to be shown and read by.
pub(super) struct Message<'m> {
    pub(super) operation: &'m str,
    pub(super) form: &'m str,
    pub(super) input: &'static StructureShape,
    pub(super) output: Option<&'static StructureShape>,
}

impl Endpoint {
    /// Sends a message until it is answered, or as often as is worth trying.
    pub(super) fn exchange(&self, message: &Message<'_>) -> Result<Record, CallError> {
        let context = &self.context;
        context.note("botocore.endpoint", || {
            let shown = shown::form(message.form, message.input);
            format!(
                "Making request for OperationModel(name={}) with params: {shown}",
                message.operation
            )
        });
        let invocation = uuid(context);
        let mut paid = None;
        let mut attempt: u32 = 1;
        loop {
            let credentials = self.credentials()?;
            if credentials.is_none() && matches!(self.signing, Signing::With(_)) {
                return Err(ClientError::NoCredentials.into());
            }
            let result = self.attempt(message, credentials.as_ref(), attempt, &invocation);
            let code;
            let outcome = match &result {
                Ok(_) => AttemptOutcome::Done,
                Err(AttemptError::Client(error)) => AttemptOutcome::Failed(error),
                Err(AttemptError::Refused { status, fault }) => {
                    code = fault.kind.code();
                    AttemptOutcome::Refusal { status: *status, code: &code }
                }
            };
            let next = self.retries.next(attempt, &outcome, &mut paid, &*context.entropy);
            let note = |text: String| context.note("botocore.retries.standard", || text);
            let retries = match next {
                Next::Retry(pause) => {
                    let seconds = pause.as_secs_f64();
                    note(format!("Retry needed, retrying request after delay of: {seconds}"));
                    (context.pause)(pause);
                    attempt = attempt.saturating_add(1);
                    continue;
                }
                Next::Exhausted => {
                    note(format!("Max attempts of {attempt} reached."));
                    Some(attempt.saturating_sub(1))
                }
                Next::Stop => None,
            };
            note("Not retrying request.".to_owned());
            return result.map_err(|problem| match (problem, retries) {
                (AttemptError::Refused { fault, .. }, Some(retries)) => {
                    CallError::Exhausted { fault, retries }
                }
                (AttemptError::Refused { fault, .. }, None) => CallError::Refused(fault),
                (AttemptError::Client(error), _) => CallError::Client(error),
            });
        }
    }

    /// Sends a message once. Each attempt has a signature of its own.
    fn attempt(
        &self,
        message: &Message<'_>,
        credentials: Option<&Credentials>,
        attempt: u32,
        invocation: &str,
    ) -> Result<Record, AttemptError> {
        let context = &self.context;
        let mut headers =
            vec![("host", self.address.host.clone()), ("content-type", TYPE.to_owned())];
        if let Some(credentials) = credentials {
            let added = self.sign(&headers, message, credentials)?;
            headers.extend(added);
        }
        headers.push(("user-agent", context.user_agent.clone()));
        headers.push(("accept-encoding", "identity".to_owned()));
        headers.push(("amz-sdk-invocation-id", invocation.to_owned()));
        headers.push(("amz-sdk-request", format!("attempt={attempt}")));
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        context.note("botocore.endpoint", || {
            let (url, headers) = (&self.address.url, shown::headers(headers.iter().copied()));
            format!(
                "Sending http request: <AWSPreparedRequest stream_output=False, method=POST, \
                 url={url}, headers={headers}>"
            )
        });
        let answer = self.transport.post(&headers, message.form).inspect_err(|error| {
            context.note("botocore.endpoint", || {
                format!("Exception received when sending HTTP request: {error}")
            });
        })?;
        self.note_answer(&answer, message.output);
        answer::read(message.operation, message.output, &answer)
    }

    /// The headers that make a request a signed one.
    fn sign(
        &self,
        headers: &[(&'static str, String)],
        message: &Message<'_>,
        credentials: &Credentials,
    ) -> Result<Vec<(&'static str, String)>, ClientError> {
        let token = credentials.token.as_ref().map(Secret::expose);
        let signer = credentials.signer(&self.address.region, self.api);
        let now = self.context.clock.now().unix();
        let sent = bytes(headers);
        let (path, query) = (&self.address.path, &self.address.query);
        let body = message.form.as_bytes();
        let request = Request { method: "POST", path, query, headers: &sent, body };
        let refused = |refusal: vmfa_sigv4::SignatureError| ClientError::Http(refusal.to_string());
        let added = signer.sign(&request, now).map_err(refused)?;
        if self.context.trace.is_some() {
            let more = added.iter().filter(|(name, _)| *name != "authorization");
            let sent: Vec<_> = headers.iter().chain(more).cloned().collect();
            let request = Request { headers: &bytes(&sent), ..request };
            if let Ok((canonical, string)) = signer.explain(&request, now) {
                let note = |text: String| self.context.note("botocore.auth", || text);
                note("Calculating signature using v4 auth.".to_owned());
                let canonical = shown::without(&canonical, token);
                let hashed = |text: &str| shown::hashed(text, message.input);
                note(format!("CanonicalRequest:\n{}", hashed(&canonical)));
                note(format!("StringToSign:\n{}", hashed(&string)));
                note(format!("Signature:\n{}", shown::STRUCK));
            }
        }
        Ok(added)
    }

    fn note_answer(&self, answer: &HttpResponse, output: Option<&StructureShape>) {
        let (context, address) = (&self.context, &self.address);
        context.note("urllib3.connectionpool", || {
            let scheme = if address.secure { "https" } else { "http" };
            let port = match address.host.rsplit_once(':') {
                Some((_, port)) if port.parse::<u16>().is_ok() => "",
                _ if address.secure => ":443",
                _ => ":80",
            };
            let (host, path) = (&address.host, &address.path);
            let length = answer.body.len();
            format!("{scheme}://{host}{port} \"POST {path} HTTP/1.1\" {} {length}", answer.status)
        });
        context.note("botocore.parsers", || {
            let headers = answer.headers.iter();
            let headers = headers.map(|(name, value)| (name.as_str(), value.as_str()));
            format!("Response headers: {}", shown::headers(headers))
        });
        context.note("botocore.parsers", || {
            format!("Response body:\n{}", shown::body(answer, output))
        });
    }
}

/// Headers as they are signed.
fn bytes<'h>(headers: &'h [(&'static str, String)]) -> Vec<(&'h str, &'h [u8])> {
    headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect()
}

/// A random name for the attempts of one call (RFC 9562, version 4).
fn uuid(context: &ClientContext) -> String {
    let mut bytes = [0; 16];
    context.entropy.fill(&mut bytes);
    let number = u128::from_be_bytes(bytes) & !(0xf << 76 | 0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let digits = format!("{number:032x}");
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

/// The type of what is sent.
const TYPE: &str = "application/x-www-form-urlencoded; charset=utf-8";
