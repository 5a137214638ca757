//! JSON values that pass through the API as text, and instants as RFC 3339 text.
//!
//! A payload is parsed by whoever needs its inside and by nobody else. Deliberately absent: any look into a value.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use tenure_types::Timestamp;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaFormat, SchemaType, Type as JsonType};
use utoipa::openapi::{KnownFormat, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// Any JSON value, kept as its text.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json(Box<RawValue>);

impl Json {
    /// The value that `text` is; an error when it is none.
    pub fn parse(text: String) -> Result<Self, serde_json::Error> {
        RawValue::from_string(text).map(Self)
    }

    /// The value's text.
    pub fn as_text(&self) -> &str {
        self.0.get()
    }

    /// Any value that can be written as JSON.
    pub fn of(value: &impl Serialize) -> Result<Self, serde_json::Error> {
        serde_json::value::to_raw_value(value).map(Self)
    }
}

// Equal texts: enough for tests and for the optional fields of requests.
impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.as_text() == other.as_text()
    }
}

impl PartialSchema for Json {
    fn schema() -> RefOr<Schema> {
        let any = ObjectBuilder::new().schema_type(SchemaType::AnyValue);
        RefOr::T(Schema::Object(any.description(Some("Any JSON value.")).build()))
    }
}

impl ToSchema for Json {
    fn name() -> Cow<'static, str> {
        "Json".into()
    }
}

/// An instant, written as RFC 3339 in UTC with milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub Timestamp);

impl From<Timestamp> for Time {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new()
            .schema_type(SchemaType::Type(JsonType::String))
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
        RefOr::T(Schema::Object(text.description(Some("An instant in RFC 3339.")).build()))
    }
}

impl ToSchema for Time {
    fn name() -> Cow<'static, str> {
        "Time".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_keeps_its_text() {
        let json: Json = serde_json::from_str(r#"{"b": 1.50, "a": [ ]}"#).expect("it is JSON");
        assert_eq!(json.as_text(), r#"{"b": 1.50, "a": [ ]}"#);
        assert_eq!(serde_json::to_string(&json).expect("it is JSON"), json.as_text());
    }

    #[test]
    fn what_is_no_value_is_refused() {
        assert!(Json::parse("{".into()).is_err());
        assert!(Json::parse("1 2".into()).is_err());
    }

    #[test]
    fn time_is_read_with_any_offset_and_written_in_utc() {
        let time: Time = serde_json::from_str("\"2025-11-24T17:00:00+01:00\"").expect("it is a time");
        assert_eq!(serde_json::to_string(&time).expect("texts"), "\"2025-11-24T16:00:00.000Z\"");
        assert!(serde_json::from_str::<Time>("\"tomorrow\"").is_err());
        assert!(serde_json::from_str::<Time>("17").is_err());
    }
}
