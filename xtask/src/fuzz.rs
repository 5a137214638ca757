//! `cargo xtask fuzz TARGET [SECONDS]`: hostile text for the definition format, guided by what it reaches.
//!
//! The targets are in `fuzz/`, in a workspace of their own, because they are compiled with counters at every branch.
//! Deliberately absent: sanitizers, which need a nightly compiler, and which code without `unsafe` needs least.

use crate::cargo;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What there is to fuzz.
const TARGETS: &[&str] = &["parse", "validate", "compile", "expression"];
/// How long a target runs unless the command says so.
const SECONDS_DEFAULT: &str = "60";
/// The compiler's own coverage, in the form that libFuzzer reads.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 --cfg fuzzing";
/// Fixes the place of what is built, and keeps the flags from what runs while it is built.
const TRIPLE: &str = "x86_64-unknown-linux-gnu";

/// Builds a target and runs it over its corpus, which grows.
pub(crate) fn run(words: &[String]) -> Result<(), String> {
    let (target, seconds) = match words {
        [target] => (target.as_str(), SECONDS_DEFAULT),
        [target, seconds] if seconds.parse::<u32>().is_ok() => (target.as_str(), seconds.as_str()),
        _ => return Err(usage()),
    };
    if !TARGETS.contains(&target) {
        return Err(usage());
    }
    let home = cargo::root().join("fuzz");
    let manifest = home.join("Cargo.toml").display().to_string();
    cargo::run(
        &["build", "--release", "--manifest-path", &manifest, "--target", TRIPLE, "--bin", target],
        &[("RUSTFLAGS", FLAGS)],
    )?;
    let status = command(&home, target, seconds).status();
    let status = status.map_err(|error| format!("the target `{target}` cannot be run: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("the target `{target}` found something")) }
}

/// A slow input, one that needs much memory and one that panics are found alike.
fn command(home: &Path, target: &str, seconds: &str) -> Command {
    let corpus = home.join("corpus").join(target);
    let seeds: PathBuf = cargo::root().join("crates/dsl/tests/corpus");
    let mut command = Command::new(home.join("target").join(TRIPLE).join("release").join(target));
    command.current_dir(home);
    command.args(["-timeout=10", "-rss_limit_mb=1024", "-max_len=8192", "-len_control=20"]);
    command.arg(format!("-max_total_time={seconds}"));
    command.arg(format!("-dict={}", home.join("dictionary.txt").display()));
    command.arg(format!("-artifact_prefix={}/", home.join("artifacts").join(target).display()));
    command.arg(corpus);
    if target != "expression" {
        command.arg(seeds);
    }
    command
}

fn usage() -> String {
    format!("cargo xtask fuzz <{}> [SECONDS]", TARGETS.join("|"))
}
