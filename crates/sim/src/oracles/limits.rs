//! Invariant 21: no more executions run under a limit than it lets, and none begins before it has a place.

use super::{Moment, Oracle, Record, Verdict, ensure};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tenure_engine::execution::{Fact, HistoryEvent};
use tenure_types::{ExecutionId, TenantId};

/// Whose limit, of which definition, for which key.
type Group = (Option<TenantId>, Arc<str>, Arc<str>);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Limits {
    names: BTreeMap<ExecutionId, Arc<str>>,
    waiting: BTreeMap<ExecutionId, (Group, u32)>,
    running: BTreeMap<Group, BTreeSet<ExecutionId>>,
}

impl Limits {
    fn begins(&mut self, id: ExecutionId) -> Verdict {
        let Some((group, max)) = self.waiting.remove(&id) else { return Ok(()) };
        let running = self.running.entry(group).or_default();
        running.insert(id);
        ensure(running.len() <= max as usize, || format!("{} run under a limit of {max}", running.len()))
    }
}

impl Oracle for Limits {
    fn name(&self) -> &'static str {
        "21 limits hold"
    }

    fn fact(&mut self, id: ExecutionId, record: &Record, event: &HistoryEvent, _: Moment) -> Verdict {
        match &event.fact {
            Fact::Started(started) => {
                self.names.insert(id, started.definition.name.clone());
                Ok(())
            }
            Fact::Queued { key, max, .. } => {
                let name = self.names.get(&id).cloned().unwrap_or_default();
                self.waiting.insert(id, ((record.tenant.clone(), name, key.clone()), *max));
                Ok(())
            }
            Fact::Released(_) => self.begins(id),
            Fact::TaskStarted(_) => {
                ensure(!self.waiting.contains_key(&id), || "a task started before there was a place".into())
            }
            Fact::Completed { .. } | Fact::Faulted { .. } | Fact::Cancelled | Fact::Terminated { .. } => {
                self.waiting.remove(&id);
                self.running.values_mut().for_each(|running| {
                    running.remove(&id);
                });
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use tenure_engine::execution::{Begin, Fact};

    const NAME: Option<&str> = Some("21 limits hold");

    fn queued(max: u32) -> Fact {
        Fact::Queued { key: "1".into(), max, faults: false }
    }

    fn released() -> Fact {
        Fact::Released(Box::new(Begin { input: None, deadline: None }))
    }

    #[test]
    fn one_too_many_is_seen() {
        let mut world = world_under("21 limits hold", &[]);
        world.fact(queued(1));
        world.fact(released());
        assert_eq!(world.verdict(), None);
        world.fact(queued(0));
        world.fact(released());
        assert_eq!(world.verdict(), NAME);
    }

    #[test]
    fn a_task_before_there_is_a_place_is_seen() {
        let mut world = world_under("21 limits hold", &["wait"]);
        world.fact(queued(1));
        world.start_task(0, "wait");
        assert_eq!(world.verdict(), NAME);
    }
}
