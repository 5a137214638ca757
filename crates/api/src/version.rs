//! Versions of a definition: what runs on which, and what differs between two.

use crate::json::Json;
use crate::workflow::StatusCount;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How many executions run on a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VersionImpact {
    /// `document.version`
    pub version: String,
    /// `sha256:` and the hash of the canonical document, to which executions are pinned.
    pub digest: String,
    /// Whether it takes new starts.
    pub enabled: bool,
    /// Whether it was deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// Whether a start that names no version takes it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub latest: bool,
    /// Executions that have not ended. They stay on this version.
    pub open: u64,
    /// Executions that have ended.
    pub ended: u64,
    /// The same by status.
    pub statuses: Vec<StatusCount>,
}

/// How many executions run on which version of a definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DefinitionImpact {
    /// `document.namespace`
    pub namespace: String,
    /// `document.name`
    pub name: String,
    /// Each version, deleted ones too, the lowest first.
    pub versions: Vec<VersionImpact>,
    /// Executions of all versions that have not ended.
    pub open: u64,
    /// Executions of all versions that have ended.
    pub ended: u64,
}

/// One difference between two versions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DefinitionChange {
    /// Reference of the innermost task that it is about; absent for what belongs to the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// `added`, `removed`, `moved` or `changed`
    pub change: String,
    /// JSON pointer: into the older document for what was removed, into the newer one otherwise.
    pub pointer: String,
    /// How it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Json>,
    /// How it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Json>,
}

/// What differs between two versions of a definition, and what that means for executions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DefinitionDiff {
    /// The version that is compared.
    pub from: VersionImpact,
    /// The version that it is compared with.
    pub to: VersionImpact,
    /// Whether nothing but the version differs.
    pub same: bool,
    /// Each difference, in the order of the documents.
    pub changes: Vec<DefinitionChange>,
    /// Whether there are more differences than are shown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
    /// What it means for executions, in sentences.
    pub effect: Vec<String>,
}
