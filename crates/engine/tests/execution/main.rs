//! What one execution decides, rule by rule: scripts of inputs against definitions, and the facts that follow.

#![expect(
    clippy::needless_raw_string_hashes,
    reason = "scripts and expectations are written and updated in one form"
)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod attempts;
mod catch;
mod compensation;
mod data_flow;
mod flow;
mod golden;
mod http;
mod lifecycle;
mod long;
mod provisioning;
mod random;
mod retry;
mod tasks;
mod timeouts;
mod views;
