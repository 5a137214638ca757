//! Who the caller is, which tenants exist, and the keys that tokens are checked with.

use crate::json::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What the server knows of the caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Whoami {
    /// The credential's subject.
    pub subject: String,
    /// Who issued the credential.
    pub issuer: String,
    /// Whether the caller may act in every tenant.
    pub platform_admin: bool,
    /// The caller's roles in each of its tenants.
    pub tenants: BTreeMap<String, Vec<String>>,
    /// The tenant that a request like this one acts in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// What the caller may do there.
    pub permissions: Vec<String>,
    /// When the credential ends.
    pub expires_at: Time,
}

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    /// Its id.
    pub id: String,
}

/// The tenants, by id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TenantList {
    /// All of them.
    pub items: Vec<Tenant>,
}

/// A public key (RFC 7517, RFC 8037).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Jwk {
    /// `OKP`
    pub kty: String,
    /// `Ed25519`
    pub crv: String,
    /// The key, in URL-safe base 64.
    pub x: String,
    /// Names the key.
    pub kid: String,
    /// `EdDSA`
    pub alg: String,
    /// `sig`
    #[serde(rename = "use")]
    pub usage: String,
}

/// The server's public keys (RFC 7517).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JwkSet {
    /// All of them.
    pub keys: Vec<Jwk>,
}
