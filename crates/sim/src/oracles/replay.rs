//! Invariant 7: what is stored is what was decided: the fold of the stored history, the fold of the decided facts, what
//! a shard loads, and the row that queries see are the same state.

use super::{Book, End, Moment, Oracle, Record, Seen, Verdict, ensure};
use std::collections::BTreeMap;
use tenure_engine::execution::{Execution, HistoryEvent, Summary};
use tenure_store::ExecutionRow;
use tenure_types::{ExecutionId, TenantId};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Replay {
    folded: BTreeMap<ExecutionId, Execution>,
    rows: BTreeMap<ExecutionId, Summary>,
}

impl Replay {
    fn row_is_right(&self, id: ExecutionId) -> Verdict {
        let Some(folded) = self.folded.get(&id) else { return Ok(()) };
        let row = self.rows.get(&id);
        ensure(row == Some(&folded.summary()), || {
            format!("{id}: the row is {row:?}, not {:?}", folded.summary())
        })
    }
}

impl Oracle for Replay {
    fn name(&self) -> &'static str {
        "7 history replays to the same state"
    }

    fn fact(&mut self, id: ExecutionId, record: &Record, event: &HistoryEvent, _: Moment) -> Verdict {
        let tenant = || TenantId::new("sim").expect("a DNS label");
        let folded = self.folded.entry(id).or_insert_with(|| Execution::new(id, tenant()));
        // What must not follow an end is invariant 8, and cannot be folded.
        if record.ended.is_none() || record.may_follow(&event.fact) {
            folded.apply(event);
        }
        Ok(())
    }

    fn seen(&mut self, _: &Book, seen: &Seen<'_>, _: Moment) -> Verdict {
        match seen {
            Seen::RowWritten { id, summary } => {
                self.rows.insert(*id, (*summary).clone());
                Ok(())
            }
            Seen::Written { id } => self.row_is_right(*id),
            Seen::Loaded { execution } => {
                let folded = self.folded.get(&execution.id());
                ensure(folded.is_some_and(|folded| same(folded, execution)), || {
                    format!("{} was loaded as another than was decided", execution.id())
                })
            }
            _ => Ok(()),
        }
    }

    fn finish(&mut self, _: &Book, end: &End) -> Verdict {
        for (id, folded) in &self.folded {
            let (row, stored) = end.stored.get(id).ok_or_else(|| format!("{id} is not stored"))?;
            ensure(same(stored, folded), || format!("{id} is stored as another than was decided"))?;
            ensure(matches(row, &folded.summary()), || format!("{id}: the stored row is {row:?}"))?;
        }
        ensure(end.stored.len() == self.folded.len(), || "something is stored that nobody decided".into())
    }
}

/// The same state, tenants apart: they are compared with the row.
fn same(a: &Execution, b: &Execution) -> bool {
    a.seq() == b.seq()
        && a.summary() == b.summary()
        && a.open_effects() == b.open_effects()
        && a.context() == b.context()
}

fn matches(row: &ExecutionRow, summary: &Summary) -> bool {
    row.status == summary.status
        && row.compensation == summary.compensation
        && row.definition == summary.definition
        && row.digest == summary.digest
        && row.key == summary.key
        && row.correlation_id == summary.correlation_id
        && row.ended_at == summary.ended_at
        && row.due == summary.due
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    const NAME: Option<&str> = Some("7 history replays to the same state");

    #[test]
    fn a_loaded_state_that_lacks_an_event_is_seen() {
        let mut world = foldable_world(&["at_least_once"]);
        let short = world.folded(1);
        let whole = world.folded(0);
        world.seen(&Seen::Loaded { execution: &whole });
        assert_eq!(world.verdict(), None);
        world.seen(&Seen::Loaded { execution: &short });
        assert_eq!(world.verdict(), NAME);
    }

    #[test]
    fn a_row_that_is_behind_its_history_is_seen() {
        let mut world = foldable_world(&["wait"]);
        world.row();
        assert_eq!(world.verdict(), None);
        world.wait_completed_late();
        world.seen(&Seen::Written { id: ID });
        assert_eq!(world.verdict(), NAME);
    }

    #[test]
    fn a_store_that_lost_an_execution_is_seen() {
        let mut world = foldable_world(&[]);
        world.fact(tenure_engine::execution::Fact::Cancelled);
        world.finish(&End::default());
        assert!(world.verdict().is_some());
    }
}
