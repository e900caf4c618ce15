//! An endpoint that notes what it is asked, and takers of rows.
#![expect(unreachable_pub, reason = "a part of these tests alone")]

use std::{
    io,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use vmfa_client::{CallError, Calls};
use vmfa_iam::Call;
use vmfa_model::{Fault, FaultKind, Record, Value};
use vmfa_sql::{Cell, Heading, Session, Setting, Sink};

/// An endpoint with so many users, each with one device of its own, that notes what it is asked.
#[derive(Default)]
pub struct Endpoint {
    users: usize,
    devices: usize,
    /// Calls wait until so many are there at a time, or for a while.
    gate: usize,
    asked: Mutex<Vec<String>>,
    answered: AtomicUsize,
    now: Mutex<usize>,
    pub most: AtomicUsize,
    came: Condvar,
}

impl Calls for Endpoint {
    fn call(&self, call: Call) -> Result<Record, CallError> {
        let told = |name| match call.input.get(name) {
            Some(Value::Integer(number)) => format!(" {number}"),
            Some(Value::Text(text)) => format!(" {text}"),
            _ => String::new(),
        };
        let name = call.action.name.trim_start_matches("List");
        let size = if call.input.get("UserName").is_some() { "UserName" } else { "MaxItems" };
        self.asked.lock().unwrap().push(format!("{name}{}{}", told(size), told("Marker")));
        if call.input.get("UserName").is_some() {
            self.wait();
        }
        let user = |n: usize| structure([("UserName", format!("user-{n:05}"))]);
        let device = |n: usize| {
            let serial = format!("arn:aws:iam::123456789012:mfa/{n:05}");
            let mut record = record([("SerialNumber", serial)]);
            if n.is_multiple_of(2) {
                record.push("User", user(n));
            }
            Value::Structure(record)
        };
        match call.action.name {
            "ListUsers" => Ok(self.page(&call, "Users", self.users, user)),
            "ListVirtualMFADevices" => {
                Ok(self.page(&call, "VirtualMFADevices", self.devices, device))
            }
            "ListMFADevices" => {
                let name = call.input.text("UserName").unwrap_or("me").to_owned();
                if name.ends_with("13") {
                    let message = format!("The user with name {name} cannot be found.");
                    return Err(Fault::new(FaultKind::NoSuchEntity, message).into());
                }
                let serial = format!("of {name}");
                let device = structure([("UserName", name), ("SerialNumber", serial)]);
                Ok(Record::from_iter([("MFADevices", Value::List(vec![device]))]))
            }
            other => panic!("{other} is not asked here"),
        }
    }
}

impl Endpoint {
    fn page(
        &self,
        call: &Call,
        items: &'static str,
        all: usize,
        make: impl Fn(usize) -> Value,
    ) -> Record {
        let from = call.input.text("Marker").map_or(0, |marker| marker.parse().unwrap());
        let size = match call.input.get("MaxItems") {
            Some(Value::Integer(size)) => usize::try_from(*size).unwrap(),
            _ => 100,
        };
        let to = all.min(from + size);
        self.answered.fetch_add(to - from, Ordering::SeqCst);
        let mut page = Record::from_iter([(items, Value::List((from..to).map(make).collect()))]);
        if to < all {
            page.push("Marker", Value::Text(to.to_string()));
        }
        page
    }

    fn wait(&self) {
        let mut now = self.now.lock().unwrap();
        *now += 1;
        self.most.fetch_max(*now, Ordering::SeqCst);
        self.came.notify_all();
        let patience = Duration::from_secs(u64::from(self.gate > 1));
        let open = |_: &mut usize| self.most.load(Ordering::SeqCst) < self.gate;
        let (mut now, _) = self.came.wait_timeout_while(now, patience, open).unwrap();
        *now -= 1;
    }

    /// What was asked since the last time.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

fn record<const N: usize>(members: [(&'static str, String); N]) -> Record {
    members.into_iter().map(|(name, text)| (name, Value::Text(text))).collect()
}

fn structure<const N: usize>(members: [(&'static str, String); N]) -> Value {
    Value::Structure(record(members))
}

/// Takes rows, and looks how many were answered before.
#[derive(Default)]
pub struct Taken {
    endpoint: Arc<Endpoint>,
    pub rows: Vec<String>,
    pub count: usize,
    pub most_waiting: usize,
}

impl Sink for Taken {
    fn head(&mut self, _: &[Heading]) -> io::Result<()> {
        Ok(())
    }

    fn row(&mut self, row: &[Cell]) -> io::Result<()> {
        let cell = |cell: &Cell| match cell {
            Cell::Null => "NULL".to_owned(),
            Cell::Integer(number) => number.to_string(),
            Cell::Text(text) => text.clone(),
            other => format!("{other:?}"),
        };
        self.count += 1;
        let answered = self.endpoint.answered.load(Ordering::SeqCst);
        self.most_waiting = self.most_waiting.max((answered + 1).saturating_sub(self.count));
        if self.count <= 100 {
            self.rows.push(row.iter().map(cell).collect::<Vec<_>>().join(" | "));
        }
        Ok(())
    }

    fn note(&mut self, _: &str) -> io::Result<()> {
        Ok(())
    }
}

/// Runs a query, with so many calls at a time.
pub fn run(endpoint: &Arc<Endpoint>, concurrency: usize, query: &str) -> Result<Taken, String> {
    let calls: Arc<dyn Calls> = endpoint.clone();
    let setting = Setting { concurrency, ..Setting::new(calls) };
    let mut session = Session::open(setting).unwrap();
    let mut taken = Taken { endpoint: Arc::clone(endpoint), ..Taken::default() };
    match session.run(query, &[], &mut taken) {
        Ok(_) => Ok(taken),
        Err(failure) => Err(failure.to_string()),
    }
}

/// An endpoint with users, whose calls wait until so many of them are there.
pub fn gated(users: usize, gate: usize) -> Arc<Endpoint> {
    Arc::new(Endpoint { users, gate, ..Endpoint::default() })
}

/// An endpoint that answers at once.
pub fn endpoint(users: usize, devices: usize) -> Arc<Endpoint> {
    Arc::new(Endpoint { users, devices, ..Endpoint::default() })
}

/// What was asked, and how often.
pub fn counted(mut asked: Vec<String>) -> String {
    asked.sort();
    let mut told: Vec<(String, usize)> = Vec::new();
    for question in asked {
        match told.last_mut() {
            Some((last, times)) if *last == question => *times += 1,
            _ => told.push((question, 1)),
        }
    }
    let line = |(question, times): (String, usize)| format!("{times} {question}");
    told.into_iter().map(line).collect::<Vec<_>>().join("\n")
}
