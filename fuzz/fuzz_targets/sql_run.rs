//! Statements of any text end, with rows or with an error message, on made-up users and devices.
//! AddressSanitizer finds memory errors.
#![no_main]

use std::{cell::RefCell, sync::Arc};

use vmfa_fuzz::{GeneratedOutputs, ValueReader, Watchdog};
use vmfa_sql::{Cell, Session, Setting};

struct Running {
    session: Session,
    watch: Watchdog,
    /// Statements run so far.
    count: usize,
}

impl Running {
    fn start() -> Self {
        let session =
            Session::open(Setting::new(Arc::new(GeneratedOutputs))).expect("a session in memory");
        let watch = Watchdog::new(session.interrupter());
        Self { session, watch, count: 0 }
    }

    fn run(&mut self, statement: &str) {
        let Self { session, watch, count } = self;
        // `SLEEP` would only take time.
        if statement.get(..5).is_some_and(|word| word.eq_ignore_ascii_case("sleep")) {
            return;
        }
        *count += 1;
        let Ok(description) = watch.run(|| session.describe(statement)) else { return };
        let values = values(description.parameters.len());
        let ran = watch.run(|| session.run(statement, &values, &mut ValueReader::default()));
        if let Err(failure) = ran {
            assert!(!failure.to_string().is_empty());
            assert_eq!(failure.sqlstate().len(), 5);
        }
    }
}

/// Values of all types for parameters.
fn values(count: usize) -> Vec<Cell> {
    let all = [
        Cell::Text("alice".to_owned()),
        Cell::Integer(-1),
        Cell::Null,
        Cell::Real(1e300),
        Cell::Text("[1,{\"a\":[]}]".to_owned()),
        Cell::Blob(vec![0, 255, b'%']),
        Cell::Text("é%_\u{0}'\"".to_owned()),
        Cell::Integer(i64::MAX),
    ];
    all.into_iter().cycle().take(count).collect()
}

thread_local! {
    static RUNNING: RefCell<Running> = RefCell::new(Running::start());
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(statements) = Session::split(text) else { return };
    RUNNING.with_borrow_mut(|running| {
        for statement in statements {
            running.run(statement);
        }
        // State must not accumulate over many inputs.
        if running.count > 200 {
            *running = Running::start();
        }
    });
});
