//! Accounts: a job changes no rows of another, through any method of `Write`.

use vmfa_model::AccountId;
use vmfa_otp::Step;
use vmfa_store::{
    AccessKey, Attempts, CredentialReport, DeviceFilter, DeviceId, DevicePage, Error, KeyOwner,
    LastUse, NewAccessKey, NewAccount, Read, Store, UserId, UserPage, Verdict, Write,
};

use crate::{Backend, fixtures::*};

type Change = fn(&mut dyn Write, AccountId, &Target) -> Result<(), Error>;

/// Rows of the other account.
#[derive(Clone)]
struct Target {
    user: UserId,
    assigned: DeviceId,
    unassigned: DeviceId,
    key: AccessKey,
}

/// Every method of `Write`, each on the target, as if it belonged to the account that is given.
const CHANGES: [(&str, Change); 18] = [
    ("insert_account", |tx, id, _| tx.insert_account(&NewAccount { id, created: NOW })),
    ("set_alias", |tx, account, _| {
        tx.set_alias(account, Some(&"taken".to_owned().try_into().unwrap()))
    }),
    ("insert_user", |tx, account, _| tx.insert_user(account, &user("mallory"))),
    ("rename_user", |tx, account, target| {
        let path = "/".to_owned().try_into().unwrap();
        tx.rename_user(account, &target.user, &name("mallory"), &path)
    }),
    ("set_user_tags", |tx, account, target| {
        tx.set_user_tags(account, &target.user, &[tag("k", "v")])
    }),
    ("delete_user", |tx, account, target| tx.delete_user(account, &target.user)),
    ("insert_device", |tx, account, _| {
        tx.insert_device(account, &device("/new"), u64::MAX).map(drop)
    }),
    ("assign_device", |tx, account, target| {
        tx.assign_device(account, target.unassigned, &target.user, NOW)
    }),
    ("release_device", |tx, account, target| {
        tx.release_device(account, target.assigned, &target.user)
    }),
    ("use_step", |tx, account, target| {
        tx.use_step(account, target.assigned, Step::new(9), 9).map(drop)
    }),
    ("set_device_tags", |tx, account, target| {
        tx.set_device_tags(account, target.assigned, &[tag("k", "v")])
    }),
    ("delete_device", |tx, account, target| tx.delete_device(account, target.unassigned)),
    ("set_attempts", |tx, account, _| {
        let attempts = Attempts { failures: 9, ..Attempts::default() };
        tx.set_attempts(account, &resource("/a"), &attempts)
    }),
    ("insert_access_key", |tx, account, target| {
        let owner = KeyOwner::User(target.user.clone());
        tx.insert_access_key(&NewAccessKey { account, ..key("AKIA2", &owner) })
    }),
    ("set_access_key_active", |tx, account, target| {
        tx.set_access_key_active(account, &target.key.id, false)
    }),
    ("set_last_use", |tx, account, target| {
        let [service, region] = ["iam", "us-east-1"].map(str::to_owned);
        tx.set_last_use(account, &target.key.id, &LastUse { at: NOW, service, region })
    }),
    ("delete_access_key", |tx, account, target| {
        tx.delete_access_key(&AccessKey { account, ..target.key.clone() })
    }),
    ("set_report", |tx, account, _| {
        tx.set_report(account, &CredentialReport { generated: NOW, content: "x".to_owned() })
    }),
];

/// A store whose other account has a row of each entity.
fn with_target(backend: &dyn Backend) -> (std::sync::Arc<dyn Store>, Target) {
    let (store, other) = (open(backend), other_account());
    let job = move |tx: &mut dyn Write| {
        let row = user("alice");
        tx.insert_user(other, &row)?;
        for text in ["/a", "/b"] {
            tx.insert_device(other, &device(text), u64::MAX)?;
        }
        let assigned = tx.view().device(other, &resource("/a"))?.unwrap().id;
        tx.assign_device(other, assigned, &row.id, NOW)?;
        tx.set_attempts(other, &resource("/a"), &Attempts { failures: 1, ..Attempts::default() })?;
        let owner = KeyOwner::User(row.id);
        tx.insert_access_key(&NewAccessKey { account: other, ..key("AKIA1", &owner) })?;
        tx.set_report(other, &CredentialReport { generated: NOW, content: "a".to_owned() })?;
        Ok(Verdict::Keep)
    };
    store.write_and_wait(other, Box::new(job)).unwrap();
    let target = read(&*store, |view| {
        Ok(Target {
            user: user("alice").id,
            assigned: view.device(other, &resource("/a"))?.unwrap().id,
            unassigned: view.device(other, &resource("/b"))?.unwrap().id,
            key: view.access_key(&key("AKIA1", &KeyOwner::Root).id)?.unwrap(),
        })
    });
    (store, target)
}

/// All rows of the other account.
fn rows(view: &dyn Read) -> Result<String, Error> {
    let (other, alice) = (other_account(), user("alice").id);
    let (filter, after) = (DeviceFilter::Any, DeviceId::default());
    let mut devices = Vec::new();
    view.devices(other, &DevicePage { filter, owners: true, after, limit: MANY }, &mut |row| {
        devices.push(row.resource.to_owned());
    })?;
    let whole = |text: &String| view.device(other, &resource(text));
    let devices = devices.iter().map(whole).collect::<Result<Vec<_>, _>>()?;
    let keys = [KeyOwner::User(alice), KeyOwner::Root].map(|owner| view.access_keys(other, &owner));
    let account = view.account(other)?;
    let users = view.users(other, &UserPage { after: None, limit: MANY })?;
    let (attempts, report) = (view.attempts(other, &resource("/a"))?, view.report(other)?);
    Ok(format!("{account:?} {users:?} {devices:?} {attempts:?} {keys:?} {report:?}"))
}

pub(crate) fn a_job_that_names_another_account_fails(backend: &dyn Backend) {
    let (store, target) = with_target(backend);
    let before = read(&*store, rows);
    for (method, change) in CHANGES {
        let target = target.clone();
        let outcome = write(&*store, move |tx| change(tx, other_account(), &target));
        let Err(Error::OtherAccount { own, other }) = outcome else {
            panic!("{method}: {outcome:?}")
        };
        assert_eq!((own, other), (account(), other_account()), "{method}");
        assert_eq!(read(&*store, rows), before, "{method}");
    }
}

/// Identifiers alone do not reach another account's rows, even where the job's account has a user
/// with the same one.
pub(crate) fn a_job_changes_no_rows_of_another_account(backend: &dyn Backend) {
    let (store, target) = with_target(backend);
    let before = read(&*store, rows);
    for has_same_user in [false, true] {
        for (method, change) in CHANGES {
            let target = target.clone();
            let job = move |tx: &mut dyn Write| {
                if has_same_user && tx.view().user_by_id(account(), &target.user)?.is_none() {
                    tx.insert_user(account(), &user("alice"))?;
                }
                change(tx, account(), &target).map(|()| Verdict::Keep)
            };
            // Some fail: the account has no such row.
            let _ = store.write_and_wait(account(), Box::new(job));
            assert_eq!(read(&*store, rows), before, "{method}");
        }
    }
}
