//! What the server counts of itself, for Prometheus.

use std::sync::atomic::AtomicI64;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// From a kept answer to the longest allowed, in seconds.
const BUCKETS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    method: String,
    /// The route, never the address: there are few of them, and they tell nothing of a reader.
    route: String,
    status: u16,
}

/// Counts since the server began.
pub struct Metrics {
    registry: Registry,
    requests: Family<Labels, Counter>,
    seconds: Histogram,
    kept: Counter,
    given_up: Counter,
    turns: Gauge<i64, AtomicI64>,
    turns_taken: Gauge<i64, AtomicI64>,
    papers: Gauge<i64, AtomicI64>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("paperpick");
        let metrics = Self {
            requests: Family::default(),
            seconds: Histogram::new(BUCKETS),
            kept: Counter::default(),
            given_up: Counter::default(),
            turns: Gauge::default(),
            turns_taken: Gauge::default(),
            papers: Gauge::default(),
            registry: Registry::default(),
        };
        registry.register("requests", "Requests that were answered", metrics.requests.clone());
        let help = "From a request's head to the head of its answer";
        registry.register_with_unit("request", help, Unit::Seconds, metrics.seconds.clone());
        registry.register(
            "answers_kept",
            "Answers given again, nothing having changed",
            metrics.kept.clone(),
        );
        let help = "Work that was ended because nobody waited for it";
        registry.register("given_up", help, metrics.given_up.clone());
        registry.register("turns", "Requests that may work on the library at once", metrics.turns.clone());
        registry.register("turns_taken", "Requests that work on it now", metrics.turns_taken.clone());
        registry.register("papers", "Papers in the library", metrics.papers.clone());
        Self { registry, ..metrics }
    }
}

impl Metrics {
    /// Counts an answer.
    pub fn answered(&self, method: &str, route: &str, status: u16, took: Duration) {
        let labels = Labels { method: method.into(), route: route.into(), status };
        self.requests.get_or_create(&labels).inc();
        self.seconds.observe(took.as_secs_f64());
    }

    /// Counts an answer that was given again.
    pub fn kept(&self) {
        self.kept.inc();
    }

    /// Counts work that was ended.
    pub fn given_up(&self) {
        self.given_up.inc();
    }

    /// Everything, in the text format that Prometheus reads.
    pub fn text(&self, n_papers: u64, (turns, taken): (usize, usize)) -> String {
        self.turns.set(turns as i64);
        self.turns_taken.set(taken as i64);
        self.papers.set(n_papers as i64);
        let mut out = String::new();
        // Writing to a string does not fail.
        let _ = text::encode(&mut out, &self.registry);
        out
    }
}
