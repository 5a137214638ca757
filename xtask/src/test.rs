//! `cargo xtask test`: every check and every test, then one line with their number.

use crate::cargo;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

/// Runs the checks in the order of their cost. The first that fails ends the run.
pub(crate) fn run() -> Result<(), String> {
    // Formatting and lints first: they are the cheapest to repair.
    cargo::run(&["fmt", "--all", "--check"], &[])?;
    cargo::run(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"], &[])?;
    // The core must stay pure: no runtime may come in through any dependency.
    pure_core()?;
    // Docs with broken links mislead.
    cargo::run(
        &["doc", "--workspace", "--no-deps", "--document-private-items"],
        &[("RUSTDOCFLAGS", "-D warnings -A rustdoc::private-intra-doc-links")],
    )?;
    let counted = tests(&["test", "--workspace", "--no-fail-fast"], &[])?;
    println!("{} passed, {} failed, {} skipped", counted.passed, counted.failed, counted.ignored);
    if counted.failed > 0 || !counted.success { Err("tests failed".into()) } else { Ok(()) }
}

/// The conformance kits and the guide's examples, with their counts.
pub(crate) fn kit(words: &[String]) -> Result<(), String> {
    let args = ["test", "-p", "tenure-cli", "--test", "kit", "--", "--nocapture", "--test-threads", "1"];
    let counted = tests(&args, &[("TENURE_KIT", &words.join(" "))])?;
    if counted.success { Ok(()) } else { Err("scenarios failed".into()) }
}

/// The kill test at full length.
pub(crate) fn kill() -> Result<(), String> {
    let counted = tests(
        &["test", "-p", "tenure-cli", "--test", "e2e", "--", "kill", "--nocapture"],
        &[("TENURE_KILLS", "20")],
    )?;
    if counted.success { Ok(()) } else { Err("the kill test failed".into()) }
}

fn pure_core() -> Result<(), String> {
    for package in ["tenure-engine", "tenure-store"] {
        let tree = cargo::command(&["tree", "-p", package, "-e", "normal", "--prefix", "none"], &[]).output();
        let tree = tree.map_err(|error| format!("cargo cannot be run: {error}"))?;
        let tree = String::from_utf8_lossy(&tree.stdout).into_owned();
        if let Some(line) = tree.lines().find(|line| line.starts_with("tokio ")) {
            return Err(format!("{package} depends on {line}: the core must stay pure"));
        }
    }
    Ok(())
}

#[derive(Debug, Default)]
struct Counted {
    passed: u64,
    failed: u64,
    ignored: u64,
    success: bool,
}

/// Runs tests, shows their output as it comes, and adds up the counts.
fn tests(args: &[&str], env: &[(&str, &str)]) -> Result<Counted, String> {
    let mut child = cargo::command(args, env)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cargo cannot be run: {error}"))?;
    let stdout = child.stdout.take().expect("it was piped");
    let mut counted = Counted::default();
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        println!("{line}");
        counted.add(&line);
    }
    counted.success = child.wait().map_err(|error| error.to_string())?.success();
    Ok(counted)
}

impl Counted {
    /// Adds a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
    fn add(&mut self, line: &str) {
        let Some((_, counts)) = line.split_once("test result: ") else { return };
        let number = |word: &str| {
            let before = counts.split_once(word).map_or("", |(before, _)| before);
            before.split_whitespace().last().and_then(|n| n.parse().ok()).unwrap_or(0)
        };
        self.passed += number(" passed");
        self.failed += number(" failed");
        self.ignored += number(" ignored");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_added_up() {
        let mut counted = Counted::default();
        counted.add("test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out");
        counted.add("test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured");
        counted.add("running 3 tests");
        assert_eq!((counted.passed, counted.failed, counted.ignored), (13, 2, 1));
    }
}
