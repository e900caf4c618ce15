//! Access keys: shown once, two per user, managed by their owner, with the time of their last use.
#![expect(clippy::unwrap_used, reason = "a test ends where set-up fails")]

mod support;

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use support::{Key, START, World, show};
use vmfa_iam::{Api, Call, Caller, Principal, Service, Settings, find};
use vmfa_model::{AccountId, Clock, Entropy, Record, Timestamp, Value};
use vmfa_store::{KeyRing, sqlite::Sqlite};

const ALICE: [(&str, &str); 1] = [("UserName", "alice")];

fn with_users(names: &[&str]) -> World {
    let world = World::new();
    for name in names {
        world.call("CreateUser", &[("UserName", name)]).unwrap();
    }
    world
}

#[test]
fn a_key_is_shown_once_and_signs_until_it_is_deleted() {
    let world = with_users(&["alice"]);
    let answer = world.call("CreateAccessKey", &[("UserName", "ALICE")]).unwrap();
    let key = Key::of(&answer);
    assert_eq!((&key.id[..4], key.id.len(), key.secret.len()), ("AKIA", 20, 40));
    assert_eq!(
        show(&answer),
        format!(
            "{{AccessKey: {{UserName: alice, AccessKeyId: {}, Status: Active, \
             SecretAccessKey: SECRET, CreateDate: 2023-11-14T22:13:30Z}}}}",
            key.id
        )
    );
    assert!(!format!("{answer:?}").contains(&key.secret));
    let listed = |status| {
        format!(
            "{{AccessKeyMetadata: [{{UserName: alice, AccessKeyId: {}, Status: {status}, \
             CreateDate: 2023-11-14T22:13:30Z}}], IsTruncated: false}}",
            key.id
        )
    };
    assert_eq!(show(&world.call("ListAccessKeys", &ALICE).unwrap()), listed("Active"));
    let caller = key.authenticate(&world, Api::Iam).unwrap();
    assert_eq!(caller.arn(), "arn:aws:iam::123456789012:user/alice");

    let this = [("UserName", "alice"), ("AccessKeyId", &*key.id)];
    let set = |status| {
        let members: Vec<_> = this.into_iter().chain([("Status", status)]).collect();
        assert!(world.call("UpdateAccessKey", &members).unwrap().is_empty());
    };
    let unknown = "InvalidClientTokenId: The security token included in the request is invalid.";
    set("Inactive");
    assert_eq!(show(&world.call("ListAccessKeys", &ALICE).unwrap()), listed("Inactive"));
    assert_eq!(key.authenticate(&world, Api::Iam).unwrap_err(), unknown);
    set("Active");
    key.authenticate(&world, Api::Iam).unwrap();
    assert!(world.call("DeleteAccessKey", &this).unwrap().is_empty());
    assert_eq!(key.authenticate(&world, Api::Iam).unwrap_err(), unknown);
    assert_eq!(
        show(&world.call("ListAccessKeys", &ALICE).unwrap()),
        "{AccessKeyMetadata: [], IsTruncated: false}"
    );
}

#[test]
fn concurrent_calls_create_at_most_two_keys_for_a_user() {
    let world = with_users(&["alice"]);
    let answers: Vec<Result<Record, String>> = std::thread::scope(|scope| {
        let makers: Vec<_> =
            (0..16).map(|_| scope.spawn(|| world.call("CreateAccessKey", &ALICE))).collect();
        makers.into_iter().map(|maker| maker.join().unwrap()).collect()
    });
    let made: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
    assert_eq!((answers.len(), made.len()), (16, 2));
    for refusal in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert_eq!(refusal, "LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2");
    }
    // An inactive key counts; a deleted one makes room.
    let id = Key::of(made[0]).id;
    let this = [("UserName", "alice"), ("AccessKeyId", &*id)];
    let inactive = [this[0], this[1], ("Status", "Inactive")];
    world.call("UpdateAccessKey", &inactive).unwrap();
    let full = "LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2";
    assert_eq!(world.call("CreateAccessKey", &ALICE).unwrap_err(), full);
    world.call("DeleteAccessKey", &this).unwrap();
    world.call("CreateAccessKey", &ALICE).unwrap();
}

