//! The demonstration of `tenure dev`: an order that fails half-way and is undone, over the real API.

mod services;
mod suggestion;

pub(crate) use services::Services;
pub(crate) use suggestion::program;

use crate::client::{Body, Client, path};
use crate::commands::{definition, follow};
use crate::error::Error;
use crate::output::{Style, cell};
use crate::tree;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

const ORDER_SAGA: &str = include_str!("../../demo/order-saga.yaml");
/// A destination that no courier of the demonstration serves.
const UNREACHABLE: &str = "the moon";
/// The demonstration takes about two seconds; longer means that something is wrong.
const LIMIT_S: u64 = 30;

/// Runs the order once and says what happened. `server_started` is when the server began to start.
pub(crate) async fn run(
    client: &Client,
    services: &Services,
    server_started: Instant,
    command: &str,
    style: Style,
) -> Result<String, Error> {
    definition::register(client, ORDER_SAGA).await?;
    let body = json!({ "workflow": { "namespace": "demo", "name": "order-saga" }, "input": input(services.url(), UNREACHABLE) });
    let started = client.post(&path(&["v1", "workflows", "start"]), Body::Json(body)).await?.body;
    let id = cell(&started, "/id");
    follow::to_the_end(client, &id, 0, Some(Duration::from_secs(LIMIT_S)), |_| {}).await?;
    let ended = follow::execution(client, &id).await?;
    let tasks = client.get(&path(&["v1", "workflows", &id, "tasks"])).await?.body;
    let first_step = services.first_call().map(|at| at.saturating_duration_since(server_started));
    Ok(report(
        &tree::render(&ended, &tasks, &json!({}), style),
        first_step,
        &suggestion::all(command, &id, services.url()),
    ))
}

/// The input of an order to a destination.
fn input(services: &str, destination: &str) -> Value {
    json!({ "services": services, "order": "A-17", "item": "lamp", "amount": 49, "destination": destination })
}

fn report(tree: &str, first_step: Option<Duration>, suggestions: &[String]) -> String {
    let mut text =
        format!("\nAn order to {UNREACHABLE}: no courier goes there, so what was done is undone.\n\n{tree}");
    if let Some(time) = first_step {
        let _ = writeln!(text, "\nFrom the start of the server to the first step: {} ms", time.as_millis());
    }
    text.push_str("\nTry next:\n");
    for suggestion in suggestions {
        let _ = writeln!(text, "  {suggestion}");
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn the_embedded_definition_is_valid() {
        let definition = tenure_dsl::load(ORDER_SAGA).unwrap_or_else(|findings| panic!("{findings:#?}"));
        assert_eq!(definition.id.to_string(), "demo/order-saga@1.0.0");
    }

    #[test]
    fn the_report_ends_with_what_to_try() {
        let report =
            report("exe_1 order\n", Some(Duration::from_millis(321)), &["tenure workflow list".into()]);
        expect![[r"

            An order to the moon: no courier goes there, so what was done is undone.

            exe_1 order

            From the start of the server to the first step: 321 ms

            Try next:
              tenure workflow list

        "]]
        .assert_eq(&report);
    }
}
