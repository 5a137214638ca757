//! Headers and URIs of `call: http` that are fixed in the text.

use super::Validator;
use crate::diagnostic::Code;
use crate::model::{Call, Endpoint, Task, TaskKind, TextsOrExpression, is_expression};
use crate::parse::{Kind, Path};

/// Header names that the engine or the transport sets.
const RESERVED: [&str; 9] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "te",
    "upgrade",
    "trailer",
    "keep-alive",
    "idempotency-key",
];

/// Applies the rules to a task.
pub(super) fn task(validator: &mut Validator<'_>, task: &Task, path: &Path) {
    let TaskKind::Call(Call::Http(http)) = &task.kind else { return };
    let path = path.key("with");
    if let Some(TextsOrExpression::Texts(headers)) = &http.headers {
        for (name, value) in &headers.0 {
            let path = path.key("headers").key(name);
            header(validator, name, value, &path);
            if name.eq_ignore_ascii_case("authorization") && http.endpoint.authentication().is_some() {
                let message = format!("the header `{name}` is set by the endpoint's `authentication`");
                validator.key(Code::ReservedHeader, &path, message, None);
            }
        }
    }
    let path = match &http.endpoint {
        Endpoint::Uri(_) => path.key("endpoint"),
        Endpoint::Object(_) => path.keys(&["endpoint", "uri"]),
    };
    uri(validator, &http.endpoint.uri().0, &path);
}

fn header(validator: &mut Validator<'_>, name: &str, value: &str, path: &Path) {
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if name.is_empty() || !name.bytes().all(token) {
        validator.key(Code::InvalidHeader, path, format!("`{name}` is not the name of a header"), None);
    }
    let lower = name.to_ascii_lowercase();
    if RESERVED.contains(&lower.as_str()) || lower.starts_with("proxy-") {
        let message = format!("the header `{name}` is set by the engine alone");
        let hint = (lower == "idempotency-key").then(|| "see `metadata.effect.key`".to_owned());
        validator.key(Code::ReservedHeader, path, message, hint);
    }
    let computed = value.contains("${") || validator.document.loose();
    if !computed && value.chars().any(|c| c.is_control() && c != '\t') {
        validator.value(
            Code::InvalidHeader,
            path,
            format!("the value of the header `{name}` has control characters"),
            None,
        );
    }
}

/// A literal URI is absolute, and of a scheme that is spoken.
fn uri(validator: &mut Validator<'_>, uri: &str, path: &Path) {
    let readable = matches!(validator.tree.find(path).map(|tree| &tree.kind), Some(Kind::Text(_)));
    if !readable || is_expression(uri) || uri.starts_with('{') || uri.starts_with("${") {
        return;
    }
    let lower = uri.to_ascii_lowercase();
    if !lower.starts_with("http://") && !lower.starts_with("https://") {
        let hint = Some("write a whole URI such as `https://example.com/orders`".to_owned());
        validator.value(
            Code::InvalidUri,
            path,
            format!("`{uri}` does not start with `http://` or `https://`"),
            hint,
        );
    }
}
