//! Random lives of devices, against a model that is written from the rules and shares no code
//! with the service: RFC 4226 straight from its text, plain lists and no cleverness.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

mod support;

use std::collections::HashMap;

use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use sha1::Sha1;
use support::{Authenticator, World, pair};
use vmfa_model::{Record, Value};

const USERS: [&str; 2] = ["alice", "bob"];
const DEVICES: [&str; 3] = ["d0", "d1", "d2"];

#[derive(Clone, Debug)]
enum Step {
    Pass(i64),
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
    tries: HashMap<usize, Tries>,
}

struct Device {
    key: Vec<u8>,
    owner: Option<usize>,
    newest: Option<i64>,
    drift: i64,
}

#[derive(Default)]
struct Tries {
    times: Vec<i64>,
    failures: u32,
    shut_until: i64,
}

fn hotp(key: &[u8], counter: i64) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).unwrap();
    mac.update(&counter.to_be_bytes());
    let digest: [u8; 20] = mac.finalize().into_bytes().into();
    let offset = usize::from(digest[19] & 15);
    let word = u32::from_be_bytes(digest[offset..offset + 4].try_into().unwrap());
    format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
}

impl Tries {
    fn may(&self, now: i64) -> bool {
        now >= self.shut_until && self.times.iter().filter(|time| now - **time < 180).count() < 9
    }

    fn count(&mut self, now: i64, right: bool) {
        self.times.push(now);
        if right {
            (self.failures, self.shut_until) = (0, 0);
            return;
        }
        self.failures += 1;
        if self.failures >= 10 {
            let doublings = (self.failures - 10).min(10);
            self.shut_until = now + (30 * 2_i64.pow(doublings)).min(3600);
        }
    }
}

impl Model {
    /// Whether a pair is accepted; `None` where it is not even looked at.
    fn pair(&mut self, device: usize, now: i64, first: &str, second: &str) -> bool {
        let tries = self.tries.entry(device).or_default();
        if !tries.may(now) {
            return false;
        }
        let state = self.devices.get_mut(&device).unwrap();
        let centre = now.div_euclid(30) + state.drift;
        let mut best: Option<i64> = None;
        for step in centre - 998..=centre + 1000 {
            let fits = hotp(&state.key, step - 1) == first && hotp(&state.key, step) == second;
            let new = state.newest.is_none_or(|newest| step - 1 > newest);
            let nearer = best.is_none_or(|best| (step - centre).abs() <= (best - centre).abs());
            if fits && new && nearer {
                best = Some(step);
            }
        }
        tries.count(now, best.is_some());
        if let Some(step) = best {
            state.newest = Some(step);
            state.drift = step - now.div_euclid(30);
        }
        best.is_some()
    }

    fn session(&mut self, device: usize, now: i64, code: &str) -> bool {
        let tries = self.tries.entry(device).or_default();
        if !tries.may(now) {
            return false;
        }
        let state = self.devices.get_mut(&device).unwrap();
        let centre = now.div_euclid(30) + state.drift;
        let step = (centre - 2..=centre + 2).find(|step| {
            state.newest.is_none_or(|newest| *step > newest) && hotp(&state.key, *step) == code
        });
        tries.count(now, step.is_some());
        state.newest = step.or(state.newest);
        step.is_some()
    }

    fn owner(&self, device: usize) -> Option<usize> {
        self.devices.get(&device).and_then(|device| device.owner)
    }
}

struct Run {
    world: World,
    model: Model,
    apps: HashMap<usize, Authenticator>,
}

impl Run {
    fn new() -> Self {
        let world = World::new();
        for user in USERS {
            world.call("CreateUser", &[("UserName", user)]).unwrap();
        }
        Self { world, model: Model::default(), apps: HashMap::new() }
    }

    fn step(&mut self, step: &Step) {
        let expected = match step {
            Step::Pass(seconds) => {
                self.world.pass(*seconds);
                return;
            }
            Step::Create(device) => !self.model.devices.contains_key(device),
            Step::Delete(device) => {
                self.model.devices.get(device).is_some_and(|device| device.owner.is_none())
            }
            Step::Enable { device, first, second, .. } => {
                self.model.devices.get(device).is_some_and(|device| device.owner.is_none())
                    && self.expect_pair(*device, *first, *second)
            }
            Step::Resync { user, device, first, second } => {
                self.model.owner(*device) == Some(*user)
                    && self.expect_pair(*device, *first, *second)
            }
            Step::Deactivate { user, device } => self.model.owner(*device) == Some(*user),
            Step::Session { user, device, ahead } => {
                self.model.owner(*device) == Some(*user) && {
                    let (now, code) = (self.world.now(), self.code(*device, *ahead));
                    self.model.session(*device, now, &code)
                }
            }
        };
        let answer = self.act(step);
        assert_eq!(answer.is_ok(), expected, "{step:?}: {answer:?}");
        if let Ok(answer) = answer {
            self.learn(step, &answer);
        }
    }

