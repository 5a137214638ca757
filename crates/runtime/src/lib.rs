//! The async shell around the pure core.
//!
//! A [`Node`] owns one lane: a thread that runs the shards, gives their batches to the store and their calls to the
//! dispatcher. [`Handle`] is the way in. `codec` (pure) maps the engine's words to the store's records; `seal` encrypts
//! what they carry; `egress` is the one place in the workspace that opens outbound sockets.
//!
//! Deliberately absent: rules. Whatever decides something about an execution lives in `tenure-engine`; whatever decides
//! who may do it lives in `tenure-server`.

mod cache;
mod catalog;
mod clock;
pub mod codec;
pub mod dispatch;
pub mod egress;
pub mod errand;
mod error;
mod lane;
mod limits;
pub mod metrics;
mod node;
pub mod publish;
mod recovery;
mod registry;
mod resources;
mod retention;
pub mod seal;
mod secrets;
mod watch;

pub use catalog::StoredFunction;
pub use clock::Clock;
pub use error::Error;
pub use metrics::Metrics;
pub use node::{Act, Handle, IdempotentAnswer, Node, Options, StartExecution, Started};
pub use publish::Published;
pub use registry::{ChangeDefinition, DefinitionChange, Registered, RegisteredDefinition};
pub use resources::{FETCH_ALL_TIMEOUT, FETCH_TIMEOUT, REDIRECTS_MAX, RESOURCES_BYTES_MAX};
pub use tenure_process::child as process_child;
pub use watch::{Until, Watch};
