//! The state of one execution: a tree of activations, folded from history.
//!
//! Deliberately absent: decisions (`step`), changes (`apply`), and any knowledge of the definition.

use super::apply::Cancel;
use super::attributes::Attributes;
use super::effect::{CallEffect, Effect, FrameId, TimerId, TimerKind};
use super::family::{ChildFault, Report, Retained};
use super::frame::{CallPhase, ChildPhase, Frame, ListenState, ROOT, State, TryPhase, UndoPhase, earlier};
use super::history::{Parent, Started, Want};
use super::inbox::Inbox;
use super::input::Actor;
use super::log::Log;
use super::place::Place;
use super::subscription::listening;
use super::undo::{UndoResult, UndoStatus};
use std::collections::BTreeMap;
use std::sync::Arc;
use tenure_dsl::error::Error;
use tenure_dsl::json::Json;
use tenure_types::{
    CompensationStatus, DefinitionId, Digest, Epoch, ExecutionId, Status, TaskRef, TenantId, Timestamp,
};

/// One run of a definition. Cheap to clone: what is large is shared.
#[derive(Clone, Debug, PartialEq)]
pub struct Execution {
    pub(super) id: ExecutionId,
    pub(super) tenant: TenantId,
    pub(super) seq: u64,
    pub(super) started: Option<Arc<Started>>,
    pub(super) accepted_at: Timestamp,
    pub(super) began_at: Option<Timestamp>,
    pub(super) updated_at: Timestamp,
    pub(super) context: Json,
    pub(super) frames: BTreeMap<FrameId, Arc<Frame>>,
    pub(super) frames_started: u32,
    pub(super) cancel: Option<Arc<Cancel>>,
    pub(super) compensation: CompensationStatus,
    pub(super) undone: Log<UndoResult>,
    /// The highest attempt that an undo of a step has used: the next undo of the same step goes on above it.
    pub(super) undo_attempts: Arc<BTreeMap<Place, u32>>,
    pub(super) inbox: Inbox,
    pub(super) end: Option<Arc<End>>,
    pub(super) attributes: Attributes,
    pub(super) retention_ms: Option<u64>,
    pub(super) parent: Option<Arc<Parent>>,
    /// What the parent has yet to be told.
    pub(super) report: Option<Report>,
    /// What it can still undo after its end, for its parent.
    pub(super) retained: Arc<Retained>,
    /// The parent's undo on whose behalf it undoes itself after its end.
    pub(super) unwinds_for: Option<FrameId>,
    /// The last error of a child, by the task that ran the child.
    pub(super) child_faults: Arc<BTreeMap<TaskRef, ChildFault>>,
    pub(super) limit: Option<Arc<Limited>>,
}

/// The limit that an execution runs under, or waits for a place under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limited {
    /// The value of the limit's key, as JSON; empty when all executions of the definition share the limit.
    pub key: Arc<str>,
    /// How many may run at once.
    pub max: u32,
    /// Whether it faults when there is no place at once.
    pub faults: bool,
    /// Since when it waits, or waited.
    pub since: Timestamp,
}

/// How an execution ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct End {
    pub(super) status: Status,
    pub(super) output: Option<Json>,
    pub(super) error: Option<Error>,
    pub(super) at: Timestamp,
    /// Who terminated it.
    pub(super) terminated_by: Option<Actor>,
}

