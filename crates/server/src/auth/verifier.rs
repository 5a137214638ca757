//! The issuers that are trusted, and the check of a token against them.
//!
//! An issuer is trusted for the algorithms of its own keys and for nothing else, so that a public key can never be taken
//! for a shared secret. Deliberately absent: fetching keys.

use super::cache::Cache;
use super::claims;
use super::credential::Credential;
use super::refusal::Refusal;
use super::token::{self, Parts, TOKEN_BYTES_MAX};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Bytes of a shared secret: fewer can be guessed.
const SECRET_BYTES_MIN: usize = 32;

/// A key that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// HS256 needs a secret of at least 32 bytes.
    #[error("an HS256 secret has at least 32 bytes, this one has {0}")]
    ShortSecret(usize),
    /// An Ed25519 public key is 32 bytes in URL-safe base 64.
    #[error("an Ed25519 public key is 32 bytes in URL-safe base 64 without padding")]
    PublicKey,
}

/// A key of an issuer.
#[derive(Clone)]
pub struct IssuerKey {
    kid: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
}

impl fmt::Debug for IssuerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuerKey")
            .field("kid", &self.kid)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

impl IssuerKey {
    /// A shared secret for HS256.
    pub fn secret(kid: Option<&str>, secret: &[u8]) -> Result<Self, KeyError> {
        if secret.len() < SECRET_BYTES_MIN {
            return Err(KeyError::ShortSecret(secret.len()));
        }
        let key = DecodingKey::from_secret(secret);
        Ok(Self { kid: kid.map(Into::into), algorithm: Algorithm::HS256, key })
    }

    /// An Ed25519 public key: `x` of its JWK.
    pub fn ed25519(kid: Option<&str>, x: &str) -> Result<Self, KeyError> {
        let bytes = URL_SAFE_NO_PAD.decode(x).map_err(|_| KeyError::PublicKey)?;
        if bytes.len() != 32 {
            return Err(KeyError::PublicKey);
        }
        let key = DecodingKey::from_ed_components(x).map_err(|_| KeyError::PublicKey)?;
        Ok(Self { kid: kid.map(Into::into), algorithm: Algorithm::EdDSA, key })
    }
}

/// An issuer that is trusted.
#[derive(Clone, Debug)]
pub struct Issuer {
    /// `iss`
    pub name: String,
    /// The `aud` that its tokens must have.
    pub audience: String,
    /// Its keys.
    pub keys: Vec<IssuerKey>,
}

/// Checks tokens.
#[derive(Debug)]
pub struct Verifier {
    issuers: BTreeMap<String, Issuer>,
    cache: Cache,
}

impl Verifier {
    /// Trusts these issuers and no others.
    pub fn new(issuers: impl IntoIterator<Item = Issuer>) -> Self {
        let issuers = issuers.into_iter().map(|issuer| (issuer.name.clone(), issuer)).collect();
        Self { issuers, cache: Cache::default() }
    }

    /// Whom a token proves; `now` in seconds since 1970.
    pub fn verify(&self, token: &str, now: u64) -> Result<Arc<Credential>, Refusal> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(Refusal::TooLong);
        }
        let hash = Cache::hash(token);
        if let Some(credential) = self.cache.get(&hash, now) {
            return Ok(credential);
        }
        let credential = Arc::new(self.check(token, now)?);
        self.cache.insert(hash, credential.clone(), now);
        Ok(credential)
    }

    fn check(&self, token: &str, now: u64) -> Result<Credential, Refusal> {
        let parts = token::parts(token)?;
        let name = parts.claims.get("iss").and_then(Value::as_str).ok_or(Refusal::ClaimType)?;
        let issuer = self.issuers.get(name).ok_or(Refusal::Issuer)?;
        let key = issuer.key(&parts)?;
        let right =
            jsonwebtoken::crypto::verify(parts.signature, parts.message.as_bytes(), &key.key, key.algorithm);
        if !matches!(right, Ok(true)) {
            return Err(Refusal::Signature);
        }
        claims::read(&parts.claims, name, &issuer.audience, now)
    }
}

impl Issuer {
    /// The key that the token names, of the algorithm that the token claims. Without a name there must be but one.
    fn key(&self, parts: &Parts<'_>) -> Result<&IssuerKey, Refusal> {
        if !self.keys.iter().any(|key| key.algorithm == parts.algorithm) {
            return Err(Refusal::Algorithm);
        }
        let named = |key: &&IssuerKey| match &parts.kid {
            Some(kid) => key.kid.as_ref() == Some(kid),
            None => self.keys.len() == 1,
        };
        let mut fitting = self.keys.iter().filter(|key| key.algorithm == parts.algorithm).filter(named);
        fitting.next().ok_or(Refusal::Key)
    }
}
