//! Rows, and short forms of reading and writing.

use std::sync::{Arc, mpsc};

use vmfa_model::{
    AccountId, DeviceResource, Timestamp,
    names::{Tag, UserName},
};
use vmfa_store::{
    AccessKey, DeviceColumns, DeviceFilter, DeviceId, DeviceInsertion, DevicePage, Error, KeyId,
    KeyOwner, NewAccessKey, NewAccount, NewDevice, NewUser, Read, Sealed, Store, UserId, Verdict,
    Write,
};

use crate::Backend;

pub(crate) const NOW: Timestamp = Timestamp::from_unix(1_700_000_000);
pub(crate) const MANY: usize = 1_000;

pub(crate) fn account() -> AccountId {
    AccountId::parse("123456789012").unwrap()
}

pub(crate) fn other_account() -> AccountId {
    AccountId::parse("210987654321").unwrap()
}

/// A store with two accounts.
pub(crate) fn open(backend: &dyn Backend) -> Arc<dyn Store> {
    let store = backend.open();
    for id in [account(), other_account()] {
        let job = move |tx: &mut dyn Write| {
            tx.insert_account(&NewAccount { id, created: NOW })?;
            Ok(Verdict::Keep)
        };
        store.write_and_wait(id, Box::new(job)).unwrap();
    }
    store
}

/// Runs a job of [`account`] that is kept, and returns what its last run returned.
pub(crate) fn write<T: Send + 'static>(
    store: &dyn Store,
    mut job: impl FnMut(&mut dyn Write) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let (sender, receiver) = mpsc::channel();
    let job = move |tx: &mut dyn Write| {
        sender.send(job(tx)?).unwrap();
        Ok(Verdict::Keep)
    };
    store.write_and_wait(account(), Box::new(job))?;
    Ok(receiver.iter().last().unwrap())
}

pub(crate) fn read<T>(store: &dyn Store, mut look: impl FnMut(&dyn Read) -> Result<T, Error>) -> T {
    let mut found = None;
    store
        .read(&mut |view| {
            found = Some(look(view)?);
            Ok(())
        })
        .unwrap();
    found.unwrap()
}

pub(crate) fn name(text: &str) -> UserName {
    text.to_owned().try_into().unwrap()
}

pub(crate) fn user(text: &str) -> NewUser {
    NewUser {
        id: UserId(format!("AIDA{text}")),
        name: name(text),
        path: "/".to_owned().try_into().unwrap(),
        created: NOW,
        tags: Vec::new(),
    }
}

pub(crate) fn insert_user(store: &dyn Store, text: &str) -> UserId {
    let row = user(text);
    let id = row.id.clone();
    write(store, move |tx| tx.insert_user(account(), &row)).unwrap();
    id
}

pub(crate) fn exists(view: &dyn Read, text: &str) -> Result<bool, Error> {
    Ok(view.user(account(), &name(text))?.is_some())
}

pub(crate) fn tag(key: &str, value: &str) -> Tag {
    let (key, value) = (key.to_owned().try_into().unwrap(), value.to_owned().try_into().unwrap());
    Tag { key, value }
}

/// Keys and values.
pub(crate) fn pairs(tags: &[Tag]) -> Vec<(&str, &str)> {
    tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect()
}

pub(crate) fn resource(text: &str) -> DeviceResource {
    DeviceResource::parse(text).unwrap()
}

pub(crate) fn device(text: &str) -> NewDevice {
    let seed = Sealed::from_bytes(vec![1, 2, 3]);
    NewDevice { resource: resource(text), tags: Vec::new(), generation: 7, seed }
}

pub(crate) fn insert_device(store: &dyn Store, text: &str) -> DeviceId {
    let row = device(text);
    let inserted = write(store, move |tx| tx.insert_device(account(), &row, u64::MAX)).unwrap();
    let DeviceInsertion::Inserted(id) = inserted else { panic!("{inserted:?}") };
    id
}

/// A list of devices: each with its owner's name.
pub(crate) fn listed(store: &dyn Store, page: DevicePage) -> Vec<(String, Option<String>)> {
    let mut rows = Vec::new();
    let mut show = |row: DeviceColumns<'_>| {
        let owner = row.owner.map(|(owner, _)| owner.name.to_owned());
        rows.push((row.resource.to_owned(), owner));
    };
    read(store, |view| view.devices(account(), &page, &mut show));
    rows
}

pub(crate) fn every_device(store: &dyn Store) -> Vec<String> {
    let after = DeviceId::default();
    let page = DevicePage { filter: DeviceFilter::Any, owners: false, after, limit: MANY };
    listed(store, page).into_iter().map(|(resource, _)| resource).collect()
}

pub(crate) fn key(id: &str, owner: &KeyOwner) -> NewAccessKey {
    NewAccessKey {
        id: KeyId(id.to_owned()),
        account: account(),
        owner: owner.clone(),
        secret: Sealed::from_bytes(id.into()),
        created: NOW,
    }
}

pub(crate) fn insert_key(store: &dyn Store, id: &str, owner: &KeyOwner) -> AccessKey {
    let row = key(id, owner);
    write(store, move |tx| {
        tx.insert_access_key(&row)?;
        Ok(tx.view().access_key(&row.id)?.unwrap())
    })
    .unwrap()
}
