//! Use cases: what the API does, between HTTP and the runtime.
//!
//! Every use case takes a grant, so that nothing happens that was not authorised, and takes the tenant from it and from
//! nowhere else. What changes something is audited by the runtime in the same transaction; what was refused is audited by
//! [`denials`]. Deliberately absent: HTTP, and every rule about executions.

pub(crate) mod audit;
pub(crate) mod definitions;
pub(crate) mod denials;
mod error;
pub(crate) mod events;
pub(crate) mod functions;
pub(crate) mod history;
pub(crate) mod identity;
pub(crate) mod reveal;
pub(crate) mod secrets;
mod state;
pub(crate) mod tasks;
pub(crate) mod trial;
pub(crate) mod versions;
pub(crate) mod view;
pub(crate) mod workflows;

pub(crate) use error::Error;
pub(crate) use state::{App, Parts};
