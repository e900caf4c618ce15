//! Any bytes, as the response of every action.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vmfa_iam::actions;
use vmfa_query::response::{ResponseError, read, write_output, write_refusal};

fuzz_target!(|data: (u16, &[u8])| {
    let (status, body) = data;
    for row in actions() {
        match read(row, status, body) {
            Ok(record) => {
                let first = write_output(row, record, "id");
                let again = read(row, 200, &first).ok().expect("our own response is readable");
                assert!(first == write_output(row, again, "id"));
            }
            Err(ResponseError::Refused(fault)) => {
                let first = write_refusal(row.api, &fault, "id");
                let Err(ResponseError::Refused(again)) = read(row, fault.kind.status(), &first)
                else {
                    panic!("our own refusal is readable");
                };
                assert!(first == write_refusal(row.api, &again, "id"));
            }
            Err(ResponseError::Unreadable(_)) => {}
        }
    }
});
