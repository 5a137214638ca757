//! JSON texts (RFC 8259), strictly, with places.

use super::builder::{Builder, Refusal, position_of};
use super::tree::{Kind, Position, Text, Tree};
use crate::diagnostic::Code;

/// Whether a text is rather JSON than YAML: an object whose first key is in quotes, or an empty one.
pub(super) fn looks_like(text: &str) -> bool {
    let inside = text.trim_start().strip_prefix('{').map(str::trim_start);
    inside.is_some_and(|rest| rest.starts_with(['"', '}']))
}

/// Whether a refused text goes on as YAML in flow style does and JSON cannot: with a key that is not in quotes.
pub(super) fn could_be_yaml(refusal: &Refusal) -> bool {
    refusal.message.contains(KEY_IN_QUOTES) && !refusal.message.ends_with("`}`")
}

const KEY_IN_QUOTES: &str = "a key in quotes";

/// The tree of a JSON text.
pub(super) fn parse(text: &str) -> Result<(Tree, Vec<Refusal>), Refusal> {
    let mut scanner = Scanner { text, at: 0, seen: 0, place: Position::START };
    let mut builder = Builder::default();
    scanner.value(&mut builder)?;
    scanner.space();
    if scanner.at < text.len() {
        return Err(scanner.expected("the end of the text"));
    }
    let (tree, refusals) = builder.finish();
    Ok((tree.expect("a value was read"), refusals))
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
    /// The byte whose position `place` is: positions are computed from the last one, so that the whole stays linear.
    seen: usize,
    place: Position,
}

