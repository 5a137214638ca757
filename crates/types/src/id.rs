//! Identifiers: newtypes with a prefixed, sortable text form where outsiders see them.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A text that is not the id it was taken for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// An execution id is `exe_` and 26 characters of Crockford's base 32.
    #[error("`{0}` is not an execution id: expected `exe_` and 26 characters")]
    Execution(String),
    /// A tenant id is a DNS label: 1 to 63 of `a-z 0-9 -`, not starting or ending with `-`.
    #[error("`{0}` is not a tenant id: expected 1 to 63 characters of a-z, 0-9 and `-`")]
    Tenant(String),
}

/// The isolation, quota and key boundary. A DNS label, so that it is readable in paths and logs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TenantId(Arc<str>);

impl TenantId {
    /// Checks that `text` is a DNS label.
    pub fn new(text: &str) -> Result<Self, IdError> {
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let label = matches!(text.len(), 1..=63)
            && text.bytes().all(inner)
            && !text.starts_with('-')
            && !text.ends_with('-');
        if label { Ok(Self(text.into())) } else { Err(IdError::Tenant(text.into())) }
    }

    /// The text form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TenantId {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        Self::new(&text)
    }
}

impl From<TenantId> for String {
    fn from(id: TenantId) -> Self {
        id.0.as_ref().into()
    }
}

impl FromStr for TenantId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::new(text)
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One run of a definition. 128 bits: a UUID version 7 (RFC 9562), so that ids sort by their time of creation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ExecutionId(pub u128);

const BASE32: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl ExecutionId {
    /// The shard that owns this execution: a function of the id's random half, so that it never changes.
    pub fn shard(self, shards: u16) -> ShardId {
        assert!(shards > 0, "a store has at least one shard");
        let low = u64::try_from(self.0 & u128::from(u64::MAX)).expect("masked to 64 bits");
        let mixed = low.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        let index = mixed % u64::from(shards);
        ShardId(u16::try_from(index).expect("the remainder of a u16 fits into a u16"))
    }
}

impl fmt::Display for ExecutionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0u8; 26];
        let mut rest = self.0;
        for slot in text.iter_mut().rev() {
            *slot = BASE32[(rest & 31) as usize];
            rest >>= 5;
        }
        write!(f, "exe_{}", std::str::from_utf8(&text).expect("base 32 is ASCII"))
    }
}

impl fmt::Debug for ExecutionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ExecutionId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let refuse = || IdError::Execution(text.into());
        let digits = text.strip_prefix("exe_").ok_or_else(refuse)?;
        if digits.len() != 26 || digits.as_bytes()[0] > b'7' {
            return Err(refuse());
        }
        let mut value: u128 = 0;
        for byte in digits.bytes() {
            let digit = BASE32.iter().position(|&b| b == byte).ok_or_else(refuse)?;
            value = (value << 5) | digit as u128;
        }
        Ok(Self(value))
    }
}

/// One of a store's fixed number of ownership units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ShardId(pub u16);

/// The fencing number of a shard's ownership. It only grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Epoch(pub u64);

/// A task's reference: a JSON pointer into the definition's text, such as `/do/2/charge`.
pub type TaskRef = Arc<str>;

/// The DSL's `document` triple.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DefinitionId {
    /// `document.namespace`
    pub namespace: Arc<str>,
    /// `document.name`
    pub name: Arc<str>,
    /// `document.version`, a semantic version
    pub version: Arc<str>,
}

impl fmt::Display for DefinitionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}@{}", self.namespace, self.name, self.version)
    }
}

/// A function of a tenant's catalog.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FunctionId {
    /// Lowercase letters, digits and `-`.
    pub name: Arc<str>,
    /// A semantic version.
    pub version: Arc<str>,
}

impl fmt::Display for FunctionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.version)
    }
}

/// SHA-256 of a definition's canonical JSON: what an execution is pinned to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = || format!("`{text}` is not a digest: expected `sha256:` and 64 hexadecimal digits");
        let hex =
            text.strip_prefix("sha256:").filter(|h| h.len() == 64 && h.is_ascii()).ok_or_else(refuse)?;
        let mut bytes = [0u8; 32];
        for (slot, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *slot = u8::from_str_radix(&hex[at..at + 2], 16).map_err(|_| refuse())?;
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn execution_id_text_round_trips_and_sorts_like_the_number() {
        let ids = [0, 1, 31, 32, u128::MAX >> 1, u128::MAX].map(ExecutionId);
        let texts: Vec<String> = ids.iter().map(ToString::to_string).collect();
        assert!(texts.is_sorted());
        for (id, text) in ids.iter().zip(&texts) {
            assert_eq!(text.parse::<ExecutionId>().as_ref(), Ok(id));
        }
    }

    #[test]
    fn execution_id_refuses_other_text() {
        for text in ["", "exe_", "exe_8ZZZZZZZZZZZZZZZZZZZZZZZZZ", "exe_0000000000000000000000000U", "01J"] {
            assert!(text.parse::<ExecutionId>().is_err(), "{text}");
        }
    }

    #[test]
    fn tenant_id_is_a_dns_label() {
        assert!(TenantId::new("acme-2").is_ok());
        for text in ["", "-a", "a-", "A", "a_b", "a/b", &"x".repeat(64)] {
            assert!(TenantId::new(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_shard_is_used_and_none_beyond() {
        let mut seen = [false; 64];
        for n in 0..4096u128 {
            seen[usize::from(ExecutionId(n).shard(64).0)] = true;
        }
        assert!(seen.iter().all(|s| *s));
    }

    #[test]
    fn digest_text_round_trips() {
        let digest = Digest([0xAB; 32]);
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert!("sha256:zz".parse::<Digest>().is_err());
    }
}
