//! A second encoding beside the Query encoding.

use http_body_util::Full;
use hyper::StatusCode;
use tokio::sync::watch;
use vmfa_iam::{Api, find};
use vmfa_model::{FaultKind, Value};
use vmfa_testkit::TestService;

use super::*;
use crate::{metrics::MetricsFormat, response::text};

/// The body is the name of an IAM action and of a user; responses are plain text.
#[derive(Clone)]
struct TextEncoding;

impl CallEncoding for TextEncoding {
    fn check_head(&self, _: &Parts) -> Result<(), Fault> {
        Ok(())
    }

    fn decode(
        &mut self,
        request: &Request<Bytes>,
        _: &Service,
        audit: &mut CallAudit,
    ) -> Result<(Caller, Call), Fault> {
        let Peer::Local(account) = audit.peer() else { panic!("not local") };
        let (name, user) = str::from_utf8(request.body()).unwrap().split_once(' ').unwrap();
        let action = find(Api::Iam, name);
        let action = action.ok_or_else(|| Fault::new(FaultKind::InvalidAction, "unknown"))?;
        audit.set_action(action);
        let input = Record::from_iter([("UserName", Value::Text(user.to_owned()))]);
        Ok((Caller::local(account), Call { action, input }))
    }

    fn output(&self, action: &'static Action, _: Record, _: &str) -> FullResponse {
        text(StatusCode::CREATED, action.name)
    }

    fn refusal(&self, fault: &Fault, _: &str) -> FullResponse {
        text(StatusCode::IM_A_TEAPOT, fault.kind.code().into_owned())
    }
}

#[test]
fn another_encoding_gets_the_same_audit_and_guards() {
    let (test, failing) = TestService::failing();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (_sender, shutdown) = watch::channel(());
    let router = Arc::new(Router::new(&test.service, Limits::default(), shutdown));
    let respond = |body: &'static str| {
        let state = ConnectionState::new();
        let request = Request::new(Full::new(Bytes::from(body)));
        let peer = Peer::Local(test.account);
        let response = serve(&router, request, peer, &state, TextEncoding);
        runtime.block_on(async {
            let (head, body) = response.await.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            format!("{} {}", head.status.as_u16(), String::from_utf8_lossy(&body))
        })
    };
    assert_eq!(respond("CreateUser bob"), "201 CreateUser");
    assert_eq!(respond("CreateUser bob"), "418 EntityAlreadyExists");
    assert_eq!(respond("CreateUnicorn bob"), "418 InvalidAction");
    failing.panic(true);
    assert_eq!(respond("GetUser bob"), "418 ServiceFailure");
    failing.panic(false);
    let metrics = router.metrics.encode(MetricsFormat::Prometheus);
    for line in [
        "vmfa_requests_total{action=\"CreateUser\",code=\"ok\"} 1",
        "vmfa_requests_total{action=\"CreateUser\",code=\"EntityAlreadyExists\"} 1",
        "vmfa_requests_total{action=\"unknown\",code=\"InvalidAction\"} 1",
        "vmfa_requests_total{action=\"GetUser\",code=\"ServiceFailure\"} 1",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line} is not in {metrics}");
    }
}
