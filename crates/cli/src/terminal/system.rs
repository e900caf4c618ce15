//! The terminal of the process.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufReader, Write},
    os::fd::AsFd,
};

use rustix::termios::{LocalModes, OptionalActions, Termios, isatty, tcgetattr, tcgetwinsize};

use super::{COLUMNS, Terminal, TerminalIo};
use crate::{
    debug::WallTime,
    interrupt::{self, UndoGuard},
};

/// The terminal of the process, with a clock.
#[derive(Clone, Copy, Debug)]
pub struct ProcessTerminal<N>(pub N);

impl<'a> Terminal<'a> {
    /// The terminal of the process.
    pub fn of(io: &'a dyn TerminalIo) -> Self {
        let (input, output, errors) = (io::stdin(), io::stdout(), io::stderr());
        let (input, output, errors) = (isatty(input), isatty(&output), isatty(errors));
        let columns = if output { columns() } else { COLUMNS };
        Self { input, output, errors, columns, io }
    }
}

/// A terminal whose size was not set reports 0 columns.
fn columns() -> usize {
    let size = tcgetwinsize(io::stdout()).ok().map(|size| usize::from(size.ws_col));
    size.filter(|columns| *columns > 0).unwrap_or(COLUMNS)
}

impl<N: Fn() -> WallTime + Sync> TerminalIo for ProcessTerminal<N> {
    fn line(&self) -> io::Result<Option<String>> {
        read(io::stdin().lock())
    }

    fn hidden(&self, prompt: &str) -> io::Result<Option<String>> {
        let Some((terminal, modes)) = silenced() else {
            ask(io::stderr(), prompt)?;
            return self.line();
        };
        ask(&terminal, prompt)?;
        let line = read(BufReader::new(&terminal));
        drop(modes);
        // The typed line feed was not echoed either.
        ask(&terminal, "\n")?;
        line
    }

    fn show(&self, text: &str) {
        // The count and the prompt are not essential.
        let _ = ask(io::stderr(), text);
    }

    fn now(&self) -> WallTime {
        (self.0)()
    }
}

/// The controlling terminal with echo switched off, if there is one that supports it.
fn silenced() -> Option<(File, TerminalModes)> {
    let terminal = controlling().ok()?;
    let modes = TerminalModes::kept(&terminal).ok()?;
    modes.silence(&terminal).ok()?;
    Some((terminal, modes))
}

fn ask(mut stream: impl Write, prompt: &str) -> io::Result<()> {
    stream.write_all(prompt.as_bytes())?;
    stream.flush()
}

fn read(mut stream: impl io::BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let end = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(end);
    Ok(Some(line))
}

/// Opens the controlling terminal.
pub(crate) fn controlling() -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open("/dev/tty")
}

/// The modes of a terminal, which are restored on drop and before a signal ends the process.
pub(crate) struct TerminalModes {
    terminal: File,
    before: Termios,
    _undo: UndoGuard,
}

impl TerminalModes {
    pub(crate) fn kept(terminal: &File) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let (again, modes) = (terminal.try_clone()?, before.clone());
        let undo = interrupt::undo(move || {
            // A terminal that was closed needs no echo.
            let _ = set(&again, &modes);
        });
        Ok(Self { terminal: terminal.try_clone()?, before, _undo: undo })
    }

    /// Switches echo off.
    fn silence(&self, terminal: &File) -> io::Result<()> {
        let mut silent = self.before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        Ok(set(terminal, &silent)?)
    }
}

impl Drop for TerminalModes {
    fn drop(&mut self) {
        // A terminal that was closed needs no echo.
        let _ = set(&self.terminal, &self.before);
    }
}

/// Discards pending input, which was not meant for the prompt.
fn set(terminal: impl AsFd, modes: &Termios) -> rustix::io::Result<()> {
    rustix::termios::tcsetattr(terminal, OptionalActions::Flush, modes)
}