/// What can be queried about an execution without opening its payloads.
///
/// Two are equal when nothing queryable differs; `updated_at` does not count, for it would make every turn rewrite it.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Where it is in its life.
    pub status: Status,
    /// How far it has undone itself.
    pub compensation: CompensationStatus,
    /// What it runs, by name.
    pub definition: DefinitionId,
    /// What it runs, by content.
    pub digest: Digest,
    /// The client's key.
    pub key: Option<Arc<str>>,
    /// Carried through logs, events and calls.
    pub correlation_id: Arc<str>,
    /// Free labels.
    pub labels: Arc<[(Arc<str>, Arc<str>)]>,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// When it began, or will begin.
    pub started_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The earliest timer while no call is under way.
    pub due: Option<Timestamp>,
    /// How many uncertain tasks and failed undos wait for an operator.
    pub incidents: u32,
    /// Search attributes.
    pub attributes: Arc<[(Arc<str>, Json)]>,
    /// When it may be deleted, if its definition says so and it has ended.
    pub expires_at: Option<Timestamp>,
    /// Whose child it is.
    pub parent: Option<ExecutionId>,
    /// Whether something is under way that the status does not tell of: a word to a parent or a child, or the undoing
    /// of what it did before its end.
    pub owing: bool,
    /// The limit that it runs under, or waits for; `None` once it has ended.
    pub limit: Option<Arc<Limited>>,
    /// Whether it waits for a place under the limit.
    pub queued: bool,
}

impl PartialEq for Summary {
    fn eq(&self, other: &Self) -> bool {
        let Self {
            status,
            compensation,
            definition,
            digest,
            key,
            correlation_id,
            labels,
            accepted_at,
            started_at,
            updated_at: _,
            ended_at,
            due,
            incidents,
            attributes,
            expires_at,
            parent,
            owing,
            limit,
            queued,
        } = self;
        *status == other.status
            && *compensation == other.compensation
            && *definition == other.definition
            && *digest == other.digest
            && *key == other.key
            && *correlation_id == other.correlation_id
            && *labels == other.labels
            && *accepted_at == other.accepted_at
            && *started_at == other.started_at
            && *ended_at == other.ended_at
            && *due == other.due
            && *incidents == other.incidents
            && *attributes == other.attributes
            && *expires_at == other.expires_at
            && *parent == other.parent
            && *owing == other.owing
            && *limit == other.limit
            && *queued == other.queued
    }
}

impl Eq for Summary {}

/// Filters of a `listen` that [`Pending::detail`] names.
const AWAITED_SHOWN_MAX: usize = 8;

/// Something that an execution waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The activation, which [`super::Input::Resolve`] names.
    pub frame: FrameId,
    /// The task.
    pub task: Arc<str>,
    /// The iterations around it, as text; empty when there are none.
    pub iteration: String,
    /// The attempt; 0 for what calls nobody.
    pub attempt: u32,
    /// What it waits for.
    pub state: PendingState,
    /// Since when.
    pub since: Timestamp,
    /// Until when, when that is known.
    pub due: Option<Timestamp>,
    /// For people.
    pub detail: Option<Arc<str>>,
    /// The child that it waits for.
    pub child: Option<ExecutionId>,
}

/// What an activation waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PendingState {
    /// The outcome of a call.
    Calling,
    /// The next attempt, or the next try.
    Retrying,
    /// A time.
    Waiting,
    /// The resolution of an unknown outcome.
    Uncertain,
    /// The resolution of a failed undo.
    UndoFailed,
    /// An event.
    Listening,
    /// The publication of an event.
    Publishing,
    /// The start of a child.
    StartingChild,
    /// The end of a child.
    Child,
    /// The end of a child that is being ended.
    EndingChild,
    /// A child that undoes itself.
    UndoingChild,
    /// A place under its definition's limit.
    Queued,
}

impl PendingState {
    /// The word that the API shows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Calling => "calling",
            Self::Retrying => "retrying",
            Self::Waiting => "waiting",
            Self::Uncertain => "uncertain",
            Self::UndoFailed => "undoFailed",
            Self::Listening => "listening",
            Self::Publishing => "publishing",
            Self::StartingChild => "startingChild",
            Self::Child => "child",
            Self::EndingChild => "endingChild",
            Self::UndoingChild => "undoingChild",
            Self::Queued => "queued",
        }
    }
}

