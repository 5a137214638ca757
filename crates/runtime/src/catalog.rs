//! The functions of tenants' catalogs: put once, sealed, and read only when a definition is registered.

use crate::codec::{Cipher, CodecError};
use crate::error::Error;
use crate::node::Act;
use crate::registry::Registry;
use crate::seal::Place;
use tenure_dsl::function::{self, Function};
use tenure_dsl::json::Json;
use tenure_store::{self as store, FunctionHead, FunctionRecord, PutOutcome, Sealed};
use tenure_types::{FunctionId, TenantId, Timestamp};

/// A function as it was put.
#[derive(Debug)]
pub struct StoredFunction {
    /// Name, version, digest.
    pub head: FunctionHead,
    /// Its text.
    pub text: String,
    /// The task as JSON.
    pub document: Json,
}

impl Registry {
    /// Validates, seals and stores a function; `true` when it is new. What it calls must be there.
    pub(crate) async fn put_function(
        &self,
        tenant: &TenantId,
        id: FunctionId,
        text: &str,
        act: &Act,
        now: Timestamp,
        cipher: &dyn Cipher,
    ) -> Result<(FunctionHead, bool), Error> {
        let resources = self.gather(tenant, &function::wanted(text), cipher).await?;
        let Function { digest, .. } = function::load(&id, text, &resources).map_err(Error::Invalid)?;
        let there = self.store.function(tenant, &id).await?;
        let created_at = there.as_ref().map_or(now, |there| there.head.created_at);
        let head = FunctionHead { id, tenant: tenant.clone(), digest, created_at, deleted: false };
        let sealed = cipher.seal(tenant, &place(&head.digest.0), text.as_bytes())?;
        let resource = ("function", &*head.id.to_string());
        let audits = vec![act.audit(tenant, "function.put", resource, store::Outcome::Allowed, now)];
        let record = FunctionRecord { head: head.clone(), text: Sealed(sealed) };
        let outcome = self.store.put_function(record, store::Act { audits, idempotency: None }).await?;
        Ok((head, outcome != PutOutcome::Same))
    }

    /// A function that is not deleted.
    pub(crate) async fn function(
        &self,
        tenant: &TenantId,
        id: &FunctionId,
        cipher: &dyn Cipher,
    ) -> Result<Option<StoredFunction>, Error> {
        let Some(record) = self.store.function(tenant, id).await? else { return Ok(None) };
        let text = opened(&record, cipher)?;
        let document = function::document(&text).map_err(Error::Invalid)?;
        Ok(Some(StoredFunction { head: record.head, text, document }))
    }

    /// Hides a function; `None` when there is none.
    pub(crate) async fn delete_function(
        &self,
        tenant: &TenantId,
        id: &FunctionId,
        act: &Act,
        now: Timestamp,
    ) -> Result<Option<FunctionHead>, Error> {
        let Some(record) = self.store.function(tenant, id).await? else { return Ok(None) };
        let resource = ("function", &*id.to_string());
        let audits = vec![act.audit(tenant, "function.deleted", resource, store::Outcome::Allowed, now)];
        let act = store::Act { audits, idempotency: None };
        let hidden = self.store.delete_function(tenant, id, act).await?;
        Ok(hidden.then_some(record.head))
    }

    /// The text of a function of the catalog, for a definition that calls it.
    pub(crate) async fn called(
        &self,
        tenant: &TenantId,
        id: &FunctionId,
        cipher: &dyn Cipher,
    ) -> Result<Option<String>, Error> {
        let record = self.store.function(tenant, id).await?;
        Ok(record.map(|record| opened(&record, cipher)).transpose()?)
    }
}

fn opened(record: &FunctionRecord, cipher: &dyn Cipher) -> Result<String, CodecError> {
    let text = cipher.open(&record.head.tenant, &place(&record.head.digest.0), record.text.as_bytes())?;
    String::from_utf8(text).map_err(|error| CodecError::Sealed(error.to_string()))
}

fn place(digest: &[u8]) -> Place<'_> {
    Place { table: "function", row: digest }
}
