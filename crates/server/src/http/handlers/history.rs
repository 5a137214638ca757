//! `/v1/workflows/{id}/history`: a page, a long poll, or a stream of server-sent events.

use super::Answer;
use crate::app::history::{self, Follow};
use crate::app::{App, Error};
use crate::auth::Grant;
use crate::http::{Call, Reply};
use axum::response::IntoResponse as _;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream;
use http::HeaderName;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tenure_api::HistoryEvent;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// How often a stream says that it is alive.
const ALIVE_EVERY: Duration = Duration::from_secs(15);

pub(super) async fn show(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    let id = call.parameter("id");
    if !call.query.flag("follow") {
        return Ok(Reply::ok(&history::page(&app, &grant, id, &call.query).await?).into());
    }
    let after = last_event_id(&call)?.or_else(|| call.query.number("after")).unwrap_or(0);
    let follow = Follow::begin(app, grant, id, after, &call.query).await?;
    let events = stream::unfold(follow, |mut follow| async move {
        let event = follow.next().await?;
        Some((Ok::<_, Infallible>(sent(&event)), follow))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE_EVERY)).into_response())
}

fn sent(event: &HistoryEvent) -> Event {
    let text = serde_json::to_string(event).expect("the contract's types are JSON");
    Event::default().id(event.seq.to_string()).event(&event.kind).data(text)
}

fn last_event_id(call: &Call) -> Result<Option<u64>, Error> {
    let Some(value) = call.headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let seq = value.to_str().ok().and_then(|text| text.parse().ok());
    seq.map(Some).ok_or_else(|| Error::parameter("`Last-Event-ID` is the `seq` of an event"))
}
