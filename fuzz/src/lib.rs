//! Shared by the targets that run statements: a service that returns values made from the shapes of
//! the actions, and a time limit for statements.

use std::sync::{
    Arc, Condvar, Mutex,
    mpsc::{self, RecvTimeoutError, Sender},
};
use std::{thread, time::Duration};

use vmfa_client::{CallError, Calls};
use vmfa_iam::Call;
use vmfa_model::{Fault, FaultKind, Record, Secret, Timestamp, Value, shape::Shape};
use vmfa_sql::{Cell, Heading, Interrupter, Sink};

/// Returns for every call an output of its action's shape; lists have two pages of three elements.
pub struct GeneratedOutputs;

impl Calls for GeneratedOutputs {
    fn call(&self, call: Call) -> Result<Record, CallError> {
        if call.input.text("UserName") == Some("missing") {
            return Err(Fault::new(FaultKind::NoSuchEntity, "no such user").into());
        }
        let second = call.input.text("Marker").is_some();
        let Some(output) = call.action.output() else { return Ok(Record::new()) };
        let members = output.members.iter().filter_map(|member| match member.name {
            "Marker" => (!second).then(|| (member.name, Value::Text("2".to_owned()))),
            "IsTruncated" => Some((member.name, Value::Boolean(!second))),
            name => {
                let given = call.input.get(name).filter(|value| value.as_text().is_some());
                Some((name, given.cloned().unwrap_or_else(|| value(&member.shape, 0))))
            }
        });
        Ok(members.collect())
    }

    fn max_concurrency(&self) -> usize {
        4
    }
}

/// A value of that shape, different for each number.
fn value(shape: &Shape, number: usize) -> Value {
    match shape {
        Shape::Text(text) if text.secret => Value::Secret(Secret::new(format!("secret{number}"))),
        Shape::Text(text) => {
            let chosen = text.values.get(number % text.values.len().max(1));
            Value::Text(chosen.map_or_else(|| format!("name{number}"), |one| (*one).to_owned()))
        }
        Shape::Integer(range) => {
            Value::Integer(range.min.saturating_add(number as i64).min(range.max))
        }
        Shape::Boolean => Value::Boolean(number % 2 == 1),
        Shape::Time => Value::Time(Timestamp::from_unix(1_700_000_000 + number as i64)),
        Shape::Blob => Value::Blob(vmfa_model::Blob::new(vec![number as u8; 20])),
        Shape::List(list) => {
            Value::List((0..3).map(|at| value(&list.element, number + at)).collect())
        }
        Shape::Structure(structure) => {
            let members = structure.members.iter();
            let members = members.map(|member| (member.name, value(&member.shape, number)));
            Value::Structure(members.collect())
        }
        Shape::Map(shape) => {
            Value::Map((0..3).map(|at| (format!("key{at}"), value(shape, at))).collect())
        }
    }
}

/// Interrupts statements after [`LIMIT`], and panics if one does not end within [`HUNG`] after that.
pub struct Watchdog {
    begin: Sender<bool>,
    idle: Arc<(Mutex<bool>, Condvar)>,
}

impl Watchdog {
    /// Watches the session of that interrupter.
    pub fn new(interrupter: Interrupter) -> Self {
        let (begin, begun) = mpsc::channel::<bool>();
        let idle = Arc::new((Mutex::new(true), Condvar::new()));
        let signal = Arc::clone(&idle);
        thread::spawn(move || {
            while begun.recv().is_ok() {
                let mut waits = LIMIT;
                while let Err(RecvTimeoutError::Timeout) = begun.recv_timeout(waits) {
                    assert!(waits == LIMIT, "an interrupted statement does not end");
                    interrupter.interrupt();
                    waits = HUNG;
                }
                *signal.0.lock().unwrap() = true;
                signal.1.notify_all();
            }
        });
        Self { begin, idle }
    }

    /// Runs `work` with the time limit.
    pub fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        *self.idle.0.lock().unwrap() = false;
        self.begin.send(true).unwrap();
        let done = work();
        self.begin.send(false).unwrap();
        // A late interrupt must not stop the next statement.
        let idle = self.idle.1.wait_while(self.idle.0.lock().unwrap(), |idle| !*idle);
        drop(idle.unwrap());
        done
    }
}

/// Time limit of a statement.
pub const LIMIT: Duration = Duration::from_millis(100);
/// Time limit from an interrupt to the end of the statement, on a slow machine with a sanitizer.
pub const HUNG: Duration = Duration::from_secs(20);

/// Reads every value of a result, and keeps none.
#[derive(Default)]
pub struct ValueReader {
    width: usize,
    /// A checksum, so that each value is read.
    pub sum: u64,
}

impl Sink for ValueReader {
    fn head(&mut self, columns: &[Heading]) -> std::io::Result<()> {
        self.width = columns.len();
        Ok(())
    }

    fn row(&mut self, row: &[Cell]) -> std::io::Result<()> {
        assert_eq!(row.len(), self.width, "a row is as wide as its headings");
        for cell in row {
            self.sum = self.sum.wrapping_add(match cell {
                Cell::Null => 1,
                Cell::Integer(number) => number.cast_unsigned(),
                Cell::Real(number) => number.to_bits(),
                Cell::Text(text) => text.bytes().map(u64::from).sum(),
                Cell::Blob(bytes) => bytes.iter().copied().map(u64::from).sum(),
            });
        }
        Ok(())
    }

    fn note(&mut self, _: &str) -> std::io::Result<()> {
        Ok(())
    }
}
