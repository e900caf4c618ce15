//! The vmfa binary.
fn main() {}
