//! Invariant 13: each step that completed or may have happened is undone at most once, in reverse order, and none is
//! left out in silence.
//!
//! What is owed is derived here from the outline and the facts: a task with an undo owes one when it completes, or may
//! have happened, or (`on: attempted`) has started; a composite that completed owes its own in place of what is inside.

use super::{Doing, Moment, Oracle, Record, Verdict, ensure};
use crate::generate::PlaceUndo;
use std::collections::BTreeMap;
use tenure_engine::execution::{
    AfterUndoFailure, CompensationStarted, Fact, FrameId, HistoryEvent, Reason, Resolution, SkipReason, Slot,
    Target,
};
use tenure_types::ExecutionId;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Undo {
    executions: BTreeMap<ExecutionId, Debts>,
}

#[derive(Debug, Default)]
struct Debts {
    /// Activations that are to be undone if their scope is unwound.
    owed: BTreeMap<FrameId, Debt>,
    unwindings: BTreeMap<FrameId, Unwinding>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Debt {
    Open,
    /// By this activation.
    Undoing(FrameId),
    /// Undone, failed for the record, skipped for the record.
    Settled,
}

#[derive(Debug)]
struct Unwinding {
    target: Target,
    /// Whether it ends before everything is undone, for a reason that is on record.
    stopped: bool,
}

impl Oracle for Undo {
    fn name(&self) -> &'static str {
        "13 undone once, in reverse"
    }

    fn fact(&mut self, id: ExecutionId, record: &Record, event: &HistoryEvent, _: Moment) -> Verdict {
        let debts = self.executions.entry(id).or_default();
        match &event.fact {
            Fact::TaskStarted(task) => {
                let frame = next(record);
                let undo = record.outline.tasks.get(&task.place.task).and_then(|place| place.undo);
                let forward = record.frame(task.parent).is_some_and(|parent| !parent.undoing);
                if forward && undo.is_some_and(|undo| undo.attempted) {
                    debts.owed.insert(frame, Debt::Open);
                }
                guarded(record, task.parent)
            }
            Fact::TaskCompleted { frame, .. } => debts.completed(record, *frame),
            Fact::TaskFaulted { frame, executed, .. } | Fact::TaskCancelled { frame, executed, .. } => {
                if *executed {
                    debts.owe(record, *frame);
                }
                Ok(())
            }
            Fact::ChildEnded { frame, undoable: true, .. } => {
                debts.owe_child(record, *frame);
                Ok(())
            }
            Fact::CompensationStarted(started) => debts.unwind(record, started),
            Fact::UndoStarted { owner, entry, .. } => debts.begin(record, *owner, *entry),
            Fact::UndoCompleted { frame, .. } => {
                debts.settle(*frame);
                Ok(())
            }
            Fact::UndoFailed { frame, then, .. } => {
                debts.settle(*frame);
                if *then == AfterUndoFailure::Stop {
                    debts.stop(record, *frame);
                }
                Ok(())
            }
            Fact::UndoSkipped { frame, why, place } => {
                let guard = record.outline.tasks.get(&place.task).and_then(|place| place.undo?.guard);
                let SkipReason::Guard = why;
                ensure(guard == Some(false), || format!("{place} is not undone"))?;
                debts.settle(*frame);
                Ok(())
            }
            Fact::Resolved { frame, resolution: Resolution::Fail { .. }, .. } => {
                debts.stop(record, *frame);
                Ok(())
            }
            Fact::CompensationTimedOut { frame, place } => {
                if let Some(unwinding) = debts.unwindings.get_mut(frame) {
                    unwinding.stopped = true;
                }
                let allowed = record.outline.budgeted;
                ensure(allowed, || format!("the unwinding of {place} has no budget and ran out of it"))
            }
            Fact::CompensationCompleted { frame, .. } | Fact::CompensationFailed { frame, .. } => {
                debts.end(record, *frame)
            }
            Fact::Faulted { .. } => {
                ensure(!record.outline.on_fault || debts.open(record).next().is_none(), || debts.left(record))
            }
            Fact::Cancelled => {
                let asked = record.cancel.is_some_and(|(_, compensate)| compensate);
                ensure(!asked || debts.open(record).next().is_none(), || debts.left(record))
            }
            _ => Ok(()),
        }
    }
}

/// An undo whose guard says no starts nothing.
fn guarded(record: &Record, undo: FrameId) -> Verdict {
    let Some(frame) = record.frame(undo).filter(|frame| frame.slot == Slot::Undo) else { return Ok(()) };
    let guard = record.outline.tasks.get(&frame.place.task).and_then(|place| place.undo?.guard);
    ensure(guard != Some(false), || format!("{} is undone against its guard", frame.place))
}

/// The number that the next activation gets.
fn next(record: &Record) -> FrameId {
    FrameId(u32::try_from(record.frames.len()).unwrap_or(u32::MAX))
}

