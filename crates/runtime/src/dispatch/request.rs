//! From a recorded request to a typed one. Pure: what cannot be sent as it is recorded is refused, with nothing sent.

use super::{Call, Times};
use crate::egress::{self, Target};
use bytes::Bytes;
use http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, TE,
    USER_AGENT,
};
use http::uri::PathAndQuery;
use http::{Method, Request, Uri};
use http_body_util::Full;
use std::fmt;
use tenure_dsl::json::Json;
use tenure_engine::execution::{GrpcRequest, HttpRequest};
use tokio::time::Instant;

/// Bytes of all headers that a definition sets.
pub const HEADER_BYTES_MAX: usize = 32 * 1024;
/// Headers that a definition sets.
pub const HEADERS_MAX: usize = 100;

/// Headers that belong to the connection or to the engine; a definition may not set them.
const RESERVED: [&str; 11] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "te",
    "upgrade",
    "trailer",
    "keep-alive",
    "idempotency-key",
    "x-tenant-id",
    "x-correlation-id",
];
const RESERVED_PREFIX: &str = "proxy-";

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const TENANT_ID: HeaderName = HeaderName::from_static("x-tenant-id");
const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// What goes over a connection.
pub(super) type Outgoing = Request<Full<Bytes>>;

/// Why a recorded request cannot be sent.
#[derive(Debug)]
pub(super) enum Unsendable {
    /// Its URL is refused.
    Denied(egress::Error),
    /// Something else in it is not HTTP.
    Invalid(String),
}

/// What of a request follows from its definition, with all values in their places.
#[derive(Clone, Copy)]
pub(super) struct Draft<'a> {
    pub(super) method: &'a str,
    pub(super) uri: &'a str,
    pub(super) headers: &'a [(String, String)],
    pub(super) body: Option<&'a Json>,
    /// The whole `Authorization` header, over whatever the headers say.
    pub(super) authorization: Option<&'a str>,
}

impl<'a> Draft<'a> {
    /// A request in which nothing is hidden.
    pub(super) fn recorded(request: &'a HttpRequest) -> Self {
        let HttpRequest { method, uri, headers, body, .. } = request;
        Self { method, uri, headers, body: body.as_ref(), authorization: None }
    }
}

/// The target of a call and the request in origin form.
pub(super) fn prepare(call: &Call, draft: &Draft<'_>) -> Result<(Target, Outgoing), Unsendable> {
    let (target, path) = Target::parse(draft.uri).map_err(Unsendable::Denied)?;
    let path = PathAndQuery::try_from(path).map_err(|e| invalid("path", e))?;
    let mut headers = user_headers(draft.headers)?;
    let authority = target.authority();
    headers.insert(
        HOST,
        HeaderValue::from_maybe_shared(Bytes::from(authority)).map_err(|e| invalid("host", e))?,
    );
    let body = body(draft.body, &mut headers);
    own_headers(call, &mut headers)?;
    if let Some(text) = draft.authorization {
        headers.insert(AUTHORIZATION, credentials(text)?);
    }
    let method = method(draft.method)?;
    // A receiver may refuse a request that could have a body and does not say that it has none.
    if body.is_empty() && matches!(method, Method::POST | Method::PUT | Method::PATCH) {
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = Uri::from(path);
    *request.headers_mut() = headers;
    Ok((target, request))
}

/// The target of a gRPC call and the head of its request.
pub(super) fn grpc(
    call: &Call,
    recorded: &GrpcRequest,
    authorization: Option<&str>,
    times: &Times,
) -> Result<(Target, Request<()>), Unsendable> {
    let uri = format!("{}{}", recorded.server, recorded.path);
    let (target, _) = Target::parse(&uri).map_err(Unsendable::Denied)?;
    let uri = Uri::try_from(uri).map_err(|e| invalid("address", e))?;
    let mut headers = HeaderMap::new();
    own_headers(call, &mut headers)?;
    headers.remove(ACCEPT);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert(TE, HeaderValue::from_static("trailers"));
    // At most eight digits are allowed; that is a day.
    let left = times.deadline.saturating_duration_since(Instant::now()).as_millis().min(99_999_999);
    let timeout = HeaderValue::from_str(&format!("{left}m")).map_err(|e| invalid("timeout", e))?;
    headers.insert("grpc-timeout", timeout);
    if let Some(authorization) = authorization {
        headers.insert(AUTHORIZATION, credentials(authorization)?);
    }
    let mut request = Request::new(());
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    Ok((target, request))
}

fn credentials(text: &str) -> Result<HeaderValue, Unsendable> {
    if text.len() > HEADER_BYTES_MAX {
        return Err(invalid("credentials", format_args!("more than {HEADER_BYTES_MAX} bytes")));
    }
    let mut value = HeaderValue::from_bytes(text.as_bytes()).map_err(|e| invalid("credentials", e))?;
    value.set_sensitive(true);
    Ok(value)
}

/// `CONNECT` would turn the connection into a tunnel.
fn method(text: &str) -> Result<Method, Unsendable> {
    match Method::from_bytes(text.as_bytes()) {
        Ok(Method::CONNECT) => Err(invalid("method", "`CONNECT` is not a call")),
        Ok(method) => Ok(method),
        Err(error) => Err(invalid("method", error)),
    }
}

fn user_headers(recorded: &[(String, String)]) -> Result<HeaderMap, Unsendable> {
    let bytes: usize = recorded.iter().map(|(name, value)| name.len() + value.len()).sum();
    if recorded.len() > HEADERS_MAX || bytes > HEADER_BYTES_MAX {
        return Err(invalid("headers", format_args!("more than {HEADERS_MAX}, or {HEADER_BYTES_MAX} bytes")));
    }
    let mut headers = HeaderMap::with_capacity(recorded.len() + 8);
    for (name, value) in recorded {
        let shown = name.escape_debug();
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|e| invalid(format_args!("header `{shown}`"), e))?;
        if RESERVED.contains(&name.as_str()) || name.as_str().starts_with(RESERVED_PREFIX) {
            return Err(invalid(format_args!("header `{name}`"), "it is set by the engine"));
        }
        let value = HeaderValue::from_bytes(value.as_bytes())
            .map_err(|e| invalid(format_args!("value of header `{name}`"), e))?;
        headers.append(name, value);
    }
    Ok(headers)
}

