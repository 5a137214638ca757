//! Functions of the tenant's catalog: put, listed, shown, deleted.

use crate::json::{Json, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One version of a function of the catalog `default`, without its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FunctionSummary {
    /// What stands before the colon of `call: name:version@default`.
    pub name: String,
    /// What stands behind it.
    pub version: String,
    /// `sha256:` and the hash of the canonical document.
    pub digest: String,
    /// When it was put.
    pub created_at: Time,
}

/// One version of a function of the catalog `default`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Function {
    /// What stands before the colon of `call: name:version@default`.
    pub name: String,
    /// What stands behind it.
    pub version: String,
    /// `sha256:` and the hash of the canonical document.
    pub digest: String,
    /// When it was put.
    pub created_at: Time,
    /// The text as it was put.
    pub text: String,
    /// The task as JSON.
    pub document: Json,
}

/// A page of functions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FunctionList {
    /// In the order of name and version.
    pub items: Vec<FunctionSummary>,
    /// `pageToken` of the next page, if there is more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}
