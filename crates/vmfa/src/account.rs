//! `vmfa account`: shows the account of a data directory, and makes access keys for its root.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use anyhow::Context as _;
use vmfa_client::{AccessKey, Holding};
use vmfa_store::{Account, Error, Owner, Read, sqlite::Sqlite};

use crate::{environment, out::Out};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Where the account is kept [default: as for `vmfa serve`]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The file with the key that seals secrets [default: `key` in the data directory]
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Make an access key for the root and print it, this once. The root has two at the most: the
    /// oldest makes room
    #[arg(long)]
    new_root_key: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut out = Out::new();
    // A key that cannot be shown is not made.
    out.flush().context("standard output")?;
    let Arguments { data_dir, key_file, .. } = arguments;
    let directory = environment::directory(data_dir.clone(), key_file.clone())?;
    let means = environment::service_options()?;
    if !arguments.new_root_key {
        directory.require_account()?;
    }
    let holding = vmfa_client::hold_or_connect(&directory, "vmfa account", &means)?;
    if arguments.new_root_key {
        let (key, replaced) = match holding {
            Holding::Ours(held) => held.new_root_key()?,
            Holding::Theirs(socket) => socket.new_root_key()?,
        };
        write_key(&mut out, &key)?;
        if let Some(replaced) = replaced {
            // Apart from what a shell is to take.
            writeln!(io::stderr(), "vmfa: {replaced} made room for it and works no more")?;
        }
        return Ok(());
    }
    // While it is held or served, so that whoever closes the database last clears up behind it.
    let looked = Sqlite::glance(&directory.database(), look)?.flatten();
    let (account, root_keys) = looked.context("the account is gone")?;
    let holder = match holding {
        Holding::Ours(_) => None,
        Holding::Theirs(_) => directory.holder()?,
    };
    writeln!(out, "account         {}", account.id)?;
    writeln!(out, "alias           {}", account.alias.as_deref().unwrap_or("none"))?;
    writeln!(out, "users           {}", account.users)?;
    writeln!(out, "MFA devices     {}, {} enabled", account.devices, account.devices_in_use)?;
    writeln!(out, "root keys       {root_keys}")?;
    writeln!(out, "data directory  {}", directory.path().display())?;
    match holder {
        Some(holder) => writeln!(out, "held by         {holder}")?,
        None => writeln!(out, "held by         no process")?,
    }
    Ok(())
}

/// Writes a key in the form in which a shell takes it.
pub(crate) fn write_key(out: &mut impl Write, key: &AccessKey) -> io::Result<()> {
    writeln!(out, "export AWS_ACCESS_KEY_ID={}", key.id)?;
    writeln!(out, "export AWS_SECRET_ACCESS_KEY={}", key.secret.expose())?;
    out.flush()
}

fn look(view: &dyn Read) -> Result<Option<(Account, usize)>, Error> {
    let Some(account) = view.first_account()? else { return Ok(None) };
    let root_keys = view.access_keys(account.id, &Owner::Root)?.len();
    Ok(Some((account, root_keys)))
}
