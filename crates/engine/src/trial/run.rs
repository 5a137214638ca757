//! One execution of a case: whatever is due next happens next, until nothing more can.

use super::limits::{TRIAL_EVENTS_MAX, TRIAL_STEPS_MAX};
use super::mocks::{Coming, Mocks};
use super::report::{Failure, SentCall};
use crate::execution::{Actor, Effect, EffectId, Execution, HistoryEvent, Input, Now, Start, turn};
use std::collections::BTreeMap;
use tenure_dsl::json::Json;
use tenure_dsl::model::DurationValue;
use tenure_dsl::program::Definition;
use tenure_dsl::trial::Case;
use tenure_types::{Epoch, ExecutionId, TenantId, Timestamp};

/// What the clock shows at the start of a case that does not say: 2027-01-01T00:00:00Z.
const BEGIN: Timestamp = Timestamp(1_798_761_600_000);

/// An execution under a case.
#[derive(Debug)]
pub(super) struct Run<'c> {
    definition: &'c Definition,
    case: &'c Case,
    mocks: Mocks<'c>,
    /// How the attempts under way will end.
    coming: BTreeMap<EffectId, Coming>,
    /// When the execution is cancelled, until it was.
    cancel: Option<(Timestamp, bool)>,
    now: Timestamp,
    pub(super) began_at: Timestamp,
    pub(super) execution: Execution,
    pub(super) history: Vec<HistoryEvent>,
    pub(super) sent: Vec<SentCall>,
    pub(super) failures: Vec<Failure>,
}

impl<'c> Run<'c> {
    /// An execution that is not started yet.
    pub(super) fn new(definition: &'c Definition, case: &'c Case) -> Self {
        let began_at = case.started_at.as_ref().map_or(BEGIN, |instant| instant.0);
        let tenant = TenantId::new("trial").expect("it is a DNS label");
        let cancel = case.cancel.as_ref();
        Self {
            definition,
            case,
            mocks: Mocks::of(case),
            coming: BTreeMap::new(),
            cancel: cancel.map(|c| (began_at.plus_ms(ms(&c.after)), c.compensate.unwrap_or(false))),
            now: began_at,
            began_at,
            execution: Execution::new(ExecutionId(1), tenant),
            history: Vec::new(),
            sent: Vec::new(),
            failures: Vec::new(),
        }
    }

    /// Starts it, and lets happen what is due, in order.
    pub(super) fn go_to_end(&mut self, go_on: &mut dyn FnMut() -> bool) {
        let start = self.start();
        self.feed(start);
        let stop_at = self.case.stop_after.as_ref().map(|after| self.began_at.plus_ms(ms(after)));
        let mut steps = 0;
        while self.failures.is_empty() && !self.over() {
            if !go_on() {
                self.fail("there was no more time for this case".into());
                break;
            }
            let Some((at, input)) = self.next() else { break };
            if stop_at.is_some_and(|stop_at| at > stop_at) {
                break;
            }
            steps += 1;
            if steps > TRIAL_STEPS_MAX || self.history.len() > TRIAL_EVENTS_MAX {
                self.fail("the case does not come to an end within the limits of a test".into());
                break;
            }
            self.now = self.now.max(at);
            self.feed(input);
        }
        if self.failures.is_empty() {
            let unused: Vec<&str> = self.mocks.unused().collect();
            for name in unused {
                self.failures
                    .push(Failure::at(&format!("/mocks/{name}"), "nothing asked for this mock".into()));
            }
        }
    }

    fn over(&self) -> bool {
        self.execution.exists() && self.execution.status().ended()
    }

    fn start(&self) -> Input {
        let input =
            self.case.input.as_ref().map_or_else(|| Json::parse("{}").expect("it is JSON"), Json::from_value);
        Input::Start(Box::new(Start {
            input,
            key: None,
            correlation_id: "trial".into(),
            labels: vec![],
            start_at: None,
            signal: None,
            by: tester(),
            parent: None,
        }))
    }

    /// What happens next and when: the earliest, calls before timers at the same instant.
    fn next(&mut self) -> Option<(Timestamp, Input)> {
        if self.execution.queued() {
            // Nothing else runs here: there is a place at once.
            return Some((self.now, Input::Admitted { granted: true }));
        }
        let open = self.execution.open_effects();
        self.coming.retain(|id, _| open.iter().any(|effect| effect.id() == *id));
        let mut next: Option<(Timestamp, Input)> = None;
        let mut earliest = |at: Timestamp, input: Input| {
            if next.as_ref().is_none_or(|(before, _)| at < *before) {
                next = Some((at, input));
            }
        };
        for effect in &open {
            if let Effect::Call(call) = effect
                && let Some(coming) = self.coming.get(&effect.id())
            {
                let (frame, attempt) = (call.frame, call.attempt);
                let outcome = coming.outcome.clone();
                earliest(coming.at, Input::CallFinished { frame, attempt, outcome });
            }
        }
        for effect in &open {
            if let Effect::Timer { id, due } = effect {
                earliest(*due, Input::TimerFired { timer: *id });
            }
        }
        if let Some((at, compensate)) = self.cancel {
            earliest(at, Input::Cancel { compensate, reason: None, by: tester() });
        }
        next
    }

    fn feed(&mut self, input: Input) {
        if matches!(input, Input::Cancel { .. }) {
            self.cancel = None;
        }
        let now = Now { at: self.now, epoch: Epoch(1) };
        match turn(self.definition, &self.execution, input, now) {
            Ok(turned) => {
                self.history.extend(turned.events);
                self.execution = turned.after;
                self.send();
            }
            Err(rejected) => self.fail(format!("the engine refuses: {rejected}")),
        }
    }

    /// Gives every attempt that has just been opened its answer.
    fn send(&mut self) {
        for effect in self.execution.open_effects() {
            let id = effect.id();
            if let Effect::Errand(_) = effect {
                return self
                    .fail("a `run.workflow` cannot be tested here yet: a case has no children".into());
            }
            let Effect::Call(call) = effect else { continue };
            if self.coming.contains_key(&id) {
                continue;
            }
            self.sent.push(SentCall::of(&call));
            match self.mocks.answer(&call, self.now) {
                Ok(coming) => {
                    self.coming.insert(id, coming);
                }
                Err(message) => return self.fail(message),
            }
        }
    }

    fn fail(&mut self, message: String) {
        self.failures.push(Failure::at("", message));
    }
}

fn ms(span: &DurationValue) -> u64 {
    span.fixed_ms().expect("a test file has no expressions")
}

fn tester() -> Actor {
    Actor { subject: "trial".into(), kind: "user".into(), roles: vec![] }
}
