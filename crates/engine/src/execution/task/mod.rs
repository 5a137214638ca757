//! The kinds of tasks, one file each, and what they have in common when they start.

mod call_function;
pub(super) mod call_grpc;
pub(super) mod call_http;
mod call_openapi;
pub(super) mod call_rpc;
mod compensate;
mod do_;
pub(super) mod emit;
pub(super) mod extended;
pub(super) mod for_;
pub(super) mod fork;
pub(super) mod gather;
pub(super) mod listen;
mod raise;
pub(super) mod run_process;
mod run_workflow;
mod set;
mod switch;
pub(super) mod try_;
mod wait;

use super::command;
use super::dataflow;
use super::effect::FrameId;
use super::env::{Scope, TaskScope};
use super::frame::State;
use super::history::{Begun, Fact, Slot, TaskStarted};
use super::place::{Iteration, Place, Turnaround};
use super::step::{Enter, Reach, Turn};
use tenure_dsl::error::Error;
use tenure_dsl::json::Json;
use tenure_dsl::program::{Flow, Kind, Node, ScopeId};
use tenure_types::Timestamp;

/// A task about to start, as far as its data flow has come.
struct Entering<'a> {
    node: &'a Node,
    parent: FrameId,
    place: Place,
    raw: Json,
    /// What `input.from` made of it.
    mapped: Option<Json>,
    attempts_before: u32,
    deadline: Option<Timestamp>,
}

impl Entering<'_> {
    /// The transformed input.
    fn input(&self) -> &Json {
        self.mapped.as_ref().unwrap_or(&self.raw)
    }

    /// What the task's own expressions see.
    fn scope<'t>(&'t self, turn: &'t Turn<'_>) -> Scope<'t> {
        self.before_input(turn).input(self.input())
    }

    fn before_input<'t>(&'t self, turn: &'t Turn<'_>) -> Scope<'t> {
        Scope::inside(turn, self.parent).task(TaskScope {
            node: self.node,
            place: &self.place,
            raw: &self.raw,
            raw_output: None,
            started_at: turn.now.at,
            attempts_before: self.attempts_before,
            attempt: 0,
        })
    }
}

/// How a task goes on once its start is recorded.
enum Next {
    /// It ends at once with this raw output; the flow may override the task's `then`.
    Finish(Json, Option<Flow>),
    /// It ends at once with this error.
    Fault(Error),
    /// It runs a list.
    List(ScopeId),
    /// It goes on by itself, in the way of its kind.
    Own,
    /// It waits for an input.
    Wait,
}

/// Starts a task, or skips it.
pub(super) fn enter(turn: &mut Turn<'_>, enter: &Enter) {
    let node = turn.node(enter.node);
    let mut entering = entering(turn, enter, node);
    if let Some(guard) = &node.guard {
        match dataflow::holds(guard, &entering.raw, &entering.before_input(turn), "if") {
            Ok(true) => {}
            Ok(false) => return skip(turn, enter, entering.place),
            Err(error) => return begin(turn, enter, entering, Begun::Instant, Next::Fault(error)),
        }
    }
    match prepare(turn, &mut entering) {
        Ok((begun, next)) => begin(turn, enter, entering, begun, next),
        Err(error) => begin(turn, enter, entering, Begun::Instant, Next::Fault(error)),
    }
}

fn entering<'a>(turn: &Turn<'a>, enter: &Enter, node: &'a Node) -> Entering<'a> {
    let parent = turn.exec.frame(enter.parent);
    let attempts_before = match &parent.state {
        State::Try(state) => state.attempts_before,
        State::Undo(state) => state.attempts_before,
        State::Instant
        | State::List(_)
        | State::For(_)
        | State::Gather(_)
        | State::Iteration(_)
        | State::Function(_)
        | State::Extended(_)
        | State::Fork(_)
        | State::Wait { .. }
        | State::Call(_)
        | State::Compensate
        | State::Emit(_)
        | State::Listen(_)
        | State::Child(_) => parent.attempts_before,
    };
    Entering {
        node,
        parent: enter.parent,
        place: place(turn, enter, node),
        raw: parent.data().clone(),
        mapped: None,
        attempts_before,
        deadline: None,
    }
}

/// The task's place: that of its parent, one component further in for an iteration and for a round.
fn place(turn: &Turn<'_>, enter: &Enter, node: &Node) -> Place {
    let parent = turn.exec.frame(enter.parent);
    let mut iteration: Iteration = parent.place.iteration.clone();
    if let State::For(state) = &parent.state
        && let Some(index) = state.index
    {
        iteration = iteration.then(Turnaround::Index(index));
    }
    if let State::Listen(state) = &parent.state
        && let Some((index, _)) = state.current
    {
        iteration = iteration.then(Turnaround::Index(index));
    }
    if enter.round > 0 {
        let pointer = &turn.def.program.scope(node.scope).pointer;
        let level = u32::try_from(pointer.matches('/').count()).expect("nesting is limited");
        iteration = iteration.then(Turnaround::Round { level, round: enter.round });
    }
    Place { task: node.task.clone(), iteration }
}