impl Debts {
    fn outlined(record: &Record, frame: FrameId) -> Option<PlaceUndo> {
        let place = &record.frame(frame)?.place;
        record.outline.tasks.get(&place.task)?.undo
    }

    fn owe(&mut self, record: &Record, frame: FrameId) {
        let forward = record.frame(frame).is_some_and(|frame| !frame.undoing);
        if forward && Self::outlined(record, frame).is_some() {
            self.owed.entry(frame).or_insert(Debt::Open);
        }
    }

    /// What a child did is the parent's to have undone, whether the task itself has an undo or not.
    fn owe_child(&mut self, record: &Record, frame: FrameId) {
        if record.frame(frame).is_some_and(|frame| !frame.undoing) {
            self.owed.entry(frame).or_insert(Debt::Open);
        }
    }

    fn completed(&mut self, record: &Record, frame: FrameId) -> Verdict {
        let Some(activation) = record.frame(frame).filter(|frame| !frame.undoing) else { return Ok(()) };
        if activation.kind == Doing::Fork
            && record.outlined(activation) == (crate::generate::PlaceKind::Fork { compete: true })
        {
            self.one_branch_left(record, frame)?;
        }
        if Self::outlined(record, frame).is_some() {
            self.owed.retain(|inner, debt| {
                *inner == frame || *debt != Debt::Open || !record.within(*inner, frame)
            });
            self.owe(record, frame);
        }
        Ok(())
    }

    /// The losers of a race are undone before it completes.
    fn one_branch_left(&self, record: &Record, fork: FrameId) -> Verdict {
        let branch = |id: FrameId| {
            let path = record.path(id);
            let at = path.iter().position(|around| *around == fork)?;
            record.frame(*path.get(at.checked_sub(1)?)?).map(|frame| frame.slot)
        };
        let inside = self.open(record).filter(|id| record.within(*id, fork));
        let mut branches: Vec<Slot> = inside.filter_map(branch).collect();
        branches.dedup_by(|a, b| a == b);
        ensure(branches.iter().all(|slot| Some(slot) == branches.first()), || {
            format!("a race completes and its losers are not undone: {}", self.left(record))
        })
    }

    fn unwind(&mut self, record: &Record, started: &CompensationStarted) -> Verdict {
        let (root, reason) = (started.frame.0 == 0, started.reason);
        // An uncertain step may order an unwinding of its own: `onUncertain: compensate`.
        let ordered = started.error.as_ref().is_some_and(|error| error.title.as_deref() == Some("uncertain"));
        let for_parent = record.ended.is_some();
        let allowed = reason != Reason::Fault || record.outline.on_fault || ordered || for_parent;
        ensure(allowed, || "an unwinding the definition forbids".into())?;
        let race = matches!(started.target, Target::Losers { .. });
        ensure(root || race || reason == Reason::Explicit, || {
            format!("{} unwinds because of {reason:?}", started.place)
        })?;
        self.unwindings.insert(started.frame, Unwinding { target: started.target.clone(), stopped: false });
        Ok(())
    }

    fn begin(&mut self, record: &Record, owner: FrameId, entry: FrameId) -> Verdict {
        let what = || record.frame(entry).map(|frame| frame.place.to_string()).unwrap_or_default();
        let debt = self.owed.get(&entry).copied();
        ensure(debt == Some(Debt::Open), || format!("{} is undone while {debt:?}", what()))?;
        let target = self.unwindings.get(&owner).map_or(Target::Own, |unwinding| unwinding.target.clone());
        let in_scope = |id: FrameId| in_target(record, id, owner, &target);
        ensure(in_scope(entry), || format!("{} is undone by an unwinding of something else", what()))?;
        let later = self.owed.iter().find(|(other, debt)| {
            **debt != Debt::Settled
                && started(record, **other) > started(record, entry)
                && in_scope(**other)
                && !side_by_side(record, **other, entry)
        });
        ensure(later.is_none(), || format!("{} is undone before {later:?}", what()))?;
        self.owed.insert(entry, Debt::Undoing(next(record)));
        Ok(())
    }

    fn settle(&mut self, undo: FrameId) {
        for debt in self.owed.values_mut().filter(|debt| **debt == Debt::Undoing(undo)) {
            *debt = Debt::Settled;
        }
    }

    /// The unwinding that an undo belongs to goes no further.
    fn stop(&mut self, record: &Record, undo: FrameId) {
        let owner = record.frame(undo).filter(|frame| frame.slot == Slot::Undo).map(|frame| frame.parent);
        if let Some(unwinding) = owner.and_then(|owner| self.unwindings.get_mut(&owner)) {
            unwinding.stopped = true;
        }
    }

