//! Scripts against definitions: `check(definition, script, expected)`.
//!
//! A script is one input a line; what is printed is every fact, then what is open and how things stand. Each line is
//! also held to what must always be true: history survives its encoding and folds to the same state, sequence numbers
//! have no gaps, nothing follows the end, effects are sorted and unique, the same input decides the same again, and an
//! event that is taken could be found by what the execution subscribed to.
//!
//! ```text
//! start {"a":1}                    start-at +5000 {"a":1}
//! answer /do/0/a 200 {"b":2}       answer-text /do/0/a 200 hello      answer-json /do/0/a 200 {broken
//! unknown /do/0/a                  notsent /do/0/a dns                refused /do/0/a       lost /do/0/a
//! fire                             fire timeout                       fire-early            clock +5000
//! lost-here /do/0/a                the same, told of an attempt of this very epoch
//! cancel                           cancel compensate                  terminate
//! resolve /do/0/a retry            … skip     … complete {"b":2}      … fail reason
//! show /do/0/a                     the open request, its key and times
//! event {"type":"t","data":1}      published: `id` counts up and `source` is `/s` unless they are given
//! signal {"type":"t"}              the same, addressed to the execution
//! start-signal {"type":"t"} {"a":1}    a start that brings a signal along; the event is written without spaces
//! published /do/0/a                subscriptions
//!
//! child /do/0/a started            … refused unknown (disabled, invalid, unusable)      … gone
//! child /do/0/a completed {"b":2}  … faulted /do/0/x     … cancelled     … terminated   with `+`, as in `completed+`,
//!                                  the child keeps something that it can undo
//! child /do/0/a undone             … not-undone
//! start-child {"a":1}              the execution is an awaited child         start-child-at 16 {"a":1}  … so deep
//! told                             the parent knows                         told-of 9    … of another activation
//! unwind                           the parent unwinds
//!
//! admit                            there is a place under the limit           turn-away                 … there is none
//! ```
//!
//! A task may be followed by its iteration, as in `/do/0/a/do/0/b[2]`, and by an attempt, as in `/do/0/a#1`.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a new fact is printed by its name until more is worth showing"
)]

use super::request::{ProcessRequest, Program};
use super::{
    Actor, Answer, Authentication, CallEffect, CallOutcome, ChildEnd, ChildRefusal, ChildResult, Effect,
    Ending, Errand, ErrandKind, Event, Execution, Fact, FrameId, HistoryEvent, Input, Now, Parent,
    PendingState, Reason, Rejected, Request, Resolution, Start, TimerId, TimerKind, Unwind, Word, addresses,
    turn,
};
use std::fmt::Write;
use std::sync::Arc;
use tenure_dsl::Draft;
use tenure_dsl::error::canonical_type;
use tenure_dsl::json::Json;
use tenure_dsl::program::Definition;
use tenure_dsl::resource::Resources;
use tenure_types::{CompensationStatus, DefinitionId, Digest, Epoch, ExecutionId, TenantId, Timestamp};

/// When every script begins.
pub const BEGIN: Timestamp = Timestamp(1_700_000_000_000);

/// Facts of one input beyond which the middle ones are not printed.
const PRINTED_MAX: usize = 80;

/// The parent of an execution that is started as a child, and its activations.
const PARENT: ExecutionId = ExecutionId(9);
const PARENT_TASK: FrameId = FrameId(3);
const PARENT_UNDO: FrameId = FrameId(8);

/// Runs a script against a definition and compares what is printed. A definition without `document` gets one.
#[expect(clippy::needless_pass_by_value, reason = "`expect![…]` is written in the call")]
pub fn check(definition: &str, script: &str, expected: expect_test::Expect) {
    let mut run = Run::new(definition);
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        run.line(line);
    }
    expected.assert_eq(&run.report());
}

