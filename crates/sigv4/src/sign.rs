//! Signs requests.

use data_encoding::HEXLOWER;

use crate::canonical::{canonical_request, string_to_sign};
use crate::query::{Query, encoded};
use crate::{ALGORITHM, Request, SignatureError, SignatureTime, SigningKey, TERMINATOR};

/// Credentials, region and service to sign requests for.
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    /// The access key id, such as `AKIAIOSFODNN7EXAMPLE`.
    pub access_key: &'a str,
    /// The secret access key.
    pub secret: &'a str,
    /// The session token of temporary credentials.
    pub token: Option<&'a str>,
    /// IAM's is `us-east-1`.
    pub region: &'a str,
    /// `iam` or `sts`.
    pub service: &'a str,
}

impl Signer<'_> {
    /// The headers to add: `x-amz-date`, `x-amz-security-token` if there is a token, and
    /// `authorization`. They replace any of these that the request has.
    ///
    /// All headers are signed except those that proxies change; the request must have `host`. The
    /// only error is a query that cannot be decoded.
    pub fn sign(
        &self,
        request: &Request<'_>,
        now_unix: i64,
    ) -> Result<Vec<(&'static str, String)>, SignatureError> {
        let stamp = SignatureTime::from_unix(now_unix).to_string();
        let mut added = vec![("x-amz-date", stamp.clone())];
        if let Some(token) = self.token {
            added.push(("x-amz-security-token", token.to_owned()));
        }
        let mut headers: Vec<(&str, &[u8])> = request
            .headers
            .iter()
            .copied()
            .filter(|(name, _)| !added.iter().any(|(replaced, _)| name == replaced))
            .collect();
        headers.extend(added.iter().map(|(name, value)| (*name, value.as_bytes())));
        let request = Request { headers: &headers, ..*request };

        let query = Query::parse(request.query)?.canonical(None);
        let names = signed_names(&headers);
        let signature = self.signature(&request, &query, &names, &stamp);
        let authorization = format!(
            "{ALGORITHM} Credential={}/{}, SignedHeaders={}, Signature={signature}",
            self.access_key,
            self.scope(&stamp),
            names.join(";"),
        );
        added.push(("authorization", authorization));
        Ok(added)
    }

    /// The canonical request and the string to sign, as debug output for signatures that do not
    /// match. `request` has the headers that [`Signer::sign`] added except `authorization`. The
    /// canonical request contains the session token in clear.
    pub fn canonical_request_and_string_to_sign(
        &self,
        request: &Request<'_>,
        now_unix: i64,
    ) -> Result<(String, String), SignatureError> {
        let stamp = SignatureTime::from_unix(now_unix).to_string();
        let query = Query::parse(request.query)?.canonical(None);
        let names = signed_names(request.headers);
        let canonical = canonical_request(request, &query, &names);
        let string = string_to_sign(request, &query, &names, &stamp, &self.scope(&stamp));
        Ok((String::from_utf8_lossy(&canonical).into_owned(), string))
    }

    /// The presigned query string, without question mark. `expires` is in seconds, 1 to 604800; IAM
    /// and STS accept it for fifteen minutes whatever it says. The client must send the request's
    /// headers, usually `host` alone, and needs to add none.
    pub fn presign(
        &self,
        request: &Request<'_>,
        now_unix: i64,
        expires: u32,
    ) -> Result<String, SignatureError> {
        let stamp = SignatureTime::from_unix(now_unix).to_string();
        let names = signed_names(request.headers);
        let credential = format!("{}/{}", self.access_key, self.scope(&stamp));
        let mut raw = request.query.to_owned();
        let mut push = |name: &str, value: &str| {
            if !raw.is_empty() {
                raw.push('&');
            }
            raw.push_str(name);
            raw.push('=');
            raw.push_str(&encoded(value.as_bytes()));
        };
        push("X-Amz-Algorithm", ALGORITHM);
        push("X-Amz-Credential", &credential);
        push("X-Amz-Date", &stamp);
        push("X-Amz-Expires", &expires.to_string());
        push("X-Amz-SignedHeaders", &names.join(";"));
        if let Some(token) = self.token {
            push("X-Amz-Security-Token", token);
        }
        let query = Query::parse(&raw)?.canonical(None);
        let signature = self.signature(request, &query, &names, &stamp);
        raw.push_str("&X-Amz-Signature=");
        raw.push_str(&signature);
        Ok(raw)
    }

    fn signature(&self, request: &Request<'_>, query: &str, names: &[&str], stamp: &str) -> String {
        let key = SigningKey::derive(self.secret, day(stamp), self.region, self.service);
        let string_to_sign = string_to_sign(request, query, names, stamp, &self.scope(stamp));
        HEXLOWER.encode(&*key.mac(string_to_sign.as_bytes()))
    }

    fn scope(&self, stamp: &str) -> String {
        format!("{}/{}/{}/{TERMINATOR}", day(stamp), self.region, self.service)
    }
}

fn day(stamp: &str) -> &str {
    stamp.split_once('T').map_or(stamp, |(day, _)| day)
}

fn signed_names<'a>(headers: &[(&'a str, &[u8])]) -> Vec<&'a str> {
    let mut names: Vec<&str> =
        headers.iter().map(|(name, _)| *name).filter(|name| !UNSIGNED.contains(name)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Headers that are not signed: proxies and HTTP libraries change them, or they hold the signature.
const UNSIGNED: [&str; 12] = [
    "authorization",
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-amzn-trace-id",
];
