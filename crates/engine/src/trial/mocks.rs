//! What the calls of a case are answered.

use crate::execution::{Answer as HttpAnswer, CallEffect, CallOutcome};
use std::collections::BTreeMap;
use tenure_dsl::json::Json;
use tenure_dsl::trial::{Answer, Answers, Case};
use tenure_types::{TaskRef, Timestamp};

/// The answers of a case, and how many attempts of each have taken one.
#[derive(Debug)]
pub(super) struct Mocks<'c> {
    answers: Vec<(&'c str, &'c Answers)>,
    taken: BTreeMap<&'c str, usize>,
}

/// How an attempt will end, and when.
#[derive(Debug)]
pub(super) struct Coming {
    pub(super) at: Timestamp,
    pub(super) outcome: CallOutcome,
}

impl<'c> Mocks<'c> {
    /// The mocks of a case.
    pub(super) fn of(case: &'c Case) -> Self {
        let named = case.mocks.iter().flat_map(|mocks| &mocks.0);
        Self {
            answers: named.map(|(name, answers)| (name.as_str(), answers)).collect(),
            taken: BTreeMap::new(),
        }
    }

    /// How an attempt that leaves now will end; what is wrong with the case when it says nothing of it.
    pub(super) fn answer(&mut self, call: &CallEffect, now: Timestamp) -> Result<Coming, String> {
        let by_reference = self.answers.iter().find(|(name, _)| *name == &*call.task);
        let found = by_reference.or_else(|| self.answers.iter().find(|(name, _)| is_named(&call.task, name)));
        let Some((name, answers)) = found else {
            return Err(format!("`{}` calls `{}` and has no mock", call.task, described(call)));
        };
        let taken = self.taken.entry(name).or_default();
        let Some(answer) = answers.nth(*taken) else {
            return Err(format!("`{}` calls a {} time and has {taken} answers", call.task, nth(*taken + 1)));
        };
        *taken += 1;
        Ok(coming(answer, call, now))
    }

    /// Names of mocks that no attempt has asked for: a wrong name would otherwise go unnoticed.
    pub(super) fn unused(&self) -> impl Iterator<Item = &'c str> {
        self.answers.iter().map(|(name, _)| *name).filter(|name| !self.taken.contains_key(name))
    }
}

/// Whether a task is meant by a name or a reference.
pub(super) fn is_named(task: &TaskRef, name: &str) -> bool {
    if name.starts_with('/') { &**task == name } else { last(task) == name }
}

/// The name of a task: the end of its reference.
pub(super) fn last(task: &str) -> String {
    let last = task.rsplit('/').next().unwrap_or_default();
    last.replace("~1", "/").replace("~0", "~")
}

fn described(call: &CallEffect) -> String {
    call.request.summary()
}

fn nth(n: usize) -> String {
    let end = match (n % 10, n % 100) {
        (1, 11) | (2, 12) | (3, 13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{n}{end}")
}

/// A call that takes longer than it may is given up at its deadline, as a dispatcher does.
fn coming(answer: &Answer, call: &CallEffect, now: Timestamp) -> Coming {
    let ms = answer.after.as_ref().and_then(tenure_dsl::model::DurationValue::fixed_ms).unwrap_or(0);
    let at = now.plus_ms(ms);
    if at > call.deadline {
        let outcome = CallOutcome::Unknown { cause: "timeout".into(), detail: "no answer in time".into() };
        return Coming { at: call.deadline, outcome };
    }
    Coming { at, outcome: outcome(answer) }
}

fn outcome(answer: &Answer) -> CallOutcome {
    let detail = || "as the test case says".into();
    if let Some(cause) = &answer.unknown {
        return CallOutcome::Unknown { cause: cause.as_str().into(), detail: detail() };
    }
    if let Some(cause) = &answer.not_sent {
        return CallOutcome::NotSent { cause: cause.as_str().into(), detail: detail() };
    }
    if answer.refused.is_some() {
        return CallOutcome::Refused { detail: detail() };
    }
    let given = answer.headers.iter().flat_map(|headers| &headers.0);
    let mut headers: Vec<(String, String)> =
        given.map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
    let body = answer.body.as_ref().map(Json::from_value);
    let typed = headers.iter().any(|(name, _)| name == "content-type");
    let (kind, bytes) = match &body {
        None => (None, Vec::new()),
        Some(body) => match body.as_str() {
            Some(text) => (Some("text/plain"), text.as_bytes().to_vec()),
            None => (Some("application/json"), body.text().as_bytes().to_vec()),
        },
    };
    if let (Some(kind), false) = (kind, typed) {
        headers.push(("content-type".into(), kind.into()));
    }
    let status = answer.status.and_then(|status| u16::try_from(status).ok()).unwrap_or(200);
    CallOutcome::Answered(HttpAnswer { status, headers, body: bytes, truncated: false })
}
