//! `call: http`: the request is evaluated once, when the task starts; every attempt sends the same.
//!
//! Deliberately absent: attempts and their outcomes (`attempt`), and everything about sockets.

use super::super::dataflow;
use super::super::effect::{Authentication, HttpRequest, Output, Protection};
use super::super::env::key_scope;
use super::super::history::Begun;
use super::super::input::Answer;
use super::super::key;
use super::super::limits::{CALL_TIMEOUT_MS, EXCERPT_BYTES_MAX};
use super::super::request::Request;
use super::super::step::Turn;
use super::{Entering, Next};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write;
use std::sync::Arc;
use tenure_dsl::error::Error;
use tenure_dsl::expr::Template;
use tenure_dsl::json::Json;
use tenure_dsl::json::opaque::Text;
use tenure_dsl::program::{self, EffectPolicy, HttpCall};
use tenure_types::limits::PAYLOAD_BYTES_MAX;

pub(super) fn prepare(
    turn: &Turn<'_>,
    entering: &Entering<'_>,
    call: &HttpCall,
) -> Result<(Begun, Next), Error> {
    let (request, protection) = request(turn, entering, call)?;
    Ok(begin(turn, entering, (Request::Http(Arc::new(request)), protection), call.effect, None))
}

/// The start of a task that sends something. `timeout_ms` is the call's own.
pub(super) fn begin(
    turn: &Turn<'_>,
    entering: &Entering<'_>,
    (request, protection): (Request, Protection),
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
    let begun = if protection.is_empty() {
        match request {
            Request::Http(request) => Begun::Http { request, key, mode, on_uncertain, deadline },
            request @ (Request::Rpc(_) | Request::Grpc(_) | Request::Process(_)) => {
                Begun::Call { request, key, mode, on_uncertain, deadline }
            }
        }
    } else {
        let protection = Arc::new(protection);
        Begun::Protected { request, key, mode, on_uncertain, deadline, protection }
    };
    (begun, Next::Own)
}

/// The request as it may be shown, and what of it is hidden.
fn request(
    turn: &Turn<'_>,
    entering: &Entering<'_>,
    call: &HttpCall,
) -> Result<(HttpRequest, Protection), Error> {
    let scope = entering.scope(turn);
    let uri = call
        .endpoint
        .expand(entering.input(), &scope)
        .map_err(|error| Error::expression(format!("`with.endpoint`: {error}")))?;
    let eval = |template: &Option<Template>, what: &str| match template {
        Some(template) => dataflow::eval_opaque(template, entering.input(), &scope, what).map(Some),
        None => Ok(None),
    };
    let query = values(eval(&call.query, "with.query")?, "with.query")?;
    let mut protection = Protection::default();
    let uri = protection.take_uri(with_query(uri, &query)?);
    let headers = values(eval(&call.headers, "with.headers")?, "with.headers")?;
    let headers = protection.take_headers(headers);
    let body = eval(&call.body, "with.body")?;
    let body = body.map(|body| dataflow::bounded(body, "with.body")).transpose()?;
    protection.authentication = authentication(turn, entering, call.authentication.as_ref())?;
    let request = HttpRequest {
        method: Arc::clone(&call.method),
        uri,
        headers,
        body,
        output: call.output.into(),
        redirect: call.redirect,
    };
    Ok((request, protection))
}

impl Protection {
    /// A URI as it may be shown; what is hidden in it is kept.
    pub(super) fn take_uri(&mut self, uri: Text) -> String {
        uri.into_plain().unwrap_or_else(|hidden| {
            let shown = shown_text(&hidden);
            self.uri = Some(hidden);
            shown
        })
    }

    /// Headers as they may be shown; what is hidden in them is kept.
    pub(super) fn take_headers(&mut self, headers: Vec<(String, Json)>) -> Vec<(String, String)> {
        let mut all = vec![];
        for (at, (name, value)) in (0..).zip(headers) {
            all.push((name, shown_text(&value)));
            if value.is_opaque() {
                self.headers.push((at, value));
            }
        }
        all
    }
}

/// A call's policy with its values.
pub(super) fn authentication(
    turn: &Turn<'_>,
    entering: &Entering<'_>,
    policy: Option<&program::Authentication>,
) -> Result<Option<Authentication>, Error> {
    let Some(policy) = policy else { return Ok(None) };
    let scope = entering.scope(turn);
    let properties = dataflow::eval_opaque(&policy.properties, entering.input(), &scope, "authentication")?;
    let properties = dataflow::bounded(properties, "authentication")?;
    Ok(Some(Authentication { scheme: policy.scheme, properties }))
}

/// A string with whatever is hidden in it masked; anything else as JSON.
fn shown_text(value: &Json) -> String {
    let shown = value.clone().masked();
    shown.as_str().unwrap_or_else(|| shown.text()).to_owned()
}

/// The entries of an object as values that can be texts; `null` leaves an entry out, an array repeats it.
pub(super) fn values(object: Option<Json>, what: &str) -> Result<Vec<(String, Json)>, Error> {
    let Some(object) = object.filter(|object| !object.is_null()) else { return Ok(vec![]) };
    let wrong =
        |kind: &str| Error::expression(format!("`{what}` gives {kind}: an object of texts is needed"));
    let entries = object.entries().ok_or_else(|| wrong(object.kind_name()))?;
    let mut found = vec![];
    for (name, value) in entries {
        let values = value.items().unwrap_or_else(|| vec![value]);
        for value in values {
            match value.kind_name() {
                "null" => {}
                "string" | "number" | "boolean" => found.push((name.to_string(), value)),
                kind => return Err(wrong(&format!("{kind} for `{name}`"))),
            }
        }
    }
    Ok(found)
}

