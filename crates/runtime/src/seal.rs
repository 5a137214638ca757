//! Payloads are sealed before they reach a store: AES-256-GCM, a data key per tenant, wrapped by one root key.
//!
//! A [`Sealer`] seals for one tenant; what it seals opens only for the same tenant, in the same place (table and row),
//! under the same key version: all of that is the associated data. Destroying a tenant's data keys makes everything
//! sealed with them unreadable, wherever copies of it are.
//!
//! Sealed bytes are `1 ‖ key version (u32, big endian) ‖ nonce (12) ‖ ciphertext ‖ tag (16)`.
//!
//! **Nonces** are a random 64-bit prefix, drawn when a process takes a key into use, and a 32-bit counter. One process
//! seals at most [`MESSAGES_MAX`] messages with one version of a key, and then refuses: [`Keyring::due_for_rotation`]
//! names the tenants that need a new version long before. Two processes, or two lives of one, share a nonce only if
//! they draw the same prefix: for a million restarts on one key the chance of that is below 2⁻²⁴.
//!
//! Deliberately absent: where wrapped keys are stored, when keys are rotated, and remote key services.

mod data_key;
mod error;
mod keyring;
mod root_key;
mod sealer;

#[cfg(test)]
mod tests;

pub use data_key::MESSAGES_MAX;
pub use error::Error;
pub use keyring::Keyring;
pub use root_key::RootKey;
pub use sealer::{Place, Sealer};