impl Scanner<'_> {
    /// The builder limits the depth, and so the recursion.
    fn value(&mut self, builder: &mut Builder) -> Result<(), Refusal> {
        self.space();
        let at = self.position();
        match self.peek() {
            Some(b'{') => self.object(builder, at),
            Some(b'[') => self.array(builder, at),
            Some(b'"') => {
                let start = Position { line: at.line, column: at.column + 1 };
                let (value, escaped) = self.string()?;
                let verbatim = (!escaped).then_some(start);
                builder.scalar(Kind::Text(Text { value, verbatim }), at)
            }
            Some(b'-' | b'0'..=b'9') => {
                let kind = self.number()?;
                builder.scalar(kind, at)
            }
            _ => {
                let kind = self.word()?;
                builder.scalar(kind, at)
            }
        }
    }

    fn object(&mut self, builder: &mut Builder, at: Position) -> Result<(), Refusal> {
        builder.open_map(at)?;
        self.at += 1;
        self.space();
        if !self.take(b'}') {
            loop {
                self.space();
                let key_at = self.position();
                if self.peek() != Some(b'"') {
                    return Err(self.expected(KEY_IN_QUOTES));
                }
                let (key, _) = self.string()?;
                builder.key(key, key_at)?;
                self.space();
                if !self.take(b':') {
                    return Err(self.expected("`:`"));
                }
                self.value(builder)?;
                self.space();
                if self.take(b'}') {
                    break;
                }
                if !self.take(b',') {
                    return Err(self.expected("`,` or `}`"));
                }
            }
        }
        builder.close();
        Ok(())
    }

    fn array(&mut self, builder: &mut Builder, at: Position) -> Result<(), Refusal> {
        builder.open_list(at)?;
        self.at += 1;
        self.space();
        if !self.take(b']') {
            loop {
                self.value(builder)?;
                self.space();
                if self.take(b']') {
                    break;
                }
                if !self.take(b',') {
                    return Err(self.expected("`,` or `]`"));
                }
            }
        }
        builder.close();
        Ok(())
    }

    /// A string, and whether it was written with escapes.
    fn string(&mut self) -> Result<(String, bool), Refusal> {
        let start = self.at;
        let mut end = start + 1;
        let mut escaped = false;
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(end) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    end += 2;
                }
                Some(_) => end += 1,
                None => return Err(self.refuse("a text is not closed")),
            }
        }
        let written = self.text.get(start..=end).ok_or_else(|| self.refuse("a text is not closed"))?;
        // Surrogates, control characters and bad escapes are what a proven parser knows best.
        let value = serde_json::from_str(written)
            .map_err(|_| self.refuse("a text holds an invalid escape or a control character"))?;
        self.at = end + 1;
        Ok((value, escaped))
    }

    fn number(&mut self) -> Result<Kind, Refusal> {
        let rest = &self.text[self.at..];
        let length =
            rest.bytes().take_while(|b| matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')).count();
        let written = &rest[..length];
        let number = serde_json::from_str(written).map_err(|error| {
            if error.to_string().contains("out of range") {
                let message = format!("`{written}` is not a number that can be represented");
                Refusal::new(Code::Number, self.here(), message)
            } else {
                self.refuse(&format!("`{written}` is not a number"))
            }
        })?;
        self.at += length;
        Ok(Kind::Number(number))
    }

    fn word(&mut self) -> Result<Kind, Refusal> {
        let rest = &self.text[self.at..];
        let words = [("null", Kind::Null), ("true", Kind::Bool(true)), ("false", Kind::Bool(false))];
        for (word, kind) in words {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(kind);
            }
        }
        Err(self.expected("a value"))
    }

    fn space(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')).count();
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn position(&mut self) -> Position {
        for c in self.text[self.seen..self.at].chars() {
            if c == '\n' {
                self.place = Position { line: self.place.line + 1, column: 1 };
            } else {
                self.place.column += 1;
            }
        }
        self.seen = self.at;
        self.place
    }

    fn here(&self) -> Position {
        position_of(self.text, self.at)
    }

    fn expected(&self, what: &str) -> Refusal {
        match self.text[self.at..].chars().next() {
            Some(found) if found.is_control() => {
                self.refuse(&format!("expected {what}, found `{}`", found.escape_debug()))
            }
            Some(found) => self.refuse(&format!("expected {what}, found `{found}`")),
            None => self.refuse(&format!("expected {what}, found the end of the text")),
        }
    }

    fn refuse(&self, what: &str) -> Refusal {
        Refusal::new(Code::Syntax, self.here(), format!("this is not valid JSON: {what}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> String {
        let refused = |r: Refusal| format!("{} {}:{} {}", r.code, r.at.line, r.at.column, r.message);
        parse(text).map_or_else(refused, |(tree, _)| tree.to_value().to_string())
    }

    #[test]
    fn values_are_kept() {
        let text = r#" {"a": [null, true, false, -1.5e2, 12345678901234567890, "\ud83d\ude00 é\n"], "b": {}, "c": []} "#;
        assert_eq!(
            value(text),
            r#"{"a":[null,true,false,-150.0,12345678901234567890,"😀 é\n"],"b":{},"c":[]}"#
        );
    }

    #[test]
    fn errors_say_where_and_what() {
        for (text, expected) in [
            ("{\"a\" 1}", "DEF-0001 1:6 this is not valid JSON: expected `:`, found `1`"),
            (
                "{\n \"a\": 1\n \"b\": 2}",
                "DEF-0001 3:2 this is not valid JSON: expected `,` or `}`, found `\"`",
            ),
            ("{\"a\": [1 2]}", "DEF-0001 1:10 this is not valid JSON: expected `,` or `]`, found `2`"),
            ("{\"a\": tru}", "DEF-0001 1:7 this is not valid JSON: expected a value, found `t`"),
            ("{\"a\": 01}", "DEF-0001 1:7 this is not valid JSON: `01` is not a number"),
            ("{\"a\": 1e999}", "DEF-0011 1:7 `1e999` is not a number that can be represented"),
            (
                "{\"a\": \"\\x\"}",
                "DEF-0001 1:7 this is not valid JSON: a text holds an invalid escape or a control character",
            ),
            ("{\"a\": \"b", "DEF-0001 1:7 this is not valid JSON: a text is not closed"),
            ("{\"a\": \"\\", "DEF-0001 1:7 this is not valid JSON: a text is not closed"),
            ("{\"a\":", "DEF-0001 1:6 this is not valid JSON: expected a value, found the end of the text"),
            ("{\"a\": 1} x", "DEF-0001 1:10 this is not valid JSON: expected the end of the text, found `x`"),
        ] {
            assert_eq!(value(text), expected);
        }
    }

    #[test]
    fn only_objects_with_quoted_keys_look_like_json() {
        assert!(looks_like("\n {\n\"a\": 1}"));
        assert!(looks_like("{}"));
        assert!(!looks_like("{ document: {} }"));
        assert!(!looks_like("document: {}"));
    }
}
