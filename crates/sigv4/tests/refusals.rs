//! Refusals and their messages.

use vmfa_sigv4::{Request, RequestSignature, SignatureError, Signer, SigningKey};

/// 2014-11-06T01:17:52Z.
const NOW: i64 = 1_415_236_672;
const DATE: (&str, &str) = ("x-amz-date", "20141106T011752Z");
const HOST: (&str, &str) = ("host", "iam.amazonaws.com");

const SIGNER: Signer<'_> = Signer {
    access_key: "AKIDEXAMPLE",
    secret: "secret",
    token: None,
    region: "eu-central-1",
    service: "iam",
};

/// The status, code and message that a server would send.
fn answer(headers: &[(&str, &str)], query: &str) -> String {
    let headers: Vec<(&str, &[u8])> = headers.iter().map(|(n, v)| (*n, v.as_bytes())).collect();
    match check(&Request { method: "GET", path: "/", query, headers: &headers, body: b"" }, NOW) {
        Ok(()) => "accepted".to_owned(),
        Err(refusal) => format!("{} {}: {refusal}", refusal.status(), refusal.code()),
    }
}

fn check(request: &Request<'_>, now: i64) -> Result<(), SignatureError> {
    let signature = RequestSignature::read(request)?;
    signature.check_time(now)?;
    signature.check_scope("iam")?;
    let scope = signature.scope();
    signature.verify(&SigningKey::derive("secret", &scope.date, &scope.region, &scope.service))
}

fn authorized(authorization: &str) -> String {
    answer(&[("authorization", authorization), HOST, DATE], "")
}

#[test]
fn a_missing_signature_is_refused() {
    let missing = "403 MissingAuthenticationToken: Request is missing Authentication Token";
    for foreign in [
        "",
        "AWS AKIDEXAMPLE:frJIUN8DYpKDtOLCwo//yllqDzg=",
        "Bearer eyJh",
        "Basic Zm9v",
        "aws4-hmac-sha256 a",
    ] {
        assert_eq!(authorized(foreign), missing);
    }
    assert_eq!(answer(&[HOST], ""), missing);
    assert_eq!(answer(&[HOST], "Action=ListUsers&X-Amz-Signature=00"), missing);
    assert_eq!(answer(&[HOST], "X-Amz-Algorithm=AWS4-HMAC-SHA1"), missing);
}

#[test]
fn two_signatures_are_refused() {
    assert_eq!(
        answer(
            &[("authorization", "AWS4-HMAC-SHA256 a"), HOST],
            "X-Amz-Algorithm=AWS4-HMAC-SHA256"
        ),
        "403 SignatureDoesNotMatch: Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."
    );
}

#[test]
fn a_malformed_query_is_refused() {
    assert_eq!(
        answer(&[], "a=%4"),
        "404 MalformedQueryString: Incomplete trailing escape % sequence"
    );
    assert_eq!(
        answer(&[], "a=%4g"),
        "404 MalformedQueryString: Illegal hex character in escape % pattern: %4g"
    );
}

#[test]
fn an_incomplete_header_is_refused() {
    assert_eq!(
        authorized("AWS4-HMAC-SHA512 Credential=a"),
        "400 IncompleteSignature: Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA512'."
    );
    // A space in an access key, the usual cause.
    assert_eq!(
        authorized("AWS4-HMAC-SHA256 Credential= AK/d/r/s/t, SignedHeaders=host, Signature=5d"),
        "400 IncompleteSignature: 'AK/d/r/s/t' not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4-HMAC-SHA256 Credential= AK/d/r/s/t, SignedHeaders=host, Signature=5d'."
    );
    assert_eq!(
        answer(&[("authorization", "AWS4-HMAC-SHA256"), HOST], ""),
        "400 IncompleteSignature: Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256"
    );
    assert_eq!(
        authorized("AWS4-HMAC-SHA256 Credential=a/b,SignedHeaders=host,Signature="),
        "400 IncompleteSignature: Authorization header requires 'Signature' parameter. Authorization=AWS4-HMAC-SHA256 Credential=a/b,SignedHeaders=host,Signature="
    );
}

#[test]
fn a_malformed_credential_is_refused() {
    for credential in ["AK", "a/b/c/d", "a/b/c/d/e/f", "/b/c/d/e", "////"] {
        assert_eq!(
            authorized(&format!(
                "AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host;x-amz-date, Signature=5d"
            )),
            format!(
                "400 IncompleteSignature: Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{credential}'"
            )
        );
    }
}

#[test]
fn a_malformed_date_is_refused() {
    let authorization =
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host;x-amz-date, Signature=5d";
    assert_eq!(
        answer(
            &[("authorization", authorization), HOST, ("x-amz-date", "201"), ("date", "no")],
            ""
        ),
        "400 IncompleteSignature: Date must be in ISO-8601 'basic format'. Got '201'. See http://en.wikipedia.org/wiki/ISO_8601"
    );
}

