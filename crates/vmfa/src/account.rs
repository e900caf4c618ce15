//! `vmfa account`: shows the account of a data directory, and creates access keys for its root
//! user.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use anyhow::Context as _;
use vmfa_client::{AccessKeyPair, Holding};
use vmfa_model::names::AccountAlias;
use vmfa_store::{Account, Error, KeyOwner, Read, sqlite::Sqlite};

use crate::{environment, out::StandardOutput};

#[derive(clap::Args)]
pub(crate) struct AccountArguments {
    /// Use this data directory [default: as for `vmfa serve`]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Decrypt secrets with the keys in this file [default: `$VMFA_KEY_FILE`, or `key` in the data
    /// directory]
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Create an access key for the root user, and print it once. The root user may have two keys;
    /// the oldest of two is deleted
    #[arg(long)]
    new_root_key: bool,
}

pub(crate) fn run(arguments: &AccountArguments) -> anyhow::Result<()> {
    let mut out = StandardOutput::new();
    // A key whose secret cannot be printed is not created.
    out.flush().context("standard output")?;
    let AccountArguments { data_dir, key_file, .. } = arguments;
    let directory = environment::directory(data_dir.clone(), key_file.clone())?;
    let options = environment::service_options()?;
    if !arguments.new_root_key {
        directory.require_account()?;
    }
    let holding = vmfa_client::hold_or_connect(&directory, "vmfa account", &options)?;
    if arguments.new_root_key {
        let (key, replaced) = match holding {
            Holding::Ours(held) => held.new_root_key()?,
            Holding::Theirs(socket) => socket.new_root_key()?,
        };
        write_key(&mut out, &key)?;
        if let Some(replaced) = replaced {
            // On standard error, since a shell evaluates standard output.
            writeln!(io::stderr(), "vmfa: deleted {replaced}: the root user may have two keys")?;
        }
        return Ok(());
    }
    // Read while `holding` lives: the last connection to close removes the write-ahead log.
    let looked = Sqlite::peek(&directory.database(), look)?.flatten();
    let (account, root_keys) = looked.context("the database was replaced and has no account")?;
    let holder = match holding {
        Holding::Ours(_) => None,
        Holding::Theirs(_) => directory.holder()?,
    };
    writeln!(out, "account         {}", account.id)?;
    writeln!(
        out,
        "alias           {}",
        account.alias.as_ref().map_or("none", AccountAlias::as_str)
    )?;
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

/// Writes an access key as commands of a shell.
pub(crate) fn write_key(out: &mut impl Write, key: &AccessKeyPair) -> io::Result<()> {
    writeln!(out, "export AWS_ACCESS_KEY_ID={}", key.id)?;
    writeln!(out, "export AWS_SECRET_ACCESS_KEY={}", key.secret.expose())?;
    out.flush()
}

fn look(view: &dyn Read) -> Result<Option<(Account, usize)>, Error> {
    let Some(account) = view.first_account()? else { return Ok(None) };
    let root_keys = view.access_keys(account.id, &KeyOwner::Root)?.len();
    Ok(Some((account, root_keys)))
}
