//! A person at a terminal, and all else that a verb is given.

use std::{
    cell::RefCell,
    collections::VecDeque,
    io,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use clap::Parser;
use vmfa_client::{CallError, Calls};
use vmfa_iam::{Api, Call, Caller, find};
use vmfa_mfa::{Heard, Line, Reading, Shell, Size, Surroundings, Terminal, Trouble};
use vmfa_model::{Blob, Fault, Record, Value};
use vmfa_otp::{Authenticator, base32};
use vmfa_testkit::{TestClock, TestService};
use zeroize::Zeroizing;

/// What a person does when asked.
#[derive(Clone, Copy)]
pub(crate) enum Act {
    /// Lets some seconds pass, and is still there.
    Wait(i64),
    /// Types the code that the app shows, so many steps from what it should be.
    Code(i64),
    /// Types something else.
    Type(&'static str),
    /// Presses Ctrl-C.
    Interrupt,
    /// Presses Ctrl-D.
    End,
}

/// The terminal. The person's app has the key that the screen showed.
pub(crate) struct Person {
    pub(crate) live: bool,
    pub(crate) size: Size,
    pub(crate) said: String,
    clock: Arc<TestClock>,
    acts: VecDeque<Act>,
    milliseconds: u128,
    watched: bool,
    signal: Option<u8>,
}

impl Person {
    /// The key as the screen showed it, in groups of four.
    pub(crate) fn key(&self) -> String {
        let groups = self.said.lines().filter(|line| line.starts_with("  "));
        groups.flat_map(str::split_whitespace).collect()
    }

    fn app(&self) -> Authenticator {
        Authenticator::new(&base32::decode(&self.key()).unwrap())
    }
}

impl Terminal for Person {
    fn is_live(&self) -> bool {
        self.live
    }

    fn size(&self) -> Size {
        self.size
    }

    fn say(&mut self, text: &str) -> io::Result<()> {
        self.said.push_str(text);
        Ok(())
    }

    fn hear(&mut self, _: Duration) -> io::Result<Heard> {
        let act = self.acts.pop_front().expect("the person was asked once more than expected");
        Ok(match act {
            Act::Wait(seconds) => {
                self.clock.advance(seconds);
                Heard::Nothing
            }
            Act::Code(steps) => {
                let app = self.app();
                Heard::Line(app.code(app.step(self.clock.unix()).plus(steps)))
            }
            Act::Type(text) => Heard::Line(Line::new(text.to_owned())),
            Act::Interrupt => {
                assert!(self.watched, "the signal would have ended the process");
                self.signal = Some(2);
                Heard::Nothing
            }
            Act::End => Heard::End,
        })
    }

    fn rest(&mut self, time: Duration) -> io::Result<()> {
        self.milliseconds += time.as_millis();
        let seconds = self.milliseconds / 1000;
        self.milliseconds %= 1000;
        self.clock.advance(i64::try_from(seconds).unwrap());
        Ok(())
    }

    fn watch(&mut self) -> io::Result<()> {
        self.watched = true;
        Ok(())
    }

    fn stopped(&self) -> Option<u8> {
        self.signal
    }
}

/// What a verb was told, did and said.
pub(crate) struct Told {
    pub(crate) out: String,
    pub(crate) said: String,
    pub(crate) ended: Result<(), Trouble>,
}

impl Told {
    /// What it failed with, and its exit code.
    pub(crate) fn failure(&self) -> (String, u8) {
        let trouble = self.ended.as_ref().unwrap_err();
        (trouble.to_string(), trouble.code())
    }
}

/// A service with user alice, and a person.
pub(crate) struct Scene {
    pub(crate) test: TestService,
    pub(crate) person: Person,
    /// What the endpoint's clock says, where there is an endpoint.
    pub(crate) reading: Option<Reading>,
    /// Called with each call before it is made; a fault is answered in place of the service.
    pub(crate) refuse: Refuse,
    /// The action whose answers are lost on the way.
    pub(crate) lost: &'static str,
    /// The key that an endpoint of another make gives to devices, with which it enables them.
    pub(crate) foreign: Option<&'static str>,
    pub(crate) input: Vec<u8>,
    /// Whether standard output is a terminal.
    pub(crate) shown: bool,
}

impl Scene {
    pub(crate) fn with(acts: &[Act]) -> Self {
        let test = TestService::new();
        let clock = Arc::clone(&test.clock);
        let person = Person {
            live: true,
            size: Size { columns: 80, rows: 50 },
            said: String::new(),
            clock,
            acts: acts.iter().copied().collect(),
            milliseconds: 0,
            watched: false,
            signal: None,
        };
        let scene = Self {
            test,
            person,
            reading: None,
            refuse: Arc::new(Mutex::new(|_: &Call| None)),
            lost: "",
            foreign: None,
            input: Vec::new(),
            shown: false,
        };
        scene.call("CreateUser", &[("UserName", "alice")]).unwrap();
        scene
    }

    pub(crate) fn now(&self) -> i64 {
        self.test.clock.unix()
    }

    pub(crate) fn call(
        &self,
        name: &str,
        input: &[(&'static str, &str)],
    ) -> Result<Record, CallError> {
        let text = |(name, text): &(&'static str, &str)| (*name, Value::Text((*text).to_owned()));
        let action = find(Api::Iam, name).unwrap();
        self.way().call(Call { action, input: input.iter().map(text).collect() })
    }

    /// The serial numbers of alice's devices, and of those that nobody has.
    pub(crate) fn devices(&self) -> (Vec<String>, Vec<String>) {
        let serials = |record: Record, list: &str| {
            let Some(Value::List(devices)) = record.get(list).cloned() else { panic!("no {list}") };
            let serial = |device: Value| match device {
                Value::Structure(device) => device.text("SerialNumber").unwrap().to_owned(),
                other => panic!("{other:?} is no device"),
            };
            devices.into_iter().map(serial).collect()
        };
        let own = self.call("ListMFADevices", &[("UserName", "alice")]).unwrap();
        let free =
            self.call("ListVirtualMFADevices", &[("AssignmentStatus", "Unassigned")]).unwrap();
        (serials(own, "MFADevices"), serials(free, "VirtualMFADevices"))
    }

    /// Runs `vmfa mfa` with these words, and a shell.
    pub(crate) fn run_with(&mut self, words: &[&str], shell: &dyn Shell) -> Told {
        #[derive(Parser)]
        struct Verbs {
            #[command(flatten)]
            arguments: vmfa_mfa::Arguments,
        }
        let words = std::iter::once("mfa").chain(words.iter().copied());
        let arguments = Verbs::try_parse_from(words).unwrap_or_else(|error| panic!("{error}"));
        let way = self.way();
        let mut out = Vec::new();
        let reading = self.reading.clone();
        let clock = Arc::clone(&self.test.clock);
        let ended = vmfa_mfa::run(
            &arguments.arguments,
            &mut Surroundings {
                clock: &*clock,
                terminal: &mut self.person,
                input: &mut self.input.as_slice(),
                typed: self.input.is_empty(),
                out: &mut out,
                shown: self.shown,
                shell,
                connect: &|| Ok(Box::new(way.clone())),
                ask_time: &|| Ok(reading.clone()),
            },
        );
        let key = self.person.key();
        let told = format!("{ended:?}");
        assert!(key.is_empty() || !told.contains(&key), "the key is in what failed: {told}");
        let said = std::mem::take(&mut self.person.said);
        Told { out: String::from_utf8(out).unwrap(), said, ended }
    }

    pub(crate) fn run(&mut self, words: &[&str]) -> Told {
        self.run_with(words, &Commands(RefCell::default()))
    }

    fn way(&self) -> Way {
        Way {
            service: Arc::clone(&self.test.service),
            caller: Caller::local(self.test.account),
            refuse: Arc::clone(&self.refuse),
            lost: self.lost,
            foreign: self.foreign,
        }
    }
}

/// What is answered in place of the service.
pub(crate) type Refuse = Arc<Mutex<dyn FnMut(&Call) -> Option<Fault> + Send>>;

/// Calls on the service as the root, unless they are to be refused.
#[derive(Clone)]
struct Way {
    service: Arc<vmfa_iam::Service>,
    caller: Caller,
    refuse: Refuse,
    lost: &'static str,
    foreign: Option<&'static str>,
}

impl Calls for Way {
    fn call(&self, call: Call) -> Result<Record, CallError> {
        if let Some(fault) = (self.refuse.lock().unwrap())(&call) {
            return Err(fault.into());
        }
        let name = call.action.name;
        if name == "EnableMFADevice" && self.foreign.is_some() {
            return Ok(Record::default());
        }
        let mut answer = self.service.call(&self.caller, call, &self.service.request_id())?;
        if let Some(key) = self.foreign
            && let Some(Value::Structure(mut device)) = answer.take("VirtualMFADevice")
        {
            device.take("Base32StringSeed");
            device.push("Base32StringSeed", Value::Blob(Blob::new(key.as_bytes().to_vec())));
            answer.push("VirtualMFADevice", Value::Structure(device));
        }
        if name == self.lost {
            return Err(vmfa_client::ClientError::ReadTimeout("http://e/".to_owned()).into());
        }
        Ok(answer)
    }
}

type Printing<'a> = Box<dyn FnMut(&str, &str, Option<&Path>) -> io::Result<String> + 'a>;

/// A shell that prints what a test says; without a test's word, nothing may be run.
#[derive(Default)]
pub(crate) struct Commands<'a>(pub(crate) RefCell<Option<Printing<'a>>>);

impl<'a> Commands<'a> {
    pub(crate) fn print(
        with: impl FnMut(&str, &str, Option<&Path>) -> io::Result<String> + 'a,
    ) -> Self {
        Self(RefCell::new(Some(Box::new(with))))
    }
}

impl Shell for Commands<'_> {
    fn run(&self, command: &str, seed: &str, file: Option<&Path>) -> io::Result<Zeroizing<String>> {
        let mut print = self.0.borrow_mut();
        let print = print.as_mut().expect("no command was to be run");
        print(command, seed, file).map(Zeroizing::new)
    }
}
