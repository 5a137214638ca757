//! The command line: what can be said, and who does it.

use crate::bench;
use crate::commands::{
    audit, completion, config, definition, dev, event, function, man, secret, serve, start, workflow,
};
use crate::context::Wish;
use crate::error::{Code, Error};
use crate::exit::Exit;
use crate::output::{Format, Output};
use crate::session::{Session, block_on};
use clap::{CommandFactory, Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;

/// Durable workflows: register a definition, start it, watch it, undo it.
#[derive(Debug, Parser)]
#[command(name = "tenure", version, propagate_version = true, infer_subcommands = false)]
#[command(
    after_help = "Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 denied, 5 conflict, 6 time-out, 7 the workflow faulted."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command understands.
#[derive(Debug, clap::Args)]
pub(crate) struct Global {
    /// Form of the data on stdout
    #[arg(short, long, global = true, value_enum, default_value_t)]
    output: Format,
    /// Tenant to act in, where the credential allows several
    #[arg(short, long, global = true, value_name = "TENANT")]
    tenant: Option<String>,
    /// Server and credential from the contexts file (`~/.config/tenure/contexts.toml`)
    #[arg(short, long, global = true, value_name = "NAME")]
    context: Option<String>,
    /// Data directory of the development server [default: ./.tenure]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run everything in one process on this machine: for development
    Dev(dev::Args),
    /// Run the server with a configuration: for production (lists what is missing)
    Serve(serve::Args),
    /// Register, check and look at definitions
    #[command(subcommand)]
    Definition(definition::Command),
    /// Put functions into the tenant's catalog and look at them
    #[command(subcommand)]
    Function(function::Command),
    /// Start a workflow
    Start(start::Args),
    /// Look at executions and act on them
    #[command(subcommand)]
    Workflow(workflow::Command),
    /// Publish events to whoever listens
    #[command(subcommand)]
    Event(event::Command),
    /// Write secrets and see which there are; their values are never shown
    #[command(subcommand)]
    Secret(secret::Command),
    /// Look at the server's configuration
    #[command(subcommand)]
    Config(config::Command),
    /// Look at who did what
    #[command(subcommand)]
    Audit(audit::Command),
    /// Measure this machine: the server and the services that it calls in their own processes
    Bench(bench::Args),
    /// Print the completion script of a shell
    Completion(completion::Args),
    /// Write the manual pages
    Man(man::Args),
}

/// Reads the command line, does what it says, and prints what went wrong.
pub(crate) fn run(words: impl IntoIterator<Item = OsString>) -> Exit {
    let correlation_id = format!("cli-{}", uuid::Uuid::now_v7().simple());
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, correlation_id),
    };
    let Global { output, tenant, context, data } = cli.global;
    let wish = Wish { context, tenant, data, ..Wish::default() }.with_environment();
    let session = Session { output: Output::new(output, correlation_id.clone()), wish, correlation_id };
    match dispatch(cli.command, &session) {
        Ok(exit) => exit,
        Err(error) => {
            session.output.error(&error);
            error.exit
        }
    }
}

fn dispatch(command: Command, session: &Session) -> Result<Exit, Error> {
    match command {
        Command::Dev(args) => dev::run(&args, session),
        Command::Serve(args) => serve::run(&args, session),
        Command::Definition(command) => definition::run(command, session),
        Command::Function(command) => block_on(function::run(command, session)),
        Command::Start(args) => block_on(start::run(&args, session)),
        Command::Workflow(command) => block_on(workflow::run(command, session)),
        Command::Event(command) => block_on(event::run(command, session)),
        Command::Secret(command) => block_on(secret::run(&command, session)),
        Command::Config(command) => config::run(&command, session),
        Command::Audit(command) => block_on(audit::run(&command, session)),
        Command::Bench(args) => bench::run(&args, session),
        Command::Completion(args) => Ok(completion::run(&args, &session.output)),
        Command::Man(args) => man::run(&args, &session.output),
    }
}

