//! A service over the embedded store in a directory of its own.

use std::sync::Arc;

use tempfile::TempDir;
use vmfa_iam::{Service, Settings};
use vmfa_model::{AccountId, Clock};
use vmfa_store::{KeyRing, Store, sqlite::Sqlite};

use crate::{Failing, Key, SystemEntropy, TestClock, failing::Wrapped};

/// A service, its account with an access key of the root, and its clock.
pub struct TestService {
    /// The service.
    pub service: Arc<Service>,
    /// Its clock.
    pub clock: Arc<TestClock>,
    /// Its account: 123456789012.
    pub account: AccountId,
    /// An access key of the account's root.
    pub root: Key,
    /// Where its store is. Removed when this is dropped.
    pub directory: TempDir,
}

impl TestService {
    /// With a clock that stands still on 14 November 2023.
    pub fn new() -> Self {
        Self::with(TestClock::at(START), Settings::default())
    }

    /// With that clock and those settings.
    pub fn with(clock: TestClock, settings: Settings) -> Self {
        Self::over(clock, settings, |store| store)
    }

    /// With a store that can be told to fail.
    pub fn failing() -> (Self, Arc<Failing>) {
        let failing = Arc::new(Failing::default());
        let told = Arc::clone(&failing);
        let wrap = |store| -> Arc<dyn Store> { Arc::new(Wrapped { store, failing: told }) };
        (Self::over(TestClock::at(START), Settings::default(), wrap), failing)
    }

    fn over(
        clock: TestClock,
        settings: Settings,
        wrap: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store>,
    ) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&directory.path().join("vmfa.db")).unwrap();
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

/// 2023-11-14T22:13:20Z.
const START: i64 = 1_700_000_000;
