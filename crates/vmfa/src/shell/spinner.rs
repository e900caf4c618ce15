//! A spinner with a row count, on standard error if that is a terminal, for statements that take
//! longer than a second.

use std::{
    io::{self, IsTerminal as _, Write as _},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Shown until it is stopped or dropped.
pub(crate) struct Spinner(Arc<SpinnerState>);

#[derive(Default)]
struct SpinnerState {
    progress: Mutex<SpinnerProgress>,
    ended: Condvar,
}

#[derive(Default)]
struct SpinnerProgress {
    rows: u64,
    stopped: bool,
    /// Whether it is on the screen, to be erased.
    shown: bool,
}

impl Spinner {
    pub(crate) fn start() -> Self {
        let shared = Arc::<SpinnerState>::default();
        if io::stderr().is_terminal() {
            let state = Arc::clone(&shared);
            // Without the thread, only the spinner is missing.
            let _ =
                std::thread::Builder::new().name("spinner".to_owned()).spawn(move || state.run());
        }
        Self(shared)
    }

    /// Adds a row.
    pub(crate) fn count(&self) {
        let mut progress = self.0.progress();
        progress.rows = progress.rows.saturating_add(1);
    }

    /// Erases the spinner, for good.
    pub(crate) fn stop(&self) {
        let mut progress = self.0.progress();
        if std::mem::take(&mut progress.shown) {
            show(ERASE);
        }
        progress.stopped = true;
        self.0.ended.notify_all();
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.stop();
    }
}

impl SpinnerState {
    fn run(&self) {
        let mut pause = DELAY;
        for frame in FRAMES.into_iter().cycle() {
            let progress = self.progress();
            let waited =
                self.ended.wait_timeout_while(progress, pause, |progress| !progress.stopped);
            let (mut progress, _) = waited.unwrap_or_else(PoisonError::into_inner);
            if progress.stopped {
                return;
            }
            progress.shown = true;
            let rows = progress.rows;
            show(&format!("{ERASE}{frame} {rows} rows"));
            pause = INTERVAL;
        }
    }

    fn progress(&self) -> MutexGuard<'_, SpinnerProgress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn show(text: &str) {
    // A failure has nowhere to be reported.
    let _ = io::stderr().write_all(text.as_bytes());
}

const FRAMES: [&str; 4] = ["|", "/", "-", "\\"];
/// Carriage return, then clear to the end of the line.
const ERASE: &str = "\r\u{1b}[K";
/// Before the first frame.
const DELAY: Duration = Duration::from_secs(1);
const INTERVAL: Duration = Duration::from_millis(120);
