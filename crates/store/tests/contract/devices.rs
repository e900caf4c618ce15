//! Devices: quotas, steps, lists.

use std::{sync::Barrier, thread};

use vmfa_otp::Step;
use vmfa_store::{
    Attempts, DeviceFilter, DeviceId, DeviceInsertion, DevicePage, Store, UserId, Verdict,
};

use crate::{Backend, fixtures::*};

/// Runs 64 writers that begin together; their results.
fn race<T: Send>(writer: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(WRITERS);
    thread::scope(|scope| {
        let (barrier, writer) = (&barrier, &writer);
        let start = |number| {
            scope.spawn(move || {
                barrier.wait();
                writer(number)
            })
        };
        let writers: Vec<_> = (0..WRITERS).map(start).collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    })
}

/// Inserts a device as a rule does: what is refused is rolled back.
fn try_insert(store: &dyn Store, text: &str, quota: u64) -> DeviceInsertion {
    let row = device(text);
    let (sender, receiver) = std::sync::mpsc::channel();
    let job = move |tx: &mut dyn vmfa_store::Write| {
        let outcome = tx.insert_device(account(), &row, quota)?;
        sender.send(outcome).unwrap();
        let is_inserted = matches!(outcome, DeviceInsertion::Inserted(_));
        Ok(if is_inserted { Verdict::Keep } else { Verdict::Undo })
    };
    store.write_and_wait(account(), Box::new(job)).unwrap();
    receiver.iter().last().unwrap()
}

fn count(store: &dyn Store) -> (u64, u64) {
    let account = read(store, |view| Ok(view.account(account())?.unwrap()));
    (account.devices, account.devices_in_use)
}

pub(crate) fn the_quota_holds_under_64_writers(backend: &dyn Backend) {
    let store = open(backend);
    let outcomes = race(|number| try_insert(&*store, &format!("/{number}"), 10));
    let is_full = |outcome: &&DeviceInsertion| **outcome == DeviceInsertion::QuotaReached;
    assert_eq!(outcomes.iter().filter(is_full).count(), WRITERS - 10);
    assert_eq!((count(&*store).0, every_device(&*store).len()), (10, 10));
}

pub(crate) fn one_of_64_writers_gets_a_name(backend: &dyn Backend) {
    let store = open(backend);
    let outcomes = race(|_| try_insert(&*store, "/a", u64::MAX));
    let is_taken = |outcome: &&DeviceInsertion| **outcome == DeviceInsertion::Taken;
    assert_eq!(outcomes.iter().filter(is_taken).count(), WRITERS - 1);
    assert_eq!((count(&*store).0, every_device(&*store).len()), (1, 1));
}

fn use_step(store: &dyn Store, id: DeviceId, step: i64, drift: i64) -> bool {
    write(store, move |tx| tx.use_step(account(), id, Step::new(step), drift)).unwrap()
}

pub(crate) fn a_step_is_used_once_under_racing_writers(backend: &dyn Backend) {
    let store = open(backend);
    let id = insert_device(&*store, "/a");
    for step in 0..5 {
        let used = race(|_| use_step(&*store, id, step, 0));
        assert_eq!(used.iter().filter(|used| **used).count(), 1, "step {step}");
    }
}

pub(crate) fn steps_only_rise_and_drift_changes_with_them(backend: &dyn Backend) {
    let store = open(backend);
    let id = insert_device(&*store, "/a");
    let state = |store: &dyn Store| {
        let device = read(store, |view| Ok(view.device(account(), &resource("/a"))?.unwrap()));
        (device.last_step.map(Step::get), device.drift)
    };
    assert_eq!(state(&*store), (None, 0));
    for (step, drift, used, after) in [
        (-5, 1, true, (Some(-5), 1)),
        (-5, 2, false, (Some(-5), 1)),
        (7, -3, true, (Some(7), -3)),
        (6, 9, false, (Some(7), -3)),
        (8, 0, true, (Some(8), 0)),
    ] {
        assert_eq!(use_step(&*store, id, step, drift), used, "step {step}");
        assert_eq!(state(&*store), after);
    }
}

fn assign(store: &dyn Store, id: DeviceId, owner: &UserId) {
    let owner = owner.clone();
    write(store, move |tx| tx.assign_device(account(), id, &owner, NOW)).unwrap();
}

