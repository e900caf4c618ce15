//! Random operations on devices, compared with a model that shares no code with the service: codes
//! from the text of RFC 4226, state in plain lists.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

mod support;

use std::collections::HashMap;

use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use sha1::Sha1;
use support::{Authenticator, World, pair};
use vmfa_model::{Record, Value};

const REFUSALS: [&str; 6] = [
    "AccessDenied",
    "DeleteConflict",
    "EntityAlreadyExists",
    "InvalidAuthenticationCode",
    "NoSuchEntity",
    NEVER_CREATED,
];
/// Where the test has no device to send a call for.
const NEVER_CREATED: &str = "never created";
const USERS: [&str; 2] = ["alice", "bob"];
const DEVICES: [&str; 3] = ["d0", "d1", "d2"];

#[derive(Clone, Debug)]
enum Operation {
    Advance(i64),
    Create(usize),
    Delete(usize),
    Enable { user: usize, device: usize, first: i64, second: i64 },
    Resync { user: usize, device: usize, first: i64, second: i64 },
    Deactivate { user: usize, device: usize },
    Session { user: usize, device: usize, ahead: i64 },
}

#[derive(Default)]
struct Model {
    devices: HashMap<usize, Device>,
    attempts: HashMap<usize, Attempts>,
}

struct Device {
    key: Vec<u8>,
    owner: Option<usize>,
    last_step: Option<i64>,
    drift: i64,
}

#[derive(Default)]
struct Attempts {
    times: Vec<i64>,
    failures: u32,
    throttled_until: i64,
}

fn hotp(key: &[u8], counter: i64) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).unwrap();
    mac.update(&counter.to_be_bytes());
    let digest: [u8; 20] = mac.finalize().into_bytes().into();
    let offset = usize::from(digest[19] & 15);
    let word = u32::from_be_bytes(digest[offset..offset + 4].try_into().unwrap());
    format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
}

impl Attempts {
    fn allowed(&self, now: i64) -> bool {
        now >= self.throttled_until
            && self.times.iter().filter(|time| now - **time < 180).count() < 9
    }

    fn count(&mut self, now: i64, right: bool) {
        self.times.push(now);
        if right {
            (self.failures, self.throttled_until) = (0, 0);
            return;
        }
        self.failures += 1;
        if self.failures >= 10 {
            let doublings = (self.failures - 10).min(10);
            self.throttled_until = now + (30 * 2_i64.pow(doublings)).min(3600);
        }
    }
}

impl Model {
    /// Whether a pair is accepted.
    fn pair(&mut self, device: usize, now: i64, first: &str, second: &str) -> bool {
        let attempts = self.attempts.entry(device).or_default();
        if !attempts.allowed(now) {
            return false;
        }
        let state = self.devices.get_mut(&device).unwrap();
        let centre = now.div_euclid(30) + state.drift;
        let mut best: Option<i64> = None;
        for step in centre - 998..=centre + 1000 {
            let fits = hotp(&state.key, step - 1) == first && hotp(&state.key, step) == second;
            let new = state.last_step.is_none_or(|last_step| step - 1 > last_step);
            let nearer = best.is_none_or(|best| (step - centre).abs() <= (best - centre).abs());
            if fits && new && nearer {
                best = Some(step);
            }
        }
        attempts.count(now, best.is_some());
        if let Some(step) = best {
            state.last_step = Some(step);
            state.drift = step - now.div_euclid(30);
        }
        best.is_some()
    }

    fn session(&mut self, device: usize, now: i64, code: &str) -> bool {
        let attempts = self.attempts.entry(device).or_default();
        if !attempts.allowed(now) {
            return false;
        }
        let state = self.devices.get_mut(&device).unwrap();
        let centre = now.div_euclid(30) + state.drift;
        let step = (centre - 2..=centre + 2).find(|step| {
            state.last_step.is_none_or(|last_step| *step > last_step)
                && hotp(&state.key, *step) == code
        });
        attempts.count(now, step.is_some());
        state.last_step = step.or(state.last_step);
        step.is_some()
    }

    fn owner(&self, device: usize) -> Option<usize> {
        self.devices.get(&device).and_then(|device| device.owner)
    }
}

struct Comparison {
    world: World,
    model: Model,
    apps: HashMap<usize, Authenticator>,
}

impl Comparison {
    fn new() -> Self {
        let world = World::new();
        for user in USERS {
            world.call("CreateUser", &[("UserName", user)]).unwrap();
        }
        Self { world, model: Model::default(), apps: HashMap::new() }
    }

    fn apply(&mut self, operation: &Operation) {
        let expected = match operation {
            Operation::Advance(seconds) => {
                self.world.advance(*seconds);
                return;
            }
            Operation::Create(device) => !self.model.devices.contains_key(device),
            Operation::Delete(device) => {
                self.model.devices.get(device).is_some_and(|device| device.owner.is_none())
            }
            Operation::Enable { device, first, second, .. } => {
                self.model.devices.get(device).is_some_and(|device| device.owner.is_none())
                    && self.expect_pair(*device, *first, *second)
            }
            Operation::Resync { user, device, first, second } => {
                self.model.owner(*device) == Some(*user)
                    && self.expect_pair(*device, *first, *second)
            }
            Operation::Deactivate { user, device } => self.model.owner(*device) == Some(*user),
            Operation::Session { user, device, ahead } => {
                self.model.owner(*device) == Some(*user) && {
                    let (now, code) = (self.world.now(), self.code(*device, *ahead));
                    self.model.session(*device, now, &code)
                }
            }
        };
        let answer = self.call(operation);
        assert_eq!(answer.is_ok(), expected, "{operation:?}: {answer:?}");
        if let Err(refusal) = &answer {
            let code = refusal.split(':').next().unwrap();
            assert!(REFUSALS.contains(&code), "{operation:?}: {refusal}");
        }
        if let Ok(answer) = answer {
            self.record(operation, &answer);
        }
    }

