//! Shows the number of items of a long list on standard error, if it is a terminal. The count
//! appears after a delay and is erased before other output.

use std::{
    io::{self, Write},
    sync::{Mutex, MutexGuard, PoisonError},
};

use vmfa_client::{CallError, Calls};
use vmfa_iam::Call;
use vmfa_model::{Record, Value};

use crate::Terminal;

pub(crate) struct Progress<'a> {
    terminal: Terminal<'a>,
    state: Mutex<ProgressState>,
}

struct ProgressState {
    /// The start of the command in Unix milliseconds.
    began: i64,
    /// The last time that the count was shown, in Unix milliseconds.
    shown: Option<i64>,
    items: usize,
    /// Whether output went to the terminal: then no count is shown.
    over: bool,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(terminal: Terminal<'a>) -> Self {
        let began = terminal.io.now().milliseconds;
        let over = !terminal.errors;
        Self { terminal, state: Mutex::new(ProgressState { began, shown: None, items: 0, over }) }
    }

    /// Counts the items of responses.
    pub(crate) fn over<'p>(&'p self, calls: &'p dyn Calls) -> CountingCalls<'p, 'a> {
        CountingCalls { calls, progress: self }
    }

    /// A writer that erases the count before it writes.
    pub(crate) fn before<'p, 'o>(&'p self, out: &'o mut dyn Write) -> ErasingWriter<'p, 'o, 'a> {
        ErasingWriter { out, progress: self }
    }

    /// Erases the count if it is shown.
    pub(crate) fn erase(&self) {
        if self.state().shown.take().is_some() {
            self.terminal.io.show(ERASE);
        }
    }

    fn count(&self, more: usize) {
        let mut state = self.state();
        state.items = state.items.saturating_add(more);
        let now = self.terminal.io.now().milliseconds;
        let (since, pause) = state.shown.map_or((state.began, PATIENCE), |shown| (shown, BETWEEN));
        if !state.over && now.saturating_sub(since) >= pause {
            state.shown = Some(now);
            let items = grouped(state.items);
            self.terminal.io.show(&format!("{ERASE}{items} items so far …"));
        }
    }

    /// Called before output. Output on a terminal shows progress by itself.
    fn output(&self) {
        self.erase();
        if self.terminal.output {
            self.state().over = true;
        }
    }

    fn state(&self) -> MutexGuard<'_, ProgressState> {
        // A panic cannot leave the state inconsistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.erase();
    }
}

pub(crate) struct CountingCalls<'p, 'a> {
    calls: &'p dyn Calls,
    progress: &'p Progress<'a>,
}

impl Calls for CountingCalls<'_, '_> {
    fn call(&self, call: Call) -> Result<Record, CallError> {
        let counted = call.action.paged().and_then(|page| page.lists.first());
        let answer = self.calls.call(call)?;
        if let Some(Value::List(items)) = counted.and_then(|list| answer.get(list)) {
            self.progress.count(items.len());
        }
        Ok(answer)
    }

    fn max_concurrency(&self) -> usize {
        self.calls.max_concurrency()
    }
}

pub(crate) struct ErasingWriter<'p, 'o, 'a> {
    out: &'o mut dyn Write,
    progress: &'p Progress<'a>,
}

impl Write for ErasingWriter<'_, '_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !bytes.is_empty() {
            self.progress.output();
        }
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Formats a number with thousands separators.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len().saturating_sub(at)).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// The delay before the first count, in milliseconds.
const PATIENCE: i64 = 1_000;
/// The time between two updates, in milliseconds.
const BETWEEN: i64 = 100;
/// Moves to the start of the line and clears it.
const ERASE: &str = "\r\u{1b}[K";

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use vmfa_iam::{Api, find};

    use super::*;
    use crate::{TerminalIo, WallTime};

    /// A terminal whose clock advances by 400 ms with each response.
    #[derive(Default)]
    struct RecordingTerminal {
        seen: Mutex<String>,
        clock: AtomicI64,
    }

    impl TerminalIo for RecordingTerminal {
        fn line(&self) -> io::Result<Option<String>> {
            Ok(None)
        }
        fn hidden(&self, _: &str) -> io::Result<Option<String>> {
            Ok(None)
        }
        fn show(&self, text: &str) {
            self.seen.lock().unwrap().push_str(text);
        }
        fn now(&self) -> WallTime {
            WallTime { milliseconds: self.clock.load(Ordering::Relaxed), offset: 0 }
        }
    }

    impl Calls for RecordingTerminal {
        fn call(&self, _: Call) -> Result<Record, CallError> {
            self.clock.fetch_add(400, Ordering::Relaxed);
            Ok(Record::from_iter([("Users", Value::List(vec![Value::Null; 500]))]))
        }
    }

    /// The terminal's content for a list of `pages` pages, with output after each page or at the
    /// end.
    fn seen(terminal: Terminal<'_>, io: &RecordingTerminal, pages: usize, each: bool) -> String {
        let mut out = Vec::new();
        let progress = Progress::new(Terminal { io, ..terminal });
        let calls = progress.over(io);
        let mut erasing = progress.before(&mut out);
        let action = find(Api::Iam, "ListUsers").unwrap();
        for page in 0..pages {
            calls.call(Call { action, input: Record::new() }).unwrap();
            if each || page + 1 == pages {
                erasing.write_all(b"x").unwrap();
                io.show("[output]");
            }
        }
        drop(progress);
        io.seen.lock().unwrap().replace('\r', "<").replace("\u{1b}[K", ">")
    }

    #[test]
    fn the_count_appears_after_a_delay_and_is_erased_before_output() {
        let both = Terminal { output: true, errors: true, ..Terminal::none() };
        assert_eq!(seen(both, &RecordingTerminal::default(), 2, false), "[output]");
        assert_eq!(
            seen(both, &RecordingTerminal::default(), 4, false),
            "<>1,500 items so far …<>2,000 items so far …<>[output]"
        );
    }

    #[test]
    fn no_count_is_shown_after_output_on_the_same_terminal() {
        let both = Terminal { output: true, errors: true, ..Terminal::none() };
        assert_eq!(seen(both, &RecordingTerminal::default(), 4, true), "[output]".repeat(4));
        let elsewhere = Terminal { output: false, ..both };
        assert_eq!(
            seen(elsewhere, &RecordingTerminal::default(), 3, true),
            "[output][output]<>1,500 items so far …<>[output]"
        );
    }

    #[test]
    fn without_a_terminal_nothing_is_shown() {
        let out = Terminal { output: true, ..Terminal::none() };
        assert_eq!(seen(out, &RecordingTerminal::default(), 9, false), "[output]");
        assert_eq!(
            [0, 999, 1_000, 1_234_567].map(grouped),
            ["0", "999", "1,000", "1,234,567"].map(str::to_owned)
        );
    }
}
