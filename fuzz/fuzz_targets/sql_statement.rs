//! Statements of any text are cut, read, rewritten for SQLite and looked at, or refused in words;
//! nobody is called by it.
#![no_main]

use std::{cell::RefCell, sync::Arc};

use vmfa_client::{Calls, CallError};
use vmfa_iam::Call;
use vmfa_model::Record;
use vmfa_sql::{Session, Setting};

struct Nobody;

impl Calls for Nobody {
    fn call(&self, call: Call) -> Result<Record, CallError> {
        panic!("{} was called by what is only looked at", call.action.name)
    }
}

thread_local! {
    static SESSION: RefCell<Session> =
        RefCell::new(Session::open(Setting::new(Arc::new(Nobody))).expect("a session in memory"));
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(statements) = Session::split(text) else { return };
    SESSION.with_borrow_mut(|session| {
        for statement in statements {
            if let Err(failure) = session.describe(statement) {
                let said = failure.to_string();
                assert!(!said.is_empty());
                // One statement to us is one to SQLite: nothing hides behind it.
                assert_ne!(said, "Multiple statements provided");
            }
        }
    });
});