impl Execution {
    /// An execution of which nothing is known yet.
    pub fn new(id: ExecutionId, tenant: TenantId) -> Self {
        Self {
            id,
            tenant,
            seq: 0,
            started: None,
            accepted_at: Timestamp::default(),
            began_at: None,
            updated_at: Timestamp::default(),
            context: Json::null(),
            frames: BTreeMap::new(),
            frames_started: 0,
            cancel: None,
            compensation: CompensationStatus::None,
            undone: Log::new(),
            undo_attempts: Arc::default(),
            inbox: Inbox::default(),
            end: None,
            attributes: Arc::default(),
            retention_ms: None,
            parent: None,
            report: None,
            retained: Arc::default(),
            unwinds_for: None,
            child_faults: Arc::default(),
            limit: None,
        }
    }

    /// Whether it was started.
    pub fn exists(&self) -> bool {
        self.started.is_some()
    }

    /// Its id.
    pub fn id(&self) -> ExecutionId {
        self.id
    }

    /// Whose it is.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The number of facts applied, which is the sequence number of the last one.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// What it runs, by name.
    pub fn definition(&self) -> &DefinitionId {
        &self.begun().definition
    }

    /// What it runs, by content.
    pub fn digest(&self) -> Digest {
        self.begun().digest
    }

    /// The client's key.
    pub fn key(&self) -> Option<&Arc<str>> {
        self.begun().key.as_ref()
    }

    /// Carried through logs, events and calls.
    pub fn correlation_id(&self) -> &Arc<str> {
        &self.begun().correlation_id
    }

    /// Free labels.
    pub fn labels(&self) -> &[(Arc<str>, Arc<str>)] {
        &self.begun().labels
    }

    /// Who started it.
    pub fn started_by(&self) -> &Actor {
        &self.begun().by
    }

    /// The raw input.
    pub fn input(&self) -> &Json {
        &self.begun().input
    }

    /// The output of a completed execution.
    pub fn output(&self) -> Option<&Json> {
        self.end.as_ref()?.output.as_ref()
    }

    /// The error of an execution that faulted, or that undoes itself because of one.
    pub fn error(&self) -> Option<&Error> {
        match &self.end {
            Some(end) => end.error.as_ref(),
            None => self.frames.get(&ROOT)?.unwinding.as_ref()?.error.as_ref(),
        }
    }

    /// [`Self::error`] as JSON, with the extension `child` when it was lifted from a child, and the extension
    /// `compensation` once something was undone because of it.
    pub fn error_json(&self) -> Option<Json> {
        let error = self.described(self.error()?);
        let undone = self.undone();
        if undone.is_empty() {
            return Some(error);
        }
        let status = match self.compensation {
            CompensationStatus::None | CompensationStatus::Pending | CompensationStatus::Running => "running",
            CompensationStatus::Completed => "completed",
            CompensationStatus::Failed if undone.iter().any(|undo| undo.status == UndoStatus::NotRun) => {
                "failed"
            }
            CompensationStatus::Failed => "partial",
        };
        let entries = Json::array(undone.iter().map(UndoResult::to_json));
        let compensation = Json::object([("status", Json::string(status)), ("entries", entries)]);
        let members = error.entries().unwrap_or_default().into_iter();
        Some(Json::object(members.chain([("compensation".into(), compensation)])))
    }

    /// `$context`.
    pub fn context(&self) -> &Json {
        &self.context
    }

    /// When it began, or will begin.
    pub fn started_at(&self) -> Timestamp {
        let planned = || self.started.as_ref().and_then(|started| started.start_at);
        self.began_at.or_else(planned).unwrap_or(self.accepted_at)
    }

    /// When it ended.
    pub fn ended_at(&self) -> Option<Timestamp> {
        self.end.as_ref().map(|end| end.at)
    }

    /// When it last changed.
    pub fn updated_at(&self) -> Timestamp {
        self.updated_at
    }

    /// Search attributes.
    pub fn attributes(&self) -> &[(Arc<str>, Json)] {
        &self.attributes
    }

    /// How far it has undone itself.
    pub fn compensation(&self) -> CompensationStatus {
        self.compensation
    }

