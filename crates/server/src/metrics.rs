//! Metrics in the formats of Prometheus.
//!
//! Labels come from the action table and from error codes, never from a request, so that their
//! number is bounded.

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
    requests: Family<RequestLabels, Counter>,
    durations: Family<ActionLabel, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
    connections: Gauge,
    rejected: Counter,
}

/// Raises a gauge by one until it is dropped.
#[derive(Debug)]
pub(crate) struct GaugeGuard(Gauge<i64, AtomicI64>);

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    action: &'static str,
    code: Cow<'static, str>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ActionLabel {
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
            "Time from the end of a request's head to its response, by action",
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

    pub(crate) fn answered(
        &self,
        action: &'static str,
        code: Cow<'static, str>,
        duration: Duration,
    ) {
        self.requests.get_or_create(&RequestLabels { action, code }).inc();
        self.durations.get_or_create(&ActionLabel { action }).observe(duration.as_secs_f64());
    }

    pub(crate) fn rejected(&self) {
        self.rejected.inc();
    }

    pub(crate) fn request(&self) -> GaugeGuard {
        GaugeGuard::raise(&self.in_flight)
    }

    pub(crate) fn connection(&self) -> GaugeGuard {
        GaugeGuard::raise(&self.connections)
    }

    pub(crate) fn encode(&self, format: MetricsFormat) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        match format {
            MetricsFormat::OpenMetrics => text,
            MetricsFormat::Prometheus => prometheus_text(&text),
        }
    }
}

impl GaugeGuard {
    fn raise(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for GaugeGuard {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum MetricsFormat {
    /// Prometheus's text format 0.0.4, the default.
    Prometheus,
    OpenMetrics,
}

impl MetricsFormat {
    /// The format that an `Accept` header names.
    pub(crate) fn accepted(accept: &[u8]) -> Self {
        let types = accept.split(|byte| matches!(byte, b',' | b';'));
        let mut types = types.map(<[u8]>::trim_ascii);
        let open = types.any(|kind| kind.eq_ignore_ascii_case(b"application/openmetrics-text"));
        if open { Self::OpenMetrics } else { Self::Prometheus }
    }

    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Converts `OpenMetrics` to the older text format: a counter is declared by the name of its
/// samples, and there are no `UNIT` and `EOF` lines.
fn prometheus_text(open: &str) -> String {
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

/// Upper bounds in seconds: reads take some ten microseconds, writes wait for the disk, and the
/// default limit of a call is 30 seconds.
const BUCKETS: [f64; 14] = [
    0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5,
    2.5, 10.0,
];
