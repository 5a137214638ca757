//! Puts a configuration together: flags over the environment over the file over defaults.

use super::Config;
use serde::Deserialize as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// What environment variables of settings begin with.
const PREFIX: &str = "TENURE__";

/// What flags set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `server.listen`
    pub listen: Option<SocketAddr>,
    /// `server.admin_listen`
    pub admin_listen: Option<SocketAddr>,
    /// `store.data`
    pub data: Option<PathBuf>,
    /// `log.level`
    pub log_level: Option<String>,
}

/// A configuration that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("cannot read `{}`", .0.display())]
    File(PathBuf, #[source] std::io::Error),
    /// The file is not TOML.
    #[error("`{}` is not TOML: {source}", .path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// An environment variable does not fit into the settings.
    #[error("the environment variable `{0}` does not name a setting: expected `TENURE__SECTION__KEY`")]
    Variable(String),
    /// A setting is unknown, or has the wrong type.
    #[error("the configuration is not valid: {0}")]
    Setting(String),
}

impl Config {
    /// Reads a file, with the process's environment and `flags` over it.
    pub fn load(path: &Path, flags: &Overrides) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|error| Error::File(path.into(), error))?;
        Self::parse(path, &text, std::env::vars(), flags)
    }

    /// Puts a configuration together from a file's text, environment variables and flags.
    pub fn parse(
        path: &Path,
        text: &str,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: &Overrides,
    ) -> Result<Self, Error> {
        let syntax = |source| Error::Syntax { path: path.into(), source: Box::new(source) };
        let mut settings: Table = toml::from_str(text).map_err(syntax)?;
        // Read once as it is, so that an error in the file is reported with its line.
        let _: Self = toml::from_str(text).map_err(|error| Error::Setting(error.to_string()))?;
        let mut variables: Vec<_> =
            environment.into_iter().filter(|(name, _)| name.starts_with(PREFIX)).collect();
        variables.sort();
        for (name, value) in variables {
            set(&mut settings, &name, &value)?;
        }
        let mut config = Self::deserialize(settings).map_err(|error| Error::Setting(error.to_string()))?;
        config.apply(flags);
        Ok(config)
    }

    fn apply(&mut self, flags: &Overrides) {
        let Overrides { listen, admin_listen, data, log_level } = flags.clone();
        self.server.listen = listen.unwrap_or(self.server.listen);
        self.server.admin_listen = admin_listen.unwrap_or(self.server.admin_listen);
        if let Some(data) = data {
            self.store.data = data;
        }
        if let Some(level) = log_level {
            self.log.level = level;
        }
    }
}

/// `TENURE__SERVER__ADMIN_LISTEN` sets `server.admin_listen`; the value is TOML if it reads as such, else a text.
fn set(settings: &mut Table, name: &str, value: &str) -> Result<(), Error> {
    let refuse = || Error::Variable(name.to_owned());
    let path = name.strip_prefix(PREFIX).ok_or_else(refuse)?.to_ascii_lowercase();
    let mut parts: Vec<&str> = path.split("__").collect();
    let key = parts.pop().filter(|key| !key.is_empty()).ok_or_else(refuse)?;
    if parts.is_empty() {
        return Err(refuse());
    }
    let mut section = settings;
    for part in parts {
        let inner = section.entry(part).or_insert_with(|| Value::Table(Table::new()));
        section = inner.as_table_mut().ok_or_else(refuse)?;
    }
    section.insert(key.to_owned(), typed(value));
    Ok(())
}

fn typed(value: &str) -> Value {
    let line = format!("value = {value}");
    let parsed = toml::from_str::<Table>(&line).ok().filter(|table| table.len() == 1);
    let parsed = parsed.and_then(|mut table| table.remove("value"));
    parsed.unwrap_or_else(|| Value::String(value.to_owned()))
}
