//! A `CloudEvent` as it was published, checked once, and how a `listen` reads it.
//!
//! Deliberately absent: transport bindings, and which events anybody wants.

use super::limits::EVENT_ATTRIBUTE_BYTES_MAX;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tenure_dsl::json::Json;
use tenure_dsl::program::EventRead;
use tenure_types::Timestamp;
use tenure_types::limits::PAYLOAD_BYTES_MAX;

/// A `CloudEvent` 1.0 in its JSON form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    envelope: Json,
    id: Arc<str>,
    source: Arc<str>,
    kind: Arc<str>,
}

/// Why something is no `CloudEvent` that is taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// It is no object.
    #[error("an event is an object with attributes")]
    NotAnObject,
    /// It is larger than an event may be.
    #[error("the event has {0} bytes: the limit `payload_bytes_max` is {PAYLOAD_BYTES_MAX}")]
    TooLarge(usize),
    /// Something that every event has is not there, or is empty.
    #[error("the attribute `{0}` is required, and is a text that is not empty")]
    Missing(&'static str),
    /// It follows a version of the specification that is not known.
    #[error("the attribute `specversion` is `{0}`: only `1.0` is supported")]
    Version(String),
    /// An attribute cannot be what it is.
    #[error("the attribute `{name}` {problem}")]
    Attribute {
        /// Its name.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// It carries something twice.
    #[error("an event has `data` or `data_base64`, not both")]
    TwoData,
}

impl Event {
    /// Checks the JSON form of an event. Members that are `null` are left out.
    pub fn parse(envelope: Json) -> Result<Self, EventError> {
        let entries = envelope.entries().ok_or(EventError::NotAnObject)?;
        if envelope.len_bytes() > PAYLOAD_BYTES_MAX {
            return Err(EventError::TooLarge(envelope.len_bytes()));
        }
        let data_is_null = |name: &str, value: &Json| name != "data" && value.is_null();
        let envelope = if entries.iter().any(|(name, value)| data_is_null(name, value)) {
            Json::object(entries.iter().filter(|(name, value)| !data_is_null(name, value)).cloned())
        } else {
            envelope
        };
        for (name, value) in &entries {
            attribute(name, value)?;
        }
        let has = |name: &str| entries.iter().any(|(own, value)| **own == *name && !value.is_null());
        if has("data") && has("data_base64") {
            return Err(EventError::TwoData);
        }
        let version = required(&envelope, "specversion")?;
        if &*version != "1.0" {
            return Err(EventError::Version(version.to_string()));
        }
        Self::of(envelope)
    }

    /// An event that was checked when it came in.
    fn of(envelope: Json) -> Result<Self, EventError> {
        let id = required(&envelope, "id")?;
        let source = required(&envelope, "source")?;
        let kind = required(&envelope, "type")?;
        Ok(Self { envelope, id, source, kind })
    }

    /// `id`, unique among the events of its source.
    pub fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// `source`
    pub fn source(&self) -> &Arc<str> {
        &self.source
    }

    /// `type`
    pub fn kind(&self) -> &Arc<str> {
        &self.kind
    }

    /// The whole event.
    pub fn envelope(&self) -> &Json {
        &self.envelope
    }

    /// What it carries: bytes are read as JSON or text when its content type says so, and stay base 64 otherwise.
    pub fn data(&self) -> Json {
        let Some(bytes) = self.envelope.get("data_base64") else {
            return self.envelope.get("data").unwrap_or_default();
        };
        let decoded = bytes.as_str().and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
        let read = match self.content() {
            Content::Json => Json::from_slice(&decoded).ok(),
            Content::Text => std::str::from_utf8(&decoded).ok().map(Json::string),
            Content::Bytes => None,
        };
        read.unwrap_or(bytes)
    }

    /// The event as a `listen` reads it.
    pub(super) fn read(&self, read: EventRead) -> Json {
        match read {
            EventRead::Data => self.data(),
            EventRead::Envelope => self.envelope.clone(),
            EventRead::Raw => self.raw(),
        }
    }

    /// What tells a repetition of the event from any other event.
    pub(super) fn fingerprint(&self) -> [u8; 16] {
        let mut hash = Sha256::new();
        for part in [&self.source, &self.id] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let digest: [u8; 32] = hash.finalize().into();
        let mut short = [0; 16];
        short.copy_from_slice(&digest[..16]);
        short
    }

    /// The bytes that it carries, base 64; `null` when it carries nothing.
    fn raw(&self) -> Json {
        if let Some(bytes) = self.envelope.get("data_base64") {
            return bytes;
        }
        let Some(data) = self.envelope.get("data") else { return Json::null() };
        let bytes = match (self.content(), data.as_str()) {
            (Content::Text | Content::Bytes, Some(text)) => text.as_bytes(),
            (Content::Json, _) | (Content::Text | Content::Bytes, None) => data.text().as_bytes(),
        };
        Json::string(&STANDARD.encode(bytes))
    }

    fn content(&self) -> Content {
        let Some(kind) = self.envelope.get("datacontenttype") else { return Content::Json };
        let kind = kind.as_str().unwrap_or_default().to_ascii_lowercase();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        match kind {
            "application/json" | "text/json" => Content::Json,
            _ if kind.ends_with("+json") => Content::Json,
            "application/xml" => Content::Text,
            _ if kind.starts_with("text/") || kind.ends_with("+xml") => Content::Text,
            _ => Content::Bytes,
        }
    }
}

/// What the content type says about the data.
enum Content {
    Json,
    Text,
    Bytes,
}

fn required(envelope: &Json, name: &'static str) -> Result<Arc<str>, EventError> {
    let value = envelope.get(name);
    let text = value.as_ref().and_then(Json::as_str).filter(|text| !text.is_empty());
    text.map(Arc::from).ok_or(EventError::Missing(name))
}

fn attribute(name: &str, value: &Json) -> Result<(), EventError> {
    let wrong =
        |problem: &str| Err(EventError::Attribute { name: name.to_owned(), problem: problem.to_owned() });
    match name {
        "data" => return Ok(()),
        "data_base64" => {
            let decodes = value.is_null() || value.as_str().is_some_and(|text| STANDARD.decode(text).is_ok());
            return if decodes { Ok(()) } else { wrong("is not base 64") };
        }
        _ => {}
    }
    let usable = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    if name.is_empty() || !name.bytes().all(usable) {
        return wrong("is not named in lower-case letters and digits");
    }
    if name.len() > EVENT_ATTRIBUTE_BYTES_MAX || value.len_bytes() > EVENT_ATTRIBUTE_BYTES_MAX {
        return wrong(&format!(
            "is larger than the limit `event_attribute_bytes_max` of {EVENT_ATTRIBUTE_BYTES_MAX} bytes"
        ));
    }
    let text = ["id", "source", "specversion", "type", "subject", "time", "datacontenttype", "dataschema"];
    match value.kind_name() {
        "string" if name == "time" && value.as_str().is_some_and(|t| t.parse::<Timestamp>().is_err()) => {
            wrong("is not an instant such as `2027-01-01T00:00:00Z`")
        }
        "null" | "string" => Ok(()),
        "number" | "boolean" if !text.contains(&name) => Ok(()),
        kind => wrong(&format!("is of the wrong type: {kind}")),
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.envelope.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of(Json::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = r#""specversion":"1.0","id":"1","source":"/s","type":"t""#;

    fn event(more: &str) -> Result<Event, EventError> {
        Event::parse(Json::parse(&format!("{{{HEAD}{more}}}")).unwrap())
    }

    fn refused(more: &str) -> String {
        event(more).unwrap_err().to_string()
    }

    #[test]
    fn the_four_required_attributes_are_texts_that_are_not_empty() {
        assert_eq!(event("").unwrap().id().as_ref(), "1");
        for name in ["specversion", "id", "source", "type"] {
            assert!(refused(&format!(r#","{name}":"""#)).contains(name));
            assert!(refused(&format!(r#","{name}":null"#)).contains(name));
            assert!(refused(&format!(r#","{name}":3"#)).contains(name));
        }
        assert_eq!(Event::parse(Json::parse("[]").unwrap()), Err(EventError::NotAnObject));
    }

    #[test]
    fn another_version_of_cloud_events_is_refused() {
        assert_eq!(refused(r#","specversion":"0.3""#), EventError::Version("0.3".into()).to_string());
    }

    #[test]
    fn attributes_have_the_names_and_types_of_cloud_events() {
        assert!(
            event(r#","tenant1":"x","flag":true,"count":7,"gone":null,"time":"2027-01-01T00:00:00Z""#)
                .is_ok()
        );
        for more in [
            r#","Tenant":"x""#,
            r#","a_b":"x""#,
            r#","":"x""#,
            r#","extension":{}"#,
            r#","extension":[1]"#,
            r#","subject":3"#,
            r#","time":"yesterday""#,
            r#","data_base64":"%""#,
            r#","data":1,"data_base64":"AA==""#,
        ] {
            assert!(event(more).is_err(), "{more}");
        }
    }

    #[test]
    fn sizes_are_limited() {
        let long = "x".repeat(EVENT_ATTRIBUTE_BYTES_MAX);
        assert!(refused(&format!(r#","subject":"{long}""#)).contains("event_attribute_bytes_max"));
        let large = "x".repeat(PAYLOAD_BYTES_MAX);
        assert!(refused(&format!(r#","data":"{large}""#)).contains("payload_bytes_max"));
    }

    #[test]
    fn data_is_read_by_its_content_type() {
        let read = |more: &str| event(more).unwrap().data().to_string();
        assert_eq!(read(""), "null");
        assert_eq!(read(r#","data":{"a":1}"#), r#"{"a":1}"#);
        assert_eq!(read(r#","data_base64":"eyJhIjoxfQ==""#), r#"{"a":1}"#);
        assert_eq!(read(r#","datacontenttype":"text/plain","data_base64":"aGk=""#), r#""hi""#);
        assert_eq!(read(r#","datacontenttype":"image/png","data_base64":"aGk=""#), r#""aGk=""#);
    }

    #[test]
    fn raw_data_is_base_64() {
        let read = |more: &str| event(more).unwrap().read(EventRead::Raw).to_string();
        assert_eq!(read(""), "null");
        assert_eq!(read(r#","data":{"a":1}"#), r#""eyJhIjoxfQ==""#);
        assert_eq!(read(r#","datacontenttype":"text/plain","data":"hi""#), r#""aGk=""#);
        assert_eq!(read(r#","data_base64":"AAE=""#), r#""AAE=""#);
    }

    #[test]
    fn an_event_is_stored_as_its_json() {
        let event = event(r#","data":[1]"#).unwrap();
        let bytes = postcard::to_stdvec(&event).unwrap();
        assert_eq!(bytes, postcard::to_stdvec(event.envelope()).unwrap());
        assert_eq!(postcard::from_bytes::<Event>(&bytes).unwrap(), event);
    }

    #[test]
    fn source_and_id_together_make_an_event_unique() {
        let one = event(r#","source":"/ab","id":"c""#).unwrap();
        let other = event(r#","source":"/a","id":"bc""#).unwrap();
        assert_ne!(one.fingerprint(), other.fingerprint());
        assert_eq!(one.fingerprint(), event(r#","id":"c","source":"/ab","data":1"#).unwrap().fingerprint());
    }
}
