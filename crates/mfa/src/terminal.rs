//! Where a person sits: text goes there, lines come from there, and Ctrl-C is heard.
//!
//! The terminal stays as it is: the system echoes and edits what is typed, and only lines above it
//! are drawn anew. So nothing has to be put right when the process ends.
//!
//! Not here: what is said.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal as _, Write as _},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    termios::tcgetwinsize,
};
use zeroize::Zeroizing;

/// Where a person sits, or a script that answers for one.
pub trait Terminal {
    /// Whether lines can be drawn anew: a person watches.
    fn is_live(&self) -> bool;

    /// How much it shows at once.
    fn size(&self) -> Size;

    /// Shows text as it is.
    fn say(&mut self, text: &str) -> io::Result<()>;

    /// Waits that long at the most for a line that is typed.
    fn hear(&mut self, patience: Duration) -> io::Result<Heard>;

    /// Waits that long at the most, for nothing but a signal.
    fn rest(&mut self, time: Duration) -> io::Result<()>;

    /// From now on a signal that asks the process to stop is heard in place of ending it: there is
    /// something to take back.
    fn watch(&mut self) -> io::Result<()>;

    /// The signal that asked the process to stop since it is watched for, if one has.
    fn stopped(&self) -> Option<u8>;
}

/// How much a terminal shows at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Characters on a line.
    pub columns: usize,
    /// Lines.
    pub rows: usize,
}

/// What is typed: a code perhaps, or a seed.
pub type Line = Zeroizing<String>;

/// What came while waiting.
pub enum Heard {
    /// A line, without its end.
    Line(Line),
    /// Nothing yet.
    Nothing,
    /// The end of all input: Ctrl-D.
    End,
}

/// Draws the line above the one where the cursor is anew, and leaves the cursor where it is.
pub(crate) fn redraw_above(terminal: &mut dyn Terminal, text: &str) -> io::Result<()> {
    terminal.say(&format!("\x1b7\x1b[1A\r{text}\x1b[K\x1b8"))
}

/// Shows how a time runs out, once a second, on the line where the cursor is. `left` gives the
/// seconds, by whatever clock; it ends with none, or when a signal came. Silent where nobody watches.
pub(crate) fn count_down(
    terminal: &mut dyn Terminal,
    what: &str,
    left: &dyn Fn() -> i64,
) -> io::Result<()> {
    let mut shown = 0;
    loop {
        let seconds = left();
        let over = seconds <= 0 || terminal.stopped().is_some();
        if terminal.is_live() && (over || seconds != shown) {
            let mut line = "\r".to_owned();
            if !over {
                // Writing to a string does not fail.
                let _ = write!(line, "{what}, {seconds} s");
            }
            terminal.say(&(line + "\x1b[K"))?;
        }
        if over {
            return Ok(());
        }
        shown = seconds;
        terminal.rest(TICK)?;
    }
}

/// How long is waited at once: less than a second, so that every second is shown.
pub(crate) const TICK: Duration = Duration::from_millis(200);

/// The process's terminal: the conversation is on standard output where that is one, and otherwise
/// on standard error, so that standard output has the answer alone.
pub struct SystemTerminal {
    on_errors: bool,
    live: bool,
    unread: Zeroizing<Vec<u8>>,
    ended: bool,
    signal: Arc<AtomicUsize>,
}

impl SystemTerminal {
    /// The terminal that the standard streams are.
    pub fn new() -> Self {
        let on_errors = !io::stdout().is_terminal();
        let live = !on_errors || io::stderr().is_terminal();
        let (unread, signal) = (Zeroizing::default(), Arc::default());
        Self { on_errors, live, unread, ended: false, signal }
    }

    /// A line of what was read; at the end of input the last one may lack its end.
    fn line(&mut self) -> Option<Line> {
        let end = self.unread.iter().position(|byte| *byte == b'\n');
        let end =
            end.or_else(|| (self.ended && !self.unread.is_empty()).then_some(self.unread.len()))?;
        let taken: Zeroizing<Vec<u8>> = Zeroizing::new(self.unread.drain(..end).collect());
        if self.unread.first() == Some(&b'\n') {
            self.unread.remove(0);
        }
        Some(Zeroizing::new(String::from_utf8_lossy(&taken).into_owned()))
    }
}

impl Default for SystemTerminal {
    fn default() -> Self {
        Self::new()
    }
}

impl Terminal for SystemTerminal {
    fn is_live(&self) -> bool {
        self.live
    }

    fn size(&self) -> Size {
        let size =
            if self.on_errors { tcgetwinsize(io::stderr()) } else { tcgetwinsize(io::stdout()) };
        let told = |told: u16, otherwise| if told == 0 { otherwise } else { usize::from(told) };
        size.map_or(USUAL, |size| Size {
            columns: told(size.ws_col, USUAL.columns),
            rows: told(size.ws_row, USUAL.rows),
        })
    }

    fn say(&mut self, text: &str) -> io::Result<()> {
        if self.on_errors {
            return io::stderr().write_all(text.as_bytes());
        }
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    fn hear(&mut self, patience: Duration) -> io::Result<Heard> {
        if let Some(line) = self.line() {
            return Ok(Heard::Line(line));
        }
        if self.ended {
            return Ok(Heard::End);
        }
        let input = io::stdin();
        if !wait(&mut [PollFd::new(&input, PollFlags::IN)], patience)? {
            return Ok(Heard::Nothing);
        }
        let mut bytes = Zeroizing::new([0; LONGEST_LINE]);
        match rustix::io::read(&input, &mut *bytes) {
            Ok(0) => self.ended = true,
            Ok(read) => self.unread.extend(bytes.iter().take(read)),
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(error) => return Err(error.into()),
        }
        match self.line() {
            Some(line) => Ok(Heard::Line(line)),
            None if self.ended => Ok(Heard::End),
            None if self.unread.len() > LONGEST_LINE => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a line on standard input is too long",
            )),
            None => Ok(Heard::Nothing),
        }
    }

    fn rest(&mut self, time: Duration) -> io::Result<()> {
        wait(&mut [], time).map(|_| ())
    }

    fn watch(&mut self) -> io::Result<()> {
        for number in SIGNALS {
            let heard = usize::try_from(number).unwrap_or_default();
            signal_hook::flag::register_usize(number, Arc::clone(&self.signal), heard)?;
        }
        Ok(())
    }

    fn stopped(&self) -> Option<u8> {
        let signal = self.signal.load(Ordering::SeqCst);
        u8::try_from(signal).ok().filter(|signal| *signal != 0)
    }
}

/// Whether something came. A signal ends the wait early.
fn wait(what: &mut [PollFd<'_>], patience: Duration) -> io::Result<bool> {
    let patience = Timespec::try_from(patience).map_err(io::Error::other)?;
    match poll(what, Some(&patience)) {
        Ok(ready) => Ok(ready > 0),
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Ctrl-C, the end of the terminal, and what asks a process politely.
const SIGNALS: [i32; 3] =
    [signal_hook::consts::SIGINT, signal_hook::consts::SIGHUP, signal_hook::consts::SIGTERM];
/// What a terminal is taken for that does not tell.
const USUAL: Size = Size { columns: 80, rows: 24 };
/// In bytes: what a terminal's own line editing takes.
const LONGEST_LINE: usize = 4096;
