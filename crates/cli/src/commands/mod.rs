//! The commands, one file each.

pub(crate) mod audit;
pub(crate) mod completion;
pub(crate) mod config;
pub(crate) mod definition;
pub(crate) mod dev;
pub(crate) mod diff;
pub(crate) mod event;
pub(crate) mod follow;
pub(crate) mod function;
pub(crate) mod init;
pub(crate) mod man;
pub(crate) mod page;
pub(crate) mod secret;
pub(crate) mod serve;
pub(crate) mod start;
pub(crate) mod trial;
pub(crate) mod workflow;

/// An argument that is a JSON value.
fn json_value(text: &str) -> Result<serde_json::Value, String> {
    serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))
}
