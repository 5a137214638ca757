//! How things stand after a script, for tests in which the way there is told elsewhere.

use tenure_engine::execution::testing::Run;

/// Runs a script; gives the status line and what is open.
pub(crate) fn stands(definition: &str, script: &str) -> String {
    let run = run(definition, script);
    let report = run.report();
    let at = report.rfind("\n= ").expect("a report ends with how things stand");
    report[at + 3..].trim_end().to_owned()
}

/// Runs a script.
pub(crate) fn run(definition: &str, script: &str) -> Run {
    let mut run = Run::new(definition);
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        run.line(line);
    }
    run
}

/// What the execution waits for, for people.
pub(crate) fn awaited(run: &Run) -> Vec<String> {
    let detail = |pending: tenure_engine::execution::Pending| {
        format!("{} {} {}", pending.state.as_str(), pending.task, pending.detail.unwrap_or_default())
    };
    run.execution().pending().into_iter().map(detail).collect()
}
