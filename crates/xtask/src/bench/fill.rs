//! Data directories with many devices, written directly to the store: their codes are never used.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::Context as _;
use tempfile::TempDir;
use vmfa_client::{DataDirectory, HeldDirectory, ServiceOptions};
use vmfa_iam::{Quotas, Settings};
use vmfa_model::{AccountId, DeviceResource};
use vmfa_store::{
    DeviceInsertion, NewDevice, NewUser, Sealed, Store as _, UserId, Verdict, Write, sqlite::Sqlite,
};

use crate::{child::ACCOUNT, clock::Machine, report::line};

/// A data directory with devices.
///
/// In the first half few devices have an owner, in the second half most have one: without an index,
/// a page of assigned or of unassigned devices would scan many others.
pub(super) struct FilledDirectory {
    directory: TempDir,
    pub(super) devices: usize,
    /// Number of devices with an owner.
    pub(super) assigned: usize,
}

impl FilledDirectory {
    /// Creates devices. User `many` owns half of them, and user `few` [`FEW_DEVICES`] spread evenly.
    pub(super) fn new(devices: usize) -> anyhow::Result<Self> {
        let users = vec![MANY.to_owned(), FEW.to_owned()];
        Self::with(users, devices, |n, devices| owner(n, devices).map(str::to_owned))
    }

    /// Creates users with one device each.
    pub(super) fn owned(users: usize) -> anyhow::Result<Self> {
        let name = |n: usize| format!("user-{n}");
        Self::with((0..users).map(name).collect(), users, |n, _| Some(format!("user-{n}")))
    }

    /// Creates users and devices; `owner` maps a device's number and the number of devices to its
    /// owner.
    fn with(
        users: Vec<String>,
        devices: usize,
        owner: fn(usize, usize) -> Option<String>,
    ) -> anyhow::Result<Self> {
        let began = std::time::Instant::now();
        let directory = tempfile::tempdir()?;
        // Creates the directory, its key file and its account.
        drop(hold(directory.path())?);
        let store = Sqlite::open(&place(directory.path()).database())?;
        let account = account()?;
        store.write_and_wait(
            account,
            Box::new(move |tx| {
                for name in &users {
                    tx.insert_user(account, &user(name)?)?;
                }
                Ok(Verdict::Keep)
            }),
        )?;
        let mut made = 0;
        while made < devices {
            let (from, to) = (made, devices.min(made.saturating_add(JOB)));
            store.write_and_wait(
                account,
                Box::new(move |tx| {
                    for n in from..to {
                        insert(tx, account, n, owner(n, devices).as_deref())?;
                    }
                    Ok(Verdict::Keep)
                }),
            )?;
            made = to;
        }
        drop(store);
        line(format_args!("made {devices} devices in {:.1} s", began.elapsed().as_secs_f64()));
        let assigned = (0..devices).filter(|n| owner(*n, devices).is_some()).count();
        Ok(Self { directory, devices, assigned })
    }

    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }
}

/// Holds a data directory in this process, with an unlimited device quota.
pub(super) fn hold(directory: &Path) -> anyhow::Result<HeldDirectory> {
    let quotas = Quotas { devices: u64::MAX, ..Quotas::default() };
    let means = ServiceOptions {
        clock: Arc::new(Machine),
        entropy: Arc::new(Machine),
        settings: Settings { quotas, ..Settings::default() },
        account: Some(account()?),
    };
    Ok(place(directory).hold(PATIENCE, "cargo xtask bench", &means)?)
}

pub(super) fn place(directory: &Path) -> DataDirectory {
    DataDirectory::new(directory.to_owned(), None)
}

pub(super) fn account() -> anyhow::Result<AccountId> {
    AccountId::parse(ACCOUNT).context("an account has twelve digits")
}

const fn owner(n: usize, devices: usize) -> Option<&'static str> {
    let half = devices / 2;
    // Too few to spread the exceptions.
    if devices < 2 * RARE {
        return None;
    }
    let is_rare = n.is_multiple_of(half / RARE);
    let part = devices / FEW_DEVICES;
    if n % part == 1 && n / part < FEW_DEVICES {
        Some(FEW)
    } else if is_rare == (n < half) {
        Some(MANY)
    } else {
        None
    }
}

fn user(name: &str) -> Result<NewUser, vmfa_store::Error> {
    let damaged = |_| vmfa_store::Error::Inconsistent("user");
    Ok(NewUser {
        id: UserId(name.to_owned()),
        name: name.to_owned().try_into().map_err(damaged)?,
        path: "/".to_owned().try_into().map_err(damaged)?,
        created: NOW,
        tags: Vec::new(),
    })
}

fn insert(
    tx: &mut dyn Write,
    account: AccountId,
    n: usize,
    owner: Option<&str>,
) -> Result<(), vmfa_store::Error> {
    let resource = DeviceResource::parse(&format!("/device-{n}"));
    let device = NewDevice {
        resource: resource.ok_or(vmfa_store::Error::Inconsistent("device"))?,
        tags: Vec::new(),
        generation: i64::try_from(n).unwrap_or_default(),
        // As long as an encrypted seed; it is never decrypted.
        seed: Sealed::from_bytes(vec![1; SEAL]),
    };
    let DeviceInsertion::Inserted(id) = tx.insert_device(account, &device, u64::MAX)? else {
        return Err(vmfa_store::Error::Inconsistent("device"));
    };
    match owner {
        Some(owner) => tx.assign_device(account, id, &UserId(owner.to_owned()), NOW),
        None => Ok(()),
    }
}

/// The user with few devices.
pub(super) const FEW: &str = "few";
pub(super) const FEW_DEVICES: usize = 8;
const MANY: &str = "many";
/// Devices in each half that differ from the rest: more than a page of them.
const RARE: usize = 150;
/// Bytes of an encrypted seed: header, nonce, seed, tag.
pub(super) const SEAL: usize = 2 + 24 + vmfa_otp::SEED_BYTES + 16;
/// Devices in one transaction.
const JOB: usize = 20_000;
const NOW: vmfa_model::Timestamp = vmfa_model::Timestamp::from_unix(1_700_000_000);
/// For an ending process to release the lock of the directory.
const PATIENCE: Duration = Duration::from_secs(5);