/// Help and version are no errors; everything else is, with a code like every other error.
fn usage(error: &clap::Error, correlation_id: String) -> Exit {
    if !error.use_stderr() {
        let _ = error.print();
        return Exit::Ok;
    }
    let output = Output::new(Format::Table, correlation_id);
    let text = error.render().to_string();
    let text = text.trim_end();
    output.error(
        &Error::new(Code::Usage, text.strip_prefix("error: ").unwrap_or(text))
            .next("`tenure help` shows every command, `tenure help COMMAND` what it takes"),
    );
    Exit::Usage
}

/// The whole command line as data: for completion scripts, manual pages and tests.
pub(crate) fn command() -> clap::Command {
    Cli::command()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn every_documented_command_is_understood() {
        let lines = [
            "tenure dev",
            "tenure dev --data d --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 --ephemeral --no-demo --egress strict",
            "tenure serve --config tenure.toml",
            "tenure definition apply a.yaml b.yaml -",
            "tenure definition validate dir",
            "tenure definition list",
            "tenure definition show order@1.0.0",
            "tenure definition list --deleted",
            "tenure definition show order --graph",
            "tenure definition show order.yaml --graph -o json",
            "tenure definition test order.yaml dir --only courier",
            "tenure definition init order --namespace shop",
            "tenure definition diff order.yaml",
            "tenure definition diff order@1.0.0 shop/order@1.1.0 -o json",
            "tenure definition impact order",
            "tenure definition enable order@1.0.0",
            "tenure definition disable shop/order@1.0.0",
            "tenure definition delete order@1.0.0",
            "tenure function apply vm-create:1.0.0 vm-create.yaml",
            "tenure function list",
            "tenure function show vm-create:1.0.0",
            "tenure function delete vm-create:1.0.0",
            "tenure start order@1.0.0 --input {} --key K --wait",
            "tenure start demo/order --input @in.json --wait=5m --on-conflict use-existing",
            "tenure workflow list --filter status=faulted -o json",
            "tenure workflow show exe_1",
            "tenure workflow history exe_1 -o jsonl",
            "tenure workflow watch exe_1",
            "tenure workflow cancel exe_1 --compensate --reason test",
            "tenure workflow terminate exe_1",
            "tenure workflow signal exe_1 --name approve --payload {} --signal-id 7",
            "tenure workflow resolve exe_1 /do/0/charge --retry",
            "tenure event send event.json",
            "tenure event send --type paid --payload {} --id 7 --source /shop",
            "tenure config check --config tenure.toml",
            "tenure audit tail",
            "tenure secret set db",
            "tenure secret set db @value.json --json",
            "tenure secret list -o name",
            "tenure secret delete db",
            "tenure bench w5-http --concurrency 64 --duration 5 --runs 3 --store sqlite -o json",
            "tenure bench definitions --count 1000 --runs 3",
            "tenure completion bash",
            "tenure man",
            "tenure -t acme -c prod workflow list",
            "tenure workflow list -t acme -c prod",
        ];
        for line in lines {
            assert!(parse(line).is_ok(), "{line}: {}", parse(line).unwrap_err());
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let lines = [
            "tenure",
            "tenure start",
            "tenure start order --on-conflict maybe",
            "tenure start order --wait=soon",
            "tenure workflow show",
            "tenure definition delete order",
            "tenure definition diff",
            "tenure workflow resolve exe_1 /do/0 --retry --skip",
            "tenure workflow resolve exe_1 /do/0",
            "tenure workflow signal exe_1 --payload {",
            "tenure event send",
            "tenure dev --listen nowhere",
            "tenure dev --egress some",
            "tenure bench nothing",
            "tenure completion dos",
            "tenure workflow list -o xml",
        ];
        for line in lines {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn a_usage_error_exits_with_2_and_help_with_0() {
        let run = |words: &[&str]| super::run(words.iter().map(OsString::from));
        assert_eq!(run(&["tenure", "start"]), Exit::Usage);
        assert_eq!(run(&["tenure", "--version"]), Exit::Ok);
    }

    #[test]
    fn commands_of_later_versions_are_absent() {
        for line in ["tenure schedule list", "tenure adapter list", "tenure doctor"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
