//! What must be under way in a given state. Effects are never stored: they follow from the state.

use super::event::Event;
use super::input::{Input, Start};
use super::request::Request;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tenure_dsl::json::Json;
use tenure_dsl::program::{HttpOutput, Mode, Scheme};
use tenure_types::{Epoch, ExecutionId, TaskRef, Timestamp};

/// One activation of a task in one execution, numbered in the order of their starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FrameId(pub u32);

/// Names an effect within its execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum EffectId {
    /// An attempt of a call.
    Call {
        /// The task's activation.
        frame: FrameId,
        /// The attempt, from 1.
        attempt: u32,
    },
    /// A timer of an activation, or of the execution itself.
    Timer(TimerId),
    /// The publication of an event.
    Publish {
        /// The task's activation.
        frame: FrameId,
    },
    /// Something that another execution must do or know.
    Errand(ErrandId),
}

/// Names an errand within the execution that it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ErrandId {
    /// The parent's activation that it is about, whoever sends it.
    pub frame: FrameId,
    /// What it is for.
    pub kind: ErrandKind,
}

/// What an errand is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ErrandKind {
    /// A parent starts a child: open until the child's start is durable or refused.
    Start,
    /// A parent that is interrupted or gone ends a child: open until the child has ended.
    End,
    /// A parent that unwinds has a child undo what it did: open until the child has.
    Undo,
    /// A child tells its parent how it ended or was undone: open until the parent knows.
    Report,
}

/// Names a timer within its execution. An activation has at most one of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TimerId {
    /// The activation; `None` for the execution's own timers.
    pub frame: Option<FrameId>,
    /// What the timer is for.
    pub kind: TimerKind,
}

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TimerKind {
    /// The end of a `wait`.
    Wait,
    /// The next attempt of a call, or the next try of a `try`.
    Retry,
    /// The `timeout` of a task or of the execution, or the limit of one try.
    Timeout,
    /// The end of the grace that calls under way are given after a cancel.
    Grace,
    /// The budget of an unwinding.
    Compensation,
    /// The time at which a delayed execution starts.
    Start,
}

/// Work for the outside, begun only after the transition that opens it is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send this request.
    Call(CallEffect),
    /// Deliver [`super::Input::TimerFired`] at `due`, not earlier.
    Timer {
        /// Which timer.
        id: TimerId,
        /// When.
        due: Timestamp,
    },
    /// Publish this event, then deliver [`super::Input::Published`]. Doing so again after a crash is safe: whoever
    /// takes the event recognises it.
    Publish {
        /// The task's activation.
        frame: FrameId,
        /// The event.
        event: Arc<Event>,
    },
    /// Have another execution do or know something. Whoever hears it twice takes it once.
    Errand(Errand),
}

impl Effect {
    /// The effect's name.
    pub fn id(&self) -> EffectId {
        match self {
            Self::Call(call) => EffectId::Call { frame: call.frame, attempt: call.attempt },
            Self::Timer { id, .. } => EffectId::Timer(*id),
            Self::Publish { frame, .. } => EffectId::Publish { frame: *frame },
            Self::Errand(errand) => EffectId::Errand(errand.id),
        }
    }
}

/// A word from one execution to another of the same tenant: between a parent and its child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    /// Its name.
    pub id: ErrandId,
    /// To whom.
    pub to: ExecutionId,
    /// What.
    pub word: Word,
}

/// What an errand brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// Start, if it has not started.
    Start(Box<ChildStart>),
    /// An input like any other.
    Tell(Box<Input>),
}

/// A child as it is to be started. Which definition that is, is resolved when it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildStart {
    /// The definition's namespace.
    pub namespace: Arc<str>,
    /// The definition's name.
    pub name: Arc<str>,
    /// Its version; `None` for the latest that may be started.
    pub version: Option<Arc<str>>,
    /// The command.
    pub start: Start,
}

/// One attempt of a call, as its intent was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallEffect {
    /// The task's activation.
    pub frame: FrameId,
    /// The task.
    pub task: TaskRef,
    /// The attempt, from 1.
    pub attempt: u32,
    /// The epoch under which the intent was recorded. Under another one the attempt is lost, not open.
    pub epoch: Epoch,
    /// What to send.
    pub request: Request,
    /// What of it only the sender can complete.
    pub protection: Option<Arc<Protection>>,
    /// `Idempotency-Key`.
    pub key: Arc<str>,
    /// How often the effect may happen.
    pub mode: Mode,
    /// The request's first byte leaves before this instant or not at all.
    pub send_by: Timestamp,
    /// An answer that has not ended by this instant is an unknown outcome.
    pub deadline: Timestamp,
}

/// A request of `call: http`, evaluated. Recorded with the intent, so that every attempt sends the same. What is hidden
/// in it is masked, but in the body, which is a value that can hold it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpRequest {
    /// In capitals.
    pub method: Arc<str>,
    /// Absolute, query included.
    pub uri: String,
    /// Names and values as they are sent; checked against injection by the dispatcher's typed headers.
    pub headers: Vec<(String, String)>,
    /// A string is sent as it is when `content-type` is given and is not JSON; anything else as JSON text.
    pub body: Option<Json>,
    /// What the call yields.
    pub output: Output,
    /// Whether a redirect status is no error; a redirect of `GET` is followed then.
    pub redirect: bool,
}

/// What of a request is known only when it is sent: the parts that hold secrets, as references to them, and how the call
/// proves who it is. Recorded beside the request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protection {
    /// The whole URI, when something in it is hidden.
    pub uri: Option<Json>,
    /// Values of headers in which something is hidden, by their place in the request's list.
    pub headers: Vec<(u32, Json)>,
    /// The endpoint's policy.
    pub authentication: Option<Authentication>,
}

impl Protection {
    /// Whether there is nothing to complete.
    pub fn is_empty(&self) -> bool {
        self.uri.is_none() && self.headers.is_empty() && self.authentication.is_none()
    }
}

/// An authentication policy, evaluated; its secrets are references.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authentication {
    /// The scheme.
    pub scheme: Scheme,
    /// What [`tenure_dsl::authentication::Credentials::read`] reads once everything is known.
    pub properties: Json,
}

/// [`HttpOutput`] in its recorded form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Output {
    /// See [`HttpOutput::Content`].
    Content,
    /// See [`HttpOutput::Raw`].
    Raw,
    /// See [`HttpOutput::Response`].
    Response,
}

impl From<HttpOutput> for Output {
    fn from(output: HttpOutput) -> Self {
        match output {
            HttpOutput::Content => Self::Content,
            HttpOutput::Raw => Self::Raw,
            HttpOutput::Response => Self::Response,
        }
    }
}
