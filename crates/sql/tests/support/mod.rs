//! A service in a directory of its own, reached by SQL.
#![expect(dead_code, unreachable_pub, reason = "each file of tests uses a part")]

use std::{
    fmt::Write as _,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use vmfa_client::{CallError, Calls};
use vmfa_iam::{Call, Caller, Detail, Service, Settings};
use vmfa_model::{AccountId, Clock, Entropy, Record, Timestamp};
use vmfa_otp::{Generator, Seed, Step};
use vmfa_sql::{Cell, Ended, Format, Heading, Look, Session, Setting, Sink, Views};
use vmfa_store::{KeyRing, sqlite::Sqlite};

/// Where the clock begins: the beginning of a step.
const START: i64 = 1_700_000_010;

/// What a run gave.
pub struct Ran {
    pub out: String,
    pub err: String,
    pub code: u8,
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.out)?;
        for line in self.err.lines() {
            writeln!(f, "! {line}")?;
        }
        if self.code == 0 { Ok(()) } else { writeln!(f, "exit {}", self.code) }
    }
}

/// A service, its root as the caller, and a log of the actions that are called.
pub struct World {
    door: Arc<Door>,
    clock: Arc<Hands>,
    directory: tempfile::TempDir,
}

struct Door {
    service: Service,
    caller: Caller,
    called: Mutex<Vec<&'static str>>,
}

impl Calls for Door {
    fn call(&self, call: Call) -> Result<Record, CallError> {
        self.called.lock().unwrap().push(call.action.name);
        Ok(self.service.call(&self.caller, call, "request")?)
    }

    fn call_for(&self, call: Call, detail: Detail) -> Result<Record, CallError> {
        self.called.lock().unwrap().push(call.action.name);
        Ok(self.service.call_for(&self.caller, call, detail, "request")?)
    }

    fn supports_bare(&self) -> bool {
        true
    }
}

struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.load(Ordering::SeqCst))
    }
}

/// Different every time, and the same in every run.
struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        for byte in buffer {
            let count = self.0.fetch_add(1, Ordering::SeqCst);
            *byte = (count.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56).to_le_bytes()[0];
        }
    }
}