    /// What became of the steps that were to be undone, as far as that is known, in order.
    pub fn undone(&self) -> Vec<UndoResult> {
        let unwinding = self.frames.get(&ROOT).and_then(|root| root.unwinding.as_ref());
        unwinding.map_or(&self.undone, |unwinding| &unwinding.results).in_order()
    }

    /// Where it is in its life.
    pub fn status(&self) -> Status {
        if let Some(end) = &self.end {
            return end.status;
        }
        if self.began_at.is_none() {
            return Status::Pending;
        }
        let mut waiting = false;
        let mut incident = false;
        for frame in self.frames.values() {
            match activity(frame) {
                Some(
                    PendingState::Calling
                    | PendingState::Retrying
                    | PendingState::Publishing
                    | PendingState::StartingChild
                    | PendingState::EndingChild
                    | PendingState::UndoingChild,
                ) => return Status::Running,
                Some(PendingState::Waiting | PendingState::Listening | PendingState::Child) => waiting = true,
                Some(PendingState::Uncertain | PendingState::UndoFailed) => incident = true,
                Some(PendingState::Queued) | None => {}
            }
        }
        match (waiting, incident) {
            (true, _) => Status::Waiting,
            (false, true) => Status::Suspended,
            (false, false) => Status::Running,
        }
    }

    /// What can be queried about it. It must exist.
    pub fn summary(&self) -> Summary {
        let started = self.begun();
        let owing = self.owing();
        let busy = |frame: &Arc<Frame>| {
            matches!(activity(frame), Some(PendingState::Calling | PendingState::Publishing))
        };
        let calling = self.frames.values().any(busy);
        let incidents = self.frames.values().filter(|frame| {
            matches!(activity(frame), Some(PendingState::Uncertain | PendingState::UndoFailed))
        });
        Summary {
            status: self.status(),
            compensation: self.compensation,
            definition: started.definition.clone(),
            digest: started.digest,
            key: started.key.clone(),
            correlation_id: Arc::clone(&started.correlation_id),
            labels: Arc::clone(&started.labels),
            accepted_at: self.accepted_at,
            started_at: self.started_at(),
            updated_at: self.updated_at,
            ended_at: self.ended_at(),
            due: if calling { None } else { self.next_due() },
            incidents: u32::try_from(incidents.count()).unwrap_or(u32::MAX),
            attributes: Arc::clone(&self.attributes),
            expires_at: self.ended_at().zip(self.retention_ms).map(|(at, ms)| at.plus_ms(ms)),
            parent: self.parent.as_ref().map(|parent| parent.execution),
            owing,
            limit: self.limit.clone().filter(|_| self.end.is_none()),
            queued: self.queued(),
        }
    }

    /// The limit that it runs, ran or waits under.
    pub fn limit(&self) -> Option<&Limited> {
        self.limit.as_deref()
    }

    /// Whether it waits for a place under its limit.
    pub fn queued(&self) -> bool {
        self.limit.is_some() && self.began_at.is_none() && self.end.is_none()
    }

    /// What it waits for, in the order of the starts.
    pub fn pending(&self) -> Vec<Pending> {
        let place = self.limit.iter().filter(|_| self.queued()).map(|limit| place(limit));
        place.chain(self.frames.values().filter_map(|frame| pending(frame))).collect()
    }

    /// What must be under way in this state, sorted by id.
    pub fn open_effects(&self) -> Vec<Effect> {
        let calls = self.frames.values().filter_map(|frame| Self::open_call(frame)).map(Effect::Call);
        let timers = self.timers().map(|(id, due)| Effect::Timer { id, due });
        let publications = self.frames.values().filter_map(|frame| Self::open_publication(frame));
        let errands = self.errands().into_iter().map(Effect::Errand);
        calls.chain(timers).chain(publications).chain(errands).collect()
    }

