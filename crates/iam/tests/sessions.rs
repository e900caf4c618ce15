//! Sessions: what their tokens carry, and what ends them.
#![expect(clippy::unwrap_used, reason = "a test ends where set-up fails")]

mod support;

use support::{Key, World};
use vmfa_iam::{Api, Caller, CallerCredentials, Principal};
use vmfa_model::Timestamp;

const UNKNOWN: &str =
    "InvalidClientTokenId: The security token included in the request is invalid.";
const EXPIRED: &str = "ExpiredToken: The security token included in the request is expired";

/// Alice by her access key, which is returned too.
fn alice(world: &World) -> (Key, Caller) {
    let key = Key::make(world, "alice");
    let caller = key.authenticate(world, Api::Sts).unwrap();
    (key, caller)
}

fn session(world: &World, caller: &Caller, members: &[(&str, &str)]) -> Key {
    Key::of_session(&world.call_as(caller, "GetSessionToken", members).unwrap())
}

#[test]
fn a_session_is_its_user_with_the_time_of_mfa() {
    let world = World::new();
    let device = world.user_with_device("alice");
    let (_, caller) = alice(&world);
    let code = device.code(world.now() + 30);
    let mfa = [("SerialNumber", &*device.serial), ("TokenCode", &*code)];
    let given = world.now();
    let session = session(&world, &caller, &mfa);
    world.advance(60);
    for api in Api::ALL {
        let by_session = session.authenticate(&world, api).unwrap();
        assert_eq!(by_session.principal, caller.principal);
        let mfa = Some(Timestamp::from_unix(given));
        assert_eq!(by_session.credentials, CallerCredentials::Session { mfa });
    }
}

#[test]
fn a_session_without_mfa_may_call_sts_only() {
    let world = World::new();
    world.call("CreateUser", &[("UserName", "alice")]).unwrap();
    let (_, caller) = alice(&world);
    let session = session(&world, &caller, &[]);
    let by_session = session.authenticate(&world, Api::Sts).unwrap();
    assert_eq!(by_session.credentials, CallerCredentials::Session { mfa: None });
    assert_eq!(session.authenticate(&world, Api::Iam).unwrap_err(), UNKNOWN);
}

#[test]
fn a_session_ends_with_its_duration_and_with_its_access_key() {
    let world = World::new();
    world.call("CreateUser", &[("UserName", "alice")]).unwrap();
    let (key, caller) = alice(&world);
    let short = session(&world, &caller, &[("DurationSeconds", "900")]);
    let long = session(&world, &caller, &[]);
    world.advance(899);
    short.authenticate(&world, Api::Sts).unwrap();
    world.advance(1);
    assert_eq!(short.authenticate(&world, Api::Sts).unwrap_err(), EXPIRED);

    let this = [("UserName", "alice"), ("AccessKeyId", &*key.id)];
    let set = |status| {
        world.call("UpdateAccessKey", &[this[0], this[1], ("Status", status)]).unwrap();
    };
    set("Inactive");
    assert_eq!(long.authenticate(&world, Api::Sts).unwrap_err(), UNKNOWN);
    set("Active");
    long.authenticate(&world, Api::Sts).unwrap();
    world.call("DeleteAccessKey", &this).unwrap();
    assert_eq!(long.authenticate(&world, Api::Sts).unwrap_err(), UNKNOWN);
}

#[test]
fn a_token_is_bound_to_its_key_and_its_secret() {
    let world = World::new();
    world.call("CreateUser", &[("UserName", "alice")]).unwrap();
    let (_, caller) = alice(&world);
    let (one, other) = (session(&world, &caller, &[]), session(&world, &caller, &[]));
    let mut altered = one.token.clone().unwrap();
    let other_letter = if &altered[40..=40] == "A" { "B" } else { "A" };
    altered.replace_range(40..=40, other_letter);
    for (id, secret, token, expected) in [
        (&one.id, &one.secret, one.token.clone(), "OK"),
        (&other.id, &other.secret, one.token.clone(), UNKNOWN),
        (&one.id, &one.secret, Some(altered), UNKNOWN),
        (&one.id, &one.secret, Some(String::new()), UNKNOWN),
        (&one.id, &one.secret, None, UNKNOWN),
        (&one.id, &other.secret, one.token.clone(), "SignatureDoesNotMatch"),
    ] {
        let key = Key { id: id.clone(), secret: secret.clone(), token };
        let outcome =
            key.authenticate(&world, Api::Sts).map_or_else(|fault| fault, |_| "OK".into());
        assert!(outcome.starts_with(expected), "{outcome}");
    }
}

#[test]
fn a_session_of_the_local_root_has_no_access_key_to_end_it() {
    let world = World::new();
    let session = session(&world, &World::root(), &[]);
    let caller = session.authenticate(&world, Api::Sts).unwrap();
    assert_eq!((caller.account, caller.principal), (World::account(), Principal::Root));
}
