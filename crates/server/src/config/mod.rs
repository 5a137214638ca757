//! `tenure.toml`: what a production server is made of.
//!
//! A setting comes from a flag, else from the environment (`TENURE__SECTION__KEY`), else from the file, else from its
//! default. An unknown key is an error. Secrets are never written into the file: `{ file = "…" }` or `{ env = "…" }`.

mod check;
mod load;
mod secret;

pub use check::Finding;
pub use load::{Error, Overrides};
pub use secret::{Secret, SecretError};

use crate::telemetry::Format;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Everything that can be set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Listeners.
    pub server: Server,
    /// Where everything is kept.
    pub store: Store,
    /// Keys at rest.
    pub keys: Keys,
    /// Who may issue tokens.
    pub auth: Auth,
    /// Which addresses definitions may call.
    pub egress: Egress,
    /// What definitions may run on this machine.
    pub run: Run,
    /// The log.
    pub log: Log,
}

/// Listeners.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// The API's address.
    pub listen: SocketAddr,
    /// The admin listener's address: the operator's network alone.
    pub admin_listen: SocketAddr,
    /// The API's certificate.
    pub tls: Option<Tls>,
}

impl Default for Server {
    fn default() -> Self {
        let port = |port| SocketAddr::from(([127, 0, 0, 1], port));
        Self { listen: port(7480), admin_listen: port(7481), tls: None }
    }
}

/// A certificate and its key, in PEM.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate's chain.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Where everything is kept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Store {
    /// The data directory of the embedded store.
    pub data: PathBuf,
}

impl Default for Store {
    fn default() -> Self {
        Self { data: "/var/lib/tenure".into() }
    }
}

/// Keys at rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keys {
    /// The root key: 32 bytes that wrap every tenant's key.
    pub root: Option<Secret>,
}

/// Who may issue tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Auth {
    /// The identity providers.
    pub issuers: Vec<Issuer>,
}

/// An identity provider.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// `iss`
    pub issuer: String,
    /// The `aud` that its tokens must have.
    pub audience: String,
    /// Its keys.
    pub keys: Vec<IssuerKey>,
}

/// A key of an identity provider.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "algorithm", deny_unknown_fields)]
pub enum IssuerKey {
    /// A public key.
    #[serde(rename = "EdDSA")]
    EdDsa {
        /// Its name.
        kid: Option<String>,
        /// `x` of its JWK.
        x: String,
    },
    /// A shared secret.
    #[serde(rename = "HS256")]
    Hs256 {
        /// Its name.
        kid: Option<String>,
        /// The secret.
        secret: Secret,
    },
}

/// Which addresses definitions may call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Egress {
    /// Non-global addresses that may be called, such as `orders.internal:8080` or `10.1.0.0/16:443`.
    pub allow: Vec<String>,
}

/// What definitions may run on this machine: nothing, unless it is switched on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Run {
    /// Scripts: JavaScript that reaches nothing outside of itself.
    pub script: bool,
    /// Commands of the shell, which may do whatever the server's user may.
    pub shell: bool,
}

/// The log.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug`, `trace`, or a filter.
    pub level: String,
    /// `auto`, `text` or `json`.
    pub format: LogFormat,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".into(), format: LogFormat::Auto }
    }
}

/// How lines of the log look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    #[default]
    Auto,
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl From<LogFormat> for Format {
    fn from(format: LogFormat) -> Self {
        match format {
            LogFormat::Auto => Self::Auto,
            LogFormat::Text => Self::Text,
            LogFormat::Json => Self::Json,
        }
    }
}

#[cfg(test)]
mod tests;