fn skip(turn: &mut Turn<'_>, enter: &Enter, mut place: Place) {
    let Enter { parent, slot, node, round } = *enter;
    place.task = turn.def.program.task(node).task.clone();
    turn.record(Fact::TaskSkipped { parent, slot, place, round });
    turn.completed(parent, slot, node, Flow::Continue);
}

/// The data flow up to the start, then whatever the kind evaluates before it.
fn prepare(turn: &Turn<'_>, entering: &mut Entering<'_>) -> Result<(Begun, Next), Error> {
    let node = entering.node;
    entering.mapped = dataflow::enter(&node.input, &entering.raw, &entering.before_input(turn))?;
    if let Some(timeout) = &node.timeout {
        let ms = dataflow::span(timeout, entering.input(), &entering.scope(turn), "timeout.after")?;
        entering.deadline = Some(turn.now.at.plus_ms(ms));
    }
    match &node.kind {
        Kind::Do(body) => Ok(do_::prepare(*body)),
        Kind::Set(value) => set::prepare(turn, entering, value),
        Kind::Switch(cases) => switch::prepare(turn, entering, cases),
        Kind::For(each) => for_::prepare(turn, entering, each),
        Kind::Fork(fork) => Ok(fork::prepare(turn, fork)),
        Kind::Raise(raise) => raise::prepare(turn, entering, raise),
        Kind::Try(guarded) => Ok(try_::prepare(guarded)),
        Kind::Wait(wait) => wait::prepare(turn, entering, wait),
        Kind::Http(call) => call_http::prepare(turn, entering, call),
        Kind::OpenApi(call) => call_openapi::prepare(turn, entering, call),
        Kind::Rpc(call) => call_rpc::prepare(turn, entering, call),
        Kind::Grpc(call) => call_grpc::prepare(turn, entering, call),
        Kind::Process(call) => run_process::prepare(turn, entering, call),
        Kind::Compensate(_) => Ok(compensate::prepare()),
        Kind::Emit(emit) => emit::prepare(turn, entering, emit),
        Kind::Listen(listen) => listen::prepare(turn, entering, listen),
        Kind::Function(call) => call_function::prepare(turn, entering, call),
        Kind::Extended(extended) => extended::prepare(turn, entering, extended),
        Kind::RunWorkflow(run) => run_workflow::prepare(turn, entering, run),
    }
}

fn begin(turn: &mut Turn<'_>, enter: &Enter, entering: Entering<'_>, begun: Begun, next: Next) {
    let id = command::next_frame(turn);
    let undo = match next {
        // A task that could not be prepared has attempted nothing.
        Next::Fault(_) => None,
        Next::Finish(..) | Next::List(_) | Next::Own | Next::Wait => {
            entering.node.undo.as_ref().map(|undo| undo.on)
        }
    };
    turn.record(Fact::TaskStarted(Box::new(TaskStarted {
        parent: enter.parent,
        slot: enter.slot,
        place: entering.place,
        round: enter.round,
        input: entering.mapped,
        deadline: entering.deadline,
        undo,
        begun,
    })));
    match next {
        Next::Finish(output, flow) => turn.finish(id, output, flow),
        Next::Fault(error) => turn.fault(id, error, Reach::Catchable, false),
        Next::List(scope) => turn.begin_list(id, Slot::Body, scope),
        Next::Own => go_on(turn, id, entering.node),
        Next::Wait => {}
    }
}

fn go_on(turn: &mut Turn<'_>, id: FrameId, node: &Node) {
    match &node.kind {
        Kind::For(each) if each.concurrency.is_some() => gather::fill(turn, id),
        Kind::For(_) => for_::next(turn, id),
        Kind::Fork(_) => fork::fill(turn, id),
        Kind::Try(_) => try_::start(turn, id),
        Kind::Http(_) | Kind::OpenApi(_) | Kind::Rpc(_) | Kind::Grpc(_) | Kind::Process(_) => {
            super::attempt::start(turn, id);
        }
        Kind::Compensate(call) => compensate::run(turn, id, call),
        Kind::Listen(_) => listen::advance(turn, id),
        Kind::Extended(_) => extended::start(turn, id),
        Kind::Do(_)
        | Kind::Set(_)
        | Kind::Switch(_)
        | Kind::Raise(_)
        | Kind::Wait(_)
        | Kind::Emit(_)
        | Kind::Function(_)
        | Kind::RunWorkflow(_) => {
            unreachable!("`{}` has nothing of its own to go on with", node.task)
        }
    }
}
