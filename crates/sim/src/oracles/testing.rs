//! A small hand-made history for the oracles' own tests: one execution, facts by name, the clock by hand.

use super::{End, Moment, Oracles, Request, Seen};
use crate::generate::{self, Mode};
use crate::generate::{Outline, Place as Outlined, PlaceKind, PlaceUndo};
use std::sync::Arc;
use tenure_dsl::json::Json;
use tenure_dsl::program::OnUncertain;
use tenure_engine::execution::{
    Actor, AttemptStarted, Begin, Begun, Cause, CauseClass, CompensationStarted, Ending, Execution, Fact,
    FrameId, HistoryEvent, HttpRequest, Key, Output, Place, Reason, Slot, Started, Target, TaskStarted,
};
use tenure_types::{DefinitionId, Digest, Epoch, ExecutionId, TenantId, Timestamp};

pub(super) const ID: ExecutionId = ExecutionId(7);
pub(super) const ROOT: FrameId = FrameId(0);
/// How long the waits of these tests are.
pub(super) const WAIT_MS: u64 = 1_000;
/// When a retry is due.
pub(super) const RETRY_MS: u64 = 10_000;
/// How long an attempt may be sent.
pub(super) const SEND_BY_MS: u64 = 30_000;

pub(super) struct World {
    oracles: Oracles,
    events: Vec<HistoryEvent>,
    at: u64,
    clock_behind_ms: u64,
    receipts: u64,
}

/// An execution that has started these tasks, side by side, as activations 1, 2 …
pub(super) fn world(tasks: &[&str]) -> World {
    with(Oracles::without_replay(), tasks)
}

/// The same under one oracle, for histories that others would not take either.
pub(super) fn world_under(oracle: &str, tasks: &[&str]) -> World {
    with(Oracles::without_replay().only(oracle), tasks)
}

/// The same under all oracles: the engine's own fold asserts, so the history must be one that can be.
pub(super) fn foldable_world(tasks: &[&str]) -> World {
    with(Oracles::default(), tasks)
}

fn with(mut oracles: Oracles, tasks: &[&str]) -> World {
    let mut outline = Outline { on_fault: true, ..Outline::default() };
    for (index, task) in tasks.iter().enumerate() {
        let kind = match *task {
            "wait" => PlaceKind::Wait(WAIT_MS),
            "undoable" => PlaceKind::Other,
            mode => call(mode),
        };
        let undo = (*task == "undoable").then_some(PlaceUndo { attempted: false, guard: None });
        outline.tasks.insert(pointer(index).into(), Outlined { kind, undo, timeout_ms: None });
    }
    oracles.announce(ID, &TenantId::new("acme").expect("a DNS label"), &Arc::new(outline));
    let mut world = World { oracles, events: vec![], at: 1_000_000, clock_behind_ms: 0, receipts: 0 };
    world.fact(started());
    for (index, task) in tasks.iter().enumerate() {
        world.start_task(index, task);
    }
    world
}

fn call(mode: &str) -> PlaceKind {
    let mode = Mode::ALL.into_iter().find(|known| known.as_str() == mode).expect("a mode");
    PlaceKind::Call { mode, key_per_attempt: false }
}

fn pointer(index: usize) -> String {
    format!("/do/{index}/t{index}")
}

fn started() -> Fact {
    let text = |text: &str| Arc::<str>::from(text);
    Fact::Started(Box::new(Started {
        definition: DefinitionId { namespace: text("n"), name: text("d"), version: text("1.0.0") },
        digest: Digest([0; 32]),
        input: Json::null(),
        key: None,
        correlation_id: text("c"),
        labels: Arc::new([]),
        by: Actor::engine(),
        start_at: None,
        begin: Some(Begin { input: None, deadline: None }),
    }))
}

impl World {
    pub(super) fn fact(&mut self, fact: Fact) {
        let event = HistoryEvent { at: Timestamp(self.at), fact };
        let moment = self.moment();
        self.oracles.fact(ID, &event, moment);
        self.events.push(event);
    }

