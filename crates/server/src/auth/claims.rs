//! The claims of a token whose signature is known to be right: types, times, audience, and what they say.
//!
//! A claim of the wrong type is an error and never as good as absent.

use super::credential::Credential;
use super::refusal::Refusal;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use tenure_api::Role;
use tenure_types::TenantId;

/// Seconds that clocks may differ.
pub(crate) const SKEW_SECONDS: u64 = 30;
/// Characters of a subject.
const SUBJECT_CHARS_MAX: usize = 255;
/// Tenants of one credential.
const TENANTS_MAX: usize = 256;
/// Entries of `aud`, of `roles` and of the roles in one tenant.
const LIST_MAX: usize = 32;

type Claims = Map<String, Value>;

/// Checks everything but the signature and reads the credential.
pub(crate) fn read(claims: &Claims, issuer: &str, audience: &str, now: u64) -> Result<Credential, Refusal> {
    let subject = subject(claims)?;
    audience_matches(claims, audience)?;
    let expires_at = times(claims, now)?;
    let platform_admin = platform_admin(claims)?;
    let tenants = tenants(claims)?;
    Ok(Credential {
        subject,
        issuer: issuer.into(),
        kind: kind(claims)?,
        tenants,
        platform_admin,
        expires_at,
    })
}

fn subject(claims: &Claims) -> Result<Arc<str>, Refusal> {
    let subject = claims.get("sub").and_then(Value::as_str).ok_or(Refusal::ClaimType)?;
    let fits = !subject.is_empty() && subject.chars().count() <= SUBJECT_CHARS_MAX;
    if fits && !subject.chars().any(char::is_control) { Ok(subject.into()) } else { Err(Refusal::ClaimType) }
}

fn kind(claims: &Claims) -> Result<Arc<str>, Refusal> {
    match claims.get("kind").map(Value::as_str) {
        None => Ok("user".into()),
        Some(Some(kind @ ("user" | "service"))) => Ok(kind.into()),
        Some(_) => Err(Refusal::ClaimType),
    }
}

fn audience_matches(claims: &Claims, audience: &str) -> Result<(), Refusal> {
    let found = match claims.get("aud") {
        Some(Value::String(one)) => one == audience,
        Some(Value::Array(_)) => texts(claims, "aud")?.contains(&audience),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => {
            return Err(Refusal::ClaimType);
        }
    };
    if found { Ok(()) } else { Err(Refusal::Audience) }
}

fn times(claims: &Claims, now: u64) -> Result<u64, Refusal> {
    let expires_at = seconds(claims, "exp")?.ok_or(Refusal::ClaimType)?;
    let issued_at = seconds(claims, "iat")?.ok_or(Refusal::ClaimType)?;
    let not_before = seconds(claims, "nbf")?.unwrap_or(0);
    if expires_at <= issued_at {
        return Err(Refusal::ClaimType);
    }
    if now >= expires_at.saturating_add(SKEW_SECONDS) {
        return Err(Refusal::Expired);
    }
    if issued_at.max(not_before) > now.saturating_add(SKEW_SECONDS) {
        return Err(Refusal::NotYetValid);
    }
    Ok(expires_at)
}

/// A whole, positive number of seconds: neither a text nor a fraction.
fn seconds(claims: &Claims, name: &str) -> Result<Option<u64>, Refusal> {
    claims.get(name).map(|value| value.as_u64().ok_or(Refusal::ClaimType)).transpose()
}

fn texts<'a>(claims: &'a Claims, name: &str) -> Result<Vec<&'a str>, Refusal> {
    let Some(value) = claims.get(name) else { return Ok(Vec::new()) };
    list(value)
}

fn list(value: &Value) -> Result<Vec<&str>, Refusal> {
    let items = value.as_array().filter(|items| items.len() <= LIST_MAX).ok_or(Refusal::ClaimType)?;
    items.iter().map(|item| item.as_str().ok_or(Refusal::ClaimType)).collect()
}

fn platform_admin(claims: &Claims) -> Result<bool, Refusal> {
    Ok(texts(claims, "roles")?.contains(&Role::PlatformAdmin.as_str()))
}

fn tenants(claims: &Claims) -> Result<BTreeMap<TenantId, Vec<Role>>, Refusal> {
    let Some(value) = claims.get("tenants") else { return Ok(BTreeMap::new()) };
    let entries = value.as_object().filter(|e| e.len() <= TENANTS_MAX).ok_or(Refusal::ClaimType)?;
    let entry = |(name, roles): (&String, &Value)| {
        let tenant = TenantId::new(name).map_err(|_| Refusal::ClaimType)?;
        let known = list(roles)?.into_iter().filter_map(Role::parse);
        // The platform's role is given by `roles` alone: inside a tenant it would reach out of it.
        Ok((tenant, known.filter(|role| *role != Role::PlatformAdmin).collect()))
    };
    entries.iter().map(entry).collect()
}
