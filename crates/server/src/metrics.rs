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

    /// In the text format of `OpenMetrics`.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
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

/// The type of [`Metrics::text`].
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper ends in seconds. Reads take some ten microseconds, writes wait for the disk, and what
/// takes over a second is on its way to the limit.
const BUCKETS: [f64; 14] = [
    0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5,
    2.5, 10.0,
];