    fn expect_pair(&mut self, device: usize, first: i64, second: i64) -> bool {
        let (first, second) = (self.code(device, first), self.code(device, second));
        self.model.pair(device, self.world.now(), &first, &second)
    }

    /// The code of the time step `ahead` steps from now.
    fn code(&self, device: usize, ahead: i64) -> String {
        let key = self.model.devices.get(&device).map(|device| device.key.clone());
        hotp(&key.unwrap_or_default(), self.world.now().div_euclid(30) + ahead)
    }

    fn call(&self, operation: &Operation) -> Result<Record, String> {
        let serial = |device: &usize| format!("arn:aws:iam::123456789012:mfa/{}", DEVICES[*device]);
        match operation {
            Operation::Advance(_) => unreachable!(),
            Operation::Create(device) => {
                let name = DEVICES[*device];
                self.world.call("CreateVirtualMFADevice", &[("VirtualMFADeviceName", name)])
            }
            Operation::Delete(device) => {
                self.world.call("DeleteVirtualMFADevice", &[("SerialNumber", &serial(device))])
            }
            Operation::Enable { user, device, first, second } => {
                self.with_pair("EnableMFADevice", *user, *device, *first, *second)
            }
            Operation::Resync { user, device, first, second } => {
                self.with_pair("ResyncMFADevice", *user, *device, *first, *second)
            }
            Operation::Deactivate { user, device } => {
                let members = [("UserName", USERS[*user]), ("SerialNumber", &serial(device))];
                self.world.call("DeactivateMFADevice", &members)
            }
            Operation::Session { user, device, ahead } => {
                let caller = self.world.user(USERS[*user]);
                let code = self.code(*device, *ahead);
                let members = [("SerialNumber", &*serial(device)), ("TokenCode", &*code)];
                self.world.call_as(&caller, "GetSessionToken", &members)
            }
        }
    }

    fn with_pair(
        &self,
        action: &str,
        user: usize,
        device: usize,
        first: i64,
        second: i64,
    ) -> Result<Record, String> {
        let (first, second) = (self.code(device, first), self.code(device, second));
        match self.apps.get(&device) {
            Some(app) => self.world.call(action, &pair(USERS[user], app, &first, &second)),
            None => Err(NEVER_CREATED.to_owned()),
        }
    }

    fn record(&mut self, operation: &Operation, answer: &Record) {
        match operation {
            Operation::Create(device) => {
                let Some(Value::Structure(made)) = answer.get("VirtualMFADevice") else { panic!() };
                let Some(Value::Blob(seed)) = made.get("Base32StringSeed") else { panic!() };
                let key = data_encoding::BASE32.decode(seed.expose()).unwrap();
                let state = Device { key, owner: None, last_step: None, drift: 0 };
                self.model.devices.insert(*device, state);
                self.apps.insert(*device, Authenticator::of(answer));
            }
            Operation::Delete(device) => {
                self.model.devices.remove(device);
            }
            Operation::Enable { user, device, .. } => {
                self.model.devices.get_mut(device).unwrap().owner = Some(*user);
            }
            Operation::Deactivate { device, .. } => {
                self.model.devices.get_mut(device).unwrap().owner = None;
            }
            Operation::Advance(_) | Operation::Resync { .. } | Operation::Session { .. } => {}
        }
    }
}

fn operation() -> impl Strategy<Value = Operation> {
    let (user, device) = (0..USERS.len(), 0..DEVICES.len());
    // Mostly codes that a person would give, sometimes stray ones.
    let near = prop_oneof![8 => -2..3_i64, 1 => -1100..1100_i64];
    let codes = prop_oneof![
        6 => near.clone().prop_map(|first| (first, first + 1)),
        1 => (near.clone(), near.clone())
    ];
    prop_oneof![
        3 => prop_oneof![Just(30), Just(60), Just(180), 1..4000_i64].prop_map(Operation::Advance),
        2 => device.clone().prop_map(Operation::Create),
        1 => device.clone().prop_map(Operation::Delete),
        4 => (user.clone(), device.clone(), codes.clone()).prop_map(|(user, device, codes)| {
            Operation::Enable { user, device, first: codes.0, second: codes.1 }
        }),
        2 => (user.clone(), device.clone(), codes).prop_map(|(user, device, codes)| {
            Operation::Resync { user, device, first: codes.0, second: codes.1 }
        }),
        1 => (user.clone(), device.clone()).prop_map(|(user, device)| {
            Operation::Deactivate { user, device }
        }),
        4 => (user, device, near).prop_map(|(user, device, ahead)| {
            Operation::Session { user, device, ahead }
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_service_and_the_model_agree(operations in prop::collection::vec(operation(), 1..40)) {
        let mut comparison = Comparison::new();
        for device in 0..DEVICES.len() {
            comparison.apply(&Operation::Create(device));
            comparison.apply(&Operation::Enable { user: device % 2, device, first: -1, second: 0 });
        }
        for operation in &operations {
            comparison.apply(operation);
        }
    }
}
