//! A request as handlers get it: authorised, its query checked, its body read.

use super::json;
use super::query::Query;
use crate::app::Error;
use bytes::Bytes;
use http::HeaderMap;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use tenure_api::{Code, Route};

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// There is none.
    Nothing,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
    /// A `CloudEvent` in its JSON form.
    CloudEvent,
    /// Several of them.
    CloudEventBatch,
    /// The data of a `CloudEvent` whose attributes are headers.
    CloudEventData,
}

/// A request.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) route: &'static Route,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) query: Query,
    pub(crate) headers: HeaderMap,
    pub(crate) content: Content,
    pub(crate) body: Bytes,
}

impl Call {
    /// A parameter of the path, decoded.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        let found = self.parameters.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str()).expect("handlers ask for parameters of their own route's path")
    }

    /// The body as JSON of a type.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        json::parse(&self.body)
    }

    /// The body as JSON of a type whose errors repeat no word of it; they say that `shape` was expected.
    pub(crate) fn json_unquoted<T: DeserializeOwned>(&self, shape: &str) -> Result<T, Error> {
        json::parse_unquoted(&self.body, shape)
    }

    /// The body as JSON of a type, or its default when there is no body.
    pub(crate) fn json_or_default<T: DeserializeOwned + Default>(&self) -> Result<T, Error> {
        if self.content == Content::Nothing { Ok(T::default()) } else { self.json() }
    }

    /// The body as text.
    pub(crate) fn text(&self) -> Result<&str, Error> {
        let refuse = |_| Error::refused(Code::MalformedBody, "the body is not UTF-8");
        std::str::from_utf8(&self.body).map_err(refuse)
    }

    /// The request's digest: what an idempotency key stands for.
    pub(crate) fn fingerprint(&self) -> [u8; 32] {
        let mut sha = Sha256::new();
        sha.update(self.route.action.as_bytes());
        for (name, value) in &self.parameters {
            sha.update([0]);
            sha.update(name.as_bytes());
            sha.update([0]);
            sha.update(value.as_bytes());
        }
        if self.content == Content::CloudEventData {
            self.hash_event_headers(&mut sha);
        }
        sha.update([0, 0]);
        sha.update(&self.body);
        sha.finalize().into()
    }

    /// In binary mode a part of the request's content is in its headers.
    fn hash_event_headers(&self, sha: &mut Sha256) {
        let content = |name: &str| name.starts_with("ce-") || name == "content-type";
        let mut lines: Vec<(&str, &[u8])> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        lines.retain(|(name, _)| content(name));
        lines.sort_unstable();
        for (name, value) in lines {
            sha.update([0, 1]);
            sha.update(name.as_bytes());
            sha.update([0]);
            sha.update(value);
        }
    }
}
