//! What clients of PostgreSQL may send: messages, values and statements of any bytes are read or
//! refused.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    vmfa_sql::wire::read_messages(bytes);
});
