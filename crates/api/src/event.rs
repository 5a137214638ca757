//! Events: those that are published to whoever listens, and signals to one execution.

use crate::json::{Json, Time};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A `CloudEvent` 1.0 in its JSON form. Any other attribute is an extension of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CloudEvent {
    /// `1.0`
    pub specversion: String,
    /// Unique within its source: a repetition bears the same, and is taken once.
    #[schema(min_length = 1, max_length = 255)]
    pub id: String,
    /// The context in which it happened, a URI reference.
    #[schema(min_length = 1, max_length = 1024)]
    pub source: String,
    /// What happened, such as `com.example.order.paid`.
    #[serde(rename = "type")]
    #[schema(min_length = 1, max_length = 255)]
    pub kind: String,
    /// What it happened to, within its source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Time>,
    /// The media type of its data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datacontenttype: Option<String>,
    /// The schema of its data, a URI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataschema: Option<String>,
    /// What it carries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Json>,
    /// What it carries, as base 64, when that is no text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_base64: Option<String>,
    /// Extensions.
    #[serde(flatten)]
    #[schema(value_type = BTreeMap<String, Object>)]
    pub extensions: BTreeMap<String, serde_json::Value>,
}

/// What became of published events. All of it is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AcceptedEvents {
    /// How many events were accepted.
    pub accepted: u64,
    /// How often one of them was handed to an execution that might wait for it.
    pub deliveries: u64,
    /// How many executions they started.
    pub started: u64,
}

/// Tells one execution something. It is kept until the execution wants it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignalWorkflow {
    /// What a `listen` knows it by: the `type` of the event that it becomes; `signal` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 255)]
    pub name: Option<String>,
    /// A repetition bears the same, and is taken once; a new one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 255)]
    pub id: Option<String>,
    /// What it carries; `{}` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Json>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_of_an_event_stay() {
        let text = r#"{"specversion":"1.0","id":"1","source":"/a","type":"t","traceparent":"00-1"}"#;
        let event: CloudEvent = serde_json::from_str(text).expect("it is an event");
        assert_eq!(event.extensions["traceparent"], "00-1");
        assert_eq!(serde_json::to_string(&event).expect("an event is JSON"), text);
    }

    #[test]
    fn a_signal_with_an_unknown_field_is_refused() {
        assert!(serde_json::from_str::<SignalWorkflow>("{}").is_ok());
        let error = serde_json::from_str::<SignalWorkflow>(r#"{"payload":1}"#).expect_err("it is unknown");
        assert!(error.to_string().contains("unknown field `payload`"), "{error}");
    }
}
