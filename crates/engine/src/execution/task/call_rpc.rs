//! `call: mcp` and `call: a2a`: one JSON-RPC request, and what its answer means.
//!
//! Deliberately absent: the session that MCP opens around a request, which is the dispatcher's.

use super::super::dataflow;
use super::super::effect::Protection;
use super::super::history::Begun;
use super::super::input::Answer;
use super::super::request::{Request, RpcProtocol, RpcRequest};
use super::super::rpc;
use super::super::step::Turn;
use super::call_http::{self, authentication, values};
use super::{Entering, Next};
use std::sync::Arc;
use tenure_dsl::error::Error;
use tenure_dsl::expr::Template;
use tenure_dsl::json::Json;
use tenure_dsl::program::{self, RpcCall};

pub(super) fn prepare(
    turn: &Turn<'_>,
    entering: &Entering<'_>,
    call: &RpcCall,
) -> Result<(Begun, Next), Error> {
    let scope = entering.scope(turn);
    let (request, protection) = request(turn, entering, call)?;
    let timeout = call.timeout.as_ref();
    let timeout =
        timeout.map(|span| dataflow::span(span, entering.input(), &scope, "with.timeout")).transpose()?;
    let request = Request::Rpc(Arc::new(request));
    Ok(call_http::begin(turn, entering, (request, protection), call.effect, timeout))
}

/// The request as it may be shown, and what of it is hidden.
fn request(
    turn: &Turn<'_>,
    entering: &Entering<'_>,
    call: &RpcCall,
) -> Result<(RpcRequest, Protection), Error> {
    let scope = entering.scope(turn);
    let uri = call
        .endpoint
        .expand(entering.input(), &scope)
        .map_err(|error| Error::expression(format!("the endpoint: {error}")))?;
    let mut protection = Protection::default();
    let uri = protection.take_uri(uri);
    let eval = |template: &Option<Template>, what: &str| match template {
        Some(template) => dataflow::eval_opaque(template, entering.input(), &scope, what).map(Some),
        None => Ok(None),
    };
    let what = "with.transport.http.headers";
    let headers = protection.take_headers(values(eval(&call.headers, what)?, what)?);
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
    protection.authentication = authentication(turn, entering, call.authentication.as_ref())?;
    Ok((RpcRequest { uri, headers, protocol, method: Arc::clone(&call.method), params }, protection))
}

/// Whether the receiver says that it has done what it was asked.
pub(in super::super) fn good(request: &RpcRequest, answer: &Answer) -> bool {
    let replies = rpc::replies(answer, RpcRequest::ID);
    let result = replies.into_iter().next_back().map(|reply| rpc::output(request, reply));
    answer.status < 300 && result.is_none_or(|result| result.is_ok())
}

/// What an answer means: the task's raw output, or its error.
pub(in super::super) fn read(
    request: &RpcRequest,
    protection: Option<&Protection>,
    answer: &Answer,
) -> Result<Json, Error> {
    let refusal = || call_http::refusal(("POST", &request.uri), protection, answer);
    // Whatever the body says: the receiver did not believe who is asking.
    if answer.status == 401 && protection.is_some_and(|protection| protection.authentication.is_some()) {
        return Err(refusal());
    }
    let mut replies = rpc::replies(answer, RpcRequest::ID);
    if request.streams() && answer.status < 300 {
        whole(answer)?;
        let results: Result<Vec<Json>, Error> =
            replies.into_iter().map(|reply| rpc::output(request, reply)).collect();
        return Ok(Json::array(results?));
    }
    match replies.pop() {
        Some(reply) => rpc::output(request, reply),
        None if answer.status >= 300 => Err(refusal()),
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
