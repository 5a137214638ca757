//! Invariant 11: a parent's task has at most one child, the child's result reaches the parent's history once and is the
//! child's own, and a parent that has ended leaves no child running that it waited for.

use super::{Book, Moment, Oracle, Record, Seen, Verdict, ensure};
use std::collections::BTreeMap;
use tenure_engine::execution::{Begun, Fact, FrameId, HistoryEvent, Parent};
use tenure_types::{ExecutionId, Status, Timestamp};

/// How long a child may run on that nobody wants any more, once nothing goes wrong: it takes a few commits to tell it.
const TELL_MS_MAX: u64 = 60_000;

/// A task of an execution.
type Task = (ExecutionId, FrameId);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Children {
    /// What tasks have asked for, and whether they wait for it.
    asked: BTreeMap<Task, (ExecutionId, bool)>,
    /// What has started on behalf of tasks.
    started: BTreeMap<Task, ExecutionId>,
    /// How executions have ended.
    ends: BTreeMap<ExecutionId, Status>,
    /// What parents have heard.
    heard: BTreeMap<Task, Status>,
    /// Which child an undo of a parent is about.
    undos: BTreeMap<Task, ExecutionId>,
    /// Which executions have undone themselves after their end, and whether that failed.
    undone: BTreeMap<ExecutionId, bool>,
    /// Children whose task is interrupted, or whose parent was terminated, and since when.
    unwanted: BTreeMap<ExecutionId, Timestamp>,
    /// Since when nothing goes wrong any more.
    recovered: Option<Timestamp>,
}

