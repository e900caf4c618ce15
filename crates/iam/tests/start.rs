//! `Service::start`: calls that do not wait for the disk.
#![expect(clippy::unwrap_used, reason = "a test ends where set-up fails")]

mod support;

use std::sync::mpsc;

use support::{Authenticator, World, pair};
use vmfa_iam::{Api, Call, CallOutcome, Detail, find};
use vmfa_model::{Fault, Record, Secret, Value};
use vmfa_store::Store as _;

struct Started(mpsc::Receiver<CallOutcome>);

impl Started {
    fn result(&self) -> Result<Record, Fault> {
        self.0.recv().unwrap().finish("request")
    }
}

/// Starts a call as the root.
fn start(world: &World, action: &str, user: &str) -> Started {
    start_with(world, action, Record::from_iter([("UserName", Value::Text(user.to_owned()))]))
}

fn start_with(world: &World, action: &str, input: Record) -> Started {
    let (sender, receiver) = mpsc::channel();
    let call = Call { action: find(Api::Iam, action).unwrap(), input };
    let done = move |outcome| sender.send(outcome).unwrap();
    world.service.start(&World::root(), call, Detail::Whole, done);
    Started(receiver)
}

#[test]
fn a_started_write_reports_once_after_its_commit() {
    let world = World::new();
    let outcome = start(&world, "CreateUser", "alice");
    let created = outcome.result().unwrap();
    assert!(created.get("User").is_some());
    assert!(outcome.0.recv().is_err(), "a call reports once");
    let mut found = false;
    let look = &mut |view: &dyn vmfa_store::Read| {
        found = view.user(World::account(), &"alice".to_owned().try_into().unwrap())?.is_some();
        Ok(())
    };
    world.store().read(look).unwrap();
    assert!(found, "another connection sees what was reported");
}

/// Starts a resync of alice's device with two codes of these steps from now.
fn resync(world: &World, device: &Authenticator, steps: [i64; 2]) -> Started {
    let codes = steps.map(|steps| device.code(world.now() + 30 * steps));
    let members = pair("alice", device, &codes[0], &codes[1]);
    let member = |(name, text): (&'static str, &str)| match name {
        "UserName" | "SerialNumber" => (name, Value::Text(text.to_owned())),
        _ => (name, Value::Secret(Secret::new(text.to_owned()))),
    };
    start_with(world, "ResyncMFADevice", members.map(member).into_iter().collect())
}

#[test]
fn codes_are_searched_again_where_the_drift_changed_before_the_transaction() {
    let world = World::new();
    let device = world.user_with_device("alice");
    let input = Record::from_iter([("UserName", Value::Text("bob".to_owned()))]);
    let call = Call { action: find(Api::Iam, "CreateUser").unwrap(), input };
    let (release, released) = mpsc::channel::<()>();
    // Holds the writer until both resyncs have searched the drift that is stored now.
    let hold = move |_| released.recv().unwrap();
    world.service.start(&World::root(), call, Detail::Whole, hold);
    let first = resync(&world, &device, [899, 900]);
    let second = resync(&world, &device, [1499, 1500]);
    release.send(()).unwrap();
    assert!(first.result().unwrap().is_empty());
    assert!(second.result().unwrap().is_empty(), "within the window of the new drift");
}

#[test]
fn a_refused_write_reports_its_fault_and_changes_nothing() {
    let world = World::new();
    world.call("CreateUser", &[("UserName", "alice")]).unwrap();
    let fault = start(&world, "CreateUser", "ALICE").result().unwrap_err();
    assert_eq!(fault.to_string(), "EntityAlreadyExists: User with name ALICE already exists.");
    let named = world.call("GetUser", &[("UserName", "alice")]).unwrap();
    let Some(Value::Structure(user)) = named.get("User") else { panic!("no user") };
    assert_eq!(user.text("UserName"), Some("alice"));
}

#[test]
fn reads_and_invalid_calls_report_before_start_returns() {
    let world = World::new();
    world.call("CreateUser", &[("UserName", "alice")]).unwrap();
    let now = |started: Started| started.0.try_recv().unwrap().finish("request");
    assert!(now(start(&world, "GetUser", "alice")).is_ok());
    let fault = now(start(&world, "CreateUser", "!")).unwrap_err();
    assert!(fault.to_string().starts_with("ValidationError: "), "{fault}");
}
