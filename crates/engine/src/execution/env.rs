//! What expressions see: the descriptors and variables of definition-format §1.6, each made only when it is asked for.

use super::effect::FrameId;
use super::frame::{CallState, Frame, ROOT, State, TryPhase, UndoState};
use super::history::{Key, Reason, Slot};
use super::key;
use super::place::Place;
use super::state::Execution;
use super::step::Turn;
use super::task::listen;
use std::sync::Arc;
use tenure_dsl::expr::Env;
use tenure_dsl::json::Json;
use tenure_dsl::program::{Authentication, Definition, KeyScope, Kind, Node};
use tenure_types::Timestamp;

/// The place in an execution from which an expression looks around.
pub(super) struct Scope<'a> {
    def: &'a Definition,
    exec: &'a Execution,
    /// The innermost activation whose variables are seen; `None` before the execution has begun.
    around: Option<FrameId>,
    workflow_input: &'a Json,
    workflow_started_at: Timestamp,
    task: Option<TaskScope<'a>>,
    input: Option<&'a Json>,
    output: Option<&'a Json>,
    /// Variables that are not part of the state yet; they hide all others.
    extra: &'a [(Arc<str>, Json)],
}

/// The task that an expression belongs to.
#[derive(Clone, Copy)]
pub(super) struct TaskScope<'a> {
    pub(super) node: &'a Node,
    pub(super) place: &'a Place,
    pub(super) raw: &'a Json,
    pub(super) raw_output: Option<&'a Json>,
    pub(super) started_at: Timestamp,
    pub(super) attempts_before: u32,
    pub(super) attempt: u32,
}

impl<'a> Scope<'a> {
    /// Before the execution has begun, when all that exists is its raw input.
    pub(super) fn of_start(
        def: &'a Definition,
        exec: &'a Execution,
        input: &'a Json,
        now: Timestamp,
    ) -> Self {
        Self {
            def,
            exec,
            around: None,
            workflow_input: input,
            workflow_started_at: now,
            task: None,
            input: None,
            output: None,
            extra: &[],
        }
    }

    /// Inside an activation, before or between its tasks.
    pub(super) fn inside(turn: &'a Turn<'_>, around: FrameId) -> Self {
        let mut scope = Self::of_start(turn.def, &turn.exec, turn.exec.input(), turn.exec.started_at());
        scope.around = Some(around);
        scope
    }

    /// A task that runs.
    pub(super) fn of_frame(turn: &'a Turn<'_>, frame: &'a Frame, node: &'a Node) -> Self {
        let task = TaskScope {
            node,
            place: &frame.place,
            raw: &frame.raw,
            raw_output: None,
            started_at: frame.started_at,
            attempts_before: frame.attempts_before,
            attempt: frame.attempt(),
        };
        Self::inside(turn, frame.parent).task(task).input(&frame.input)
    }

    pub(super) fn task(mut self, task: TaskScope<'a>) -> Self {
        self.task = Some(task);
        self
    }

    pub(super) fn input(mut self, input: &'a Json) -> Self {
        self.input = Some(input);
        self
    }

    pub(super) fn raw_output(mut self, output: &'a Json) -> Self {
        if let Some(task) = &mut self.task {
            task.raw_output = Some(output);
        }
        self
    }

    pub(super) fn output(mut self, output: &'a Json) -> Self {
        self.output = Some(output);
        self
    }

    pub(super) fn extra(mut self, extra: &'a [(Arc<str>, Json)]) -> Self {
        self.extra = extra;
        self
    }

