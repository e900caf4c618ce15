//! One request of the API and its answer: the one place that all of them pass, where each is
//! counted and logged, once.
//!
//! Never logged: parameters, bodies, queries, signatures and tokens.

use std::{
    borrow::Cow,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Instant,
};

use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::{Body as _, Bytes, Incoming},
    header::{ALLOW, CONTENT_TYPE, HeaderValue, USER_AGENT},
    http::request::Parts,
};
use tokio::time::timeout;
use vmfa_iam::{Action, Api, Call, Caller};
use vmfa_model::{Fault, FaultKind};
use vmfa_query::{request, response};
use vmfa_sigv4::RequestSignature;

use crate::{
    Limits,
    door::{Answer, Door, Peer, leave_body},
    local,
    metrics::Ongoing,
    pulse::Pulse,
    refuse,
};

/// Answers a request of the API.
pub(crate) async fn answer(
    door: &Arc<Door>,
    request: Request<Incoming>,
    peer: Peer,
    pulse: &Pulse,
) -> Answer {
    let (head, body) = request.into_parts();
    let mut exchange = Exchange::begin(door, &head, peer);
    if let Err(fault) = admit(&head) {
        leave_body(&body, pulse);
        return exchange.refuse(&fault);
    }
    let body = match collect(body, &door.limits).await {
        Ok(body) => body,
        Err(fault) => {
            pulse.leave_unread();
            return exchange.refuse(&fault);
        }
    };
    match guarded(&exchange.id.clone(), || exchange.decide(&head, &body)) {
        Err(fault) => exchange.refuse(&fault),
        Ok((caller, call)) if call.action.access.writes() => exchange.write(caller, call).await,
        Ok((caller, call)) => exchange.perform(&caller, call),
    }
}

/// The API has one path and two methods.
fn admit(head: &Parts) -> Result<(), Fault> {
    if head.uri.path() != "/" {
        return Err(refuse::no_such_path());
    }
    match head.method {
        Method::POST | Method::GET => Ok(()),
        _ => Err(refuse::wrong_method()),
    }
}

/// Reads the body. Where its length is announced and too large, nothing of it is read, and a
/// client that asked whether to send it is spared doing so.
async fn collect(body: Incoming, limits: &Limits) -> Result<Bytes, Fault> {
    if usize::try_from(body.size_hint().lower()).map_or(true, |length| length > limits.body) {
        return Err(refuse::too_large(limits.body));
    }
    match timeout(limits.body_time, Limited::new(body, limits.body).collect()).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(refuse::too_large(limits.body)),
        Ok(Err(_)) => Err(refuse::unreadable_body()),
        Err(_) => Err(refuse::late()),
    }
}

/// What is known of a request so far.
struct Exchange {
    door: Arc<Door>,
    id: String,
    peer: Peer,
    agent: Option<HeaderValue>,
    started: Instant,
    /// Which API it is for, as far as is known.
    api: Api,
    action: Option<&'static Action>,
    caller: Option<String>,
    _ongoing: Ongoing,
}

impl Exchange {
    fn begin(door: &Arc<Door>, head: &Parts, peer: Peer) -> Self {
        Self {
            door: Arc::clone(door),
            id: door.service.request_id(),
            peer,
            agent: head.headers.get(USER_AGENT).cloned(),
            started: Instant::now(),
            api: Api::Iam,
            action: None,
            caller: None,
            _ongoing: door.metrics.request(),
        }
    }

    /// Decodes and authenticates.
    fn decide(&mut self, head: &Parts, body: &[u8]) -> Result<(Caller, Call), Fault> {
        let query = head.uri.query().unwrap_or_default();
        let form = if is_form(&head.headers) { body } else { &[] };
        let parameters = request::Parameters::read(query, form)?;
        self.api = request::api(&parameters);
        let action = request::action(&parameters)?;
        (self.api, self.action) = (action.api, Some(action));
        let caller = self.authenticate(head, query, body, action.api)?;
        if tracing::enabled!(tracing::Level::INFO) {
            self.caller = Some(caller.arn());
        }
        let input = request::input(action, &parameters)?;
        Ok((caller, Call { action, input }))
    }

