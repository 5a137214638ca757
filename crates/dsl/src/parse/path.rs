//! JSON pointers (RFC 6901) under construction.

use std::fmt;

/// A JSON pointer.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(String);

impl Path {
    /// The pointer to the whole text.
    pub fn root() -> Self {
        Self::default()
    }

    /// The pointer to an entry of the map at this pointer.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        let escaped =
            if key.contains(['~', '/']) { key.replace('~', "~0").replace('/', "~1") } else { key.to_owned() };
        Self(format!("{}/{escaped}", self.0))
    }

    /// The pointer to an entry several maps deep.
    #[must_use]
    pub fn keys(&self, keys: &[&str]) -> Self {
        keys.iter().fold(self.clone(), |path, key| path.key(key))
    }

    /// The pointer to an item of the list at this pointer.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        Self(format!("{}/{index}", self.0))
    }

    /// The pointer that another pointer, relative to this one, points to.
    #[must_use]
    pub fn join(&self, relative: &str) -> Self {
        Self(format!("{}{relative}", self.0))
    }

    /// The text form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The segments, unescaped.
    pub fn segments(&self) -> impl Iterator<Item = String> {
        self.0.split('/').skip(1).map(|segment| segment.replace("~1", "/").replace("~0", "~"))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
