//! The conformance kits' runner: scenarios in Gherkin, run through the REST API of a running server.
//!
//! It knows the server from outside alone: it registers definitions, starts executions, reads what came of them, and
//! plays the services that they call. The steps that it understands are explained in `kit/README.md`; the examples of
//! the guide are scenarios too (`docs/guide/README.md`).
//!
//! Deliberately absent: any of the product's code, and the start of a server.

mod case;
mod compare;
mod digest;
mod feature;
mod grpc;
mod http;
mod outside;
mod page;
mod report;
mod run;
mod service;
mod steps;
mod wire;
mod world;
mod yaml;

pub use case::Case;
pub use feature::features;
pub use page::pages;
pub use report::{Report, Verdict};
pub use run::{Target, run};

use std::io;
use std::path::PathBuf;

/// Why scenarios cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or a directory cannot be read.
    #[error("cannot read `{}`", .0.display())]
    File(PathBuf, #[source] io::Error),
    /// A feature is not Gherkin, or a page breaks the convention of its examples.
    #[error("`{}`: {message}", .path.display())]
    Text {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        message: String,
    },
}

impl Error {
    pub(crate) fn text(path: &std::path::Path, message: impl Into<String>) -> Self {
        Self::Text { path: path.into(), message: message.into() }
    }
}

/// The files of a directory with an extension, in the order of their names.
pub(crate) fn files(directory: &std::path::Path, extension: &str) -> Result<Vec<(PathBuf, String)>, Error> {
    let failed = |path: &std::path::Path, error| Error::File(path.into(), error);
    let entries = std::fs::read_dir(directory).map_err(|error| failed(directory, error))?;
    let mut paths = vec![];
    for entry in entries {
        let path = entry.map_err(|error| failed(directory, error))?.path();
        if path.extension().is_some_and(|own| own == extension) {
            paths.push(path);
        }
    }
    paths.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).map_err(|error| failed(&path, error))?;
        Ok((path, text))
    };
    paths.into_iter().map(read).collect()
}
