//! Failures of the store, as a client sees them: nothing is changed, AWS's error, and the cause in
//! the log. The log is one per process: hence a test binary of its own.
#![expect(clippy::unwrap_used, reason = "a test ends where set-up fails")]

use std::{
    io,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use vmfa_testkit::{Client, Failing, Failure, Harness, StoreCalls, TestResponse, TestService};

const ALICE: (&str, &str) = ("UserName", "alice");

/// The log of this process.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn of_this_process() -> Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        let start = || {
            let log = Self::default();
            let writer = log.clone();
            let subscriber = tracing_subscriber::fmt().with_ansi(false);
            let subscriber = subscriber.with_writer(move || writer.clone()).finish();
            tracing::subscriber::set_global_default(subscriber).unwrap();
            log
        };
        LOG.get_or_init(start).clone()
    }

    fn error_of(&self, request: &str) -> Option<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let line = text.lines().find(|line| line.contains("ERROR") && line.contains(request))?;
        Some(line.to_owned())
    }
}

/// A server on a store that fails on demand, with the user `alice` and an unassigned device.
struct World {
    server: Harness,
    failing: Arc<Failing>,
    client: Client,
    log: Log,
    serial: String,
    seed: String,
}

impl World {
    fn new() -> Self {
        let log = Log::of_this_process();
        let (test, failing) = TestService::failing();
        let server = Harness::serve(test, |_| {});
        let mut client = server.client();
        assert_eq!(client.iam("CreateUser", &[ALICE]).outcome(), "200");
        let device = client.iam("CreateVirtualMFADevice", &[("VirtualMFADeviceName", "phone")]);
        let [serial, seed] = ["SerialNumber", "Base32StringSeed"]
            .map(|name| device.element(name).unwrap().to_owned());
        Self { server, failing, client, log, serial, seed }
    }

    /// Two valid codes of the device.
    fn codes(&self) -> [String; 2] {
        // A seed in XML is Base64 of its Base32 form.
        let seed = data_encoding::BASE64.decode(self.seed.as_bytes()).unwrap();
        let seed = String::from_utf8(seed).unwrap();
        [0, 1].map(|step| self.server.code(&seed, step))
    }

    fn enable(&mut self) -> TestResponse {
        let [first, second] = self.codes();
        let serial = self.serial.clone();
        self.client.iam(
            "EnableMFADevice",
            &[
                ALICE,
                ("SerialNumber", &serial),
                ("AuthenticationCode1", &first),
                ("AuthenticationCode2", &second),
            ],
        )
    }

    /// Checks that a call failed as AWS's do, changed no `before`, and logged `cause`.
    fn check_failure(&self, answer: &TestResponse, failure: Failure, before: &str) {
        let (outcome, cause) = match failure {
            Failure::DiskFull => ("503 ServiceUnavailable", "database or disk is full"),
            Failure::Damaged => ("500 ServiceFailure", "database disk image is malformed"),
        };
        assert_eq!(answer.outcome(), outcome);
        assert_eq!(self.server.test.rows(), before);
        let request = answer.header("x-amzn-requestid").unwrap();
        assert!(answer.element("Message").unwrap().contains(request));
        let logged = self.log.error_of(request).unwrap();
        assert!(logged.contains(&format!("database error: {cause}")), "{logged}");
    }
}

/// Fails each statement of a call in turn, until the call succeeds. Returns what that call ran.
fn fail_each_statement(failure: Failure, call: impl Fn(&mut World) -> TestResponse) -> StoreCalls {
    let mut world = World::new();
    let before = world.server.test.rows();
    for statement in 1.. {
        world.failing.take_calls();
        world.failing.fail_statement(Some((statement, failure)));
        let answer = call(&mut world);
        world.failing.fail_statement(None);
        let calls = world.failing.take_calls();
        if calls.failures == 0 {
            assert_eq!(answer.outcome(), "200");
            assert_ne!(world.server.test.rows(), before);
            assert_eq!(statement - 1, calls.reads + calls.writes, "each statement failed once");
            return calls;
        }
        world.check_failure(&answer, failure, &before);
    }
    unreachable!()
}

#[test]
fn a_failure_of_any_statement_changes_nothing() {
    for failure in [Failure::Damaged, Failure::DiskFull] {
        let enable = fail_each_statement(failure, World::enable);
        // Reads before and in the transaction; attempts, step and owner.
        assert!(enable.reads > 3 && enable.writes > 2, "{enable:?}");
        let create =
            fail_each_statement(failure, |world| world.client.iam("CreateAccessKey", &[ALICE]));
        assert!(create.reads > 1 && create.writes > 0, "{create:?}");
    }
}

#[test]
fn a_failed_commit_changes_nothing() {
    for failure in [Failure::Damaged, Failure::DiskFull] {
        let mut world = World::new();
        let before = world.server.test.rows();
        world.failing.fail_commits(Some(failure));
        let answer = world.enable();
        world.check_failure(&answer, failure, &before);
        world.failing.fail_commits(None);
        assert_eq!(world.enable().outcome(), "200", "the codes are not used up");
    }
}

