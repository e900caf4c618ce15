//! A service over a store in a temporary directory, with a clock that the test sets.
#![expect(dead_code, unreachable_pub, reason = "each test binary uses a part")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where set-up fails")]

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use vmfa_iam::{
    Api, Call, Caller, CallerCredentials, Principal, Service, Settings, UserIdentity, find,
};
use vmfa_model::{AccountId, Clock, Entropy, Record, Secret, Shape, Timestamp, Value};
use vmfa_otp::{Generator, Seed, Step};
use vmfa_sigv4::{Request, RequestSignature, Signer};
use vmfa_store::{KeyId, KeyRing, NewUser, Store as _, UserId, Verdict, Write, sqlite::Sqlite};

/// Unix seconds at which the clock of a new world is stopped: the beginning of a time step.
pub const START: i64 = 1_700_000_010;
pub const ACCOUNT: &str = "123456789012";

/// A service, its data directory and its clock.
pub struct World {
    pub service: Arc<Service>,
    pub directory: tempfile::TempDir,
    clock: Arc<TestClock>,
}

struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.load(Ordering::SeqCst))
    }
}

/// Differs from call to call, and repeats from run to run.
struct CountingEntropy(AtomicU64);

impl Entropy for CountingEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            let mut word = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let bytes = (word ^ (word >> 31)).to_be_bytes();
            chunk.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        }
    }
}

impl World {
    pub fn new() -> Self {
        Self::with(Settings::default())
    }

    pub fn with(settings: Settings) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock(AtomicI64::new(START)));
        let service = open(&directory, Arc::clone(&clock), settings);
        service.establish(AccountId::parse(ACCOUNT)).unwrap();
        Self { service, directory, clock }
    }

    /// Replaces the service by a new one over the same data directory.
    pub fn restart(&mut self) {
        let clock = Arc::clone(&self.clock);
        // The old service closes the database first.
        let nothing = tempfile::tempdir().unwrap();
        self.service = open(&nothing, Arc::clone(&clock), Settings::default());
        self.service = open(&self.directory, clock, Settings::default());
    }

    pub fn account() -> AccountId {
        AccountId::parse(ACCOUNT).unwrap()
    }

    pub fn now(&self) -> i64 {
        self.clock.0.load(Ordering::SeqCst)
    }

    pub fn set_clock(&self, seconds: i64) {
        self.clock.0.store(seconds, Ordering::SeqCst);
    }

    pub fn advance(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    pub fn root() -> Caller {
        Caller::local(Self::account())
    }

    /// A user as caller, by access key.
    pub fn user(&self, name: &str) -> Caller {
        self.as_user(name, CallerCredentials::Key(KeyId("AKIAIOSFODNN7EXAMPLE".to_owned())))
    }

    /// A user as caller, by a session with MFA.
    pub fn user_with_mfa(&self, name: &str) -> Caller {
        let mfa = Some(Timestamp::from_unix(self.now()));
        self.as_user(name, CallerCredentials::Session { mfa })
    }

    fn as_user(&self, name: &str, credentials: CallerCredentials) -> Caller {
        let answer = self.call("GetUser", &[("UserName", name)]).unwrap();
        let Some(Value::Structure(user)) = answer.get("User") else { panic!("no user") };
        let text = |member| user.text(member).unwrap().to_owned();
        let (id, name, path) = (
            UserId(text("UserId")),
            text("UserName").try_into().unwrap(),
            text("Path").try_into().unwrap(),
        );
        let principal = Principal::User(UserIdentity { id, name, path });
        Caller { account: Self::account(), principal, credentials }
    }

    /// Calls as the root.
    pub fn call(&self, action: &str, members: &[(&str, &str)]) -> Result<Record, String> {
        self.call_as(&Self::root(), action, members)
    }

    /// Calls with members as text. Lists are `a,b`, tags `k=v,k=v`, and `!` is the empty list. The
    /// refusal is `Code: message`.
    pub fn call_as(
        &self,
        caller: &Caller,
        action: &str,
        members: &[(&str, &str)],
    ) -> Result<Record, String> {
        let action = Api::ALL.iter().find_map(|api| find(*api, action)).unwrap();
        let member = |(name, text): &(&str, &str)| {
            let member = action.input.member(name).unwrap();
            (member.name, value_of(&member.shape, text))
        };
        let call = Call { action, input: members.iter().map(member).collect() };
        self.service.call(caller, call, "request").map_err(|fault| fault.to_string())
    }

    /// The store, opened a second time.
    pub fn store(&self) -> Sqlite {
        Sqlite::open(&self.directory.path().join("db")).unwrap()
    }

    /// Inserts the users `u00000`, `u00001` and so on in one transaction.
    pub fn insert_users(&self, count: usize, path: fn(usize) -> &'static str) {
        let job = move |tx: &mut dyn Write| {
            for n in 0..count {
                let user = NewUser {
                    id: UserId(format!("AIDA{n:017}")),
                    name: format!("u{n:05}").try_into().unwrap(),
                    path: path(n).to_owned().try_into().unwrap(),
                    created: Timestamp::from_unix(0),
                    tags: Vec::new(),
                };
                tx.insert_user(Self::account(), &user)?;
            }
            Ok(Verdict::Keep)
        };
        self.store().write_and_wait(Self::account(), Box::new(job)).unwrap();
    }

    /// Creates a device, and returns the authenticator app that holds its seed.
    pub fn device(&self, name: &str) -> Authenticator {
        let members = [("VirtualMFADeviceName", name)];
        let answer = self.call("CreateVirtualMFADevice", &members).unwrap();
        Authenticator::of(&answer)
    }

    /// Creates a user with an enabled device; the codes of this step and the one before are used.
    pub fn user_with_device(&self, user: &str) -> Authenticator {
        self.call("CreateUser", &[("UserName", user)]).unwrap();
        let device = self.device(user);
        self.enable(user, &device).unwrap();
        device
    }

    pub fn enable(&self, user: &str, device: &Authenticator) -> Result<Record, String> {
        let (first, second) = (device.code(self.now() - 30), device.code(self.now()));
        self.enable_with(user, device, &first, &second)
    }

    pub fn enable_with(
        &self,
        user: &str,
        device: &Authenticator,
        first: &str,
        second: &str,
    ) -> Result<Record, String> {
        let members = pair(user, device, first, second);
        self.call("EnableMFADevice", &members)
    }
}

