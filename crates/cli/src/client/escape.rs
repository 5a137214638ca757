//! Text that becomes part of an address.

use std::fmt::Write as _;

/// A path whose segments are escaped, so that a slash in a name stays in its segment.
pub(crate) fn path(segments: &[&str]) -> String {
    segments.iter().fold(String::new(), |path, segment| path + "/" + &escape(segment))
}

/// A query string of the values that are given, with its question mark; empty without any.
pub(crate) fn query(fields: &[(&str, Option<String>)]) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        let Some(value) = value else { continue };
        let separator = if text.is_empty() { '?' } else { '&' };
        let _ = write!(text, "{separator}{name}={}", escape(value));
    }
    text
}

/// Everything but RFC 3986's unreserved characters is escaped.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_cannot_leave_its_place() {
        assert_eq!(path(&["v1", "workflows", "a/../b?c#d"]), "/v1/workflows/a%2F..%2Fb%3Fc%23d");
    }

    #[test]
    fn a_query_has_only_what_is_given() {
        assert_eq!(
            query(&[("a", None), ("b", Some("x y".into())), ("c", Some("ü&1".into()))]),
            "?b=x%20y&c=%C3%BC%261"
        );
        assert_eq!(query(&[("a", None)]), "");
    }
}
