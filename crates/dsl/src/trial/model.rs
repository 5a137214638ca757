//! A test file as types: read with places, unknown keys refused, like a definition.

use crate::diagnostic::{Code, Sink};
use crate::limits::{TRIAL_ANSWERS_MAX, TRIAL_CASES_MAX};
use crate::model::{DurationValue, Named};
use crate::parse::{Kind, Path, Print, Read, Reader, Tree, record, words};
use serde_json::{Map, Value};
use tenure_types::Timestamp;

record! {
    /// A test file.
    Trials {
        /// `definition`: the file that is tested, when its name does not follow from that of the test file
        definition: "definition" optional String,
        /// `cases`
        cases: "cases" required Vec<Case>,
    }
}

record! {
    /// One case.
    Case {
        /// `name`
        name: "name" required String,
        /// `input`; `{}` when absent
        input: "input" optional Value,
        /// `startedAt`: what the clock shows at the start
        started_at: "startedAt" optional Instant,
        /// `stopAfter`: the case ends after so much time at the latest
        stop_after: "stopAfter" optional DurationValue,
        /// `cancel`: the execution is cancelled
        cancel: "cancel" optional CancelAfter,
        /// `mocks`: what calls are answered, by the task's name or reference
        mocks: "mocks" optional Named<Answers>,
        /// `expect`
        expect: "expect" required Expect,
    }
}

record! {
    /// A cancel by an operator.
    CancelAfter {
        /// `after`: how long after the start
        after: "after" required DurationValue,
        /// `compensate`: whether what was done is undone; `false` when absent
        compensate: "compensate" optional bool,
    }
}

record! {
    /// How one attempt of a call ends. Without `unknown`, `notSent` and `refused` it is answered.
    Answer {
        /// `status` of the answer; 200 when absent
        status: "status" optional u32,
        /// `headers` of the answer
        headers: "headers" optional Named<String>,
        /// `body` of the answer: a text as it is, anything else as JSON
        body: "body" optional Value,
        /// `after`: how long it takes
        after: "after" optional DurationValue,
        /// `unknown`: whether the call was executed is not known; a word such as `timeout` or `reset`
        unknown: "unknown" optional String,
        /// `notSent`: the call did not leave; a word such as `dns` or `connect`
        not_sent: "notSent" optional String,
        /// `refused`: the receiver did not process the call
        refused: "refused" optional String,
    }
}

/// What the attempts of a task are answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Answers {
    /// Each the same.
    Always(Box<Answer>),
    /// One after the other; there is none after the last.
    Sequence(Vec<Answer>),
}

impl Answers {
    /// The answer to the attempt with this number, from 0.
    pub fn nth(&self, index: usize) -> Option<&Answer> {
        match self {
            Self::Always(answer) => Some(answer),
            Self::Sequence(answers) => answers.get(index),
        }
    }
}

impl Read for Answers {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        match &tree.kind {
            Kind::List(_) => Self::Sequence(Read::read(reader, tree, path)),
            Kind::Map(_) => Self::Always(Read::read(reader, tree, path)),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => {
                reader.wrong_type(tree, path, "an answer, or a list of answers");
                Self::gap()
            }
        }
    }

    fn gap() -> Self {
        Self::Sequence(Vec::new())
    }
}

impl Print for Answers {
    fn print(&self) -> Value {
        match self {
            Self::Always(answer) => answer.print(),
            Self::Sequence(answers) => answers.print(),
        }
    }
}

words! {
    /// How things stand when a case is over.
    CaseStatus {
        /// `completed`
        Completed = "completed",
        /// `faulted`
        Faulted = "faulted",
        /// `cancelled`
        Cancelled = "cancelled",
        /// `suspended`
        Suspended = "suspended",
        /// `waiting`
        Waiting = "waiting",
        /// `running`
        Running = "running",
    }
}

record! {
    /// What a case expects. What is absent is not looked at.
    Expect {
        /// `status`
        status: "status" required CaseStatus,
        /// `output`
        output: "output" optional Value,
        /// `context`
        context: "context" optional Value,
        /// `error`: those of its fields that matter
        error: "error" optional Map<String, Value>,
        /// `path`: the tasks that started, in this order, by name or reference, without those that only hold others
        path: "path" optional Vec<String>,
        /// `compensation`: the tasks that were undone, in this order, by name or reference
        compensation: "compensation" optional Vec<String>,
        /// `calls`: what was sent, in this order
        calls: "calls" optional Vec<ExpectedCall>,
        /// `duration`: from the start to the end
        duration: "duration" optional DurationValue,
    }
}