/// The credentials that a client signs with.
pub struct Key {
    pub id: String,
    pub secret: String,
    /// The session token of temporary credentials.
    pub token: Option<String>,
}

impl Key {
    /// From the output of `CreateAccessKey`.
    pub fn of(answer: &Record) -> Self {
        let Some(Value::Structure(key)) = answer.get("AccessKey") else { panic!("no key") };
        Self::of_members(key, None)
    }

    /// From the output of `GetSessionToken`.
    pub fn of_session(answer: &Record) -> Self {
        let Some(Value::Structure(key)) = answer.get("Credentials") else { panic!("no key") };
        Self::of_members(key, Some(secret(key, "SessionToken")))
    }

    fn of_members(key: &Record, token: Option<String>) -> Self {
        let id = key.text("AccessKeyId").unwrap().to_owned();
        Self { id, secret: secret(key, "SecretAccessKey"), token }
    }

    pub fn make(world: &World, user: &str) -> Self {
        Self::of(&world.call("CreateAccessKey", &[("UserName", user)]).unwrap())
    }

    /// Signs a request with the key and authenticates it.
    pub fn authenticate(&self, world: &World, api: Api) -> Result<Caller, String> {
        let body = b"Action=Any&Version=1";
        let mut headers = vec![("host", b"localhost".as_slice())];
        let signer = Signer {
            access_key: &self.id,
            secret: &self.secret,
            token: self.token.as_deref(),
            region: "eu-west-1",
            service: api.name(),
        };
        let request = Request { method: "POST", path: "/", query: "", headers: &headers, body };
        let added = signer.sign(&request, world.now()).unwrap();
        headers.extend(added.iter().map(|(name, value)| (*name, value.as_bytes())));
        let request = Request { method: "POST", path: "/", query: "", headers: &headers, body };
        let presented = RequestSignature::read(&request).unwrap();
        let caller = world.service.authenticate(&presented, api, "request");
        caller.map_err(|fault| fault.to_string())
    }
}

