//! What `call` names when the document declares no such function.

use crate::limits::FUNCTION_NAME_CHARS_MAX;
use crate::model::{Catalog, Named, semantic_version};
use crate::resource::Source;
use tenure_types::FunctionId;

/// The catalog that every tenant has.
const DEFAULT_CATALOG: &str = "default";

/// A function that is read when a definition is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Callee {
    /// Of the tenant's own catalog.
    Catalog(FunctionId),
    /// Behind an address.
    Address(String),
}

/// Why a name calls nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// It is neither `name:version@catalog` nor an address.
    Malformed,
    /// It is a function of the specification's public catalog.
    Public(FunctionId),
    /// The document declares no such catalog.
    Catalog(String),
}

impl Callee {
    /// What a name with a colon means. Without `catalogs` only what every document has is known.
    pub(crate) fn of(name: &str, catalogs: Option<&Named<Catalog>>) -> Result<Self, Unknown> {
        let lower = name.to_ascii_lowercase();
        if lower.starts_with("https://") || lower.starts_with("http://") {
            return Ok(Self::Address(raw(name)));
        }
        let (function, catalog) =
            name.split_once('@').map_or((name, None), |(f, catalog)| (f, Some(catalog)));
        let id = parse_name(function).ok_or(Unknown::Malformed)?;
        match catalog {
            None => Err(Unknown::Public(id)),
            Some(DEFAULT_CATALOG) => Ok(Self::Catalog(id)),
            Some(other) => {
                let catalog = catalogs.and_then(|catalogs| catalogs.get(other));
                let catalog = catalog.ok_or_else(|| Unknown::Catalog(other.to_owned()))?;
                let base = catalog.endpoint.uri().0.trim_end_matches('/');
                let address = format!("{base}/functions/{}/{}/function.yaml", id.name, id.version);
                Ok(Self::Address(raw(&address)))
            }
        }
    }

    /// What it is among the resources of a definition.
    pub(crate) fn source(self) -> Source {
        match self {
            Self::Catalog(id) => Source::Catalog(id),
            Self::Address(_) => Source::Function,
        }
    }

    /// What it is called among the resources of a definition. No address begins like that.
    pub(crate) fn address(&self) -> String {
        match self {
            Self::Catalog(id) => format!("function:{id}@{DEFAULT_CATALOG}"),
            Self::Address(address) => address.clone(),
        }
    }
}

/// The function that `name:version` names: lowercase letters, digits and `-`, then a semantic version.
pub fn parse_name(text: &str) -> Option<FunctionId> {
    let (name, version) = text.split_once(':')?;
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let named = (1..=FUNCTION_NAME_CHARS_MAX).contains(&name.len())
        && name.bytes().all(inner)
        && !name.starts_with('-')
        && !name.ends_with('-');
    (named && semantic_version(version)).then(|| FunctionId { name: name.into(), version: version.into() })
}

/// Where the content of a file is that is shown by GitHub or GitLab; any other address itself.
fn raw(address: &str) -> String {
    let shown = |host: &str, mark: &str| {
        let rest = address.strip_prefix(host)?;
        let (repository, path) = rest.split_once(mark)?;
        Some((repository.to_owned(), path.to_owned()))
    };
    for mark in ["/tree/", "/blob/"] {
        if let Some((repository, path)) = shown("https://gitlab.com/", &format!("/-{mark}")) {
            return format!("https://gitlab.com/{repository}/-/raw/{path}");
        }
        if let Some((repository, path)) = shown("https://github.com/", mark) {
            return format!("https://raw.githubusercontent.com/{repository}/{path}");
        }
    }
    address.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str, version: &str) -> FunctionId {
        FunctionId { name: name.into(), version: version.into() }
    }

    #[test]
    fn a_function_has_a_name_and_a_version() {
        assert_eq!(parse_name("vm-create:1.0.0"), Some(id("vm-create", "1.0.0")));
        assert_eq!(parse_name("a1:0.1.0-rc.1+b"), Some(id("a1", "0.1.0-rc.1+b")));
        let long = format!("{}:1.0.0", "a".repeat(FUNCTION_NAME_CHARS_MAX + 1));
        for wrong in [
            "",
            "a",
            ":1.0.0",
            "a:",
            "a:1",
            "A:1.0.0",
            "a.b:1.0.0",
            "-a:1.0.0",
            "a-:1.0.0",
            "a:latest",
            &long,
        ] {
            assert_eq!(parse_name(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_name_calls_the_catalog_an_address_or_nothing() {
        assert_eq!(Callee::of("a:1.0.0@default", None), Ok(Callee::Catalog(id("a", "1.0.0"))));
        assert_eq!(
            Callee::of("https://example.com/f.yaml", None),
            Ok(Callee::Address("https://example.com/f.yaml".into()))
        );
        assert_eq!(Callee::of("a:1.0.0", None), Err(Unknown::Public(id("a", "1.0.0"))));
        assert_eq!(Callee::of("a:1.0.0@ours", None), Err(Unknown::Catalog("ours".into())));
        for wrong in ["a:b", "a:1.0@default", "ftp://example.com/f.yaml", "A:1.0.0@default"] {
            assert_eq!(Callee::of(wrong, None), Err(Unknown::Malformed), "{wrong}");
        }
    }

    #[test]
    fn files_that_are_shown_are_read_as_they_are() {
        for (shown, content) in [
            (
                "https://github.com/o/catalog/tree/main/functions/log/1.0.0/function.yaml",
                "https://raw.githubusercontent.com/o/catalog/main/functions/log/1.0.0/function.yaml",
            ),
            ("https://github.com/o/r/blob/v1/f.yaml", "https://raw.githubusercontent.com/o/r/v1/f.yaml"),
            ("https://gitlab.com/g/s/r/-/tree/main/f.yaml", "https://gitlab.com/g/s/r/-/raw/main/f.yaml"),
            ("https://example.com/tree/main/f.yaml", "https://example.com/tree/main/f.yaml"),
        ] {
            assert_eq!(raw(shown), content);
        }
    }
}
