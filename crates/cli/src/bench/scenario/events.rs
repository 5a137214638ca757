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
/// Executions that wait for the broadcast.
const AUDIENCE: u64 = 10_000;
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
    broadcast(&bench, plan, progress, &mut figures).await?;
    Ok(vec![figures])
}

/// Events at a steady rate, then as fast as they are answered. Gives how many there were.
async fn find_one(bench: &Bench, plan: &Plan, count: u64, figures: &mut Figures) -> Result<u64, Error> {
    let steady = Pace::Open { rate: EVENTS_PER_S, duration: plan.duration };
    let mut one =
        bench.load(LANES, steady, request::event("bench.number", 0), request::delivered_once).await?;
    figures.percentiles("event", one.samples.percentiles());
    let left = count.saturating_sub(one.good).min(10_000);
    let fast = Pace::Count(left);
    let make = request::event("bench.number", one.good);
    let fast = bench.load(plan.concurrency, fast, make, request::delivered_once).await?;
    figures.add("events_per_s", fast.rate());
    Ok(one.good + fast.good)
}

/// One event for an audience, while another tenant goes on with its own work.
async fn broadcast(
    bench: &Bench,
    plan: &Plan,
    progress: Progress<'_>,
    figures: &mut Figures,
) -> Result<(), Error> {
    progress(&format!("starting {AUDIENCE} executions that wait for the same event"));
    let pace = Pace::Count(AUDIENCE);
    bench.load(plan.concurrency, pace, request::listen("audience"), request::started).await?;
    progress("measuring another tenant, first alone and then beside the broadcast");
    other(bench, plan.duration).await?;
    let mut calm = other(bench, plan.duration).await?;
    let begun = Instant::now();
    let event = bench.load(1, Pace::Count(1), request::event("bench.broadcast", 0), request::accepted);
    let mut event = std::pin::pin!(event);
    let (mut beside, mut answered) = (Samples::default(), None);
    while answered.is_none() {
        let piece = other(bench, PIECE);
        let mut piece = std::pin::pin!(piece);
        tokio::select! {
            outcome = &mut event => {
                answered = Some((outcome?, begun.elapsed()));
                beside.merge(piece.await?.samples);
            }
            outcome = &mut piece => beside.merge(outcome?.samples),
        }
    }
    let (_, lasted) = answered.expect("the loop ends with it");
    figures.add("audience_count", number(AUDIENCE));
    figures.add("broadcast_ms", lasted.as_secs_f64() * 1_000.0);
    figures.add("broadcast_per_s", number(AUDIENCE) / lasted.as_secs_f64());
    let (calm, beside) = (calm.samples.percentiles(), beside.percentiles());
    figures.percentiles("other_calm", calm);
    figures.percentiles("other_beside", beside);
    figures.add("other_p99_ratio", number(beside.p99_us) / number(calm.p99_us.max(1)));
    Ok(())
}

/// Runs of the other tenant at a steady rate.
async fn other(bench: &Bench, duration: Duration) -> Result<Outcome, Error> {
    let pace = Pace::Open { rate: OTHER_PER_S, duration };
    bench.load_as("acme-admin", LANES, pace, request::run("w5-set"), request::completed).await
}
