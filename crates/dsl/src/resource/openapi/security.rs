//! The API keys that an operation asks for: each is a parameter that may be given, and travels as its scheme says.
//!
//! Deliberately absent: schemes of the header `Authorization` (`http`, `oauth2`, `openIdConnect`). What they want is said
//! by the call's own `authentication`, whatever the document says of it.

use super::super::document::{items, resolve, text};
use super::Version;
use crate::program::{Parameter, ParameterPlace, ParameterStyle};
use serde_json::Value;

/// The keys of the requirements that hold for an operation: its own, or those of the document.
pub(super) fn keys(document: &Value, version: Version, operation: &Value) -> Vec<Parameter> {
    let holder = if operation.get("security").is_some() { operation } else { document };
    let mut found: Vec<Parameter> = vec![];
    for requirement in items(holder, "security") {
        for name in requirement.as_object().into_iter().flat_map(|names| names.keys()) {
            if let Some(key) = scheme(document, version, name).and_then(key)
                && !found.contains(&key)
            {
                found.push(key);
            }
        }
    }
    found
}

fn scheme<'d>(document: &'d Value, version: Version, name: &str) -> Option<&'d Value> {
    let schemes = match version {
        Version::Two => document.get("securityDefinitions"),
        Version::Three => document.get("components").and_then(|components| components.get("securitySchemes")),
    };
    resolve(document, schemes?.get(name)?).ok()
}

fn key(scheme: &Value) -> Option<Parameter> {
    if text(scheme, "type") != Some("apiKey") {
        return None;
    }
    let (place, style) = match text(scheme, "in")? {
        "query" => (ParameterPlace::Query, ParameterStyle::Form),
        "header" => (ParameterPlace::Header, ParameterStyle::Simple),
        "cookie" => (ParameterPlace::Cookie, ParameterStyle::Form),
        _ => return None,
    };
    Some(Parameter { name: text(scheme, "name")?.into(), place, style, explode: false, required: false })
}