    /// The open calls whose intent bears another epoch: whoever sent them, if anybody did, is gone.
    pub fn open_attempts_before(&self, epoch: Epoch) -> Vec<(FrameId, u32)> {
        let foreign = |frame: &Arc<Frame>| {
            let call = frame.call()?;
            match call.phase {
                CallPhase::Open { epoch: own, .. } if own != epoch => Some((frame.id, call.attempt)),
                CallPhase::Open { .. }
                | CallPhase::Ready
                | CallPhase::Backoff { .. }
                | CallPhase::Uncertain { .. } => None,
            }
        };
        self.frames.values().filter_map(foreign).collect()
    }

    fn begun(&self) -> &Started {
        self.started.as_ref().expect("only an execution that exists is asked about itself")
    }

    fn next_due(&self) -> Option<Timestamp> {
        self.timers().map(|(_, due)| due).min()
    }

    /// Every open timer, in the order of the ids.
    pub(super) fn timers(&self) -> impl Iterator<Item = (TimerId, Timestamp)> {
        let pending = self.started.as_ref().filter(|_| self.began_at.is_none() && self.end.is_none());
        let start = pending.filter(|_| self.limit.is_none()).and_then(|started| started.start_at);
        let start = start.map(|due| (TimerId { frame: None, kind: TimerKind::Start }, due));
        let own = |frame: &Arc<Frame>| {
            let id = (frame.id != ROOT).then_some(frame.id);
            let timers: Vec<(TimerKind, Timestamp)> = frame.timers().collect();
            timers.into_iter().map(move |(kind, due)| (TimerId { frame: id, kind }, due))
        };
        start.into_iter().chain(self.frames.values().flat_map(own))
    }

    fn open_publication(frame: &Frame) -> Option<Effect> {
        let State::Emit(event) = &frame.state else { return None };
        Some(Effect::Publish { frame: frame.id, event: Arc::clone(event) })
    }

    fn open_call(frame: &Frame) -> Option<CallEffect> {
        let call = frame.call()?;
        let CallPhase::Open { epoch, send_by, .. } = call.phase else { return None };
        Some(CallEffect {
            frame: frame.id,
            task: Arc::clone(&frame.place.task),
            attempt: call.attempt,
            epoch,
            request: call.request.clone(),
            protection: call.protection.clone(),
            key: Arc::clone(&call.key_text),
            mode: call.mode,
            send_by,
            deadline: call.deadline,
        })
    }
}

fn activity(frame: &Frame) -> Option<PendingState> {
    match &frame.state {
        State::Wait { .. } => Some(PendingState::Waiting),
        State::Call(call) => Some(match call.phase {
            CallPhase::Ready | CallPhase::Open { .. } => PendingState::Calling,
            CallPhase::Backoff { .. } => PendingState::Retrying,
            CallPhase::Uncertain { .. } if call.asking() => return None,
            CallPhase::Uncertain { .. } if call.probe_due().is_some() => PendingState::Retrying,
            CallPhase::Uncertain { .. } => PendingState::Uncertain,
        }),
        State::Try(state) => match state.phase {
            TryPhase::Backoff { .. } => Some(PendingState::Retrying),
            TryPhase::Body | TryPhase::Handler { .. } => None,
        },
        State::Undo(state) => match state.phase {
            UndoPhase::Backoff { .. } => Some(PendingState::Retrying),
            UndoPhase::Incident { .. } => Some(PendingState::UndoFailed),
            UndoPhase::Body => frame.child_to_undo().map(|_| PendingState::UndoingChild),
        },
        State::Child(child) => match child.phase {
            ChildPhase::Starting => Some(PendingState::StartingChild),
            ChildPhase::Running if frame.ending.is_some() => Some(PendingState::EndingChild),
            ChildPhase::Running => Some(PendingState::Child),
            ChildPhase::Over => None,
        },
        State::Emit(_) => Some(PendingState::Publishing),
        State::Listen(_) => listening(frame).map(|_| PendingState::Listening),
        State::Instant
        | State::List(_)
        | State::For(_)
        | State::Gather(_)
        | State::Iteration(_)
        | State::Function(_)
        | State::Extended(_)
        | State::Fork(_)
        | State::Compensate => None,
    }
}

