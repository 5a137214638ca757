//! What one execution decides, rule by rule: scripts of inputs against definitions, and the facts that follow.

#![expect(
    clippy::needless_raw_string_hashes,
    reason = "scripts and expectations are written and updated in one form"
)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod attempts;
mod attributes;
mod catch;
mod children;
mod compensation;
mod data_flow;
mod directives;
mod emit;
mod empty_lists;
mod extensions;
mod flow;
mod functions;
mod gather;
mod golden;
mod grpc;
mod http;
mod lifecycle;
mod limits;
mod listen;
mod long;
mod openapi;
mod parents;
mod probe;
mod process;
mod provisioning;
mod random;
mod retry;
mod rpc;
mod secrets;
mod signal;
mod standing;
mod tasks;
mod timeouts;
mod views;