impl World {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(Hands(AtomicI64::new(START)));
        let entropy = Arc::new(Counting(AtomicU64::new(1)));
        let keys = KeyRing::create(&directory.path().join("key"), &*entropy).unwrap();
        let store = Arc::new(Sqlite::open(&directory.path().join("db")).unwrap());
        let moment: Arc<dyn Clock> = clock.clone();
        let service = Service::new(store, keys, moment, entropy, Settings::default());
        let account = AccountId::parse("123456789012").unwrap();
        service.establish(Some(account)).unwrap();
        let caller = Caller::local(account);
        let door = Arc::new(Door { service, caller, called: Mutex::default() });
        Self { door, clock, directory }
    }

    /// Runs a query.
    pub fn sql(&self, query: &str) -> Ran {
        self.called();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let ended = vmfa_sql::run(
            query,
            Look { format: Format::Json, ..Look::default() },
            self.setting(),
            &mut out,
            &mut err,
        );
        let ended = ended.unwrap();
        assert_eq!(ended == Ended::Well, ended.code() == 0);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { out: text(out), err: text(err), code: ended.code() }
    }

    /// Runs a query and gives what it says, one row a line.
    pub fn lines(&self, query: &str) -> String {
        let ran = self.sql(query);
        let rows = ran.out.lines().flat_map(|answer| {
            let rows: Vec<serde_json::Value> = serde_json::from_str(answer).unwrap();
            let none = if rows.is_empty() { "(no rows)\n" } else { "" };
            rows.iter().map(|row| format!("{row}\n")).chain([none.to_owned()]).collect::<Vec<_>>()
        });
        Ran { out: rows.collect(), ..ran }.to_string()
    }

    /// The only cell that a query gives.
    pub fn text(&self, query: &str) -> String {
        let ran = self.sql(query);
        let rows: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        let row = rows[0].as_object().unwrap();
        row.values().next().unwrap().as_str().unwrap().to_owned()
    }

    /// What sessions stand on; each run is a process of its own to what they keep.
    pub fn setting(&self) -> Setting {
        let calls: Arc<dyn Calls> = self.door.clone();
        Setting { views: Arc::new(Views::at(self.kept())), ..Setting::new(calls) }
    }

    /// The file of views and tables.
    pub fn kept(&self) -> std::path::PathBuf {
        self.directory.path().join("sql.db")
    }

    /// A session that goes on from statement to statement.
    pub fn session(&self) -> Talk {
        Talk(Session::open(self.setting()).unwrap())
    }

    /// A session whose views and tables have a budget, in bytes.
    pub fn session_within(&self, budget: u64) -> Talk {
        let views = Arc::new(Views::at(self.kept()).within(budget));
        Talk(Session::open(Setting { views, ..self.setting() }).unwrap())
    }

    /// The actions that were called by the last query.
    pub fn called(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.door.called.lock().unwrap())
    }

    /// Makes a device and gives its serial number and an authenticator for it.
    pub fn device(&self, name: &str) -> (String, Authenticator) {
        let ran = self.sql(&format!(
            "INSERT INTO aws.iam.virtual_mfa_devices (VirtualMFADeviceName) VALUES ('{name}') \
             RETURNING SerialNumber, Base32StringSeed"
        ));
        let rows: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        let serial = rows[0]["SerialNumber"].as_str().unwrap().to_owned();
        (serial, Authenticator::of(rows[0]["Base32StringSeed"].as_str().unwrap()))
    }

    /// Makes devices with the names `d0`, `d1` and so on.
    pub fn devices(&self, count: usize) {
        let ran = self.sql(&format!(
            "INSERT INTO aws.iam.virtual_mfa_devices (VirtualMFADeviceName) \
             WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {count} - 1) \
             SELECT 'd' || i FROM n RETURNING count(*)"
        ));
        assert_eq!(ran.code, 0, "{ran}");
    }

    pub fn now(&self) -> i64 {
        self.clock.0.load(Ordering::SeqCst)
    }

    pub fn pass(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

/// A session, and what it says.
pub struct Talk(pub Session);

impl Talk {
    /// Runs a statement: its rows, its notes, and its tag or failure with its code.
    pub fn run(&mut self, statement: &str, parameters: &[Cell]) -> String {
        let mut heard = Heard::default();
        match self.0.run(statement, parameters, &mut heard) {
            Ok(tag) => write!(heard.0, "{tag}").unwrap(),
            Err(failure) => {
                let at = failure.position().map_or(String::new(), |at| format!(" at {at}"));
                write!(heard.0, "{} {failure}{at}", failure.sqlstate()).unwrap();
            }
        }
        heard.0
    }

    /// Runs statements without parameters, each on its own.
    pub fn all(&mut self, statements: &[&str]) -> String {
        let ran: Vec<String> = statements.iter().map(|one| self.run(one, &[])).collect();
        ran.join("\n")
    }
}

#[derive(Default)]
struct Heard(String);

impl Sink for Heard {
    fn head(&mut self, columns: &[Heading]) -> std::io::Result<()> {
        let told = columns.iter().map(|heading| format!("{}:{:?}", heading.name, heading.kind));
        writeln!(self.0, "{}", told.collect::<Vec<_>>().join(" | ")).unwrap();
        Ok(())
    }

    fn row(&mut self, row: &[Cell]) -> std::io::Result<()> {
        let cell = |cell: &Cell| match cell {
            Cell::Null => "NULL".to_owned(),
            Cell::Integer(number) => number.to_string(),
            Cell::Real(number) => format!("{number:?}"),
            Cell::Text(text) => format!("'{text}'"),
            Cell::Blob(bytes) => format!("{bytes:?}"),
        };
        writeln!(self.0, "{}", row.iter().map(cell).collect::<Vec<_>>().join(" | ")).unwrap();
        Ok(())
    }

    fn note(&mut self, note: &str) -> std::io::Result<()> {
        writeln!(self.0, "! {note}").unwrap();
        Ok(())
    }
}

/// Shows codes.
pub struct Authenticator(Generator);

impl Authenticator {
    /// From a seed as the API's wire has it.
    pub fn of(wire: &str) -> Self {
        let text = data_encoding::BASE64.decode(wire.as_bytes()).unwrap();
        let seed = Seed::parse_base32(std::str::from_utf8(&text).unwrap()).unwrap();
        Self(Generator::of(&seed))
    }

    /// The code at a moment.
    pub fn code(&self, moment: i64) -> String {
        self.0.code(Step::at(moment)).expose()
    }
}
