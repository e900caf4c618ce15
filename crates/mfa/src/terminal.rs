//! The terminal: output, line input with a timeout, and signals.
//!
//! The terminal stays in its normal (cooked) mode: only lines above the prompt are redrawn, and
//! nothing has to be restored when the process ends.

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

/// A terminal, or the standard streams of a script.
pub trait PromptTerminal {
    /// Whether output goes to a terminal, so that lines can be redrawn.
    fn is_interactive(&self) -> bool;

    /// The size of the window; 80 by 24 if unknown.
    fn size(&self) -> TerminalSize;

    /// Prints text without a newline.
    fn print(&mut self, text: &str) -> io::Result<()>;

    /// Waits for a line of input, up to the timeout.
    fn read_line(&mut self, timeout: Duration) -> io::Result<InputEvent>;

    /// Sleeps, or returns early on a signal.
    fn sleep(&mut self, time: Duration) -> io::Result<()>;

    /// From now on, SIGINT, SIGHUP and SIGTERM are recorded in place of ending the process, so that
    /// a device can be deleted first.
    fn catch_signals(&mut self) -> io::Result<()>;

    /// The last signal since [`catch_signals`](Self::catch_signals).
    fn caught_signal(&self) -> Option<u8>;
}

/// The size of a terminal's window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalSize {
    /// Characters per line.
    pub columns: usize,
    /// Lines.
    pub rows: usize,
}

/// A line of input, wiped when dropped: it may be a code.
pub type InputLine = Zeroizing<String>;

/// The outcome of [`PromptTerminal::read_line`].
pub enum InputEvent {
    /// A line, without its newline.
    Line(InputLine),
    /// No complete line within the timeout.
    Timeout,
    /// The end of the input (Ctrl-D).
    End,
}

/// Redraws the line above the cursor, and leaves the cursor where it is.
pub(crate) fn redraw_above(terminal: &mut dyn PromptTerminal, text: &str) -> io::Result<()> {
    terminal.print(&format!("\x1b7\x1b[1A\r{text}\x1b[K\x1b8"))
}

/// Waits until `left`, in seconds, is zero or a signal was caught, and shows the countdown on the
/// current line if the terminal is interactive.
pub(crate) fn count_down(
    terminal: &mut dyn PromptTerminal,
    what: &str,
    left: &dyn Fn() -> i64,
) -> io::Result<()> {
    let mut shown = 0;
    loop {
        let seconds = left();
        let over = seconds <= 0 || terminal.caught_signal().is_some();
        if terminal.is_interactive() && (over || seconds != shown) {
            let mut line = "\r".to_owned();
            if !over {
                // Writing to a `String` cannot fail.
                let _ = write!(line, "{what}, {seconds} s");
            }
            terminal.print(&(line + "\x1b[K"))?;
        }
        if over {
            return Ok(());
        }
        shown = seconds;
        terminal.sleep(TICK)?;
    }
}

/// Polling interval: under a second, so that every second is shown.
pub(crate) const TICK: Duration = Duration::from_millis(200);

/// The process's terminal. Prompts go to standard output if it is a terminal, and otherwise to
/// standard error, so that standard output has only the result.
pub struct SystemTerminal {
    on_errors: bool,
    interactive: bool,
    unread: Zeroizing<Vec<u8>>,
    ended: bool,
    signal: Arc<AtomicUsize>,
}

impl SystemTerminal {
    /// The terminal of the standard streams.
    pub fn new() -> Self {
        let on_errors = !io::stdout().is_terminal();
        let interactive = !on_errors || io::stderr().is_terminal();
        let (unread, signal) = (Zeroizing::default(), Arc::default());
        Self { on_errors, interactive, unread, ended: false, signal }
    }

    /// The next complete line that was read; at the end of input, also one without a newline.
    fn line(&mut self) -> Option<InputLine> {
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

impl PromptTerminal for SystemTerminal {
    fn is_interactive(&self) -> bool {
        self.interactive
    }

    fn size(&self) -> TerminalSize {
        let size =
            if self.on_errors { tcgetwinsize(io::stderr()) } else { tcgetwinsize(io::stdout()) };
        let or = |value: u16, default| if value == 0 { default } else { usize::from(value) };
        size.map_or(DEFAULT_SIZE, |size| TerminalSize {
            columns: or(size.ws_col, DEFAULT_SIZE.columns),
            rows: or(size.ws_row, DEFAULT_SIZE.rows),
        })
    }

    fn print(&mut self, text: &str) -> io::Result<()> {
        if self.on_errors {
            return io::stderr().write_all(text.as_bytes());
        }
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    fn read_line(&mut self, timeout: Duration) -> io::Result<InputEvent> {
        if let Some(line) = self.line() {
            return Ok(InputEvent::Line(line));
        }
        if self.ended {
            return Ok(InputEvent::End);
        }
        let input = io::stdin();
        if !wait(&mut [PollFd::new(&input, PollFlags::IN)], timeout)? {
            return Ok(InputEvent::Timeout);
        }
        let mut bytes = Zeroizing::new([0; LONGEST_LINE]);
        match rustix::io::read(&input, &mut *bytes) {
            Ok(0) => self.ended = true,
            Ok(read) => self.unread.extend(bytes.iter().take(read)),
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(error) => return Err(error.into()),
        }
        match self.line() {
            Some(line) => Ok(InputEvent::Line(line)),
            None if self.ended => Ok(InputEvent::End),
            None if self.unread.len() > LONGEST_LINE => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a line on standard input is too long",
            )),
            None => Ok(InputEvent::Timeout),
        }
    }

    fn sleep(&mut self, time: Duration) -> io::Result<()> {
        wait(&mut [], time).map(|_| ())
    }

    fn catch_signals(&mut self) -> io::Result<()> {
        for number in SIGNALS {
            let value = usize::try_from(number).unwrap_or_default();
            signal_hook::flag::register_usize(number, Arc::clone(&self.signal), value)?;
        }
        Ok(())
    }

    fn caught_signal(&self) -> Option<u8> {
        let signal = self.signal.load(Ordering::SeqCst);
        u8::try_from(signal).ok().filter(|signal| *signal != 0)
    }
}

/// Whether a descriptor became ready within the timeout. A signal ends the wait early.
fn wait(descriptors: &mut [PollFd<'_>], timeout: Duration) -> io::Result<bool> {
    let timeout = Timespec::try_from(timeout).map_err(io::Error::other)?;
    match poll(descriptors, Some(&timeout)) {
        Ok(ready) => Ok(ready > 0),
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

const SIGNALS: [i32; 3] =
    [signal_hook::consts::SIGINT, signal_hook::consts::SIGHUP, signal_hook::consts::SIGTERM];
/// For a terminal that does not report its size.
const DEFAULT_SIZE: TerminalSize = TerminalSize { columns: 80, rows: 24 };
/// In bytes: Linux's limit in canonical mode.
const LONGEST_LINE: usize = 4096;
