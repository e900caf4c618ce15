use std::sync::{Arc, Mutex};

use vmfa_model::{
    AccountId, DeviceResource, Timestamp,
    names::{Tag, TagKey, TagValue},
};

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

fn write(
    store: &Sqlite,
    job: impl FnMut(&mut dyn crate::Write) -> Result<Verdict, Error> + Send + 'static,
) -> Result<(), Error> {
    store.write_and_wait(account(), Box::new(job))
}

fn store() -> (tempfile::TempDir, Arc<Sqlite>) {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&dir.path().join("db")).unwrap();
    let account = |tx: &mut dyn crate::Write| {
        tx.insert_account(&NewAccount { id: account(), created: NOW })?;
        Ok(Verdict::Keep)
    };
    write(&store, account).unwrap();
    (dir, Arc::new(store))
}

fn device(name: &str) -> NewDevice {
    let (resource, tags) = (DeviceResource::parse(name).unwrap(), vec![tag("v".to_owned())]);
    NewDevice { resource, tags, generation: 7, seed: Sealed::from_bytes(vec![1, 2, 3]) }
}

fn insert_device(store: &Sqlite, name: &str) -> Result<(), Error> {
    let device = device(name);
    write(store, move |tx| {
        assert!(matches!(
            tx.insert_device(account(), &device, 10_000)?,
            DeviceInsertion::Inserted(_)
        ));
        Ok(Verdict::Keep)
    })
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
fn a_file_can_be_peeked_into_without_opening_the_store() {
    let (dir, store) = store();
    let file = dir.path().join("db");
    let devices = |view: &dyn crate::Read| Ok(view.first_account()?.unwrap().devices);
    assert_eq!(Sqlite::peek(&file, devices).unwrap(), Some(0));
    insert_device(&store, "/a/b").unwrap();
    assert_eq!(Sqlite::peek(&file, devices).unwrap(), Some(1));
    drop(store);
    assert_eq!(Sqlite::peek(&file, devices).unwrap(), Some(1));

    let none = dir.path().join("none");
    assert_eq!(Sqlite::peek(&none, devices).unwrap(), None);
    std::fs::write(&none, []).unwrap();
    assert_eq!(Sqlite::peek(&none, devices).unwrap(), None, "it has no schema yet");
}

#[test]
fn a_full_disk_fails_jobs_and_loses_nothing_acknowledged() {
    let (dir, store) = store();
    insert_device(&store, "/kept").unwrap();
    drop(store);
    // Room for a few pages more, which is how a full disk looks to the engine.
    let database = DatabaseFile::new(&dir.path().join("db"));
    let connection = database.for_writing().unwrap();
    let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    connection.pragma_update(None, "max_page_count", pages + 8).unwrap();
    let reserve = Reserve::beside(&dir.path().join("db"));
    let store = Sqlite::with_connection(&dir.path().join("db"), connection, reserve).unwrap();
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let makers: Vec<_> = (0..400)
            .map(|n| {
                let store = &store;
                let name = format!("/{n}{}", "x".repeat(200));
                scope.spawn(move || insert_device(store, &name))
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
fn a_full_disk_uses_up_the_reserve_before_a_job_fails() {
    let (dir, store) = store();
    let file = dir.path().join("db");
    let length = || std::fs::metadata(dir.path().join("db-reserve")).unwrap().len();
    assert!(length() > 0);
    drop(store);
    // No room for another page, and no reserve can make any.
    let connection = DatabaseFile::new(&file).for_writing().unwrap();
    connection.pragma_update(None, "max_page_count", 1).unwrap();
    let store = Sqlite::with_connection(&file, connection, Reserve::beside(&file)).unwrap();
    let runs = Arc::new(Mutex::new(0));
    let counted_run = Arc::clone(&runs);
    let large = "v".repeat(100_000);
    let outcome = write(&store, move |tx| {
        *counted_run.lock().unwrap() += 1;
        // The job ignores the error; the store does not.
        let _ = tx.set_report(account(), &report(&large));
        Ok(Verdict::Undo)
    });
    assert!(outcome.as_ref().is_err_and(Error::is_full), "{outcome:?}");
    assert_eq!(length(), 0);
    assert!(*runs.lock().unwrap() > 1, "the job was run again");
    // Jobs that need no more room succeed.
    write(&store, |tx| {
        tx.set_report(account(), &report("a"))?;
        Ok(Verdict::Keep)
    })
    .unwrap();
    drop(store);
    drop(Sqlite::open(&file).unwrap());
    assert!(length() > 0, "it is allocated again when there is room");
}

#[test]
fn snapshots_of_idle_readers_do_not_keep_the_log_growing() {
    let (dir, store) = store();
    let log = dir.path().join("db-wal");
    for job in 0..60 {
        // Leaves an idle reader that keeps its snapshot.
        counted(&store);
        let devices = move |tx: &mut dyn crate::Write| {
            for number in 0..100 {
                let mut device = device(&format!("/{job}-{number}"));
                device.tags = vec![tag("v".repeat(256)); 27];
                tx.insert_device(account(), &device, 10_000)?;
            }
            Ok(Verdict::Keep)
        };
        write(&store, devices).unwrap();
    }
    let pages = std::fs::metadata(&log).unwrap().len() / 4096;
    assert!((4000..6000).contains(&pages), "{pages} pages in the log");
    assert_eq!(counted(&store).0, 6000);
}

#[test]
fn damaged_rows_are_inconsistent() {
    let (dir, store) = store();
    insert_device(&store, "/a").unwrap();
    let resource = DeviceResource::parse("/a").unwrap();
    let sql = rusqlite::Connection::open(dir.path().join("db")).unwrap();
    for (damage, table) in [
        ("tags = 'x'", "tags"),
        (r#"tags = '[["",""]]'"#, "tags"),
        ("tags = NULL, resource = 'a'", "device"),
    ] {
        sql.execute(&format!("UPDATE device SET {damage}"), []).unwrap();
        // A commit, so that readers take a new snapshot.
        write(&store, |_| Ok(Verdict::Keep)).unwrap();
        let outcome = store.read(&mut |view| {
            view.device(account(), &resource)?;
            let page = DevicePage {
                filter: DeviceFilter::Any,
                owners: false,
                after: DeviceId::default(),
                limit: 1,
            };
            view.devices(account(), &page, &mut |_| ())
        });
        assert!(
            matches!(outcome, Err(Error::Inconsistent(found)) if found == table),
            "{damage}: {outcome:?}"
        );
    }
}
