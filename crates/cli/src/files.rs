//! Definitions as files: a file, a directory with all below it, or stdin.

use crate::error::{Code, Error};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Files of one command; a directory with more is refused rather than sent.
const FILES_MAX: usize = 10_000;

/// A text and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// The file, for messages.
    pub(crate) name: String,
    /// What is in it.
    pub(crate) text: String,
}

/// Reads the definitions that the command line names, in its order; directories in the order of their paths.
pub(crate) fn read_all(paths: &[PathBuf]) -> Result<Vec<Source>, Error> {
    read_some(paths, |path| !is_test(path))
}

/// Whether a file holds test cases and no definition.
pub(crate) fn is_test(path: &Path) -> bool {
    let stem = path.file_stem().map(Path::new);
    stem.and_then(Path::extension).is_some_and(|extension| extension == "test")
}

/// The same, of directories only what is wanted.
pub(crate) fn read_some(paths: &[PathBuf], wanted: impl Fn(&Path) -> bool) -> Result<Vec<Source>, Error> {
    let mut sources = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            sources.push(Source { name: "<stdin>".into(), text: read_stdin()? });
        } else if path.is_dir() {
            let found: Vec<PathBuf> = below(path)?.into_iter().filter(|file| wanted(file)).collect();
            if found.is_empty() {
                return Err(Error::new(
                    Code::File,
                    format!("`{}` has no .yaml, .yml or .json file", path.display()),
                )
                .next("name a file, or a directory that has definitions"));
            }
            for file in found {
                sources.push(read_file(&file)?);
            }
        } else {
            sources.push(read_file(path)?);
        }
    }
    Ok(sources)
}

/// Reads all of stdin as text.
pub(crate) fn read_stdin() -> Result<String, Error> {
    let mut text = String::new();
    let read = std::io::stdin().lock().read_to_string(&mut text);
    read.map_err(|error| Error::new(Code::File, format!("cannot read stdin: {error}")))?;
    Ok(text)
}

/// Reads a file as text.
pub(crate) fn read_file(path: &Path) -> Result<Source, Error> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::new(Code::File, format!("cannot read `{}`: {error}", path.display())))
        .map_err(|error| error.next("check the path; `-` reads stdin"))?;
    Ok(Source { name: path.display().to_string(), text })
}

/// Every definition and test file below a directory, in order.
pub(crate) fn below(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let unreadable = |error| Error::new(Code::File, format!("cannot list `{}`: {error}", dir.display()));
    let mut open = vec![dir.to_path_buf()];
    let mut files = Vec::new();
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let path = entry.path();
            // A link to a directory could lead round in a circle, so links are not followed.
            if entry.file_type().map_err(unreadable)?.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "yaml" || end == "yml" || end == "json") {
                files.push(path);
            }
            if files.len() + open.len() > FILES_MAX {
                return Err(Error::new(
                    Code::File,
                    format!("more than {FILES_MAX} files below `{}`", dir.display()),
                ));
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_means_every_definition_below_it_in_order() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("b")).unwrap();
        for (file, text) in
            [("z.yaml", "1"), ("b/a.yml", "2"), ("c.json", "3"), ("readme.md", "4"), ("z.test.yaml", "5")]
        {
            std::fs::write(dir.path().join(file), text).unwrap();
        }
        let texts: Vec<String> =
            read_all(&[dir.path().into()]).unwrap().into_iter().map(|s| s.text).collect();
        assert_eq!(texts, ["2", "3", "1"]);
    }

    #[test]
    fn an_empty_directory_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        assert!(read_all(&[dir.path().into()]).unwrap_err().render("c").contains("no .yaml"));
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = read_all(&["/nonexistent/x.yaml".into()]).unwrap_err();
        assert!(error.render("c").contains("/nonexistent/x.yaml"));
    }
}
