//! Reads the model out of a tree.
//!
//! Reading is total: what is wrong is reported and leaves a *gap*, a harmless value, so that everything else in the text
//! is checked too. A model with gaps is never compiled into a definition, because something was reported.

use super::path::Path;
use super::tree::{Entry, Kind, Position, Tree};
use crate::diagnostic::{Code, Sink, did_you_mean};
use serde_json::{Map, Value};

/// A part of the model that can be read.
pub(crate) trait Read: Sized {
    /// Reads the value at a tree; what is wrong is reported.
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self;

    /// What stands where nothing readable was; no rule finds fault with it.
    fn gap() -> Self;
}

/// A part of the model that can be printed as JSON, so that reading it again gives the same.
pub(crate) trait Print {
    /// The JSON form.
    fn print(&self) -> Value;
}

/// Where reading reports to.
#[derive(Debug)]
pub(crate) struct Reader<'s> {
    sink: &'s mut Sink,
}

/// A map whose keys are all known.
#[derive(Debug)]
pub(crate) struct Fields<'t> {
    tree: &'t Tree,
    path: Path,
}

impl<'s> Reader<'s> {
    pub(crate) fn new(sink: &'s mut Sink) -> Self {
        Self { sink }
    }

    pub(crate) fn report(
        &mut self,
        code: Code,
        at: Position,
        path: &Path,
        message: String,
        hint: Option<String>,
    ) {
        self.sink.at(code, at, path, message, hint);
    }

    /// Reports that a value has the wrong type.
    pub(crate) fn wrong_type(&mut self, tree: &Tree, path: &Path, expected: &str) {
        let quotable = matches!(tree.kind, Kind::Number(_) | Kind::Bool(_)) && expected.starts_with("a text");
        let hint = quotable.then(|| "put quotes around it".to_owned());
        self.report(
            Code::WrongType,
            tree.at,
            path,
            format!("expected {expected}, found {}", tree.noun()),
            hint,
        );
    }

    /// The fields of a map; keys that are not `known` are reported. `None`, reported, when it is no map.
    pub(crate) fn fields<'t>(&mut self, tree: &'t Tree, path: &Path, known: &[&str]) -> Option<Fields<'t>> {
        let entries = self.entries(tree, path)?;
        for entry in entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            let hint = did_you_mean(&entry.key, known.iter().copied());
            let hint = hint
                .or_else(|| (!known.is_empty()).then(|| format!("the keys here are {}", known.join(", "))));
            let message = format!("unknown key `{}`", entry.key);
            self.report(Code::UnknownKey, entry.key_at, &path.key(&entry.key), message, hint);
        }
        Some(Fields::of(tree, path))
    }

    /// The entries of a map. `None`, reported, when it is no map.
    pub(crate) fn entries<'t>(&mut self, tree: &'t Tree, path: &Path) -> Option<&'t [Entry]> {
        if let Kind::Map(entries) = &tree.kind {
            return Some(entries);
        }
        self.wrong_type(tree, path, "a map");
        None
    }

    /// The items of a list. `None`, reported, when it is no list.
    pub(crate) fn items<'t>(&mut self, tree: &'t Tree, path: &Path) -> Option<&'t [Tree]> {
        if let Kind::List(items) = &tree.kind {
            return Some(items);
        }
        self.wrong_type(tree, path, "a list");
        None
    }

    /// A text. `None`, reported, when it is none.
    pub(crate) fn text<'t>(&mut self, tree: &'t Tree, path: &Path, expected: &str) -> Option<&'t str> {
        if let Kind::Text(text) = &tree.kind {
            return Some(&text.value);
        }
        self.wrong_type(tree, path, expected);
        None
    }

    /// The one of `keys` that a map has. `None`, reported, when it has none or several of them.
    pub(crate) fn one_of<'k>(&mut self, tree: &Tree, path: &Path, keys: &[&'k str]) -> Option<&'k str> {
        let present: Vec<&str> = keys.iter().copied().filter(|key| tree.entry(key).is_some()).collect();
        if let [one] = present.as_slice() {
            return Some(one);
        }
        let message = match present.as_slice() {
            [] => format!("one of the keys {} is required", quoted(keys)),
            several => format!("only one of the keys {} is allowed", quoted(several)),
        };
        self.report(Code::NotOneOf, tree.at, path, message, None);
        None
    }
}

