//! A sign of life, on standard error where that is a terminal, while a statement takes longer than
//! a person likes to wait.

use std::{
    io::{self, IsTerminal as _, Write as _},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// It turns until it is stopped or dropped.
pub(crate) struct Spinner(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Default)]
struct State {
    rows: u64,
    over: bool,
    /// Whether there is something to erase.
    shown: bool,
}

impl Spinner {
    pub(crate) fn start() -> Self {
        let shared = Arc::<Shared>::default();
        if io::stderr().is_terminal() {
            let turning = Arc::clone(&shared);
            // Without a thread there is no sign of life, and nothing else is lost.
            let _ = std::thread::Builder::new()
                .name("spinner".to_owned())
                .spawn(move || turning.turn());
        }
        Self(shared)
    }

    /// One more row.
    pub(crate) fn count(&self) {
        let mut state = self.0.state();
        state.rows = state.rows.saturating_add(1);
    }

    /// Erases it.
    pub(crate) fn stop(&self) {
        let mut state = self.0.state();
        if std::mem::take(&mut state.shown) {
            show(ERASE);
        }
        state.over = true;
        self.0.ended.notify_all();
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn turn(&self) {
        let mut pause = PATIENCE;
        for sign in SIGNS.into_iter().cycle() {
            let state = self.state();
            let waited = self.ended.wait_timeout_while(state, pause, |state| !state.over);
            let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            if state.over {
                return;
            }
            state.shown = true;
            let rows = state.rows;
            show(&format!("{ERASE}{sign} {rows} rows"));
            pause = BETWEEN;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn show(text: &str) {
    // Nothing is left to tell a failure to.
    let _ = io::stderr().write_all(text.as_bytes());
}

const SIGNS: [&str; 4] = ["|", "/", "-", "\\"];
/// Goes to the beginning of the line and clears it.
const ERASE: &str = "\r\u{1b}[K";
/// How long a person waits without asking.
const PATIENCE: Duration = Duration::from_secs(1);
const BETWEEN: Duration = Duration::from_millis(120);
