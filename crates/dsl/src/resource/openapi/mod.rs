//! One operation of an `OpenAPI` 3.x or Swagger 2.0 document: where it is, and how its parameters travel.
//!
//! Only what is needed to send a request is read: schemas, examples and answers are not looked at. What the operation
//! asks for and cannot be sent is refused with the reason. Deliberately absent: validating documents.

mod parameter;
mod security;
mod server;
#[cfg(test)]
mod tests;

use super::document::{items, resolve, text};
use crate::program::{BodyForm, Parameter, ParameterPlace};
use parameter::Reading;
use serde_json::Value;
use std::sync::Arc;

/// An operation as its document describes it.
#[derive(Debug, PartialEq)]
pub(crate) struct Operation {
    /// In capitals.
    pub(crate) method: String,
    /// Scheme, host and base path, without a slash at the end.
    pub(crate) server: String,
    /// With `{name}` for each path parameter.
    pub(crate) path: String,
    /// All but the body.
    pub(crate) parameters: Vec<Parameter>,
    /// The body, when it takes one.
    pub(crate) body: Option<Body>,
}

/// The body that an operation takes.
#[derive(Debug, PartialEq)]
pub(crate) struct Body {
    /// The name under which a definition gives it.
    pub(crate) name: Arc<str>,
    pub(crate) content_type: Arc<str>,
    pub(crate) form: BodyForm,
    pub(crate) required: bool,
}

/// Why an operation cannot be called.
#[derive(Debug, PartialEq)]
pub(crate) enum Refusal {
    /// The document has no such operation; it has these.
    Unknown(Vec<String>),
    /// The document contradicts itself or is none.
    Invalid(String),
    /// It asks for something that is not supported.
    Unsupported(String),
}

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// The generation of a document's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    /// Swagger 2.0
    Two,
    /// `OpenAPI` 3.x
    Three,
}

/// Finds an operation. `address` is where the document was read: relative servers are relative to it.
pub(crate) fn operation(document: &Value, address: &str, id: &str) -> Result<Operation, Refusal> {
    let version = version(document)?;
    let (path, item, method, operation) = found(document, id)?;
    if method == "trace" {
        return Err(Refusal::Unsupported("its method is TRACE, which is not called".to_owned()));
    }
    let server = match version {
        Version::Two => server::two(document, operation, address),
        Version::Three => server::three(document, item, operation, address),
    };
    let mut reading = Reading::new(document, version);
    // Those of the operation replace those of its path.
    for parameter in items(operation, "parameters").iter().chain(items(item, "parameters")) {
        reading.parameter(parameter)?;
    }
    let Reading { mut parameters, body, .. } = reading.finish(operation)?;
    // A document may say of a key that it is a parameter, too.
    let known = |key: &Parameter| parameters.iter().any(|own| own.name == key.name && own.place == key.place);
    let keys: Vec<Parameter> =
        security::keys(document, version, operation).into_iter().filter(|key| !known(key)).collect();
    parameters.extend(keys);
    let method = method.to_ascii_uppercase();
    complete(&path, &parameters)?;
    Ok(Operation { method, server: server.map_err(Refusal::Unsupported)?, path, parameters, body })
}

fn version(document: &Value) -> Result<Version, Refusal> {
    if text(document, "swagger").is_some_and(|version| version.starts_with("2.")) {
        return Ok(Version::Two);
    }
    if text(document, "openapi").is_some_and(|version| version.starts_with("3.")) {
        return Ok(Version::Three);
    }
    let why = "it is neither OpenAPI 3 (`openapi: 3.…`) nor Swagger 2.0 (`swagger: '2.0'`)";
    Err(Refusal::Invalid(why.to_owned()))
}

/// The path, its item, the method and the operation.
fn found<'d>(document: &'d Value, id: &str) -> Result<(String, &'d Value, &'static str, &'d Value), Refusal> {
    let mut known = vec![];
    let mut all = vec![];
    let paths = document.get("paths").and_then(Value::as_object);
    for (path, item) in paths.into_iter().flatten() {
        // A path that is written elsewhere may hold the operation, but only its document could tell.
        let Ok(item) = resolve(document, item) else { continue };
        for method in METHODS {
            let Some(operation) = item.get(method) else { continue };
            let Some(own) = text(operation, "operationId") else { continue };
            known.push(own.to_owned());
            if own == id {
                all.push((path.clone(), item, method, operation));
            }
        }
    }
    match all.len() {
        0 => Err(Refusal::Unknown(known)),
        1 => Ok(all.remove(0)),
        _ => Err(Refusal::Invalid(format!("it has several operations with the id `{id}`"))),
    }
}

/// Every part of the path in braces is a parameter.
fn complete(path: &str, parameters: &[Parameter]) -> Result<(), Refusal> {
    if !path.starts_with('/') {
        return Err(Refusal::Invalid(format!("its path `{path}` does not start with `/`")));
    }
    let names = path_names(path).map_err(Refusal::Invalid)?;
    let declared =
        |name: &&str| parameters.iter().any(|p| p.place == ParameterPlace::Path && *p.name == **name);
    match names.iter().find(|name| !declared(name)) {
        Some(name) => Err(Refusal::Invalid(format!(
            "its path `{path}` names a parameter `{name}` that is not declared"
        ))),
        None => Ok(()),
    }
}

/// The names in the braces of a path, in their order.
fn path_names(path: &str) -> Result<Vec<&str>, String> {
    let mut names = vec![];
    let mut rest = path;
    while let Some((_, after)) = rest.split_once('{') {
        let (name, tail) =
            after.split_once('}').ok_or_else(|| format!("its path `{path}` has an open brace"))?;
        names.push(name);
        rest = tail;
    }
    Ok(names)
}
