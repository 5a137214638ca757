//! Replies, and the headers that each of them has.

use super::correlation;
use crate::app::Error;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use tenure_api::Problem;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");
const CSP: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
/// Seconds after which a refused request may be sent again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// A good answer with a JSON body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
    pub(crate) location: Option<String>,
    /// Seconds that were granted for `Prefer: wait`.
    pub(crate) waited: Option<u64>,
    pub(crate) replayed: bool,
    /// How the thing is, for `If-Match`.
    pub(crate) etag: Option<String>,
    /// Seconds for which anybody may keep it.
    pub(crate) cached: Option<u32>,
}

impl Reply {
    /// An answer with this status and body.
    pub(crate) fn new(status: StatusCode, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("the contract's types are JSON");
        Self {
            status,
            body: body.into(),
            location: None,
            waited: None,
            replayed: false,
            etag: None,
            cached: None,
        }
    }

    /// 200.
    pub(crate) fn ok(body: &impl Serialize) -> Self {
        Self::new(StatusCode::OK, body)
    }

    /// 200 with a body that is JSON text already.
    pub(crate) fn text(body: Bytes) -> Self {
        Self { body, ..Self::new(StatusCode::OK, &()) }
    }

    /// The same answer with `Location`.
    pub(crate) fn at(mut self, location: String) -> Self {
        self.location = Some(location);
        self
    }

    /// The same answer with `ETag`.
    pub(crate) fn tagged(mut self, etag: String) -> Self {
        self.etag = Some(etag);
        self
    }

    /// The same answer, which anybody may keep for so many seconds.
    pub(crate) fn cached(mut self, seconds: u32) -> Self {
        self.cached = Some(seconds);
        self
    }
}

impl From<Reply> for Response {
    fn from(reply: Reply) -> Self {
        let mut response = Self::new(Body::from(reply.body));
        *response.status_mut() = reply.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, JSON);
        if let Some(location) = reply.location.and_then(|text| HeaderValue::from_str(&text).ok()) {
            headers.insert(header::LOCATION, location);
        }
        if let Some(seconds) = reply.waited
            && let Ok(value) = HeaderValue::from_str(&format!("wait={seconds}"))
        {
            headers.insert(PREFERENCE_APPLIED, value);
        }
        if let Some(etag) = reply.etag.and_then(|text| HeaderValue::from_str(&text).ok()) {
            headers.insert(header::ETAG, etag);
        }
        if let Some(seconds) = reply.cached
            && let Ok(value) = HeaderValue::from_str(&format!("public, max-age={seconds}"))
        {
            headers.insert(header::CACHE_CONTROL, value);
        }
        if reply.replayed {
            headers.insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}

/// The answer to a request that failed.
pub(crate) fn problem(error: Error, path: &str, correlation_id: &str) -> Response {
    let mut problem = Problem::from(error);
    path.clone_into(&mut problem.instance);
    correlation_id.clone_into(&mut problem.correlation_id);
    let body = serde_json::to_vec(&problem).expect("a problem is JSON");
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(problem.status).expect("codes have HTTP statuses");
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, PROBLEM);
    match problem.status {
        401 => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        408 => {
            // The rest of the body may still come: the connection cannot be used again.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        429 | 503 => {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        _ => {}
    }
    response
}

/// Adds what every answer has.
pub(crate) fn finish(headers: &mut HeaderMap, correlation_id: &str) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_SECURITY_POLICY, CSP);
    if let Ok(value) = HeaderValue::from_str(correlation_id) {
        headers.insert(correlation::HEADER, value);
    }
}
