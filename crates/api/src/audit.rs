//! Audit events: who did what, and whether they were let.

use crate::json::{Json, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who acted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditActor {
    /// The subject of the credential, or the name of a part of the engine.
    pub subject: String,
    /// `user`, `service`, `engine` or `anonymous`.
    pub kind: String,
    /// The roles that it acted under.
    pub roles: Vec<String>,
}

/// What was acted on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditResource {
    /// Such as `workflow` or `definition`.
    pub kind: String,
    /// Its id within the tenant.
    pub id: String,
}

/// Who did what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEvent {
    /// Unique and sortable by time.
    pub id: String,
    /// Its place in the tenant's chain, from 1, without gaps.
    pub seq: u64,
    /// When.
    pub at: Time,
    /// In which tenant.
    pub tenant: String,
    /// What ties it to a request.
    pub correlation_id: String,
    /// Who.
    pub actor: AuditActor,
    /// What, such as `workflow.started`.
    pub action: String,
    /// On what.
    pub resource: AuditResource,
    /// `allowed`, `denied` or `failed`.
    pub outcome: String,
    /// More about it.
    pub details: Json,
    /// SHA-256 over the previous event's hash and this event.
    pub hash: String,
}

/// A page of audit events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEventList {
    /// In the order of `seq`.
    pub items: Vec<AuditEvent>,
    /// `pageToken` of the next page, if there is more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}
