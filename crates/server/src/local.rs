//! What the socket of a data directory offers beside the API: to act for the account's root or for
//! a key of the store without a signature, what passwords are checked against, and a new key for
//! the root.
//!
//! Whoever may connect to it may read the data directory, and so everything that a signature would
//! protect. Nothing here is reachable over the network.

use std::sync::Arc;

use data_encoding::BASE64;
use hyper::{HeaderMap, Method, StatusCode, header::AUTHORIZATION};
use vmfa_iam::{Caller, Service};
use vmfa_model::{AccountId, Fault};
use vmfa_socket::{ACCESS_KEY, PROVEN_KEY, SECRET_KEY};

use crate::{
    door::{Answer, Door},
    health::plain,
    refuse,
};

/// Whom an unsigned request acts for. `None` where it is signed, or pretends to be.
pub(crate) fn caller(
    service: &Service,
    account: AccountId,
    headers: &HeaderMap,
    query: &str,
    request: &str,
) -> Result<Option<Caller>, Fault> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(id) = text(ACCESS_KEY) {
        let secret = text(SECRET_KEY).unwrap_or_default();
        let caller =
            service.caller_of_key(id, secret).map_err(|refusal| refusal.into_fault(request))?;
        return caller.map(Some).ok_or_else(vmfa_iam::unknown_token);
    }
    if let Some(id) = text(PROVEN_KEY) {
        let caller = service.caller_of_proven_key(id);
        return caller.map(Some).map_err(|refusal| refusal.into_fault(request));
    }
    let signed = headers.contains_key(AUTHORIZATION) || query.contains("X-Amz-Algorithm");
    Ok((!signed).then(|| Caller::local(account)))
}

/// Makes a new access key for the root.
pub(crate) async fn root_key(door: &Arc<Door>, method: &Method, account: AccountId) -> Answer {
    if method != Method::POST {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "only POST\n");
    }
    let service = Arc::clone(&door.service);
    let request = service.request_id();
    let made = tokio::task::spawn_blocking(move || service.new_root_key(account)).await;
    let fault = match made {
        Ok(Ok((key, replaced))) => {
            tracing::info!(request, access_key = key.id, "made an access key for the root");
            let mut lines = format!("{}\n{}\n", key.id, key.secret.expose());
            if let Some(access_key) = replaced {
                tracing::warn!(request, access_key, "made room for it and works no more");
                lines.push_str(&access_key);
                lines.push('\n');
            }
            return plain(StatusCode::OK, lines);
        }
        Ok(Err(refusal)) => refusal.into_fault(&request),
        Err(error) => {
            tracing::error!(request, %error, "the service failed");
            refuse::broken(&request)
        }
    };
    refused(&fault)
}

/// Tells what the secret of a key is checked against.
pub(crate) async fn verifier(door: &Arc<Door>, method: &Method, headers: &HeaderMap) -> Answer {
    if method != Method::POST {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "only POST\n");
    }
    let named = headers.get(PROVEN_KEY).and_then(|id| id.to_str().ok());
    let (service, id) = (Arc::clone(&door.service), named.unwrap_or_default().to_owned());
    let request = service.request_id();
    // PBKDF2 takes a millisecond or two, where the verifier is not cached.
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
            return plain(StatusCode::OK, lines.join("\n"));
        }
        Ok(Err(refusal)) => refusal.into_fault(&request),
        Err(error) => {
            tracing::error!(request, %error, "the service failed");
            refuse::broken(&request)
        }
    };
    refused(&fault)
}

/// Tells which keys were deleted or deactivated.
pub(crate) fn revoked_keys(door: &Door, method: &Method, headers: &HeaderMap) -> Answer {
    if method != Method::POST {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "only POST\n");
    }
    let named = headers.get(PROVEN_KEY).and_then(|ids| ids.to_str().ok()).unwrap_or_default();
    let mut revoked = String::new();
    for id in named.split(',').filter(|id| !id.is_empty()) {
        match door.service.is_active_key(id) {
            Ok(true) => {}
            Ok(false) => {
                revoked.push_str(id);
                revoked.push('\n');
            }
            Err(refusal) => return refused(&refusal.into_fault(&door.service.request_id())),
        }
    }
    plain(StatusCode::OK, revoked)
}

fn refused(fault: &Fault) -> Answer {
    let status = StatusCode::from_u16(fault.kind.status());
    plain(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), format!("{fault}\n"))
}
