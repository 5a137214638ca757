//! `tenure dev`: everything in one process, on loopback, with generated keys and tokens.
//!
//! The data directory holds the store, `root.key`, `dev-issuer.key` and, once the server takes requests, `dev.json`.
//! Everything in it is stable over restarts, the tokens' texts included.

use crate::auth::{DevIssuer, DevIssuerError, TokenFor};
use crate::private_file;
use crate::server::{self, Egress, Server};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tenure_api::Role;
use tenure_dsl::switches::Switches;
use tenure_runtime::Clock;
use tenure_runtime::egress::Allow;
use tenure_runtime::seal::{self, Keyring, RootKey};
use tenure_store_sqlite::SqliteStore;
use tenure_types::TenantId;
use url::Url;

/// As much of the store's log as is written between two checkpoints.
const LOG_FILLED_BYTES: u64 = 65 << 20;
/// The store's unit of space.
const STORE_PAGE_BYTES: u64 = 4_096;
/// The tenants of every development server.
const TENANTS: &[(&str, &str)] = &[("acme", "Acme"), ("demo", "Demo")];
/// The tokens of every development server: name, tenant and role.
const TOKENS: &[(&str, Option<(&str, Role)>)] = &[
    ("platform-admin", None),
    ("demo-admin", Some(("demo", Role::Admin))),
    ("demo-operator", Some(("demo", Role::Operator))),
    ("demo-viewer", Some(("demo", Role::Viewer))),
    ("acme-admin", Some(("acme", Role::Admin))),
    ("acme-operator", Some(("acme", Role::Operator))),
    ("acme-viewer", Some(("acme", Role::Viewer))),
];

/// Which addresses definitions may call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EgressMode {
    /// Loopback too, except the server's own listeners.
    #[default]
    Open,
    /// Global addresses only, as in production.
    Strict,
}

/// What a development server is made of.
#[derive(Clone, Debug)]
pub struct Options {
    /// The data directory; made if it is absent. Unused when `ephemeral`.
    pub data: PathBuf,
    /// The API's address, on loopback. Port 0 picks a free one.
    pub listen: SocketAddr,
    /// The admin listener's address, on loopback.
    pub admin_listen: SocketAddr,
    /// Whether everything is forgotten at the end: a directory of its own that is removed then.
    pub ephemeral: bool,
    /// Which addresses definitions may call.
    pub egress: EgressMode,
    /// Addresses that definitions may call besides.
    pub allow: Vec<Allow>,
    /// Which processes definitions may run on this machine.
    pub switches: Switches,
    /// The largest size of the store's file in bytes; new work is refused before it is reached. `None`: the disk's.
    pub store_bytes_max: Option<u64>,
}

