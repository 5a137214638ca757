//! Finds `${ … }` in text. A brace inside a jq string, an interpolation or a comment does not end an expression.

use super::CompileError;

/// A part of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    /// Text as it is.
    Text(&'t str),
    /// The jq between `${` and `}`.
    Code(&'t str),
}

/// The jq of a text that is nothing but one `${ … }`, white space around it aside.
pub(super) fn whole(text: &str) -> Result<Option<&str>, CompileError> {
    let trimmed = text.trim();
    let Some(after) = trimmed.strip_prefix("${") else { return Ok(None) };
    let end = end_of_code(after).ok_or_else(|| unclosed(start_of(text, trimmed)))?;
    Ok((end + 1 == after.len()).then(|| &after[..end]))
}

/// Splits a text into what is text and what is jq.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece<'_>>, CompileError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        if at > 0 {
            pieces.push(Piece::Text(&rest[..at]));
        }
        let after = &rest[at + 2..];
        let end = end_of_code(after).ok_or_else(|| unclosed(start_of(text, &rest[at..])))?;
        pieces.push(Piece::Code(&after[..end]));
        rest = &after[end + 1..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    Ok(pieces)
}

/// Where `part`, a slice of `text`, starts.
pub(super) fn start_of(text: &str, part: &str) -> usize {
    part.as_ptr().addr() - text.as_ptr().addr()
}

fn unclosed(at: usize) -> CompileError {
    CompileError::new("`${` is never closed", Some(at)).with_hint("every `${` needs its `}`")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Braces,
    String,
    Interpolation,
    Parentheses,
}

/// The position of the `}` that ends the code.
fn end_of_code(code: &str) -> Option<usize> {
    let mut open = vec![Inside::Braces];
    let mut bytes = code.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        let inside = *open.last()?;
        if inside == Inside::String {
            match byte {
                b'"' => _ = open.pop(),
                b'\\' => {
                    if let Some((_, b'(')) = bytes.next() {
                        open.push(Inside::Interpolation);
                    }
                }
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => open.push(Inside::String),
            b'#' => while bytes.next().is_some_and(|(_, byte)| byte != b'\n') {},
            b'{' => open.push(Inside::Braces),
            b'(' => open.push(Inside::Parentheses),
            b')' if matches!(inside, Inside::Interpolation | Inside::Parentheses) => _ = open.pop(),
            b'}' if inside == Inside::Braces => {
                open.pop();
                if open.is_empty() {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Piece, pieces, whole};

    #[test]
    fn braces_of_objects_strings_and_comments_do_not_end_the_code() {
        for code in
            ["{a: {b: 1}}", r#""}""#, r#""\({a: "}"} | .a)""#, ".a # }\n", r#""\\""#, r#"("}")"#, r#""\"}""#]
        {
            assert_eq!(whole(&format!("${{{code}}}")).unwrap(), Some(code), "{code}");
        }
    }

    #[test]
    fn white_space_around_is_allowed() {
        assert_eq!(whole(" \n${ .a }\t").unwrap(), Some(" .a "));
    }

    #[test]
    fn two_expressions_are_not_one() {
        assert_eq!(whole("${ .a } and ${ .b }").unwrap(), None);
    }

    #[test]
    fn text_is_split_around_code() {
        let expected = [Piece::Text("a "), Piece::Code(" .x "), Piece::Code(".y"), Piece::Text(" b } $ {")];
        assert_eq!(pieces("a ${ .x }${.y} b } $ {").unwrap(), expected);
    }

    #[test]
    fn unclosed_code_is_an_error_with_its_place() {
        assert_eq!(pieces("ab ${ .x").unwrap_err().offset, Some(3));
        assert_eq!(whole(r#" ${ "} "#).unwrap_err().offset, Some(1));
    }
}
