//! `call: mcp` and `call: a2a`: one JSON-RPC request, and what its answer means.
//!
//! Deliberately absent: the session that MCP opens around a request, which is the dispatcher's.

use super::super::dataflow;
use super::super::env::key_scope;
use super::super::history::Begun;
use super::super::input::Answer;
use super::super::key;
use super::super::limits::CALL_TIMEOUT_MS;
use super::super::request::{Request, RpcProtocol, RpcRequest};
use super::super::rpc;
use super::super::step::Turn;
use super::call_http::{self, fields};
use super::{Entering, Next};
use std::sync::Arc;
use tenure_dsl::error::Error;
use tenure_dsl::expr::Template;
use tenure_dsl::json::Json;
use tenure_dsl::program::{self, EffectPolicy, RpcCall};

pub(super) fn prepare(
    turn: &Turn<'_>,
    entering: &Entering<'_>,
    call: &RpcCall,
) -> Result<(Begun, Next), Error> {
    let scope = entering.scope(turn);
    let request = request(turn, entering, call)?;
    let timeout = call.timeout.as_ref();
    let timeout =
        timeout.map(|span| dataflow::span(span, entering.input(), &scope, "with.timeout")).transpose()?;
    Ok(begin(turn, entering, Request::Rpc(Arc::new(request)), call.effect, timeout))
}

/// The start of a task that sends something other than an HTTP request. `timeout_ms` is the call's own.
pub(super) fn begin(
    turn: &Turn<'_>,
    entering: &Entering<'_>,
    request: Request,
    effect: EffectPolicy,
    timeout_ms: Option<u64>,
) -> (Begun, Next) {
    let undo = turn.exec.undo_around(entering.parent).is_some();
    let key =
        key::of_task(&turn.exec, &entering.place, undo, key_scope(entering.node), entering.attempts_before);
    let default = || turn.now.at.plus_ms(CALL_TIMEOUT_MS);
    let own = timeout_ms.map(|ms| turn.now.at.plus_ms(ms));
    let deadline = match (entering.deadline, own) {
        (Some(task), Some(own)) => task.min(own),
        (task, own) => task.or(own).unwrap_or_else(default),
    };
    let (mode, on_uncertain) = (effect.mode, effect.on_uncertain);
    (Begun::Call { request, key, mode, on_uncertain, deadline }, Next::Own)
}

fn request(turn: &Turn<'_>, entering: &Entering<'_>, call: &RpcCall) -> Result<RpcRequest, Error> {
    let scope = entering.scope(turn);
    let uri = call
        .endpoint
        .expand(entering.input(), &scope)
        .map_err(|error| Error::expression(format!("the endpoint: {error}")))?;
    let eval = |template: &Option<Template>, what: &str| match template {
        Some(template) => dataflow::eval(template, entering.input(), &scope, what).map(Some),
        None => Ok(None),
    };
    let headers = fields(eval(&call.headers, "with.transport.http.headers")?, "with.transport.http.headers")?;
    let params = eval(&call.params, "with.parameters")?.filter(|params| !params.is_null());
    if let Some(params) = &params
        && params.entries().is_none()
    {
        let detail = format!("`with.parameters` gives {}: an object is needed", params.kind_name());
        return Err(Error::expression(detail));
    }
    let params = params.map(|params| dataflow::bounded(params, "with.parameters")).transpose()?;
    let protocol = match &call.protocol {
        program::RpcProtocol::A2a => RpcProtocol::A2a,
        program::RpcProtocol::Mcp { version, client, client_version } => RpcProtocol::Mcp {
            version: Arc::clone(version),
            client: Arc::clone(client),
            client_version: Arc::clone(client_version),
        },
    };
    Ok(RpcRequest { uri, headers, protocol, method: Arc::clone(&call.method), params })
}

/// Whether the receiver says that it has done what it was asked.
pub(in super::super) fn good(request: &RpcRequest, answer: &Answer) -> bool {
    let replies = rpc::replies(answer, RpcRequest::ID);
    let result = replies.into_iter().next_back().map(|reply| rpc::output(request, reply));
    answer.status < 300 && result.is_none_or(|result| result.is_ok())
}

/// What an answer means: the task's raw output, or its error.
pub(in super::super) fn read(request: &RpcRequest, answer: &Answer) -> Result<Json, Error> {
    let mut replies = rpc::replies(answer, RpcRequest::ID);
    if request.streams() && answer.status < 300 {
        whole(answer)?;
        let results: Result<Vec<Json>, Error> =
            replies.into_iter().map(|reply| rpc::output(request, reply)).collect();
        return Ok(Json::array(results?));
    }
    match replies.pop() {
        Some(reply) => rpc::output(request, reply),
        None if answer.status >= 300 => Err(call_http::refusal("POST", &request.uri, answer)),
        None => {
            whole(answer)?;
            let detail = format!("{} was answered without a JSON-RPC reply", request.method);
            Err(Error::communication(502, detail))
        }
    }
}

fn whole(answer: &Answer) -> Result<(), Error> {
    if answer.truncated { Err(call_http::too_large()) } else { Ok(()) }
}
