//! HTTP, authorization and use cases around the runtime.
//!
//! A request walks: `http` (route table, credential, grant, body) → `app` (use cases, each with a grant) → the runtime's
//! handle. `config` and `dev` say what a server is made of; `telemetry` where its log goes.
//!
//! Architecture invariant: the tenant comes from a grant, a grant from a verified credential, and from nowhere else.
//! Deliberately absent: rules about executions (the engine's), SQL, outbound sockets.

mod app;
pub mod auth;
pub mod config;
mod cursor;
pub mod dev;
mod http;
mod metrics;
mod private_file;
pub mod serve;
mod server;
mod signal;
pub mod telemetry;

pub use server::{Egress, Error, Options, Server};
pub use signal::stop_requested;
pub use tenure_runtime::process_child;

/// The reserved tenant that refusals without a verified tenant are audited under.
pub const PLATFORM_TENANT: &str = "platform";
