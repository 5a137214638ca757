//! The tenants' secrets: sealed on their way into the store, opened for the dispatcher and for nobody else.
//!
//! Deliberately absent: a way to show a value. What can be asked for is names, versions and times.

use crate::codec::{Cipher, CodecError};
use crate::dispatch::{SecretValue, Secrets};
use crate::error::Error;
use crate::node::Act;
use crate::seal::{Keyring, Place};
use futures_util::future::BoxFuture;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use tenure_store::{self as store, Sealed, SecretHead, Store};
use tenure_types::{TenantId, Timestamp};

/// Values kept open. Beyond it all are opened again when they are needed.
const OPEN_MAX: usize = 10_000;

type Key = (TenantId, Arc<str>);

/// The secrets of all tenants of a node.
pub(crate) struct Vault {
    store: Arc<dyn Store>,
    keyring: Arc<Keyring>,
    open: Mutex<Open>,
}

/// Values by their secret. Every write counts, so that what was read before a write is not kept after it.
#[derive(Default)]
struct Open {
    values: BTreeMap<Key, Option<Arc<SecretValue>>>,
    writes: u64,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault")
    }
}

impl Vault {
    pub(crate) fn new(store: Arc<dyn Store>, keyring: Arc<Keyring>) -> Self {
        Self { store, keyring, open: Mutex::default() }
    }

    /// Writes the next version of a secret: the text of a JSON value.
    pub(crate) async fn put(
        &self,
        tenant: &TenantId,
        name: &str,
        value: &str,
        act: &Act,
        now: Timestamp,
    ) -> Result<SecretHead, Error> {
        let sealed = Cipher::seal(&*self.keyring, tenant, &place(name), value.as_bytes())?;
        let audit = act.audit(tenant, "secret.written", ("secret", name), store::Outcome::Allowed, now);
        let act = store::Act { audits: vec![audit], idempotency: None };
        let written = self.store.put_secret(tenant, name, Sealed(sealed), now, act).await;
        self.forget(tenant, name);
        match written {
            Err(store::Error::Taken(detail)) => Err(Error::LimitReached(detail)),
            written => Ok(written?),
        }
    }

    /// A secret without its value.
    pub(crate) async fn head(&self, tenant: &TenantId, name: &str) -> Result<Option<SecretHead>, Error> {
        Ok(self.store.secret(tenant, name).await?.map(|record| record.head))
    }

