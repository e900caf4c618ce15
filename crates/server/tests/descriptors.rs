//! The limit of open files, which is one per process: hence a test binary of its own.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use vmfa_testkit::Harness;

#[test]
fn the_limit_of_open_files_is_raised_for_connections() {
    let limit = Rlimit { current: Some(128), ..getrlimit(Resource::Nofile) };
    setrlimit(Resource::Nofile, limit).unwrap();
    let server = Harness::start();
    let ask = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut open: Vec<_> = (0..200).map(|_| server.connect()).collect();
    for wire in &mut open {
        assert_eq!(wire.send(ask).answer().status, 200);
    }
}
