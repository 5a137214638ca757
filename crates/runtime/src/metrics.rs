//! What a node counts. Defined once; the server prints it.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

/// Counters and histograms of one node. Cheap to clone: all clones count into the same places.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Executions accepted.
    pub executions_started: Counter,
    /// Executions that ended, in any way.
    pub executions_ended: Counter,
    /// Turns that wrote something: one for each execution in each batch.
    pub turns: Counter,
    /// Batches given to the store.
    pub batches: Counter,
    /// History events made durable.
    pub events: Counter,
    /// Calls sent to the dispatcher.
    pub calls: Counter,
    /// Executions in memory.
    pub resident: Gauge,
    /// Inputs that wait for their turn.
    pub queued: Gauge,
    /// From giving a batch to the store to knowing that it is durable.
    pub commit_seconds: Histogram,
    /// From the arrival of a start to the dispatch of the execution's first call.
    pub start_to_first_call_seconds: Histogram,
}

impl Default for Metrics {
    fn default() -> Self {
        // 50 µs to about 26 s.
        let buckets = || exponential_buckets(0.000_05, 2.0, 20);
        Self {
            executions_started: Counter::default(),
            executions_ended: Counter::default(),
            turns: Counter::default(),
            batches: Counter::default(),
            events: Counter::default(),
            calls: Counter::default(),
            resident: Gauge::default(),
            queued: Gauge::default(),
            commit_seconds: Histogram::new(buckets()),
            start_to_first_call_seconds: Histogram::new(buckets()),
        }
    }
}

impl Metrics {
    /// Registers everything under its public name.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("executions_started", "Executions accepted", self.executions_started.clone());
        registry.register(
            "executions_ended",
            "Executions that ended, in any way",
            self.executions_ended.clone(),
        );
        registry.register("shard_turns", "Turns that wrote something", self.turns.clone());
        registry.register("shard_batches", "Batches given to the store", self.batches.clone());
        registry.register("history_events", "History events made durable", self.events.clone());
        registry.register("calls_dispatched", "Calls given to the dispatcher", self.calls.clone());
        registry.register("executions_resident", "Executions in memory", self.resident.clone());
        registry.register("inputs_queued", "Inputs that wait for their turn", self.queued.clone());
        registry.register_with_unit(
            "commit_duration",
            "From giving a batch to the store to knowing that it is durable",
            Unit::Seconds,
            self.commit_seconds.clone(),
        );
        registry.register_with_unit(
            "start_to_first_call",
            "From the arrival of a start to the dispatch of the first call",
            Unit::Seconds,
            self.start_to_first_call_seconds.clone(),
        );
    }
}
