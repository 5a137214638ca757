//! The one place in the workspace that opens outbound sockets and resolves names for them.
//!
//! A URL becomes a [`Target`] (parsed strictly, nothing guessed), a target is resolved once, **every** address it
//! resolves to must be allowed by the [`Policy`], and the connection goes to one of exactly those addresses: what was
//! checked is what is connected to, so a name that changes its answers gains nothing. The result is a [`Connection`],
//! plain or TLS, with a count of the bytes that left.
//!
//! Deliberately absent: HTTP, redirects, retries, proxies from the environment, and any memory of earlier answers of
//! the resolver.

mod address;
mod allow;
mod connect;
mod error;
mod policy;
mod resolve;
mod stream;
mod target;
mod tls;

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod tests;

pub use address::Class;
pub use allow::{Allow, AllowError};
pub use connect::{Egress, Options};
pub use error::{Error, Rule};
pub use policy::Policy;
pub use resolve::{Resolve, Resolving, SystemResolver};
pub use stream::{BytesWritten, Connection, Silence};
pub use target::{Host, Scheme, Target};
pub use tls::roots_from_pem;