/// Why a development server does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Without TLS only this machine may be served.
    #[error(
        "`{0}` is not a loopback address: a development server serves this machine alone; use `tenure serve`"
    )]
    NotLoopback(SocketAddr),
    /// A file cannot be read or written.
    #[error("cannot use `{}`", .0.display())]
    File(PathBuf, #[source] io::Error),
    /// The development issuer.
    #[error(transparent)]
    Issuer(#[from] DevIssuerError),
    /// The root key.
    #[error(transparent)]
    RootKey(#[from] seal::Error),
    /// The store does not open.
    #[error("the store in `{}` does not open: {source}", .data.display())]
    Store {
        /// The data directory.
        data: PathBuf,
        /// Why.
        source: tenure_store::Error,
    },
    /// The server.
    #[error(transparent)]
    Server(#[from] server::Error),
}

/// What `dev.json` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DevFile {
    /// Where the API is.
    pub api: String,
    /// Where the admin listener is.
    pub admin: String,
    /// The server's process.
    pub pid: u32,
    /// Tokens by name.
    pub tokens: BTreeMap<String, String>,
}

/// A running development server.
#[derive(Debug)]
pub struct Running {
    /// Where the API is.
    pub api: Url,
    /// Where the admin listener is.
    pub admin: Url,
    /// Tokens by name, such as `demo-admin`.
    pub tokens: BTreeMap<String, String>,
    /// The data directory that is used.
    pub data: PathBuf,
    server: Server,
    ephemeral: Option<Ephemeral>,
}

/// A directory that is removed with its owner.
#[derive(Debug)]
struct Ephemeral(PathBuf);

impl Drop for Ephemeral {
    fn drop(&mut self) {
        // What cannot be removed is left to the system's own cleaning of temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Starts a development server. When this returns it takes requests and `dev.json` is written.
pub async fn start(options: Options) -> Result<Running, Error> {
    for address in [options.listen, options.admin_listen] {
        if !address.ip().is_loopback() {
            return Err(Error::NotLoopback(address));
        }
    }
    let (data, ephemeral) = data_directory(&options)?;
    let root = RootKey::load_or_create(&data.join("root.key"))?;
    let issuer = DevIssuer::open(&data.join("dev-issuer.key"))?;
    let store = open_store(&data, options.store_bytes_max).await?;
    let server = Server::start(server::Options {
        store,
        keyring: Arc::new(Keyring::new(root)),
        egress: match options.egress {
            EgressMode::Open => Egress::Open(options.allow),
            EgressMode::Strict => Egress::Strict(options.allow),
        },
        switches: options.switches,
        issuers: vec![issuer.issuer()],
        public_keys: issuer.keys(),
        cursor_secret: issuer.derived(b"page tokens"),
        tenants: TENANTS.iter().map(|(id, name)| (tenant(id), (*name).to_owned())).collect(),
        listen: options.listen,
        admin_listen: options.admin_listen,
        clock: Clock::system(),
    })
    .await?;
    let token = |(name, tenant): &(&str, Option<(&str, Role)>)| {
        ((*name).to_owned(), issuer.token(TokenFor { subject: name, tenant: *tenant }))
    };
    let tokens = TOKENS.iter().map(token).collect();
    let (api, admin) = (url(server.api_addr), url(server.admin_addr));
    let running = Running { api, admin, tokens, data, server, ephemeral };
    running.write_file()?;
    Ok(running)
}

impl Running {
    /// The server.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Takes no more requests, finishes those under way, makes everything durable. `dev.json` stays: its `pid` tells
    /// whether it is still true.
    pub async fn shutdown(self) {
        self.server.drain().await;
        drop(self.ephemeral);
    }

    fn write_file(&self) -> Result<(), Error> {
        let text = |url: &Url| url.as_str().trim_end_matches('/').to_owned();
        let (api, admin, tokens) = (text(&self.api), text(&self.admin), self.tokens.clone());
        let file = DevFile { api, admin, pid: std::process::id(), tokens };
        let mut bytes = serde_json::to_vec_pretty(&file).expect("texts and a number are JSON");
        bytes.push(b'\n');
        let path = self.data.join("dev.json");
        private_file::replace(&path, &bytes).map_err(|error| Error::File(path, error))
    }
}

fn data_directory(options: &Options) -> Result<(PathBuf, Option<Ephemeral>), Error> {
    if !options.ephemeral {
        make(&options.data)?;
        return Ok((options.data.clone(), None));
    }
    let path = std::env::temp_dir().join(format!("tenure-dev-{}", uuid::Uuid::new_v4().simple()));
    make(&path)?;
    Ok((path.clone(), Some(Ephemeral(path))))
}

/// Made for its owner alone: it holds keys.
fn make(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::DirBuilderExt as _;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| Error::File(path.into(), error))
}

/// Opening reads and recovers the file, which may take a while.
async fn open_store(data: &Path, bytes_max: Option<u64>) -> Result<Arc<SqliteStore>, Error> {
    let mut options = tenure_store_sqlite::Options::new(data);
    options.log_filled_bytes = LOG_FILLED_BYTES;
    options.pages_max = bytes_max.map(|bytes| u32::try_from(bytes / STORE_PAGE_BYTES).unwrap_or(u32::MAX));
    let opened = tokio::task::spawn_blocking(move || SqliteStore::open(options)).await;
    let failed = |source| Error::Store { data: data.into(), source };
    let opened = opened.map_err(|error| failed(tenure_store::Error::Connection(error.to_string())))?;
    Ok(Arc::new(opened.map_err(failed)?))
}

fn tenant(id: &str) -> TenantId {
    TenantId::new(id).expect("the development tenants are labels")
}

fn url(address: SocketAddr) -> Url {
    Url::parse(&format!("http://{address}")).expect("a socket's address is a host and a port")
}
