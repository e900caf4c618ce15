//! `vmfa completions` and `vmfa man`: shell completions and manual pages of all commands (see
//! `tree`).

use std::{
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::PathBuf,
};

use anyhow::Context as _;
use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;

use crate::{out::StandardOutput, tree};

#[derive(clap::Args)]
pub(crate) struct CompletionsArguments {
    /// Print completions for this shell
    #[arg(value_parser = [BASH, ZSH, FISH])]
    shell: String,
}

#[derive(clap::Args)]
pub(crate) struct ManArguments {
    /// Write a page for each command to this directory, such as ~/.local/share/man/man1, which is
    /// created if it does not exist [default: print the page of `vmfa` alone]
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
}

/// Prints a script that completes commands, options and their values.
pub(crate) fn completions(arguments: &CompletionsArguments) -> anyhow::Result<u8> {
    let shell = match arguments.shell.as_str() {
        BASH => Shell::Bash,
        ZSH => Shell::Zsh,
        _ => Shell::Fish,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut tree::whole(), NAME, &mut script);
    StandardOutput::new().write_all(&script)?;
    Ok(0)
}

pub(crate) fn man(arguments: &ManArguments) -> anyhow::Result<u8> {
    let mut whole = without_help(tree::whole());
    whole.build();
    let Some(directory) = &arguments.directory else {
        StandardOutput::new().write_all(page(whole)?.as_bytes())?;
        return Ok(0);
    };
    fs::create_dir_all(directory)
        .with_context(|| format!("cannot create `{}`", directory.display()))?;
    let mut unwritten = vec![(NAME.to_owned(), whole)];
    while let Some((name, command)) = unwritten.pop() {
        let below = command.get_subcommands().filter(|below| !below.is_hide_set());
        unwritten
            .extend(below.map(|below| (format!("{name}-{}", below.get_name()), below.clone())));
        let file = directory.join(format!("{name}.1"));
        let page = page(command.display_name(name))?;
        fs::write(&file, page).with_context(|| format!("cannot write `{}`", file.display()))?;
    }
    Ok(0)
}

/// The commands without `help`, which has no page.
fn without_help(command: Command) -> Command {
    let hidden = command.get_name() == HELP;
    command.hide(hidden).disable_help_subcommand(true).mut_subcommands(without_help)
}

fn page(command: Command) -> io::Result<String> {
    let mut page = Vec::new();
    Man::new(command).render(&mut page)?;
    // Some formatters do not read UTF-8.
    let mut plain = String::with_capacity(page.len());
    for character in String::from_utf8_lossy(&page).chars() {
        if character.is_ascii() {
            plain.push(character);
        } else {
            // Writing to a string does not fail.
            let _ = write!(plain, "\\[u{:04X}]", u32::from(character));
        }
    }
    Ok(plain)
}

/// The command's name in pages, also if started through a link.
const NAME: &str = "vmfa";
const HELP: &str = "help";
const BASH: &str = "bash";
const ZSH: &str = "zsh";
const FISH: &str = "fish";
