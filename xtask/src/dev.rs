//! `cargo xtask dev`: builds everything and starts the development server.

use crate::cargo;
use std::process::Command;

pub(crate) fn run(args: &[String]) -> Result<(), String> {
    cargo::run(&["build", "--package", "tenure-cli"], &[])?;
    let target = cargo::metadata()?["target_directory"].as_str().unwrap_or("target").to_owned();
    let binary = std::path::Path::new(&target).join("debug").join("tenure");
    let status = Command::new(&binary).arg("dev").args(args).status();
    let status = status.map_err(|error| format!("{} cannot be started: {error}", binary.display()))?;
    if status.success() { Ok(()) } else { Err(format!("`tenure dev` ended with {status}")) }
}