/// As [`check`], for a definition that needs resources: each with its address and its content.
#[expect(clippy::needless_pass_by_value, reason = "`expect![…]` is written in the call")]
pub fn check_with(resources: &[(&str, &str)], definition: &str, script: &str, expected: expect_test::Expect) {
    let mut run = Run::with(resources, definition);
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        run.line(line);
    }
    expected.assert_eq(&run.report());
}

/// One execution under a script.
#[derive(Debug)]
pub struct Run {
    definition: Definition,
    execution: Execution,
    /// The state as it is read back from the encoded history.
    mirror: Execution,
    history: Vec<HistoryEvent>,
    now: Now,
    /// Every call that was ever open, the last one last.
    calls: Vec<CallEffect>,
    /// How many events were made, for their ids.
    events: u32,
    /// Every child that was ever waited for, the last one last.
    children: Vec<Waited>,
    printed: String,
}

/// An activation that waits for a child.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Waited {
    task: String,
    frame: FrameId,
    child: ExecutionId,
    undoes: bool,
}

impl Run {
    /// An execution that is not started yet.
    pub fn new(definition: &str) -> Self {
        Self::with(&[], definition)
    }

    /// The same with the resources that the definition needs.
    pub fn with(resources: &[(&str, &str)], definition: &str) -> Self {
        let mut read = Resources::default();
        for (address, content) in resources {
            read.insert(*address, content.as_bytes());
        }
        let text = if definition.trim_start().starts_with("document:") {
            definition.to_owned()
        } else {
            let head = "document: { dsl: '1.0.3', namespace: test, name: script, version: '1.0.0' }";
            format!("{head}\n{}", undented(definition))
        };
        let definition = match Draft::read(&text).compile(&read) {
            Ok(definition) => definition,
            Err(diagnostics) => panic!("the definition of the test is not valid: {diagnostics:#?}"),
        };
        let execution = Execution::new(ExecutionId(7), TenantId::new("acme").expect("a DNS label"));
        Self {
            definition,
            mirror: execution.clone(),
            execution,
            history: vec![],
            now: Now { at: BEGIN, epoch: Epoch(1) },
            calls: vec![],
            events: 0,
            children: vec![],
            printed: String::new(),
        }
    }

    /// The state.
    pub fn execution(&self) -> &Execution {
        &self.execution
    }

    /// The facts so far.
    pub fn history(&self) -> &[HistoryEvent] {
        &self.history
    }

    /// The call of a task that was opened last.
    pub fn call(&self, task: &str) -> &CallEffect {
        let named = |call: &&CallEffect| {
            let (place, attempt) = task.split_once('#').unwrap_or((task, ""));
            let iteration = self.iteration(call);
            let full = if iteration.is_empty() {
                call.task.to_string()
            } else {
                format!("{}[{iteration}]", call.task)
            };
            (*call.task == *place || full == place)
                && (attempt.is_empty() || call.attempt.to_string() == attempt)
        };
        let found = self.calls.iter().rev().find(named);
        found.unwrap_or_else(|| panic!("`{task}` was never called:\n{}", self.printed))
    }

    fn iteration(&self, call: &CallEffect) -> String {
        let of = |event: &HistoryEvent| match &event.fact {
            Fact::AttemptStarted(attempt) if attempt.frame == call.frame => {
                Some(attempt.place.iteration.to_string())
            }
            _ => None,
        };
        self.history.iter().find_map(of).unwrap_or_default()
    }

