//! The terminal of a command, as data, so that tests need none: which streams are terminals, the
//! width, and the interaction with the user.

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
    /// The width of standard output; 80 if it is unknown.
    pub columns: usize,
    /// Input and output of the terminal.
    pub io: &'a dyn TerminalIo,
}

/// Interaction with the person at the terminal.
pub trait TerminalIo: Sync {
    /// Reads a line of standard input, without its line feed; `None` at the end. The caller prints
    /// and flushes the prompt.
    fn line(&self) -> io::Result<Option<String>>;

    /// Reads a line from the controlling terminal without echo, after writing `prompt` there.
    /// Without a controlling terminal the prompt goes to standard error, and the line comes from
    /// standard input. `None` at the end.
    fn hidden(&self, prompt: &str) -> io::Result<Option<String>>;

    /// Writes to standard error and flushes.
    fn show(&self, text: &str);

    /// The local time.
    fn now(&self) -> WallTime;
}

impl Terminal<'_> {
    /// The escape sequence that the AWS CLI writes after a coloured table, also after a pager.
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

/// The colours of tables, by `--color`, or else by whether output is a terminal. Colours are
/// written differently if output is `paged`.
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
