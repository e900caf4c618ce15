//! Users: names, order, counts.

use vmfa_store::{KeyOwner, Store, UserPage};

use crate::{Backend, fixtures::*};

fn names(store: &dyn Store, after: Option<&str>, limit: usize) -> Vec<String> {
    let after = after.map(name);
    let page = UserPage { after: after.as_ref(), limit };
    let users = read(store, |view| view.users(account(), &page));
    users.iter().map(|user| user.name.to_string()).collect()
}

pub(crate) fn users_are_listed_by_name_without_regard_to_case(backend: &dyn Backend) {
    let store = open(backend);
    for text in ["carol", "Bob", "alice", "_d", "Dave"] {
        insert_user(&*store, text);
    }
    assert_eq!(names(&*store, None, MANY), ["_d", "alice", "Bob", "carol", "Dave"]);
    assert_eq!(names(&*store, None, 2), ["_d", "alice"]);
    assert_eq!(names(&*store, Some("ALICE"), 2), ["Bob", "carol"]);
    assert_eq!(names(&*store, Some("cz"), MANY), ["Dave"], "it need not exist");
    assert_eq!(names(&*store, Some("dave"), MANY), Vec::<String>::new());
}

pub(crate) fn names_are_unique_without_regard_to_case(backend: &dyn Backend) {
    let store = open(backend);
    insert_user(&*store, "alice");
    let mut same = user("ALICE");
    assert!(read(&*store, |view| Ok(view.user(account(), &name("Alice"))?.is_some())));
    same.id.0.push('2');
    assert!(write(&*store, move |tx| tx.insert_user(account(), &same)).is_err());
    assert_eq!(names(&*store, None, MANY), ["alice"]);
    let bob = insert_user(&*store, "bob");
    let path = "/".to_owned().try_into().unwrap();
    assert!(
        write(&*store, move |tx| tx.rename_user(account(), &bob, &name("aLice"), &path)).is_err()
    );
    assert_eq!(names(&*store, None, MANY), ["alice", "bob"]);
}

pub(crate) fn a_renamed_user_keeps_all_but_its_name_and_path(backend: &dyn Backend) {
    let store = open(backend);
    let id = insert_user(&*store, "alice");
    let owner = KeyOwner::User(id.clone());
    insert_key(&*store, "AKIA1", &owner);
    let renamed = id.clone();
    let path: vmfa_model::names::Path = "/ops/".to_owned().try_into().unwrap();
    let to = path.clone();
    write(&*store, move |tx| tx.rename_user(account(), &renamed, &name("Zoe"), &to)).unwrap();
    let found = read(&*store, |view| Ok(view.user(account(), &name("zoe"))?.unwrap()));
    assert_eq!((found.id, found.name, found.path), (id.clone(), name("Zoe"), path));
    assert_eq!((found.created, found.access_keys), (NOW, 1));
    assert!(!read(&*store, |view| exists(view, "alice")));
    let by_id = read(&*store, |view| Ok(view.user_by_id(account(), &id)?.unwrap()));
    assert_eq!(by_id.name, name("Zoe"));
}

pub(crate) fn tags_keep_their_order(backend: &dyn Backend) {
    let store = open(backend);
    let mut row = user("alice");
    row.tags = vec![tag("z", "1"), tag("a", "ü @=")];
    write(&*store, move |tx| tx.insert_user(account(), &row)).unwrap();
    let tags = || read(&*store, |view| Ok(view.user(account(), &name("alice"))?.unwrap().tags));
    assert_eq!(pairs(&tags()), [("z", "1"), ("a", "ü @=")]);
    for new in [vec![tag("a", "2"), tag("z", "")], Vec::new()] {
        let set = new.clone();
        write(&*store, move |tx| tx.set_user_tags(account(), &user("alice").id, &set)).unwrap();
        assert_eq!(pairs(&tags()), pairs(&new));
    }
}

pub(crate) fn counts_follow_what_they_count(backend: &dyn Backend) {
    let store = open(backend);
    let id = insert_user(&*store, "alice");
    let counts = || {
        read(&*store, |view| {
            let user = view.user(account(), &name("alice"))?.unwrap();
            Ok((view.account(account())?.unwrap().users, user.devices, user.access_keys))
        })
    };
    let device = insert_device(&*store, "/a");
    let key = insert_key(&*store, "AKIA1", &KeyOwner::User(id.clone()));
    let owner = id.clone();
    write(&*store, move |tx| tx.assign_device(account(), device, &owner, NOW)).unwrap();
    assert_eq!(counts(), (1, 1, 1));
    let owner = id.clone();
    write(&*store, move |tx| tx.release_device(account(), device, &owner)).unwrap();
    write(&*store, move |tx| tx.delete_access_key(&key)).unwrap();
    assert_eq!(counts(), (1, 0, 0));
    write(&*store, move |tx| tx.delete_user(account(), &id)).unwrap();
    let left = read(&*store, |view| Ok(view.account(account())?.unwrap().users));
    assert_eq!((left, names(&*store, None, MANY).len()), (0, 0));
    assert_eq!(read(&*store, |view| Ok(view.account(other_account())?.unwrap().users)), 0);
}
