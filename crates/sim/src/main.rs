//! `sim`: runs seeds, shows one of them, or hunts the planted bugs.

use clap::{Parser, Subcommand};
use sim::mutant::Mutant;
use sim::run::{Campaign, campaign, hunt};
use sim::world::{self, Options};
use std::io::Write as _;
use std::process::ExitCode;

/// The deterministic simulator of the real core.
#[derive(Debug, Parser)]
#[command(name = "sim")]
struct Arguments {
    #[command(subcommand)]
    mode: Option<Mode>,
    /// How many seeds.
    #[arg(long, default_value_t = 10_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    start: u64,
    /// How many threads.
    #[arg(long, default_value_t = 2)]
    threads: u64,
    /// Run this seed alone.
    #[arg(long)]
    seed: Option<u64>,
    /// Print what happens in it.
    #[arg(long, requires = "seed")]
    trace: bool,
    /// With this bug planted.
    #[arg(long)]
    mutant: Option<Mutant>,
}

#[derive(Debug, Subcommand)]
enum Mode {
    /// Plant each bug in turn; every one must be caught.
    Mutants {
        /// Seeds that one bug may take.
        #[arg(long, default_value_t = Mutant::SEEDS_MAX)]
        seeds_max: u64,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // A failed assertion is a finding: it is reported with its seed, not printed by whoever failed.
    if arguments.seed.is_none() {
        std::panic::set_hook(Box::new(|_| {}));
    }
    let passed = match (&arguments.mode, arguments.seed) {
        (Some(Mode::Mutants { seeds_max }), _) => mutants(*seeds_max, arguments.threads),
        (None, Some(seed)) => one(seed, &arguments),
        (None, None) => many(&arguments),
    };
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn one(seed: u64, arguments: &Arguments) -> bool {
    let options = Options { mutant: arguments.mutant, readable: arguments.trace };
    let thread = std::thread::Builder::new().stack_size(16 << 20);
    let run = thread.spawn(move || world::run(seed, options)).expect("a thread can be started");
    let outcome = run.join().expect("a run catches what it raises");
    say(&outcome.trace);
    say(&format!("seed {seed}  {}", outcome.faults));
    say(&format!("hash {:016x}  events {}  {} ms", outcome.hash, outcome.events, outcome.virtual_ms));
    if let Some(violation) = &outcome.violation {
        say(&format!("violated: {violation}"));
    }
    outcome.violation.is_none()
}

fn many(arguments: &Arguments) -> bool {
    let Arguments { start, seeds, threads, mutant, .. } = *arguments;
    let plan = Campaign { start, seeds, threads, mutant, stop_at_first: false };
    let report = campaign(plan, &|text| say(&text));
    say(&report.to_string());
    report.passed()
}

fn mutants(seeds_max: u64, threads: u64) -> bool {
    let mut all = true;
    say(&format!("{:<26} {:>7}  caught by", "planted bug", "seeds"));
    for mutant in Mutant::ALL {
        let verdict = hunt(*mutant, seeds_max, threads);
        let (seeds, by) = verdict.caught.map_or((seeds_max, "NOBODY"), |caught| caught);
        say(&format!("{:<26} {seeds:>7}  {by}", mutant.as_str()));
        all &= verdict.caught.is_some();
    }
    all
}

fn say(text: &str) {
    // Whoever reads may stop reading.
    let _ = writeln!(std::io::stdout(), "{text}");
}
