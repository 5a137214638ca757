//! Page tokens: a position in a list, bound to tenant, list and filter by a tag.
//!
//! A token of one tenant or filter is worthless for another. The position itself is no secret.

use crate::app::Error;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use std::fmt;
use tenure_api::Code;
use tenure_types::TenantId;

/// Bytes of a tag.
const TAG_BYTES: usize = 32;
/// Characters of a page token.
const TOKEN_CHARS_MAX: usize = 1_024;

/// Makes and checks page tokens.
pub(crate) struct Cursors(hmac::Key);

impl fmt::Debug for Cursors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cursors")
    }
}

impl Cursors {
    /// With a key derived from a secret of the installation, so that tokens survive a restart.
    pub(crate) fn new(secret: &[u8]) -> Self {
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), b"tenure page tokens 1");
        Self(hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()))
    }

    /// The token of a position.
    pub(crate) fn seal(&self, tenant: &TenantId, scope: &str, position: &str) -> String {
        let tag = hmac::sign(&self.0, &message(tenant, scope, position));
        let mut bytes = tag.as_ref().to_vec();
        bytes.extend_from_slice(position.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The position of a token that was made for this tenant and scope.
    pub(crate) fn open(&self, tenant: &TenantId, scope: &str, token: &str) -> Result<String, Error> {
        let refuse =
            || Error::refused(Code::InvalidParameter, "`pageToken` does not belong to this list and filter");
        if token.len() > TOKEN_CHARS_MAX {
            return Err(refuse());
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| refuse())?;
        let (tag, position) = bytes.split_at_checked(TAG_BYTES).ok_or_else(refuse)?;
        let position = std::str::from_utf8(position).map_err(|_| refuse())?;
        // Compares in constant time.
        hmac::verify(&self.0, &message(tenant, scope, position), tag).map_err(|_| refuse())?;
        Ok(position.to_owned())
    }
}

/// Each part with its length in front, so that no two triples have the same bytes.
fn message(tenant: &TenantId, scope: &str, position: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in [tenant.as_str(), scope, position] {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(name: &str) -> TenantId {
        TenantId::new(name).unwrap()
    }

    #[test]
    fn a_token_gives_its_position_back() {
        let cursors = Cursors::new(b"secret");
        let token = cursors.seal(&tenant("demo"), "status=faulted", "17.3");
        assert_eq!(cursors.open(&tenant("demo"), "status=faulted", &token).unwrap(), "17.3");
        let again = Cursors::new(b"secret");
        assert_eq!(again.open(&tenant("demo"), "status=faulted", &token).unwrap(), "17.3");
    }

    /// FR-025: a token is worth nothing to another tenant.
    #[test]
    fn a_token_is_bound_to_tenant_scope_and_key() {
        let cursors = Cursors::new(b"secret");
        let token = cursors.seal(&tenant("demo"), "status=faulted", "17.3");
        assert!(cursors.open(&tenant("acme"), "status=faulted", &token).is_err());
        assert!(cursors.open(&tenant("demo"), "status=running", &token).is_err());
        assert!(Cursors::new(b"other").open(&tenant("demo"), "status=faulted", &token).is_err());
    }

    #[test]
    fn an_altered_token_is_refused() {
        let cursors = Cursors::new(b"secret");
        let token = cursors.seal(&tenant("demo"), "s", "17.3");
        let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        for index in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[index] ^= 1;
            let token = URL_SAFE_NO_PAD.encode(altered);
            assert!(cursors.open(&tenant("demo"), "s", &token).is_err(), "byte {index}");
        }
        for token in ["", "AAAA", "!", &"A".repeat(5_000)] {
            assert!(cursors.open(&tenant("demo"), "s", token).is_err());
        }
    }
}
