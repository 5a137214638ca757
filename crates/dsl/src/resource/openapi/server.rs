//! Where an operation is: servers with variables, or scheme, host and base path.

use crate::resource::document::{items, text};
use serde_json::Value;
use url::Url;

/// `OpenAPI` 3: the first server of the operation, its path or the document.
pub(super) fn three(
    document: &Value,
    item: &Value,
    operation: &Value,
    address: &str,
) -> Result<String, String> {
    let mut levels = [operation, item, document].into_iter();
    let server = levels.find_map(|level| items(level, "servers").first());
    let Some(server) = server else { return joined(address, "/") };
    let mut url = text(server, "url").unwrap_or("/").to_owned();
    for (name, variable) in server.get("variables").and_then(Value::as_object).into_iter().flatten() {
        let default = variable
            .get("default")
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        let Some(default) = default else { continue };
        url = url.replace(&format!("{{{name}}}"), &default);
    }
    if url.contains(['{', '}']) {
        return Err(format!("its server `{url}` has a variable without a default"));
    }
    joined(address, &url)
}

/// Swagger 2.0: what is missing is taken from the document's own address.
pub(super) fn two(document: &Value, operation: &Value, address: &str) -> Result<String, String> {
    let own = Url::parse(address).map_err(|error| format!("`{address}` is not a URL: {error}"))?;
    let schemes = match items(operation, "schemes") {
        [] => items(document, "schemes"),
        schemes => schemes,
    };
    let schemes: Vec<&str> = schemes.iter().filter_map(Value::as_str).collect();
    let spoken = [own.scheme(), "https", "http"].into_iter().find(|scheme| schemes.contains(scheme));
    let scheme = match spoken {
        Some(scheme) => scheme,
        None if schemes.is_empty() => own.scheme(),
        None => {
            return Err(format!(
                "it is called over {}: only http and https are supported",
                schemes.join(", ")
            ));
        }
    };
    let authority = own.port().map_or_else(
        || own.host_str().unwrap_or_default().to_owned(),
        |port| format!("{}:{port}", own.host_str().unwrap_or_default()),
    );
    let host = text(document, "host").unwrap_or(&authority);
    joined(address, &format!("{scheme}://{host}{}", text(document, "basePath").unwrap_or_default()))
}

/// An absolute URL without query, fragment and slash at the end.
fn joined(address: &str, server: &str) -> Result<String, String> {
    let base = Url::parse(address).map_err(|error| format!("`{address}` is not a URL: {error}"))?;
    let url = base.join(server).map_err(|error| format!("its server `{server}` is not a URL: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("its server `{server}` is not called over http or https"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("its server `{server}` has a query or a fragment"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}