    fn expect_pair(&mut self, device: usize, first: i64, second: i64) -> bool {
        let (first, second) = (self.code(device, first), self.code(device, second));
        self.model.pair(device, self.world.now(), &first, &second)
    }

    /// The code that the authenticator shows so many steps from now.
    fn code(&self, device: usize, ahead: i64) -> String {
        let key = self.model.devices.get(&device).map(|device| device.key.clone());
        hotp(&key.unwrap_or_default(), self.world.now().div_euclid(30) + ahead)
    }

    fn act(&self, step: &Step) -> Result<Record, String> {
        let serial = |device: &usize| format!("arn:aws:iam::123456789012:mfa/{}", DEVICES[*device]);
        match step {
            Step::Pass(_) => unreachable!(),
            Step::Create(device) => {
                let name = DEVICES[*device];
                self.world.call("CreateVirtualMFADevice", &[("VirtualMFADeviceName", name)])
            }
            Step::Delete(device) => {
                self.world.call("DeleteVirtualMFADevice", &[("SerialNumber", &serial(device))])
            }
            Step::Enable { user, device, first, second } => {
                self.with_pair("EnableMFADevice", *user, *device, *first, *second)
            }
            Step::Resync { user, device, first, second } => {
                self.with_pair("ResyncMFADevice", *user, *device, *first, *second)
            }
            Step::Deactivate { user, device } => {
                let members = [("UserName", USERS[*user]), ("SerialNumber", &serial(device))];
                self.world.call("DeactivateMFADevice", &members)
            }
            Step::Session { user, device, ahead } => {
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
            None => Err("there was never such a device".to_owned()),
        }
    }

    fn learn(&mut self, step: &Step, answer: &Record) {
        match step {
            Step::Create(device) => {
                let Some(Value::Structure(made)) = answer.get("VirtualMFADevice") else { panic!() };
                let Some(Value::Blob(seed)) = made.get("Base32StringSeed") else { panic!() };
                let key = data_encoding::BASE32.decode(seed.expose()).unwrap();
                let state = Device { key, owner: None, newest: None, drift: 0 };
                self.model.devices.insert(*device, state);
                self.apps.insert(*device, Authenticator::of(answer));
            }
            Step::Delete(device) => {
                self.model.devices.remove(device);
            }
            Step::Enable { user, device, .. } => {
                self.model.devices.get_mut(device).unwrap().owner = Some(*user);
            }
            Step::Deactivate { device, .. } => {
                self.model.devices.get_mut(device).unwrap().owner = None;
            }
            Step::Pass(_) | Step::Resync { .. } | Step::Session { .. } => {}
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let (user, device) = (0..USERS.len(), 0..DEVICES.len());
    // Mostly codes that a person would give, sometimes stray ones.
    let near = prop_oneof![8 => -2..3_i64, 1 => -1100..1100_i64];
    let codes = prop_oneof![
        6 => near.clone().prop_map(|first| (first, first + 1)),
        1 => (near.clone(), near.clone())
    ];
    prop_oneof![
        3 => prop_oneof![Just(30), Just(60), Just(180), 1..4000_i64].prop_map(Step::Pass),
        2 => device.clone().prop_map(Step::Create),
        1 => device.clone().prop_map(Step::Delete),
        4 => (user.clone(), device.clone(), codes.clone()).prop_map(|(user, device, codes)| {
            Step::Enable { user, device, first: codes.0, second: codes.1 }
        }),
        2 => (user.clone(), device.clone(), codes).prop_map(|(user, device, codes)| {
            Step::Resync { user, device, first: codes.0, second: codes.1 }
        }),
        1 => (user.clone(), device.clone()).prop_map(|(user, device)| {
            Step::Deactivate { user, device }
        }),
        4 => (user, device, near).prop_map(|(user, device, ahead)| {
            Step::Session { user, device, ahead }
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_service_and_the_model_agree(steps in prop::collection::vec(step(), 1..40)) {
        let mut run = Run::new();
        for device in 0..DEVICES.len() {
            run.step(&Step::Create(device));
            run.step(&Step::Enable { user: device % 2, device, first: -1, second: 0 });
        }
        for step in &steps {
            run.step(step);
        }
    }
}
