//! Actions of our own, made up here, on their way through the service.

use std::sync::Arc;

use vmfa_model::{
    AccountId, Clock, Entropy, Record, Structure, Timestamp, Value,
    names::{Path, UserName},
    structure,
};
use vmfa_store::{KeyRing, sqlite::Sqlite};

use super::*;
use crate::{
    AwsAction, CallerCredentials, PermissionResource, Principal, UserIdentity, actions::find_in,
};

static MOVE_USER: Action = Action {
    name: "MoveUser",
    doc: "Gives a user the path `/moved/`.",
    access: crate::Access::Write,
    resource: PermissionResource::user(&Input::SHAPE, "UserName"),
    authorized_as: Some(AwsAction { api: Api::Iam, name: "UpdateUser" }),
    input: &Input::SHAPE,
    rule: Rule::Write(|context, record| {
        let account = context.account();
        let name = Input::from_record(record)?.name;
        Ok(Change::transaction(move |tx| {
            let user = tx.view().user(account, &name)?;
            let user = user.ok_or_else(|| crate::refuse::no_such_user(name.as_str()))?;
            let path = Path::try_from("/moved/".to_owned())?;
            tx.rename_user(account, &user.id, &user.name, &path)?;
            Ok(Record::new())
        }))
    }),
    ..Action::VMFA
};
const _: () = MOVE_USER.assert_complete();

structure! {
    struct Input {
        /// The user.
        "UserName" name: UserName,
    }
}

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(1_700_000_000)
    }
}

impl Entropy for Fixed {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(7);
    }
}

/// A service over an empty store with an account, and the caller that is its root user.
fn service(directory: &std::path::Path) -> (Service, Caller) {
    let keys = KeyRing::create(&directory.join("key"), &Fixed).unwrap();
    let store = Arc::new(Sqlite::open(&directory.join("db")).unwrap());
    let settings = Settings::default();
    let service = Service::new(store, keys, Arc::new(Fixed), Arc::new(Fixed), settings);
    let account = service.establish(AccountId::new(123_456_789_012)).unwrap().account;
    (service, Caller::local(account))
}

/// Writes nothing, and returns the thread that made its output.
static GET_THREAD: Action = Action {
    name: "GetThread",
    doc: "Returns the thread that makes the output.",
    authorized_as: Some(AwsAction { api: Api::Iam, name: "GetUser" }),
    rule: Rule::Write(|_, _| {
        let thread = || Value::Text(format!("{:?}", std::thread::current().id()));
        let output = move |()| Record::from_iter([("Thread", thread())]);
        Ok(Change::transaction(|_| Ok(())).then(output))
    }),
    ..Action::VMFA
};
const _: () = GET_THREAD.assert_complete();

#[test]
fn the_output_of_a_write_is_not_made_on_the_thread_of_the_store() {
    let directory = tempfile::tempdir().unwrap();
    let (service, root) = service(directory.path());
    let (sender, receiver) = std::sync::mpsc::channel();
    let call = Call { action: &GET_THREAD, input: Record::new() };
    let done = move |outcome| sender.send((std::thread::current().id(), outcome)).unwrap();
    service.start(&root, call, Detail::Whole, done);
    let (completed_by, outcome) = receiver.recv().unwrap();
    assert_ne!(completed_by, std::thread::current().id());
    let output = outcome.finish("request").unwrap();
    assert_eq!(output.text("Thread"), Some(&*format!("{:?}", std::thread::current().id())));
}

#[test]
fn an_action_of_our_own_is_found_validated_authorised_and_run() {
    let table: &[&'static Action] = &[&MOVE_USER];
    assert!(find_in(table, Api::Iam, "MoveUser").is_none());
    let action = find_in(table, Api::Vmfa, "MoveUser").unwrap();

    let directory = tempfile::tempdir().unwrap();
    let (service, root) = service(directory.path());
    let account = root.account;
    let call = |caller: &Caller, action: &'static Action, name: &str| {
        let input = Record::from_iter([("UserName", Value::Text(name.to_owned()))]);
        let outcome = service.call(caller, Call { action, input }, "request");
        outcome.map_err(|fault| fault.to_string())
    };
    let find = |name| crate::find(Api::Iam, name).unwrap();
    call(&root, find("CreateUser"), "bob").unwrap();
    let alice = UserIdentity {
        id: vmfa_store::UserId("AIDAALICE".to_owned()),
        name: "alice".to_owned().try_into().unwrap(),
        path: "/".to_owned().try_into().unwrap(),
    };
    let credentials = CallerCredentials::Key(vmfa_store::KeyId("AKIAIOSFODNN7EXAMPLE".to_owned()));
    let alice = Caller { account, principal: Principal::User(alice), credentials };

    let invalid = call(&root, action, "!").unwrap_err();
    assert!(invalid.starts_with("ValidationError: "), "{invalid}");
    assert_eq!(
        call(&alice, action, "bob").unwrap_err(),
        "AccessDenied: User: arn:aws:iam::123456789012:user/alice is not authorized to perform: \
         iam:UpdateUser on resource: arn:aws:iam::123456789012:user/bob because no identity-based \
         policy allows the iam:UpdateUser action"
    );
    assert!(call(&root, action, "bob").unwrap().is_empty());
    let user = call(&root, find("GetUser"), "bob").unwrap();
    let Some(Value::Structure(user)) = user.get("User") else { panic!("no user") };
    assert_eq!(user.text("Path"), Some("/moved/"));
}
