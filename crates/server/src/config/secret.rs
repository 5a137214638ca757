//! Secrets by reference: the file names where they are, and they are read when they are needed.

use serde::Deserialize;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Secret {
    /// In a file, whole; a newline at its end does not count.
    File(PathBuf),
    /// In an environment variable.
    Env(String),
}

/// A secret that is not where it should be. Never says what it is.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read.
    #[error("cannot read the secret file `{}`", .0.display())]
    File(PathBuf, #[source] std::io::Error),
    /// The variable is not set.
    #[error("the environment variable `{0}` is not set")]
    Env(String),
    /// There is nothing in it.
    #[error("the secret is empty")]
    Empty,
}

impl Secret {
    /// Reads it.
    pub fn read(&self) -> Result<Zeroizing<Vec<u8>>, SecretError> {
        let mut bytes = Zeroizing::new(match self {
            Self::File(path) => {
                std::fs::read(path).map_err(|error| SecretError::File(path.clone(), error))?
            }
            Self::Env(name) => std::env::var(name).map_err(|_| SecretError::Env(name.clone()))?.into_bytes(),
        });
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
        }
        if bytes.is_empty() { Err(SecretError::Empty) } else { Ok(bytes) }
    }
}
