//! Where the dispatcher gets the values of secrets from, at the last instant before they leave.
//!
//! Deliberately absent: storing them, and everything that could show them.

use futures_util::future::BoxFuture;
use std::fmt;
use tenure_dsl::json::Json;
use tenure_types::TenantId;
use zeroize::Zeroizing;

/// The value of a secret, as JSON. It wipes itself and does not show itself.
pub struct SecretValue(Zeroizing<String>);

impl SecretValue {
    /// From the text of a JSON value.
    pub fn new(json: String) -> Self {
        Self(Zeroizing::new(json))
    }

    /// The value; `None` when the text is not JSON.
    pub(crate) fn json(&self) -> Option<Json> {
        Json::parse(&self.0).ok()
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue")
    }
}

/// Knows the current values of secrets.
pub trait Secrets: Send + Sync + fmt::Debug {
    /// The newest value of a tenant's secret; `None` when there is no such secret. The error is for people.
    fn value<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<std::sync::Arc<SecretValue>>, String>>;
}

/// Knows none.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSecrets;

impl Secrets for NoSecrets {
    fn value<'a>(
        &'a self,
        _: &'a TenantId,
        _: &'a str,
    ) -> BoxFuture<'a, Result<Option<std::sync::Arc<SecretValue>>, String>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}