    fn authenticate(
        &self,
        head: &Parts,
        query: &str,
        body: &[u8],
        api: Api,
    ) -> Result<Caller, Fault> {
        let service = &self.door.service;
        if let Peer::Local(account) = self.peer
            && let Some(caller) = local::caller(service, account, &head.headers, query, &self.id)?
        {
            return Ok(caller);
        }
        let headers: Vec<(&str, &[u8])> =
            head.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let presented = RequestSignature::read(&vmfa_sigv4::Request {
            method: head.method.as_str(),
            path: head.uri.path(),
            query,
            headers: &headers,
            body,
        });
        let presented = presented.map_err(|refusal| vmfa_iam::signature_fault(&refusal))?;
        service.authenticate(&presented, api, &self.id)
    }

    /// Runs a call that waits for the disk, on a thread that may wait. It ends there, is counted
    /// there and logged there even if the client has gone or been told that it takes too long.
    async fn write(self, caller: Caller, call: Call) -> Answer {
        let (door, id, api) = (Arc::clone(&self.door), self.id.clone(), call.action.api);
        let job = tokio::task::spawn_blocking(move || self.perform(&caller, call));
        let fault = match timeout(door.limits.call_time, job).await {
            Ok(Ok(answer)) => return answer,
            Ok(Err(error)) => {
                tracing::error!(request = id, %error, "the service failed");
                refuse::broken(&id)
            }
            Err(_) => {
                tracing::warn!(request = id, "takes too long; the client was told to try again");
                refuse::slow()
            }
        };
        respond(&fault.kind, &id, response::write_refusal(api, &fault, &id))
    }

    /// Runs the call.
    fn perform(self, caller: &Caller, call: Call) -> Answer {
        let (action, id) = (call.action, &self.id);
        let outcome = guarded(id, || {
            let output = self.door.service.call(caller, call, id)?;
            Ok(response::write_output(action, output, id))
        });
        match outcome {
            Err(fault) => self.refuse(&fault),
            Ok(body) => {
                self.record(Cow::Borrowed("ok"), 200);
                let mut answer = Response::new(Full::new(body.into()));
                describe(answer.headers_mut(), &self.id);
                answer
            }
        }
    }

    fn refuse(&self, fault: &Fault) -> Answer {
        self.record(fault.kind.code(), fault.kind.status());
        respond(&fault.kind, &self.id, response::write_refusal(self.api, fault, &self.id))
    }

    fn record(&self, code: Cow<'static, str>, status: u16) {
        let took = self.started.elapsed();
        let action = self.action.map_or("unknown", |action| action.name);
        tracing::info!(
            request = self.id,
            action,
            code = &*code,
            status,
            us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            caller = self.caller.as_deref().unwrap_or("-"),
            peer = %self.peer,
            agent = self.agent(),
            "answered",
        );
        self.door.metrics.answered(action, code, took);
    }

    /// What the client calls itself, no longer than a line.
    fn agent(&self) -> &str {
        let text = self.agent.as_ref().and_then(|agent| agent.to_str().ok()).unwrap_or("-");
        text.get(..LONGEST_AGENT).unwrap_or(text)
    }
}

/// Runs a step of the service. A rule that panics ends its request, and nothing else.
fn guarded<T>(id: &str, step: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    // What a panic may leave half done is a transaction, which is then undone, or a lock, and
    // those that hold them go on with poisoned ones.
    catch_unwind(AssertUnwindSafe(step)).unwrap_or_else(|_| {
        tracing::error!(request = id, "the service panicked");
        Err(refuse::broken(id))
    })
}

fn respond(kind: &FaultKind, id: &str, body: Vec<u8>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    let status = StatusCode::from_u16(kind.status());
    *answer.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    describe(answer.headers_mut(), id);
    if answer.status() == StatusCode::METHOD_NOT_ALLOWED {
        answer.headers_mut().insert(ALLOW, HeaderValue::from_static("POST, GET"));
    }
    answer
}

/// hyper adds the date and the length.
fn describe(headers: &mut HeaderMap, id: &str) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(response::CONTENT_TYPE));
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert("x-amzn-requestid", id);
    }
}

/// Whether the body is a form: said to be, or not said to be anything.
fn is_form(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(CONTENT_TYPE) else { return true };
    let kind = kind.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    kind.trim_ascii().eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
}

/// Characters of a user agent that are logged.
const LONGEST_AGENT: usize = 200;
