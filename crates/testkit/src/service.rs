//! A service on the embedded store in a temporary directory.

use std::{fmt::Write as _, sync::Arc};

use tempfile::TempDir;
use vmfa_iam::{Service, Settings};
use vmfa_model::{AccountId, Clock, DeviceResource};
use vmfa_store::{
    DeviceFilter, DeviceId, DevicePage, KeyOwner, KeyRing, Store, UserPage, sqlite::Sqlite,
};

use crate::{ClientKey, Failing, SystemEntropy, TestClock, failing::FailingStore};

/// A service with an account, an access key of its root user, and a clock.
pub struct TestService {
    /// On the embedded store.
    pub service: Arc<Service>,
    /// The clock of the service.
    pub clock: Arc<TestClock>,
    /// 123456789012.
    pub account: AccountId,
    /// An access key of the root user.
    pub root: ClientKey,
    /// The data directory. Removed when this is dropped.
    pub directory: TempDir,
}

impl TestService {
    /// With a stopped clock, on 14 November 2023.
    pub fn new() -> Self {
        Self::with(TestClock::at(START), Settings::default())
    }

    /// With another clock and other settings.
    pub fn with(clock: TestClock, settings: Settings) -> Self {
        Self::with_store(clock, settings, |store| store)
    }

    /// With a store that fails on demand.
    pub fn failing() -> (Self, Arc<Failing>) {
        let failing = Arc::new(Failing::default());
        let control = Arc::clone(&failing);
        let wrap = |store| -> Arc<dyn Store> { Arc::new(FailingStore { store, failing: control }) };
        (Self::with_store(TestClock::at(START), Settings::default(), wrap), failing)
    }

    /// All rows of the account but the last uses of keys, for comparison.
    pub fn rows(&self) -> String {
        let rows = Sqlite::peek(&self.directory.path().join(DATABASE), |view| {
            let account = view.account(self.account)?.unwrap();
            let users = view.users(self.account, &UserPage { after: None, limit: usize::MAX })?;
            let mut text = format!("{account:#?}\n{users:#?}\n");
            let owners = users.iter().map(|user| KeyOwner::User(user.id.clone()));
            for owner in owners.chain([KeyOwner::Root]) {
                for key in view.access_keys(self.account, &owner)? {
                    writeln!(text, "{owner:?} {:?} {}", key.id, key.active).unwrap();
                }
            }
            let (filter, after) = (DeviceFilter::Any, DeviceId::default());
            let page = DevicePage { filter, owners: false, after, limit: usize::MAX };
            let mut resources = Vec::new();
            view.devices(self.account, &page, &mut |row| resources.push(row.resource.to_owned()))?;
            for resource in resources {
                let resource = DeviceResource::parse(&resource).unwrap();
                let device = view.device(self.account, &resource)?;
                let attempts = view.attempts(self.account, &resource)?;
                writeln!(text, "{device:#?}\n{attempts:#?}").unwrap();
            }
            writeln!(text, "{:?}", view.report(self.account)?).unwrap();
            Ok(text)
        });
        rows.unwrap().unwrap()
    }

    /// A service whose embedded store is wrapped by `wrap`.
    pub fn with_store(
        clock: TestClock,
        settings: Settings,
        wrap: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store>,
    ) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&directory.path().join(DATABASE)).unwrap();
        let entropy = Arc::new(SystemEntropy);
        let keys = KeyRing::create(&directory.path().join("keys"), &*entropy).unwrap();
        let clock = Arc::new(clock);
        let time: Arc<dyn Clock> = Arc::<TestClock>::clone(&clock);
        let service = Service::new(wrap(Arc::new(store)), keys, time, entropy, settings);
        let account = service.establish(AccountId::parse("123456789012")).unwrap().account;
        let (root, _) = service.new_root_key(account).unwrap();
        Self { service: Arc::new(service), clock, account, root: root.into(), directory }
    }
}

impl Default for TestService {
    fn default() -> Self {
        Self::new()
    }
}

const DATABASE: &str = "vmfa.db";
/// 2023-11-14T22:13:20Z.
const START: i64 = 1_700_000_000;
