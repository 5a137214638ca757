//! The shape of a token: three parts, strict base 64, a header without surprises. Nothing is trusted here yet.

use super::refusal::Refusal;
use super::strict;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde_json::{Map, Value};

/// Bytes of a token.
pub(crate) const TOKEN_BYTES_MAX: usize = 8 << 10;
/// Bytes of a key's name.
const KID_BYTES_MAX: usize = 128;
/// Header parameters that bring a key, point to one, or change what the token means.
const REFUSED_PARAMETERS: &[&str] =
    &["jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256", "crit", "b64", "zip", "enc", "epk", "url", "nonce"];

/// A token taken apart.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    pub(crate) algorithm: Algorithm,
    pub(crate) kid: Option<String>,
    pub(crate) claims: Map<String, Value>,
    /// What is signed: header and claims as they were sent.
    pub(crate) message: &'a str,
    /// The signature's text.
    pub(crate) signature: &'a str,
}

/// Takes a token apart.
pub(crate) fn parts(token: &str) -> Result<Parts<'_>, Refusal> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(Refusal::TooLong);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(Refusal::Shape)?;
    let (header, claims) = message.split_once('.').ok_or(Refusal::Shape)?;
    // A fifth part means encryption; a missing signature means none. Both fail as base 64 or here.
    if header.is_empty() || claims.is_empty() || signature.is_empty() {
        return Err(Refusal::Shape);
    }
    let header = strict::object(&decode(header)?).ok_or(Refusal::Header)?;
    let claims_bytes = decode(claims)?;
    decode(signature)?;
    let (algorithm, kid) = header_parameters(&header)?;
    let claims = strict::object(&claims_bytes).ok_or(Refusal::Claims)?;
    Ok(Parts { algorithm, kid, claims, message, signature })
}

fn decode(part: &str) -> Result<Vec<u8>, Refusal> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::Shape)
}

fn header_parameters(header: &Map<String, Value>) -> Result<(Algorithm, Option<String>), Refusal> {
    if REFUSED_PARAMETERS.iter().any(|name| header.contains_key(*name)) {
        return Err(Refusal::KeyMaterial);
    }
    match header.get("typ").map(Value::as_str) {
        None => {}
        Some(Some(typ)) if typ.eq_ignore_ascii_case("JWT") || typ.eq_ignore_ascii_case("at+jwt") => {}
        Some(_) => return Err(Refusal::Type),
    }
    let algorithm = match header.get("alg").and_then(Value::as_str) {
        Some("EdDSA") => Algorithm::EdDSA,
        Some("HS256") => Algorithm::HS256,
        Some(_) | None => return Err(Refusal::Algorithm),
    };
    let kid = match header.get("kid") {
        None => None,
        Some(Value::String(kid)) if (1..=KID_BYTES_MAX).contains(&kid.len()) => Some(kid.clone()),
        Some(_) => return Err(Refusal::Key),
    };
    Ok((algorithm, kid))
}
