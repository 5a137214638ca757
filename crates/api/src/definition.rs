//! Definitions: registered, validated, listed, shown.

use crate::json::{Json, Time};
use crate::problem::ProblemItem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One registered version of a definition, without its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DefinitionSummary {
    /// `document.namespace`
    pub namespace: String,
    /// `document.name`
    pub name: String,
    /// `document.version`
    pub version: String,
    /// `sha256:` and the hash of the canonical document, to which executions are pinned.
    pub digest: String,
    /// When it was registered.
    pub created_at: Time,
    /// Whether it takes new starts.
    pub enabled: bool,
    /// Whether it was deleted: it is hidden and takes no new starts, and what runs goes on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
}

/// One registered version of a definition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Definition {
    /// `document.namespace`
    pub namespace: String,
    /// `document.name`
    pub name: String,
    /// `document.version`
    pub version: String,
    /// `sha256:` and the hash of the canonical document, to which executions are pinned.
    pub digest: String,
    /// When it was registered.
    pub created_at: Time,
    /// Whether it takes new starts.
    pub enabled: bool,
    /// The text as it was registered.
    pub text: String,
    /// The document as JSON.
    pub document: Json,
}

/// A page of definitions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DefinitionList {
    /// In the order of namespace, name and version.
    pub items: Vec<DefinitionSummary>,
    /// `pageToken` of the next page, if there is more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

/// What a definition would be registered as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DefinitionVersionRef {
    /// `document.namespace`
    pub namespace: String,
    /// `document.name`
    pub name: String,
    /// `document.version`
    pub version: String,
    /// `sha256:` and the hash of the canonical document.
    pub digest: String,
}

/// Whether a definition could be registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Validation {
    /// Whether no rule is broken.
    pub valid: bool,
    /// What it would be registered as, when it is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<DefinitionVersionRef>,
    /// Each broken rule, with its place in the text.
    pub errors: Vec<ProblemItem>,
}