impl<'t> Fields<'t> {
    /// The fields of a map whose keys are checked elsewhere.
    pub(crate) fn of(tree: &'t Tree, path: &Path) -> Self {
        Self { tree, path: path.clone() }
    }

    /// The value under a key.
    pub(crate) fn get(&self, key: &str) -> Option<&'t Tree> {
        self.tree.entry(key).map(|entry| &entry.value)
    }

    /// The pointer to the value under a key.
    pub(crate) fn at(&self, key: &str) -> Path {
        self.path.key(key)
    }

    pub(crate) fn required<T: Read>(&self, reader: &mut Reader<'_>, key: &str) -> T {
        self.optional(reader, key).unwrap_or_else(|| {
            if self.get(key).is_none() {
                let message = format!("the key `{key}` is required");
                reader.report(Code::MissingKey, self.tree.at, &self.path, message, None);
            }
            T::gap()
        })
    }

    pub(crate) fn optional<T: Read>(&self, reader: &mut Reader<'_>, key: &str) -> Option<T> {
        self.get(key).map(|value| T::read(reader, value, &self.at(key)))
    }
}

/// One of several words.
pub(crate) fn read_word<T: Copy>(
    reader: &mut Reader<'_>,
    tree: &Tree,
    path: &Path,
    words: &[(&str, T)],
) -> Option<T> {
    let text = reader.text(tree, path, "a text")?;
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
        return Some(*value);
    }
    let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let hint = did_you_mean(text, names.iter().copied())
        .or_else(|| Some(format!("it is one of {}", names.join(", "))));
    reader.report(Code::UnknownWord, tree.at, path, format!("`{text}` is not allowed here"), hint);
    None
}

fn quoted(keys: &[&str]) -> String {
    keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}

/// A record of the model: a map with known keys, each required or optional. Declares the type, how it is read and how it
/// is printed, so that the three cannot differ.
macro_rules! record {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $key:literal $need:ident $type:ty),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $crate::parse::record!(@type $need $type)),*
        }

        impl $name {
            /// The keys of the map.
            pub(crate) const KEYS: &[&str] = &[$($key),*];

            /// Reads the fields of a map whose keys were checked.
            pub(crate) fn read_fields(reader: &mut $crate::parse::Reader<'_>, fields: &$crate::parse::Fields<'_>) -> Self {
                Self { $($field: fields.$need(reader, $key)),* }
            }

            /// Puts the fields into a map.
            pub(crate) fn print_into(&self, map: &mut serde_json::Map<String, serde_json::Value>) {
                $($crate::parse::record!(@print $need map $key self.$field);)*
            }
        }

        impl $crate::parse::Read for $name {
            fn read(reader: &mut $crate::parse::Reader<'_>, tree: &$crate::parse::Tree, path: &$crate::parse::Path) -> Self {
                match reader.fields(tree, path, Self::KEYS) {
                    Some(fields) => Self::read_fields(reader, &fields),
                    None => Self::gap(),
                }
            }

            fn gap() -> Self {
                Self { $($field: $crate::parse::record!(@gap $need $type)),* }
            }
        }

        impl $crate::parse::Print for $name {
            fn print(&self) -> serde_json::Value {
                let mut map = serde_json::Map::new();
                self.print_into(&mut map);
                serde_json::Value::Object(map)
            }
        }
    };
    (@type required $type:ty) => { $type };
    (@type optional $type:ty) => { Option<$type> };
    (@gap required $type:ty) => { <$type as $crate::parse::Read>::gap() };
    (@gap optional $type:ty) => { None };
    (@print required $map:ident $key:literal $value:expr) => {
        $map.insert($key.to_owned(), $crate::parse::Print::print(&$value));
    };
    (@print optional $map:ident $key:literal $value:expr) => {
        if let Some(value) = &$value {
            $map.insert($key.to_owned(), $crate::parse::Print::print(value));
        }
    };
}
pub(crate) use record;

