//! Executions that wait for 30 days: what they cost in memory, and how long a restart with them takes.

use super::{Bench, Progress};
use crate::bench::Plan;
use crate::bench::clock::now_us;
use crate::bench::figures::Figures;
use crate::bench::load::Pace;
use crate::bench::meter::Reading;
use crate::bench::request;
use crate::bench::stats::number;
use crate::bench::usage::Usage;
use crate::error::{Code, Error};
use std::time::{Duration, Instant};

/// Executions unless the command line says how many.
const COUNT_DEFAULT: u64 = 100_000;
/// Between two looks whether the first step has come.
const LOOK_MS: u64 = 1;
/// A first dispatch that has not come after this will not come.
const DISPATCH_S_MAX: u64 = 60;

/// Measures once: what it prepares is too much to repeat.
pub(crate) async fn measure(plan: &Plan, progress: Progress<'_>) -> Result<Vec<Figures>, Error> {
    let count = plan.count.unwrap_or(COUNT_DEFAULT);
    let bench = Bench::start(&plan.dir).await?;
    let rss_before = Usage::of(bench.server.pid()).unwrap_or_default().rss_bytes;
    progress(&format!("starting {count} executions that wait for 30 days"));
    let before = Reading::of(&bench.server).await?;
    let filled =
        bench.load(plan.concurrency, Pace::Count(count), request::start("sleeper"), request::started).await?;
    let after = Reading::of(&bench.server).await?;
    let mut figures = Figures::default();
    figures.add("sleepers_count", number(count));
    figures.add("starts_per_s", filled.rate());
    figures.add("empty_rss_mb", number(rss_before) / 1e6);
    after.since(&before, count, &bench.server, &mut figures)?;
    progress("killing the server and starting it again");
    let bench = restart(bench, &mut figures).await?;
    let rss = Usage::of(bench.server.pid()).unwrap_or_default().rss_bytes;
    figures.add("restarted_rss_mb", number(rss) / 1e6);
    Ok(vec![figures])
}

async fn restart(bench: Bench, figures: &mut Figures) -> Result<Bench, Error> {
    bench.steps.reset().await?;
    let begun_us = now_us();
    let bench = bench.restart()?;
    figures.add("restart_to_ready_ms", bench.server.ready_after.as_secs_f64() * 1_000.0);
    bench.load(1, Pace::Count(1), request::start("start"), request::started).await?;
    let first_us = first_dispatch(&bench).await?;
    figures.add("restart_to_first_dispatch_ms", number(first_us.saturating_sub(begun_us)) / 1_000.0);
    Ok(bench)
}

/// When the step server got its first call, in microseconds since 1970.
pub(super) async fn first_dispatch(bench: &Bench) -> Result<u64, Error> {
    let begun = Instant::now();
    loop {
        let seen = bench.steps.seen().await?;
        if seen.first_us > 0 {
            return Ok(seen.first_us);
        }
        if begun.elapsed() > Duration::from_secs(DISPATCH_S_MAX) {
            return Err(Error::new(Code::Bench, "no step was called within a minute of the restart"));
        }
        tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
    }
}
