//! The data keys of all tenants that this process works for, unwrapped and prepared.

use super::data_key::DataKey;
use super::error::Error;
use super::root_key::RootKey;
use super::sealer::Sealer;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};
use tenure_types::TenantId;

/// A tenant's keys by version. The newest seals; all of them open.
pub(super) type Versions = BTreeMap<u32, Arc<DataKey>>;

/// The keys. Shared by everything that seals.
#[derive(Debug)]
pub struct Keyring {
    root: RootKey,
    tenants: RwLock<HashMap<TenantId, Arc<Versions>>>,
}

impl Keyring {
    /// An empty one.
    pub fn new(root: RootKey) -> Self {
        Self { root, tenants: RwLock::default() }
    }

    /// Draws the tenant's next key and gives it wrapped. It is used once it was stored and given to [`Keyring::insert`].
    pub fn draw(&self, tenant: &TenantId) -> Result<Vec<u8>, Error> {
        let newest =
            self.versions(tenant).and_then(|v| v.last_key_value().map(|(version, _)| *version)).unwrap_or(0);
        let version = newest.checked_add(1).ok_or_else(|| Error::UsedUp { tenant: tenant.clone() })?;
        self.root.new_data_key(tenant, version)
    }

    /// Unwraps a stored key and takes it into use. A version that is there already stays as it is: its nonces go on.
    pub fn insert(&self, tenant: &TenantId, wrapped: &[u8]) -> Result<(), Error> {
        let key = Arc::new(self.root.unwrap(tenant, wrapped)?);
        let mut tenants = self.tenants.write().unwrap_or_else(PoisonError::into_inner);
        let versions = tenants.entry(tenant.clone()).or_default();
        Arc::make_mut(versions).entry(key.version).or_insert(key);
        Ok(())
    }

    /// Forgets the tenant's keys. Sealers that are in use keep theirs.
    pub fn remove(&self, tenant: &TenantId) {
        self.tenants.write().unwrap_or_else(PoisonError::into_inner).remove(tenant);
    }

    /// Seals and opens for one tenant with the keys of this moment. Take a new one after a rotation.
    pub fn sealer(&self, tenant: &TenantId) -> Result<Sealer, Error> {
        let none = || Error::NoKey { tenant: tenant.clone(), version: 0 };
        let versions = self.versions(tenant).ok_or_else(none)?;
        Ok(Sealer::new(tenant.clone(), versions))
    }

    /// Tenants whose newest key has been used for half of what it may be used for.
    pub fn due_for_rotation(&self) -> Vec<TenantId> {
        let tenants = self.tenants.read().unwrap_or_else(PoisonError::into_inner);
        let due =
            |versions: &Versions| versions.last_key_value().is_some_and(|(_, key)| key.due_for_rotation());
        let mut due: Vec<TenantId> = tenants.iter().filter(|(_, v)| due(v)).map(|(t, _)| t.clone()).collect();
        due.sort_unstable();
        due
    }

    fn versions(&self, tenant: &TenantId) -> Option<Arc<Versions>> {
        self.tenants.read().unwrap_or_else(PoisonError::into_inner).get(tenant).cloned()
    }
}
