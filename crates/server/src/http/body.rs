//! Reads bodies: bounded in size and time, of a content type that the route takes.

use crate::app::Error;
use crate::http::call::Content;
use crate::http::cloud_events;
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body_util::BodyExt as _;
use std::time::Duration;
use tenure_api::{Body as Takes, Code, Operation, Route};
use tenure_types::limits::{DEFINITION_BYTES_MAX, PAYLOAD_BYTES_MAX, SECRET_BYTES_MAX};

/// Bytes of a body that carries a payload: the payload and what the request puts around it.
const PAYLOAD_BODY_BYTES_MAX: usize = PAYLOAD_BYTES_MAX + (256 << 10);
/// Bytes of a body that carries a secret: its value, with escapes, and what is around it.
const SECRET_BODY_BYTES_MAX: usize = 2 * SECRET_BYTES_MAX + (4 << 10);
/// Bytes of any other JSON body.
const SMALL_BODY_BYTES_MAX: usize = 64 << 10;
/// How long a body may take.
const BODY_TIME_MAX: Duration = Duration::from_secs(30);

struct Limit {
    bytes: usize,
    name: &'static str,
}

/// Reads the body of a request to `route`.
pub(crate) async fn read(route: &Route, headers: &HeaderMap, body: Body) -> Result<(Content, Bytes), Error> {
    let limit = limit(route);
    let declared =
        headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
    if declared.is_some_and(|length: usize| length > limit.bytes) {
        return Err(too_large(&limit));
    }
    let collected = tokio::time::timeout(BODY_TIME_MAX, collect(body, &limit)).await;
    let bytes = collected.map_err(|_| {
        let detail = format!("the body did not arrive within {} seconds", BODY_TIME_MAX.as_secs());
        Error::refused(Code::RequestTimeout, detail)
    })??;
    let content = content(route, headers, bytes.is_empty())?;
    Ok((content, bytes))
}

async fn collect(mut body: Body, limit: &Limit) -> Result<Bytes, Error> {
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let broken = |error| Error::refused(Code::MalformedBody, format!("the body broke off: {error}"));
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        if first.len() + rest.len() + data.len() > limit.bytes {
            return Err(too_large(limit));
        }
        // Most bodies arrive in one frame: that one is not copied.
        if first.is_empty() && rest.is_empty() {
            first = data;
        } else {
            rest.extend_from_slice(&std::mem::take(&mut first));
            rest.extend_from_slice(&data);
        }
    }
    Ok(if rest.is_empty() { first } else { rest.freeze() })
}

fn limit(route: &Route) -> Limit {
    let bytes = match (route.body, route.operation) {
        (Takes::None, _) => return Limit { bytes: 0, name: "this path takes no body" },
        (Takes::Definition, _) => DEFINITION_BYTES_MAX,
        (_, Operation::TestDefinition) => DEFINITION_BYTES_MAX + PAYLOAD_BODY_BYTES_MAX,
        (Takes::CloudEvents, _) => PAYLOAD_BODY_BYTES_MAX,
        (_, Operation::StartWorkflow | Operation::ResolveTask | Operation::SignalWorkflow) => {
            PAYLOAD_BODY_BYTES_MAX
        }
        (_, Operation::PutSecret) => SECRET_BODY_BYTES_MAX,
        (Takes::Json(_) | Takes::OptionalJson(_), _) => SMALL_BODY_BYTES_MAX,
    };
    let name =
        if matches!(route.body, Takes::Definition) { "definitionBytesMax" } else { "the body's limit" };
    Limit { bytes, name }
}

fn too_large(limit: &Limit) -> Error {
    let detail = match limit.bytes {
        0 => limit.name.to_owned(),
        bytes => format!("the body is larger than {bytes} bytes ({})", limit.name),
    };
    Error::refused(Code::TooLarge, detail)
}

fn content(route: &Route, headers: &HeaderMap, empty: bool) -> Result<Content, Error> {
    match route.body {
        Takes::None => return Ok(Content::Nothing),
        Takes::OptionalJson(_) if empty => return Ok(Content::Nothing),
        Takes::Json(_) | Takes::OptionalJson(_) | Takes::Definition | Takes::CloudEvents => {}
    }
    let yaml = matches!(route.body, Takes::Definition);
    if headers.get(header::CONTENT_ENCODING).is_some_and(|value| value != "identity") {
        return Err(unsupported("compressed bodies are not taken"));
    }
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (kind, parameters) = given.split_once(';').unwrap_or((given, ""));
    let charset = parameters.trim();
    let utf8 = charset.is_empty() || charset.eq_ignore_ascii_case("charset=utf-8");
    let kind = kind.trim().to_ascii_lowercase();
    if matches!(route.body, Takes::CloudEvents) {
        return cloud_events::content(headers, &kind, utf8);
    }
    match kind.as_str() {
        "application/json" if utf8 => Ok(Content::Json),
        "application/yaml" | "application/x-yaml" | "text/yaml" if yaml && utf8 => Ok(Content::Yaml),
        _ if yaml => {
            Err(unsupported("send `Content-Type: application/yaml` or `application/json`, in UTF-8"))
        }
        _ => Err(unsupported("send `Content-Type: application/json`, in UTF-8")),
    }
}

fn unsupported(detail: &str) -> Error {
    Error::refused(Code::UnsupportedMediaType, detail)
}
