//! The limits that a client can run into.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Seconds that `Prefer: wait` and `wait=` may ask for at most.
pub(crate) const WAIT_SECONDS_MAX: u64 = 60;
/// Characters of a reason.
pub(crate) const REASON_CHARS_MAX: usize = 1_024;
/// Items of a page when the request names no size.
pub(crate) const PAGE_ITEMS_DEFAULT: usize = 50;

/// Events of one batch.
pub(crate) const BATCH_EVENTS_MAX: usize = 100;

/// The limits that a client can run into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// Bytes of one payload: an input, an output, a context, an answer of a service.
    pub payload_bytes_max: usize,
    /// Bytes of a definition's text.
    pub definition_bytes_max: usize,
    /// Levels of nesting in a definition and in a payload.
    pub nesting_max: usize,
    /// Tasks in one definition.
    pub tasks_max: usize,
    /// Branches of one `fork`, items of one `for`.
    pub fan_out_max: usize,
    /// Characters of a key, a correlation id, an idempotency key.
    pub key_chars_max: usize,
    /// Labels of one execution.
    pub labels_max: usize,
    /// Items of one page of a list.
    pub page_items_max: usize,
    /// Items of a page when the request names no size.
    pub page_items_default: usize,
    /// History events of one execution.
    pub history_events_max: u64,
    /// Seconds that a request may wait for an execution.
    pub wait_seconds_max: u64,
    /// Characters of a reason.
    pub reason_chars_max: usize,
    /// Events of one batch.
    pub batch_events_max: usize,
    /// Bytes of a secret's value.
    pub secret_bytes_max: usize,
    /// Secrets of one tenant.
    pub secrets_max: usize,
}

impl Limits {
    /// The limits of this build.
    pub const CURRENT: Self = Self {
        payload_bytes_max: tenure_types::limits::PAYLOAD_BYTES_MAX,
        definition_bytes_max: tenure_types::limits::DEFINITION_BYTES_MAX,
        nesting_max: tenure_types::limits::NESTING_MAX,
        tasks_max: tenure_types::limits::TASKS_MAX,
        fan_out_max: tenure_types::limits::FAN_OUT_MAX,
        key_chars_max: tenure_types::limits::KEY_CHARS_MAX,
        labels_max: tenure_types::limits::LABELS_MAX,
        page_items_max: tenure_types::limits::PAGE_ITEMS_MAX,
        page_items_default: PAGE_ITEMS_DEFAULT,
        history_events_max: tenure_types::limits::HISTORY_EVENTS_MAX,
        wait_seconds_max: WAIT_SECONDS_MAX,
        reason_chars_max: REASON_CHARS_MAX,
        batch_events_max: BATCH_EVENTS_MAX,
        secret_bytes_max: tenure_types::limits::SECRET_BYTES_MAX,
        secrets_max: tenure_types::limits::SECRETS_MAX,
    };
}
