//! Who is asking, and may they: tokens to credentials, credentials to grants.
//!
//! A [`Grant`] can be made here alone. Whoever holds one was authorised; every use case asks for it as an argument.
//! Deliberately absent: sessions, cookies, and any way to be authorised without a verified token.

mod authorise;
mod cache;
mod claims;
mod credential;
mod dev_issuer;
mod refusal;
mod strict;
mod token;
mod verifier;

pub(crate) use authorise::{Caller, Denied, Grant, PlatformGrant, authorise, authorise_platform, caller};
pub use credential::Credential;
pub(crate) use credential::actor_of;
pub use dev_issuer::{DevIssuer, DevIssuerError, TokenFor};
pub use refusal::Refusal;
pub use verifier::{Issuer, IssuerKey, KeyError, Verifier};

#[cfg(test)]
mod tests;
