//! Test cases of a definition that is not registered.
//!
//! They run on a thread of their own, because they may take a while, for as long as one request may.

use super::error::item;
use super::{App, Error};
use crate::auth::Grant;
use std::time::{Duration, Instant};
use tenure_api::{CaseFailure, CaseReport, Code, Json, ProblemItem, TestDefinition, TestReport};
use tenure_dsl::program::Definition;
use tenure_dsl::trial::Trials;
use tenure_engine::trial::{self, Failure, Report};

/// How long the cases of one request may take together.
const TIME_MAX: Duration = Duration::from_secs(5);
/// Expressions recurse.
const STACK_BYTES: usize = 16 << 20;

/// Runs the cases.
pub(crate) async fn run(app: &App, grant: &Grant, command: TestDefinition) -> Result<TestReport, Error> {
    let Ok(_place) = app.trials.try_acquire() else {
        return Err(Error::refused(Code::Busy, "the server runs other test cases; try again soon"));
    };
    let (answer, answered) = tokio::sync::oneshot::channel();
    let text = text_of(&command.definition);
    let definition = app.handle.validate(grant.tenant(), &text).await?;
    let trials = cases(command.cases.as_text())?;
    let work = move || drop(answer.send(run_here(&definition, &trials)));
    let thread = std::thread::Builder::new().name("trial".into()).stack_size(STACK_BYTES).spawn(work);
    thread.map_err(|_| Error::refused(Code::Busy, "the server has too much under way"))?;
    answered.await.map_err(|_| {
        Error::refused(Code::Internal, "the server failed; its log has the details under the correlation id")
    })
}

fn run_here(definition: &Definition, trials: &Trials) -> TestReport {
    let until = Instant::now() + TIME_MAX;
    let mut go_on = || Instant::now() < until;
    let one = |case| trial::one_while(definition, case, &mut go_on);
    let reports: Vec<Report> = trials.cases.iter().map(one).collect();
    TestReport { passed: reports.iter().all(Report::passed), cases: reports.iter().map(shown).collect() }
}

/// A definition is a text in a JSON string, or a document.
fn text_of(definition: &Json) -> String {
    serde_json::from_str(definition.as_text()).unwrap_or_else(|_| definition.as_text().to_owned())
}

fn cases(text: &str) -> Result<Trials, Error> {
    tenure_dsl::trial::read(&format!("{{\"cases\":{text}}}")).map_err(|found| {
        // Lines and columns are those of a text that the caller has not written.
        let place = |diagnostic| ProblemItem { line: None, column: None, ..item(diagnostic) };
        Error::refused(Code::InvalidBody, "the test cases are not valid")
            .with_errors(found.iter().map(place).collect())
    })
}

fn shown(report: &Report) -> CaseReport {
    let tasks = |tasks: &[tenure_types::TaskRef]| tasks.iter().map(ToString::to_string).collect();
    CaseReport {
        name: report.name.clone(),
        passed: report.passed(),
        status: report.status.into(),
        failures: report.failures.iter().map(failure).collect(),
        path: tasks(&report.path),
        compensation: tasks(&report.compensation),
        output: report.output.as_ref().map(super::view::json),
        error: report.error.as_ref().map(super::view::json),
        duration_ms: report.duration_ms,
        events: report.events as u64,
    }
}

fn failure(failure: &Failure) -> CaseFailure {
    CaseFailure {
        pointer: failure.pointer.clone(),
        detail: failure.message.clone(),
        expected: failure.expected.as_ref().map(super::view::json),
        actual: failure.actual.as_ref().map(super::view::json),
    }
}
