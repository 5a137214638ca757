//! The id that ties a request to logs, audit events and calls: the client's if it is usable, else a new one.

use http::{HeaderMap, HeaderName};
use std::sync::Arc;
use tenure_types::limits::KEY_CHARS_MAX;

/// Where it comes and goes.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-correlation-id");

/// The request's correlation id.
pub(crate) fn of(headers: &HeaderMap) -> Arc<str> {
    let given = headers.get(HEADER).and_then(|value| value.to_str().ok());
    match given.filter(|text| usable(text)) {
        Some(text) => text.into(),
        None => generate(),
    }
}

/// A new correlation id.
pub(crate) fn generate() -> Arc<str> {
    let mut text = uuid::Uuid::encode_buffer();
    Arc::from(&*uuid::Uuid::now_v7().simple().encode_lower(&mut text))
}

/// Visible ASCII only: it goes into headers and logs as it is.
pub(crate) fn usable(text: &str) -> bool {
    (1..=KEY_CHARS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn with(value: &[u8]) -> Arc<str> {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_bytes(value).unwrap());
        of(&headers)
    }

    #[test]
    fn a_usable_id_is_taken_over() {
        assert_eq!(&*with(b"order-17:a/b"), "order-17:a/b");
    }

    #[test]
    fn an_unusable_id_is_replaced() {
        for value in [&b""[..], b"a b", b"a\tb", b"\xC3\xA4", &[b'x'; 256]] {
            let id = with(value);
            assert_eq!(id.len(), 32, "{id}");
        }
        assert_ne!(of(&HeaderMap::new()), of(&HeaderMap::new()));
    }
}
