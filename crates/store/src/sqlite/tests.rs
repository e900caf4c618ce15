use std::sync::{Arc, Barrier, Mutex};

use vmfa_model::{
    AccountId, DeviceResource, Timestamp,
    names::{Tag, TagKey, TagValue},
};
use vmfa_otp::Step;

use super::*;
use crate::{
    CredentialReport, DeviceFilter, DeviceId, DeviceInsertion, DevicePage, NewAccount, NewDevice,
    Sealed,
};

const NOW: Timestamp = Timestamp::from_unix(1_700_000_000);

fn account() -> AccountId {
    AccountId::parse("123456789012").unwrap()
}

fn tag(value: String) -> Tag {
    let key = TagKey::try_from("k".to_owned()).unwrap();
    Tag { key, value: TagValue::try_from(value).unwrap() }
}

fn report(content: &str) -> CredentialReport {
    CredentialReport { generated: NOW, content: content.to_owned() }
}

fn store() -> (tempfile::TempDir, Arc<Sqlite>) {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&dir.path().join("db")).unwrap();
    store
        .write_and_wait(
            account(),
            Box::new(|tx| {
                tx.insert_account(&NewAccount { id: account(), created: NOW })?;
                Ok(Verdict::Keep)
            }),
        )
        .unwrap();
    (dir, Arc::new(store))
}

fn add_device(store: &Sqlite, name: &str, verdict: Verdict) -> Result<(), Error> {
    let resource = DeviceResource::parse(name).unwrap();
    store.write_and_wait(
        account(),
        Box::new(move |tx| {
            let (resource, generation) = (resource.clone(), 7);
            let (tags, seed) = (vec![tag("v".to_owned())], Sealed::from_bytes(vec![1, 2, 3]));
            let device = NewDevice { resource, tags, generation, seed };
            match tx.insert_device(account(), &device, 10_000)? {
                DeviceInsertion::Inserted(_) => Ok(verdict),
                DeviceInsertion::Taken | DeviceInsertion::QuotaReached => Ok(Verdict::Undo),
            }
        }),
    )
}

fn counted(store: &Sqlite) -> (u64, usize) {
    let mut found = (0, 0);
    store
        .read(&mut |view| {
            let page = DevicePage {
                filter: DeviceFilter::Any,
                owners: true,
                after: DeviceId(0),
                limit: 1000,
            };
            let mut devices = 0;
            view.devices(account(), &page, &mut |_| devices += 1)?;
            found = (view.account(account())?.unwrap().devices, devices);
            Ok(())
        })
        .unwrap();
    found
}

#[test]
fn what_is_kept_is_there_and_what_is_undone_or_fails_is_not() {
    let (_dir, store) = store();
    add_device(&store, "/a", Verdict::Keep).unwrap();
    add_device(&store, "/b", Verdict::Undo).unwrap();
    add_device(&store, "/a", Verdict::Keep).unwrap();
    let panicked = store.write_and_wait(account(), Box::new(|_| panic!("a rule's mistake")));
    assert!(matches!(panicked, Err(Error::Panicked)));
    assert_eq!(counted(&store), (1, 1));
    add_device(&store, "/c", Verdict::Keep).unwrap();
    assert_eq!(counted(&store), (2, 2));
}

#[test]
fn a_step_is_used_once_whoever_races_for_it() {
    let (_dir, store) = store();
    add_device(&store, "/a", Verdict::Keep).unwrap();
    for step in 0..20 {
        let barrier = Barrier::new(16);
        let accepted = Mutex::new(0);
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    let used = Arc::new(Mutex::new(false));
                    let slot = Arc::clone(&used);
                    barrier.wait();
                    let job = move |tx: &mut dyn crate::Write| {
                        *slot.lock().unwrap() =
                            tx.use_step(account(), DeviceId(1), Step::new(step), 0)?;
                        Ok(Verdict::Keep)
                    };
                    store.write_and_wait(account(), Box::new(job)).unwrap();
                    *accepted.lock().unwrap() += usize::from(*used.lock().unwrap());
                });
            }
        });
        assert_eq!(*accepted.lock().unwrap(), 1);
    }
}

