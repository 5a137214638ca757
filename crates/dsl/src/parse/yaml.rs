//! YAML 1.2 texts, core schema.
//!
//! Anchors, aliases, tags, merge keys and directives are refused: a definition means what it shows, in every tool.

use super::builder::{Builder, Refusal, position_of, too_deep};
use super::tree::{Kind, Position, Text, Tree};
use crate::diagnostic::Code;
use serde_json::Number;
use serde_saphyr::granit_parser::{
    ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, Span, StrInput, Tag,
};

/// The tree of a YAML text.
pub(super) fn parse(text: &str) -> Result<(Tree, Vec<Refusal>), Refusal> {
    let mut reading = Reading { text, builder: Builder::default(), documents: 0 };
    let mut parser = Parser::<StrInput<'_>>::new_from_str_with_options(text, options());
    while let Some(next) = parser.next_event() {
        let (event, span) = next.map_err(|error| refusal(&error))?;
        reading.event(event, span)?;
    }
    let end = position_of(text, text.len());
    let empty = || Refusal::new(Code::DocumentCount, end, "the text holds no document".to_owned());
    let (tree, refusals) = reading.builder.finish();
    let tree = tree.ok_or_else(empty)?;
    if matches!(tree.kind, Kind::Null) {
        return Err(empty());
    }
    Ok((tree, refusals))
}

fn options() -> Options {
    let mut options = Options::default();
    options.emit_comments = false;
    options.emit_unresolved_aliases = true;
    options.disallow_directives = true;
    options
}

struct Reading<'t> {
    text: &'t str,
    builder: Builder,
    documents: usize,
}

impl Reading<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Refusal> {
        let at = position(&span);
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    let message = "the text holds more than one document".to_owned();
                    return Err(Refusal::new(Code::DocumentCount, at, message));
                }
                Ok(())
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => Err(alias(at)),
            Event::Scalar(value, style, anchor, tag) => {
                plain_node(at, anchor, tag.as_deref())?;
                self.scalar(value.into_owned(), style, &span)
            }
            Event::SequenceStart(_, anchor, tag) => {
                plain_node(at, anchor, tag.as_deref())?;
                self.no_key(at)?;
                self.builder.open_list(at)
            }
            Event::MappingStart(_, anchor, tag) => {
                plain_node(at, anchor, tag.as_deref())?;
                self.no_key(at)?;
                self.builder.open_map(at)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.builder.close();
                Ok(())
            }
            // Stream and document ends, and what presentation options would add, say nothing about the values.
            _ => Ok(()),
        }
    }

    fn scalar(&mut self, value: String, style: ScalarStyle, span: &Span) -> Result<(), Refusal> {
        let at = position(span);
        let plain = matches!(style, ScalarStyle::Plain);
        if self.builder.wants_key() {
            if plain && value == "<<" {
                let message = "merge keys are not allowed".to_owned();
                return Err(Refusal::new(Code::MergeKey, at, message).hinted("write the merged entries out"));
            }
            return self.builder.key(value, at);
        }
        if plain && let Some(kind) = resolved(&value, at)? {
            return self.builder.scalar(kind, at);
        }
        let verbatim = self.verbatim(&value, plain, span);
        self.builder.scalar(Kind::Text(Text { value, verbatim }), at)
    }

    /// Where the value stands in the text unchanged: neither escaped, nor folded, nor in a block.
    fn verbatim(&self, value: &str, plain: bool, span: &Span) -> Option<Position> {
        let at = position(span);
        let quotes = usize::from(!plain);
        let start = span.start.byte_offset()? + quotes;
        let written = self.text.get(start..start + value.len())?;
        let column = at.column + u32::from(!plain);
        (written == value).then_some(Position { line: at.line, column })
    }

    fn no_key(&self, at: Position) -> Result<(), Refusal> {
        if self.builder.wants_key() {
            let message = "a key is a text, not a list or a map".to_owned();
            return Err(Refusal::new(Code::KeyType, at, message)
                .hinted("put quotes around a value that starts with `{` or `[`"));
        }
        Ok(())
    }
}

fn plain_node(at: Position, anchor: usize, tag: Option<&Tag>) -> Result<(), Refusal> {
    if anchor != 0 {
        return Err(alias(at));
    }
    if tag.is_some() {
        let message = "tags are not allowed".to_owned();
        return Err(
            Refusal::new(Code::Tag, at, message).hinted("put quotes around a text that starts with `!`")
        );
    }
    Ok(())
}

fn alias(at: Position) -> Refusal {
    let message = "anchors and aliases are not allowed".to_owned();
    let hint = "write the value out, or put quotes around a text that starts with `&` or `*`";
    Refusal::new(Code::Alias, at, message).hinted(hint)
}