    /// Runs one line of a script.
    pub fn line(&mut self, line: &str) {
        writeln!(self.printed, "> {line}").expect("writing to a string cannot fail");
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "clock" => self.now.at = BEGIN.plus_ms(number(rest)),
            "show" => self.show(rest),
            "subscriptions" => self.subscriptions(),
            "fire" => self.fire(rest),
            "fire-early" => {
                let timer = self.timer(rest).1;
                self.feed(Input::TimerFired { timer });
            }
            _ => {
                let input = self.input(word, rest);
                self.feed(input);
            }
        }
    }

    fn input(&mut self, word: &str, rest: &str) -> Input {
        let (first, more) = rest.split_once(' ').unwrap_or((rest, ""));
        match word {
            "start" => Input::Start(Box::new(start(json(rest), None))),
            "start-child" => Input::Start(Box::new(child_start(json(rest), 1))),
            "start-child-at" => {
                let depth = u32::try_from(number(first)).expect("a depth is small");
                Input::Start(Box::new(child_start(json(more), depth)))
            }
            "child" => self.of_child(first, more),
            "told" => {
                Input::ParentTold { frame: self.open_report().expect("something is to be told").id.frame }
            }
            "told-of" => {
                let frame = u32::try_from(number(rest)).expect("activations are few");
                Input::ParentTold { frame: FrameId(frame) }
            }
            "unwind" => {
                let (parent, frame, reason) = (PARENT, PARENT_UNDO, Reason::Fault);
                let error = Some(tenure_dsl::error::Error::runtime("the parent's").at("/do/9/p"));
                Input::Unwind(Box::new(Unwind { parent, frame, reason, error }))
            }
            "admit" => Input::Admitted { granted: true },
            "turn-away" => Input::Admitted { granted: false },
            "start-at" => Input::Start(Box::new(start(json(more), Some(BEGIN.plus_ms(number(first)))))),
            "answer" => self.answered(first, more, "application/json"),
            "answer-json" => self.answered(first, more, "application/problem+json; charset=utf-8"),
            "answer-text" => self.answered(first, more, "text/plain"),
            "answer-cut" => {
                let mut input = self.answered(first, more, "text/plain");
                if let Input::CallFinished { outcome: CallOutcome::Answered(answer), .. } = &mut input {
                    answer.truncated = true;
                }
                input
            }
            "unknown" => {
                self.finished(first, CallOutcome::Unknown { cause: or(more, "reset"), detail: "gone".into() })
            }
            "notsent" => {
                self.finished(first, CallOutcome::NotSent { cause: or(more, "connect"), detail: "no".into() })
            }
            "refused" => self.finished(first, CallOutcome::Refused { detail: "not taken".into() }),
            "lost" => {
                let (frame, attempt) = (self.call(first).frame, self.call(first).attempt);
                self.now.epoch = Epoch(self.now.epoch.0 + 1);
                Input::AttemptLost { frame, attempt }
            }
            "lost-here" => {
                let call = self.call(first);
                Input::AttemptLost { frame: call.frame, attempt: call.attempt }
            }
            "event" => Input::Event { event: self.event(rest), addressed: false, by: operator() },
            "signal" => Input::Event { event: self.event(rest), addressed: true, by: operator() },
            "start-signal" => {
                let signal = Some(self.event(first));
                Input::Start(Box::new(Start { signal, ..start(json(more), None) }))
            }
            "published" => self.published(first),
            "cancel" => Input::Cancel { compensate: rest == "compensate", reason: None, by: operator() },
            "terminate" => Input::Terminate { reason: None, by: operator() },
            "resolve" => self.resolve(first, more),
            other => panic!("`{other}` is no line of a script"),
        }
    }

    /// An event with what every event has, unless it is given.
    fn event(&mut self, text: &str) -> Arc<Event> {
        self.events += 1;
        let own = [
            (Arc::from("specversion"), Json::string("1.0")),
            (Arc::from("id"), Json::string(&format!("e{}", self.events))),
            (Arc::from("source"), Json::string("/s")),
        ];
        let given = json(text).entries().expect("an event is an object");
        Arc::new(
            Event::parse(Json::object(own.into_iter().chain(given))).expect("the event of the test is one"),
        )
    }

    fn published(&self, task: &str) -> Input {
        let emits = |effect: &Effect| match effect {
            Effect::Publish { frame, .. } => Some(*frame),
            Effect::Call(_) | Effect::Timer { .. } | Effect::Errand(_) => None,
        };
        let open: Vec<_> = self.execution.open_effects().iter().filter_map(emits).collect();
        let pending = self.execution.pending();
        let named = pending.iter().find(|pending| *pending.task == *task && open.contains(&pending.frame));
        Input::Published { frame: named.map_or(super::FrameId(9_999), |pending| pending.frame) }
    }

    fn subscriptions(&mut self) {
        for own in self.execution.subscriptions(&self.definition) {
            let kind = own.kind.as_deref().unwrap_or("*");
            let correlation = own.correlation.map_or("", |_| " correlated");
            writeln!(self.printed, "  {kind} {}#{}{correlation}", own.task, own.filter)
                .expect("writing to a string cannot fail");
        }
    }

    /// Whether somebody who looks for takers of the event finds this execution.
    fn finds(&self, event: &Event) -> bool {
        self.execution.subscriptions(&self.definition).iter().any(|own| {
            own.kind.as_ref().is_none_or(|kind| kind == event.kind())
                && addresses(&self.definition, &own.task, own.filter, event).contains(&own.correlation)
        })
    }

    fn open_report(&self) -> Option<Errand> {
        self.execution.open_effects().into_iter().find_map(|effect| match effect {
            Effect::Errand(errand) if errand.id.kind == ErrandKind::Report => Some(errand),
            Effect::Errand(_) | Effect::Call(_) | Effect::Publish { .. } | Effect::Timer { .. } => None,
        })
    }

    fn of_child(&self, task: &str, how: &str) -> Input {
        let (word, more) = how.split_once(' ').unwrap_or((how, ""));
        let (word, undoable) = word.strip_suffix('+').map_or((word, false), |word| (word, true));
        let undoes = matches!(word, "undone" | "not-undone" | "undo-gone");
        let found = self.children.iter().rev().find(|waited| waited.task == task && waited.undoes == undoes);
        let Waited { frame, child, .. } =
            found.unwrap_or_else(|| panic!("no child at `{task}`:\n{}", self.printed)).clone();
        let definition =
            DefinitionId { namespace: "test".into(), name: "child".into(), version: "1.0.0".into() };
        let digest = Digest([7; 32]);
        let result = match word {
            "started" => return Input::ChildStarted { frame, definition, digest },
            "refused" => return Input::ChildRefused { frame, why: refusal(more) },
            "undone" => return Input::ChildUndone { frame, child, failed: false },
            "not-undone" => return Input::ChildUndone { frame, child, failed: true },
            "gone" | "undo-gone" => return Input::ChildGone { frame, child },
            "completed" => ChildResult::Completed { output: json(more) },
            "faulted" => {
                let error = tenure_dsl::error::Error::communication(502, "it broke").at(more);
                ChildResult::Faulted { error }
            }
            "cancelled" => ChildResult::Cancelled,
            "terminated" => ChildResult::Terminated,
            other => panic!("a child is never `{other}`"),
        };
        Input::ChildEnded(Box::new(ChildEnd { frame, child, definition, digest, result, undoable }))
    }

    fn answered(&self, task: &str, rest: &str, kind: &str) -> Input {
        let (status, body) = rest.split_once(' ').unwrap_or((rest, ""));
        let answer = Answer {
            status: status.parse().expect("an answer has a status"),
            headers: vec![("content-type".into(), kind.into())],
            body: body.as_bytes().to_vec(),
            truncated: false,
        };
        self.finished(task, CallOutcome::Answered(answer))
    }

    fn finished(&self, task: &str, outcome: CallOutcome) -> Input {
        let call = self.call(task);
        Input::CallFinished { frame: call.frame, attempt: call.attempt, outcome }
    }

    fn resolve(&self, task: &str, how: &str) -> Input {
        let (word, more) = how.split_once(' ').unwrap_or((how, ""));
        let resolution = match word {
            "retry" => Resolution::Retry,
            "skip" => Resolution::Skip,
            "complete" => Resolution::Complete { output: json(more) },
            "fail" => Resolution::Fail { reason: (!more.is_empty()).then(|| more.into()) },
            other => panic!("`{other}` resolves nothing"),
        };
        let full = |pending: &super::Pending| match pending.iteration.as_str() {
            "" => pending.task.to_string(),
            iteration => format!("{}[{iteration}]", pending.task),
        };
        let pending = self.execution.pending();
        let found = pending.iter().find(|pending| *pending.task == *task || full(pending) == task);
        let frame = found.map_or(super::FrameId(9_999), |pending| pending.frame);
        Input::Resolve { frame, resolution, by: operator() }
    }

    /// The open timer that is due first.
    fn timer(&self, kind: &str) -> (Timestamp, TimerId) {
        let open = self.execution.open_effects();
        let timers = open.iter().filter_map(|effect| match effect {
            Effect::Timer { id, due } if kind.is_empty() || word(id.kind) == kind => Some((*due, *id)),
            Effect::Timer { .. } | Effect::Call(_) | Effect::Publish { .. } | Effect::Errand(_) => None,
        });
        timers.min().unwrap_or_else(|| panic!("no timer is open:\n{}", self.printed))
    }

    fn fire(&mut self, kind: &str) {
        let (due, timer) = self.timer(kind);
        self.now.at = self.now.at.max(due);
        self.feed(Input::TimerFired { timer });
    }

    fn show(&mut self, task: &str) {
        let call = self.call(task).clone();
        let (headers, body) = match &call.request {
            Request::Http(request) => (&request.headers[..], request.body.clone()),
            Request::Rpc(request) => (&request.headers[..], Some(request.message())),
            Request::Grpc(request) => (
                &[][..],
                Some(Json::array(request.message.iter().map(|byte| Json::number(i64::from(*byte))))),
            ),
            Request::Process(request) => (&request.environment[..], Some(given(request))),
        };
        let headers: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let body = body.map(|body| format!(" {body}")).unwrap_or_default();
        let protected = protection(&call);
        writeln!(
            self.printed,
            "  {} [{}]{body}{protected} key={} mode={:?} send-by={} deadline={}",
            call.request.summary(),
            headers.join(", "),
            &call.key[..8],
            call.mode,
            after(call.send_by),
            after(call.deadline)
        )
        .expect("writing to a string cannot fail");
    }

    /// The owner is gone: the next one finds every open attempt lost.
    pub fn lose_calls(&mut self) {
        self.now.epoch = Epoch(self.now.epoch.0 + 1);
        for (frame, attempt) in self.execution.open_attempts_before(self.now.epoch) {
            self.feed(Input::AttemptLost { frame, attempt });
        }
    }

    /// Gives an input to the execution and prints what follows.
    pub fn feed(&mut self, input: Input) {
        let ended = self.execution.exists() && self.execution.status().ended();
        let idle = self.execution.open_effects().is_empty() && self.execution.pending().is_empty();
        let at_rest = ended && idle && !matches!(input, Input::Unwind(_));
        let again = turn(&self.definition, &self.execution, input.clone(), self.now);
        let offered = match &input {
            Input::Event { event, addressed: false, .. } => Some(self.finds(event)),
            _ => None,
        };
        match turn(&self.definition, &self.execution, input, self.now) {
            Ok(turned) => {
                let again = again.expect("the same input is decided in the same way");
                assert_eq!(turned.events, again.events, "the same input gives the same facts");
                assert!(!at_rest || turned.events.is_empty(), "no fact follows the end");
                assert!(
                    offered != Some(false) || turned.events.is_empty(),
                    "an event that is taken is found"
                );
                self.take(turned.events, &turned.after);
            }
            Err(rejected) => {
                assert_eq!(again.err(), Some(rejected.clone()), "the same input is decided in the same way");
                self.rejected(&rejected);
            }
        }
    }

    fn rejected(&mut self, rejected: &Rejected) {
        writeln!(self.printed, "  rejected: {rejected}").expect("writing to a string cannot fail");
    }

    fn take(&mut self, events: Vec<HistoryEvent>, after: &Execution) {
        for event in &events {
            self.execution.apply(event);
            let bytes = postcard::to_stdvec(event).expect("a fact can be encoded");
            let decoded: HistoryEvent = postcard::from_bytes(&bytes).expect("an encoded fact can be decoded");
            assert_eq!(*event, decoded, "a fact survives its encoding");
            self.mirror.apply(&decoded);
        }
        assert_eq!(self.execution, *after, "`apply` gives the state that the turn has computed");
        assert_eq!(self.execution, self.mirror, "the encoded history folds to the same state");
        self.print(&events);
        self.history.extend(events);
        assert_eq!(self.execution.seq(), self.history.len() as u64, "sequence numbers have no gaps");
        let open = self.execution.open_effects();
        assert!(
            open.windows(2).all(|pair| pair[0].id() < pair[1].id()),
            "effects are sorted and unique: {open:?}"
        );
        for effect in open {
            if let Effect::Call(call) = effect
                && !self.calls.contains(&call)
            {
                self.calls.push(call);
            }
        }
        for pending in self.execution.pending() {
            let Some(child) = pending.child else { continue };
            let task = match pending.iteration.as_str() {
                "" => pending.task.to_string(),
                iteration => format!("{}[{iteration}]", pending.task),
            };
            let undoes = pending.state == PendingState::UndoingChild;
            let waited = Waited { task, frame: pending.frame, child, undoes };
            if !self.children.contains(&waited) {
                self.children.push(waited);
            }
        }
    }

    fn print(&mut self, events: &[HistoryEvent]) {
        if events.is_empty() {
            self.printed.push_str("  nothing\n");
        }
        for (at, event) in events.iter().enumerate() {
            if events.len() <= PRINTED_MAX || at < 3 || at + 6 > events.len() {
                writeln!(self.printed, "  {}", fact(event)).expect("writing to a string cannot fail");
            } else if at == 3 {
                writeln!(self.printed, "  … {} more", events.len() - 8)
                    .expect("writing to a string cannot fail");
            }
        }
    }

    /// Everything printed so far, and how things stand.
    pub fn report(&self) -> String {
        let mut out = self.printed.clone();
        self.standing(&mut out).expect("writing to a string cannot fail");
        out
    }

    fn standing(&self, out: &mut String) -> std::fmt::Result {
        if !self.execution.exists() {
            return writeln!(out, "= not started");
        }
        write!(out, "= {}", self.execution.status())?;
        if self.execution.compensation() != CompensationStatus::None {
            write!(out, ", compensation {}", self.execution.compensation())?;
        }
        if let Some(output) = self.execution.output() {
            write!(out, " {output}")?;
        }
        if let Some(error) = self.execution.error() {
            write!(out, " {}", problem(error))?;
        }
        writeln!(out)?;
        for (at, undone) in self.execution.undone().iter().enumerate() {
            if at < PRINTED_MAX {
                writeln!(out, "  undo {} {}", undone.place, undone.status.as_str())?;
            }
        }
        let open: Vec<String> =
            self.execution.open_effects().iter().map(|effect| self.open(effect)).collect();
        if open.is_empty() { Ok(()) } else { writeln!(out, "  open: {}", open.join(", ")) }
    }

    fn open(&self, effect: &Effect) -> String {
        match effect {
            Effect::Call(call) => format!("call {}#{}", call.task, call.attempt),
            Effect::Timer { id, due } => format!("{} {}{}", word(id.kind), self.named(*id), after(*due)),
            Effect::Publish { event, .. } => format!("publish {}", event.kind()),
            Effect::Errand(errand) => self.errand(errand),
        }
    }

    fn errand(&self, errand: &Errand) -> String {
        if let Word::Tell(input) = &errand.word {
            match &**input {
                Input::ChildEnded(end) => {
                    let undoable = if end.undoable { ", which can be undone" } else { "" };
                    return match &end.result {
                        ChildResult::Completed { output } => {
                            format!("tell parent completed {output}{undoable}")
                        }
                        ChildResult::Faulted { error } => {
                            format!("tell parent faulted {}{undoable}", problem(error))
                        }
                        ChildResult::Cancelled => format!("tell parent cancelled{undoable}"),
                        ChildResult::Terminated => format!("tell parent terminated{undoable}"),
                    };
                }
                Input::ChildUndone { failed: false, .. } => return "tell parent undone".into(),
                Input::ChildUndone { failed: true, .. } => return "tell parent not undone".into(),
                _ => {}
            }
        }
        let pending = self.execution.pending();
        let found = pending.into_iter().find(|pending| pending.frame == errand.id.frame);
        let task = found.map_or_else(String::new, |pending| pending.task.to_string());
        match (&errand.word, errand.id.kind) {
            (Word::Start(start), _) => {
                let version = start.version.as_deref().unwrap_or("latest");
                let (name, input) =
                    (format!("{}/{}@{version}", start.namespace, start.name), &start.start.input);
                format!("start child {task} {name} {input}")
            }
            (Word::Tell(input), ErrandKind::End) => match &**input {
                Input::Terminate { .. } => format!("terminate child {task}"),
                _ => format!("cancel child {task}"),
            },
            (Word::Tell(_), _) => format!("undo child {task}"),
        }
    }

    fn named(&self, id: TimerId) -> String {
        let pending = self.execution.pending();
        let found = id.frame.and_then(|frame| pending.into_iter().find(|pending| pending.frame == frame));
        found.map_or_else(String::new, |pending| format!("{} ", pending.task))
    }
}

