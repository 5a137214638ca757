//! Runs many seeds on several threads, and says what they gave.

use crate::coverage::{Coverage, State};
use crate::mutant::Mutant;
use crate::world::{self, Options};
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

/// The stack of a thread that evaluates expressions.
const STACK_BYTES: usize = 16 << 20;
/// One seed in so many runs twice, and the hashes are compared.
const TWICE_EVERY: u64 = 100;
/// From so many seeds on, every rare state must have been reached.
const COVERAGE_SEEDS: u64 = 100_000;
/// Violations after which a run stops.
const VIOLATIONS_MAX: usize = 20;

/// Which seeds to run.
#[derive(Clone, Copy, Debug)]
pub struct Campaign {
    /// The first one.
    pub start: u64,
    /// How many.
    pub seeds: u64,
    /// On how many threads.
    pub threads: u64,
    /// The planted bug.
    pub mutant: Option<Mutant>,
    /// Whether the first violation ends it.
    pub stop_at_first: bool,
}

/// A seed that violates an invariant.
#[derive(Clone, Debug)]
pub struct Found {
    /// The seed.
    pub seed: u64,
    /// The invariant's name.
    pub oracle: &'static str,
    /// What was seen.
    pub what: String,
}

/// What a campaign gave.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Seeds that ran.
    pub seeds: u64,
    /// Events in them.
    pub events: u64,
    /// Milliseconds of the worlds' time.
    pub virtual_ms: u64,
    /// CPU seconds of this process.
    pub cpu_s: f64,
    /// Violations, by seed.
    pub found: Vec<Found>,
    /// Rare states.
    pub coverage: Coverage,
}

impl Report {
    /// Whether everything held and, in a run large enough to say so, everything rare was reached.
    pub fn passed(&self) -> bool {
        self.found.is_empty() && self.missing().is_empty()
    }

    /// The rare states that a run of this size should have reached.
    pub fn missing(&self) -> Vec<State> {
        if self.seeds < COVERAGE_SEEDS { vec![] } else { self.coverage.missing() }
    }

    fn add(&mut self, other: Self) {
        self.seeds += other.seeds;
        self.events += other.events;
        self.virtual_ms += other.virtual_ms;
        self.found.extend(other.found);
        self.coverage.add(&other.coverage);
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.coverage)?;
        let (seeds, days) = (self.seeds as f64, self.virtual_ms as f64 / 86_400_000.0);
        writeln!(f, "seeds              {}", self.seeds)?;
        writeln!(
            f,
            "events             {} ({:.0} a seed)",
            self.events,
            self.events as f64 / seeds.max(1.0)
        )?;
        writeln!(f, "virtual time       {days:.1} days")?;
        writeln!(f, "CPU time           {:.1} s", self.cpu_s)?;
        writeln!(f, "seeds/CPU-second   {:.0}", seeds / self.cpu_s.max(f64::EPSILON))?;
        for state in self.missing() {
            writeln!(f, "never reached      {}", state.text().trim())?;
        }
        write!(f, "violations         {}", self.found.len())
    }
}

/// Runs a campaign; `say` is told of violations and of progress.
pub fn campaign(campaign: Campaign, say: &(dyn Fn(String) + Sync)) -> Report {
    let next = AtomicU64::new(campaign.start);
    let stop = AtomicBool::new(false);
    let all = Mutex::new(Report::default());
    let cpu = cpu_seconds();
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..campaign.threads.max(1) {
            let work = || {
                let part = Worker { campaign, next: &next, stop: &stop, say, began }.run();
                all.lock().expect("nobody panics under this lock").add(part);
            };
            let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
            thread.spawn_scoped(scope, work).expect("a thread can be started");
        }
    });
    let mut report = all.into_inner().expect("nobody panics under this lock");
    report.cpu_s = cpu_seconds() - cpu;
    report.found.sort_by_key(|found| found.seed);
    report
}

struct Worker<'a> {
    campaign: Campaign,
    next: &'a AtomicU64,
    stop: &'a AtomicBool,
    say: &'a (dyn Fn(String) + Sync),
    began: Instant,
}

impl Worker<'_> {
    fn run(&self) -> Report {
        let mut report = Report::default();
        while !self.stop.load(Ordering::Relaxed) && report.found.len() < VIOLATIONS_MAX {
            let seed = self.next.fetch_add(1, Ordering::Relaxed);
            if seed - self.campaign.start >= self.campaign.seeds {
                break;
            }
            self.seed(seed, &mut report);
            let done = seed - self.campaign.start + 1;
            if done.is_multiple_of(50_000) {
                (self.say)(format!("{done} seeds, {:.0} s", self.began.elapsed().as_secs_f64()));
            }
        }
        report
    }

    fn seed(&self, seed: u64, report: &mut Report) {
        let options = Options { mutant: self.campaign.mutant, readable: false };
        let outcome = world::run(seed, options);
        report.seeds += 1;
        report.events += outcome.events;
        report.virtual_ms += outcome.virtual_ms;
        report.coverage.add(&outcome.coverage);
        if let Some(violation) = outcome.violation {
            (self.say)(format!("seed {seed}: {violation}"));
            report.found.push(Found { seed, oracle: violation.oracle, what: violation.what });
        } else if seed.is_multiple_of(TWICE_EVERY) && world::run(seed, options).hash != outcome.hash {
            (self.say)(format!("seed {seed}: two runs differ"));
            report.found.push(Found { seed, oracle: "a seed reproduces", what: "two runs differ".into() });
        }
        if self.campaign.stop_at_first && !report.found.is_empty() {
            self.stop.store(true, Ordering::Relaxed);
        }
    }
}

/// What a planted bug came to.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The bug.
    pub mutant: Mutant,
    /// Seeds that were needed, and the oracle that caught it; `None`: it survived.
    pub caught: Option<(u64, &'static str)>,
}

/// Runs one planted bug until it is caught.
pub fn hunt(mutant: Mutant, seeds: u64, threads: u64) -> Verdict {
    let plan = Campaign { start: 0, seeds, threads, mutant: Some(mutant), stop_at_first: true };
    let report = campaign(plan, &|_| {});
    let caught = report.found.first().map(|found| (found.seed + 1, found.oracle));
    Verdict { mutant, caught }
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn cpu_seconds() -> f64 {
    // Fields 14 and 15 are the ticks in user and in system mode, of which there are 100 a second.
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.filter_map(|field| field.parse::<u64>().ok()).sum::<u64>() as f64 / 100.0
}