pub(crate) fn lists_are_in_the_order_of_creation_page_by_page(backend: &dyn Backend) {
    let store = open(backend);
    let alice = insert_user(&*store, "alice");
    // Neither in the order of names nor of identifiers of their owner.
    for text in ["/z", "/a", "/m", "/b"] {
        let id = insert_device(&*store, text);
        if text != "/m" {
            assign(&*store, id, &alice);
        }
    }
    let (mut after, mut pages) = (DeviceId::default(), Vec::new());
    loop {
        let page = DevicePage { filter: DeviceFilter::Any, owners: true, after, limit: 3 };
        let (mut rows, before) = (Vec::new(), after);
        read(&*store, |view| {
            view.devices(account(), &page, &mut |row| {
                after = row.id;
                rows.push(row.resource.to_owned());
            })
        });
        if after == before {
            break;
        }
        pages.push(rows.join(" "));
    }
    assert_eq!(pages, ["/z /a /m", "/b"]);

    let owned = |after, limit| {
        let mut rows = Vec::new();
        read(&*store, |view| {
            view.devices_of(account(), &alice, after, limit, &mut |row| {
                assert_eq!(row.enabled, NOW);
                rows.push((row.id, row.resource.to_owned()));
            })
        });
        rows
    };
    let first = owned(DeviceId::default(), 2);
    assert_eq!(
        first.iter().map(|(_, resource)| resource.as_str()).collect::<Vec<_>>(),
        ["/z", "/a"]
    );
    let rest = owned(first[1].0, 2);
    assert_eq!(rest.iter().map(|(_, resource)| resource.as_str()).collect::<Vec<_>>(), ["/b"]);
}

pub(crate) fn filters_and_owners_are_those_of_the_present(backend: &dyn Backend) {
    let store = open(backend);
    let alice = insert_user(&*store, "alice");
    let ids: Vec<_> = ["/a", "/b", "/c"].iter().map(|text| insert_device(&*store, text)).collect();
    assign(&*store, ids[0], &alice);
    assign(&*store, ids[1], &alice);
    assert_eq!(count(&*store), (3, 2));
    let owner = alice.clone();
    let released = ids[1];
    write(&*store, move |tx| tx.release_device(account(), released, &owner)).unwrap();
    assert_eq!(count(&*store), (3, 1));
    let list = |filter, owners| {
        let page = DevicePage { filter, owners, after: DeviceId::default(), limit: MANY };
        let show = |(resource, owner): (String, Option<String>)| {
            format!("{resource} {}", owner.as_deref().unwrap_or("-"))
        };
        listed(&*store, page).into_iter().map(show).collect::<Vec<_>>()
    };
    assert_eq!(list(DeviceFilter::Any, true), ["/a alice", "/b -", "/c -"]);
    assert_eq!(list(DeviceFilter::Any, false), ["/a -", "/b -", "/c -"]);
    assert_eq!(list(DeviceFilter::Assigned, true), ["/a alice"]);
    assert_eq!(list(DeviceFilter::Assigned, false), ["/a -"]);
    assert_eq!(list(DeviceFilter::Unassigned, true), ["/b -", "/c -"]);
    let id = ids[0];
    let taken = write(&*store, move |tx| tx.assign_device(account(), id, &alice, NOW));
    assert!(taken.is_err(), "an assigned device");
    assert!(write(&*store, move |tx| tx.delete_device(account(), id)).is_err(), "the same");
    assert_eq!(count(&*store), (3, 1));
}

pub(crate) fn numbers_of_devices_are_never_reused(backend: &dyn Backend) {
    let store = open(backend);
    let first = insert_device(&*store, "/a");
    write(&*store, move |tx| tx.delete_device(account(), first)).unwrap();
    assert_eq!(count(&*store), (0, 0));
    assert!(insert_device(&*store, "/a") > first);
}

pub(crate) fn attempts_outlive_their_device(backend: &dyn Backend) {
    let store = open(backend);
    let id = insert_device(&*store, "/a");
    let attempts =
        Attempts { recent: vec![NOW, NOW.plus(1)], failures: 3, not_before: Some(NOW.plus(30)) };
    let row = attempts.clone();
    write(&*store, move |tx| {
        tx.set_attempts(account(), &resource("/a"), &Attempts::default())?;
        tx.set_attempts(account(), &resource("/a"), &row)?;
        tx.delete_device(account(), id)
    })
    .unwrap();
    let found = |text| read(&*store, |view| view.attempts(account(), &resource(text)));
    assert_eq!(found("/a"), attempts);
    assert_eq!(found("/b"), Attempts::default());
}

pub(crate) fn a_device_is_stored_whole(backend: &dyn Backend) {
    let store = open(backend);
    let alice = insert_user(&*store, "alice");
    let mut row = device("/a/b");
    row.tags = vec![tag("k", "v"), tag("a", "")];
    write(&*store, move |tx| tx.insert_device(account(), &row, 1)).unwrap();
    let found = read(&*store, |view| Ok(view.device(account(), &resource("/a/b"))?.unwrap()));
    assert_eq!((found.generation, found.seed.as_bytes()), (7, &[1, 2, 3][..]));
    assert_eq!((found.last_step, found.drift, &found.owner), (None, 0, &None));
    assert_eq!(pairs(&found.tags), [("k", "v"), ("a", "")]);
    assign(&*store, found.id, &alice);
    let (id, tags) = (found.id, [tag("x", "y")]);
    write(&*store, move |tx| tx.set_device_tags(account(), id, &tags)).unwrap();
    let found = read(&*store, |view| Ok(view.device(account(), &resource("/a/b"))?.unwrap()));
    assert_eq!((found.owner, pairs(&found.tags)), (Some((alice, NOW)), vec![("x", "y")]));
}

const WRITERS: usize = 64;