#[test]
fn access_key_actions_check_user_then_key_then_status() {
    let world = with_users(&["alice", "bob"]);
    let key = Key::make(&world, "alice");
    let no_user = "NoSuchEntity: The user with name carol cannot be found.";
    let no_key = |id: &str| format!("NoSuchEntity: The Access Key with id {id} cannot be found.");
    for (action, status) in [("UpdateAccessKey", Some("Expired")), ("DeleteAccessKey", None)] {
        let refusal = |user, id| {
            let status = status.map(|status| ("Status", status));
            let members = [("UserName", user), ("AccessKeyId", id)];
            let members: Vec<_> = members.into_iter().chain(status).collect();
            world.call(action, &members).unwrap_err()
        };
        assert_eq!(refusal("carol", "AKIAIOSFODNN7EXAMPLE"), no_user);
        assert_eq!(refusal("bob", "AKIAIOSFODNN7EXAMPLE"), no_key("AKIAIOSFODNN7EXAMPLE"));
        assert_eq!(refusal("bob", &key.id), no_key(&key.id), "a key of another");
    }
    let members = [("UserName", "alice"), ("AccessKeyId", &*key.id), ("Status", "Expired")];
    assert_eq!(
        world.call("UpdateAccessKey", &members).unwrap_err(),
        "InvalidInput: cannot set an access key to `Expired`; use `Inactive`"
    );
    let members = [("UserName", "alice"), ("AccessKeyId", &*key.id), ("Status", "active")];
    assert_eq!(
        world.call("UpdateAccessKey", &members).unwrap_err(),
        "ValidationError: 1 validation error detected: Value at 'status' failed to satisfy \
         constraint: Member must satisfy enum value set"
    );
    for action in ["CreateAccessKey", "ListAccessKeys"] {
        assert_eq!(world.call(action, &[("UserName", "carol")]).unwrap_err(), no_user);
    }
    key.authenticate(&world, Api::Iam).unwrap();
}

#[test]
fn the_root_must_name_a_user_and_root_keys_belong_to_none() {
    let world = with_users(&["alice"]);
    let (root, _) = world.service.new_root_key(World::account()).unwrap();
    let of_root = ("AccessKeyId", &*root.id);
    let name_it = "ValidationError: Must specify userName when calling with non-User credentials";
    let call = |action, members: &[(&str, &str)]| world.call(action, members).unwrap_err();
    assert_eq!(call("CreateAccessKey", &[]), name_it);
    assert_eq!(call("ListAccessKeys", &[]), name_it);
    assert_eq!(call("UpdateAccessKey", &[of_root, ("Status", "Inactive")]), name_it);
    assert_eq!(call("DeleteAccessKey", &[of_root]), name_it);
    assert_eq!(
        call("DeleteAccessKey", &[of_root, ("UserName", "alice")]),
        format!("NoSuchEntity: The Access Key with id {} cannot be found.", root.id)
    );
    assert_eq!(
        show(&world.call("GetAccessKeyLastUsed", &[of_root]).unwrap()),
        "{AccessKeyLastUsed: {ServiceName: N/A, Region: N/A}}"
    );
}

