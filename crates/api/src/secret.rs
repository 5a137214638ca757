//! Secrets: written, listed by name, never shown.

use crate::json::{Json, Time};
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// The next version of a secret.
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutSecret {
    /// A text, or an object of what belongs together. It is sealed, and never shown again.
    pub value: Json,
}

impl fmt::Debug for PutSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PutSecret").finish_non_exhaustive()
    }
}

/// A secret without its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Secret {
    /// Its name, as `use.secrets` of a definition has it.
    pub name: String,
    /// Its versions, the newest last. Only the newest counts, and only its value is kept.
    pub versions: Vec<SecretVersion>,
    /// When its first version was written.
    pub created_at: Time,
    /// When its newest version was written.
    pub updated_at: Time,
}

/// One version of a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretVersion {
    /// From 1.
    pub version: u32,
    /// When it was written.
    pub created_at: Time,
}

/// A page of secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretList {
    /// In the order of their names.
    pub items: Vec<Secret>,
    /// `pageToken` of the next page, if there is more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}
