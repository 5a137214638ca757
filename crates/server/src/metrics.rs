//! What the server counts, and how everything that is counted is printed.
//!
//! Labels are built once: a request touches counters that exist already. The `tenant` label is given to the first
//! [`TENANTS_MAX`] tenants that send something; the rest are counted together under `__other__`.

use crate::auth::Refusal;
use http::StatusCode;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tenure_api::{ROUTES, Route};
use tenure_runtime::Handle;
use tenure_runtime::metrics::{OTHER, TENANTS_MAX};
use tenure_types::TenantId;

/// Classes of statuses: `1xx` to `5xx`.
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteClass {
    method: &'static str,
    route: &'static str,
    status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteOnly {
    method: &'static str,
    route: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TenantClass {
    tenant: String,
    status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TenantOnly {
    tenant: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

/// Everything that is counted about one route, or one tenant.
#[derive(Debug)]
struct Counted {
    by_class: [Counter; 5],
    seconds: Histogram,
}

impl Counted {
    fn add(&self, class: usize, elapsed: Duration) {
        self.by_class[class].inc();
        self.seconds.observe(elapsed.as_secs_f64());
    }
}

/// What the server counts.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    routes: Vec<Counted>,
    tenants: Tenants,
    refusals: Family<Reason, Counter>,
}

#[derive(Debug)]
struct Tenants {
    requests: Family<TenantClass, Counter>,
    seconds: Family<TenantOnly, Histogram, fn() -> Histogram>,
    known: RwLock<HashMap<TenantId, Arc<Counted>>>,
    other: Arc<Counted>,
}

/// 100 µs to about 100 s: long polls are requests too.
fn histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.000_1, 4.0, 11))
}

impl Metrics {
    /// With everything that `handle`'s node counts beside the server's own.
    pub(crate) fn new(handle: &Handle) -> Self {
        let mut registry = Registry::with_prefix("tenure");
        handle.metrics().register(&mut registry);
        registry.register_collector(Box::new(Node(handle.clone())));
        let routes = routes(&mut registry);
        let tenants = Tenants::new(&mut registry);
        let refusals = Family::default();
        registry.register("http_credentials_refused", "Credentials refused, by reason", refusals.clone());
        Self { registry, routes, tenants, refusals }
    }

    /// Counts an answered request; `index` is the route's place in the table.
    pub(crate) fn answered(
        &self,
        index: usize,
        tenant: Option<&TenantId>,
        status: StatusCode,
        elapsed: Duration,
    ) {
        let class = usize::from(status.as_u16() / 100).clamp(1, 5) - 1;
        self.routes[index].add(class, elapsed);
        if let Some(tenant) = tenant {
            self.tenants.of(tenant).add(class, elapsed);
        }
    }

    /// Counts a refused credential.
    pub(crate) fn refused(&self, refusal: Refusal) {
        self.refusals.get_or_create(&Reason { reason: refusal.as_str() }).inc();
    }

    /// Everything, as `OpenMetrics` text.
    pub(crate) fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

fn routes(registry: &mut Registry) -> Vec<Counted> {
    let requests = Family::<RouteClass, Counter>::default();
    let seconds = Family::<RouteOnly, Histogram, fn() -> Histogram>::new_with_constructor(histogram);
    registry.register("http_requests", "Requests answered, by route and class of status", requests.clone());
    let help = "From the head of a request to its answer, by route";
    registry.register_with_unit("http_request_duration", help, Unit::Seconds, seconds.clone());
    let counted = |route: &Route| {
        let (method, path) = (route.method.as_str(), route.path);
        let class = |status| requests.get_or_create(&RouteClass { method, route: path, status }).clone();
        let seconds = seconds.get_or_create(&RouteOnly { method, route: path }).clone();
        Counted { by_class: CLASSES.map(class), seconds }
    };
    ROUTES.iter().map(counted).collect()
}

impl Tenants {
    fn new(registry: &mut Registry) -> Self {
        let requests = Family::<TenantClass, Counter>::default();
        let seconds = Family::<TenantOnly, Histogram, fn() -> Histogram>::new_with_constructor(histogram);
        let help = "Requests answered, by tenant and class of status";
        registry.register("tenant_requests", help, requests.clone());
        let help = "From the head of a request to its answer, by tenant";
        registry.register_with_unit("tenant_request_duration", help, Unit::Seconds, seconds.clone());
        let other = Arc::new(counted(&requests, &seconds, OTHER));
        Self { requests, seconds, known: RwLock::default(), other }
    }