impl Oracle for Children {
    fn name(&self) -> &'static str {
        "11 one child, one result"
    }

    fn fact(&mut self, id: ExecutionId, record: &Record, event: &HistoryEvent, _: Moment) -> Verdict {
        match &event.fact {
            Fact::TaskStarted(task) => {
                if let Begun::RunWorkflow { request, awaited } = &task.begun {
                    let frame = FrameId(u32::try_from(record.frames.len()).unwrap_or(u32::MAX));
                    self.asked.insert((id, frame), (request.child, *awaited));
                }
                Ok(())
            }
            Fact::BecameChild(parent) => self.born(id, parent),
            Fact::ChildStarted { frame, child, .. } => {
                ensure(self.started.get(&(id, *frame)) == Some(child), || {
                    format!("{child} counts as started and is not stored")
                })
            }
            Fact::ChildRefused { frame, child, .. } => {
                ensure(!self.started.contains_key(&(id, *frame)), || {
                    format!("{child} counts as refused and is stored")
                })
            }
            Fact::ChildEnded { frame, child, status, .. } => self.told(id, *frame, *child, *status),
            Fact::TaskCompleted { frame, place, .. } => {
                let awaited = self.asked.get(&(id, *frame)).is_some_and(|(_, awaited)| *awaited);
                let heard = self.heard.get(&(id, *frame));
                ensure(!awaited || heard == Some(&Status::Completed), || {
                    format!("{place} completes and its child is {heard:?}")
                })
            }
            Fact::UndoStarted { entry, place, .. } => {
                let undo = record.outline.tasks.get(&place.task).and_then(|place| place.undo);
                let completed = self.heard.get(&(id, *entry)) == Some(&Status::Completed);
                let own = undo.is_some_and(|undo| undo.attempted || completed);
                if let (Some((child, _)), false) = (self.asked.get(&(id, *entry)), own) {
                    let frame = FrameId(u32::try_from(record.frames.len()).unwrap_or(u32::MAX));
                    self.undos.insert((id, frame), *child);
                }
                Ok(())
            }
            Fact::UndoCompleted { frame, place } => {
                let child = self.undos.get(&(id, *frame));
                let undone = child.is_none_or(|child| self.undone.get(child) == Some(&false));
                ensure(undone, || format!("{place} counts as undone and {child:?} is not"))
            }
            Fact::UnwindRequested(request) => {
                let parent = record.parent.as_ref().map(|parent| parent.execution);
                let asked = parent.and_then(|parent| self.undos.get(&(parent, request.frame)));
                ensure(asked == Some(&id), || format!("an unwinding that {parent:?} did not ask for"))
            }
            Fact::CompensationCompleted { frame, .. } | Fact::CompensationFailed { frame, .. } => {
                if frame.0 == 0 && record.ended.is_some() {
                    let failed = matches!(event.fact, Fact::CompensationFailed { .. });
                    self.undone.insert(id, failed);
                }
                Ok(())
            }
            Fact::Completed { .. } => self.ends(id, Status::Completed),
            Fact::Faulted { .. } => self.ends(id, Status::Faulted),
            Fact::Cancelled => self.ends(id, Status::Cancelled),
            Fact::Terminated { .. } => {
                self.ends.insert(id, Status::Terminated);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn seen(&mut self, book: &Book, seen: &Seen<'_>, moment: Moment) -> Verdict {
        match seen {
            Seen::Recovered { .. } => self.recovered = Some(moment.at),
            Seen::Written { id } => {
                self.let_go(*id, book, moment);
                return self.ends_in_time(*id, book, moment);
            }
            _ => {}
        }
        Ok(())
    }
}

impl Children {
    /// Notes which children an execution does not want any more.
    fn let_go(&mut self, id: ExecutionId, book: &Book, moment: Moment) {
        let Some(record) = book.get(&id) else { return };
        for ((_, frame), (child, awaited)) in self.asked.range((id, FrameId(0))..=(id, FrameId(u32::MAX))) {
            let interrupted = record.frame(*frame).is_some_and(|frame| frame.interrupted);
            if *awaited && (interrupted || record.ended.is_some()) {
                self.unwanted.entry(*child).or_insert(moment.at);
            }
        }
    }

    /// A child goes on only as long as its parent wants it, or as it takes to tell it.
    fn ends_in_time(&self, id: ExecutionId, book: &Book, moment: Moment) -> Verdict {
        let (Some(since), Some(recovered)) = (self.unwanted.get(&id), self.recovered) else { return Ok(()) };
        let told = book.get(&id).is_none_or(|record| record.cancel.is_some() || record.ended.is_some());
        let late = (*since).max(recovered).plus_ms(TELL_MS_MAX) < moment.at;
        ensure(told || !late, || format!("it goes on although nobody wants it since {}", since.0))
    }

    fn born(&mut self, id: ExecutionId, parent: &Parent) -> Verdict {
        let task = (parent.execution, parent.frame);
        let asked = self.asked.get(&task);
        ensure(asked == Some(&(id, parent.awaited)), || {
            format!("a child of {task:?}, which asked for {asked:?}")
        })?;
        let before = self.started.insert(task, id);
        ensure(before.is_none(), || format!("a second child of {task:?}, which has {before:?}"))
    }

    fn told(&mut self, id: ExecutionId, frame: FrameId, child: ExecutionId, status: Status) -> Verdict {
        let end = self.ends.get(&child);
        ensure(end == Some(&status), || format!("{child} counts as {status} and is {end:?}"))?;
        let before = self.heard.insert((id, frame), status);
        ensure(before.is_none(), || format!("the end of {child} is recorded a second time"))
    }

    /// Terminated parents apart, which end before their children do.
    fn ends(&mut self, id: ExecutionId, status: Status) -> Verdict {
        self.ends.insert(id, status);
        let own = self.asked.range((id, FrameId(0))..=(id, FrameId(u32::MAX)));
        let waited = own.filter(|(_, (_, awaited))| *awaited).filter_map(|(task, _)| self.started.get(task));
        let running = waited.copied().find(|child| !self.ends.contains_key(child));
        ensure(running.is_none(), || format!("{status} while its child {running:?} runs"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Seen;
    use super::super::testing::*;
    use super::TELL_MS_MAX;
    use std::sync::Arc;
    use tenure_dsl::error::Error;
    use tenure_dsl::json::Json;
    use tenure_engine::execution::{
        Begun, ChildRequest, Fact, FrameId, Parent, Place, Reason, UnwindRequested,
    };
    use tenure_types::{DefinitionId, Digest, ExecutionId, Status};

    const NAME: Option<&str> = Some("11 one child, one result");
    const CHILD: ExecutionId = ExecutionId(8);
    const TASK: FrameId = FrameId(1);

    fn request() -> ChildRequest {
        let (namespace, name) = ("n".into(), "d".into());
        ChildRequest { child: CHILD, namespace, name, version: None, input: Json::null() }
    }

    fn asked() -> World {
        let mut world = world_under("11 one child, one result", &[]);
        world.begin_task(0, Begun::RunWorkflow { request: Arc::new(request()), awaited: true });
        world
    }

    fn born(world: &mut World, child: ExecutionId) {
        let parent = Parent { execution: ID, frame: TASK, task: "/do/0/t0".into(), awaited: true, depth: 1 };
        world.fact_of(child, Fact::BecameChild(Box::new(parent)));
    }

    fn ended(world: &mut World, status: Status) {
        let (frame, place, child, error) = (TASK, Place::root(), CHILD, None);
        world.fact(Fact::ChildEnded { frame, place, child, status, error, undoable: false });
    }

    #[test]
    fn a_child_that_ends_and_is_heard_of_once_is_right() {
        let mut world = asked();
        born(&mut world, CHILD);
        let definition = DefinitionId { namespace: "n".into(), name: "d".into(), version: "1.0.0".into() };
        let (frame, place, child, digest) = (TASK, Place::root(), CHILD, Digest([0; 32]));
        world.fact(Fact::ChildStarted { frame, place, child, definition, digest });
        world.fact_of(CHILD, Fact::Completed { output: Json::null() });
        ended(&mut world, Status::Completed);
        world.fact(Fact::Completed { output: Json::null() });
        assert_eq!(world.verdict(), None);
    }

    #[test]
    fn a_second_child_and_one_that_nobody_asked_for_are_seen() {
        let mut world = asked();
        born(&mut world, CHILD);
        born(&mut world, CHILD);
        assert_eq!(world.verdict(), NAME);
        let mut world = asked();
        born(&mut world, ExecutionId(9));
        assert_eq!(world.verdict(), NAME);
    }

    #[test]
    fn a_result_that_is_not_the_childs_is_seen() {
        let mut world = asked();
        born(&mut world, CHILD);
        world.fact_of(CHILD, Fact::Cancelled);
        ended(&mut world, Status::Completed);
        assert_eq!(world.verdict(), NAME);
    }

    #[test]
    fn a_result_that_is_recorded_twice_is_seen() {
        let mut world = asked();
        born(&mut world, CHILD);
        world.fact_of(CHILD, Fact::Cancelled);
        ended(&mut world, Status::Cancelled);
        assert_eq!(world.verdict(), None);
        ended(&mut world, Status::Cancelled);
        assert_eq!(world.verdict(), NAME);
    }

    #[test]
    fn a_parent_that_ends_over_a_running_child_is_seen() {
        let mut world = asked();
        born(&mut world, CHILD);
        world.fact(Fact::Cancelled);
        assert_eq!(world.verdict(), NAME);
    }

    #[test]
    fn a_child_that_is_not_told_to_end_is_seen() {
        for (ms, verdict) in [(TELL_MS_MAX, None), (TELL_MS_MAX + 1, NAME)] {
            let mut world = asked();
            born(&mut world, CHILD);
            world.seen(&Seen::Recovered { shards: 1 });
            world.interrupted(1);
            world.seen(&Seen::Written { id: ID });
            world.tick(ms);
            world.seen(&Seen::Written { id: CHILD });
            assert_eq!(world.verdict(), verdict);
        }
    }

    #[test]
    fn a_task_that_completes_without_its_childs_result_is_seen() {
        let mut world = asked();
        born(&mut world, CHILD);
        let (frame, place, output) = (TASK, Place::root(), Json::null());
        world.fact(Fact::TaskCompleted { frame, place, attempt: 0, output, context: None });
        assert_eq!(world.verdict(), NAME);
    }

    #[test]
    fn an_undo_of_a_child_that_has_not_undone_itself_is_seen() {
        let mut world = asked();
        born(&mut world, CHILD);
        world.fact_of(CHILD, Fact::Completed { output: Json::null() });
        ended(&mut world, Status::Completed);
        world.undo(1);
        world.undone(2);
        assert_eq!(world.verdict(), NAME);
    }

    /// The undo of a task is its own once the task completed; what a child did before a fault is the child's to undo.
    #[test]
    fn a_faulted_child_is_undone_by_itself_and_a_completed_one_by_the_tasks_own_undo() {
        for (status, verdict) in [(Status::Faulted, None), (Status::Completed, NAME)] {
            let mut world = world_under("11 one child, one result", &["undoable"]);
            let task = FrameId(2);
            world.begin_task(0, Begun::RunWorkflow { request: Arc::new(request()), awaited: true });
            let parent =
                Parent { execution: ID, frame: task, task: "/do/0/t0".into(), awaited: true, depth: 1 };
            world.fact_of(CHILD, Fact::BecameChild(Box::new(parent)));
            world.fact_of(
                CHILD,
                match status {
                    Status::Completed => Fact::Completed { output: Json::null() },
                    _ => Fact::Faulted { error: Error::runtime("it broke") },
                },
            );
            let (place, child, error) = (Place::root(), CHILD, None);
            world.fact(Fact::ChildEnded { frame: task, place, child, status, error, undoable: true });
            world.undo(task.0);
            let (frame, reason, error) = (FrameId(3), Reason::Fault, None);
            world.fact_of(CHILD, Fact::UnwindRequested(Box::new(UnwindRequested { frame, reason, error })));
            assert_eq!(world.verdict(), verdict, "{status}");
        }
    }
}
