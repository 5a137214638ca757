//! The workspace's own commands: `cargo xtask <command>`.
//!
//! Deliberately absent: anything that the product needs at run time.
#![expect(clippy::print_stdout, reason = "a command line tool prints")]

mod cargo;
mod dev;
mod fuzz;
mod openapi;
mod test;
mod tidy;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <command>

  dev [ARGS…]      build everything and start `tenure dev` with ARGS
  test             every check and every test, then one line with their number
  tidy             the rules of the workspace that no lint knows
  openapi          write openapi.json from the route table
  kit [WORDS]      the conformance kits and the guide's examples; WORDS pick scenarios by their titles
  kill-test        the kill test at full length (20 kills)
  fuzz TARGET [S]  feeds hostile text to `parse`, `validate`, `compile` or `expression`, for S seconds
  sim [ARGS…]      the simulator, optimised, with ARGS
  help             this page
";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let command = args.next().unwrap_or_else(|| "help".into());
    let rest: Vec<String> = args.collect();
    let done = match command.as_str() {
        "dev" => dev::run(&rest),
        "test" => test::run(),
        "tidy" => tidy::run(),
        "openapi" => openapi::write(),
        "kit" => test::kit(&rest),
        "kill-test" => test::kill(),
        "fuzz" => fuzz::run(&rest),
        "sim" => {
            cargo::run(&[&["run", "--release", "-p", "sim", "--"], strs(&rest).as_slice()].concat(), &[])
        }
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(())
        }
        other => Err(format!("`{other}` is no command\n\n{HELP}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn strs(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}
