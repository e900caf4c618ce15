//! Statements of any text are split, parsed, rewritten for SQLite and described, or refused with a
//! message; no call is made.
#![no_main]

use std::{cell::RefCell, sync::Arc};

use vmfa_client::{CallError, Calls};
use vmfa_iam::Call;
use vmfa_model::Record;
use vmfa_sql::{Session, Setting};

struct NoCalls;

impl Calls for NoCalls {
    fn call(&self, call: Call) -> Result<Record, CallError> {
        panic!("describing a statement called {}", call.action.name)
    }
}

thread_local! {
    static SESSION: RefCell<Session> =
        RefCell::new(Session::open(Setting::new(Arc::new(NoCalls))).expect("a session in memory"));
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(statements) = Session::split(text) else { return };
    SESSION.with_borrow_mut(|session| {
        for statement in statements {
            if let Err(failure) = session.describe(statement) {
                let message = failure.to_string();
                assert!(!message.is_empty());
                // What we take for one statement is one to SQLite too.
                assert_ne!(message, "Multiple statements provided");
            }
        }
    });
});