#[test]
fn headers_that_must_be_signed() {
    let signed = |names: &str, headers: &[(&str, &str)]| {
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders={names}, Signature=5d");
        let mut all = vec![("authorization", authorization.as_str()), HOST, DATE];
        all.extend_from_slice(headers);
        answer(&all, "")
    };
    for names in ["", "x-amz-date", "hos;t;x-amz-date"] {
        assert_eq!(
            signed(names, &[]),
            "403 SignatureDoesNotMatch: 'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
        );
    }
    assert_eq!(
        signed("host", &[]),
        "403 SignatureDoesNotMatch: 'x-amz-date' must be a 'SignedHeader' in the AWS Authorization."
    );
    let token = signed("host;x-amz-date", &[("x-amz-security-token", "hush")]);
    assert_eq!(
        token,
        "403 SignatureDoesNotMatch: 'x-amz-security-token' must be a 'SignedHeader' in the AWS Authorization."
    );
}

#[test]
fn a_wrong_scope_is_refused() {
    let scoped = |scope: &str| {
        authorized(&format!(
            "AWS4-HMAC-SHA256 Credential=AK/{scope}, SignedHeaders=host;x-amz-date, Signature=5d"
        ))
    };
    assert_eq!(
        scoped("20141106/us-east-1/sts/aws4_request"),
        "403 SignatureDoesNotMatch: Credential should be scoped to correct service: 'iam'. "
    );
    assert_eq!(
        scoped("20141106//iam/aws4_request"),
        "403 SignatureDoesNotMatch: Credential should be scoped to a valid region, not ''. "
    );
    assert_eq!(
        scoped("20141105/us_east/IAM/aws4"),
        "403 SignatureDoesNotMatch: Credential should be scoped to a valid region, not 'us_east'. Credential should be scoped to correct service: 'iam'. Credential should be scoped with a valid terminator: 'aws4_request', not 'aws4'. Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20141105' != '20141106', from '20141106T011752Z'."
    );
    for region in ["eu-central-1", "local", "x"] {
        assert_eq!(
            scoped(&format!("20141106/{region}/iam/aws4_request")),
            "403 SignatureDoesNotMatch: The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
        );
    }
}

#[test]
fn a_clock_beyond_the_tolerance_is_refused() {
    let request =
        Request { method: "GET", path: "/", query: "", headers: &[("host", b"h")], body: b"" };
    let signed_at = |seconds: i64| {
        let added = SIGNER.sign(&request, NOW + seconds).unwrap();
        let mut headers = request.headers.to_vec();
        headers.extend(added.iter().map(|(name, value)| (*name, value.as_bytes())));
        check(&Request { headers: &headers, ..request }, NOW).map_err(|refusal| refusal.to_string())
    };
    for seconds in [-300, 0, 300] {
        assert_eq!(signed_at(seconds), Ok(()));
    }
    assert_eq!(
        signed_at(-301).unwrap_err(),
        "Signature expired: 20141106T011251Z is now earlier than 20141106T011252Z (20141106T011752Z - 5 min.)"
    );
    assert_eq!(
        signed_at(301).unwrap_err(),
        "Signature not yet current: 20141106T012253Z is still later than 20141106T012252Z (20141106T011752Z + 5 min.)"
    );
}

#[test]
fn an_incomplete_presigned_query_is_refused() {
    assert_eq!(
        answer(&[HOST], "X-Amz-Algorithm=AWS4-HMAC-SHA256"),
        "400 IncompleteSignature: AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include 'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters."
    );
    let rest = "X-Amz-Credential=a/b/c/d/e&X-Amz-Signature=5d&X-Amz-SignedHeaders=host&X-Amz-Algorithm=AWS4-HMAC-SHA256";
    assert_eq!(
        answer(&[HOST], &format!("X-Amz-Date=&{rest}")),
        "400 IncompleteSignature: AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters."
    );
}

/// STS ignores `X-Amz-Expires`.
#[test]
fn a_presigned_request_expires_after_fifteen_minutes() {
    let credential = "X-Amz-Credential=a/20141106/r/iam/aws4_request&X-Amz-Signature=5d";
    let more =
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20141106T011752Z&X-Amz-SignedHeaders=host";
    let headers: &[(&str, &[u8])] = &[("host", b"h")];
    for expires in ["", "&X-Amz-Expires=", "&X-Amz-Expires=1", "&X-Amz-Expires=604801"] {
        let query = format!("{credential}&{more}{expires}");
        let request = Request { method: "GET", path: "/", query: &query, headers, body: b"" };
        let signature = RequestSignature::read(&request).unwrap();
        let after =
            |seconds| signature.check_time(NOW + seconds).map_err(|refusal| refusal.to_string());
        assert_eq!(after(-300), Ok(()));
        assert_eq!(after(900), Ok(()));
        assert_eq!(
            after(901).unwrap_err(),
            "Signature expired: 20141106T011752Z is now earlier than 20141106T011753Z (20141106T013253Z - 15 min.)"
        );
        assert_eq!(
            after(-301).unwrap_err(),
            "Signature not yet current: 20141106T011752Z is still later than 20141106T011751Z (20141106T011251Z + 5 min.)"
        );
    }
}

