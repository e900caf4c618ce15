//! Measures queries of the embedded store:
//! `cargo run --release -p vmfa-store --example store_cost`.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a program for measurements")]

use std::{sync::Arc, time::Instant};

use vmfa_model::{AccountId, DeviceResource, Timestamp, names::UserName};
use vmfa_store::{
    DeviceFilter, DeviceId, DeviceInsertion, DevicePage, Error, NewAccount, NewDevice, NewUser,
    Read, Sealed, Store, UserId, Verdict, sqlite::Sqlite,
};

const ROUNDS: u32 = 20_000;

type Query<'q> = dyn Fn(&dyn Read) -> Result<(), Error> + Sync + 'q;

fn main() {
    let directory = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&directory.path().join("db")).unwrap();
    let account = AccountId::new(123_456_789_012).unwrap();
    fill(&store, account);
    let device = DeviceResource::parse("/d7").unwrap();
    let user = UserId("AIDA7".to_owned());
    let page =
        DevicePage { filter: DeviceFilter::Any, owners: true, after: DeviceId(0), limit: 101 };
    let named = name("user7".to_owned());
    let queries: [(&str, &Query<'_>); 4] = [
        ("user by name", &|view| view.user(account, &named).map(drop)),
        ("device by name", &|view| view.device(account, &device).map(drop)),
        ("devices of a user", &|view| {
            view.devices_of(account, &user, DeviceId(0), 101, &mut |_| ())
        }),
        ("100 devices", &|view| view.devices(account, &page, &mut |_| ())),
    ];
    for (name, query) in queries {
        for threads in [1, 2] {
            let begun = Instant::now();
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| {
                        for _ in 0..ROUNDS {
                            store.read(&mut |view| query(view)).unwrap();
                        }
                    });
                }
            });
            let each = begun.elapsed() / ROUNDS;
            println!("{name:>20}, {threads} threads: {each:?} each");
        }
    }
}

fn fill(store: &Sqlite, account: AccountId) {
    let now = Timestamp::from_unix(1_700_000_000);
    let job = move |tx: &mut dyn vmfa_store::Write| {
        tx.insert_account(&NewAccount { id: account, created: now })?;
        for number in 0..1000 {
            let user = NewUser {
                id: UserId(format!("AIDA{number}")),
                name: name(format!("user{number}")),
                path: "/".to_owned().try_into().unwrap(),
                created: now,
                tags: Vec::new(),
            };
            tx.insert_user(account, &user)?;
            let device = NewDevice {
                resource: DeviceResource::parse(&format!("/d{number}")).unwrap(),
                tags: Vec::new(),
                generation: number,
                seed: Sealed::from_bytes(vec![0; 82]),
            };
            if let DeviceInsertion::Inserted(id) = tx.insert_device(account, &device, 1_000)? {
                tx.assign_device(account, id, &user.id, now)?;
            }
        }
        Ok(Verdict::Keep)
    };
    Arc::new(store).write_and_wait(account, Box::new(job)).unwrap();
}

fn name(text: String) -> UserName {
    text.try_into().unwrap()
}
