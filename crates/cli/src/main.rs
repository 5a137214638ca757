//! `tenure`: the one binary. Server, client and bench.
//!
//! Deliberately absent: any rule of the product. Commands speak to a server over HTTP, or start one; what is decided is
//! decided there.

mod args;
mod bench;
mod client;
mod commands;
mod context;
mod demo;
mod diagnostic;
mod error;
mod exit;
mod files;
mod output;
mod reference;
mod session;
mod tree;

use std::process::ExitCode;

fn main() -> ExitCode {
    // A process of a `run` is this binary over again.
    if let Some(code) = tenure_server::process_child() {
        return code;
    }
    args::run(std::env::args_os()).into()
}