record! {
    /// One attempt that was sent. What is absent is not looked at.
    ExpectedCall {
        /// `task`: by name or reference
        task: "task" required String,
        /// `method`
        method: "method" optional String,
        /// `uri`
        uri: "uri" optional String,
        /// `body`
        body: "body" optional Value,
        /// `headers`: those that matter
        headers: "headers" optional Named<String>,
    }
}

/// An instant in RFC 3339.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instant(pub Timestamp, String);

impl Read for Instant {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        let Some(text) = reader.text(tree, path, "a text, an instant") else { return Self::gap() };
        let Ok(at) = text.parse() else {
            reader.wrong_type(tree, path, "an instant such as `2027-01-01T00:00:00Z`");
            return Self::gap();
        };
        Self(at, text.to_owned())
    }

    fn gap() -> Self {
        Self(Timestamp::default(), String::new())
    }
}

impl Print for Instant {
    fn print(&self) -> Value {
        Value::from(self.1.as_str())
    }
}

/// What more than one place of the text is needed for.
pub(super) fn check(trials: &Trials, tree: &Tree, sink: &mut Sink) {
    let cases = Path::root().key("cases");
    if trials.cases.len() > TRIAL_CASES_MAX {
        let message = format!("a test file has at most {TRIAL_CASES_MAX} cases");
        sink.value(Code::OutOfRange, tree, &cases, message, None);
        return;
    }
    let mut names = std::collections::BTreeSet::new();
    for (index, case) in trials.cases.iter().enumerate() {
        let path = cases.index(index);
        if !names.insert(case.name.as_str()) {
            let message = format!("two cases are called `{}`", case.name);
            sink.value(Code::DuplicateCase, tree, &path.key("name"), message, None);
        }
        for (name, answers) in case.mocks.iter().flat_map(|mocks| &mocks.0) {
            check_answers(answers, tree, &path.keys(&["mocks", name]), sink);
        }
        for (key, span) in [("stopAfter", &case.stop_after), ("duration", &case.expect.duration)] {
            let path = if key == "duration" { path.keys(&["expect", key]) } else { path.key(key) };
            check_span(span.as_ref(), tree, &path, sink);
        }
        check_span(
            case.cancel.as_ref().map(|cancel| &cancel.after),
            tree,
            &path.keys(&["cancel", "after"]),
            sink,
        );
    }
}

fn check_answers(answers: &Answers, tree: &Tree, path: &Path, sink: &mut Sink) {
    match answers {
        Answers::Always(answer) => check_answer(answer, tree, path, sink),
        Answers::Sequence(list) if list.len() > TRIAL_ANSWERS_MAX => {
            let message = format!("a task has at most {TRIAL_ANSWERS_MAX} answers");
            sink.value(Code::OutOfRange, tree, path, message, None);
        }
        Answers::Sequence(list) => {
            for (index, answer) in list.iter().enumerate() {
                check_answer(answer, tree, &path.index(index), sink);
            }
        }
    }
}

fn check_answer(answer: &Answer, tree: &Tree, path: &Path, sink: &mut Sink) {
    let answered = answer.status.is_some() || answer.body.is_some() || answer.headers.is_some();
    let ends = [answered, answer.unknown.is_some(), answer.not_sent.is_some(), answer.refused.is_some()];
    if ends.into_iter().filter(|end| *end).count() > 1 {
        let message = "an attempt is answered, or it is `unknown`, `notSent` or `refused`".to_owned();
        sink.value(Code::NotOneOf, tree, path, message, None);
    }
    if answer.status.is_some_and(|status| !(200..=599).contains(&status)) {
        let message = "a status is from 200 to 599".to_owned();
        sink.value(Code::OutOfRange, tree, &path.key("status"), message, None);
    }
    check_span(answer.after.as_ref(), tree, &path.key("after"), sink);
}

/// Nothing is evaluated here, so a span is written as it is.
fn check_span(span: Option<&DurationValue>, tree: &Tree, path: &Path, sink: &mut Sink) {
    let written = |text: &str| matches!(tree.find(path).map(|found| &found.kind), Some(Kind::Text(own)) if own.value == text);
    if let Some(DurationValue::Expression(text)) = span
        && written(text)
    {
        let message = "a test has no expressions: write the duration itself".to_owned();
        sink.value(Code::InvalidDuration, tree, path, message, Some("such as `PT5M`".to_owned()));
    }
}
