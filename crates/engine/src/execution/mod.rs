//! One execution: `step` decides, `apply` changes state, `open_effects` says what must be under way.
//!
//! `step` works on a copy of the state: it decides a fact, applies it, and goes on until nothing can run without
//! waiting. The state is a tree of activations (`frame`), folded from the facts (`history`) without the definition, so
//! that recovery is `apply` in a loop. Effects are never stored: they follow from the state.
//!
//! Deliberately absent: clocks, randomness, IO, the stored encoding, and anything about other executions.

#![warn(clippy::wildcard_enum_match_arm)]

mod apply;
mod attempt;
mod attributes;
mod child;
mod command;
mod compensation;
mod correlation;
mod dataflow;
mod effect;
mod env;
mod event;
mod family;
mod frame;
mod history;
mod inbox;
mod input;
mod interrupt;
mod key;
pub mod limits;
mod log;
mod place;
mod probe;
mod request;
mod retry;
pub mod rpc;
mod state;
mod step;
mod subscription;
mod task;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod undo;
mod view;

pub use effect::{
    Authentication, CallEffect, ChildStart, Effect, EffectId, Errand, ErrandId, ErrandKind, FrameId,
    HttpRequest, Output, Protection, TimerId, TimerKind, Word,
};
pub use event::{Event, EventError};
pub use history::{
    AfterUndoFailure, AttemptStarted, Begin, Begun, Cause, CauseClass, ChildRequest, CompensationStarted,
    Each, Ending, EventConsumed, Fact, HistoryEvent, Key, Onward, Parent, Reason, Role, SkipReason, Slot,
    Stage, Started, Taken, Target, TaskStarted, UnwindRequested, Verdict, Want,
};
pub use input::{
    Actor, Answer, CallOutcome, ChildEnd, ChildRefusal, ChildResult, Input, Now, Rejected, Resolution, Start,
    Unwind,
};
pub use place::{Iteration, Place, Turnaround};
pub use request::{GrpcRequest, ProcessRequest, Program, Request, RpcProtocol, RpcRequest};
pub use state::{Execution, Limited, Pending, PendingState, Summary};
pub use step::{Turned, step, turn};
pub use subscription::{Subscription, addresses, start_kinds, starts};
pub use undo::{UndoResult, UndoStatus};
pub use view::{AuditFact, AuditOutcome, EventView, TaskView, task_views};

/// `{}`
fn empty_object() -> tenure_dsl::json::Json {
    let entries: [(&str, tenure_dsl::json::Json); 0] = [];
    tenure_dsl::json::Json::object(entries)
}
