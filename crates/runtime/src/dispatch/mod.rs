//! Performs the calls that committed transitions opened, and reports how each ended.
//!
//! A call waits for a slot (limited as a whole and per tenant, shared fairly), is performed once, and its outcome goes
//! to [`Results`]. Between the guard's word and the first byte nothing is awaited; whether a byte left is counted, not
//! guessed. An abandoned call is cut off and never reported.
//!
//! Secrets are put into a request here and nowhere else, and taken out of what comes back (`journey`, `reveal`,
//! `redact`); tokens are asked for through the same egress.
//!
//! Deliberately absent: retries and every other decision. What an outcome means, the engine says.

mod authority;
mod counters;
mod digest;
mod dispatcher;
mod exchange;
mod fair_queue;
mod grpc;
mod http;
mod journey;
mod outcome;
mod pool;
mod process;
mod redact;
mod request;
mod reveal;
mod rpc;
mod secrets;
mod times;
mod token;

#[cfg(test)]
mod tests;

pub use counters::{Counters, Reading};
pub use dispatcher::{
    CALLS_WAITING_MAX, Call, Finished, Guard, Handle, Options, Results, SLOTS_MAX, TENANT_SHARE, run,
};
pub use exchange::{ANSWER_HEADER_BYTES_MAX, ANSWER_HEADERS_MAX};
pub use fair_queue::{FairQueue, Share};
pub use journey::REDIRECTS_MAX;
pub use pool::{IDLE_AT_MOST_ONCE_MAX, IDLE_CONNECTIONS_MAX, IDLE_MAX, IDLE_PER_TARGET_MAX};
pub use process::PROCESSES_MAX;
pub use redact::REDACTED_BYTES_MIN;
pub use request::{HEADER_BYTES_MAX, HEADERS_MAX};
pub use secrets::{NoSecrets, SecretValue, Secrets};
use times::Times;
pub use token::{TOKEN_BYTES_MAX, TOKENS_MAX};