fn refusal(error: &ScanError) -> Refusal {
    let marker = error.marker();
    let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let at = Position { line: narrow(marker.line()).max(1), column: narrow(marker.col()).saturating_add(1) };
    match error.kind() {
        ErrorKind::RecursionLimitExceeded => too_deep(at),
        _ => Refusal::new(Code::Syntax, at, format!("this is not valid YAML: {}", error.info())),
    }
}

fn position(span: &Span) -> Position {
    let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Position { line: narrow(span.start.line()), column: narrow(span.start.col()).saturating_add(1) }
}

/// A plain scalar that is no text, by the core schema of YAML 1.2.
fn resolved(value: &str, at: Position) -> Result<Option<Kind>, Refusal> {
    let kind = match value {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Bool(true),
        "false" | "False" | "FALSE" => Kind::Bool(false),
        _ => match number(value) {
            None => return Ok(None),
            Some(Some(number)) => Kind::Number(number),
            Some(None) => {
                let message = format!("`{value}` is not a number that JSON has");
                return Err(
                    Refusal::new(Code::Number, at, message).hinted("put quotes around it if it is a text")
                );
            }
        },
    };
    Ok(Some(kind))
}

/// The number that a plain scalar is; `Some(None)` for one that JSON cannot hold.
#[expect(
    clippy::option_option,
    reason = "no number, a number that JSON lacks, and a number are three things"
)]
fn number(value: &str) -> Option<Option<Number>> {
    let unsigned = value.strip_prefix(['+', '-']).unwrap_or(value);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(value, ".nan" | ".NaN" | ".NAN") {
        return Some(None);
    }
    if let Some(digits) = value.strip_prefix("0x").filter(|d| !d.is_empty()) {
        return digits
            .bytes()
            .all(|b| b.is_ascii_hexdigit())
            .then(|| u64::from_str_radix(digits, 16).ok().map(Into::into));
    }
    if let Some(digits) = value.strip_prefix("0o").filter(|d| !d.is_empty()) {
        let octal = digits.bytes().all(|b| matches!(b, b'0'..=b'7'));
        return octal.then(|| u64::from_str_radix(digits, 8).ok().map(Into::into));
    }
    if !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit()) {
        let whole = value.strip_prefix('+').unwrap_or(value);
        let integer =
            whole.parse::<u64>().map(Number::from).or_else(|_| whole.parse::<i64>().map(Number::from));
        return Some(integer.ok().or_else(|| whole.parse().ok().and_then(Number::from_f64)));
    }
    decimal(unsigned).then(|| value.parse().ok().and_then(Number::from_f64))
}

/// `[0-9]*(\.[0-9]*)?([eE][-+]?[0-9]+)?` with a digit before the exponent.
fn decimal(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (text, None),
    };
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|e| !e.is_empty() && digits(e))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> String {
        parse(text)
            .map_or_else(|r| format!("{} {}", r.code, r.message), |(tree, _)| tree.to_value().to_string())
    }

    #[test]
    fn plain_scalars_follow_the_core_schema() {
        let text = "[null, ~, true, False, 1, -2, +3, 0x1F, 0o17, 1.5, -.5, 1e3, 12345678901234567890, yes, on, 1_000, 1.2.3, e5, '1']";
        let expected = r#"[null,null,true,false,1,-2,3,31,15,1.5,-0.5,1000.0,12345678901234567890,"yes","on","1_000","1.2.3","e5","1"]"#;
        assert_eq!(value(text), expected);
    }

    #[test]
    fn keys_are_texts_as_written() {
        assert_eq!(value("200: a\ntrue: b\non: c\n"), r#"{"200":"a","true":"b","on":"c"}"#);
    }

    #[test]
    fn numbers_that_json_lacks_are_refused() {
        assert_eq!(value("a: .inf"), "DEF-0011 `.inf` is not a number that JSON has");
        assert_eq!(value("a: -.INF"), "DEF-0011 `-.INF` is not a number that JSON has");
        assert_eq!(value("a: 1e999"), "DEF-0011 `1e999` is not a number that JSON has");
    }

    #[test]
    fn positions_count_from_one() {
        let (tree, _) = parse("a:\n  - b: 'x y'\n    c: [1, \"2\"]\n").map_err(|r| r.message).unwrap();
        let place = |pointer: &str| {
            let path = super::super::Path::root().join(pointer);
            let (key, value) = (tree.key_position(&path), tree.position(&path));
            format!("{}:{} {}:{}", key.line, key.column, value.line, value.column)
        };
        assert_eq!(place("/a"), "1:1 2:3");
        assert_eq!(place("/a/0/b"), "2:5 2:8");
        assert_eq!(place("/a/0/c"), "3:5 3:8");
        assert_eq!(place("/a/0/c/1"), "3:12 3:12");
        assert_eq!(tree.character_position(&super::super::Path::root().join("/a/0/b"), 2).column, 11);
    }
}
