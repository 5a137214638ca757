//! A kill with calls under way: how long until the first of them is sent again.

use super::sleepers::first_dispatch;
use super::{Bench, Progress};
use crate::bench::Plan;
use crate::bench::clock::now_us;
use crate::bench::figures::Figures;
use crate::bench::load::Pace;
use crate::bench::request;
use crate::bench::stats::number;
use crate::bench::usage::Usage;
use crate::error::Error;

/// Executions unless the command line says how many.
const COUNT_DEFAULT: u64 = 100_000;

/// Measures a first restart after the executions were started, and then one for each further run.
pub(crate) async fn measure(plan: &Plan, progress: Progress<'_>) -> Result<Vec<Figures>, Error> {
    let count = plan.count.unwrap_or(COUNT_DEFAULT);
    let mut bench = Bench::start(&plan.dir).await?;
    progress(&format!("starting {count} executions with a call that is not answered"));
    let filled =
        bench.load(plan.concurrency, Pace::Count(count), request::start("hold"), request::started).await?;
    let mut runs = Vec::new();
    for run in 1..=plan.runs {
        progress(&format!("kill {run} of {}", plan.runs));
        let mut figures = Figures::default();
        figures.add("open_count", number(count));
        figures.add("starts_per_s", filled.rate());
        bench.steps.reset().await?;
        let begun_us = now_us();
        bench = bench.restart()?;
        figures.add("restart_to_ready_ms", bench.server.ready_after.as_secs_f64() * 1_000.0);
        let first_us = first_dispatch(&bench).await?;
        figures.add("restart_to_first_dispatch_ms", number(first_us.saturating_sub(begun_us)) / 1_000.0);
        let rss = Usage::of(bench.server.pid()).unwrap_or_default().rss_bytes;
        figures.add("server_rss_mb", number(rss) / 1e6);
        runs.push(figures);
    }
    Ok(runs)
}
