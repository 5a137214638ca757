//! Verified tokens, so that a client that sends one often costs one signature a minute.
//!
//! Only good results are kept, by the token's hash, for at most [`KEPT_SECONDS`] and never beyond the token's own end.

use super::credential::Credential;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Tokens kept.
const TOKENS_MAX: usize = 4_096;
/// Seconds that a result is trusted.
const KEPT_SECONDS: u64 = 60;

type Hash = [u8; 32];

#[derive(Debug, Default)]
pub(crate) struct Cache {
    verified: RwLock<HashMap<Hash, Verified>>,
}

#[derive(Debug)]
struct Verified {
    credential: Arc<Credential>,
    until: u64,
}

impl Cache {
    /// The name of a token: its SHA-256.
    pub(crate) fn hash(token: &str) -> Hash {
        let digest = ring::digest::digest(&ring::digest::SHA256, token.as_bytes());
        digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
    }

    pub(crate) fn get(&self, hash: &Hash, now: u64) -> Option<Arc<Credential>> {
        let verified = self.verified.read().unwrap_or_else(PoisonError::into_inner);
        verified.get(hash).filter(|found| now < found.until).map(|found| found.credential.clone())
    }

    pub(crate) fn insert(&self, hash: Hash, credential: Arc<Credential>, now: u64) {
        let until = credential.expires_at.min(now.saturating_add(KEPT_SECONDS));
        let mut verified = self.verified.write().unwrap_or_else(PoisonError::into_inner);
        if verified.len() >= TOKENS_MAX {
            verified.retain(|_, found| now < found.until);
        }
        // All of them are fresh: somebody sends thousands of tokens a minute. Start over rather than grow.
        if verified.len() >= TOKENS_MAX {
            verified.clear();
        }
        verified.insert(hash, Verified { credential, until });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential(expires_at: u64) -> Arc<Credential> {
        let (subject, issuer, kind) = ("s".into(), "i".into(), "user".into());
        let tenants = std::collections::BTreeMap::new();
        Arc::new(Credential { subject, issuer, kind, tenants, platform_admin: false, expires_at })
    }

    #[test]
    fn a_result_is_kept_for_a_minute_at_most() {
        let cache = Cache::default();
        cache.insert([1; 32], credential(10_000), 100);
        assert!(cache.get(&[1; 32], 159).is_some());
        assert!(cache.get(&[1; 32], 160).is_none());
        assert!(cache.get(&[2; 32], 100).is_none());
    }

    #[test]
    fn a_result_is_never_kept_beyond_the_tokens_end() {
        let cache = Cache::default();
        cache.insert([1; 32], credential(110), 100);
        assert!(cache.get(&[1; 32], 109).is_some());
        assert!(cache.get(&[1; 32], 110).is_none());
    }

    #[test]
    fn the_cache_does_not_grow_beyond_its_limit() {
        let cache = Cache::default();
        for n in 0..3 * TOKENS_MAX {
            cache.insert(Cache::hash(&n.to_string()), credential(10_000), 100);
        }
        assert!(cache.verified.read().unwrap().len() <= TOKENS_MAX);
    }
}
