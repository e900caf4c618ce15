//! Any bytes, as every action's answer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vmfa_iam::actions;
use vmfa_query::response::{Unanswered, answer, read, refusal};

fuzz_target!(|data: (u16, &[u8])| {
    let (status, body) = data;
    for row in actions() {
        match read(row, status, body) {
            Ok(record) => {
                let first = answer(row, record, "id");
                let again = read(row, 200, &first).ok().expect("our own answer is readable");
                assert!(first == answer(row, again, "id"));
            }
            Err(Unanswered::Refused(fault)) => {
                let first = refusal(row.api, &fault, "id");
                let Err(Unanswered::Refused(again)) = read(row, fault.kind.status(), &first) else {
                    panic!("our own refusal is readable");
                };
                assert!(first == refusal(row.api, &again, "id"));
            }
            Err(Unanswered::Unreadable(_)) => {}
        }
    }
});
