//! Ctrl-C: cancels the running statement, so that its rows so far are still printed.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use signal_hook::{consts::SIGINT, iterator::Signals, low_level::emulate_default_handler};
use vmfa_sql::Interrupter;

/// Handles SIGINT until the process ends.
pub(crate) struct Interrupts {
    received: Arc<AtomicBool>,
}

impl Interrupts {
    /// Each SIGINT cancels the running statement. While a line is edited, the editor reads Ctrl-C.
    pub(crate) fn each(interrupter: Interrupter) -> io::Result<Self> {
        Self::handle(interrupter, false)
    }

    /// The first SIGINT cancels the statement, the second ends the process.
    pub(crate) fn once(interrupter: Interrupter) -> io::Result<Self> {
        Self::handle(interrupter, true)
    }

    /// Ends the process by SIGINT, if one was received.
    pub(crate) fn end(&self) -> io::Result<()> {
        if self.received.load(Ordering::Acquire) { emulate_default_handler(SIGINT) } else { Ok(()) }
    }

    fn handle(interrupter: Interrupter, once: bool) -> io::Result<Self> {
        let mut signals = Signals::new([SIGINT])?;
        let received = Arc::new(AtomicBool::new(false));
        let interrupts = Self { received: Arc::clone(&received) };
        let interrupter = Mutex::new(interrupter);
        let wait = move || {
            for _ in signals.forever() {
                if received.swap(true, Ordering::AcqRel) && once {
                    // A failure has nowhere to be reported.
                    let _ = emulate_default_handler(SIGINT);
                }
                interrupter.lock().unwrap_or_else(PoisonError::into_inner).interrupt();
            }
        };
        std::thread::Builder::new().name("signals".to_owned()).spawn(wait)?;
        Ok(interrupts)
    }
}
