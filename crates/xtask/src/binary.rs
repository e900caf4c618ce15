//! The `vmfa` binary under test: built here, or named by `--vmfa`.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, ensure};

#[derive(clap::Args)]
pub(crate) struct BinaryArguments {
    /// Run this `vmfa` binary [default: build it in the release profile]
    #[arg(long, value_name = "PATH")]
    vmfa: Option<PathBuf>,
}

impl BinaryArguments {
    /// The binary's path; builds it in the release profile unless `--vmfa` names one.
    pub(crate) fn program(&self) -> anyhow::Result<PathBuf> {
        if let Some(path) = &self.vmfa {
            return std::path::absolute(path).with_context(|| format!("`{}`", path.display()));
        }
        let cargo = option_env!("CARGO").unwrap_or("cargo");
        let built = Command::new(cargo)
            .args(["build", "--release", "--locked", "--package", "vmfa"])
            .status()
            .context("cannot run cargo")?;
        ensure!(built.success(), "cannot build vmfa");
        // Cargo puts both binaries into the same directory.
        let own = std::env::current_exe().context("cannot find the path of this program")?;
        Ok(own.parent().unwrap_or(Path::new(".")).join("vmfa"))
    }
}
