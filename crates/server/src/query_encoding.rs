//! The AWS Query encoding of calls: form parameters in, XML out, authenticated by Signature Version
//! 4, or on the data directory's socket by the connection itself.
//!
//! Not here: parameters and XML themselves (`vmfa-query`), signatures (`vmfa-sigv4`).

use hyper::{
    HeaderMap, Method, Request, StatusCode,
    body::Bytes,
    header::{ALLOW, CONTENT_TYPE, HeaderValue},
    http::request::Parts,
};
use vmfa_iam::{Action, Api, Call, Caller, Service};
use vmfa_model::{Fault, Record};
use vmfa_query::{request, response};
use vmfa_sigv4::RequestSignature;

use crate::{
    audited_call::CallEncoding,
    call_audit::CallAudit,
    faults, local,
    response::{FullResponse, with_type},
    router::Peer,
};

#[derive(Clone, Copy, Debug)]
pub(crate) struct QueryEncoding {
    /// The API in whose namespace a refusal is written: IAM until the request names another.
    api: Api,
}

impl QueryEncoding {
    pub(crate) const fn new() -> Self {
        Self { api: Api::Iam }
    }
}

impl CallEncoding for QueryEncoding {
    /// The API has one path and two methods.
    fn check_head(&self, head: &Parts) -> Result<(), Fault> {
        if head.uri.path() != "/" {
            return Err(faults::no_such_path());
        }
        match head.method {
            Method::POST | Method::GET => Ok(()),
            _ => Err(faults::method_not_allowed()),
        }
    }

    /// An unknown action is refused before the caller is authenticated, and parameters that cannot
    /// be read are refused after it, as AWS does.
    fn decode(
        &mut self,
        request: &Request<Bytes>,
        service: &Service,
        audit: &mut CallAudit,
    ) -> Result<(Caller, Call), Fault> {
        let query = request.uri().query().unwrap_or_default();
        let form = if is_form(request.headers()) { request.body().as_ref() } else { &[] };
        let parameters = request::Parameters::read(query, form)?;
        self.api = request::api(&parameters);
        let action = request::action(&parameters)?;
        self.api = action.api;
        audit.set_action(action);
        let caller = authenticate(service, request, action.api, audit)?;
        audit.set_caller(&caller);
        let input = request::input(action, &parameters)?;
        Ok((caller, Call { action, input }))
    }

    fn output(&self, action: &'static Action, output: Record, id: &str) -> FullResponse {
        respond(StatusCode::OK, response::write_output(action, output, id), id)
    }

    fn refusal(&self, fault: &Fault, id: &str) -> FullResponse {
        let status = StatusCode::from_u16(fault.kind.status());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut refusal = respond(status, response::write_refusal(self.api, fault, id), id);
        if status == StatusCode::METHOD_NOT_ALLOWED {
            refusal.headers_mut().insert(ALLOW, HeaderValue::from_static("POST, GET"));
        }
        refusal
    }
}

fn authenticate(
    service: &Service,
    request: &Request<Bytes>,
    api: Api,
    audit: &CallAudit,
) -> Result<Caller, Fault> {
    let query = request.uri().query().unwrap_or_default();
    if let Peer::Local(account) = audit.peer()
        && let Some(caller) = local::caller(service, account, request.headers(), query, audit.id())?
    {
        return Ok(caller);
    }
    let headers: Vec<(&str, &[u8])> =
        request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let signature = RequestSignature::read(&vmfa_sigv4::Request {
        method: request.method().as_str(),
        path: request.uri().path(),
        query,
        headers: &headers,
        body: request.body(),
    });
    let signature = signature.map_err(|error| vmfa_iam::signature_fault(&error))?;
    service.authenticate(&signature, api, audit.id())
}

fn respond(status: StatusCode, body: Vec<u8>, id: &str) -> FullResponse {
    let mut response = with_type(status, response::CONTENT_TYPE, body);
    if let Ok(id) = HeaderValue::from_str(id) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}

/// Whether the body is a form: by its content type, or where it has none.
fn is_form(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE) else { return true };
    let media_type = value.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    media_type.trim_ascii().eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
}
