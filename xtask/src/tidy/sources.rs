//! Rules on the text of sources: size, docs, order, words.

use std::fs;
use std::path::{Path, PathBuf};

/// Lines of the crate that holds ids and nothing else.
const TYPES_LINES_MAX: usize = 600;
/// Lines of a file. A larger one says why at its top: a line that begins with `//! Size:`.
const FILE_LINES_MAX: usize = 1_000;
/// Bytes of any file in the tree.
const FILE_BYTES_MAX: u64 = 256 * 1_024;

/// Words that the glossary bans, in parts so that this file does not contain them.
const BANNED: &[(&str, &str)] = &[
    ("FIX", "ME"),
    ("XX", "X:"),
    ("todo", "!("),
    ("unimplemented", "!("),
    ("workflow_", "instance"),
    ("workflow_", "run_id"),
    ("org_", "id"),
    ("mail", "box"),
    ("cron_", "job"),
    ("retry_", "number"),
    ("Princi", "pal"),
];

/// A file of the tree.
pub(super) struct Source {
    /// Relative to the root.
    pub(super) path: String,
    pub(super) bytes: u64,
    /// Empty when it is no text.
    pub(super) text: String,
}

/// Every file below the root that is not built or fetched.
pub(super) fn files(root: &Path) -> Result<Vec<Source>, String> {
    let mut found = vec![];
    let mut folders = vec![PathBuf::from(root)];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for entry in entries.filter_map(Result::ok) {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                if !matches!(name.as_str(), "target" | ".git" | "node_modules" | ".tenure") {
                    folders.push(path);
                }
                continue;
            }
            let bytes = entry.metadata().map_or(0, |metadata| metadata.len());
            let text = fs::read_to_string(&path).unwrap_or_default();
            let path = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
            found.push(Source { path, bytes, text });
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// Complaints about sources.
pub(super) fn check(files: &[Source]) -> Vec<String> {
    let mut all: Vec<String> = files.iter().flat_map(file).collect();
    let types = files.iter().filter(|file| file.path.starts_with("crates/types/") && rust(file));
    let lines: usize = types.map(|file| file.text.lines().count()).sum();
    if lines > TYPES_LINES_MAX {
        all.push(format!("crates/types has {lines} lines: it may have {TYPES_LINES_MAX}"));
    }
    all
}

fn rust(file: &Source) -> bool {
    Path::new(&file.path).extension().is_some_and(|extension| extension == "rs")
}

fn file(file: &Source) -> Vec<String> {
    let mut all = vec![];
    // Nobody writes these by hand, and nobody reads them from end to end.
    let generated = matches!(file.path.as_str(), "Cargo.lock" | "openapi.json");
    if file.bytes > FILE_BYTES_MAX && !generated {
        all.push(format!("{}: {} bytes, more than {FILE_BYTES_MAX}", file.path, file.bytes));
    }
    if !rust(file) {
        return all;
    }
    let lines: Vec<&str> = file.text.lines().collect();
    if lines.len() > FILE_LINES_MAX && !file.text.contains("//! Size:") {
        all.push(format!("{}: {} lines, and no reason for it", file.path, lines.len()));
    }
    if !file.text.starts_with("//!") {
        all.push(format!("{}: does not open with what it is for", file.path));
    }
    for (head, tail) in BANNED {
        let word = format!("{head}{tail}");
        if let Some(at) = lines.iter().position(|line| line.contains(&word)) {
            all.push(format!("{}:{}: `{word}` is not for this tree", file.path, at + 1));
        }
    }
    all.extend(tests_last(file, &lines));
    all
}

/// Tests inside a file come after the code that they test.
fn tests_last(file: &Source, lines: &[&str]) -> Option<String> {
    let at = lines.iter().position(|line| *line == "mod tests {")?;
    let code = |line: &&str| line.starts_with("pub ") || line.starts_with("fn ") || line.starts_with("impl ");
    let end = at + lines[at..].iter().position(|line| *line == "}")?;
    let after = lines[end..].iter().position(code)?;
    Some(format!("{}:{}: code below the tests", file.path, end + after + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(text: &str) -> Vec<String> {
        file(&Source { path: "crates/x/src/y.rs".into(), bytes: 1, text: text.into() })
    }

    #[test]
    fn a_good_file_passes() {
        assert_eq!(complaints("//! Docs.\nfn a() {}\n#[cfg(test)]\nmod tests {\n}\n"), [""; 0]);
    }

    #[test]
    fn missing_docs_are_seen() {
        assert_eq!(complaints("fn a() {}\n"), ["crates/x/src/y.rs: does not open with what it is for"]);
    }

    #[test]
    fn code_below_the_tests_is_seen() {
        let text = "//! Docs.\nmod tests {\n}\nfn a() {}\n";
        assert_eq!(complaints(text), ["crates/x/src/y.rs:4: code below the tests"]);
    }

    #[test]
    fn banned_words_are_seen_with_their_line() {
        let text = format!("//! Docs.\n// {}{} later\n", "FIX", "ME");
        assert_eq!(complaints(&text).len(), 1);
    }

    #[test]
    fn a_long_file_needs_a_reason() {
        let long = format!("//! Docs.\n{}", "// x\n".repeat(FILE_LINES_MAX));
        assert_eq!(complaints(&long).len(), 1);
        assert!(complaints(&long.replace("//! Docs.", "//! Docs.\n//! Size: a table.")).is_empty());
    }
}