fn with_query(uri: Text, query: &[(String, Json)]) -> Result<Text, Error> {
    if query.is_empty() {
        return Ok(uri);
    }
    let mut out = Text::default();
    let mut fragment = None;
    let before = match uri.into_plain() {
        Ok(mut plain) => {
            fragment = plain.find('#').map(|at| plain.split_off(at));
            out.push_str(&plain);
            plain
        }
        Err(hidden) => {
            let shown = shown_text(&hidden);
            if shown.contains('#') {
                let what = "an endpoint with a secret in it cannot have both a fragment and a `query`";
                return Err(Error::configuration(what));
            }
            out.push(&hidden);
            shown
        }
    };
    let mut separator = match before.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    for (name, value) in query {
        out.push_str(separator);
        separator = "&";
        out.push_encoded(&Json::string(name));
        out.push_str("=");
        out.push_encoded(value);
    }
    if let Some(fragment) = fragment {
        out.push_str(&fragment);
    }
    Ok(out)
}

/// Whether the receiver says that it has done what it was asked.
pub(in super::super) fn good(request: &HttpRequest, answer: &Answer) -> bool {
    match answer.status {
        300..=399 => request.redirect,
        status => status < 400,
    }
}

/// What an answer means: the task's raw output, or its error.
pub(in super::super) fn read(
    request: &HttpRequest,
    protection: Option<&Protection>,
    answer: &Answer,
) -> Result<Json, Error> {
    if !good(request, answer) {
        return Err(refusal((&request.method, &request.uri), protection, answer));
    }
    if answer.truncated {
        return Err(too_large());
    }
    match request.output {
        Output::Content => content(answer),
        Output::Raw => Ok(Json::string(&STANDARD.encode(&answer.body))),
        Output::Response => Ok(Json::object([
            ("request", described(request)),
            ("statusCode", Json::number(i64::from(answer.status))),
            ("headers", headers(&answer.headers)),
            ("content", content(answer)?),
        ])),
    }
}

/// The error of an answer that is not kept whole.
pub(super) fn too_large() -> Error {
    let detail =
        format!("the answer is larger than the limit `payload_bytes_max` of {PAYLOAD_BYTES_MAX} bytes");
    let mut error = Error::runtime(detail);
    error.status = 413;
    error
}

/// The error of an answer that says no. Whoever proves an identity and gets a 401 was not believed.
pub(super) fn refusal(
    (method, uri): (&str, &str),
    protection: Option<&Protection>,
    answer: &Answer,
) -> Error {
    let status = answer.status;
    let mut detail = format!("{method} {} was answered with status {status}", shown(uri));
    let excerpt = excerpt(&answer.body);
    if !excerpt.is_empty() {
        write!(detail, ": {excerpt}").expect("writing to a string cannot fail");
    }
    if status == 401 && protection.is_some_and(|protection| protection.authentication.is_some()) {
        return Error::authentication(detail);
    }
    let mut error = Error::communication(status, detail);
    error.title = Some(title(status).to_owned());
    error
}

/// The address without its query, which may hold what is nobody's business.
fn shown(uri: &str) -> &str {
    uri.split(['?', '#']).next().unwrap_or_default()
}

fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    let Some((end, _)) = text.char_indices().find(|(at, c)| at + c.len_utf8() > EXCERPT_BYTES_MAX) else {
        return text.to_owned();
    };
    format!("{}…", &text[..end])
}

/// JSON when it claims or looks to be, text otherwise; nothing gives `null`.
fn content(answer: &Answer) -> Result<Json, Error> {
    if answer.body.is_empty() {
        return Ok(Json::null());
    }
    if claims_json(answer) {
        return Json::from_slice(&answer.body).map_err(|error| {
            let detail = format!(
                "the answer claims to be JSON and is not: {error}; it begins: {}",
                excerpt(&answer.body)
            );
            Error::communication(502, detail)
        });
    }
    Ok(match std::str::from_utf8(&answer.body) {
        Ok(text) => Json::string(text),
        Err(_) => Json::string(&STANDARD.encode(&answer.body)),
    })
}

fn claims_json(answer: &Answer) -> bool {
    let kind = answer.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let Some((_, kind)) = kind else { return false };
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind == "text/json" || kind.ends_with("+json")
}

fn described(request: &HttpRequest) -> Json {
    Json::object([
        ("method", Json::string(&request.method)),
        ("uri", Json::string(&request.uri)),
        ("headers", headers(&request.headers)),
    ])
}

/// Headers as an object; several of one name are joined, as HTTP allows.
fn headers(list: &[(String, String)]) -> Json {
    let mut joined: Vec<(&str, String)> = vec![];
    for (name, value) in list {
        match joined.iter_mut().find(|(own, _)| own == name) {
            Some((_, values)) => {
                values.push_str(", ");
                values.push_str(value);
            }
            None => joined.push((name, value.clone())),
        }
    }
    Json::object(joined.into_iter().map(|(name, values)| (name, Json::string(&values))))
}

fn title(status: u16) -> &'static str {
    match status {
        300..=399 => "Redirect Not Followed",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        status if status < 500 => "Client Error",
        _ => "Server Error",
    }
}
