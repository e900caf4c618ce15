//! `Service::start`: calls that do not wait for the disk.

mod support;

use std::sync::mpsc;

use support::World;
use vmfa_iam::{Api, Call, Detail, find};
use vmfa_model::{Fault, Record, Value};
use vmfa_store::Store as _;

/// Starts a call as the root, and gives what receives its outcome.
fn start(world: &World, action: &str, user: &str) -> mpsc::Receiver<Result<Record, Fault>> {
    let (sender, receiver) = mpsc::channel();
    let input = Record::from_iter([("UserName", Value::Text(user.to_owned()))]);
    let call = Call { action: find(Api::Iam, action).unwrap(), input };
    let done = move |outcome| sender.send(outcome).unwrap();
    world.service.start(&World::root(), call, Detail::Whole, "request", done);
    receiver
}

#[test]
fn a_started_write_reports_once_after_its_commit() {
    let world = World::new();
    let outcome = start(&world, "CreateUser", "alice");
    let created = outcome.recv().unwrap().unwrap();
    assert!(created.get("User").is_some());
    assert!(outcome.recv().is_err(), "a call reports once");
    let mut found = false;
    let look = &mut |view: &dyn vmfa_store::Read| {
        found = view.user(World::account(), "alice")?.is_some();
        Ok(())
    };
    world.store().read(look).unwrap();
    assert!(found, "another connection sees what was reported");
}

#[test]
fn a_refused_write_reports_its_fault_and_changes_nothing() {
    let world = World::new();
    world.call("CreateUser", &[("UserName", "alice")]).unwrap();
    let fault = start(&world, "CreateUser", "ALICE").recv().unwrap().unwrap_err();
    assert_eq!(fault.to_string(), "EntityAlreadyExists: User with name ALICE already exists.");
    let named = world.call("GetUser", &[("UserName", "alice")]).unwrap();
    let Some(Value::Structure(user)) = named.get("User") else { panic!("no user") };
    assert_eq!(user.text("UserName"), Some("alice"));
}

#[test]
fn reads_and_invalid_calls_report_before_start_returns() {
    let world = World::new();
    world.call("CreateUser", &[("UserName", "alice")]).unwrap();
    assert!(start(&world, "GetUser", "alice").try_recv().unwrap().is_ok());
    let fault = start(&world, "CreateUser", "!").try_recv().unwrap().unwrap_err();
    assert!(fault.to_string().starts_with("ValidationError: "), "{fault}");
}
