//! The conformance kits and the guide's examples against the real binary: one server for each, all scenarios at once.
//!
//! `TENURE_KIT` picks scenarios by a part of their title. `cargo xtask kit` shows the counts.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "all of this is a test, and says what it did")]

mod server;

use kit::{Case, Report};
use server::Server;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Scenarios of the specification's kit.
const SPECIFICATION: usize = 21;
/// Those of them that need what the engine does not run yet.
const NOT_YET: &[&str] = &[];
/// Scenarios of our own kit that pass, at least: the number may only grow.
const OWN_MIN: usize = 760;
/// What the whole of our own kit may take on a machine that does other things too.
const TIME_MAX: Duration = Duration::from_mins(1);

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// Runs the scenarios that are asked for, or all.
fn run(title: &str, cases: Vec<Case>) -> Report {
    let wanted = std::env::var("TENURE_KIT").unwrap_or_default().to_lowercase();
    let picked = cases.into_iter().filter(|case| case.title().to_lowercase().contains(&wanted)).collect();
    let server = Server::start();
    let report = kit::run(&server.target(), picked);
    println!("\n{title}\n{}", report.table());
    let surprises = report.surprises();
    assert!(surprises.is_empty(), "{} scenarios:\n\n{}", surprises.len(), surprises.join("\n\n"));
    report
}

fn all_are_run() -> bool {
    std::env::var_os("TENURE_KIT").is_none_or(|wanted| wanted.is_empty())
}

/// FR-001: the specification's own conformance kit, unchanged.
#[test]
fn the_specifications_kit_passes() {
    let report = run("The specification's kit", kit::features(&root("kit/specification/features")).unwrap());
    if all_are_run() {
        assert_eq!(report.unsupported(), NOT_YET, "this list is to be kept exact");
        assert_eq!(report.passed(), SPECIFICATION - NOT_YET.len());
    }
}

#[test]
fn our_own_kit_passes() {
    let report = run("Our own kit", kit::features(&root("kit/features")).unwrap());
    assert_eq!(report.unsupported(), [""; 0]);
    assert!(report.passed() >= OWN_MIN || !all_are_run(), "{} pass", report.passed());
    assert!(report.elapsed() <= TIME_MAX, "it took {:?}", report.elapsed());
}

#[test]
fn every_example_of_the_guide_does_what_its_page_says() {
    let report = run("The guide", kit::pages(&root("docs/guide")).unwrap());
    assert_eq!(report.unsupported(), [""; 0]);
}
