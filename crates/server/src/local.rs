//! What the data directory's socket offers beside the API: unsigned calls as the account's root or
//! as the owner of a stored access key, the verifier of a password, and a new access key of the
//! root.
//!
//! A process that can connect to the socket can read the data directory, and so everything that a
//! signature would protect. None of this is reachable over the network.

use std::sync::Arc;

use data_encoding::BASE64;
use hyper::{HeaderMap, Method, StatusCode, header::AUTHORIZATION};
use vmfa_iam::{Caller, Service};
use vmfa_model::{AccountId, Fault};
use vmfa_socket::{ACCESS_KEY_HEADER, PROVEN_KEY_HEADER, SECRET_KEY_HEADER};

use crate::{
    faults,
    response::{FullResponse, text},
    router::Router,
};

/// The caller of an unsigned request; `None` where the request has a signature or another
/// `Authorization` header.
pub(crate) fn caller(
    service: &Service,
    account: AccountId,
    headers: &HeaderMap,
    query: &str,
    request: &str,
) -> Result<Option<Caller>, Fault> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(id) = text(ACCESS_KEY_HEADER) {
        let secret = text(SECRET_KEY_HEADER).unwrap_or_default();
        let caller =
            service.caller_of_key(id, secret).map_err(|refusal| refusal.into_fault(request))?;
        return caller.map(Some).ok_or_else(vmfa_iam::unknown_token);
    }
    if let Some(id) = text(PROVEN_KEY_HEADER) {
        let caller = service.caller_of_proven_key(id);
        return caller.map(Some).map_err(|refusal| refusal.into_fault(request));
    }
    let signed = headers.contains_key(AUTHORIZATION) || query.contains("X-Amz-Algorithm");
    Ok((!signed).then(|| Caller::local(account)))
}

pub(crate) async fn root_key(
    router: &Arc<Router>,
    method: &Method,
    account: AccountId,
) -> FullResponse {
    if method != Method::POST {
        return text(StatusCode::METHOD_NOT_ALLOWED, USE_POST);
    }
    let service = Arc::clone(&router.service);
    let request = service.request_id();
    let created = tokio::task::spawn_blocking(move || service.new_root_key(account)).await;
    let fault = match created {
        Ok(Ok((key, deleted))) => {
            tracing::info!(request, access_key = key.id, "created an access key of the root user");
            let mut lines = format!("{}\n{}\n", key.id, key.secret.expose());
            if let Some(access_key) = deleted {
                tracing::warn!(
                    request,
                    access_key,
                    "deleted the oldest access key of the root user, who may have two"
                );
                lines.push_str(&access_key);
                lines.push('\n');
            }
            return text(StatusCode::OK, lines);
        }
        Ok(Err(refusal)) => refusal.into_fault(&request),
        Err(error) => failed_task(&request, &error),
    };
    refused(&fault)
}

pub(crate) async fn verifier(
    router: &Arc<Router>,
    method: &Method,
    headers: &HeaderMap,
) -> FullResponse {
    if method != Method::POST {
        return text(StatusCode::METHOD_NOT_ALLOWED, USE_POST);
    }
    let key = headers.get(PROVEN_KEY_HEADER).and_then(|id| id.to_str().ok());
    let (service, id) = (Arc::clone(&router.service), key.unwrap_or_default().to_owned());
    let request = service.request_id();
    // PBKDF2 takes a millisecond or two where the verifier is not cached.
    let fault = match tokio::task::spawn_blocking(move || service.verifier(&id)).await {
        Ok(Ok(verifier)) => {
            let owner = verifier.owner.map(|user| user.0).unwrap_or_default();
            let lines = [
                BASE64.encode(&verifier.salt),
                verifier.iterations.to_string(),
                BASE64.encode(verifier.stored_key.as_ref()),
                BASE64.encode(verifier.server_key.as_ref()),
                owner,
            ];
            return text(StatusCode::OK, lines.join("\n"));
        }
        Ok(Err(refusal)) => refusal.into_fault(&request),
        Err(error) => failed_task(&request, &error),
    };
    refused(&fault)
}

pub(crate) fn revoked_keys(router: &Router, method: &Method, headers: &HeaderMap) -> FullResponse {
    if method != Method::POST {
        return text(StatusCode::METHOD_NOT_ALLOWED, USE_POST);
    }
    let ids = headers.get(PROVEN_KEY_HEADER).and_then(|ids| ids.to_str().ok()).unwrap_or_default();
    let mut revoked = String::new();
    for id in ids.split(',').filter(|id| !id.is_empty()) {
        match router.read_store(|| router.service.is_active_key(id)) {
            Ok(true) => {}
            Ok(false) => {
                revoked.push_str(id);
                revoked.push('\n');
            }
            Err(refusal) => return refused(&refusal.into_fault(&router.service.request_id())),
        }
    }
    text(StatusCode::OK, revoked)
}

fn failed_task(request: &str, error: &tokio::task::JoinError) -> Fault {
    tracing::error!(request, %error, "internal error: the call has no outcome");
    faults::internal_error(request)
}

fn refused(fault: &Fault) -> FullResponse {
    let status = StatusCode::from_u16(fault.kind.status());
    text(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), format!("{fault}\n"))
}

const USE_POST: &str = "use POST\n";
