//! One call of the API over HTTP, whatever its encoding: limits on its body and its time, the panic
//! guard, one log line and one count in the metrics.
//!
//! Authentication, authorization and what a rule does before its write run on the worker thread of
//! the connection: they take less than a millisecond, and moving them would cost about as much as
//! most of them take. The exception is an action that reads all users of an account, before which
//! the runtime moves the thread's other tasks away. A commit occupies no thread.

use std::{
    borrow::Cow,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::{
    Request,
    body::{Body, Bytes},
    http::request::Parts,
};
use tokio::{
    sync::oneshot::{self, error::TryRecvError},
    task::block_in_place,
    time::timeout,
};
use vmfa_iam::{Action, Call, CallOutcome, Caller, Detail, Service};
use vmfa_model::{Fault, Record};

use crate::{
    Limits,
    call_audit::CallAudit,
    connection_state::ConnectionState,
    faults,
    response::FullResponse,
    router::{Peer, Router, leave_body},
};

#[cfg(test)]
mod tests;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// How calls stand in HTTP requests, and their outcomes in responses.
pub(crate) trait CallEncoding: Clone + Send + 'static {
    /// Refuses what the head alone rules out, before the body is read.
    fn check_head(&self, head: &Parts) -> Result<(), Fault>;

    /// Decodes the call and authenticates its caller. Sets action and caller in the audit as soon
    /// as each is known, so that the log line of a refusal has them.
    fn decode(
        &mut self,
        request: &Request<Bytes>,
        service: &Service,
        audit: &mut CallAudit,
    ) -> Result<(Caller, Call), Fault>;

    fn output(&self, action: &'static Action, output: Record, id: &str) -> FullResponse;

    fn refusal(&self, fault: &Fault, id: &str) -> FullResponse;
}

/// Serves one request as a call.
pub(crate) async fn serve<E, B>(
    router: &Arc<Router>,
    request: Request<B>,
    peer: Peer,
    state: &ConnectionState,
    encoding: E,
) -> FullResponse
where
    E: CallEncoding,
    B: Body,
    B::Error: Into<BoxError>,
{
    let (head, body) = request.into_parts();
    let call = AuditedCall { audit: CallAudit::begin(router, &head, peer), encoding };
    if let Err(fault) = call.encoding.check_head(&head) {
        leave_body(&body, state);
        return call.refuse(&fault);
    }
    match read_body(body, &router.limits).await {
        Ok(body) => call.run(Request::from_parts(head, body)).await,
        Err(fault) => {
            state.leave_unread();
            call.refuse(&fault)
        }
    }
}

/// Reads the whole body. Where the announced length is too large, nothing is read, and a client
/// that sent `Expect: 100-continue` need not send it.
async fn read_body<B>(body: B, limits: &Limits) -> Result<Bytes, Fault>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    if usize::try_from(body.size_hint().lower()).map_or(true, |length| length > limits.body) {
        return Err(faults::body_too_large(limits.body));
    }
    match timeout(limits.body_time, Limited::new(body, limits.body).collect()).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            Err(faults::body_too_large(limits.body))
        }
        Ok(Err(_)) => Err(faults::malformed_body()),
        Err(_) => Err(faults::request_timeout()),
    }
}

/// A call with its encoding, until its response is made and logged.
struct AuditedCall<E> {
    audit: CallAudit,
    encoding: E,
}

struct StartedCall {
    action: &'static Action,
    /// Complete already for a read and a refusal; for a write once it is durable.
    outcome: oneshot::Receiver<CallOutcome>,
}

impl<E: CallEncoding> AuditedCall<E> {
    async fn run(mut self, request: Request<Bytes>) -> FullResponse {
        let router = Arc::clone(&self.audit.router);
        let StartedCall { action, mut outcome } = match router.read_store(|| self.start(&request)) {
            Ok(started) => started,
            Err(fault) => return self.refuse(&fault),
        };
        match outcome.try_recv() {
            Err(TryRecvError::Empty) => {}
            settled => return self.respond(action, settled.ok()),
        }
        let (id, encoding) = (self.audit.id().to_owned(), self.encoding.clone());
        // A task of its own: the call is completed, logged and counted even where the client has
        // disconnected or was answered that it timed out.
        let completed = tokio::spawn(async move {
            let outcome = outcome.await.ok();
            self.respond(action, outcome)
        });
        match timeout(router.limits.call_time, completed).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                tracing::error!(request = id, %error, "internal error: the call has no response");
                encoding.refusal(&faults::internal_error(&id), &id)
            }
            Err(_) => {
                tracing::warn!(request = id, "call timed out: answered 503; it is still running");
                encoding.refusal(&faults::call_timeout(), &id)
            }
        }
    }

    /// Decodes the call and runs it up to its write, which is queued.
    fn start(&mut self, request: &Request<Bytes>) -> Result<StartedCall, Fault> {
        let Self { audit, encoding } = self;
        let (id, service) = (audit.id().to_owned(), Arc::clone(&audit.router.service));
        let (done, outcome) = oneshot::channel();
        let action = catch_panic(&id, || {
            let (caller, call) = encoding.decode(request, &service, audit)?;
            let action = call.action;
            // On the store's thread; the receiver is gone where the server has shut down.
            let done = |outcome| drop(done.send(outcome));
            let start = || service.start(&caller, call, Detail::Whole, done);
            if action.reads_all_users {
                block_in_place(start);
            } else {
                start();
            }
            Ok(action)
        })?;
        Ok(StartedCall { action, outcome })
    }

    /// Makes the output and its encoding. There is no outcome where the store dropped the completion.
    fn respond(&self, action: &'static Action, outcome: Option<CallOutcome>) -> FullResponse {
        let id = self.audit.id();
        let encoded = catch_panic(id, || {
            let Some(outcome) = outcome else {
                tracing::error!(request = id, "internal error: the call has no outcome");
                return Err(faults::internal_error(id));
            };
            Ok(self.encoding.output(action, outcome.finish(id)?, id))
        });
        match encoded {
            Ok(response) => {
                self.audit.record(Cow::Borrowed("ok"), response.status().as_u16());
                response
            }
            Err(fault) => self.refuse(&fault),
        }
    }

    fn refuse(&self, fault: &Fault) -> FullResponse {
        let response = self.encoding.refusal(fault, self.audit.id());
        self.audit.record(fault.kind.code(), response.status().as_u16());
        response
    }
}

/// Runs a step of a call; a panic becomes an internal error of that call alone.
fn catch_panic<T>(id: &str, step: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    // Unwind-safe: the store rolls an open transaction back, and users of a poisoned mutex ignore
    // the poison.
    catch_unwind(AssertUnwindSafe(step)).unwrap_or_else(|_| {
        tracing::error!(request = id, "internal error: the call panicked");
        Err(faults::internal_error(id))
    })
}
