//! Any JSON text in, the canonical compact text out: no white space, the shortest escapes, the last of equal keys.
//!
//! Deliberately absent: values. Nothing is kept but the text, because most payloads are only carried from one place to
//! another.

use super::JsonError;

/// Characters of one number. Longer ones cost time that grows with the square of their length.
const NUMBER_CHARS_MAX: usize = 230;

/// The canonical text of `source`, nested at most `depth_max` levels.
pub(super) fn canonical(source: &str, depth_max: usize) -> Result<String, JsonError> {
    let mut scanner = Scanner { source, at: 0, out: String::with_capacity(source.len()) };
    scanner.value(depth_max)?;
    scanner.white_space();
    if scanner.at < source.len() {
        return Err(scanner.error("unexpected text after the value"));
    }
    Ok(scanner.out)
}

/// Appends `text` as a JSON string.
pub(crate) fn write_string(out: &mut String, text: &str) {
    out.push('"');
    write_escaped(out, text);
    out.push('"');
}

fn write_escaped(out: &mut String, text: &str) {
    let mut plain_from = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[plain_from..at]);
        plain_from = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            0x08 => out.push_str("\\b"),
            0x0c => out.push_str("\\f"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            control => {
                out.push_str("\\u00");
                out.push(char::from(b"0123456789abcdef"[usize::from(control >> 4)]));
                out.push(char::from(b"0123456789abcdef"[usize::from(control & 15)]));
            }
        }
    }
    out.push_str(&text[plain_from..]);
}

/// Bytes that [`write_string`] appends.
pub(crate) fn string_len(text: &str) -> usize {
    let extra = |byte: u8| match byte {
        b'"' | b'\\' | 0x08 | 0x0c | b'\n' | b'\r' | b'\t' => 1,
        0..0x20 => 5,
        _ => 0,
    };
    2 + text.len() + text.bytes().map(extra).sum::<usize>()
}

/// Whether `text` is a number as JSON writes them.
pub(crate) fn is_number(text: &str) -> bool {
    let mut scanner = Scanner { source: text, at: 0, out: String::new() };
    scanner.number().is_ok() && scanner.at == text.len()
}

/// Where an entry of an object stands in the output.
struct Entry {
    key: (usize, usize),
    end: usize,
}

struct Scanner<'s> {
    source: &'s str,
    at: usize,
    out: String,
}

