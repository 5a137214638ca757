//! Sealing without secrecy: a checksum over the place and the bytes, so that a blob in the wrong place does not open.
//!
//! The real cipher is tested where it lives; here it would only cost time.

use tenure_runtime::codec::{Cipher, CodecError};
use tenure_runtime::seal::Place;
use tenure_types::TenantId;

/// See the module.
#[derive(Debug)]
pub(super) struct Plain;

const TAG_BYTES: usize = 8;

impl Cipher for Plain {
    fn seal(&self, tenant: &TenantId, place: &Place<'_>, plaintext: &[u8]) -> Result<Vec<u8>, CodecError> {
        let mut sealed = Vec::with_capacity(plaintext.len() + TAG_BYTES);
        sealed.extend_from_slice(plaintext);
        sealed.extend_from_slice(&tag(tenant, place, plaintext).to_le_bytes());
        Ok(sealed)
    }

    fn open(&self, tenant: &TenantId, place: &Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, CodecError> {
        let split = sealed.len().checked_sub(TAG_BYTES).map(|at| sealed.split_at(at));
        match split {
            Some((plaintext, found)) if *found == tag(tenant, place, plaintext).to_le_bytes() => {
                Ok(plaintext.into())
            }
            Some(_) | None => Err(CodecError::Sealed("another place or other bytes".into())),
        }
    }
}

fn tag(tenant: &TenantId, place: &Place<'_>, plaintext: &[u8]) -> u64 {
    let mut hash: u64 = 0xCBF2_9CE4_8422_2325;
    for part in [tenant.as_str().as_bytes(), place.table.as_bytes(), place.row, plaintext] {
        let (words, rest) = part.as_chunks::<8>();
        let words = words.iter().map(|word| u64::from_le_bytes(*word));
        for value in words.chain(rest.iter().map(|byte| u64::from(*byte))).chain([part.len() as u64]) {
            hash = (hash ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23);
        }
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_elsewhere_does_not_open() {
        let (a, b) = (TenantId::new("a").unwrap(), TenantId::new("b").unwrap());
        let place = Place { table: "history", row: b"1" };
        let sealed = Plain.seal(&a, &place, b"payload").unwrap();
        assert_eq!(Plain.open(&a, &place, &sealed).unwrap(), b"payload");
        assert!(Plain.open(&b, &place, &sealed).is_err());
        assert!(Plain.open(&a, &Place { table: "history", row: b"2" }, &sealed).is_err());
        assert!(Plain.open(&a, &place, &sealed[1..]).is_err());
        assert!(Plain.open(&a, &place, b"").is_err());
    }
}
