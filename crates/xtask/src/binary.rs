//! The vmfa that is tried: built here, or named.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, ensure};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The vmfa to run, in place of one that is built first
    #[arg(long, value_name = "PATH")]
    vmfa: Option<PathBuf>,
}

impl Arguments {
    /// The program, built with optimisation where none was named.
    pub(crate) fn program(&self) -> anyhow::Result<PathBuf> {
        if let Some(path) = &self.vmfa {
            return std::path::absolute(path).with_context(|| format!("`{}`", path.display()));
        }
        let cargo = option_env!("CARGO").unwrap_or("cargo");
        let built = Command::new(cargo)
            .args(["build", "--release", "--locked", "--package", "vmfa"])
            .status()
            .context("cannot run cargo")?;
        ensure!(built.success(), "vmfa was not built");
        // This program lies where that one was put.
        let own = std::env::current_exe().context("where is this program?")?;
        Ok(own.parent().unwrap_or(Path::new(".")).join("vmfa"))
    }
}
