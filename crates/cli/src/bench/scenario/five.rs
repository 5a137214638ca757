//! Five steps one after the other: HTTP calls with a key each, or steps inside the engine.

use super::{Bench, Progress, WARM_UP, repeat};
use crate::bench::Plan;
use crate::bench::figures::Figures;
use crate::bench::load::Pace;
use crate::bench::meter::Reading;
use crate::bench::request;
use crate::bench::stats::number;
use crate::error::Error;

const STEPS: u64 = 5;

/// What the five steps are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// Calls of the step server.
    Http,
    /// Values that are set.
    Set,
}

/// Measures runs a second, each of them waited for.
pub(crate) async fn measure(plan: &Plan, kind: Kind, progress: Progress<'_>) -> Result<Vec<Figures>, Error> {
    let name = match kind {
        Kind::Http => "w5-http",
        Kind::Set => "w5-set",
    };
    let bench = Bench::start(&plan.dir).await?;
    progress("warming up");
    bench.load(plan.concurrency, Pace::Closed(WARM_UP), request::run(name), request::completed).await?;
    repeat(plan, progress, async || {
        let before = Reading::of(&bench.server).await?;
        let pace = Pace::Closed(plan.duration);
        let mut outcome = bench.load(plan.concurrency, pace, request::run(name), request::completed).await?;
        let after = Reading::of(&bench.server).await?;
        let mut figures = Figures::default();
        figures.add("runs_per_s", outcome.rate());
        figures.add("steps_per_s", outcome.rate() * number(STEPS));
        figures.percentiles("run", outcome.samples.percentiles());
        after.since(&before, outcome.good * STEPS, &bench.server, &mut figures)?;
        Ok(figures)
    })
    .await
}
