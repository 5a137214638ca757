//! What the sources promise, the pages must hold: error codes, limits, task kinds, metrics.

use super::sources::Source;
use std::collections::BTreeSet;
use std::path::Path;

/// Task kinds that run, and the file each has.
const TASKS: &[&str] = &[
    "call_http",
    "call_openapi",
    "compensate",
    "do_",
    "for_",
    "fork",
    "raise",
    "set",
    "switch",
    "try_",
    "wait",
];

/// Families of error codes, each with its page `docs/errors/<family>.md`.
const FAMILIES: &[&str] = &["API", "DEF"];

/// Complaints about pages.
pub(super) fn check(root: &Path, files: &[Source]) -> Vec<String> {
    let mut all = vec![];
    for task in TASKS {
        let path = format!("crates/engine/src/execution/task/{task}.rs");
        if !root.join(&path).exists() {
            all.push(format!("{path}: every task kind that runs has a file"));
        }
    }
    for family in FAMILIES {
        let page = format!("docs/errors/{family}.md");
        let text = std::fs::read_to_string(root.join(&page)).unwrap_or_default();
        let missing = codes(files, family).into_iter().filter(|code| !text.contains(code));
        all.extend(missing.map(|code| format!("{page}: says nothing of {code}")));
    }
    let limits = std::fs::read_to_string(root.join("docs/operations/limits.md")).unwrap_or_default();
    let missing = limit_names(files).into_iter().filter(|name| !limits.contains(&format!("`{name}`")));
    all.extend(missing.map(|name| format!("docs/operations/limits.md: says nothing of {name}")));
    let metrics = std::fs::read_to_string(root.join("docs/operations/metrics.md")).unwrap_or_default();
    let missing = metric_names(files).into_iter().filter(|name| !metrics.contains(name));
    all.extend(missing.map(|name| format!("docs/operations/metrics.md: says nothing of {name}")));
    all
}

/// The codes of a family that sources of the product name, such as `DEF-0001`.
fn codes(files: &[Source], family: &str) -> BTreeSet<String> {
    let sources = files.iter().filter(|file| file.path.starts_with("crates/") && file.path.contains("/src/"));
    let prefix = format!("{family}-");
    let mut found = BTreeSet::new();
    for source in sources {
        for (at, _) in source.text.match_indices(&prefix) {
            let number: String =
                source.text[at + prefix.len()..].chars().take_while(char::is_ascii_digit).collect();
            if number.len() == 4 {
                found.insert(format!("{prefix}{number}"));
            }
        }
    }
    found
}

/// The public constants of the files that hold limits.
fn limit_names(files: &[Source]) -> BTreeSet<String> {
    let files = files.iter().filter(|file| file.path.contains("/src/") && file.path.ends_with("limits.rs"));
    let lines = files.flat_map(|file| file.text.lines());
    let names = lines.filter_map(|line| line.strip_prefix("pub const ")?.split_once(':'));
    names.map(|(name, _)| name.to_owned()).collect()
}

/// The names under which metrics are registered: `register("name", …` and `register_with_unit("name", …`.
fn metric_names(files: &[Source]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let sources =
        files.iter().filter(|file| file.path.contains("/src/") && file.path.ends_with("metrics.rs"));
    for source in sources {
        let folded: String = source.text.split_whitespace().collect::<Vec<_>>().join(" ");
        for opening in [".register(\"", ".register_with_unit( \"", ".register_with_unit(\"", ".register( \""]
        {
            for (at, _) in folded.match_indices(opening) {
                found.extend(folded[at + opening.len()..].split('"').next().map(str::to_owned));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.into(), bytes: 0, text: text.into() }
    }

    #[test]
    fn codes_are_found_in_sources_only() {
        let files = [
            source("crates/dsl/src/a.rs", "code: \"DEF-0001\", DEF-12, \"DEF-0002\""),
            source("crates/dsl/tests/a.rs", "DEF-9999"),
        ];
        assert_eq!(codes(&files, "DEF").into_iter().collect::<Vec<_>>(), ["DEF-0001", "DEF-0002"]);
    }

    #[test]
    fn limits_are_found_in_files_of_limits() {
        let text = "/// Bytes.\npub const A_MAX: usize = 1;\npub(crate) const B_MAX: usize = 1;";
        let files = [source("crates/x/src/limits.rs", text), source("crates/x/src/other.rs", text)];
        assert_eq!(limit_names(&files).into_iter().collect::<Vec<_>>(), ["A_MAX"]);
    }

    #[test]
    fn metric_names_are_found_across_lines() {
        let text =
            "registry.register(\"a\", \"help\", x);\nregistry.register_with_unit(\n    \"b\",\n    \"help\")";
        let names = metric_names(&[source("crates/runtime/src/metrics.rs", text)]);
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["a", "b"]);
    }
}