/// The policy as it may be shown, and where everything hidden comes from.
fn protection(call: &CallEffect) -> String {
    let protection = call.protection.as_deref();
    let mut hidden: Vec<&Json> = match &call.request {
        Request::Http(request) => request.body.iter().collect(),
        Request::Rpc(_) | Request::Grpc(_) | Request::Process(_) => vec![],
    };
    let mut out = String::new();
    if let Some(protection) = protection {
        hidden.extend(protection.uri.iter().chain(protection.headers.iter().map(|(_, value)| value)));
        if let Some(Authentication { scheme, properties }) = &protection.authentication {
            hidden.push(properties);
            write!(out, " {}={properties}", scheme.key()).expect("writing to a string cannot fail");
        }
    }
    let sources: Vec<String> =
        hidden.into_iter().flat_map(Json::sources).map(|source| source.to_string()).collect();
    if !sources.is_empty() {
        write!(out, " needs {}", sources.join(", ")).expect("writing to a string cannot fail");
    }
    out
}

/// Takes the indentation of the first line from every line.
fn undented(text: &str) -> String {
    let text = text.trim_start_matches('\n');
    let indent = text.len() - text.trim_start_matches(' ').len();
    let lines = text.lines().map(|line| line.get(indent..).unwrap_or_else(|| line.trim_start()));
    lines.collect::<Vec<_>>().join("\n")
}

