//! `call: http`: the request is evaluated once, when the task starts; every attempt sends the same.
//!
//! Deliberately absent: attempts and their outcomes (`attempt`), and everything about sockets.

use super::super::dataflow;
use super::super::effect::{HttpRequest, Output};
use super::super::env::key_scope;
use super::super::history::Begun;
use super::super::input::Answer;
use super::super::key;
use super::super::limits::{CALL_TIMEOUT_MS, EXCERPT_BYTES_MAX};
use super::super::step::Turn;
use super::{Entering, Next};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write;
use std::sync::Arc;
use tenure_dsl::error::Error;
use tenure_dsl::expr::Template;
use tenure_dsl::json::Json;
use tenure_dsl::program::{EffectPolicy, HttpCall};
use tenure_types::limits::PAYLOAD_BYTES_MAX;

pub(super) fn prepare(
    turn: &Turn<'_>,
    entering: &Entering<'_>,
    call: &HttpCall,
) -> Result<(Begun, Next), Error> {
    let request = request(turn, entering, call)?;
    Ok(begin(turn, entering, request, call.effect))
}

/// The start of a task that sends a request.
pub(super) fn begin(
    turn: &Turn<'_>,
    entering: &Entering<'_>,
    request: HttpRequest,
    effect: EffectPolicy,
) -> (Begun, Next) {
    let undo = turn.exec.undo_around(entering.parent).is_some();
    let key =
        key::of_task(&turn.exec, &entering.place, undo, key_scope(entering.node), entering.attempts_before);
    let deadline = entering.deadline.unwrap_or_else(|| turn.now.at.plus_ms(CALL_TIMEOUT_MS));
    let begun = Begun::Http {
        request: Arc::new(request),
        key,
        mode: effect.mode,
        on_uncertain: effect.on_uncertain,
        deadline,
    };
    (begun, Next::Own)
}

fn request(turn: &Turn<'_>, entering: &Entering<'_>, call: &HttpCall) -> Result<HttpRequest, Error> {
    let scope = entering.scope(turn);
    let uri = call
        .endpoint
        .expand(entering.input(), &scope)
        .map_err(|error| Error::expression(format!("`with.endpoint`: {error}")))?;
    let eval = |template: &Option<Template>, what: &str| match template {
        Some(template) => dataflow::eval(template, entering.input(), &scope, what).map(Some),
        None => Ok(None),
    };
    let query = fields(eval(&call.query, "with.query")?, "with.query")?;
    let headers = fields(eval(&call.headers, "with.headers")?, "with.headers")?;
    let body = eval(&call.body, "with.body")?;
    let body = body.map(|body| dataflow::bounded(body, "with.body")).transpose()?;
    Ok(HttpRequest {
        method: Arc::clone(&call.method),
        uri: with_query(uri, &query),
        headers,
        body,
        output: call.output.into(),
        redirect: call.redirect,
    })
}

/// The entries of an object as texts; `null` leaves an entry out, an array repeats it.
pub(super) fn fields(object: Option<Json>, what: &str) -> Result<Vec<(String, String)>, Error> {
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
                "string" => found.push((name.to_string(), value.as_str().unwrap_or_default().to_owned())),
                "number" | "boolean" => found.push((name.to_string(), value.text().to_owned())),
                kind => return Err(wrong(&format!("{kind} for `{name}`"))),
            }
        }
    }
    Ok(found)
}

fn with_query(uri: String, query: &[(String, String)]) -> String {
    if query.is_empty() {
        return uri;
    }
    let (before, fragment) =
        uri.split_once('#').map_or((&*uri, None), |(uri, fragment)| (uri, Some(fragment)));
    let mut out = String::from(before);
    let mut separator = match before.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    for (name, value) in query {
        out.push_str(separator);
        separator = "&";
        encode(&mut out, name);
        out.push('=');
        encode(&mut out, value);
    }
    if let Some(fragment) = fragment {
        out.push('#');
        out.push_str(fragment);
    }
    out
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
pub(super) fn encode(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("writing to a string cannot fail");
        }
    }
}

/// Whether the receiver says that it has done what it was asked.
pub(in super::super) fn good(request: &HttpRequest, answer: &Answer) -> bool {
    match answer.status {
        300..=399 => request.redirect,
        status => status < 400,
    }
}

/// What an answer means: the task's raw output, or its error.
pub(in super::super) fn read(request: &HttpRequest, answer: &Answer) -> Result<Json, Error> {
    if !good(request, answer) {
        return Err(refusal(&request.method, &request.uri, answer));
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

/// The error of an answer that says no.
pub(super) fn refusal(method: &str, uri: &str, answer: &Answer) -> Error {
    let status = answer.status;
    let mut detail = format!("{method} {} was answered with status {status}", shown(uri));
    let excerpt = excerpt(&answer.body);
    if !excerpt.is_empty() {
        write!(detail, ": {excerpt}").expect("writing to a string cannot fail");
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
