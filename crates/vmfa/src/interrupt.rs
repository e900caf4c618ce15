//! Ctrl-C, which stops the statement that runs, so that what was made before is still shown.
//!
//! Not here: what a statement does when it is stopped.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use signal_hook::{consts::SIGINT, iterator::Signals, low_level::emulate_default_handler};
use vmfa_sql::Interrupter;

/// Hears Ctrl-C as long as the process lives.
pub(crate) struct Interrupts {
    came: Arc<AtomicBool>,
}

impl Interrupts {
    /// Each stops a statement. While a line is edited, the editor has it.
    pub(crate) fn each(interrupter: Interrupter) -> io::Result<Self> {
        Self::hear(interrupter, false)
    }

    /// The first stops the statement, the second ends the process.
    pub(crate) fn once(interrupter: Interrupter) -> io::Result<Self> {
        Self::hear(interrupter, true)
    }

    /// Ends the process as Ctrl-C does, if it was pressed.
    pub(crate) fn end(&self) -> io::Result<()> {
        if self.came.load(Ordering::Acquire) { emulate_default_handler(SIGINT) } else { Ok(()) }
    }

    fn hear(interrupter: Interrupter, once: bool) -> io::Result<Self> {
        let mut signals = Signals::new([SIGINT])?;
        let came = Arc::new(AtomicBool::new(false));
        let interrupts = Self { came: Arc::clone(&came) };
        let interrupter = Mutex::new(interrupter);
        let wait = move || {
            for _ in signals.forever() {
                if came.swap(true, Ordering::AcqRel) && once {
                    // Nobody is left to tell that this did not end it.
                    let _ = emulate_default_handler(SIGINT);
                }
                interrupter.lock().unwrap_or_else(PoisonError::into_inner).interrupt();
            }
        };
        std::thread::Builder::new().name("signals".to_owned()).spawn(wait)?;
        Ok(interrupts)
    }
}