fn secret(record: &Record, member: &str) -> String {
    let Some(Value::Secret(secret)) = record.get(member) else { panic!("no {member}") };
    secret.expose().to_owned()
}

/// An authenticator app with the seed of one device.
pub struct Authenticator {
    pub serial: String,
    generator: Generator,
}

impl Authenticator {
    /// From the output of `CreateVirtualMFADevice`.
    pub fn of(answer: &Record) -> Self {
        let Some(Value::Structure(device)) = answer.get("VirtualMFADevice") else {
            panic!("no device")
        };
        let serial = device.text("SerialNumber").unwrap().to_owned();
        let Some(Value::Blob(seed)) = device.get("Base32StringSeed") else { panic!("no seed") };
        let seed = Seed::parse_base32(std::str::from_utf8(seed.expose()).unwrap()).unwrap();
        Self { serial, generator: Generator::of(&seed) }
    }

    /// The code that the app shows at a time in Unix seconds.
    pub fn code(&self, unix: i64) -> String {
        self.generator.code(Step::at(unix)).expose()
    }
}

/// The members of `EnableMFADevice` and `ResyncMFADevice`.
pub fn pair<'a>(
    user: &'a str,
    device: &'a Authenticator,
    first: &'a str,
    second: &'a str,
) -> [(&'static str, &'a str); 4] {
    [
        ("UserName", user),
        ("SerialNumber", &device.serial),
        ("AuthenticationCode1", first),
        ("AuthenticationCode2", second),
    ]
}

fn open(directory: &tempfile::TempDir, clock: Arc<TestClock>, settings: Settings) -> Arc<Service> {
    let entropy = Arc::new(CountingEntropy(AtomicU64::new(1)));
    let key = directory.path().join("key");
    let keys = KeyRing::load(&key).unwrap();
    let keys = keys.unwrap_or_else(|| KeyRing::create(&key, &*entropy).unwrap());
    let store = Sqlite::open(&directory.path().join("db")).unwrap();
    Arc::new(Service::new(Arc::new(store), keys, clock, entropy, settings))
}

fn value_of(shape: &Shape, text: &str) -> Value {
    match shape {
        Shape::Text(constraints) if constraints.secret => Value::Secret(Secret::new(text.into())),
        Shape::Integer(_) => Value::Integer(text.parse().unwrap()),
        Shape::Boolean => Value::Boolean(text.parse().unwrap()),
        Shape::List(_) if text == "!" => Value::List(Vec::new()),
        Shape::List(list) => {
            Value::List(text.split(',').map(|part| value_of(&list.element, part)).collect())
        }
        Shape::Structure(shape) => {
            let parts = text.split('=').map(|part| Value::Text(part.into()));
            Value::Structure(shape.members.iter().map(|m| m.name).zip(parts).collect())
        }
        _ => Value::Text(text.into()),
    }
}

/// An output in one line, such as `{Users: [{Path: /}], IsTruncated: false}`, without secrets.
pub fn show(record: &Record) -> String {
    let members = record.iter().map(|(name, value)| format!("{name}: {}", show_value(value)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
}

fn show_value(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Text(text) => text.clone(),
        Value::Secret(_) => "SECRET".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Time(time) => time.to_string(),
        Value::Blob(blob) => format!("{} bytes", blob.expose().len()),
        Value::List(values) => {
            format!("[{}]", values.iter().map(show_value).collect::<Vec<_>>().join(", "))
        }
        Value::Structure(record) => show(record),
        Value::Map(entries) => {
            let entry = |(key, value): &(String, Value)| format!("{key}: {}", show_value(value));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}
