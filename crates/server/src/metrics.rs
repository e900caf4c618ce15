//! What is counted, and how it is shown to Prometheus.
//!
//! Labels come from the action table and from the codes of refusals, never from a request: there
//! are no more of them than the program knows.
//!
//! Not here: when something is counted.

use std::{
    borrow::Cow,
    sync::{Arc, atomic::AtomicI64},
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Outcome, Counter>,
    durations: Family<Which, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
    connections: Gauge,
    rejected: Counter,
}

/// Something that is going on, counted until it is dropped.
#[derive(Debug)]
pub(crate) struct Ongoing(Gauge<i64, AtomicI64>);

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Outcome {
    action: &'static str,
    code: Cow<'static, str>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Which {
    action: &'static str,
}

impl Metrics {
    pub(crate) fn new() -> Arc<Self> {
        let mut registry = Registry::with_prefix("vmfa");
        let requests = Family::default();
        registry.register("requests", "Requests by action and outcome", requests.clone());
        let durations: Family<_, _, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(BUCKETS));
        registry.register_with_unit(
            "request_duration",
            "Time from the end of a request's head to its answer, by action",
            Unit::Seconds,
            durations.clone(),
        );
        let in_flight = Gauge::default();
        registry.register("requests_in_flight", "Requests being served", in_flight.clone());
        let connections = Gauge::default();
        registry.register("connections", "Open connections", connections.clone());
        let rejected = Counter::default();
        registry.register(
            "connections_rejected",
            "Connections refused because there were too many",
            rejected.clone(),
        );
        Arc::new(Self { registry, requests, durations, in_flight, connections, rejected })
    }

    /// A request was answered, after so long.
    pub(crate) fn answered(&self, action: &'static str, code: Cow<'static, str>, took: Duration) {
        self.requests.get_or_create(&Outcome { action, code }).inc();
        self.durations.get_or_create(&Which { action }).observe(took.as_secs_f64());
    }

    pub(crate) fn rejected(&self) {
        self.rejected.inc();
    }

    pub(crate) fn request(&self) -> Ongoing {
        Ongoing::of(&self.in_flight)
    }

    pub(crate) fn connection(&self) -> Ongoing {
        Ongoing::of(&self.connections)
    }

    /// All that was counted.
    pub(crate) fn text(&self, format: Format) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        match format {
            Format::Open => text,
            Format::Plain => plain(&text),
        }
    }
}

impl Ongoing {
    fn of(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Ongoing {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// How metrics are written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Format {
    /// Prometheus's text format, which everything reads.
    Plain,
    /// `OpenMetrics`, for who asks for it.
    Open,
}

impl Format {
    /// The one that an `Accept` header asks for.
    pub(crate) fn accepted(accept: &[u8]) -> Self {
        let types = accept.split(|byte| matches!(byte, b',' | b';'));
        let mut types = types.map(<[u8]>::trim_ascii);
        let open = types.any(|kind| kind.eq_ignore_ascii_case(b"application/openmetrics-text"));
        if open { Self::Open } else { Self::Plain }
    }

    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::Plain => "text/plain; version=0.0.4; charset=utf-8",
            Self::Open => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// The older format: there a counter is announced by the name that its samples have, and neither
/// units nor an end are written.
fn plain(open: &str) -> String {
    let counter = |name: &str| open.contains(&format!("# TYPE {name} counter\n"));
    let mut text = String::with_capacity(open.len());
    for line in open.lines() {
        let mut words = line.splitn(4, ' ');
        let words = (words.next(), words.next(), words.next(), words.next());
        let line = match words {
            (Some("#"), Some("UNIT" | "EOF"), ..) => continue,
            (Some("#"), Some(what), Some(name), Some(rest)) if counter(name) => {
                Cow::Owned(format!("# {what} {name}_total {rest}"))
            }
            _ => Cow::Borrowed(line),
        };
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// Upper ends in seconds. Reads take some ten microseconds, writes wait for the disk, and what
/// takes over a second is on its way to the limit.
const BUCKETS: [f64; 14] = [
    0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5,
    2.5, 10.0,
];
