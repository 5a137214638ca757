//! What a node counts. Defined once; the server prints it.

mod tenants;

pub(crate) use tenants::ByTenant;
pub use tenants::{OTHER, TENANTS_MAX, TenantFamilies};

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
    /// Events published, by clients and by executions.
    pub events_published: Counter,
    /// How often an event was handed to an execution that might want it.
    pub event_deliveries: Counter,
    /// Executions that events started.
    pub event_starts: Counter,
    /// Signals taken.
    pub signals: Counter,
    /// From the arrival of an event to the last commit that it led to.
    pub event_seconds: Histogram,
    /// Executions in memory.
    pub resident: Gauge,
    /// Executions that the engine failed on and leaves alone.
    pub held: Gauge,
    /// Inputs that wait for their turn.
    pub queued: Gauge,
    /// By tenant.
    pub tenants: TenantFamilies,
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
            events_published: Counter::default(),
            event_deliveries: Counter::default(),
            event_starts: Counter::default(),
            signals: Counter::default(),
            event_seconds: Histogram::new(buckets()),
            resident: Gauge::default(),
            held: Gauge::default(),
            queued: Gauge::default(),
            tenants: TenantFamilies::default(),
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
        self.tenants.register(registry);
        self.register_events(registry);
        registry.register("executions_resident", "Executions in memory", self.resident.clone());
        registry.register(
            "executions_held",
            "Executions that the engine failed on and leaves alone",
            self.held.clone(),
        );
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

    fn register_events(&self, registry: &mut Registry) {
        registry.register(
            "events",
            "Events published, by clients and by executions",
            self.events_published.clone(),
        );
        registry.register(
            "event_deliveries",
            "How often an event was handed to an execution that might want it",
            self.event_deliveries.clone(),
        );
        registry.register("event_starts", "Executions that events started", self.event_starts.clone());
        registry.register("signals", "Signals taken", self.signals.clone());
        registry.register_with_unit(
            "event_duration",
            "From the arrival of an event to the last commit that it led to",
            Unit::Seconds,
            self.event_seconds.clone(),
        );
    }
}