    /// A fact of another execution.
    pub(super) fn fact_of(&mut self, id: ExecutionId, fact: Fact) {
        let moment = self.moment();
        self.oracles.fact(id, &HistoryEvent { at: Timestamp(self.at), fact }, moment);
    }

    /// A task of any kind, in a place of its own.
    pub(super) fn begin_task(&mut self, index: usize, begun: Begun) {
        let place = Place { task: pointer(index).into(), ..Place::root() };
        let slot = Slot::Branch(u32::try_from(index).unwrap());
        self.start(ROOT, slot, place, begun);
    }

    pub(super) fn seen(&mut self, seen: &Seen<'_>) {
        let moment = self.moment();
        self.oracles.seen(seen, moment);
    }

    pub(super) fn finish(&mut self, end: &End) {
        let moment = self.moment();
        self.oracles.finish(end, moment);
    }

    pub(super) fn verdict(&self) -> Option<&'static str> {
        self.oracles.violation().map(|violation| violation.oracle)
    }

    fn moment(&self) -> Moment {
        Moment { at: Timestamp(self.at), clock: Timestamp(self.at - self.clock_behind_ms) }
    }

    pub(super) fn tick(&mut self, ms: u64) {
        self.at += ms;
    }

    pub(super) fn clock_behind(&mut self, ms: u64) {
        self.clock_behind_ms = ms;
    }

    fn place(&self, frame: u32) -> Place {
        let place = self.oracles.book[&ID].frame(FrameId(frame)).map(|frame| frame.place.clone());
        place.unwrap_or_else(Place::root)
    }

    pub(super) fn start_task(&mut self, index: usize, task: &str) {
        let begun = match task {
            "wait" => Begun::Wait { due: Timestamp(self.at + WAIT_MS) },
            "undoable" => Begun::Do,
            _ => self.call(),
        };
        let place = Place { task: pointer(index).into(), ..Place::root() };
        let slot = Slot::Branch(u32::try_from(index).unwrap());
        self.start(ROOT, slot, place, begun);
    }

    fn call(&self) -> Begun {
        let request = HttpRequest {
            method: "POST".into(),
            uri: "http://sim.test/".into(),
            headers: vec![],
            body: None,
            output: Output::Content,
            redirect: false,
        };
        Begun::Http {
            request: Arc::new(request),
            key: Key([0; 16]),
            mode: tenure_dsl::program::Mode::AtLeastOnce,
            on_uncertain: OnUncertain::Wait,
            deadline: Timestamp(self.at + 600_000),
        }
    }

    fn start(&mut self, parent: FrameId, slot: Slot, place: Place, begun: Begun) {
        // The engine folds lists one task at a time: tests that need several in one list have them all in slot `Body`.
        let slot = if parent == ROOT { Slot::Body } else { slot };
        let task =
            TaskStarted { parent, slot, place, round: 0, input: None, deadline: None, undo: None, begun };
        self.fact(Fact::TaskStarted(Box::new(task)));
    }

    pub(super) fn intent(&mut self, frame: u32, attempt: u32) {
        let send_by = Timestamp(self.at + SEND_BY_MS);
        let deadline = Timestamp(self.at + 600_000);
        let (frame, place) = (FrameId(frame), self.place(frame));
        let intent = AttemptStarted { frame, place, attempt, epoch: Epoch(1), send_by, deadline };
        self.fact(Fact::AttemptStarted(Box::new(intent)));
    }

    fn request<'a>(&self, frame: u32, attempt: u32, key: &'a str) -> Request<'a> {
        let since = self.events.iter().rev().find_map(|event| match &event.fact {
            Fact::AttemptStarted(intent) if intent.frame.0 == frame => Some(intent.send_by),
            _ => None,
        });
        let send_by = since.unwrap_or(Timestamp(self.at + SEND_BY_MS));
        Request { id: ID, frame: FrameId(frame), attempt, key, send_by, epoch: Epoch(1) }
    }

    pub(super) fn sent(&mut self, frame: u32, attempt: u32) {
        self.sent_with(frame, attempt, &format!("key {frame}"));
    }

    pub(super) fn sent_with(&mut self, frame: u32, attempt: u32, key: &str) {
        self.seen(&Seen::Sent(self.request(frame, attempt, key)));
    }

    pub(super) fn executed(&mut self, frame: u32, attempt: u32) {
        let key = format!("key {frame}");
        let request = self.request(frame, attempt, &key);
        self.seen(&Seen::Executed(request));
        self.receipts += 1;
        self.seen(&Seen::Answered { request, status: 200, receipt: self.receipts });
    }

    pub(super) fn retried(&mut self, frame: u32, attempt: u32) {
        self.retried_because(frame, attempt, CauseClass::Unknown);
    }

    pub(super) fn retried_because(&mut self, frame: u32, attempt: u32, class: CauseClass) {
        let cause = Cause { class, word: "test".into(), detail: "".into() };
        let due = Timestamp(self.at + RETRY_MS);
        self.fact(Fact::TaskRetried { frame: FrameId(frame), place: self.place(frame), attempt, cause, due });
    }

    fn complete(&mut self, frame: u32, attempt: u32, output: Json) {
        let place = self.place(frame);
        self.fact(Fact::TaskCompleted { frame: FrameId(frame), place, attempt, output, context: None });
    }

    pub(super) fn completed(&mut self, frame: u32, attempt: u32) {
        let output = Json::from_value(&serde_json::json!({"receipt": self.receipts}));
        self.complete(frame, attempt, output);
    }

    pub(super) fn wait_completed(&mut self, frame: u32) {
        self.complete(frame, 0, Json::null());
    }

    pub(super) fn wait_completed_late(&mut self) {
        self.tick(WAIT_MS);
        self.wait_completed(1);
    }

    pub(super) fn complete_at_once(&mut self, frame: u32) {
        self.complete(frame, 0, Json::null());
    }

    pub(super) fn task_cancelled(&mut self, frame: u32, executed: bool) {
        self.fact(Fact::TaskCancelled { frame: FrameId(frame), place: self.place(frame), executed });
    }

    pub(super) fn cancel(&mut self, compensate: bool) {
        self.fact(Fact::CancelRequested { by: Actor::engine(), reason: None, compensate });
    }

    pub(super) fn interrupted(&mut self, frame: u32) {
        let place = self.place(frame);
        self.fact(Fact::Interrupted { frame: FrameId(frame), place, ending: Ending::Cancelled, grace: None });
    }

    pub(super) fn unwind(&mut self, reason: Reason) {
        self.fact(Fact::CompensationStarted(Box::new(CompensationStarted {
            frame: ROOT,
            place: Place::root(),
            target: Target::Own,
            sequential: false,
            reason,
            error: None,
            deadline: None,
        })));
    }

    pub(super) fn undo(&mut self, entry: u32) {
        self.fact(Fact::UndoStarted { owner: ROOT, entry: FrameId(entry), place: self.place(entry) });
    }

    pub(super) fn undone(&mut self, frame: u32) {
        self.fact(Fact::UndoCompleted { frame: FrameId(frame), place: self.place(frame) });
    }

    pub(super) fn start_undo_call(&mut self, undo: u32) {
        let task = format!("{}/metadata/compensate/do/0/u", self.place(undo).task);
        let begun = self.call();
        self.start(FrameId(undo), Slot::Body, Place { task: task.into(), ..Place::root() }, begun);
    }

    /// The fold of the history without its last events.
    pub(super) fn folded(&self, less: usize) -> Execution {
        let mut execution = Execution::new(ID, TenantId::new("sim").unwrap());
        self.events[..self.events.len() - less].iter().for_each(|event| execution.apply(event));
        execution
    }

    pub(super) fn row(&mut self) {
        let summary = self.folded(0).summary();
        self.seen(&Seen::RowWritten { id: ID, summary: &summary });
        self.seen(&Seen::Written { id: ID });
    }
}

/// Keeps the module's view of the generator honest: the words of modes are those of the format.
#[test]
fn modes_have_the_words_of_the_format() {
    let words: Vec<&str> = generate::Mode::ALL.iter().map(|mode| mode.as_str()).collect();
    assert_eq!(words, ["at_most_once", "exactly_once_with_key", "at_least_once"]);
}
