//! The small values that the model is made of.

use crate::diagnostic::{Code, did_you_mean};
use crate::duration;
use crate::limits::NAME_CHARS_MAX;
use crate::parse::{Kind, Path, Print, Read, Reader, Tree};
use serde_json::{Map, Value};

/// A map from names to things of one type, in the order of the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Named<T>(pub Vec<(String, T)>);

impl<T> Named<T> {
    /// The thing with this name.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}

impl<T: Read> Read for Named<T> {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        let entries = reader.entries(tree, path).unwrap_or_default();
        let read = entries.iter().map(|entry| {
            let path = path.key(&entry.key);
            name_is_usable(reader, &entry.key, entry.key_at, &path);
            (entry.key.clone(), T::read(reader, &entry.value, &path))
        });
        Self(read.collect())
    }

    fn gap() -> Self {
        Self(Vec::new())
    }
}

impl<T: Print> Print for Named<T> {
    fn print(&self) -> Value {
        Value::Object(self.0.iter().map(|(name, value)| (name.clone(), value.print())).collect::<Map<_, _>>())
    }
}

/// Reports a name that is empty, too long, or has control characters.
pub(super) fn name_is_usable(reader: &mut Reader<'_>, name: &str, at: crate::parse::Position, path: &Path) {
    let wrong = if name.is_empty() {
        "a name cannot be empty".to_owned()
    } else if name.chars().count() > NAME_CHARS_MAX {
        format!("a name has at most {NAME_CHARS_MAX} characters")
    } else if name.chars().any(char::is_control) {
        "a name cannot have control characters".to_owned()
    } else {
        return;
    };
    reader.report(Code::InvalidName, at, path, wrong, None);
}

/// A thing written where it is used, or the name of one declared under `use`.
#[derive(Clone, Debug, PartialEq)]
pub enum Reference<T> {
    /// Written here.
    Inline(T),
    /// Declared elsewhere.
    Name(String),
}

impl<T: Read> Read for Reference<T> {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        match &tree.kind {
            Kind::Text(text) => Self::Name(text.value.clone()),
            Kind::Map(_) => Self::Inline(T::read(reader, tree, path)),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::List(_) => {
                reader.wrong_type(tree, path, "a name or a map");
                Self::gap()
            }
        }
    }

    fn gap() -> Self {
        Self::Inline(T::gap())
    }
}

impl<T: Print> Print for Reference<T> {
    fn print(&self) -> Value {
        match self {
            Self::Inline(value) => value.print(),
            Self::Name(name) => Value::from(name.as_str()),
        }
    }
}

/// A text with a rule of its own.
macro_rules! text {
    ($(#[$meta:meta])* $name:ident($expected:literal, $gap:literal) = $check:expr) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(pub String);

        impl Read for $name {
            fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
                let Some(text) = reader.text(tree, path, $expected) else { return Self::gap() };
                let check: fn(&str) -> Result<(), Wrong> = $check;
                if let Err((code, message, hint)) = check(text) {
                    reader.report(code, tree.at, path, message, hint);
                    return Self::gap();
                }
                Self(text.to_owned())
            }

            fn gap() -> Self {
                Self($gap.to_owned())
            }
        }

        impl Print for $name {
            fn print(&self) -> Value {
                Value::from(self.0.as_str())
            }
        }
    };
}

type Wrong = (Code, String, Option<String>);

text! {
    /// A semantic version.
    Version("a text, a semantic version", "0.0.0") = |text| {
        if semantic_version(text) { return Ok(()) }
        Err((Code::InvalidVersion, format!("`{text}` is not a semantic version"), Some("write it like '1.0.0'".to_owned())))
    }
}

text! {
    /// A semantic version, or `latest`.
    VersionChoice("a text, a semantic version or `latest`", "latest") = |text| {
        if text == "latest" || semantic_version(text) { return Ok(()) }
        let hint = Some("write a version like '1.0.0', or `latest`".to_owned());
        Err((Code::InvalidVersion, format!("`{text}` is neither a semantic version nor `latest`"), hint))
    }
}

