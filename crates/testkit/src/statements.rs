//! Views and transactions that count the calls of their methods, and fail one of them.

use std::cell::{Cell, RefCell};

use vmfa_model::{
    AccountId, DeviceResource, Timestamp,
    names::{AccountAlias, Path, Tag, UserName},
};
use vmfa_otp::Step;
use vmfa_store::{
    AccessKey, Account, Attempts, CredentialReport, Device, DeviceColumns, DeviceId,
    DeviceInsertion, DevicePage, Error, KeyId, KeyOwner, LastUse, NewAccessKey, NewAccount,
    NewDevice, NewUser, OwnedDeviceColumns, Read, Sealed, User, UserId, UserPage, Write,
};

/// The statements of one view or transaction.
pub(crate) struct Statements {
    /// The statement to fail, counted from 1, and its error.
    fail: Option<(usize, Error)>,
    reads: Cell<usize>,
    writes: Cell<usize>,
    failed: RefCell<Option<Error>>,
}

impl Statements {
    pub(crate) fn new(fail: Option<(usize, Error)>) -> Self {
        Self { fail, reads: Cell::new(0), writes: Cell::new(0), failed: RefCell::new(None) }
    }

    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.reads.get(), self.writes.get())
    }

    /// The error of the statement that failed.
    pub(crate) fn failed(&self) -> Option<Error> {
        self.failed.borrow().clone()
    }

    fn count(&self, kind: &Cell<usize>) -> Result<(), Error> {
        kind.set(kind.get() + 1);
        let number = self.reads.get() + self.writes.get();
        match &self.fail {
            Some((at, error)) if *at == number => {
                *self.failed.borrow_mut() = Some(error.clone());
                Err(error.clone())
            }
            _ => Ok(()),
        }
    }
}

/// A view.
pub(crate) struct CountedView<'v> {
    pub(crate) view: &'v dyn Read,
    pub(crate) statements: &'v Statements,
}

/// A transaction.
pub(crate) struct CountedTransaction<'t> {
    pub(crate) transaction: &'t mut dyn Write,
    pub(crate) statements: &'t Statements,
}

macro_rules! reads {
    ($($name:ident($($argument:ident: $type:ty),*) -> $output:ty;)+) => {
        impl Read for CountedView<'_> {
            $(fn $name(&self $(, $argument: $type)*) -> Result<$output, Error> {
                self.statements.count(&self.statements.reads)?;
                self.view.$name($($argument),*)
            })+
        }

        // Its own view, so that both count together.
        impl Read for CountedTransaction<'_> {
            $(fn $name(&self $(, $argument: $type)*) -> Result<$output, Error> {
                self.statements.count(&self.statements.reads)?;
                self.transaction.view().$name($($argument),*)
            })+
        }
    };
}

reads! {
    key_check() -> Option<Sealed>;
    first_account() -> Option<Account>;
    account(account: AccountId) -> Option<Account>;
    user(account: AccountId, name: &UserName) -> Option<User>;
    user_by_id(account: AccountId, id: &UserId) -> Option<User>;
    users(account: AccountId, page: &UserPage<'_>) -> Vec<User>;
    device(account: AccountId, device: &DeviceResource) -> Option<Device>;
    devices(account: AccountId, page: &DevicePage, show: &mut dyn FnMut(DeviceColumns<'_>)) -> ();
    devices_of(
        account: AccountId,
        owner: &UserId,
        after: DeviceId,
        limit: usize,
        show: &mut dyn FnMut(OwnedDeviceColumns<'_>)
    ) -> ();
    attempts(account: AccountId, device: &DeviceResource) -> Attempts;
    access_key(id: &KeyId) -> Option<AccessKey>;
    access_keys(account: AccountId, owner: &KeyOwner) -> Vec<AccessKey>;
    report(account: AccountId) -> Option<CredentialReport>;
}

macro_rules! writes {
    ($($name:ident($($argument:ident: $type:ty),*) -> $output:ty;)+) => {
        impl Write for CountedTransaction<'_> {
            fn view(&self) -> &dyn Read {
                self
            }

            $(fn $name(&mut self $(, $argument: $type)*) -> Result<$output, Error> {
                self.statements.count(&self.statements.writes)?;
                self.transaction.$name($($argument),*)
            })+
        }
    };
}

writes! {
    insert_account(account: &NewAccount) -> ();
    set_alias(account: AccountId, alias: Option<&AccountAlias>) -> ();
    insert_user(account: AccountId, user: &NewUser) -> ();
    rename_user(account: AccountId, id: &UserId, name: &UserName, path: &Path) -> ();
    set_user_tags(account: AccountId, id: &UserId, tags: &[Tag]) -> ();
    delete_user(account: AccountId, id: &UserId) -> ();
    insert_device(account: AccountId, device: &NewDevice, quota: u64) -> DeviceInsertion;
    assign_device(account: AccountId, device: DeviceId, owner: &UserId, now: Timestamp) -> ();
    release_device(account: AccountId, device: DeviceId, owner: &UserId) -> ();
    use_step(account: AccountId, device: DeviceId, step: Step, drift: i64) -> bool;
    set_device_tags(account: AccountId, device: DeviceId, tags: &[Tag]) -> ();
    delete_device(account: AccountId, device: DeviceId) -> ();
    set_attempts(account: AccountId, device: &DeviceResource, attempts: &Attempts) -> ();
    insert_access_key(key: &NewAccessKey) -> ();
    set_access_key_active(account: AccountId, id: &KeyId, active: bool) -> ();
    set_last_use(account: AccountId, id: &KeyId, last_use: &LastUse) -> ();
    delete_access_key(key: &AccessKey) -> ();
    set_report(account: AccountId, report: &CredentialReport) -> ();
}
