//! Serves a new, empty account until the standard input ends, by the system's clock. Prints the
//! address, and the root's access key as variables for a shell.
#![expect(clippy::print_stdout, reason = "it is what this is for")]

use std::io::Read as _;

use vmfa_iam::Settings;
use vmfa_testkit::{Harness, TestClock, TestService};

fn main() {
    let test = TestService::with(TestClock::of_the_system(), Settings::default());
    let server = Harness::serve(test, |_| {});
    let root = &server.test.root;
    println!("VMFA_URL=http://{}", server.address);
    println!("VMFA_SOCKET={}", server.socket.display());
    println!("AWS_ACCESS_KEY_ID={}", root.id);
    println!("AWS_SECRET_ACCESS_KEY={}", root.secret);
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}