    /// A tenant's secrets after a name, without their values.
    pub(crate) async fn list(
        &self,
        tenant: &TenantId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<SecretHead>, Error> {
        Ok(self.store.secrets(tenant, after, limit).await?)
    }

    /// Deletes a secret; `false` when there is none such.
    pub(crate) async fn delete(
        &self,
        tenant: &TenantId,
        name: &str,
        act: &Act,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let audit = act.audit(tenant, "secret.deleted", ("secret", name), store::Outcome::Allowed, now);
        let act = store::Act { audits: vec![audit], idempotency: None };
        let deleted = self.store.delete_secret(tenant, name, act).await;
        self.forget(tenant, name);
        Ok(deleted?)
    }

    fn forget(&self, tenant: &TenantId, name: &str) {
        let mut open = self.lock();
        open.writes += 1;
        open.values.remove(&(tenant.clone(), name.into()));
    }

    async fn read(&self, tenant: &TenantId, name: &str) -> Result<Option<Arc<SecretValue>>, Error> {
        let Some(record) = self.store.secret(tenant, name).await? else { return Ok(None) };
        let opened = Cipher::open(&*self.keyring, tenant, &place(name), record.value.as_bytes())?;
        let text =
            String::from_utf8(opened).map_err(|_| CodecError::Sealed("a secret is not text".into()))?;
        Ok(Some(Arc::new(SecretValue::new(text))))
    }

    /// The state is changed only by code that does not panic half-way.
    fn lock(&self) -> std::sync::MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place(name: &str) -> Place<'_> {
    Place { table: "secret", row: name.as_bytes() }
}

impl Secrets for Vault {
    fn value<'a>(
        &'a self,
        tenant: &'a TenantId,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<Arc<SecretValue>>, String>> {
        Box::pin(async move {
            let key: Key = (tenant.clone(), name.into());
            let writes = {
                let open = self.lock();
                if let Some(value) = open.values.get(&key) {
                    return Ok(value.clone());
                }
                open.writes
            };
            let value = self.read(tenant, name).await.map_err(|error| error.to_string())?;
            let mut open = self.lock();
            if open.writes == writes {
                if open.values.len() >= OPEN_MAX {
                    open.values.clear();
                }
                open.values.insert(key, value.clone());
            }
            Ok(value)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::RootKey;
    use tenure_engine::execution::Actor;
    use tenure_store::{AuditQuery, MemoryStore};

    fn tenant(name: &str) -> TenantId {
        TenantId::new(name).unwrap()
    }

    fn act() -> Act {
        let actor = Actor { subject: "ada".into(), kind: "user".into(), roles: vec!["admin".into()] };
        Act { actor, correlation_id: "cor-1".into(), idempotency: None }
    }

    fn vault(store: &Arc<dyn Store>) -> Vault {
        let keyring = Keyring::new(RootKey::from_bytes([7; 32]).unwrap());
        for name in ["acme", "demo"] {
            let wrapped = keyring.draw(&tenant(name)).unwrap();
            keyring.insert(&tenant(name), &wrapped).unwrap();
        }
        Vault::new(store.clone(), Arc::new(keyring))
    }

    async fn value(vault: &Vault, of: &str, name: &str) -> Option<String> {
        let value = vault.value(&tenant(of), name).await.unwrap();
        value.map(|value| value.json().unwrap().text().to_owned())
    }

    #[tokio::test]
    async fn the_newest_value_counts_at_once() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        let vault = vault(&store);
        assert_eq!(value(&vault, "acme", "db").await, None);
        vault.put(&tenant("acme"), "db", "\"one\"", &act(), Timestamp(1)).await.unwrap();
        assert_eq!(value(&vault, "acme", "db").await.as_deref(), Some("\"one\""));
        let head = vault.put(&tenant("acme"), "db", "\"two\"", &act(), Timestamp(2)).await.unwrap();
        assert_eq!(head.versions.len(), 2);
        assert_eq!(value(&vault, "acme", "db").await.as_deref(), Some("\"two\""));
        assert_eq!(value(&vault, "demo", "db").await, None);
        assert!(vault.delete(&tenant("acme"), "db", &act(), Timestamp(3)).await.unwrap());
        assert_eq!(value(&vault, "acme", "db").await, None);
    }

    #[tokio::test]
    async fn what_is_stored_is_sealed_for_its_tenant_and_name_and_every_act_is_audited() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        let vault = vault(&store);
        vault.put(&tenant("acme"), "db", "\"hunter2\"", &act(), Timestamp(1)).await.unwrap();
        let record = store.secret(&tenant("acme"), "db").await.unwrap().unwrap();
        assert!(!record.value.as_bytes().windows(7).any(|part| part == b"hunter2"));
        let stored = |of: &str, name: &'static str| {
            let (tenant, value) = (tenant(of), record.value.clone());
            let store = store.clone();
            async move {
                store.put_secret(&tenant, name, value, Timestamp(2), store::Act::default()).await.unwrap();
            }
        };
        stored("acme", "other").await;
        stored("demo", "db").await;
        assert!(vault.value(&tenant("acme"), "other").await.is_err());
        assert!(vault.value(&tenant("demo"), "db").await.is_err());
        vault.delete(&tenant("acme"), "db", &act(), Timestamp(3)).await.unwrap();
        vault.delete(&tenant("acme"), "db", &act(), Timestamp(4)).await.unwrap();
        let query = AuditQuery { limit: 10, ..AuditQuery::default() };
        let audits = store.audit_page(&tenant("acme"), &query).await.unwrap();
        let actions: Vec<&str> = audits.iter().map(|stored| &*stored.record.action).collect();
        assert_eq!(actions, ["secret.written", "secret.deleted"]);
    }
}
