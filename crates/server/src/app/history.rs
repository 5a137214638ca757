//! The history of an execution: a page, a page that is waited for, or everything as it comes.

use super::reveal::{self, Veil};
use super::workflows::id_of;
use super::{App, Error, view};
use crate::auth::Grant;
use crate::http::Query;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tenure_api::{HistoryEvent, HistoryPage};
use tenure_engine::execution::Fact;
use tenure_runtime::Until;
use tenure_types::ExecutionId;
use tenure_types::limits::PAGE_ITEMS_MAX;

/// Events that a stream reads at once.
const FOLLOW_PAGE: usize = 200;

/// A piece of the history; waits for the next event when there is none and the request asks to.
pub(crate) async fn page(app: &App, grant: &Grant, id: &str, query: &Query) -> Result<HistoryPage, Error> {
    let sight = reveal::sight(app, grant, id, query).await?;
    let id = id_of(id)?;
    let mut veil = Veil::of(app, grant, id, sight).await?;
    let after = query.number("after").unwrap_or(0);
    let limit = query.number("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(PAGE_ITEMS_MAX);
    // Registered before the history is read, so that nothing is missed between the two.
    let wait = query.number("wait").filter(|seconds| *seconds > 0);
    let watch = wait.map(|seconds| (Duration::from_secs(seconds), app.handle.watch(id, Until::Next)));
    let piece = read(app, grant, &mut veil, (after, limit)).await?;
    let Some((wait, mut watch)) = watch.filter(|_| piece.items.is_empty() && !piece.ended) else {
        return Ok(piece);
    };
    tokio::select! {
        _ = watch.fired() => {}
        () = tokio::time::sleep(wait) => {}
        () = app.draining.cancelled() => {}
    }
    read(app, grant, &mut veil, (after, limit)).await
}

async fn read(
    app: &App,
    grant: &Grant,
    veil: &mut Veil,
    (after, limit): (u64, usize),
) -> Result<HistoryPage, Error> {
    let id = veil.id();
    let events = app.handle.history(grant.tenant(), id, after, limit).await?.ok_or_else(Error::not_found)?;
    let next_after = events.last().map_or(after, |(seq, _)| *seq);
    veil.learn(app).await?;
    let ended = events.last().is_none_or(|(_, event)| may_be_last(&event.fact))
        && ended_at(app, grant, id, next_after).await?;
    let items = events.iter().map(|(seq, event)| view::event(*seq, event, veil.masks())).collect();
    Ok(HistoryPage { items, next_after, ended })
}

/// Whether the execution has ended, owes nothing, and has nothing beyond this position. The row is read after the
/// history: what was added in between makes it say no.
async fn ended_at(app: &App, grant: &Grant, id: ExecutionId, last: u64) -> Result<bool, Error> {
    let row = app.handle.row(grant.tenant(), id).await?;
    Ok(row.is_some_and(|row| row.status.ended() && !row.owing && row.events <= last))
}

/// The facts that a history can end with: the end itself, and what is settled with parent and children after it.
fn may_be_last(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::Completed { .. }
            | Fact::Faulted { .. }
            | Fact::Cancelled
            | Fact::Terminated { .. }
            | Fact::ParentTold { .. }
            | Fact::ChildEnded { .. }
            | Fact::ChildRefused { .. }
    )
}

/// A history as it comes, to its end.
#[derive(Debug)]
pub(crate) struct Follow {
    app: Arc<App>,
    grant: Grant,
    veil: Veil,
    after: u64,
    ready: VecDeque<HistoryEvent>,
    ended: bool,
}

impl Follow {
    /// Begins after an event; fails at once when there is no such execution.
    pub(crate) async fn begin(
        app: Arc<App>,
        grant: Grant,
        id: &str,
        after: u64,
        query: &Query,
    ) -> Result<Self, Error> {
        let sight = reveal::sight(&app, &grant, id, query).await?;
        let id = id_of(id)?;
        let veil = Veil::of(&app, &grant, id, sight).await?;
        let mut follow = Self { app, grant, veil, after, ready: VecDeque::new(), ended: false };
        follow.read_on().await?;
        Ok(follow)
    }

    /// The next event; `None` after the last one, when the server drains, or when the history cannot be read.
    pub(crate) async fn next(&mut self) -> Option<HistoryEvent> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if self.ended {
                return None;
            }
            let mut watch = self.app.handle.watch(self.veil.id(), Until::Next);
            // A client that is cut off comes back with `Last-Event-ID`.
            self.read_on().await.ok()?;
            if self.ready.is_empty() && !self.ended {
                tokio::select! {
                    _ = watch.fired() => {}
                    () = self.app.draining.cancelled() => return None,
                }
            }
        }
    }

    async fn read_on(&mut self) -> Result<(), Error> {
        let page = read(&self.app, &self.grant, &mut self.veil, (self.after, FOLLOW_PAGE)).await?;
        self.after = page.next_after;
        self.ended = page.ended;
        self.ready = page.items.into();
        Ok(())
    }
}