#[test]
fn users_manage_their_own_keys_and_no_others() {
    let world = with_users(&["alice", "bob"]);
    let bobs = Key::make(&world, "bob");
    let alice = world.user("alice");
    let call = |action, members: &[(&str, &str)]| world.call_as(&alice, action, members);

    let own = Key::of(&call("CreateAccessKey", &[]).unwrap());
    let this = ("AccessKeyId", &*own.id);
    let other = Key::of(&call("CreateAccessKey", &[("UserName", "Alice")]).unwrap());
    let listed = show(&call("ListAccessKeys", &[]).unwrap());
    assert!(listed.contains(&own.id) && listed.contains(&other.id), "{listed}");
    call("GetAccessKeyLastUsed", &[this]).unwrap();
    call("UpdateAccessKey", &[this, ("Status", "Inactive")]).unwrap();
    call("DeleteAccessKey", &[this]).unwrap();
    // Without `UserName`, only the caller's own keys are searched.
    assert_eq!(
        call("DeleteAccessKey", &[("AccessKeyId", &bobs.id)]).unwrap_err(),
        format!("NoSuchEntity: The Access Key with id {} cannot be found.", bobs.id)
    );

    let of_bob = ("AccessKeyId", &*bobs.id);
    let denied: [(&str, &[(&str, &str)]); 4] = [
        ("CreateAccessKey", &[]),
        ("ListAccessKeys", &[]),
        ("UpdateAccessKey", &[of_bob, ("Status", "Inactive")]),
        ("DeleteAccessKey", &[of_bob]),
    ];
    for (action, members) in denied {
        let members: Vec<_> = members.iter().copied().chain([("UserName", "bob")]).collect();
        assert_eq!(
            call(action, &members).unwrap_err(),
            format!(
                "AccessDenied: User: arn:aws:iam::123456789012:user/alice is not authorized to \
                 perform: iam:{action} on resource: arn:aws:iam::123456789012:user/bob because \
                 no identity-based policy allows the iam:{action} action"
            )
        );
    }
    bobs.authenticate(&world, Api::Iam).unwrap();
}

#[test]
fn a_renamed_caller_does_not_act_on_the_new_user_of_its_old_name() {
    let world = with_users(&["alice"]);
    let before = world.user("alice");
    world.call("UpdateUser", &[("UserName", "alice"), ("NewUserName", "ally")]).unwrap();
    world.call("CreateUser", &ALICE).unwrap();
    let made = world.call_as(&before, "CreateAccessKey", &ALICE).unwrap();
    assert!(show(&made).starts_with("{AccessKey: {UserName: ally,"), "{}", show(&made));
    world
        .call("DeleteAccessKey", &[("UserName", "ally"), ("AccessKeyId", &Key::of(&made).id)])
        .unwrap();
    world.call("DeleteUser", &[("UserName", "ally")]).unwrap();
    assert_eq!(
        world.call_as(&before, "CreateAccessKey", &ALICE).unwrap_err(),
        "NoSuchEntity: The user with name alice cannot be found."
    );
}

#[test]
fn the_last_use_is_shown_before_and_after_it_is_stored() {
    let world = with_users(&["alice", "bob"]);
    let key = Key::make(&world, "alice");
    let this = [("AccessKeyId", &*key.id)];
    let last_used = || show(&world.call("GetAccessKeyLastUsed", &this).unwrap());
    assert_eq!(
        last_used(),
        "{UserName: alice, AccessKeyLastUsed: {ServiceName: N/A, Region: N/A}}"
    );
    let used = |at: &str| {
        format!(
            "{{UserName: alice, AccessKeyLastUsed: {{LastUsedDate: {at}, ServiceName: iam, \
             Region: eu-west-1}}}}"
        )
    };
    world.advance(60);
    key.authenticate(&world, Api::Iam).unwrap();
    assert_eq!(last_used(), used("2023-11-14T22:14:30Z"));
    world.service.flush_uses().unwrap();
    assert_eq!(last_used(), used("2023-11-14T22:14:30Z"));
    world.advance(60);
    key.authenticate(&world, Api::Iam).unwrap();
    assert_eq!(last_used(), used("2023-11-14T22:15:30Z"), "the newer of the two");
    // A refused signature does not count as a use.
    world.advance(60);
    let wrong = Key { id: key.id.clone(), secret: "wrong".to_owned(), token: None };
    assert!(
        wrong.authenticate(&world, Api::Iam).unwrap_err().starts_with("SignatureDoesNotMatch: ")
    );
    assert_eq!(last_used(), used("2023-11-14T22:15:30Z"));
}

#[test]
fn the_last_use_of_an_unknown_key_is_denied() {
    let world = with_users(&["alice", "bob"]);
    let bobs = Key::make(&world, "bob");
    let refusal = |caller: &Caller, id: &str| {
        world.call_as(caller, "GetAccessKeyLastUsed", &[("AccessKeyId", id)]).unwrap_err()
    };
    let denied = |who: &str, id: &str| {
        format!(
            "AccessDenied: User: arn:aws:iam::123456789012:{who} is not authorized to perform \
             iam:GetAccessKeyLastUsed on resource: access key {id}"
        )
    };
    let unknown = "AKIAIOSFODNN7EXAMPLE";
    let alice = world.user("alice");
    assert_eq!(refusal(&World::root(), unknown), denied("root", unknown));
    assert_eq!(refusal(&alice, unknown), denied("user/alice", unknown));
    assert_eq!(refusal(&alice, &bobs.id), denied("user/alice", &bobs.id));
}

