//! Any bytes as messages, values and statements of a PostgreSQL client.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    vmfa_sql::wire::read_messages(bytes);
});
