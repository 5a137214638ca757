//! Follows an execution to its end, event by event, over long polls that survive a restart of the server.

use crate::client::{Client, path, query};
use crate::error::{Code, Error};
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;

/// Seconds that one poll waits for an event.
const POLL_S: u64 = 20;
/// Milliseconds between two tries while the server does not answer.
const RETRY_MS: u64 = 200;
/// How long a server may be away before following is given up.
const AWAY_MS_MAX: u64 = 30_000;

/// Calls `each` with every event beyond `after`, until the execution has ended. `None` waits for ever.
pub(crate) async fn to_the_end(
    client: &Client,
    id: &str,
    after: u64,
    limit: Option<Duration>,
    mut each: impl FnMut(&Value),
) -> Result<(), Error> {
    let deadline = limit.map(|limit| Instant::now() + limit);
    let mut after = after;
    let mut away_since: Option<Instant> = None;
    loop {
        let rest =
            deadline.map_or(Duration::from_secs(POLL_S), |at| at.saturating_duration_since(Instant::now()));
        if rest.is_zero() {
            return Err(late(id, limit));
        }
        let wait = rest.as_secs().clamp(1, POLL_S);
        let fields = [("after", Some(after.to_string())), ("wait", Some(wait.to_string()))];
        let target = format!("{}{}", path(&["v1", "workflows", id, "history"]), query(&fields));
        let page = match tokio::time::timeout(rest + Duration::from_secs(1), client.get(&target)).await {
            Err(_) => return Err(late(id, limit)),
            Ok(Ok(answer)) => answer.body,
            Ok(Err(error)) => {
                let since = *away_since.get_or_insert_with(Instant::now);
                if !error.is_connection() || since.elapsed() > Duration::from_millis(AWAY_MS_MAX) {
                    return Err(error);
                }
                tokio::time::sleep(Duration::from_millis(RETRY_MS)).await;
                continue;
            }
        };
        away_since = None;
        for event in page.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default() {
            each(event);
        }
        after = page.get("nextAfter").and_then(Value::as_u64).unwrap_or(after);
        if page.get("ended").and_then(Value::as_bool).unwrap_or(false) {
            return Ok(());
        }
    }
}

/// The execution as it is now.
pub(crate) async fn execution(client: &Client, id: &str) -> Result<Value, Error> {
    Ok(client.get(&path(&["v1", "workflows", id])).await?.body)
}

fn late(id: &str, limit: Option<Duration>) -> Error {
    let seconds = limit.unwrap_or_default().as_secs_f64();
    Error::new(Code::Wait, format!("`{id}` has not ended within {seconds} s; it goes on"))
        .next(format!("`tenure workflow watch {id}` waits for its end"))
}