text! {
    /// A version of the DSL that is supported.
    DslVersion("a text, the version of the DSL", "1.0.3") = |text| {
        if !semantic_version(text) {
            let hint = Some("write '1.0.3'".to_owned());
            return Err((Code::InvalidVersion, format!("`{text}` is not a semantic version"), hint));
        }
        if text.starts_with("1.0.") { return Ok(()) }
        let hint = Some("the supported versions are 1.0.x: write '1.0.3'".to_owned());
        Err((Code::UnsupportedDsl, format!("version `{text}` of the DSL is not supported"), hint))
    }
}

text! {
    /// A DNS label.
    Label("a text, a DNS label", "gap") = |text| {
        let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        let valid = matches!(text.len(), 1..=63) && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-');
        if valid { return Ok(()) }
        let hint = "use 1 to 63 letters, digits and `-`, not starting or ending with `-`".to_owned();
        Err((Code::InvalidLabel, format!("`{text}` is not a DNS label"), Some(hint)))
    }
}

text! {
    /// An expression where nothing but an expression can stand: bare, or in `${ }`. It is compiled later.
    Expression("a text, an expression", ".") = |text| {
        if !text.trim().is_empty() { return Ok(()) }
        Err((Code::InvalidExpression, "the expression is empty".to_owned(), None))
    }
}

text! {
    /// The name of a loop's variable, without `$`.
    LoopVariable("a text, a name", "gap") = |text| {
        if text == "error" {
            return Err(taken(text));
        }
        variable(text)
    }
}

text! {
    /// The name of a `catch`'s variable, without `$`.
    ErrorVariable("a text, a name", "gap") = variable
}

text! {
    /// A URI, a URI template, or an expression that gives one.
    Uri("a text, a URI", "https://gap.invalid") = |text| {
        let valid = !text.is_empty() && (text.contains("${") || !text.contains(char::is_whitespace));
        if valid { return Ok(()) }
        Err((Code::InvalidUri, format!("`{text}` is not a URI"), None))
    }
}

text! {
    /// An HTTP method, in any case.
    Method("a text, an HTTP method", "GET") = |text| {
        const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
        if METHODS.iter().any(|method| method.eq_ignore_ascii_case(text)) { return Ok(()) }
        let known = || format!("the methods are {}", METHODS.join(", "));
        let hint = did_you_mean(text, METHODS).unwrap_or_else(known);
        Err((Code::InvalidMethod, format!("`{text}` is not an HTTP method"), Some(hint)))
    }
}

/// Whether a whole text is an expression in `${ }`.
pub(crate) fn is_expression(text: &str) -> bool {
    let text = text.trim();
    text.starts_with("${") && text.ends_with('}')
}

const TAKEN: [&str; 11] = [
    "context",
    "input",
    "output",
    "secrets",
    "authorization",
    "task",
    "workflow",
    "runtime",
    "compensation",
    "ENV",
    "__loc__",
];

fn taken(name: &str) -> Wrong {
    (
        Code::InvalidVariable,
        format!("the variable `{name}` has a meaning already"),
        Some("choose another name".to_owned()),
    )
}

fn variable(text: &str) -> Result<(), Wrong> {
    if TAKEN.contains(&text) {
        return Err(taken(text));
    }
    let mut bytes = text.bytes();
    let first = bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    let valid =
        first && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_') && text.len() <= NAME_CHARS_MAX;
    if valid {
        return Ok(());
    }
    let hint = match text.strip_prefix('$') {
        Some(bare) if !bare.is_empty() => format!("write `{bare}`, without `$`"),
        _ => "use letters, digits and `_`, not starting with a digit".to_owned(),
    };
    Err((Code::InvalidVariable, format!("`{text}` is not a name for a variable"), Some(hint)))
}