/// A limit for people, such as `2 at once for "ada"`.
pub(super) fn at_once(max: u32, key: &str) -> String {
    if key.is_empty() { format!("{max} at once") } else { format!("{max} at once for {key}") }
}

/// The place that an execution waits for as a whole.
fn place(limit: &Limited) -> Pending {
    Pending {
        frame: ROOT,
        task: "/".into(),
        iteration: String::new(),
        attempt: 0,
        state: PendingState::Queued,
        since: limit.since,
        due: None,
        detail: Some(at_once(limit.max, &limit.key).into()),
        child: None,
    }
}

fn pending(frame: &Frame) -> Option<Pending> {
    let state = activity(frame)?;
    let (since, due, detail) = match &frame.state {
        State::Wait { due } => (frame.started_at, Some(*due), None),
        State::Call(call) => match &call.phase {
            CallPhase::Ready => (frame.started_at, None, None),
            CallPhase::Open { since, grace, .. } => (*since, earlier(Some(call.deadline), *grace), None),
            CallPhase::Backoff { due, cause } => {
                (frame.started_at, Some(*due), Some(Arc::clone(&cause.detail)))
            }
            CallPhase::Uncertain { cause, since } => {
                (*since, call.probe_due(), Some(Arc::clone(&cause.detail)))
            }
        },
        State::Try(state) => match state.phase {
            TryPhase::Backoff { due } => (frame.started_at, Some(due), None),
            TryPhase::Body | TryPhase::Handler { .. } => (frame.started_at, None, None),
        },
        State::Undo(state) => match &state.phase {
            UndoPhase::Backoff { due } => (frame.started_at, Some(*due), None),
            UndoPhase::Incident { error, since } => (*since, None, error.detail.as_deref().map(Arc::from)),
            UndoPhase::Body => (frame.started_at, None, None),
        },
        State::Emit(event) => (frame.started_at, frame.deadline, Some(Arc::clone(event.kind()))),
        State::Listen(state) => (frame.started_at, frame.deadline, Some(awaited(state))),
        State::Child(child) => (frame.started_at, frame.deadline, Some(child.request.to_string().into())),
        State::Instant
        | State::List(_)
        | State::For(_)
        | State::Gather(_)
        | State::Iteration(_)
        | State::Function(_)
        | State::Extended(_)
        | State::Fork(_)
        | State::Compensate => (frame.started_at, None, None),
    };
    Some(Pending {
        frame: frame.id,
        task: Arc::clone(&frame.place.task),
        iteration: frame.place.iteration.to_string(),
        attempt: frame.attempt(),
        state,
        since,
        due,
        detail,
        child: frame.child().map(|child| child.request.child).or_else(|| frame.child_to_undo()),
    })
}

/// What a `listen` waits for, such as `com.acme.paid where order = A-17, or com.acme.refused`.
fn awaited(state: &ListenState) -> Arc<str> {
    let one = |want: &Want| {
        let kind = want.kind.as_deref().unwrap_or("any event");
        let value = |(name, own): &(Arc<str>, Option<Arc<str>>)| {
            let value = own.as_ref().or_else(|| state.shown.get(name))?;
            Some(format!("{name} = {value}"))
        };
        let values: Vec<String> = want.correlate.iter().filter_map(value).collect();
        if values.is_empty() { kind.to_owned() } else { format!("{kind} where {}", values.join(" and ")) }
    };
    let open =
        (0..).zip(state.wants.iter()).filter(|(filter, want)| !want.once || !state.passed.contains(filter));
    let mut all: Vec<String> = open.map(|(_, want)| one(want)).collect();
    if all.len() > AWAITED_SHOWN_MAX {
        let more = all.len() - AWAITED_SHOWN_MAX;
        all.truncate(AWAITED_SHOWN_MAX);
        all.push(format!("{more} more"));
    }
    all.join(", or ").into()
}
