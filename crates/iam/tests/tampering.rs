//! Rows that were altered or swapped in the database file cannot be decrypted.
#![expect(clippy::unwrap_used, reason = "a test ends where its file cannot be altered")]

mod support;

use rusqlite::Connection;
use support::World;
use vmfa_iam::Caller;
use vmfa_model::{AccountId, Value};

const FAILED: &str = "ServiceFailure: internal error; see the server log for request `request`";

fn alter(world: &World, sql: &str) {
    let file = Connection::open(world.directory.path().join("db")).unwrap();
    file.pragma_update(None, "foreign_keys", false).unwrap();
    assert_ne!(file.execute(sql, []).unwrap(), 0, "{sql}");
}

#[test]
fn a_seed_moved_to_another_row_cannot_be_decrypted() {
    let world = World::new();
    world.call("CreateUser", &[("UserName", "alice")]).unwrap();
    let (mine, theirs) = (world.device("mine"), world.device("theirs"));
    alter(
        &world,
        "UPDATE device SET seed = (SELECT seed FROM device WHERE resource = '/mine')
         WHERE resource = '/theirs'",
    );
    // Neither the codes of the moved seed nor those of the original are accepted.
    let (first, second) = (mine.code(world.now() - 30), mine.code(world.now()));
    assert_eq!(world.enable_with("alice", &theirs, &first, &second).unwrap_err(), FAILED);
    assert_eq!(world.enable("alice", &theirs).unwrap_err(), FAILED);
    world.enable("alice", &mine).unwrap();
}

#[test]
fn a_seed_cannot_be_decrypted_after_its_row_was_altered() {
    for change in [
        "UPDATE device SET resource = '/other' WHERE resource = '/alice'",
        "UPDATE device SET generation = generation + 1",
        "UPDATE device SET seed = CAST(substr(seed, 1, length(seed) - 1) || x'00' AS BLOB)",
        "UPDATE device SET seed = x''",
    ] {
        let world = World::new();
        world.call("CreateUser", &[("UserName", "alice")]).unwrap();
        let mut device = world.device("alice");
        alter(&world, change);
        if change.contains("/other") {
            device.serial = device.serial.replace("/alice", "/other");
        }
        assert_eq!(world.enable("alice", &device).unwrap_err(), FAILED, "{change}");
    }
}

#[test]
fn a_seed_moved_to_another_account_cannot_be_decrypted() {
    let world = World::new();
    world.call("CreateUser", &[("UserName", "alice")]).unwrap();
    let mut device = world.device("alice");
    alter(&world, "UPDATE account SET id = 999999999999");
    for table in ["user", "device"] {
        alter(&world, &format!("UPDATE {table} SET account = 999999999999"));
    }
    device.serial = device.serial.replace(support::ACCOUNT, "999999999999");
    let root = Caller::local(AccountId::parse("999999999999").unwrap());
    let (first, second) = (device.code(world.now() - 30), device.code(world.now()));
    let pair = support::pair("alice", &device, &first, &second);
    assert_eq!(world.call_as(&root, "EnableMFADevice", &pair).unwrap_err(), FAILED);
}

#[test]
fn a_users_secret_moved_to_a_root_key_cannot_be_decrypted() {
    let world = World::new();
    let established = world.service.establish(None).unwrap();
    let (root, _) = world.service.new_root_key(established.account).unwrap();
    world.call("CreateUser", &[("UserName", "alice")]).unwrap();
    let answer = world.call("CreateAccessKey", &[("UserName", "alice")]).unwrap();
    let Some(Value::Structure(key)) = answer.get("AccessKey") else { panic!("no key") };
    let Some(Value::Secret(alices)) = key.get("SecretAccessKey") else { panic!("no secret") };
    alter(
        &world,
        "UPDATE access_key SET secret = (SELECT secret FROM access_key WHERE owner IS NOT NULL)
         WHERE owner IS NULL",
    );
    // Without the binding to its row, alice's secret would make her the root.
    for secret in [alices.expose(), root.secret.expose()] {
        let refused = world.service.caller_of_key(&root.id, secret).unwrap_err();
        assert_eq!(refused.into_fault("request").to_string(), FAILED);
    }
}
