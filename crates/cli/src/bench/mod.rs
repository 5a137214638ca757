//! `tenure bench`: measures a server of its own, with the services that it calls, each in its own process.
//!
//! The load generator is this process. Everything durable is real: the server writes to the disk of the data directory,
//! and the same disk's own limit is measured beside it.

mod clock;
mod device;
mod disk;
mod figures;
mod load;
mod meter;
mod process;
mod request;
mod scenario;
mod scrape;
mod stats;
mod steps;
mod usage;

use crate::error::{Code, Error};
use crate::exit::Exit;
use crate::output::Format;
use crate::session::{Session, block_on};
use clap::ValueEnum;
use std::path::PathBuf;
use std::time::Duration;
use tokio::task::LocalSet;

/// What `bench` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What is measured
    #[arg(value_enum)]
    scenario: Scenario,
    /// Connections of the load generator
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=4096))]
    concurrency: u64,
    /// Seconds of one run
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3600))]
    duration: u64,
    /// Runs, of which the median counts
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=100))]
    runs: u64,
    /// Executions that are prepared: `sleepers`, `query`, `recover` and `events` [default: 100000; `query`: 20000]; definitions of
    /// `definitions` [default: 10000]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    count: Option<u64>,
    /// The store that is measured
    #[arg(long, value_enum, default_value_t)]
    store: Store,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Scenario {
    /// Starts a second, and the time from a start to its first step at half that load
    Start,
    /// Five HTTP steps one after the other, each with a key
    W5Http,
    /// Five steps inside the engine
    W5Set,
    /// Memory of executions that wait for 30 days, and the time of a restart with them
    Sleepers,
    /// Lists and single reads while executions are written
    Query,
    /// Time of a restart after a kill with calls under way
    Recover,
    /// Events that each find one of many executions, and one event for 10,000 of them beside another tenant
    Events,
    /// Registration of a definition of 10,000 steps; memory and start latency with 10,000 definitions
    Definitions,
    /// No measurement: only the server that the steps call, for a load from elsewhere
    StepServer,
}

/// The store that is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Store {
    /// The embedded store
    #[default]
    Sqlite,
}

/// How a scenario is run.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Connections.
    pub(crate) concurrency: u64,
    /// Of one run.
    pub(crate) duration: Duration,
    /// How often.
    pub(crate) runs: u64,
    /// Executions that are prepared, where the scenario prepares any.
    pub(crate) count: Option<u64>,
    /// Where servers keep their data.
    pub(crate) dir: PathBuf,
}

/// Measures, and prints what it found.
pub(crate) fn run(args: &Args, session: &Session) -> Result<Exit, Error> {
    if args.scenario == Scenario::StepServer {
        return steps::run(&session.output);
    }
    let base = session.wish.data.clone().unwrap_or_else(|| PathBuf::from("."));
    let failed = |error| {
        Error::new(Code::Bench, format!("cannot make a directory below `{}`: {error}", base.display()))
    };
    std::fs::create_dir_all(&base).map_err(failed)?;
    let dir = tempfile::Builder::new().prefix(".tenure-bench-").tempdir_in(&base).map_err(failed)?;
    let Store::Sqlite = args.store;
    let plan = Plan {
        concurrency: args.concurrency,
        duration: Duration::from_secs(args.duration),
        runs: args.runs,
        count: args.count,
        dir: dir.path().canonicalize().map_err(failed)?,
    };
    block_on(async {
        let report = LocalSet::new().run_until(measure(args.scenario, &plan, session)).await?;
        match session.output.format() {
            Format::Table | Format::Name => session.output.data(&report.table()),
            Format::Json => session.output.data(&format!("{:#}\n", report.json())),
            Format::Jsonl | Format::Yaml => session.output.data(&format!("{}\n", report.json())),
        }
        Ok(Exit::Ok)
    })
}

async fn measure(scenario: Scenario, plan: &Plan, session: &Session) -> Result<figures::Report, Error> {
    let load_before = figures::load_average();
    if cfg!(debug_assertions) {
        session.output.talk("warning: this is a debug build; its figures mean nothing");
    }
    let progress = |text: &str| session.output.talk(text);
    let name = scenario.to_possible_value().expect("no scenario is skipped").get_name().to_owned();
    let runs = match scenario {
        Scenario::Start => scenario::start::measure(plan, &progress).await?,
        Scenario::W5Http => scenario::five::measure(plan, scenario::five::Kind::Http, &progress).await?,
        Scenario::W5Set => scenario::five::measure(plan, scenario::five::Kind::Set, &progress).await?,
        Scenario::Sleepers => scenario::sleepers::measure(plan, &progress).await?,
        Scenario::Query => scenario::query::measure(plan, &progress).await?,
        Scenario::Recover => scenario::recover::measure(plan, &progress).await?,
        Scenario::Events => scenario::events::measure(plan, &progress).await?,
        Scenario::Definitions => scenario::definitions::measure(plan, &progress).await?,
        Scenario::StepServer => Vec::new(),
    };
    Ok(figures::Report {
        scenario: name,
        concurrency: plan.concurrency,
        duration_s: plan.duration.as_secs(),
        load_before,
        runs,
    })
}
