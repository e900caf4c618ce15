//! A home directory for a story, and the binary run in it.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{SystemTime, UNIX_EPOCH},
};

use tempfile::TempDir;
use vmfa_otp::{Generator, Seed, Step};

/// The account of every story.
pub(crate) const ACCOUNT: &str = "123456789012";

/// A temporary home directory, with the data directory at its default place.
pub(crate) struct Home(TempDir);

/// A `vmfa serve`, killed when dropped.
pub(crate) struct Server {
    child: Child,
    /// Its standard output up to the line with its address.
    pub(crate) printed: String,
    pub(crate) address: String,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path().join(".local/share/vmfa")
    }

    /// The binary with these arguments, without the environment of the test.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vmfa"));
        command.args(words).env_clear().current_dir(self.path());
        command.env("HOME", self.path()).env("VMFA_ACCOUNT_ID", ACCOUNT);
        command
    }

    /// The standard output of a command that must succeed and print no error.
    pub(crate) fn ok(&self, words: &[&str]) -> String {
        let output = self.command(words).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && err.is_empty(), "{words:?}: {err}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Standard output, standard error and exit code of a command, for a snapshot.
    pub(crate) fn run(&self, words: &[&str]) -> String {
        self.printed(&self.command(words).output().unwrap())
    }

    pub(crate) fn printed(&self, output: &Output) -> String {
        let code = output.status.code().map_or("a signal".to_owned(), |code| code.to_string());
        let out = String::from_utf8_lossy(&output.stdout);
        let err = String::from_utf8_lossy(&output.stderr);
        let printed = format!("{out}{err}exit {code}");
        printed.replace(self.path().to_str().unwrap(), "HOME")
    }

    /// Whether the store has an access key. An unknown key acts as the root; a known one with a
    /// wrong secret is refused.
    pub(crate) fn has_key(&self, id: &str) -> bool {
        let mut command = self.command(&["sts", "get-caller-identity"]);
        command.env("AWS_ACCESS_KEY_ID", id).env("AWS_SECRET_ACCESS_KEY", "wrong");
        let printed = self.printed(&command.output().unwrap());
        assert!(printed.contains("AccessDenied") || printed.contains(":root"), "{printed}");
        printed.contains("AccessDenied")
    }

    /// Creates a device and returns its seed.
    pub(crate) fn device(&self, name: &str) -> Seed {
        self.ok(&[
            "iam",
            "create-virtual-mfa-device",
            "--virtual-mfa-device-name",
            name,
            "--outfile",
            "seed.txt",
            "--bootstrap-method",
            "Base32StringSeed",
        ]);
        let text = std::fs::read_to_string(self.path().join("seed.txt")).unwrap();
        Seed::parse_base32(&text).unwrap()
    }

    /// Starts a server on a free port and waits until it listens.
    pub(crate) fn serve(&self, words: &[&str]) -> Server {
        let listen: &[&str] =
            if words.contains(&"--listen") { &[] } else { &["--listen", "127.0.0.1:0"] };
        let words = [&["serve"], listen, words].concat();
        Server::start(&mut self.command(&words))
    }
}

impl Server {
    /// Starts a server and waits until it listens.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut server = Self { child, printed: String::new(), address: String::new() };
        while server.address.is_empty() {
            let mut line = String::new();
            assert!(out.read_line(&mut line).unwrap() > 0, "it ended: {}", server.printed);
            if let Some(address) = line.strip_prefix("listening on ") {
                address.trim_end().clone_into(&mut server.address);
            }
            server.printed.push_str(&line);
        }
        server
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal, waits, and returns its exit code.
    pub(crate) fn end(mut self, signal: &str) -> Option<i32> {
        let id = self.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Server {
    /// Sends it SIGTERM and returns its log.
    pub(crate) fn end_with_log(mut self) -> String {
        let mut stderr = self.child.stderr.take().unwrap();
        assert_eq!(self.end("-TERM"), Some(0));
        let mut log = String::new();
        stderr.read_to_string(&mut log).unwrap();
        log
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Errors mean that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The code of the present time step, or of one that many steps later.
pub(crate) fn code(seed: &Seed, later: i64) -> String {
    #[expect(clippy::disallowed_methods, reason = "the binary goes by the machine's clock")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let step = Step::at(i64::try_from(now).unwrap()).plus(later);
    Generator::of(seed).code(step).expose()
}

/// The mode of a file.
pub(crate) fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// The string value of a member in JSON output.
pub(crate) fn member<'t>(answer: &'t str, name: &str) -> &'t str {
    let (_, rest) = answer.split_once(&format!("\"{name}\": \"")).unwrap();
    rest.split_once('"').unwrap().0
}
