//! What the lane counts for each tenant (FR-032).
//!
//! Labels are built once a tenant: a turn touches counters that exist already. The first [`TENANTS_MAX`] tenants that
//! run something have a label of their own; the rest are counted together under [`OTHER`].

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use std::collections::HashMap;
use tenure_types::{Status, TenantId};

/// Tenants with a label of their own.
pub const TENANTS_MAX: usize = 200;
/// The label of all other tenants.
pub const OTHER: &str = "__other__";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfTenant {
    tenant: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    tenant: String,
    status: &'static str,
}

/// The counters of all tenants. Cheap to clone: all clones count into the same places.
#[derive(Clone, Debug, Default)]
pub struct TenantFamilies {
    started: Family<OfTenant, Counter>,
    ended: Family<Ended, Counter>,
    calls: Family<OfTenant, Counter>,
}

impl TenantFamilies {
    /// Registers everything under its public name.
    pub(super) fn register(&self, registry: &mut Registry) {
        let help = "Executions accepted, by tenant";
        registry.register("tenant_executions_started", help, self.started.clone());
        let help = "Executions that ended, by tenant and status";
        registry.register("tenant_executions_ended", help, self.ended.clone());
        registry.register("tenant_calls_dispatched", "Calls, by tenant", self.calls.clone());
    }

    fn of(&self, tenant: &str) -> TenantCounters {
        let label = OfTenant { tenant: tenant.to_owned() };
        let ended = |status: Status| {
            let label = Ended { tenant: tenant.to_owned(), status: status.as_str() };
            (status, self.ended.get_or_create(&label).clone())
        };
        TenantCounters {
            started: self.started.get_or_create(&label).clone(),
            ended: Status::ALL.iter().copied().filter(|status| status.ended()).map(ended).collect(),
            calls: self.calls.get_or_create(&label).clone(),
        }
    }
}

/// The counters of one tenant.
#[derive(Debug)]
pub(crate) struct TenantCounters {
    started: Counter,
    ended: Vec<(Status, Counter)>,
    calls: Counter,
}

impl TenantCounters {
    pub(crate) fn started(&self) {
        self.started.inc();
    }

    pub(crate) fn ended(&self, status: Status) {
        if let Some((_, counter)) = self.ended.iter().find(|(of, _)| *of == status) {
            counter.inc();
        }
    }

    pub(crate) fn called(&self) {
        self.calls.inc();
    }
}

/// The counters of the tenants that have run something.
#[derive(Debug)]
pub(crate) struct ByTenant {
    families: TenantFamilies,
    known: HashMap<TenantId, TenantCounters>,
    other: TenantCounters,
}

impl ByTenant {
    pub(crate) fn new(families: TenantFamilies) -> Self {
        let other = families.of(OTHER);
        Self { families, known: HashMap::new(), other }
    }

    pub(crate) fn of(&mut self, tenant: &TenantId) -> &TenantCounters {
        // Asked twice: an entry would need a key of its own each time.
        if !self.known.contains_key(tenant) {
            if self.known.len() >= TENANTS_MAX {
                return &self.other;
            }
            let counters = self.families.of(tenant.as_str());
            self.known.insert(tenant.clone(), counters);
        }
        &self.known[tenant]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(families: &TenantFamilies) -> String {
        let mut registry = Registry::default();
        families.register(&mut registry);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        text
    }

    /// FR-032.
    #[test]
    fn each_tenant_is_counted_by_itself() {
        let families = TenantFamilies::default();
        let mut tenants = ByTenant::new(families.clone());
        let (acme, demo) = (TenantId::new("acme").unwrap(), TenantId::new("demo").unwrap());
        tenants.of(&acme).started();
        tenants.of(&acme).ended(Status::Faulted);
        tenants.of(&demo).called();
        let text = text(&families);
        for line in [
            "tenant_executions_started_total{tenant=\"acme\"} 1",
            "tenant_executions_started_total{tenant=\"demo\"} 0",
            "tenant_executions_ended_total{tenant=\"acme\",status=\"faulted\"} 1",
            "tenant_executions_ended_total{tenant=\"acme\",status=\"completed\"} 0",
            "tenant_calls_dispatched_total{tenant=\"demo\"} 1",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }

    #[test]
    fn tenants_beyond_the_limit_share_a_label() {
        let families = TenantFamilies::default();
        let mut tenants = ByTenant::new(families.clone());
        for n in 0..TENANTS_MAX + 3 {
            tenants.of(&TenantId::new(&format!("t{n}")).unwrap()).started();
        }
        let text = text(&families);
        assert!(text.contains("tenant_executions_started_total{tenant=\"__other__\"} 3"), "{text}");
        assert!(!text.contains("t200"));
    }
}
