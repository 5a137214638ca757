//! Seals and opens the payloads of one tenant.

use super::data_key::{DataKey, OVERHEAD};
use super::error::Error;
use super::keyring::Versions;
use std::sync::Arc;
use tenure_types::TenantId;

/// The first byte of everything sealed.
pub(super) const FORMAT: u8 = 1;
/// Format and key version.
const HEAD_BYTES: usize = 5;

/// Where sealed bytes are stored. They open nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The table, and the column where a row has several payloads.
    pub table: &'a str,
    /// The row's key.
    pub row: &'a [u8],
}

/// Seals and opens for one tenant. Cheap to clone; it keeps the keys that it was made with.
#[derive(Clone, Debug)]
pub struct Sealer {
    tenant: TenantId,
    versions: Arc<Versions>,
    newest: Arc<DataKey>,
}

impl Sealer {
    pub(super) fn new(tenant: TenantId, versions: Arc<Versions>) -> Self {
        let (_, newest) = versions.last_key_value().expect("a tenant is in the keyring by having a key");
        Self { newest: Arc::clone(newest), tenant, versions }
    }

    /// Seals `message` for `place` with the tenant's newest key.
    pub fn seal(&self, place: Place<'_>, message: &[u8]) -> Result<Vec<u8>, Error> {
        let mut sealed = Vec::with_capacity(HEAD_BYTES + OVERHEAD + message.len());
        sealed.push(FORMAT);
        sealed.extend_from_slice(&self.newest.version.to_be_bytes());
        let aad = self.associated(place, self.newest.version);
        self.newest.seal_onto(&mut sealed, &self.tenant, &aad, message)?;
        Ok(sealed)
    }

    /// Opens what was sealed for the same tenant and place.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        let ([FORMAT, version @ ..], sealed) =
            sealed.split_first_chunk::<HEAD_BYTES>().ok_or(Error::Forged)?
        else {
            return Err(Error::Forged);
        };
        let version = u32::from_be_bytes(*version);
        let no_key = || Error::NoKey { tenant: self.tenant.clone(), version };
        let key = self.versions.get(&version).ok_or_else(no_key)?;
        key.open(&self.associated(place, version), sealed)
    }

    /// Every part carries its length, so that no two places share one text.
    fn associated(&self, place: Place<'_>, version: u32) -> Vec<u8> {
        let parts = [self.tenant.as_str().as_bytes(), place.table.as_bytes(), place.row];
        let mut text =
            Vec::with_capacity(HEAD_BYTES + parts.iter().map(|part| 4 + part.len()).sum::<usize>());
        text.push(FORMAT);
        text.extend_from_slice(&version.to_be_bytes());
        for part in parts {
            let length = u32::try_from(part.len()).expect("names and keys of rows are short");
            text.extend_from_slice(&length.to_be_bytes());
            text.extend_from_slice(part);
        }
        text
    }
}

#[cfg(test)]
impl Sealer {
    /// As if so many messages had been sealed.
    pub(super) fn use_up(&self, messages: u64) {
        self.newest.use_up(messages);
    }
}
