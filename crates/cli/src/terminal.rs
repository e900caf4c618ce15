//! What a command knows of the terminal that it runs on, as data, so that a test needs none: which
//! of the three streams are one, how wide it is, and the person who sits there.
//!
//! [`Terminal::none`] is for what runs without one, [`Terminal::of`] gives the process's own.
//!
//! Not here: what is shown (the pager, the prompt and the line of progress have files of their
//! own), and where standard output and standard error go.

mod system;

use std::io;

pub use self::system::System;
use crate::debug::Moment;

/// The terminal, as far as there is one.
#[derive(Clone, Copy)]
pub struct Terminal<'a> {
    /// Whether standard input is a terminal.
    pub input: bool,
    /// Whether standard output is a terminal.
    pub output: bool,
    /// Whether standard error is a terminal.
    pub errors: bool,
    /// How many columns standard output has; 80 where it is no terminal or does not say.
    pub columns: usize,
    /// Who sits there.
    pub person: &'a dyn Person,
}

/// Whoever types, and reads along.
pub trait Person: Sync {
    /// The next line of standard input, without its end; `None` where there are no more. What asks
    /// for it is the caller's to write and to flush before.
    fn line(&self) -> io::Result<Option<String>>;

    /// A line that is typed on the controlling terminal and not shown there, whatever standard
    /// input and output are: `prompt` is written there. Without a controlling terminal the prompt
    /// goes to standard error, and the line comes from standard input. `None` where there is none.
    fn hidden(&self, prompt: &str) -> io::Result<Option<String>>;

    /// Shows on standard error, at once, what is to be seen for a moment.
    fn show(&self, text: &str);

    /// What the clock on the wall says.
    fn now(&self) -> Moment;
}

impl Terminal<'static> {
    /// No terminal, and nobody there.
    pub const fn none() -> Self {
        Self { input: false, output: false, errors: false, columns: COLUMNS, person: &Nobody }
    }
}

/// Types nothing.
struct Nobody;

impl Person for Nobody {
    fn line(&self) -> io::Result<Option<String>> {
        Ok(None)
    }

    fn hidden(&self, _: &str) -> io::Result<Option<String>> {
        Ok(None)
    }

    fn show(&self, _: &str) {}

    fn now(&self) -> Moment {
        Moment { milliseconds: 0, offset: 0 }
    }
}

/// The columns of what is no terminal.
const COLUMNS: usize = 80;
