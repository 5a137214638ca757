//! HTTP: requests in, replies out, nothing decided.
//!
//! The router is built from `tenure_api::ROUTES`. A request is authenticated and authorised before its body is read; what
//! a handler gets is a grant and a checked request. Handlers have ten lines at most; what they do is in `app`.

pub(crate) mod admin;
mod body;
mod call;
pub(crate) mod cloud_events;
pub(crate) mod correlation;
mod handlers;
pub(crate) mod idempotency;
pub(crate) mod json;
pub(crate) mod listener;
pub(crate) mod precondition;
pub(crate) mod prefer;
mod query;
mod reply;
mod router;

pub(crate) use call::Call;
pub(crate) use query::Query;
pub(crate) use reply::Reply;
pub(crate) use router::router;
