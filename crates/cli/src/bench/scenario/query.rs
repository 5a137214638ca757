//! What monitoring costs while executions are written: lists and single reads beside a steady load.

use super::{Bench, Progress, repeat};
use crate::bench::Plan;
use crate::bench::figures::Figures;
use crate::bench::load::Pace;
use crate::bench::meter::Reading;
use crate::bench::request;
use crate::bench::stats::number;
use crate::client::path;
use crate::commands::page;
use crate::error::Error;
use crate::output::cell;

/// Executions that exist before the measurement, unless the command line says how many.
const COUNT_DEFAULT: u64 = 20_000;
/// Connections that read, of each kind.
const READERS: u64 = 2;
/// Executions that single reads choose from.
const IDS: usize = 1_000;
/// Lists of one kind of reader, each a page of 50.
const LISTS: &[&str] = &[
    "/v1/workflows?pageSize=50",
    "/v1/workflows?status=waiting&pageSize=50",
    "/v1/workflows?status=completed&pageSize=50",
    "/v1/workflows?definition=bench%2Fw5-set&pageSize=50",
];

/// Measures reads while `concurrency` connections write.
pub(crate) async fn measure(plan: &Plan, progress: Progress<'_>) -> Result<Vec<Figures>, Error> {
    let count = plan.count.unwrap_or(COUNT_DEFAULT);
    let bench = Bench::start(&plan.dir).await?;
    progress(&format!("starting {count} executions"));
    let pace = |part: u64| Pace::Count(part.max(1));
    bench.load(plan.concurrency, pace(count / 2), request::start("sleeper"), request::started).await?;
    bench.load(plan.concurrency, pace(count / 2), request::run("w5-set"), request::completed).await?;
    let client = bench.server.client()?;
    let known = page::up_to(&client, &path(&["v1", "workflows"]), &[], IDS).await?;
    let singles: Vec<String> =
        known.items.iter().map(|item| path(&["v1", "workflows", &cell(item, "/id")])).collect();
    repeat(plan, progress, async || {
        let before = Reading::of(&bench.server).await?;
        let pace = Pace::Closed(plan.duration);
        let lists = LISTS.iter().map(ToString::to_string).collect();
        let (written, listed, got) = tokio::join!(
            bench.load(plan.concurrency, pace, request::run("w5-set"), request::completed),
            bench.load(READERS, pace, request::get(lists), request::found),
            bench.load(READERS, pace, request::get(singles.clone()), request::found),
        );
        let (written, mut listed, mut got) = (written?, listed?, got?);
        let after = Reading::of(&bench.server).await?;
        let mut figures = Figures::default();
        figures.add("executions_count", number(count));
        figures.add("written_runs_per_s", written.rate());
        figures.add("lists_per_s", listed.rate());
        figures.percentiles("list", listed.samples.percentiles());
        figures.add("gets_per_s", got.rate());
        figures.percentiles("get", got.samples.percentiles());
        after.since(&before, written.good * 5, &bench.server, &mut figures)?;
        Ok(figures)
    })
    .await
}
