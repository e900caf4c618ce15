//! Transactions, snapshots and completions.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
    mpsc,
};

use vmfa_store::{DeviceFilter, DeviceId, DevicePage, Error, Job, Sealed, Store, Verdict, Write};

use crate::{Backend, fixtures::*};

pub(crate) fn a_transaction_reads_its_own_writes_and_a_commit_shows_them(backend: &dyn Backend) {
    let store = open(backend);
    assert!(!read(&*store, |view| exists(view, "alice")));
    let seen = write(&*store, |tx| {
        let before = exists(tx.view(), "alice")?;
        tx.insert_user(account(), &user("alice"))?;
        Ok((before, exists(tx.view(), "alice")?))
    });
    assert_eq!(seen.unwrap(), (false, true));
    assert!(read(&*store, |view| exists(view, "alice")));
    drop(store);
    assert!(read(&*backend.open(), |view| exists(view, "alice")), "it outlives the store");
}

pub(crate) fn a_read_view_is_one_snapshot(backend: &dyn Backend) {
    let store = open(backend);
    for round in 0..3 {
        let text = format!("user{round}");
        let seen = read(&*store, |view| {
            let before = exists(view, &text)?;
            insert_user(&*store, &text);
            let count = view.account(account())?.unwrap().users;
            Ok((before, exists(view, &text)?, count))
        });
        assert_eq!(seen, (false, false, round));
        assert!(read(&*store, |view| exists(view, &text)), "the next view has it");
    }
}

