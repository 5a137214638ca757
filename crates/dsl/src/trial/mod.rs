//! Test cases beside a definition: what is written in a `*.test.yaml`, and how a result differs from what is expected.
//!
//! Deliberately absent: running a case, which needs the engine (`tenure_engine::trial`), and finding files.

mod compare;
mod model;

pub use compare::{Difference, differences, error_differences};
pub use model::{Answer, Answers, CancelAfter, Case, CaseStatus, Expect, ExpectedCall, Instant, Trials};

use crate::diagnostic::{Diagnostic, Sink};
use crate::parse::{Path, Read, Reader, tree};

/// Reads the text of a test file. On failure there is at least one diagnostic.
pub fn read(text: &str) -> Result<Trials, Vec<Diagnostic>> {
    let mut sink = Sink::default();
    let trials = tree(text, &mut sink).map(|tree| {
        let trials = Trials::read(&mut Reader::new(&mut sink), &tree, &Path::root());
        model::check(&trials, &tree, &mut sink);
        trials
    });
    let diagnostics = sink.finish();
    trials.filter(|_| diagnostics.is_empty()).ok_or(diagnostics)
}
