//! Events: one that finds its execution among many by correlation, and one for a whole audience beside another tenant.
//!
//! A published event is answered when it is durable in the history of every execution that wanted it, so the time of the
//! answer is the time from the event to the execution, and the way of the request with it.

use super::{Bench, Progress};
use crate::bench::Plan;
use crate::bench::figures::Figures;
use crate::bench::load::{Outcome, Pace};
use crate::bench::meter::Reading;
use crate::bench::request;
use crate::bench::stats::{Samples, number};
use crate::error::Error;
use std::time::{Duration, Instant};

/// Executions that wait for an event of their own, unless the command line says how many.
const COUNT_DEFAULT: u64 = 100_000;
/// Executions that wait for a broadcast.
const AUDIENCE: u64 = 10_000;
/// Broadcasts: what lasts half a second shows too few of the other tenant's runs for a p99.
const BROADCASTS: u64 = 8;
/// Events a second while the time of one is measured: far from what the machine can do.
const EVENTS_PER_S: f64 = 100.0;
/// Connections that they are sent over.
const LANES: u64 = 8;
/// Runs a second of the other tenant.
const OTHER_PER_S: f64 = 100.0;
/// How long the other tenant's load lasts before it is asked whether the broadcast is over.
const PIECE: Duration = Duration::from_millis(500);

/// Measures once: what it prepares is used up.
pub(crate) async fn measure(plan: &Plan, progress: Progress<'_>) -> Result<Vec<Figures>, Error> {
    let count = plan.count.unwrap_or(COUNT_DEFAULT);
    let bench = Bench::start(&plan.dir).await?;
    bench.register("acme-admin").await?;
    let mut figures = Figures::default();
    progress(&format!("starting {count} executions that each wait for an event of their own"));
    let filled = bench
        .load(plan.concurrency, Pace::Count(count), request::listen("listener"), request::started)
        .await?;
    figures.add("listeners_count", number(count));
    figures.add("starts_per_s", filled.rate());
    progress("sending events that each find one of them");
    let before = Reading::of(&bench.server).await?;
    let sent = find_one(&bench, plan, count, &mut figures).await?;
    Reading::of(&bench.server).await?.since(&before, sent, &bench.server, &mut figures)?;
    broadcasts(&bench, plan, progress, &mut figures).await?;
    Ok(vec![figures])
}

/// Events at a steady rate, first unmeasured while the store still moves what the starts have written, then as fast as
/// they are answered. Gives how many there were.
async fn find_one(bench: &Bench, plan: &Plan, count: u64, figures: &mut Figures) -> Result<u64, Error> {
    let steady = Pace::Open { rate: EVENTS_PER_S, duration: plan.duration };
    let events = |first| request::event("bench.number", first);
    let early = bench.load(LANES, steady, events(0), request::delivered_once).await?.good;
    let mut one = bench.load(LANES, steady, events(early), request::delivered_once).await?;
    figures.percentiles("event", one.samples.percentiles());
    let steadily = early + one.good;
    let fast = Pace::Count(count.saturating_sub(steadily).min(10_000));
    let fast = bench.load(plan.concurrency, fast, events(steadily), request::delivered_once).await?;
    figures.add("events_per_s", fast.rate());
    Ok(steadily + fast.good)
}

/// Events that each are for a whole audience, while another tenant goes on with its own work.
async fn broadcasts(
    bench: &Bench,
    plan: &Plan,
    progress: Progress<'_>,
    figures: &mut Figures,
) -> Result<(), Error> {
    progress("measuring another tenant alone");
    other(bench, plan.duration).await?;
    let mut calm = other(bench, plan.duration).await?;
    let (mut beside, mut lasted) = (Samples::default(), Duration::ZERO);
    for round in 0..BROADCASTS {
        progress(&format!("broadcast {} of {BROADCASTS}, beside the other tenant", round + 1));
        let audience = Pace::Count(AUDIENCE);
        bench.load(plan.concurrency, audience, request::listen("audience"), request::started).await?;
        lasted += broadcast(bench, round, &mut beside).await?;
    }
    let seconds = lasted.as_secs_f64() / number(BROADCASTS);
    figures.add("audience_count", number(AUDIENCE));
    figures.add("broadcast_ms", seconds * 1_000.0);
    figures.add("broadcast_per_s", number(AUDIENCE) / seconds);
    let (calm, beside) = (calm.samples.percentiles(), beside.percentiles());
    figures.percentiles("other_calm", calm);
    figures.percentiles("other_beside", beside);
    figures.add("other_p99_ratio", number(beside.p99_us) / number(calm.p99_us.max(1)));
    Ok(())
}

/// One event for the audience; gives how long it took, and adds the other tenant's runs of that time.
async fn broadcast(bench: &Bench, round: u64, beside: &mut Samples) -> Result<Duration, Error> {
    let begun = Instant::now();
    let make = request::event("bench.broadcast", round);
    let event = bench.load(1, Pace::Count(1), make, request::accepted);
    let mut event = std::pin::pin!(event);
    loop {
        let piece = other(bench, PIECE);
        let mut piece = std::pin::pin!(piece);
        tokio::select! {
            outcome = &mut event => {
                outcome?;
                let lasted = begun.elapsed();
                beside.merge(piece.await?.samples);
                return Ok(lasted);
            }
            outcome = &mut piece => beside.merge(outcome?.samples),
        }
    }
}

/// Runs of the other tenant at a steady rate.
async fn other(bench: &Bench, duration: Duration) -> Result<Outcome, Error> {
    let pace = Pace::Open { rate: OTHER_PER_S, duration };
    bench.load_as("acme-admin", LANES, pace, request::run("w5-set"), request::completed).await
}