/// Upper case, other lengths and other characters do not match, and none panics.
#[test]
fn a_signature_in_another_notation_is_refused() {
    let long = "0".repeat(100_000);
    for signature in ["5", "zz", "\u{0}", "ሴ", &long, &"A".repeat(64), &"0".repeat(63)] {
        let header = format!(
            "AWS4-HMAC-SHA256 Credential=a/20141106/r/iam/aws4_request, SignedHeaders=host;x-amz-date, Signature={signature}"
        );
        assert!(
            authorized(&header).starts_with("403 SignatureDoesNotMatch: The request"),
            "{signature}"
        );
    }
}

/// In any of its formats; ISO 8601 basic format is signed. The signature was made with Python's
/// `hmac`.
#[test]
fn the_date_header_is_accepted() {
    for date in ["20141106T011752Z", "2014-11-06T01:17:52Z", "Thu, 06 Nov 2014 01:17:52 GMT"] {
        let authorization = "AWS4-HMAC-SHA256 Credential=a/20141106/r/iam/aws4_request, SignedHeaders=host, Signature=bc6dcb8e0a46694f0e6e5e918c4def6d949bdbf3303100166fa6bd7e360e0412";
        let headers = [("authorization", authorization), ("host", "h"), ("date", date)];
        assert_eq!(answer(&headers, ""), "accepted");
    }
}

/// As AWS accepts them.
#[test]
fn separators_and_order_of_parameters_are_free() {
    let request =
        Request { method: "GET", path: "/", query: "", headers: &[("host", b"h")], body: b"" };
    let added = SIGNER.sign(&request, NOW).unwrap();
    let [(_, date), (_, authorization)] = added.as_slice() else { panic!("{added:?}") };
    for (from, to) in [
        ("", ""),
        (", ", ","),
        (", ", " "),
        (", ", "  ,, "),
        ("=host;x-amz-date", "=X-Amz-Date;Host"),
        ("=host;x-amz-date", "=host;;x-amz-date;host"),
        ("Credential=", "Credential=x, Credential="),
        ("Signature=", "Version=4 Signature="),
    ] {
        let authorization = authorization.replace(from, to);
        let headers =
            [("authorization", authorization.as_str()), ("host", "h"), ("x-amz-date", date)];
        assert_eq!(answer(&headers, ""), "accepted", "{authorization}");
    }
}

/// Whatever `x-amz-content-sha256` says.
#[test]
fn the_body_is_always_hashed() {
    let headers: &[(&str, &[u8])] =
        &[("host", b"h"), ("x-amz-content-sha256", b"UNSIGNED-PAYLOAD")];
    let sent = Request { method: "POST", path: "/", query: "", headers, body: b"Action=ListUsers" };
    let added = SIGNER.sign(&sent, NOW).unwrap();
    let mut headers = headers.to_vec();
    headers.extend(added.iter().map(|(name, value)| (*name, value.as_bytes())));
    assert_eq!(check(&Request { headers: &headers, ..sent }, NOW), Ok(()));
    let received = Request { headers: &headers, body: b"Action=DeleteUser", ..sent };
    assert_eq!(check(&received, NOW), Err(SignatureError::Mismatch));
}

/// From the place of the signature; `Debug` omits them.
#[test]
fn session_tokens_are_read() {
    let signer = Signer { token: Some("hush+/="), ..SIGNER };
    let bare =
        Request { method: "GET", path: "/", query: "", headers: &[("host", b"h")], body: b"" };

    let added = signer.sign(&bare, NOW).unwrap();
    let mut headers = bare.headers.to_vec();
    headers.extend(added.iter().map(|(name, value)| (*name, value.as_bytes())));
    let by_header = RequestSignature::read(&Request { headers: &headers, ..bare }).unwrap();
    assert_eq!(by_header.security_token(), Some("hush+/="));
    assert!(!format!("{by_header:?}").contains("hush"));

    let query = signer.presign(&bare, NOW, 60).unwrap();
    let by_query = RequestSignature::read(&Request { query: &query, ..bare }).unwrap();
    assert_eq!(by_query.security_token(), Some("hush+/="));
    assert_eq!(by_query.access_key(), "AKIDEXAMPLE");
    assert_eq!(by_query.scope().region, "eu-central-1");
}
