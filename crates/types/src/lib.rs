//! Ids, time, status and the limits that every crate shares.
//!
//! Deliberately absent: behaviour. Nothing here decides anything about an execution, and nothing here does IO.

mod id;
pub mod limits;
mod secret;
mod status;
mod time;

pub use id::{DefinitionId, Digest, Epoch, ExecutionId, FunctionId, IdError, ShardId, TaskRef, TenantId};
pub use secret::secret_name_is_valid;
pub use status::{CompensationStatus, Status};
pub use time::{ParseTimestampError, Timestamp};
