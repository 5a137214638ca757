//! Performs JSON-RPC requests: A2A's by themselves, MCP's inside of a session of their own.
//!
//! A session is opened for one request and closed after it. Opening it changes nothing at the other side that anybody
//! asked for, so whatever goes wrong before the request itself has left is *not sent*; from then on the classes are
//! those of any request. Deliberately absent: what replies mean, sessions that are kept, and messages of the server.

use super::exchange::Until;
use super::http::Client;
use super::outcome::not_sent;
use super::{Call, Times};
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

/// Performs the attempt. `may_send` is asked before each of its requests.
pub(super) async fn perform(
    client: &Client,
    call: &Call,
    request: &RpcRequest,
    times: &Times,
    may_send: &impl Fn() -> bool,
) -> CallOutcome {
    let RpcProtocol::Mcp { version, client: name, client_version } = &request.protocol else {
        let until = if request.streams() { Until::End } else { Until::Reply(RpcRequest::ID) };
        let post = post(request, request.message(), &[]);
        return client.exchange(call, &post, times, may_send, until).await;
    };
    let params = Json::object([
        ("protocolVersion", Json::string(version)),
        ("capabilities", Json::from_value(&serde_json::json!({}))),
        (
            "clientInfo",
            Json::object([("name", Json::string(name)), ("version", Json::string(client_version))]),
        ),
    ]);
    let greeting = post(request, message("initialize", Some(GREETING_ID), Some(params)), &[]);
    let greeted = client.exchange(call, &greeting, times, may_send, Until::Reply(GREETING_ID)).await;
    let session = match opened(greeted) {
        Ok(session) => session,
        Err(outcome) => return outcome,
    };
    let session: Vec<(&str, &str)> = session.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let ready = post(request, message("notifications/initialized", None, None), &session);
    match client.exchange(call, &ready, times, may_send, Until::End).await {
        CallOutcome::Answered(answer) if answer.status < 300 => {}
        other => return before_the_request(other, "the session was not confirmed"),
    }
    let outcome = client
        .exchange(
            call,
            &post(request, request.message(), &session),
            times,
            may_send,
            Until::Reply(RpcRequest::ID),
        )
        .await;
    if session.iter().any(|(name, _)| *name == SESSION) {
        let goodbye =
            HttpRequest { method: "DELETE".into(), body: None, ..post(request, Json::null(), &session) };
        // The server forgets the session by itself if this does not reach it.
        let _ = timeout(GOODBYE_TIMEOUT, client.exchange(call, &goodbye, times, may_send, Until::End)).await;
    }
    outcome
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
