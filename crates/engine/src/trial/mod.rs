//! Runs test cases of a definition on the real engine: calls are answered by mocks, and the clock jumps to whatever is due
//! next, so that a case of thirty days takes a millisecond.
//!
//! Pure: the same definition and case give the same report on every machine. Deliberately absent: files, and the text of
//! a case (`tenure_dsl::trial`).

mod expect;
pub mod limits;
mod mocks;
mod report;
mod run;

pub use report::{Failure, Report, SentCall};

use tenure_dsl::program::Definition;
use tenure_dsl::trial::{Case, Trials};

/// Runs every case of a file, in its order.
pub fn all(definition: &Definition, trials: &Trials) -> Vec<Report> {
    trials.cases.iter().map(|case| one(definition, case)).collect()
}

/// Runs one case.
pub fn one(definition: &Definition, case: &Case) -> Report {
    one_while(definition, case, &mut || true)
}

/// Runs one case for as long as `go_on` says before each step: whoever runs cases of others has a clock, this has none.
pub fn one_while(definition: &Definition, case: &Case, go_on: &mut dyn FnMut() -> bool) -> Report {
    let mut run = run::Run::new(definition, case);
    run.go_to_end(go_on);
    let run::Run { execution, history, sent, failures, began_at, .. } = run;
    let mut report = Report::of(definition, &execution, &history, sent, began_at);
    report.name.clone_from(&case.name);
    report.failures = failures;
    let found = expect::failures(definition, &case.expect, &report, &execution);
    report.failures.extend(found);
    report
}

#[cfg(test)]
mod tests;
