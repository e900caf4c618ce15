//! Data directories with many devices, filled past the service: no codes will be asked of them.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::Context as _;
use tempfile::TempDir;
use vmfa_client::{Directory, Held, Means};
use vmfa_iam::{Quotas, Settings};
use vmfa_model::{AccountId, DeviceResource};
use vmfa_store::{
    Device, DeviceId, Sealed, Store as _, User, UserId, Verdict, Write, sqlite::Sqlite,
};

use crate::{child::ACCOUNT, clock::Machine, report::line};

/// A directory with devices.
pub(super) struct Filled {
    directory: TempDir,
    /// How many.
    pub(super) devices: usize,
}

impl Filled {
    /// Makes that many devices, of which the user `owner` has every third.
    pub(super) fn new(devices: usize) -> anyhow::Result<Self> {
        let began = std::time::Instant::now();
        let directory = tempfile::tempdir()?;
        // The directory, its key and its account are made by those whose they are.
        drop(hold(directory.path())?);
        let store = Sqlite::open(&place(directory.path()).database())?;
        let account = account()?;
        let owner = UserId("AIDAXTASKXTASKXTASK00".to_owned());
        let user = User {
            id: owner.clone(),
            name: "owner".to_owned(),
            path: "/".to_owned(),
            created: NOW,
            tags: Vec::new(),
            devices: 0,
            access_keys: 0,
        };
        store.write(Box::new(move |tx| {
            tx.insert_user(account, &user)?;
            Ok(Verdict::Keep)
        }))?;
        let mut made = 0;
        while made < devices {
            let (from, to) = (made, devices.min(made.saturating_add(JOB)));
            let owner = owner.clone();
            store.write(Box::new(move |tx| {
                for n in from..to {
                    insert(tx, account, n, &owner)?;
                }
                Ok(Verdict::Keep)
            }))?;
            made = to;
        }
        drop(store);
        line(format_args!("made {devices} devices in {:.1} s", began.elapsed().as_secs_f64()));
        Ok(Self { directory, devices })
    }

    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }
}

/// Holds a directory in this process, with quotas that nothing reaches.
pub(super) fn hold(directory: &Path) -> anyhow::Result<Held> {
    let quotas = Quotas { devices: u64::MAX, ..Quotas::default() };
    let means = Means {
        clock: Arc::new(Machine),
        entropy: Arc::new(Machine),
        settings: Settings { quotas, ..Settings::default() },
        account: Some(account()?),
    };
    Ok(place(directory).hold(PATIENCE, "cargo xtask bench", &means)?)
}

/// Where things are in a directory.
pub(super) fn place(directory: &Path) -> Directory {
    Directory::new(directory.to_owned(), None)
}

pub(super) fn account() -> anyhow::Result<AccountId> {
    AccountId::parse(ACCOUNT).context("an account has twelve digits")
}

fn insert(
    tx: &mut dyn Write,
    account: AccountId,
    n: usize,
    owner: &UserId,
) -> Result<(), vmfa_store::Error> {
    let resource = DeviceResource::parse(&format!("/device-{n}"));
    let device = Device {
        id: tx.next_device_id(account)?,
        resource: resource.ok_or(vmfa_store::Error::Inconsistent("device"))?,
        owner: None,
        tags: Vec::new(),
        generation: i64::try_from(n).unwrap_or_default(),
        // As long as a seal of a seed; it never needs to open.
        seed: Sealed::from_bytes(vec![1; SEAL]),
        last_step: None,
        drift: 0,
    };
    tx.insert_device(account, &device)?;
    if n.is_multiple_of(3) {
        tx.assign_device(account, DeviceId(device.id.0), owner, NOW)?;
    }
    Ok(())
}

/// Bytes of the seal of a seed: header, nonce, seed, tag.
pub(super) const SEAL: usize = 2 + 24 + vmfa_otp::SEED_BYTES + 16;
/// Devices in one transaction.
const JOB: usize = 20_000;
const NOW: vmfa_model::Timestamp = vmfa_model::Timestamp::from_unix(1_700_000_000);
/// For a process that is being ended to let go of the directory.
const PATIENCE: Duration = Duration::from_secs(5);