    fn of(&self, tenant: &TenantId) -> Arc<Counted> {
        if let Some(found) = self.known.read().unwrap_or_else(PoisonError::into_inner).get(tenant) {
            return found.clone();
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= TENANTS_MAX && !known.contains_key(tenant) {
            return self.other.clone();
        }
        let counted = || Arc::new(counted(&self.requests, &self.seconds, tenant.as_str()));
        known.entry(tenant.clone()).or_insert_with(counted).clone()
    }
}

fn counted(
    requests: &Family<TenantClass, Counter>,
    seconds: &Family<TenantOnly, Histogram, fn() -> Histogram>,
    tenant: &str,
) -> Counted {
    let class = |status| requests.get_or_create(&TenantClass { tenant: tenant.to_owned(), status }).clone();
    let seconds = seconds.get_or_create(&TenantOnly { tenant: tenant.to_owned() }).clone();
    Counted { by_class: CLASSES.map(class), seconds }
}

/// What the store and the dispatcher count by themselves, read when somebody asks.
#[derive(Debug)]
struct Node(Handle);

impl Collector for Node {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let store = self.0.store_stats();
        let calls = self.0.dispatch_counters();
        let counters = [
            ("store_commits", "Commits made durable", store.commits_total),
            ("store_commits_refused", "Commits refused", store.commits_refused_total),
            ("store_transactions", "Transactions", store.transactions_total),
            ("store_appends", "History appends made durable", store.appends_total),
            ("store_written_bytes", "Bytes handed to the disk", store.written_bytes_total),
            ("store_fsyncs", "Waits for the disk", store.fsyncs_total),
            ("store_checkpoints", "Checkpoints", store.checkpoints_total),
            ("store_checkpoint_microseconds", "Time spent in checkpoints", store.checkpoint_us_total),
            ("calls_answered", "Calls that ended with an answer", calls.answered),
            ("calls_not_sent", "Calls of which nothing was sent", calls.not_sent),
            ("calls_refused", "Calls that the receiver did not process", calls.refused),
            ("calls_unknown", "Calls of which nobody knows", calls.unknown),
            ("calls_abandoned", "Calls that were abandoned", calls.abandoned),
            ("calls_connections_opened", "Connections opened for calls", calls.connections_opened),
            ("calls_connections_reused", "Calls over a connection that was open", calls.connections_reused),
        ];
        for (name, help, value) in counters {
            let counter = ConstCounter::new(value);
            counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)?;
        }
        let gauges = [
            ("store_queue_length", "Commits that wait for the writer", store.queue_length),
            ("store_journal_rows", "Journal rows not yet moved into tables", store.journal_rows),
            ("store_overlay_executions", "Executions in the overlay", store.overlay_executions),
            ("calls_in_flight", "Calls under way", calls.in_flight),
            ("calls_waiting", "Calls that wait for a slot", calls.waiting),
        ];
        for (name, help, value) in gauges {
            let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(n: usize) -> TenantId {
        TenantId::new(&format!("t{n}")).unwrap()
    }

    /// FR-032: counts carry the tenant, and a thousand tenants do not make a thousand labels.
    #[test]
    fn tenants_beyond_the_limit_are_counted_together() {
        let mut registry = Registry::with_prefix("tenure");
        let tenants = Tenants::new(&mut registry);
        for n in 0..TENANTS_MAX + 50 {
            tenants.of(&tenant(n)).add(1, Duration::from_millis(1));
        }
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        assert!(text.contains(r#"tenure_tenant_requests_total{tenant="t7",status="2xx"} 1"#), "{text}");
        assert!(text.contains(r#"tenure_tenant_requests_total{tenant="__other__",status="2xx"} 50"#));
        assert!(!text.contains(r#"tenant="t249""#));
    }

    #[test]
    fn a_route_is_counted_by_its_template() {
        let mut registry = Registry::with_prefix("tenure");
        let routes = routes(&mut registry);
        let index = ROUTES.iter().position(|route| route.path == "/v1/workflows/{id}").unwrap();
        routes[index].add(3, Duration::from_millis(1));
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        let line = r#"tenure_http_requests_total{method="GET",route="/v1/workflows/{id}",status="4xx"} 1"#;
        assert!(text.contains(line), "{text}");
        assert!(text.contains("tenure_http_request_duration_seconds_bucket"));
    }
}
