//! Ctrl-C and the other signals that end the process.
//!
//! A thread waits for signals ([`watch`]), so that the reaction is not limited to async-signal-safe
//! functions. It ends the process at once, unless there is a hold, such as a call whose response
//! has a secret that is shown only once: then it waits until the hold is dropped, or until a second
//! signal. Before that it removes what must not remain: an empty file for a secret, a terminal
//! without echo.
//!
//! This is global state, as signals are, and the only one of this crate.

use std::{
    fs,
    io::{self, Write as _},
    process,
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
};

use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
    low_level,
};

/// Starts the thread that handles SIGINT, SIGTERM and SIGHUP. Call it once, before other threads
/// start. Signals that the process was started to ignore stay ignored.
///
/// # Errors
/// Those of the operating system; signals then have their default effect.
pub fn watch() -> io::Result<()> {
    let ignored = ignored();
    let wanted = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| !ignored(*signal));
    let mut signals = Signals::new(wanted)?;
    let wait = move || {
        for signal in signals.forever() {
            let mut state = state();
            match state.arrived(signal) {
                SignalEffect::Nothing => {}
                SignalEffect::Waits => {
                    drop(state);
                    // Standard error failed: there is no other place to report it.
                    let _ = io::stderr().write_all(WAITS.as_bytes());
                }
                SignalEffect::End(signal) => state.end(signal),
            }
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(wait).map(drop)
}

/// A guard: until it is dropped, a first signal waits.
#[derive(Debug)]
#[must_use]
pub(crate) struct InterruptHold(());

/// Makes a first signal wait until the guard is dropped.
pub(crate) fn hold() -> InterruptHold {
    state().held += 1;
    InterruptHold(())
}

impl Drop for InterruptHold {
    fn drop(&mut self) {
        let mut state = state();
        if let Some(signal) = state.released() {
            state.end(signal);
        }
    }
}

/// A guard: until it is dropped, another program on the terminal handles Ctrl-C.
#[derive(Debug)]
#[must_use]
pub(crate) struct InterruptPause(());

/// Ignores Ctrl-C until the guard is dropped.
pub(crate) fn pause() -> InterruptPause {
    state().paused += 1;
    InterruptPause(())
}

impl Drop for InterruptPause {
    fn drop(&mut self) {
        let mut state = state();
        state.paused = state.paused.saturating_sub(1);
    }
}

/// A guard: until it is dropped, the action runs before a signal ends the process.
#[derive(Debug)]
#[must_use]
pub(crate) struct UndoGuard(u64);

/// Registers an action that runs before a signal ends the process.
pub(crate) fn undo(what: impl FnOnce() + Send + 'static) -> UndoGuard {
    let mut state = state();
    let number = state.next;
    state.next = number.saturating_add(1);
    state.undo.push((number, Box::new(what)));
    UndoGuard(number)
}

impl Drop for UndoGuard {
    fn drop(&mut self) {
        state().undo.retain(|(number, _)| *number != self.0);
    }
}

/// Ends the process as Ctrl-C does, with exit code 130.
pub fn exit_interrupted() -> ! {
    state().end(SIGINT)
}

pub(crate) const INTERRUPT: i32 = SIGINT;

struct InterruptState {
    held: usize,
    paused: usize,
    /// A signal that waits for the holds.
    pending: Option<i32>,
    undo: Vec<(u64, Box<dyn FnOnce() + Send>)>,
    next: u64,
}

#[derive(Debug, PartialEq, Eq)]
enum SignalEffect {
    Nothing,
    Waits,
    End(i32),
}

impl InterruptState {
    const NEW: Self = Self { held: 0, paused: 0, pending: None, undo: Vec::new(), next: 0 };

    fn arrived(&mut self, signal: i32) -> SignalEffect {
        if signal == SIGINT && self.paused > 0 {
            return SignalEffect::Nothing;
        }
        if self.held > 0 && self.pending.is_none() {
            self.pending = Some(signal);
            return SignalEffect::Waits;
        }
        SignalEffect::End(signal)
    }

    fn released(&mut self) -> Option<i32> {
        self.held = self.held.saturating_sub(1);
        self.pending.filter(|_| self.held == 0)
    }

    /// Ends the process: for Ctrl-C with a line feed and exit code 130, as the AWS CLI does; for
    /// another signal by its default effect.
    fn end(&mut self, signal: i32) -> ! {
        while let Some((_, undo)) = self.undo.pop() {
            undo();
        }
        if signal != SIGINT {
            // Returns only for signals that do not end processes.
            let _ = low_level::emulate_default_handler(signal);
        }
        // The interrupted thread may hold the lock of standard output.
        let _ = rustix::io::write(rustix::stdio::stdout(), b"\n");
        process::exit(INTERRUPTED)
    }
}

static STATE: Mutex<InterruptState> = Mutex::new(InterruptState::NEW);

fn state() -> MutexGuard<'static, InterruptState> {
    // A panic cannot leave the state inconsistent.
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The signals that the process was started to ignore. Shells let background processes ignore
/// Ctrl-C.
fn ignored() -> impl Fn(i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    move |signal| {
        let bit = u32::try_from(signal).ok().and_then(|signal| signal.checked_sub(1));
        bit.and_then(|bit| 1_u64.checked_shl(bit)).is_some_and(|bit| mask & bit != 0)
    }
}

/// The exit code after Ctrl-C.
const INTERRUPTED: i32 = 130;
const WAITS: &str = "\nwaiting for a response with a secret that is shown only once; interrupt again \
                     to quit without it\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_waits_for_holds() {
        let mut state = InterruptState { held: 2, ..InterruptState::NEW };
        assert_eq!(state.arrived(SIGINT), SignalEffect::Waits);
        assert_eq!(state.released(), None);
        assert_eq!(state.released(), Some(SIGINT));
    }

    #[test]
    fn a_second_signal_ends_the_process() {
        let mut state = InterruptState { held: 1, ..InterruptState::NEW };
        assert_eq!(state.arrived(SIGTERM), SignalEffect::Waits);
        assert_eq!(state.arrived(SIGINT), SignalEffect::End(SIGINT));
    }

    #[test]
    fn without_a_hold_signals_end_the_process_but_for_ctrl_c_of_a_pager() {
        let mut state = InterruptState::NEW;
        assert_eq!(state.arrived(SIGINT), SignalEffect::End(SIGINT));
        assert_eq!(state.released(), None);
        state.paused = 1;
        assert_eq!(state.arrived(SIGINT), SignalEffect::Nothing);
        assert_eq!(state.arrived(SIGTERM), SignalEffect::End(SIGTERM));
    }
}