/// The bytes of the body of a request that can be sent.
pub(super) fn payload(draft: &Draft<'_>) -> Bytes {
    user_headers(draft.headers).map_or_else(|_| Bytes::new(), |mut headers| body(draft.body, &mut headers))
}

/// A text under a content type of its own is sent as it is, anything else as JSON.
fn body(recorded: Option<&Json>, headers: &mut HeaderMap) -> Bytes {
    let Some(body) = recorded else { return Bytes::new() };
    let plain = headers.get(CONTENT_TYPE).is_some_and(|value| !names_json(value));
    headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
    match body.as_str() {
        Some(text) if plain => Bytes::copy_from_slice(text.as_bytes()),
        Some(_) | None => Bytes::copy_from_slice(body.text().as_bytes()),
    }
}

fn names_json(content_type: &HeaderValue) -> bool {
    let text = String::from_utf8_lossy(content_type.as_bytes());
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || essence == "text/json" || essence.ends_with("+json")
}

fn own_headers(call: &Call, headers: &mut HeaderMap) -> Result<(), Unsendable> {
    let value =
        |what: &str, text: &str| HeaderValue::from_bytes(text.as_bytes()).map_err(|e| invalid(what, e));
    headers.insert(IDEMPOTENCY_KEY, value("idempotency key", &call.effect.key)?);
    headers.insert(CORRELATION_ID, value("correlation id", &call.correlation_id)?);
    headers.insert(TENANT_ID, value("tenant id", call.tenant.as_str())?);
    headers.entry(ACCEPT).or_insert(HeaderValue::from_static("application/json, */*;q=0.8"));
    headers
        .entry(USER_AGENT)
        .or_insert(HeaderValue::from_static(concat!("tenure/", env!("CARGO_PKG_VERSION"))));
    if !headers.contains_key(TRACEPARENT) {
        headers.insert(TRACEPARENT, value("traceparent", &traceparent(call))?);
    }
    Ok(())
}

/// W3C trace context: all calls of an execution are one trace, whose id is the execution's; each attempt is a span.
fn traceparent(call: &Call) -> String {
    let (frame, attempt) = (call.effect.frame.0, call.effect.attempt);
    format!("00-{:032x}-{frame:08x}{attempt:08x}-01", call.execution.0)
}

fn invalid(what: impl fmt::Display, why: impl fmt::Display) -> Unsendable {
    Unsendable::Invalid(format!("{what} cannot be sent: {why}"))
}
