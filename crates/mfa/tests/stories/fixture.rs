//! A scripted person at a terminal, and the other dependencies of the commands.

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
use vmfa_mfa::{
    ClockReading, Error, InputEvent, InputLine, MfaContext, PromptTerminal, Shell, TerminalSize,
};
use vmfa_model::{Blob, Fault, Record, Value};
use vmfa_otp::{Authenticator, base32};
use vmfa_testkit::{TestClock, TestService};
use zeroize::Zeroizing;

/// What the person does when prompted.
#[derive(Clone, Copy)]
pub(crate) enum Act {
    /// Waits for that many seconds.
    Wait(i64),
    /// Types the code of the current time step plus that many steps.
    Code(i64),
    Type(&'static str),
    /// Presses Ctrl-C.
    Interrupt,
    /// Presses Ctrl-D.
    End,
}

/// The terminal and the person's app, which reads the key from the screen.
pub(crate) struct Person {
    pub(crate) interactive: bool,
    pub(crate) size: TerminalSize,
    pub(crate) printed: String,
    clock: Arc<TestClock>,
    acts: VecDeque<Act>,
    milliseconds: u128,
    watched: bool,
    signal: Option<u8>,
}

impl Person {
    /// The key on the screen, without the spaces between its groups.
    pub(crate) fn key(&self) -> String {
        let groups = self.printed.lines().filter(|line| line.starts_with("  "));
        groups.flat_map(str::split_whitespace).collect()
    }

    fn app(&self) -> Authenticator {
        Authenticator::new(&base32::decode(&self.key()).unwrap())
    }
}

impl PromptTerminal for Person {
    fn is_interactive(&self) -> bool {
        self.interactive
    }

    fn size(&self) -> TerminalSize {
        self.size
    }

    fn print(&mut self, text: &str) -> io::Result<()> {
        self.printed.push_str(text);
        Ok(())
    }

    fn read_line(&mut self, _: Duration) -> io::Result<InputEvent> {
        let act = self.acts.pop_front().expect("the person was asked once more than expected");
        Ok(match act {
            Act::Wait(seconds) => {
                self.clock.advance(seconds);
                InputEvent::Timeout
            }
            Act::Code(steps) => {
                let app = self.app();
                InputEvent::Line(app.code(app.step(self.clock.unix()).plus(steps)))
            }
            Act::Type(text) => InputEvent::Line(InputLine::new(text.to_owned())),
            Act::Interrupt => {
                assert!(self.watched, "the signal would have ended the process");
                self.signal = Some(2);
                InputEvent::Timeout
            }
            Act::End => InputEvent::End,
        })
    }

    fn sleep(&mut self, time: Duration) -> io::Result<()> {
        self.milliseconds += time.as_millis();
        let seconds = self.milliseconds / 1000;
        self.milliseconds %= 1000;
        self.clock.advance(i64::try_from(seconds).unwrap());
        Ok(())
    }

    fn catch_signals(&mut self) -> io::Result<()> {
        self.watched = true;
        Ok(())
    }

    fn caught_signal(&self) -> Option<u8> {
        self.signal
    }
}

/// The output and result of a command.
pub(crate) struct Outcome {
    pub(crate) out: String,
    pub(crate) printed: String,
    pub(crate) result: Result<(), Error>,
}

impl Outcome {
    /// The error message and exit code.
    pub(crate) fn failure(&self) -> (String, u8) {
        let trouble = self.result.as_ref().unwrap_err();
        (trouble.to_string(), trouble.code())
    }
}

/// A service with user `alice`, and a person.
pub(crate) struct Fixture {
    pub(crate) test: TestService,
    pub(crate) person: Person,
    /// The endpoint's clock; `None` without an endpoint.
    pub(crate) reading: Option<ClockReading>,
    /// Called before each call; may return a fault in place of the service's response.
    pub(crate) refuse: Refuse,
    /// The action whose responses are lost.
    pub(crate) lost: &'static str,
    /// The key of new devices, as another endpoint may return it; any codes then enable them.
    pub(crate) foreign: Option<&'static str>,
    pub(crate) input: Vec<u8>,
    /// Whether standard output is a terminal.
    pub(crate) output_is_terminal: bool,
}

impl Fixture {
    pub(crate) fn with(acts: &[Act]) -> Self {
        let test = TestService::new();
        let clock = Arc::clone(&test.clock);
        let person = Person {
            interactive: true,
            size: TerminalSize { columns: 80, rows: 50 },
            printed: String::new(),
            clock,
            acts: acts.iter().copied().collect(),
            milliseconds: 0,
            watched: false,
            signal: None,
        };
        let fixture = Self {
            test,
            person,
            reading: None,
            refuse: Arc::new(Mutex::new(|_: &Call| None)),
            lost: "",
            foreign: None,
            input: Vec::new(),
            output_is_terminal: false,
        };
        fixture.call("CreateUser", &[("UserName", "alice")]).unwrap();
        fixture
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
        self.calls().call(Call { action, input: input.iter().map(text).collect() })
    }

    /// The serial numbers of alice's devices, and of unassigned devices.
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

    /// Runs `vmfa mfa` with arguments and a shell.
    pub(crate) fn run_with(&mut self, words: &[&str], shell: &dyn Shell) -> Outcome {
        #[derive(Parser)]
        struct Verbs {
            #[command(flatten)]
            arguments: vmfa_mfa::Arguments,
        }
        let words = std::iter::once("mfa").chain(words.iter().copied());
        let arguments = Verbs::try_parse_from(words).unwrap_or_else(|error| panic!("{error}"));
        let calls = self.calls();
        let mut out = Vec::new();
        let reading = self.reading.clone();
        let clock = Arc::clone(&self.test.clock);
        let ended = vmfa_mfa::run(
            &arguments.arguments,
            &mut MfaContext {
                clock: &*clock,
                terminal: &mut self.person,
                input: &mut self.input.as_slice(),
                input_is_terminal: self.input.is_empty(),
                out: &mut out,
                output_is_terminal: self.output_is_terminal,
                shell,
                connect: &|| Ok(Box::new(calls.clone())),
                read_clock: &|| Ok(reading.clone()),
            },
        );
        let key = self.person.key();
        let outcome = format!("{ended:?}");
        assert!(key.is_empty() || !outcome.contains(&key), "the error contains the key: {outcome}");
        let printed = std::mem::take(&mut self.person.printed);
        Outcome { out: String::from_utf8(out).unwrap(), printed, result: ended }
    }

    pub(crate) fn run(&mut self, words: &[&str]) -> Outcome {
        self.run_with(words, &Commands(RefCell::default()))
    }

    fn calls(&self) -> FakeCalls {
        FakeCalls {
            service: Arc::clone(&self.test.service),
            caller: Caller::local(self.test.account),
            refuse: Arc::clone(&self.refuse),
            lost: self.lost,
            foreign: self.foreign,
        }
    }
}

pub(crate) type Refuse = Arc<Mutex<dyn FnMut(&Call) -> Option<Fault> + Send>>;

/// Calls of the service as the root user, with the faults of the fixture.
#[derive(Clone)]
struct FakeCalls {
    service: Arc<vmfa_iam::Service>,
    caller: Caller,
    refuse: Refuse,
    lost: &'static str,
    foreign: Option<&'static str>,
}

impl Calls for FakeCalls {
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

/// A shell that calls a closure; without one, no command may be run.
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