    /// The undo that the expression is part of.
    fn undo(&self) -> Option<&'a UndoState> {
        let undo = self.exec.undo_around(self.around?)?;
        self.exec.frame(undo).undo_state()
    }

    /// The undo whose own list the expression is in. A function sees its own data, whoever calls it.
    fn undo_in_sight(&self) -> Option<&'a UndoState> {
        let mut id = self.around?;
        while id != ROOT {
            let frame = self.exec.frame(id);
            if frame.slot == Slot::Undo {
                return frame.undo_state();
            }
            if matches!(frame.state, State::Function(_)) {
                return None;
            }
            id = frame.parent;
        }
        None
    }

    /// A variable of a loop, a handler or an undo, from the inside out, as far as the function goes.
    fn variable(&self, name: &str) -> Option<Json> {
        let mut id = self.around?;
        while id != ROOT {
            let frame = self.exec.frame(id);
            match &frame.state {
                State::For(state) => {
                    if let Some(index) = state.index {
                        if *state.each == *name {
                            return Some(state.items[index as usize].clone());
                        }
                        if *state.at == *name {
                            return Some(Json::number(i64::from(index)));
                        }
                    }
                }
                State::Iteration(state) => {
                    if *state.each == *name {
                        return Some(state.item.clone());
                    }
                    if *state.at == *name {
                        return Some(Json::number(i64::from(state.index)));
                    }
                }
                State::Try(state) => {
                    if let TryPhase::Handler { error } = &state.phase
                        && *state.variable == *name
                    {
                        return Some(self.exec.described(error));
                    }
                }
                State::Listen(_) => {
                    let own = listen::variables(frame).into_iter().find(|(own, _)| **own == *name);
                    if let Some((_, value)) = own {
                        return Some(value);
                    }
                }
                State::Undo(undo) => return self.undo_variable(undo, name),
                State::Function(_) => return None,
                State::Call(call) if name == "probe" && call.asking() => {
                    return Some(describe_probe(&frame.place, call));
                }
                State::Extended(_)
                | State::Instant
                | State::List(_)
                | State::Gather(_)
                | State::Fork(_)
                | State::Wait { .. }
                | State::Call(_)
                | State::Compensate
                | State::Emit(_)
                | State::Child(_) => {}
            }
            id = frame.parent;
        }
        None
    }

    /// An undo sees what its task saw, not what is around whoever unwinds.
    fn undo_variable(&self, undo: &UndoState, name: &str) -> Option<Json> {
        match name {
            "error" => Some(undo.error.as_ref().map(|error| self.exec.described(error)).unwrap_or_default()),
            "compensation" => Some(self.compensation(undo)),
            _ => undo.entry.variables.iter().find(|(own, _)| **own == *name).map(|(_, value)| value.clone()),
        }
    }

    fn compensation(&self, undo: &UndoState) -> Json {
        let place = &undo.entry.place;
        let reason = match undo.reason {
            Reason::Fault => "fault",
            Reason::Cancel => "cancel",
            Reason::Explicit => "explicit",
        };
        let forward = undo.entry.key.unwrap_or_else(|| key::of_step(self.exec, place));
        Json::object([
            ("reason", Json::string(reason)),
            ("task", Json::string(&place.task)),
            ("iteration", Json::string(&place.iteration.to_string())),
            ("idempotencyKey", Json::string(&key::of_undo(self.exec, place).text())),
            ("forwardIdempotencyKey", Json::string(&forward.text())),
        ])
    }

    /// In the tasks of an extension: the task that is extended, and besides what the descriptor has, what its text says,
    /// for the specification's own examples ask for `$task.with`.
    fn extended_task(&self) -> Option<Json> {
        let own = self.task.as_ref().filter(|task| task.node.extension)?;
        let mut id = self.around?;
        let around = loop {
            let frame = self.exec.frame(id);
            if let State::Extended(state) = &frame.state {
                break (frame, state);
            }
            assert!(id != ROOT, "`{}` is a task of an extension", own.node.task);
            id = frame.parent;
        };
        let (frame, state) = around;
        let node = self.def.program.find(&frame.place.task).map(|id| self.def.program.task(id))?;
        let task = TaskScope {
            node,
            place: &Place { task: Arc::clone(&node.task), iteration: frame.place.iteration.clone() },
            raw: &frame.raw,
            raw_output: state.done.as_ref().map(|(output, _)| output),
            started_at: frame.started_at,
            attempts_before: frame.attempts_before,
            attempt: 0,
        };
        Some(with_text(&self.describe_task(&task), node))
    }

    fn describe_task(&self, task: &TaskScope<'_>) -> Json {
        if let Kind::Extended(extended) = &task.node.kind {
            let node = self.def.program.task(extended.inner);
            let place = Place { task: Arc::clone(&node.task), iteration: task.place.iteration.clone() };
            return with_text(&self.describe_task(&TaskScope { node, place: &place, ..*task }), node);
        }
        Json::object([
            ("name", Json::string(&task.node.name)),
            ("reference", Json::string(&task.node.task)),
            ("definition", task.node.definition.clone()),
            ("input", task.raw.clone()),
            ("output", task.raw_output.cloned().unwrap_or_default()),
            ("startedAt", instant(task.started_at)),
            ("idempotencyKey", Json::string(&self.task_key(task).text())),
            ("attempt", Json::number(i64::from(task.attempt.max(task.attempts_before + 1)))),
        ])
    }

    fn task_key(&self, task: &TaskScope<'_>) -> Key {
        let undo = self.undo().is_some();
        key::of_task(self.exec, task.place, undo, key_scope(task.node), task.attempts_before)
    }

    /// The declared secrets, each by its name; nobody here knows a value, or whether there is one.
    fn secrets(&self) -> Json {
        Json::object(self.def.program.secrets.iter().map(|name| (name, Json::secret(name))))
    }

    /// How the task's own call proves who it is.
    fn authorization(&self) -> Json {
        let policy = self.task.as_ref().and_then(|task| authentication(task.node));
        policy.map_or_else(Json::null, |policy| {
            Json::object([
                ("scheme", Json::string(policy.scheme.header())),
                ("parameter", Json::authorization()),
            ])
        })
    }

    fn describe_workflow(&self) -> Json {
        Json::object([
            ("id", Json::string(&self.exec.id().to_string())),
            ("definition", self.def.document.clone()),
            ("input", self.workflow_input.clone()),
            ("startedAt", instant(self.workflow_started_at)),
        ])
    }
}