#[test]
fn an_outcome_that_is_lost_after_the_commit_fails_the_call_alone() {
    let mut world = World::new();
    world.failing.lose_outcomes(true);
    let answer = world.client.iam("CreateUser", &[("UserName", "bob")]);
    assert_eq!(answer.outcome(), "500 ServiceFailure");
    let request = answer.header("x-amzn-requestid").unwrap();
    let logged = world.log.error_of(request).unwrap();
    assert!(logged.contains("the call has no outcome"), "{logged}");
    world.failing.lose_outcomes(false);
    let bob = world.client.iam("GetUser", &[("UserName", "bob")]);
    assert_eq!(bob.outcome(), "200", "the write is durable");
    let carol = world.client.iam("CreateUser", &[("UserName", "carol")]);
    assert_eq!(carol.outcome(), "200", "the writer thread lives");
}

#[test]
fn a_store_that_cannot_be_read_or_written_fails_calls_alone() {
    let mut world = World::new();
    let before = world.server.test.rows();
    world.failing.fail(true);
    let read = world.client.iam("ListUsers", &[]);
    world.check_failure(&read, Failure::Damaged, &before);
    let write = world.client.iam("DeleteUser", &[ALICE]);
    world.check_failure(&write, Failure::Damaged, &before);
    world.failing.fail(false);
    assert_eq!(world.client.iam("ListUsers", &[]).outcome(), "200");
}

/// A user's life, with what each action takes; the outcomes.
fn story(world: &mut World) -> Vec<(&'static str, String, StoreCalls)> {
    let (mut steps, serial) = (Vec::new(), world.serial.clone());
    let serial = ("SerialNumber", &*serial);
    world.failing.take_calls();
    let mut call = |world: &mut World,
                    action,
                    answer: fn(&mut World, &[(&str, &str)]) -> TestResponse,
                    parameters: &[(&str, &str)]| {
        let answer = answer(world, parameters);
        steps.push((action, answer.outcome(), world.failing.take_calls()));
        answer
    };
    macro_rules! call {
        ($action:literal $(, $parameter:expr)*) => {
            call(
                world,
                $action,
                |world, parameters| world.client.iam($action, parameters),
                &[$($parameter),*],
            )
        };
    }
    call!("CreateUser", ("UserName", "bob"));
    call!("CreateUser", ("UserName", "BOB"));
    call!("GetUser", ALICE);
    call!("ListUsers");
    call!("TagUser", ALICE, ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v"));
    call!("ListUserTags", ALICE);
    call!("CreateVirtualMFADevice", ("VirtualMFADeviceName", "tablet"));
    call!("CreateVirtualMFADevice", ("VirtualMFADeviceName", "tablet"));
    call(world, "EnableMFADevice", |world, _| world.enable(), &[]);
    call(world, "EnableMFADevice again", |world, _| world.enable(), &[]);
    call!("GetMFADevice", ALICE, serial);
    call!("ListMFADevices", ALICE);
    call!("ListVirtualMFADevices");
    let wrong = [("AuthenticationCode1", "000000"), ("AuthenticationCode2", "000001")];
    call!("ResyncMFADevice", ALICE, serial, wrong[0], wrong[1]);
    let key = call!("CreateAccessKey", ALICE);
    let id = key.element("AccessKeyId").unwrap().to_owned();
    call!("UpdateAccessKey", ALICE, ("AccessKeyId", &id), ("Status", "Inactive"));
    call!("ListAccessKeys", ALICE);
    call!("GetAccessKeyLastUsed", ("AccessKeyId", &id));
    call!("CreateAccountAlias", ("AccountAlias", "example"));
    call!("GetAccountSummary");
    call!("GenerateCredentialReport");
    call!("DeleteUser", ALICE);
    call!("DeactivateMFADevice", ALICE, serial);
    call!("DeleteVirtualMFADevice", serial);
    call!("DeleteAccessKey", ALICE, ("AccessKeyId", &id));
    call!("DeleteUser", ALICE);
    steps
}

/// Rows but for random identifiers.
fn comparable(rows: &str) -> Vec<&str> {
    let is_random = |line: &&str| ["AIDA", "AKIA", "generation"].iter().any(|id| line.contains(id));
    rows.lines().filter(|line| !is_random(line)).collect()
}

#[test]
fn a_job_that_runs_twice_has_the_effect_of_one_run() {
    let mut once = World::new();
    let mut twice = World::new();
    twice.failing.rerun_jobs(true);
    let outcomes = |steps: Vec<(&'static str, String, StoreCalls)>| -> Vec<_> {
        steps.into_iter().map(|(action, outcome, _)| (action, outcome)).collect()
    };
    assert_eq!(outcomes(story(&mut twice)), outcomes(story(&mut once)));
    let (once, twice) = (once.server.test.rows(), twice.server.test.rows());
    assert_eq!(comparable(&twice), comparable(&once));
}

/// Prints what each action asks of the store (`--no-capture`): over a network, each is a round
/// trip.
#[test]
fn an_action_has_one_transaction_at_most() {
    println!("{:28}{:>6}{:>6}{:>14}{:>8}", "action", "views", "reads", "transactions", "writes");
    for (action, outcome, calls) in story(&mut World::new()) {
        let StoreCalls { views, reads, transactions, writes, .. } = calls;
        println!("{action:28}{views:>6}{reads:>6}{transactions:>14}{writes:>8}  {outcome}");
        assert!(transactions <= 1, "{action}: {calls:?}");
        assert!(views + reads + writes > 0, "{action} was not counted");
    }
}