#[test]
fn key_pages_stay_right_when_keys_are_deleted_in_between() {
    let world = with_users(&["alice", "bob"]);
    let older = Key::make(&world, "alice");
    let newer = Key::make(&world, "alice");
    let one = ("MaxItems", "1");
    let page = world.call("ListAccessKeys", &[ALICE[0], one]).unwrap();
    let marker = ("Marker", page.text("Marker").unwrap());
    let (first, second) = (show(&page), [ALICE[0], one, marker]);
    assert!(first.contains(&older.id) && !first.contains(&newer.id), "{first}");
    assert!(first.contains("IsTruncated: true"), "{first}");
    let rest = show(&world.call("ListAccessKeys", &second).unwrap());
    assert!(rest.contains(&newer.id) && rest.ends_with("IsTruncated: false}"), "{rest}");
    world.call("DeleteAccessKey", &[ALICE[0], ("AccessKeyId", &older.id)]).unwrap();
    assert_eq!(show(&world.call("ListAccessKeys", &second).unwrap()), rest);
    assert_eq!(
        world.call("ListAccessKeys", &[("UserName", "bob"), marker]).unwrap_err(),
        "ValidationError: Invalid Marker."
    );
}

#[test]
fn an_access_key_id_that_is_taken_is_drawn_again() {
    let directory = tempfile::tempdir().unwrap();
    let entropy = Arc::new(Stutter(AtomicU8::new(0)));
    let keys = KeyRing::create(&directory.path().join("key"), &*entropy).unwrap();
    let store = Arc::new(Sqlite::open(&directory.path().join("db")).unwrap());
    let service = Service::new(store, keys, Arc::new(StoppedClock), entropy, Settings::default());
    let account = service.establish(AccountId::parse(support::ACCOUNT)).unwrap().account;
    let root = Caller::local(account);
    assert_eq!(root.principal, Principal::Root);
    let call = |action| {
        let input = [("UserName", Value::Text("alice".to_owned()))].into_iter().collect();
        let action = find(Api::Iam, action).unwrap();
        service.call(&root, Call { action, input }, "request").unwrap()
    };
    call("CreateUser");
    let first = Key::of(&call("CreateAccessKey"));
    let second = Key::of(&call("CreateAccessKey"));
    assert_ne!(first.id, second.id);
    for key in [first, second] {
        let caller = service.caller_of_key(&key.id, &key.secret).unwrap();
        assert!(caller.is_some(), "each secret can be decrypted");
    }
}

/// Yields each access key id twice.
struct Stutter(AtomicU8);

impl Entropy for Stutter {
    fn fill(&self, buffer: &mut [u8]) {
        let byte = self.0.load(Ordering::SeqCst);
        buffer.fill(byte / 2);
        if buffer.len() == 8 {
            self.0.store(byte + 1, Ordering::SeqCst);
        }
    }
}

struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(START)
    }
}

#[test]
fn a_third_root_key_replaces_the_oldest_even_within_a_second() {
    let world = World::new();
    let service = &world.service;
    let account = World::account();
    let made: Vec<_> = (0..6).map(|_| service.new_root_key(account).unwrap()).collect();
    let (keys, replaced): (Vec<_>, Vec<_>) = made.into_iter().unzip();
    assert_eq!(replaced.iter().take(2).collect::<Vec<_>>(), [&None, &None]);
    for (key, replaced) in keys.iter().zip(replaced.iter().skip(2)) {
        assert_eq!(replaced.as_ref(), Some(&key.id));
    }
    let work = keys
        .iter()
        .map(|key| service.caller_of_key(&key.id, key.secret.expose()).unwrap().is_some());
    assert_eq!(work.collect::<Vec<_>>(), [false, false, false, false, true, true]);
}
