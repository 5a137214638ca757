//! What a secret may be called. Its value is nobody's business here.

use crate::limits::SECRET_NAME_CHARS_MAX;

/// Whether a text can be the name of a secret: it stands in paths, in definitions and in the audit trail.
pub fn secret_name_is_valid(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    let dots = name.bytes().all(|b| b == b'.');
    (1..=SECRET_NAME_CHARS_MAX).contains(&name.len()) && name.bytes().all(allowed) && !dots
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_that_a_path_can_hold() {
        for name in ["a", "db.password", "API_KEY-2", &"x".repeat(SECRET_NAME_CHARS_MAX)] {
            assert!(secret_name_is_valid(name), "{name}");
        }
        for name in ["", ".", "..", "a b", "a/b", "é", "a\n", &"x".repeat(SECRET_NAME_CHARS_MAX + 1)] {
            assert!(!secret_name_is_valid(name), "{name}");
        }
    }
}
