//! A second encoding beside the Query encoding.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, channel},
    },
    time::Duration,
};

use http_body_util::Full;
use hyper::StatusCode;
use tokio::{
    runtime::{Builder, Runtime},
    sync::watch,
};
use vmfa_iam::{Api, Settings, find};
use vmfa_model::{AccountId, FaultKind, Value};
use vmfa_store::{Completion, Job, Read, Store};
use vmfa_testkit::{TestClock, TestService};

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
        let mut input = Record::new();
        if action.input.member("UserName").is_some() {
            input = Record::from_iter([("UserName", Value::Text(user.to_owned()))]);
        }
        Ok((Caller::local(account), Call { action, input }))
    }

    fn output(&self, action: &'static Action, _: Record, _: &str) -> FullResponse {
        text(StatusCode::CREATED, action.name)
    }

    fn refusal(&self, fault: &Fault, _: &str) -> FullResponse {
        text(StatusCode::IM_A_TEAPOT, fault.kind.code().into_owned())
    }
}

/// A router over a service, and a runtime with one worker thread.
struct World {
    router: Arc<Router>,
    account: AccountId,
    runtime: Runtime,
}

impl World {
    fn new(test: &TestService) -> Self {
        let (_, shutdown) = watch::channel(());
        let router = Arc::new(Router::new(&test.service, Limits::default(), shutdown));
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        Self { router, account: test.account, runtime }
    }

    /// Sends a request from a task of the worker thread; its status and text.
    fn send(&self, body: &'static str) -> Receiver<String> {
        let (sender, receiver) = channel();
        let (router, peer) = (Arc::clone(&self.router), Peer::Local(self.account));
        self.runtime.spawn(async move {
            let state = ConnectionState::new();
            let request = Request::new(Full::new(Bytes::from(body)));
            let response = serve(&router, request, peer, &state, TextEncoding).await;
            let (head, body) = response.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            let text = format!("{} {}", head.status.as_u16(), String::from_utf8_lossy(&body));
            sender.send(text).unwrap();
        });
        receiver
    }

    fn respond(&self, body: &'static str) -> String {
        self.send(body).recv().unwrap()
    }

    fn assert_metrics(&self, lines: &[&str]) {
        let metrics = self.router.metrics.encode(MetricsFormat::Prometheus);
        for line in lines {
            assert!(metrics.lines().any(|found| found == *line), "{line} is not in {metrics}");
        }
    }
}

type Step = Box<dyn FnOnce() + Send>;

/// A store that runs `before_read` before its next read, and may drop completions uncalled.
struct OddStore {
    store: Arc<dyn Store>,
    before_read: Arc<Mutex<Option<Step>>>,
    drops_completions: Arc<AtomicBool>,
}

impl Store for OddStore {
    fn read(
        &self,
        look: &mut dyn FnMut(&dyn Read) -> Result<(), vmfa_store::Error>,
    ) -> Result<(), vmfa_store::Error> {
        let step = self.before_read.lock().unwrap().take();
        if let Some(step) = step {
            step();
        }
        self.store.read(look)
    }

    fn reads_inline(&self) -> bool {
        true
    }

    fn write(&self, account: AccountId, job: Job, completion: Completion) {
        let drops = self.drops_completions.load(Ordering::SeqCst);
        let completion = if drops { Box::new(|_| ()) } else { completion };
        self.store.write(account, job, completion);
    }

    fn credentials_revision(&self) -> u64 {
        self.store.credentials_revision()
    }

    fn set_key_check(&self, seal: vmfa_store::Sealed) -> Result<(), vmfa_store::Error> {
        self.store.set_key_check(seal)
    }
}

/// A service on an [`OddStore`].
fn odd_service() -> (TestService, Arc<Mutex<Option<Step>>>, Arc<AtomicBool>) {
    let (before_read, drops_completions) = (Arc::default(), Arc::default());
    let control = (Arc::clone(&before_read), Arc::clone(&drops_completions));
    let wrap =
        |store| -> Arc<dyn Store> { Arc::new(OddStore { store, before_read, drops_completions }) };
    let test = TestService::with_store(TestClock::at(1_700_000_000), Settings::default(), wrap);
    (test, control.0, control.1)
}

#[test]
fn an_action_that_reads_all_users_does_not_delay_other_calls() {
    let (test, before_read, _) = odd_service();
    let world = World::new(&test);
    let (reading, is_reading) = channel();
    let (release, released) = channel::<()>();
    *before_read.lock().unwrap() = Some(Box::new(move || {
        reading.send(()).unwrap();
        let _ = released.recv();
    }));
    let report = world.send("GenerateCredentialReport bob");
    is_reading.recv().unwrap();
    let other = world.send("CreateUser bob").recv_timeout(Duration::from_secs(30));
    release.send(()).unwrap();
    assert_eq!(other.as_deref(), Ok("201 CreateUser"));
    assert_eq!(report.recv().unwrap(), "201 GenerateCredentialReport");
}

#[test]
fn a_call_whose_completion_is_lost_is_answered_and_counted() {
    let (test, _, drops_completions) = odd_service();
    let world = World::new(&test);
    drops_completions.store(true, Ordering::SeqCst);
    assert_eq!(world.respond("CreateUser bob"), "418 ServiceFailure");
    assert_eq!(world.respond("GetUser root"), "418 NoSuchEntity");
    world.assert_metrics(&[
        "vmfa_requests_total{action=\"CreateUser\",code=\"ServiceFailure\"} 1",
        "vmfa_requests_in_flight 0",
    ]);
}

#[test]
fn another_encoding_gets_the_same_audit_and_guards() {
    let (test, failing) = TestService::failing();
    let world = World::new(&test);
    let respond = |body| world.respond(body);
    assert_eq!(respond("CreateUser bob"), "201 CreateUser");
    assert_eq!(respond("CreateUser bob"), "418 EntityAlreadyExists");
    assert_eq!(respond("CreateUnicorn bob"), "418 InvalidAction");
    failing.panic(true);
    assert_eq!(respond("GetUser bob"), "418 ServiceFailure");
    failing.panic(false);
    world.assert_metrics(&[
        "vmfa_requests_total{action=\"CreateUser\",code=\"ok\"} 1",
        "vmfa_requests_total{action=\"CreateUser\",code=\"EntityAlreadyExists\"} 1",
        "vmfa_requests_total{action=\"unknown\",code=\"InvalidAction\"} 1",
        "vmfa_requests_total{action=\"GetUser\",code=\"ServiceFailure\"} 1",
    ]);
}