fn start(input: Json, start_at: Option<Timestamp>) -> Start {
    let correlation_id = Arc::from("cor-1");
    Start {
        input,
        key: None,
        correlation_id,
        labels: vec![],
        start_at,
        signal: None,
        by: operator(),
        parent: None,
    }
}

fn child_start(input: Json, depth: u32) -> Start {
    let parent =
        Parent { execution: PARENT, frame: PARENT_TASK, task: "/do/9/p".into(), awaited: true, depth };
    Start { parent: Some(Box::new(parent)), ..start(input, None) }
}

fn refusal(word: &str) -> ChildRefusal {
    match word {
        "unknown" => ChildRefusal::Unknown,
        "disabled" => ChildRefusal::Disabled,
        "invalid" => ChildRefusal::InvalidInput(vec![("/n".into(), "is not a number".into())]),
        "unusable" => ChildRefusal::Unusable("it is broken".into()),
        other => panic!("`{other}` is no refusal"),
    }
}

fn operator() -> Actor {
    Actor { subject: "ada".into(), kind: "user".into(), roles: vec!["operator".into()] }
}

fn json(text: &str) -> Json {
    let text = if text.trim().is_empty() { "null" } else { text };
    Json::parse(text).unwrap_or_else(|error| panic!("`{text}` is not JSON: {error}"))
}

