//! Audits what was refused, without letting a flood of refusals become a flood of writes.
//!
//! Up to [`SINGLE_PER_SECOND`] refusals a second are written one by one; beyond, refusals that look the same are counted
//! and written as one. Refusals without a tenant, because no credential was verified, go to the platform's own chain.

use super::App;
use crate::PLATFORM_TENANT;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tenure_store::{Actor, AuditRecord, Outcome, Resource, Sealed};
use tenure_types::{TenantId, Timestamp};
use tokio::sync::Notify;

/// Refusals written one by one in a second.
const SINGLE_PER_SECOND: u32 = 100;
/// Kinds of refusals counted apart; further ones are counted together.
const KINDS_MAX: usize = 1_000;
/// How long refusals are gathered before they are written.
const GATHER: Duration = Duration::from_millis(200);

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Denial {
    pub(crate) tenant: Option<TenantId>,
    pub(crate) subject: Arc<str>,
    pub(crate) kind: Arc<str>,
    pub(crate) roles: Vec<Arc<str>>,
    pub(crate) action: &'static str,
    pub(crate) resource: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) path: String,
    pub(crate) correlation_id: Arc<str>,
}

type Kind = (Option<TenantId>, Arc<str>, &'static str, &'static str);

impl Denial {
    fn kind(&self) -> Kind {
        (self.tenant.clone(), self.subject.clone(), self.action, self.reason)
    }
}

/// The refusals that are not written yet.
#[derive(Debug, Default)]
pub(crate) struct Denials {
    gathered: Mutex<Gathered>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct Gathered {
    second: u64,
    in_second: u32,
    single: Vec<(Timestamp, Denial)>,
    counted: BTreeMap<Kind, Counted>,
}

#[derive(Debug)]
struct Counted {
    first: (Timestamp, Denial),
    count: u64,
}

impl Gathered {
    fn add(&mut self, now: Timestamp, denial: Denial) {
        let second = now.0 / 1_000;
        if second != self.second {
            (self.second, self.in_second) = (second, 0);
        }
        self.in_second = self.in_second.saturating_add(1);
        if self.in_second <= SINGLE_PER_SECOND {
            self.single.push((now, denial));
            return;
        }
        let mut kind = denial.kind();
        if self.counted.len() >= KINDS_MAX && !self.counted.contains_key(&kind) {
            kind = (None, "various".into(), "various", "various");
        }
        let counted = self.counted.entry(kind).or_insert_with(|| Counted { first: (now, denial), count: 0 });
        counted.count += 1;
    }

    fn take(&mut self) -> Vec<(Timestamp, Denial, u64)> {
        let single = std::mem::take(&mut self.single).into_iter().map(|(at, denial)| (at, denial, 1));
        let counted = std::mem::take(&mut self.counted).into_values();
        single.chain(counted.map(|counted| (counted.first.0, counted.first.1, counted.count))).collect()
    }
}

impl Denials {
    /// Notes a refusal. It is written soon after.
    pub(crate) fn note(&self, now: Timestamp, denial: Denial) {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner).add(now, denial);
        self.arrived.notify_one();
    }

    fn take(&self) -> Vec<(Timestamp, Denial, u64)> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Writes refusals until the server stops, and what is left then.
pub(crate) async fn write(app: Arc<App>) {
    loop {
        let stopping = tokio::select! {
            () = app.denials.arrived.notified() => false,
            () = app.stopped.cancelled() => true,
        };
        if !stopping {
            tokio::select! {
                () = tokio::time::sleep(GATHER) => {}
                () = app.stopped.cancelled() => {}
            }
        }
        let records: Vec<AuditRecord> = app.denials.take().into_iter().map(record).collect();
        if !records.is_empty()
            && let Err(error) = app.handle.audit(records).await
        {
            tracing::error!(%error, "refusals cannot be audited");
        }
        if stopping {
            return;
        }
    }
}

/// Why and how often stand beside the path: refusals have no sealed details, because the platform has no key.
fn record((at, denial, count): (Timestamp, Denial, u64)) -> AuditRecord {
    let platform = || TenantId::new(PLATFORM_TENANT).expect("the platform's tenant is a label");
    let resource = format!("{} reason={} count={count}", denial.path, denial.reason);
    AuditRecord {
        id: uuid::Uuid::now_v7().as_u128(),
        at,
        tenant: denial.tenant.unwrap_or_else(platform),
        correlation_id: denial.correlation_id,
        actor: Actor { subject: denial.subject, kind: denial.kind, roles: denial.roles },
        action: denial.action.into(),
        resource: Resource { kind: denial.resource.into(), id: resource.into() },
        outcome: Outcome::Denied,
        details: Sealed::EMPTY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denial(subject: &str) -> Denial {
        Denial {
            tenant: None,
            subject: subject.into(),
            kind: "anonymous".into(),
            roles: vec![],
            action: "workflow.start",
            resource: "workflow",
            reason: "missing",
            path: "/v1/workflows/start".into(),
            correlation_id: "c".into(),
        }
    }

    #[test]
    fn a_few_refusals_are_written_one_by_one() {
        let mut gathered = Gathered::default();
        for _ in 0..100 {
            gathered.add(Timestamp(5_000), denial("a"));
        }
        let written = gathered.take();
        assert_eq!(written.len(), 100);
        assert!(written.iter().all(|(_, _, count)| *count == 1));
        assert!(gathered.take().is_empty());
    }

    #[test]
    fn a_flood_is_counted_by_kind() {
        let mut gathered = Gathered::default();
        for n in 0..10_000 {
            gathered.add(Timestamp(5_000), denial(if n % 2 == 0 { "a" } else { "b" }));
        }
        let written = gathered.take();
        assert_eq!(written.len(), 102);
        assert_eq!(written.iter().map(|(_, _, count)| count).sum::<u64>(), 10_000);
    }

    #[test]
    fn the_next_second_starts_anew() {
        let mut gathered = Gathered::default();
        for second in 0..3 {
            for _ in 0..100 {
                gathered.add(Timestamp(second * 1_000), denial("a"));
            }
        }
        assert_eq!(gathered.take().len(), 300);
    }

    /// FR-030: a refusal is a record of its own; without a verified tenant in the platform's chain.
    #[test]
    fn a_refusal_becomes_a_record_with_its_reason() {
        let record = record((Timestamp(7), denial("anonymous"), 3));
        assert_eq!(record.tenant.as_str(), "platform");
        assert_eq!((&*record.action, record.outcome), ("workflow.start", Outcome::Denied));
        assert_eq!(&*record.resource.id, "/v1/workflows/start reason=missing count=3");
    }

    #[test]
    fn a_flood_of_kinds_does_not_grow_without_bound() {
        let mut gathered = Gathered::default();
        for n in 0..10_000 {
            gathered.add(Timestamp(5_000), denial(&n.to_string()));
        }
        assert!(gathered.counted.len() <= KINDS_MAX + 1);
        assert_eq!(gathered.take().iter().map(|(_, _, count)| count).sum::<u64>(), 10_000);
    }
}