/// Queues jobs at once, so that a store may put them into one transaction; their outcomes.
fn queue(store: &dyn Store, jobs: Vec<Job>) -> Vec<Result<(), Error>> {
    let (sender, receiver) = mpsc::channel();
    let count = jobs.len();
    for (at, job) in jobs.into_iter().enumerate() {
        let sender = sender.clone();
        let completion = move |outcome| sender.send((at, outcome)).unwrap();
        store.write(account(), job, Box::new(completion));
    }
    let mut outcomes: Vec<_> = receiver.iter().take(count).collect();
    outcomes.sort_by_key(|(at, _)| *at);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

type End = fn(&mut dyn Write) -> Result<Verdict, Error>;

/// A job that inserts a user and then ends as `end` does.
fn inserting(
    text: &'static str,
    mut end: impl FnMut(&mut dyn Write) -> Result<Verdict, Error> + Send + 'static,
) -> Job {
    Box::new(move |tx| {
        tx.insert_user(account(), &user(text))?;
        end(tx)
    })
}

fn users(store: &dyn Store) -> (u64, Vec<String>) {
    let page = vmfa_store::UserPage { after: None, limit: MANY };
    read(store, |view| {
        let names = view.users(account(), &page)?;
        let count = view.account(account())?.unwrap().users;
        Ok((count, names.iter().map(|user| user.name.to_string()).collect()))
    })
}

/// Keeps two jobs around one that ends as `end` does; the outcome of that one.
fn between_two_others(
    backend: &dyn Backend,
    end: impl FnMut(&mut dyn Write) -> Result<Verdict, Error> + Send + 'static,
) -> Result<(), Error> {
    let store = open(backend);
    let keep = |_: &mut dyn Write| Ok(Verdict::Keep);
    let jobs = vec![inserting("a", keep), inserting("b", end), inserting("c", keep)];
    let mut outcomes = queue(&*store, jobs);
    assert!(outcomes[0].is_ok() && outcomes[2].is_ok(), "{outcomes:?}");
    assert_eq!(users(&*store), (2, vec!["a".to_owned(), "c".to_owned()]));
    outcomes.swap_remove(1)
}

pub(crate) fn a_refused_job_is_rolled_back_alone(backend: &dyn Backend) {
    between_two_others(backend, |_| Ok(Verdict::Undo)).unwrap();
}

pub(crate) fn a_failed_job_is_rolled_back_with_its_error(backend: &dyn Backend) {
    let outcome = between_two_others(backend, |_| Err(Error::Inconsistent("made up")));
    assert!(matches!(outcome, Err(Error::Inconsistent("made up"))), "{outcome:?}");
}

pub(crate) fn a_panicking_job_is_rolled_back_alone(backend: &dyn Backend) {
    let outcome = between_two_others(backend, |_| panic!("a rule's mistake"));
    assert!(matches!(outcome, Err(Error::Panicked)), "{outcome:?}");
}

pub(crate) fn a_swallowed_error_fails_the_job(backend: &dyn Backend) {
    let outcome = between_two_others(backend, |tx| {
        // There is no such user.
        let swallowed = tx.set_user_tags(account(), &user("absent").id, &[]);
        assert!(swallowed.is_err());
        Ok(Verdict::Keep)
    });
    assert!(matches!(outcome, Err(Error::Inconsistent(_))), "{outcome:?}");
}

pub(crate) fn a_job_cannot_write_to_another_account(backend: &dyn Backend) {
    let outcome = between_two_others(backend, |tx| {
        tx.insert_user(other_account(), &user("mallory"))?;
        Ok(Verdict::Keep)
    });
    let Err(Error::OtherAccount { own, other }) = outcome else { panic!("{outcome:?}") };
    assert_eq!((own, other), (account(), other_account()));
}

pub(crate) fn jobs_of_an_account_run_in_order(backend: &dyn Backend) {
    let store = open(backend);
    let order = Arc::new(Mutex::new(Vec::new()));
    let jobs = (0..100).map(|number| -> Job {
        let order = Arc::clone(&order);
        Box::new(move |_| {
            order.lock().unwrap().push(number);
            Ok(Verdict::Keep)
        })
    });
    assert!(queue(&*store, jobs.collect()).iter().all(Result::is_ok));
    let order = order.lock().unwrap();
    assert!(order.is_sorted() && order.len() == 100, "{order:?}");
}

pub(crate) fn a_completion_is_called_once_after_the_commit(backend: &dyn Backend) {
    let store = open(backend);
    let ends: [End; 4] = [
        |_| Ok(Verdict::Keep),
        |_| Ok(Verdict::Undo),
        |_| Err(Error::Seal),
        |_| panic!("a rule's mistake"),
    ];
    let calls = Arc::new(AtomicUsize::new(0));
    for (name, end) in ["kept", "undone", "failed", "panicked"].into_iter().zip(ends) {
        let (sender, receiver) = mpsc::channel();
        let calls = Arc::clone(&calls);
        let completion = move |_| {
            calls.fetch_add(1, Ordering::SeqCst);
            sender.send(()).unwrap();
        };
        store.write(account(), inserting(name, end), Box::new(completion));
        receiver.recv().unwrap();
        backend.read_committed(&mut |view| {
            assert_eq!(exists(view, name)?, name == "kept", "{name}");
            Ok(())
        });
    }
    drop(store);
    assert_eq!(calls.load(Ordering::SeqCst), 4);
}

pub(crate) fn a_panicking_completion_harms_no_other_job(backend: &dyn Backend) {
    let store = open(backend);
    let keep = |_: &mut dyn Write| Ok(Verdict::Keep);
    let panics = Box::new(|_| panic!("a door's mistake"));
    store.write(account(), inserting("a", keep), panics);
    insert_user(&*store, "b");
    assert_eq!(users(&*store).0, 2);
}

pub(crate) fn jobs_queued_before_the_store_is_dropped_are_completed(backend: &dyn Backend) {
    let store = open(backend);
    let kept = Arc::new(AtomicUsize::new(0));
    for number in 0..100 {
        let kept = Arc::clone(&kept);
        let job: Job = Box::new(move |tx| {
            tx.insert_user(account(), &user(&format!("user{number}")))?;
            Ok(Verdict::Keep)
        });
        let completion = move |outcome: Result<(), Error>| {
            outcome.unwrap();
            kept.fetch_add(1, Ordering::SeqCst);
        };
        store.write(account(), job, Box::new(completion));
    }
    drop(store);
    assert_eq!(kept.load(Ordering::SeqCst), 100);
    assert_eq!(users(&*backend.open()).0, 100);
}

/// A store over a network has one open cursor per connection.
pub(crate) fn a_callback_that_is_shown_rows_must_not_query(backend: &dyn Backend) {
    let store = open(backend);
    insert_device(&*store, "/a");
    let outcome = store.write_and_wait(
        account(),
        Box::new(|tx| {
            let (filter, after) = (DeviceFilter::Any, DeviceId::default());
            let page = DevicePage { filter, owners: false, after, limit: MANY };
            let view = tx.view();
            view.devices(account(), &page, &mut |_| {
                let _ = view.account(account());
            })?;
            Ok(Verdict::Keep)
        }),
    );
    if cfg!(debug_assertions) {
        assert!(matches!(outcome, Err(Error::Panicked)), "{outcome:?}");
    }
    insert_device(&*store, "/b");
    assert_eq!(every_device(&*store), ["/a", "/b"], "the next job may query");
}

pub(crate) fn the_key_check_is_kept(backend: &dyn Backend) {
    let store = open(backend);
    let check = |store: &dyn Store| {
        read(store, |view| Ok(view.key_check()?.map(|check| check.as_bytes().to_vec())))
    };
    assert_eq!(check(&*store), None);
    for bytes in [vec![1], vec![2, 3]] {
        store.set_key_check(Sealed::from_bytes(bytes.clone())).unwrap();
        assert_eq!(check(&*store), Some(bytes));
    }
}

pub(crate) fn what_does_not_exist_is_none(backend: &dyn Backend) {
    let store = backend.open();
    read(&*store, |view| {
        assert!(view.first_account()?.is_none());
        assert!(view.account(account())?.is_none());
        assert!(view.user(account(), &name("a"))?.is_none());
        assert!(view.user_by_id(account(), &user("a").id)?.is_none());
        assert!(view.device(account(), &resource("/a"))?.is_none());
        assert!(view.access_key(&key("AKIA", &vmfa_store::KeyOwner::Root).id)?.is_none());
        assert!(view.report(account())?.is_none());
        assert_eq!(view.attempts(account(), &resource("/a"))?, vmfa_store::Attempts::default());
        Ok(())
    });
}