/// Whether a text is a version as <https://semver.org> has it.
pub(crate) fn semantic_version(text: &str) -> bool {
    let (rest, build) = text.split_once('+').map_or((text, None), |(rest, build)| (rest, Some(build)));
    let (core, pre) = rest.split_once('-').map_or((rest, None), |(core, pre)| (core, Some(pre)));
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let number = |t: &str| digits(t) && (t == "0" || !t.starts_with('0'));
    let word = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let core: Vec<&str> = core.split('.').collect();
    text.len() <= NAME_CHARS_MAX
        && core.len() == 3
        && core.into_iter().all(number)
        && pre.is_none_or(|pre| pre.split('.').all(|t| word(t) && (!digits(t) || number(t))))
        && build.is_none_or(|build| build.split('.').all(word))
}

/// A status of an error: 400 to 599.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u16);

impl Read for Status {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        let Kind::Number(number) = &tree.kind else {
            reader.wrong_type(tree, path, "a whole number, a status");
            return Self::gap();
        };
        let status = number.as_u64().and_then(|n| u16::try_from(n).ok()).filter(|n| (400..=599).contains(n));
        status.map_or_else(
            || {
                let message = format!("`{number}` is not a status from 400 to 599");
                reader.report(Code::InvalidStatus, tree.at, path, message, None);
                Self::gap()
            },
            Self,
        )
    }

    fn gap() -> Self {
        Self(500)
    }
}

impl Print for Status {
    fn print(&self) -> Value {
        Value::from(self.0)
    }
}

/// A duration as it is written.
#[derive(Clone, Debug, PartialEq)]
pub enum DurationValue {
    /// ISO 8601 text, with its milliseconds.
    Iso(String, u64),
    /// A map of units, with its milliseconds.
    Units(Map<String, Value>, u64),
    /// An expression in `${ }`.
    Expression(String),
}

impl DurationValue {
    /// The milliseconds of what is written as it is; none of an expression.
    pub fn fixed_ms(&self) -> Option<u64> {
        match self {
            Self::Iso(_, ms) | Self::Units(_, ms) => Some(*ms),
            Self::Expression(_) => None,
        }
    }
}

impl Read for DurationValue {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        let result = match &tree.kind {
            Kind::Text(text) if is_expression(&text.value) => return Self::Expression(text.value.clone()),
            Kind::Text(text) => duration::parse_iso(&text.value).map(|ms| Self::Iso(text.value.clone(), ms)),
            Kind::Map(_) => {
                let value = tree.to_value();
                duration::from_map(&value).map(|ms| match value {
                    Value::Object(map) => Self::Units(map, ms),
                    other => Self::Iso(other.to_string(), ms),
                })
            }
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::List(_) => {
                reader.wrong_type(tree, path, "a duration such as `PT5M` or `{ minutes: 5 }`");
                return Self::gap();
            }
        };
        result.unwrap_or_else(|error| {
            reader.report(Code::InvalidDuration, tree.at, path, error.message, error.hint);
            Self::gap()
        })
    }

    fn gap() -> Self {
        Self::Expression("${ . }".to_owned())
    }
}

impl Print for DurationValue {
    fn print(&self) -> Value {
        match self {
            Self::Iso(text, _) | Self::Expression(text) => Value::from(text.as_str()),
            Self::Units(map, _) => Value::Object(map.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn semantic_versions_follow_the_specification() {
        for text in
            ["0.0.0", "1.0.3", "10.20.30", "1.0.0-alpha.1", "1.0.0-0a", "1.0.0+build.01", "1.0.0-x-y+z-1"]
        {
            assert!(semantic_version(text), "{text}");
        }
        for text in [
            "",
            "1",
            "1.0",
            "1.0.0.0",
            "01.0.0",
            "1.0.0-",
            "1.0.0-01",
            "1.0.0+",
            "1.0.0-a..b",
            "v1.0.0",
            "1.0.x",
        ] {
            assert!(!semantic_version(text), "{text}");
        }
    }
}
