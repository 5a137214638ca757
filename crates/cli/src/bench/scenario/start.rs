//! Starts a second as fast as they are taken, then the time from a start to its first step at half that rate.

use super::{Bench, Progress, WARM_UP, repeat};
use crate::bench::Plan;
use crate::bench::figures::Figures;
use crate::bench::load::Pace;
use crate::bench::meter::Reading;
use crate::bench::request;
use crate::error::Error;
use std::time::{Duration, Instant};

/// Between two looks whether what was started has called the step server.
const LOOK_MS: u64 = 20;
/// Calls that have not come after this are counted as missing.
const CALM_S_MAX: u64 = 60;

/// Measures both.
pub(crate) async fn measure(plan: &Plan, progress: Progress<'_>) -> Result<Vec<Figures>, Error> {
    let bench = Bench::start(&plan.dir).await?;
    progress("warming up");
    let warm = bench
        .load(plan.concurrency, Pace::Closed(WARM_UP), request::start("start"), request::started)
        .await?;
    calm(&bench, warm.good).await?;
    repeat(plan, progress, async || {
        bench.steps.reset().await?;
        let before = Reading::of(&bench.server).await?;
        let pace = Pace::Closed(plan.duration);
        let mut full = bench.load(plan.concurrency, pace, request::start("start"), request::started).await?;
        let begun = Instant::now();
        calm(&bench, full.good).await?;
        let backlog = begun.elapsed();
        let after = Reading::of(&bench.server).await?;
        bench.steps.reset().await?;
        let pace = Pace::Open { rate: full.rate() / 2.0, duration: plan.duration };
        let mut half = bench.load(plan.concurrency, pace, request::start("start"), request::started).await?;
        calm(&bench, half.good).await?;
        let seen = bench.steps.seen().await?;
        let mut figures = Figures::default();
        figures.add("starts_per_s", full.rate());
        figures.percentiles("start", full.samples.percentiles());
        figures.add("backlog_after_s", backlog.as_secs_f64());
        figures.add("half_load_starts_per_s", half.rate());
        figures.percentiles("half_load_start", half.samples.percentiles());
        figures.percentiles("first_step", seen.latency);
        after.since(&before, full.good, &bench.server, &mut figures)?;
        Ok(figures)
    })
    .await
}

/// Waits until every start has called the step server.
async fn calm(bench: &Bench, expected: u64) -> Result<(), Error> {
    let begun = Instant::now();
    while bench.steps.seen().await?.count < expected && begun.elapsed() < Duration::from_secs(CALM_S_MAX) {
        tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
    }
    Ok(())
}