impl Scanner<'_> {
    fn error(&self, message: &'static str) -> JsonError {
        JsonError { message, offset: self.at }
    }

    fn peek(&self) -> Option<u8> {
        self.source.as_bytes().get(self.at).copied()
    }

    fn white_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self, depth_left: usize) -> Result<(), JsonError> {
        self.white_space();
        match self.peek() {
            Some(b'{') => self.object(depth_left),
            Some(b'[') => self.array(depth_left),
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            Some(_) => Err(self.error("expected a value")),
            None => Err(self.error("unexpected end of the text")),
        }
    }

    fn word(&mut self, word: &'static str) -> Result<(), JsonError> {
        if !self.source[self.at..].starts_with(word) {
            return Err(self.error("expected a value"));
        }
        self.at += word.len();
        self.out.push_str(word);
        Ok(())
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let from = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == from { Err(self.error("expected a digit")) } else { Ok(()) }
    }

    fn number(&mut self) -> Result<(), JsonError> {
        let from = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let first = self.at;
        self.digits()?;
        if self.at > first + 1 && self.source.as_bytes()[first] == b'0' {
            return Err(self.error("a number cannot start with zero"));
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        let number = &self.source[from..self.at];
        if number.len() > NUMBER_CHARS_MAX {
            return Err(self.error("the number is too long"));
        }
        if !number.parse::<f64>().is_ok_and(f64::is_finite) {
            return Err(self.error("the number is out of range"));
        }
        self.out.push_str(number);
        Ok(())
    }

    fn string(&mut self) -> Result<(), JsonError> {
        self.at += 1;
        self.out.push('"');
        loop {
            let from = self.at;
            while self.peek().is_some_and(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
                self.at += 1;
            }
            self.out.push_str(&self.source[from..self.at]);
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                Some(_) => return Err(self.error("a control character must be escaped")),
                None => return Err(self.error("unexpected end of the text")),
            }
        }
        self.at += 1;
        self.out.push('"');
        Ok(())
    }

    fn escape(&mut self) -> Result<(), JsonError> {
        self.at += 1;
        let decoded = match self.peek() {
            Some(b'u') => {
                self.at += 1;
                self.unicode()?
            }
            Some(simple) => {
                let decoded = match simple {
                    b'"' | b'\\' | b'/' => char::from(simple),
                    b'b' => '\u{8}',
                    b'f' => '\u{c}',
                    b'n' => '\n',
                    b'r' => '\r',
                    b't' => '\t',
                    _ => return Err(self.error("unknown escape")),
                };
                self.at += 1;
                decoded
            }
            None => return Err(self.error("unexpected end of the text")),
        };
        write_escaped(&mut self.out, decoded.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn unicode(&mut self) -> Result<char, JsonError> {
        let first = self.hexadecimal()?;
        if let Some(decoded) = char::from_u32(first) {
            return Ok(decoded);
        }
        if first >= 0xdc00 || !self.source[self.at..].starts_with("\\u") {
            return Err(self.error("half of a surrogate pair"));
        }
        self.at += 2;
        let second = self.hexadecimal()?;
        if !(0xdc00..0xe000).contains(&second) {
            return Err(self.error("half of a surrogate pair"));
        }
        let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        char::from_u32(code).ok_or_else(|| self.error("half of a surrogate pair"))
    }

    fn hexadecimal(&mut self) -> Result<u32, JsonError> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            code = code * 16 + digit.ok_or_else(|| self.error("expected a hexadecimal digit"))?;
            self.at += 1;
        }
        Ok(code)
    }

    fn array(&mut self, depth_left: usize) -> Result<(), JsonError> {
        let inner = self.open(depth_left)?;
        self.out.push('[');
        self.white_space();
        if self.peek() == Some(b']') {
            self.at += 1;
            self.out.push(']');
            return Ok(());
        }
        loop {
            self.value(inner)?;
            if self.comma_or(b']')? {
                self.out.push(']');
                return Ok(());
            }
            self.out.push(',');
        }
    }

    fn object(&mut self, depth_left: usize) -> Result<(), JsonError> {
        let inner = self.open(depth_left)?;
        let from = self.out.len();
        let mut entries = Vec::new();
        self.out.push('{');
        self.white_space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            self.out.push('}');
            return Ok(());
        }
        loop {
            entries.push(self.entry(inner)?);
            if self.comma_or(b'}')? {
                break;
            }
            self.out.push(',');
        }
        self.out.push('}');
        if self.has_equal_keys(&entries) {
            self.keep_last(from, &entries);
        }
        Ok(())
    }

    fn entry(&mut self, depth_left: usize) -> Result<Entry, JsonError> {
        self.white_space();
        if self.peek() != Some(b'"') {
            return Err(self.error("expected a key in quotes"));
        }
        let key_from = self.out.len();
        self.string()?;
        let key_to = self.out.len();
        self.white_space();
        if self.peek() != Some(b':') {
            return Err(self.error("expected a colon"));
        }
        self.at += 1;
        self.out.push(':');
        self.value(depth_left)?;
        Ok(Entry { key: (key_from, key_to), end: self.out.len() })
    }

    fn open(&mut self, depth_left: usize) -> Result<usize, JsonError> {
        let inner = depth_left.checked_sub(1).ok_or_else(|| self.error("nested too deeply"))?;
        self.at += 1;
        Ok(inner)
    }

    /// True at the closing character, false at a comma.
    fn comma_or(&mut self, close: u8) -> Result<bool, JsonError> {
        self.white_space();
        match self.peek() {
            Some(byte) if byte == close => {
                self.at += 1;
                Ok(true)
            }
            Some(b',') => {
                self.at += 1;
                Ok(false)
            }
            Some(_) => Err(self.error("expected a comma or the end of the list")),
            None => Err(self.error("unexpected end of the text")),
        }
    }

    fn has_equal_keys(&self, entries: &[Entry]) -> bool {
        let mut keys: Vec<_> = entries.iter().map(|entry| &self.out[entry.key.0..entry.key.1]).collect();
        keys.sort_unstable();
        keys.windows(2).any(|pair| pair[0] == pair[1])
    }

    /// Rewrites an object: a key keeps its first place and gets its last value.
    fn keep_last(&mut self, from: usize, entries: &[Entry]) {
        let object = self.out.split_off(from);
        let key = |entry: &Entry| &object[entry.key.0 - from..entry.key.1 - from];
        let mut last = std::collections::BTreeMap::new();
        for entry in entries {
            last.insert(key(entry), entry);
        }
        self.out.push('{');
        for entry in entries {
            let Some(winner) = last.remove(key(entry)) else { continue };
            if !self.out.ends_with('{') {
                self.out.push(',');
            }
            self.out.push_str(&object[winner.key.0 - from..winner.end - from]);
        }
        self.out.push('}');
    }
}
