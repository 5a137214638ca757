//! One version of a tenant's key, ready for use.

use super::error::Error;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use tenure_types::TenantId;
use zeroize::Zeroizing;

/// Messages that one process seals with one version of a key.
pub const MESSAGES_MAX: u64 = 1 << 32;
/// Bytes of a key.
pub(super) const KEY_BYTES: usize = 32;
/// Bytes that sealing adds to a message, without version byte and key version.
pub(super) const OVERHEAD: usize = NONCE_LEN + 16;

/// A key in clear. It wipes itself and does not show itself.
pub(super) type KeyBytes = Zeroizing<[u8; KEY_BYTES]>;

/// A fresh key.
pub(super) fn random_key() -> Result<KeyBytes, Error> {
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    SystemRandom::new().fill(bytes.as_mut()).map_err(|_| Error::Random)?;
    Ok(bytes)
}

/// A key whose schedule is computed once, with the nonces that belong to it.
pub(super) struct DataKey {
    pub(super) version: u32,
    key: LessSafeKey,
    prefix: [u8; 8],
    used: AtomicU64,
}

impl DataKey {
    pub(super) fn new(version: u32, bytes: &KeyBytes) -> Result<Self, Error> {
        let key = UnboundKey::new(&AES_256_GCM, bytes.as_ref()).expect("the key has the length of AES-256");
        let mut prefix = [0; 8];
        SystemRandom::new().fill(&mut prefix).map_err(|_| Error::Random)?;
        Ok(Self { version, key: LessSafeKey::new(key), prefix, used: AtomicU64::new(0) })
    }

    /// Appends `nonce ‖ ciphertext ‖ tag` of `message` to `out`.
    pub(super) fn seal_onto(
        &self,
        out: &mut Vec<u8>,
        tenant: &TenantId,
        aad: &[u8],
        message: &[u8],
    ) -> Result<(), Error> {
        let nonce = self.nonce(tenant)?;
        out.extend_from_slice(&nonce);
        let start = out.len();
        out.extend_from_slice(message);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce, Aad::from(aad), &mut out[start..])
            .expect("a message is far below the 64 GiB of GCM");
        out.extend_from_slice(tag.as_ref());
        Ok(())
    }

    /// Opens `nonce ‖ ciphertext ‖ tag`.
    pub(super) fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Error> {
        let (nonce, ciphertext) = sealed.split_at_checked(NONCE_LEN).ok_or(Error::Forged)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).expect("it was cut to length");
        let mut buffer = ciphertext.to_vec();
        let length =
            self.key.open_in_place(nonce, Aad::from(aad), &mut buffer).map_err(|_| Error::Forged)?.len();
        buffer.truncate(length);
        Ok(buffer)
    }

    /// Whether half of the key's messages are gone.
    pub(super) fn due_for_rotation(&self) -> bool {
        self.used.load(Ordering::Relaxed) >= MESSAGES_MAX / 2
    }

    /// The count never goes back, so that a key which refused once refuses for ever.
    fn nonce(&self, tenant: &TenantId) -> Result<[u8; NONCE_LEN], Error> {
        let count = self.used.fetch_add(1, Ordering::Relaxed);
        let Ok(counter) = u32::try_from(count) else {
            self.used.store(MESSAGES_MAX, Ordering::Relaxed);
            return Err(Error::UsedUp { tenant: tenant.clone() });
        };
        let mut nonce = [0; NONCE_LEN];
        nonce[..8].copy_from_slice(&self.prefix);
        nonce[8..].copy_from_slice(&counter.to_be_bytes());
        Ok(nonce)
    }

    #[cfg(test)]
    pub(super) fn use_up(&self, messages: u64) {
        self.used.fetch_add(messages, Ordering::Relaxed);
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataKey").field("version", &self.version).finish_non_exhaustive()
    }
}
