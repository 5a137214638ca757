//! Why something could not be sealed or opened.

use std::path::PathBuf;
use tenure_types::TenantId;

/// What went wrong, grouped by who has to act.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The root key's file cannot be used; the operator has to repair it.
    #[error("cannot use the root key in `{path}`: {reason}")]
    RootKey {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The tenant has no key here, or not in this version: it was not loaded, or it was destroyed.
    #[error("there is no data key of tenant `{tenant}` in version {version}")]
    NoKey {
        /// Whose.
        tenant: TenantId,
        /// 0 when the tenant has no key at all.
        version: u32,
    },
    /// This process has sealed as much with the key as is safe: the key has to be rotated.
    #[error("the data key of tenant `{tenant}` is used up and must be rotated")]
    UsedUp {
        /// Whose.
        tenant: TenantId,
    },
    /// The bytes were not sealed for this tenant and place with this key, or they were changed.
    #[error("sealed bytes do not open: they were changed, moved, or sealed for somebody else")]
    Forged,
    /// The system gave no randomness.
    #[error("the system gives no randomness")]
    Random,
}
