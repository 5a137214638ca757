//! The built-in development issuer: a key in the data directory, and tokens that stay the same over restarts.
//!
//! Ed25519 signatures are deterministic and the tokens' times are fixed, so the same key gives the same texts. Its tokens
//! live for years: it is for `tenure dev`, which listens on loopback only, and never part of `tenure serve`.

use super::verifier::{Issuer, IssuerKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::json;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use tenure_api::{Jwk, JwkSet, Role};

/// `iss` of development tokens.
const ISSUER: &str = "urn:tenure:dev";
/// `aud` of development tokens.
const AUDIENCE: &str = "tenure";
/// `iat`: 2026-01-01T00:00:00Z, long ago for everyone.
const ISSUED_AT: u64 = 1_767_225_600;
/// `exp`: 2100-01-01T00:00:00Z.
const EXPIRES_AT: u64 = 4_102_444_800;

/// Why there is no development issuer.
#[derive(Debug, thiserror::Error)]
pub enum DevIssuerError {
    /// The key's file cannot be read or written.
    #[error("cannot use the development issuer's key `{}`", .0.display())]
    File(PathBuf, #[source] io::Error),
    /// The key's file holds no key.
    #[error("`{}` holds no Ed25519 key", .0.display())]
    Key(PathBuf),
    /// The system gave no randomness.
    #[error("cannot generate a key")]
    Random,
}

/// Whom a development token is for.
#[derive(Clone, Copy, Debug)]
pub struct TokenFor<'a> {
    /// `sub`
    pub subject: &'a str,
    /// The tenant and the role in it; `None` for the platform's own role.
    pub tenant: Option<(&'a str, Role)>,
}

/// Signs development tokens.
pub struct DevIssuer {
    pkcs8: Vec<u8>,
    x: String,
    kid: String,
}

impl fmt::Debug for DevIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevIssuer").field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl Drop for DevIssuer {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.pkcs8);
    }
}

impl DevIssuer {
    /// An issuer with a new key that is written nowhere.
    pub fn ephemeral() -> Result<Self, DevIssuerError> {
        let key = Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new());
        let key = key.map_err(|_| DevIssuerError::Random)?;
        Ok(Self::from_pkcs8(key.as_ref()).expect("a generated key is a key"))
    }

    /// The issuer of a key file, which is made with mode 0600 if it is not there.
    pub fn open(path: &Path) -> Result<Self, DevIssuerError> {
        match std::fs::read(path) {
            Ok(bytes) => Self::from_pkcs8(&bytes).ok_or_else(|| DevIssuerError::Key(path.into())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let issuer = Self::ephemeral()?;
                let written = crate::private_file::create(path, &issuer.pkcs8);
                written.map_err(|error| DevIssuerError::File(path.into(), error))?;
                Ok(issuer)
            }
            Err(error) => Err(DevIssuerError::File(path.into(), error)),
        }
    }

    fn from_pkcs8(pkcs8: &[u8]) -> Option<Self> {
        let key = Ed25519KeyPair::from_pkcs8(pkcs8).ok()?;
        let public = key.public_key().as_ref();
        let name = ring::digest::digest(&ring::digest::SHA256, public);
        let kid = format!("dev-{}", URL_SAFE_NO_PAD.encode(&name.as_ref()[..6]));
        Some(Self { pkcs8: pkcs8.to_vec(), x: URL_SAFE_NO_PAD.encode(public), kid })
    }

    /// As a verifier trusts it.
    pub fn issuer(&self) -> Issuer {
        let key = IssuerKey::ed25519(Some(&self.kid), &self.x).expect("the key's own public half");
        Issuer { name: ISSUER.into(), audience: AUDIENCE.into(), keys: vec![key] }
    }

    /// Its public key.
    pub fn keys(&self) -> JwkSet {
        let key = Jwk {
            kty: "OKP".into(),
            crv: "Ed25519".into(),
            x: self.x.clone(),
            kid: self.kid.clone(),
            alg: "EdDSA".into(),
            usage: "sig".into(),
        };
        JwkSet { keys: vec![key] }
    }

    /// A token with fixed times: the same text whenever it is asked for.
    pub fn token(&self, token: TokenFor<'_>) -> String {
        let mut claims = json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": token.subject, "iat": ISSUED_AT, "exp": EXPIRES_AT,
        });
        match token.tenant {
            Some((tenant, role)) => claims["tenants"] = json!({ tenant: [role.as_str()] }),
            None => claims["roles"] = json!([Role::PlatformAdmin.as_str()]),
        }
        self.sign(&claims)
    }

    /// A secret of the installation for another purpose: it says nothing about the key or about other purposes.
    pub fn derived(&self, purpose: &[u8]) -> Vec<u8> {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &self.pkcs8);
        ring::hmac::sign(&key, purpose).as_ref().to_vec()
    }

    /// A token with any claims, for tests of what a server refuses.
    pub fn sign(&self, claims: &serde_json::Value) -> String {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(self.kid.clone());
        let key = EncodingKey::from_ed_der(&self.pkcs8);
        jsonwebtoken::encode(&header, claims, &key).expect("the key was checked when it was read")
    }
}