/// A text that is one of a few words. The first one stands in for an unreadable one.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$word_meta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$word_meta])* $variant),+ }

        impl $name {
            const WORDS: &[(&str, Self)] = &[$(($word, Self::$variant)),+];

            /// The word in the text.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl $crate::parse::Read for $name {
            fn read(reader: &mut $crate::parse::Reader<'_>, tree: &$crate::parse::Tree, path: &$crate::parse::Path) -> Self {
                $crate::parse::read_word(reader, tree, path, Self::WORDS).unwrap_or_else(Self::gap)
            }

            fn gap() -> Self {
                Self::WORDS[0].1
            }
        }

        impl $crate::parse::Print for $name {
            fn print(&self) -> serde_json::Value {
                serde_json::Value::from(self.as_str())
            }
        }
    };
}
pub(crate) use words;

impl Read for String {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        reader.text(tree, path, "a text").unwrap_or_default().to_owned()
    }

    fn gap() -> Self {
        Self::new()
    }
}

impl Print for String {
    fn print(&self) -> Value {
        Value::from(self.as_str())
    }
}

impl Read for bool {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        if let Kind::Bool(value) = tree.kind {
            return value;
        }
        reader.wrong_type(tree, path, "`true` or `false`");
        false
    }

    fn gap() -> Self {
        false
    }
}

impl Print for bool {
    fn print(&self) -> Value {
        Value::from(*self)
    }
}

impl Read for u32 {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        let Kind::Number(number) = &tree.kind else {
            reader.wrong_type(tree, path, "a whole number");
            return 0;
        };
        number.as_u64().and_then(|n| Self::try_from(n).ok()).unwrap_or_else(|| {
            let message = format!("`{number}` is not a whole number from 0 to {}", Self::MAX);
            reader.report(Code::OutOfRange, tree.at, path, message, None);
            0
        })
    }

    fn gap() -> Self {
        0
    }
}

impl Print for u32 {
    fn print(&self) -> Value {
        Value::from(*self)
    }
}

impl Read for Value {
    fn read(_: &mut Reader<'_>, tree: &Tree, _: &Path) -> Self {
        tree.to_value()
    }

    fn gap() -> Self {
        Self::Null
    }
}

impl Print for Value {
    fn print(&self) -> Value {
        self.clone()
    }
}

impl Read for Map<String, Value> {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        let entries = reader.entries(tree, path).unwrap_or_default();
        entries.iter().map(|entry| (entry.key.clone(), entry.value.to_value())).collect()
    }

    fn gap() -> Self {
        Self::new()
    }
}

impl Print for Map<String, Value> {
    fn print(&self) -> Value {
        Value::Object(self.clone())
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        let items = reader.items(tree, path).unwrap_or_default();
        items.iter().enumerate().map(|(index, item)| T::read(reader, item, &path.index(index))).collect()
    }

    fn gap() -> Self {
        Self::new()
    }
}

impl<T: Print> Print for Vec<T> {
    fn print(&self) -> Value {
        Value::Array(self.iter().map(Print::print).collect())
    }
}

impl<T: Read> Read for Box<T> {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        Self::new(T::read(reader, tree, path))
    }

    fn gap() -> Self {
        Self::new(T::gap())
    }
}

impl<T: Print> Print for Box<T> {
    fn print(&self) -> Value {
        self.as_ref().print()
    }
}
