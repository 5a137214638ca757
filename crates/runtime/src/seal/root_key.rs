//! The key that wraps all others, and the file that it comes from.

use super::data_key::{DataKey, KEY_BYTES, KeyBytes, OVERHEAD, random_key};
use super::error::Error;
use super::sealer::FORMAT;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use tenure_types::TenantId;
use zeroize::Zeroizing;

/// Bytes of a wrapped data key: `1 ‖ key version ‖ nonce ‖ key ‖ tag`.
const WRAPPED_BYTES: usize = 5 + OVERHEAD + KEY_BYTES;
const CONTEXT: &[u8] = b"tenure data key";

/// The key encryption key. It never encrypts payloads.
pub struct RootKey(DataKey);

impl RootKey {
    /// From bytes that came from a secret store.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, Error> {
        DataKey::new(0, &Zeroizing::new(bytes)).map(Self)
    }

    /// From a file of exactly 32 bytes that nobody but its owner may read. Where there is none, a new key is drawn and
    /// written, durable before this returns; of several that do so at once, all get the same key.
    pub fn load_or_create(path: &Path) -> Result<Self, Error> {
        match Self::load(path) {
            Err(Failure::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
                create(path).and_then(|()| Self::load(path)).map_err(|failure| failure.at(path))
            }
            loaded => loaded.map_err(|failure| failure.at(path)),
        }
    }

    fn load(path: &Path) -> Result<Self, Failure> {
        let mut file = File::open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(Failure::Wrong("it is not a regular file".into()));
        }
        let mode = metadata.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(Failure::Wrong(format!("its mode is {mode:04o}, expected 0600; `chmod 600` it")));
        }
        if metadata.size() != KEY_BYTES as u64 {
            return Err(Failure::Wrong(format!("it has {} bytes, expected {KEY_BYTES}", metadata.size())));
        }
        let mut bytes: KeyBytes = Zeroizing::new([0; KEY_BYTES]);
        file.read_exact(bytes.as_mut())?;
        DataKey::new(0, &bytes).map(Self).map_err(|error| Failure::Wrong(error.to_string()))
    }

    /// A new data key for the tenant, wrapped: the form that is stored.
    pub(super) fn new_data_key(&self, tenant: &TenantId, version: u32) -> Result<Vec<u8>, Error> {
        self.wrap(tenant, version, &random_key()?)
    }

    fn wrap(&self, tenant: &TenantId, version: u32, key: &KeyBytes) -> Result<Vec<u8>, Error> {
        let mut wrapped = Vec::with_capacity(WRAPPED_BYTES);
        wrapped.push(FORMAT);
        wrapped.extend_from_slice(&version.to_be_bytes());
        self.0.seal_onto(&mut wrapped, tenant, &context(tenant, version), key.as_ref())?;
        Ok(wrapped)
    }

    /// A data key ready for use.
    pub(super) fn unwrap(&self, tenant: &TenantId, wrapped: &[u8]) -> Result<DataKey, Error> {
        let ([FORMAT, version @ ..], sealed) = wrapped.split_first_chunk::<5>().ok_or(Error::Forged)? else {
            return Err(Error::Forged);
        };
        let version = u32::from_be_bytes(*version);
        let bytes = Zeroizing::new(self.0.open(&context(tenant, version), sealed)?);
        let key: [u8; KEY_BYTES] = bytes.as_slice().try_into().map_err(|_| Error::Forged)?;
        DataKey::new(version, &Zeroizing::new(key))
    }
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RootKey")
    }
}

fn context(tenant: &TenantId, version: u32) -> Vec<u8> {
    [CONTEXT, &[FORMAT], &version.to_be_bytes(), tenant.as_str().as_bytes()].concat()
}

/// The key is written to a file of its own and then linked to its name, so that the name never shows half a key, and
/// whoever comes second finds the first one's.
fn create(path: &Path) -> Result<(), Failure> {
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}", uuid::Uuid::new_v4().simple()));
    let draft = Path::new(&draft);
    let key = random_key().map_err(|error| Failure::Wrong(error.to_string()))?;
    let written = write_new(draft, &key).and_then(|()| match fs::hard_link(draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    let removed = fs::remove_file(draft);
    written.and(removed)?;
    Ok(File::open(parent)?.sync_all()?)
}

/// `create_new` is `O_EXCL`: an existing file, or a link laid in our way, is not written to.
fn write_new(path: &Path, key: &KeyBytes) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(key.as_ref())?;
    file.sync_all()
}

enum Failure {
    Io(io::Error),
    Wrong(String),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Failure {
    fn at(self, path: &Path) -> Error {
        let reason = match self {
            Self::Io(error) => error.to_string(),
            Self::Wrong(reason) => reason,
        };
        Error::RootKey { path: path.into(), reason }
    }
}