    fn end(&mut self, record: &Record, owner: FrameId) -> Verdict {
        let Some(Unwinding { target, stopped }) = self.unwindings.remove(&owner) else {
            return Err("an unwinding ends that never began".into());
        };
        if stopped {
            for (id, debt) in &mut self.owed {
                if in_target(record, *id, owner, &target) {
                    *debt = Debt::Settled;
                }
            }
        }
        self.nothing_left(record, owner, &target)
    }

    fn open<'a>(&'a self, record: &'a Record) -> impl Iterator<Item = FrameId> + 'a {
        let open = self.owed.iter().filter(|(_, debt)| **debt != Debt::Settled).map(|(id, _)| *id);
        // A task that is still under way owes nothing yet.
        open.filter(|id| record.frame(*id).is_some_and(|frame| frame.ended.is_some() || frame.uncertain))
    }

    fn nothing_left(&self, record: &Record, owner: FrameId, target: &Target) -> Verdict {
        let left = self.open(record).find(|id| in_target(record, *id, owner, target));
        ensure(left.is_none(), || self.left(record))
    }

    fn left(&self, record: &Record) -> String {
        let places = self.open(record).filter_map(|id| Some(record.frame(id)?.place.to_string()));
        format!("not undone: {}", places.collect::<Vec<_>>().join(", "))
    }
}

fn started(record: &Record, id: FrameId) -> u64 {
    record.frame(id).map_or(0, |frame| frame.started)
}

fn in_target(record: &Record, id: FrameId, owner: FrameId, target: &Target) -> bool {
    match target {
        Target::Own => record.within(id, owner),
        Target::Try(guarded) => id != *guarded && record.within(id, *guarded),
        Target::Task { owner, task, .. } => record.path(id).iter().any(|around| {
            record.frame(*around).is_some_and(|frame| frame.parent == *owner && frame.place.task == *task)
        }),
        Target::Losers { winner } => {
            record.within(id, owner)
                && !record.path(id).iter().any(|around| {
                    record
                        .frame(*around)
                        .is_some_and(|frame| frame.parent == owner && frame.place.task == *winner)
                })
        }
    }
}

/// Whether two activations ran in different branches of one fork, whose logs unwind at the same time.
fn side_by_side(record: &Record, a: FrameId, b: FrameId) -> bool {
    if record.outline.sequential {
        return false;
    }
    let (mut a, mut b) = (record.path(a), record.path(b));
    let mut common = None;
    while let (Some(x), Some(y)) = (a.last(), b.last())
        && x == y
    {
        common = a.pop();
        b.pop();
    }
    !a.is_empty()
        && !b.is_empty()
        && common
            .and_then(|id| record.frame(id))
            .is_some_and(|frame| matches!(frame.kind, Doing::Fork | Doing::Gather))
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use tenure_dsl::error::Error;
    use tenure_engine::execution::{Fact, Place, Reason};

    const NAME: Option<&str> = Some("13 undone once, in reverse");

    fn two_completed() -> World {
        let mut world = world(&["undoable", "undoable"]);
        world.complete_at_once(1);
        world.complete_at_once(2);
        world.unwind(Reason::Fault);
        world
    }

    #[test]
    fn reverse_order_is_right() {
        let mut world = two_completed();
        world.undo(2);
        world.undone(3);
        world.undo(1);
        world.undone(4);
        world.fact(Fact::CompensationCompleted { frame: ROOT, place: Place::root() });
        world.fact(Fact::Faulted { error: Error::runtime("x") });
        assert_eq!(world.verdict(), None);
    }

    #[test]
    fn forward_order_is_seen() {
        let mut world = two_completed();
        world.undo(1);
        assert_eq!(world.verdict(), NAME);
    }

    #[test]
    fn a_second_undo_is_seen() {
        let mut world = two_completed();
        world.undo(2);
        world.undone(3);
        world.undo(2);
        assert_eq!(world.verdict(), NAME);
    }

    #[test]
    fn an_undo_that_is_left_out_is_seen() {
        let mut world = two_completed();
        world.undo(2);
        world.undone(3);
        world.fact(Fact::CompensationCompleted { frame: ROOT, place: Place::root() });
        assert_eq!(world.verdict(), NAME);
    }

    #[test]
    fn a_fault_that_unwinds_nothing_is_seen() {
        let mut world = world(&["undoable"]);
        world.complete_at_once(1);
        world.fact(Fact::Faulted { error: Error::runtime("x") });
        assert_eq!(world.verdict(), NAME);
    }

    #[test]
    fn an_undo_of_what_never_happened_is_seen() {
        let mut world = world(&["undoable"]);
        world.task_cancelled(1, false);
        world.unwind(Reason::Fault);
        world.undo(1);
        assert_eq!(world.verdict(), NAME);
    }

    #[test]
    fn what_may_have_happened_is_owed() {
        let mut world = world(&["undoable"]);
        world.task_cancelled(1, true);
        world.fact(Fact::Faulted { error: Error::runtime("x") });
        assert_eq!(world.verdict(), NAME);
    }
}