fn number(text: &str) -> u64 {
    text.trim().trim_start_matches('+').parse().unwrap_or_else(|_| panic!("`{text}` is no time of a script"))
}

fn or(text: &str, default: &str) -> Arc<str> {
    if text.is_empty() { default.into() } else { text.into() }
}

fn after(at: Timestamp) -> String {
    format!("+{}", at.ms_since(BEGIN))
}

fn word(kind: TimerKind) -> &'static str {
    match kind {
        TimerKind::Wait => "wait",
        TimerKind::Retry => "retry",
        TimerKind::Timeout => "timeout",
        TimerKind::Grace => "grace",
        TimerKind::Compensation => "budget",
        TimerKind::Start => "start",
    }
}

fn problem(error: &tenure_dsl::error::Error) -> String {
    let kind = canonical_type(&error.kind);
    let detail = error.detail.as_deref().map(|detail| format!(": {detail}")).unwrap_or_default();
    let instance = error.instance.as_deref().map(|instance| format!(" at {instance}")).unwrap_or_default();
    format!("{} {}{instance}{detail}", kind.strip_prefix("std:").unwrap_or(&kind), error.status)
}

/// A fact in one line.
fn fact(event: &HistoryEvent) -> String {
    let view = event.view();
    let mut line = String::from(view.kind);
    let mut add = |text: &str| {
        line.push(' ');
        line.push_str(text);
    };
    if let Some(task) = &view.task {
        let iteration = view.iteration.map(|iteration| format!("[{iteration}]")).unwrap_or_default();
        let attempt = view.attempt.map(|attempt| format!("#{attempt}")).unwrap_or_default();
        add(&format!("{task}{iteration}{attempt}"));
    }
    let shown = match &event.fact {
        Fact::TaskStarted(_) | Fact::AttemptStarted(_) | Fact::Started(_) | Fact::Interrupted { .. } => None,
        _ => view.detail.as_deref(),
    };
    shown.into_iter().for_each(&mut add);
    if let (Some(input), Fact::TaskStarted(_)) = (&view.input, &event.fact) {
        add(&format!("<- {input}"));
    }
    if let Some(output) = &view.output {
        add(&format!("-> {output}"));
    }
    if let Some(error) = &view.error {
        add(&format!("! {}", problem(error)));
    }
    match &event.fact {
        Fact::TaskCompleted { context: Some(context), .. }
        | Fact::ItemCompleted { context: Some(context), .. } => {
            add(&format!("context {context}"));
        }
        Fact::TaskFaulted { executed: true, .. } | Fact::TaskCancelled { executed: true, .. } => {
            add("executed");
        }
        Fact::Interrupted { ending, .. } => add(match ending {
            Ending::Cancelled => "to cancel",
            Ending::Fault { .. } | Ending::Refused { .. } => "to fault",
            Ending::Catch { .. } => "to catch",
            Ending::Complete { .. } | Ending::Answered { .. } => "to complete",
            Ending::UndoFault { .. } => "to fail the undo",
        }),
        Fact::CancelRequested { compensate: true, .. } => add("compensate"),
        Fact::ChildEnded { undoable: true, .. } => add("can be undone"),
        _ => {}
    }
    match &event.fact {
        Fact::AttemptStarted(_) => {}
        _ => view.due.into_iter().for_each(|due| add(&format!("due {}", after(due)))),
    }
    line
}

/// What a process is given, besides its environment.
fn given(request: &ProcessRequest) -> Json {
    let program = match &request.program {
        Program::Script(code) => Json::string(code),
        Program::Shell(command) => Json::string(command),
    };
    Json::object([
        ("program", program),
        ("arguments", Json::array(request.arguments.iter().map(|argument| Json::string(argument)))),
        ("stdin", Json::string(&request.stdin)),
        ("awaited", Json::bool(request.awaited)),
    ])
}
