//! Calls of cargo.

use std::path::PathBuf;
use std::process::Command;

/// The workspace's root.
pub(crate) fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("xtask lies in the workspace").to_path_buf()
}

/// A call of cargo in the workspace's root.
pub(crate) fn command(args: &[&str], env: &[(&str, &str)]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).args(args).envs(env.iter().copied());
    command
}

/// Runs cargo and waits for it.
pub(crate) fn run(args: &[&str], env: &[(&str, &str)]) -> Result<(), String> {
    let status = command(args, env).status().map_err(|error| format!("cargo cannot be run: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("`cargo {}` failed", args.join(" "))) }
}

/// `cargo metadata` of the workspace.
pub(crate) fn metadata() -> Result<serde_json::Value, String> {
    let args = ["metadata", "--format-version", "1", "--all-features"];
    let output = command(&args, &[]).output().map_err(|error| format!("cargo cannot be run: {error}"))?;
    serde_json::from_slice(&output.stdout).map_err(|error| format!("`cargo metadata` gave no JSON: {error}"))
}