impl Env for Scope<'_> {
    fn var(&self, name: &str) -> Option<Json> {
        if let Some((_, value)) = self.extra.iter().find(|(own, _)| **own == *name) {
            return Some(value.clone());
        }
        match name {
            "context" => {
                Some(self.undo().map_or_else(|| self.exec.context().clone(), |undo| undo.context.clone()))
            }
            "input" => {
                self.undo_in_sight().map(|undo| undo.entry.input.clone()).or_else(|| self.input.cloned())
            }
            "output" => {
                self.output.cloned().or_else(|| self.undo_in_sight().map(|undo| undo.entry.output.clone()))
            }
            "task" => {
                self.extended_task().or_else(|| self.task.as_ref().map(|task| self.describe_task(task)))
            }
            "workflow" => Some(self.describe_workflow()),
            "runtime" => Some(runtime()),
            "secrets" => Some(self.secrets()),
            "authorization" => Some(self.authorization()),
            _ => self.variable(name),
        }
    }
}

/// Whether every order of the author to try again takes a new key.
pub(super) fn key_scope(node: &Node) -> KeyScope {
    node.kind.effect().map_or(KeyScope::Step, |effect| effect.key)
}

/// What a probe is told about the call that it asks for.
fn describe_probe(place: &Place, call: &CallState) -> Json {
    Json::object([
        ("task", Json::string(&place.task)),
        ("iteration", Json::string(&place.iteration.to_string())),
        ("attempt", Json::number(i64::from(call.attempt))),
        ("number", Json::number(i64::from(call.probe.as_ref().map_or(0, |probe| probe.number)))),
        ("idempotencyKey", Json::string(&call.key_text)),
    ])
}

/// A task's descriptor, and what its text says besides.
fn with_text(described: &Json, node: &Node) -> Json {
    let described = described.entries().unwrap_or_default();
    let text = node.definition.entries().unwrap_or_default();
    let more = text.into_iter().filter(|(key, _)| described.iter().all(|(own, _)| own != key));
    Json::object(more.chain(described.iter().cloned()).collect::<Vec<_>>())
}

fn authentication(node: &Node) -> Option<&Authentication> {
    match &node.kind {
        Kind::Http(call) => call.authentication.as_ref(),
        Kind::OpenApi(call) => call.authentication.as_ref(),
        Kind::Rpc(call) => call.authentication.as_ref(),
        Kind::Grpc(call) => call.authentication.as_ref(),
        Kind::Do(_)
        | Kind::Set(_)
        | Kind::Switch(_)
        | Kind::For(_)
        | Kind::Fork(_)
        | Kind::Raise(_)
        | Kind::Try(_)
        | Kind::Wait(_)
        | Kind::Compensate(_)
        | Kind::Emit(_)
        | Kind::Listen(_)
        | Kind::Function(_)
        | Kind::Extended(_)
        | Kind::RunWorkflow(_)
        | Kind::Process(_) => None,
    }
}

fn runtime() -> Json {
    Json::object([
        ("name", Json::string("tenure")),
        ("version", Json::string(env!("CARGO_PKG_VERSION"))),
        ("metadata", super::empty_object()),
    ])
}

fn instant(at: Timestamp) -> Json {
    let ms = i64::try_from(at.0).unwrap_or(i64::MAX);
    let epoch = Json::object([("seconds", Json::number(ms / 1000)), ("milliseconds", Json::number(ms))]);
    Json::object([("iso8601", Json::string(&at.to_string())), ("epoch", epoch)])
}
