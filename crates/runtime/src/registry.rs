//! Definitions: registered, found by name or by digest, compiled once.

use crate::codec::{self, Cipher, CodecError};
use crate::error::Error;
use crate::node::Act;
use crate::seal::Place;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tenure_dsl::program::Definition;
use tenure_store::{self as store, DefinitionHead, DefinitionRecord, PutOutcome, Sealed, Store};
use tenure_types::{DefinitionId, Digest, TenantId, Timestamp};

/// Compiled definitions kept in memory. Beyond it the least recently used one is compiled again when it is needed.
const COMPILED_MAX: usize = 1_000;

/// A registered definition and what is known about its registration.
#[derive(Debug)]
pub struct RegisteredDefinition {
    /// What runs.
    pub definition: Arc<Definition>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// Whether it may be started.
    pub enabled: bool,
}

/// The outcome of a registration.
#[derive(Debug)]
pub struct Registered {
    /// What was registered.
    pub definition: Arc<Definition>,
    /// Whether it is new; otherwise the same content was there.
    pub created: bool,
    /// When it was registered first.
    pub created_at: Timestamp,
}

/// The definitions of all tenants of a node.
#[derive(Debug)]
pub(crate) struct Registry {
    store: Arc<dyn Store>,
    compiled: Mutex<Cache<(TenantId, Digest), Arc<Definition>>>,
    /// By namespace, name and version; no version means the latest. Emptied for a tenant that registers something.
    named: Mutex<Cache<Name, Arc<RegisteredDefinition>>>,
}

type Name = (TenantId, Arc<str>, Arc<str>, Option<Arc<str>>);

impl Registry {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, compiled: Mutex::default(), named: Mutex::default() }
    }

    /// Validates, seals and stores a definition.
    pub(crate) async fn register(
        &self,
        tenant: &TenantId,
        text: &str,
        act: &Act,
        now: Timestamp,
        cipher: &dyn Cipher,
    ) -> Result<Registered, Error> {
        let definition = Arc::new(tenure_dsl::load(text).map_err(Error::Invalid)?);
        let head = DefinitionHead {
            id: definition.id.clone(),
            tenant: tenant.clone(),
            digest: definition.digest,
            created_at: now,
            enabled: true,
            deleted: false,
        };
        let row = definition.digest.0;
        let text = cipher.seal(tenant, &Place { table: "definition", row: &row }, text.as_bytes())?;
        let record = DefinitionRecord { head, text: Sealed(text) };
        let there = self.store.definition(tenant, &definition.id).await?.map(|there| there.head.created_at);
        let act = stored_act(tenant, act, &definition, there.is_none(), now, cipher)?;
        let created = match self.store.put_definition(record, act).await? {
            PutOutcome::Created | PutOutcome::Replaced => true,
            PutOutcome::Same => false,
        };
        let created_at = there.unwrap_or(now);
        lock(&self.named).retain(|name| name.0 != *tenant);
        lock(&self.compiled).insert((tenant.clone(), definition.digest), definition.clone());
        Ok(Registered { definition, created, created_at })
    }

    /// A definition by name; the latest enabled version when none is given.
    pub(crate) async fn named(
        &self,
        tenant: &TenantId,
        namespace: &str,
        name: &str,
        version: Option<&str>,
        cipher: &dyn Cipher,
    ) -> Result<Option<Arc<RegisteredDefinition>>, Error> {
        let key: Name = (tenant.clone(), namespace.into(), name.into(), version.map(Into::into));
        if let Some(found) = lock(&self.named).get(&key) {
            return Ok(Some(found));
        }
        let record = match version {
            None => self.store.latest_definition(tenant, namespace, name).await?,
            Some(version) => {
                let id =
                    DefinitionId { namespace: key.1.clone(), name: key.2.clone(), version: version.into() };
                self.store.definition(tenant, &id).await?
            }
        };
        let Some(record) = record else { return Ok(None) };
        let definition = self.compile(tenant, &record, cipher)?;
        let DefinitionHead { created_at, enabled, .. } = record.head;
        let found = Arc::new(RegisteredDefinition { definition, created_at, enabled });
        lock(&self.named).insert(key, found.clone());
        Ok(Some(found))
    }

    /// The definition that an execution is pinned to.
    pub(crate) async fn pinned(
        &self,
        tenant: &TenantId,
        digest: Digest,
        cipher: &dyn Cipher,
    ) -> Result<Arc<Definition>, Error> {
        if let Some(found) = lock(&self.compiled).get(&(tenant.clone(), digest)) {
            return Ok(found);
        }
        let record = self.store.definition_by_digest(tenant, digest).await?;
        let record = record.ok_or_else(|| {
            CodecError::History(format!("the definition {digest} of a stored execution is missing"))
        })?;
        self.compile(tenant, &record, cipher)
    }

    fn compile(
        &self,
        tenant: &TenantId,
        record: &DefinitionRecord,
        cipher: &dyn Cipher,
    ) -> Result<Arc<Definition>, Error> {
        let key = (tenant.clone(), record.head.digest);
        if let Some(found) = lock(&self.compiled).get(&key) {
            return Ok(found);
        }
        let place = Place { table: "definition", row: &record.head.digest.0 };
        let text = cipher.open(tenant, &place, record.text.as_bytes())?;
        let text = String::from_utf8(text).map_err(|e| CodecError::Sealed(e.to_string()))?;
        let definition = Arc::new(tenure_dsl::load(&text).map_err(Error::Invalid)?);
        lock(&self.compiled).insert(key, definition.clone());
        Ok(definition)
    }
}

fn stored_act(
    tenant: &TenantId,
    act: &Act,
    definition: &Definition,
    created: bool,
    now: Timestamp,
    cipher: &dyn Cipher,
) -> Result<store::Act, CodecError> {
    let id = definition.id.to_string();
    let audit = act.audit(tenant, "definition.registered", ("definition", &id), store::Outcome::Allowed, now);
    let idempotency = act.idempotency.as_ref();
    let response = [u8::from(created)];
    let idempotency = idempotency.map(|promise| codec::idempotency(tenant, promise, &response, now, cipher));
    Ok(store::Act { audits: vec![audit], idempotency: idempotency.transpose()? })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A bounded map that forgets what was not used for longest.
#[derive(Debug)]
struct Cache<K, V> {
    entries: BTreeMap<K, (u64, V)>,
    uses: u64,
}

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), uses: 0 }
    }
}

impl<K: Ord + Clone, V: Clone> Cache<K, V> {
    fn get(&mut self, key: &K) -> Option<V> {
        self.uses += 1;
        let entry = self.entries.get_mut(key)?;
        entry.0 = self.uses;
        Some(entry.1.clone())
    }

    fn insert(&mut self, key: K, value: V) {
        if self.entries.len() >= COMPILED_MAX
            && let Some(oldest) =
                self.entries.iter().min_by_key(|(_, entry)| entry.0).map(|(key, _)| key.clone())
        {
            self.entries.remove(&oldest);
        }
        self.uses += 1;
        self.entries.insert(key, (self.uses, value));
    }

    fn retain(&mut self, keep: impl Fn(&K) -> bool) {
        self.entries.retain(|key, _| keep(key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_forgets_what_was_not_used_for_longest() {
        let mut cache = Cache::default();
        for n in 0..COMPILED_MAX {
            cache.insert(n, n);
        }
        assert_eq!(cache.get(&0), Some(0));
        cache.insert(COMPILED_MAX, 0);
        assert_eq!((cache.get(&0), cache.get(&1)), (Some(0), None));
        assert_eq!(cache.entries.len(), COMPILED_MAX);
    }
}
