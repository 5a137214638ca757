//! Performs JSON-RPC requests: A2A's by themselves, MCP's inside of a session of their own.
//!
//! A session is opened for one request and closed after it. Opening it changes nothing at the other side that anybody
//! asked for, so whatever goes wrong before the request itself has left is *not sent*; from then on the classes are
//! those of any request. Deliberately absent: what replies mean, sessions that are kept, messages of the server, and
//! who the caller is (`journey`).

use super::exchange::Until;
use super::journey::Line;
use super::outcome::not_sent;
use std::sync::Arc;
use std::time::Duration;
use tenure_dsl::json::Json;
use tenure_engine::execution::rpc::{Reply, replies};
use tenure_engine::execution::{CallOutcome, HttpRequest, Output, RpcProtocol, RpcRequest};
use tokio::time::timeout;

/// The id of the request that opens a session; the request itself has another.
const GREETING_ID: i64 = 0;
/// How long the end of a session may delay the outcome.
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(1);

/// Performs the attempt.
pub(super) async fn perform<G: Fn() -> bool>(
    line: &mut Line<'_, '_, G>,
    request: &RpcRequest,
) -> CallOutcome {
    let RpcProtocol::Mcp { version, client, client_version } = &request.protocol else {
        let until = if request.streams() { Until::End } else { Until::Reply(RpcRequest::ID) };
        return line.send(until, |known| post(known, known.message(), &[])).await;
    };
    let greeting =
        message("initialize", Some(GREETING_ID), Some(introduction(version, client, client_version)));
    let greet = |known: &RpcRequest| post(known, greeting.clone(), &[]);
    let session = match opened(line.prepare(Until::Reply(GREETING_ID), greet).await) {
        Ok(session) => session,
        Err(outcome) => return outcome,
    };
    let session: Vec<(&str, &str)> = session.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let confirm =
        |known: &RpcRequest| post(known, message("notifications/initialized", None, None), &session);
    match line.prepare(Until::End, confirm).await {
        CallOutcome::Answered(answer) if answer.status < 300 => {}
        other => return before_the_request(other, "the session was not confirmed"),
    }
    let ask = |known: &RpcRequest| post(known, known.message(), &session);
    let outcome = line.send(Until::Reply(RpcRequest::ID), ask).await;
    if session.iter().any(|(name, _)| *name == SESSION) {
        let leave = |known: &RpcRequest| {
            let goodbye = post(known, Json::null(), &session);
            HttpRequest { method: "DELETE".into(), body: None, ..goodbye }
        };
        // The server forgets the session by itself if this does not reach it.
        let _ = timeout(GOODBYE_TIMEOUT, line.prepare(Until::End, leave)).await;
    }
    outcome
}

fn introduction(version: &str, client: &str, client_version: &str) -> Json {
    let client = [("name", Json::string(client)), ("version", Json::string(client_version))];
    Json::object([
        ("protocolVersion", Json::string(version)),
        ("capabilities", Json::from_value(&serde_json::json!({}))),
        ("clientInfo", Json::object(client)),
    ])
}

const SESSION: &str = "mcp-session-id";
const VERSION: &str = "mcp-protocol-version";

/// The headers by which the server knows its session; or why there is none.
fn opened(greeted: CallOutcome) -> Result<Vec<(&'static str, String)>, CallOutcome> {
    let CallOutcome::Answered(answer) = greeted else {
        return Err(before_the_request(greeted, "the session was not opened"));
    };
    match replies(&answer, GREETING_ID).pop() {
        Some(Reply::Result(result)) if answer.status < 300 => {
            let version =
                result.get("protocolVersion").and_then(|version| version.as_str().map(str::to_owned));
            let id = answer.headers.iter().find(|(name, _)| name == SESSION).map(|(_, id)| id.clone());
            Ok([(VERSION, version), (SESSION, id)].into_iter().filter_map(|(n, v)| Some((n, v?))).collect())
        }
        Some(Reply::Error { .. }) => Err(CallOutcome::Answered(answer)),
        _ if answer.status >= 300 => Err(CallOutcome::Answered(answer)),
        _ => Err(not_sent("handshake", "the server answered `initialize` without a JSON-RPC reply")),
    }
}

/// What an exchange before the request itself says about the request: it was not sent, or the server refused.
fn before_the_request(outcome: CallOutcome, what: &str) -> CallOutcome {
    match outcome {
        CallOutcome::Answered(_) | CallOutcome::NotSent { .. } => outcome,
        CallOutcome::Refused { detail } => not_sent("handshake", &format!("{what}: {detail}")),
        CallOutcome::Unknown { cause, detail } => {
            not_sent("handshake", &format!("{what}: {cause}: {detail}"))
        }
    }
}

fn message(method: &str, id: Option<i64>, params: Option<Json>) -> Json {
    let head = [("jsonrpc", Json::string("2.0")), ("method", Json::string(method))];
    let id = id.map(|id| ("id", Json::number(id)));
    Json::object(head.into_iter().chain(id).chain(params.map(|params| ("params", params))))
}

fn post(request: &RpcRequest, body: Json, session: &[(&str, &str)]) -> HttpRequest {
    let mut headers = request.headers.clone();
    let own = [("content-type", "application/json"), ("accept", "application/json, text/event-stream")];
    for (name, value) in own.iter().chain(session) {
        headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        headers.push(((*name).to_owned(), (*value).to_owned()));
    }
    let (method, uri, output) = (Arc::from("POST"), request.uri.clone(), Output::Content);
    HttpRequest { method, uri, headers, body: Some(body), output, redirect: false }
}
