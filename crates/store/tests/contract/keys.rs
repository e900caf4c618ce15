//! Access keys, their uses, credential reports.

use vmfa_store::{CredentialReport, KeyId, KeyOwner, LastUse, Store, Write};

use crate::{Backend, fixtures::*};

type Change = Box<dyn FnMut(&mut dyn Write) -> Result<(), vmfa_store::Error> + Send>;

fn ids(store: &dyn Store, owner: &KeyOwner) -> Vec<String> {
    let keys = read(store, |view| view.access_keys(account(), owner));
    assert!(keys.is_sorted_by_key(|key| key.ordinal));
    keys.into_iter().map(|key| key.id.0).collect()
}

pub(crate) fn keys_are_listed_by_owner_oldest_first(backend: &dyn Backend) {
    let store = open(backend);
    let alice = KeyOwner::User(insert_user(&*store, "alice"));
    insert_key(&*store, "AKIA9", &alice);
    insert_key(&*store, "AKIA5", &KeyOwner::Root);
    let newest = insert_key(&*store, "AKIA1", &alice);
    assert_eq!(ids(&*store, &alice), ["AKIA9", "AKIA1"]);
    assert_eq!(ids(&*store, &KeyOwner::Root), ["AKIA5"]);
    write(&*store, move |tx| tx.delete_access_key(&newest)).unwrap();
    assert_eq!(ids(&*store, &alice), ["AKIA9"]);
}

pub(crate) fn a_key_is_found_without_its_account(backend: &dyn Backend) {
    let store = open(backend);
    let alice = KeyOwner::User(insert_user(&*store, "alice"));
    let key = insert_key(&*store, "AKIA1", &alice);
    assert_eq!((key.account, &key.owner, key.active), (account(), &alice, true));
    assert_eq!((key.secret.as_bytes(), key.created), (&b"AKIA1"[..], NOW));
    assert_eq!(key.last_use, None);
    let other = KeyId("akia1".to_owned());
    assert!(read(&*store, |view| view.access_key(&other)).is_none());
}

pub(crate) fn an_identifier_of_a_key_is_unique(backend: &dyn Backend) {
    let store = open(backend);
    let alice = KeyOwner::User(insert_user(&*store, "alice"));
    insert_key(&*store, "AKIA1", &alice);
    let same = key("AKIA1", &KeyOwner::Root);
    assert!(write(&*store, move |tx| tx.insert_access_key(&same)).is_err());
    assert!(ids(&*store, &KeyOwner::Root).is_empty());
}

pub(crate) fn uses_are_noted_for_keys_of_that_account_alone(backend: &dyn Backend) {
    let store = open(backend);
    let key = insert_key(&*store, "AKIA1", &KeyOwner::Root).id;
    let last_use = |region: &str| LastUse {
        at: NOW.plus(60),
        service: "sts".to_owned(),
        region: region.to_owned(),
    };
    let noted = || read(&*store, |view| Ok(view.access_key(&key)?.unwrap().last_use));
    let unknown = KeyId("AKIA0".to_owned());
    let uses = vec![(unknown, last_use("none")), (key.clone(), last_use("us-east-1"))];
    store.note_use(account(), uses).unwrap();
    assert_eq!(noted(), Some(last_use("us-east-1")));
    store.note_use(other_account(), vec![(key.clone(), last_use("eu-west-1"))]).unwrap();
    assert_eq!(noted(), Some(last_use("us-east-1")));
}

pub(crate) fn changes_of_credentials_raise_the_revision(backend: &dyn Backend) {
    let store = open(backend);
    let alice = insert_user(&*store, "alice");
    let mut revision = store.credentials_revision();
    let mut raised = |job: Change| {
        write(&*store, job).unwrap();
        let before = std::mem::replace(&mut revision, store.credentials_revision());
        revision > before
    };
    let owner = KeyOwner::User(alice.clone());
    assert!(raised(Box::new(move |tx| tx.insert_access_key(&key("AKIA1", &owner)))));
    let id = KeyId("AKIA1".to_owned());
    assert!(raised(Box::new(move |tx| tx.set_access_key_active(account(), &id, false))));
    let id = alice.clone();
    assert!(raised(Box::new(move |tx| {
        tx.rename_user(account(), &id, &name("zoe"), &"/".to_owned().try_into().unwrap())
    })));
    assert!(raised(Box::new(|tx| {
        let key = tx.view().access_key(&KeyId("AKIA1".to_owned()))?.unwrap();
        assert!(!key.active);
        tx.delete_access_key(&key)
    })));
    assert!(raised(Box::new(move |tx| tx.delete_user(account(), &alice))));
}

pub(crate) fn an_account_has_one_report(backend: &dyn Backend) {
    let store = open(backend);
    for content in ["first", "second"] {
        let report = CredentialReport { generated: NOW, content: content.to_owned() };
        write(&*store, move |tx| tx.set_report(account(), &report)).unwrap();
        let found = read(&*store, |view| Ok(view.report(account())?.unwrap()));
        assert_eq!((found.generated, &*found.content), (NOW, content));
    }
    assert!(read(&*store, |view| view.report(other_account())).is_none());
}
