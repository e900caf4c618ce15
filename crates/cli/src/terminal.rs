//! What a command knows of the terminal that it runs on, as data, so that a test needs none: which
//! of the three streams are one, how wide it is, and the person who sits there.
//!
//! [`Terminal::none`] is for what runs without one, [`Terminal::of`] gives the process's own.
//!
//! Not here: what is shown (the pager, the prompt and the line of progress have files of their
//! own), and where standard output and standard error go.

mod system;

use std::io;

use vmfa_render::{Colour, Format};

pub use self::system::ProcessTerminal;
pub(crate) use self::system::{TerminalModes, controlling};
use crate::{debug::WallTime, printer::PrintOptions};

/// The properties of the terminal.
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
    /// Input and output of the terminal.
    pub io: &'a dyn TerminalIo,
}

/// Interaction with the person at the terminal.
pub trait TerminalIo: Sync {
    /// The next line of standard input, without its end; `None` where there are no more. What asks
    /// for it is the caller's to write and to flush before.
    fn line(&self) -> io::Result<Option<String>>;

    /// A line that is typed on the controlling terminal and not shown there, whatever standard
    /// input and output are: `prompt` is written there. Without a controlling terminal the prompt
    /// goes to standard error, and the line comes from standard input. `None` where there is none.
    fn hidden(&self, prompt: &str) -> io::Result<Option<String>>;

    /// Shows on standard error, at once, what is to be seen for a moment.
    fn show(&self, text: &str);

    /// The local time.
    fn now(&self) -> WallTime;
}

impl Terminal<'_> {
    /// What the AWS CLI leaves a terminal with where it has shown a table in colours, be it through
    /// a pager.
    pub(crate) fn reset(&self, printing: &PrintOptions) -> Option<&'static str> {
        let coloured = printing.screen.colour != Colour::Off;
        let table = matches!(printing.format, Ok(Format::Table));
        (self.output && coloured && table).then_some(RESET)
    }
}

impl Terminal<'static> {
    /// No terminal: input is at its end, output is discarded.
    pub const fn none() -> Self {
        Self { input: false, output: false, errors: false, columns: COLUMNS, io: &NoTerminal }
    }
}

/// Whether tables are coloured: as `--color` says, or else where they are shown on a terminal.
/// What is `paged` has another way to write colours.
pub(crate) fn colour(wanted: Option<&str>, terminal: Terminal<'_>, paged: bool) -> Colour {
    match wanted {
        Some("on") => Colour::On { direct: !paged },
        Some("off") => Colour::Off,
        _ if terminal.output => Colour::On { direct: !paged },
        _ => Colour::Off,
    }
}

struct NoTerminal;

impl TerminalIo for NoTerminal {
    fn line(&self) -> io::Result<Option<String>> {
        Ok(None)
    }

    fn hidden(&self, _: &str) -> io::Result<Option<String>> {
        Ok(None)
    }

    fn show(&self, _: &str) {}

    fn now(&self) -> WallTime {
        WallTime { milliseconds: 0, offset: 0 }
    }
}

const RESET: &str = "\u{1b}[0m";
/// The width without a terminal.
const COLUMNS: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_by_default() {
        let on = Terminal { output: true, ..Terminal::none() };
        assert_eq!(colour(None, Terminal::none(), false), Colour::Off);
        assert_eq!(colour(Some("auto"), on, false), Colour::On { direct: true });
        assert_eq!(colour(None, on, true), Colour::On { direct: false });
        assert_eq!(colour(Some("off"), on, true), Colour::Off);
        assert_eq!(colour(Some("on"), Terminal::none(), false), Colour::On { direct: true });
    }
}
