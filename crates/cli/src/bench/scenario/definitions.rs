//! What definitions cost: how long a large one takes to be registered, and what many of them cost in memory and at starts.

use super::{Bench, Progress, WARM_UP};
use crate::bench::Plan;
use crate::bench::figures::Figures;
use crate::bench::load::Pace;
use crate::bench::request;
use crate::bench::stats::number;
use crate::bench::usage::Usage;
use crate::error::Error;
use std::fmt::Write as _;

/// Definitions unless the command line says how many.
const COUNT_DEFAULT: u64 = 10_000;
/// Steps of the large one: as many as a definition may have.
const STEPS: u64 = 10_000;
/// Connections that register, and starts a second of the latency that is measured: neither is the load that is in question.
const LANES: u64 = 4;
const STARTS_PER_S: f64 = 200.0;

/// Measures once: what it prepares is too much to repeat. Large definitions are registered as often as there are runs.
pub(crate) async fn measure(plan: &Plan, progress: Progress<'_>) -> Result<Vec<Figures>, Error> {
    let count = plan.count.unwrap_or(COUNT_DEFAULT);
    let bench = Bench::start(&plan.dir).await?;
    let mut figures = Figures::default();
    progress(&format!("registering {} definitions of {STEPS} steps", plan.runs));
    let large = request::register(|n| large(n, STEPS));
    let mut registered = bench.load(1, Pace::Count(plan.runs), large, request::created).await?;
    figures.add("large_registration_ms", number(registered.samples.percentiles().p50_us) / 1_000.0);
    bench.load(LANES, Pace::Closed(WARM_UP), request::start("start"), request::started).await?;
    let before = start_p95_ms(&bench, plan, request::start("start")).await?;
    let rss_before = rss(&bench);
    progress(&format!("registering {count} definitions"));
    let registered =
        bench.load(LANES, Pace::Count(count), request::register(small), request::created).await?;
    figures.add("registrations_per_s", registered.rate());
    figures.add("definitions_rss_mb", (rss(&bench) - rss_before) / 1e6);
    let after = start_p95_ms(&bench, plan, request::start("start")).await?;
    progress("starting each of them");
    let any = request::start_numbered("small", count);
    bench.load(LANES, Pace::Count(count), any.clone(), request::started).await?;
    let anything = start_p95_ms(&bench, plan, any).await?;
    figures.add("definitions_used_rss_mb", (rss(&bench) - rss_before) / 1e6);
    figures.add("start_p95_before_ms", before);
    figures.add("start_p95_ms", after);
    figures.add("start_p95_ratio", after / before.max(f64::MIN_POSITIVE));
    figures.add("start_any_p95_ms", anything);
    figures.add("start_any_p95_ratio", anything / before.max(f64::MIN_POSITIVE));
    progress("killing the server and starting it again");
    let bench = bench.restart()?;
    figures.add("restart_to_ready_ms", bench.server.ready_after.as_secs_f64() * 1_000.0);
    figures.add("restarted_rss_mb", rss(&bench) / 1e6);
    Ok(vec![figures])
}

fn rss(bench: &Bench) -> f64 {
    number(Usage::of(bench.server.pid()).unwrap_or_default().rss_bytes)
}

async fn start_p95_ms(
    bench: &Bench,
    plan: &Plan,
    make: crate::bench::load::MakeRequest,
) -> Result<f64, Error> {
    let pace = Pace::Open { rate: STARTS_PER_S, duration: plan.duration };
    let mut outcome = bench.load(LANES, pace, make, request::started).await?;
    Ok(number(outcome.samples.percentiles().p95_us) / 1_000.0)
}

/// A definition of so many steps, each with an expression of its own.
fn large(n: u64, steps: u64) -> String {
    let mut text =
        format!("document: {{ dsl: '1.0.3', namespace: bench, name: large-{n}, version: '1.0.0' }}\ndo:\n");
    for step in 0..steps {
        let _ = writeln!(text, "  - step{step}: {{ set: {{ n: '${{ .n + {step} }}' }} }}");
    }
    text
}

/// A definition of a usual size.
fn small(n: u64) -> String {
    let mut text = format!(
        "document: {{ dsl: '1.0.3', namespace: bench, name: small-{n}, version: '1.0.0' }}\ninput: {{ schema: {{ document: {{ type: object }} }} }}\ndo:\n"
    );
    for step in 0..8 {
        let _ = writeln!(
            text,
            "  - set{step}: {{ set: {{ n: '${{ .n + {n} }}', items: '${{ [ .items[]? | select(.price > {step}) ] }}' }} }}"
        );
    }
    text += "  - nap: { wait: PT1H }\n";
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_are_valid() {
        for text in [small(7), large(1, 10)] {
            assert!(tenure_dsl::load(&text).is_ok(), "{:#?}\n{text}", tenure_dsl::check(&text));
        }
        assert!(large(9, STEPS).len() < 1 << 20);
    }
}