#[test]
fn the_file_outlives_the_store() {
    let (dir, store) = store();
    add_device(&store, "/a/b", Verdict::Keep).unwrap();
    drop(store);
    let store = Sqlite::open(&dir.path().join("db")).unwrap();
    assert_eq!(counted(&store), (1, 1));
    let resource = DeviceResource::parse("/a/b").unwrap();
    store
        .read(&mut |view| {
            let device = view.device(account(), &resource)?.unwrap();
            assert_eq!(device.tags[0].value.as_str(), "v");
            assert_eq!(device.seed.as_bytes(), [1, 2, 3]);
            assert_eq!((device.last_step, device.drift), (None, 0));
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_glance_needs_no_hold() {
    let (dir, store) = store();
    let file = dir.path().join("db");
    let devices = |view: &dyn crate::Read| Ok(view.first_account()?.unwrap().devices);
    assert_eq!(Sqlite::glance(&file, devices).unwrap(), Some(0));
    add_device(&store, "/a/b", Verdict::Keep).unwrap();
    assert_eq!(Sqlite::glance(&file, devices).unwrap(), Some(1));
    drop(store);
    assert_eq!(Sqlite::glance(&file, devices).unwrap(), Some(1));

    let none = dir.path().join("none");
    assert_eq!(Sqlite::glance(&none, devices).unwrap(), None);
    std::fs::write(&none, []).unwrap();
    assert_eq!(Sqlite::glance(&none, devices).unwrap(), None, "made, but not yet filled");
}

#[test]
fn a_full_disk_fails_what_is_under_way_and_loses_nothing_that_was_acknowledged() {
    let (dir, store) = store();
    add_device(&store, "/kept", Verdict::Keep).unwrap();
    drop(store);
    // Room for a few pages more, which is how a full disk looks to the engine.
    let place = Place::new(&dir.path().join("db"));
    let connection = place.for_writing().unwrap();
    let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    connection.pragma_update(None, "max_page_count", pages + 8).unwrap();
    let reserve = Reserve::beside(&dir.path().join("db"));
    let store = Sqlite::over(&dir.path().join("db"), connection, reserve).unwrap();
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let makers: Vec<_> = (0..400)
            .map(|n| {
                let store = &store;
                let name = format!("/{n}{}", "x".repeat(200));
                scope.spawn(move || add_device(store, &name, Verdict::Keep))
            })
            .collect();
        makers.into_iter().map(|maker| maker.join().unwrap()).collect()
    });
    let made = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert!(made < 400, "the disk was not full");
    assert!(made > 0, "there was room for some");
    assert!(outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).any(Error::is_full));
    let acknowledged = 1 + made;
    assert_eq!(counted(&store), (u64::try_from(acknowledged).unwrap(), acknowledged));
}

#[test]
fn the_reserve_is_given_up_before_a_full_disk_fails_a_commit() {
    let (dir, store) = store();
    let file = dir.path().join("db");
    let length = || std::fs::metadata(dir.path().join("db-reserve")).unwrap().len();
    assert!(length() > 0);
    drop(store);
    // No room for another page, and no reserve can make any.
    let connection = Place::new(&file).for_writing().unwrap();
    connection.pragma_update(None, "max_page_count", 1).unwrap();
    let store = Sqlite::over(&file, connection, Reserve::beside(&file)).unwrap();
    let runs = Arc::new(Mutex::new(0));
    let counted_run = Arc::clone(&runs);
    let large = "v".repeat(100_000);
    let outcome = store.write_and_wait(
        account(),
        Box::new(move |tx| {
            *counted_run.lock().unwrap() += 1;
            tx.set_report(account(), &report(&large))?;
            Ok(Verdict::Keep)
        }),
    );
    assert!(outcome.as_ref().is_err_and(Error::is_full), "{outcome:?}");
    assert_eq!(length(), 0);
    assert!(*runs.lock().unwrap() > 1, "the job was run again");
    // What needs no room goes on.
    let small = store.write_and_wait(
        account(),
        Box::new(|tx| {
            tx.set_report(account(), &report("a"))?;
            Ok(Verdict::Keep)
        }),
    );
    small.unwrap();
    drop(store);
    drop(Sqlite::open(&file).unwrap());
    assert!(length() > 0, "it is made again where there is room");
}

#[test]
fn a_reader_sees_one_moment_and_the_next_reader_what_came_since() {
    let (_dir, store) = store();
    let count = |view: &dyn Read| Ok::<_, Error>(view.account(account())?.unwrap().devices);
    for round in 0..3 {
        store
            .read(&mut |view| {
                let before = count(view)?;
                add_device(&store, &format!("/{round}"), Verdict::Keep)?;
                assert_eq!((before, count(view)?), (round, round));
                Ok(())
            })
            .unwrap();
        assert_eq!(counted(&store).0, round + 1);
    }
}

#[test]
fn the_log_does_not_grow_for_readers_who_are_away() {
    let (dir, store) = store();
    let log = dir.path().join("db-wal");
    for job in 0..60 {
        // Leaves a reader behind that keeps its snapshot.
        counted(&store);
        let devices = move |tx: &mut dyn crate::Write| {
            for number in 0..100 {
                let device = NewDevice {
                    resource: DeviceResource::parse(&format!("/{job}-{number}")).unwrap(),
                    tags: vec![tag("v".repeat(256)); 27],
                    generation: 7,
                    seed: Sealed::from_bytes(vec![1, 2, 3]),
                };
                tx.insert_device(account(), &device, 10_000)?;
            }
            Ok(Verdict::Keep)
        };
        store.write_and_wait(account(), Box::new(devices)).unwrap();
    }
    let pages = std::fs::metadata(&log).unwrap().len() / 4096;
    assert!((4000..6000).contains(&pages), "{pages} pages in the log");
    assert_eq!(counted(&store).0, 6000);
}
