//! Measures calls in process: `cargo run --release -p vmfa-iam --example iam_cost`.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a program for measurements")]

use std::{sync::Arc, time::Instant};

use vmfa_iam::{Api, Call, Caller, Service, Settings, find};
use vmfa_model::{AccountId, Clock, Entropy, Record, Timestamp, Value};
use vmfa_store::{KeyRing, sqlite::Sqlite};

const ROUNDS: u32 = 10_000;

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(1_700_000_000)
    }
}

struct Rising(std::sync::atomic::AtomicU64);

impl Entropy for Rising {
    fn fill(&self, buffer: &mut [u8]) {
        let next = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        buffer.iter_mut().zip(next.to_be_bytes().iter().rev().cycle()).for_each(|(to, from)| {
            *to = *from;
        });
    }
}

fn main() {
    let directory = tempfile::tempdir().unwrap();
    let entropy: Arc<dyn Entropy> = Arc::new(Rising(1.into()));
    let keys = KeyRing::create(&directory.path().join("key"), &*entropy).unwrap();
    let store = Arc::new(Sqlite::open(&directory.path().join("db")).unwrap());
    let service = Service::new(store, keys, Arc::new(Fixed), entropy, Settings::default());
    let account = service.establish(AccountId::new(123_456_789_012)).unwrap().account;
    let root = Caller::local(account);
    let call = |action: &str, members: &[(&'static str, &str)]| {
        let action = Api::ALL.iter().find_map(|api| find(*api, action)).unwrap();
        let text = |(name, text): &(&'static str, &str)| (*name, Value::Text((*text).to_owned()));
        let input: Record = members.iter().map(text).collect();
        service.call(&root, Call { action, input }, "request").unwrap();
    };
    call("CreateUser", &[("UserName", "alice")]);
    for number in 0..200 {
        call("CreateVirtualMFADevice", &[("VirtualMFADeviceName", &format!("d{number}"))]);
    }
    let questions: [(&str, &[(&'static str, &str)]); 4] = [
        ("GetCallerIdentity", &[]),
        ("GetUser", &[("UserName", "alice")]),
        ("ListMFADevices", &[("UserName", "alice")]),
        ("ListVirtualMFADevices", &[]),
    ];
    for (action, members) in questions {
        for threads in [1, 2] {
            let begun = Instant::now();
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| (0..ROUNDS).for_each(|_| call(action, members)));
                }
            });
            println!("{action:>22}, {threads} threads: {:?} each", begun.elapsed() / ROUNDS);
        }
    }
}
