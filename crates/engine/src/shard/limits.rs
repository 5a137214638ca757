//! What bounds a shard. Reaching a limit is answered, never hidden.

/// Executions that one batch touches.
pub const BATCH_EXECUTIONS_MAX: usize = 512;
/// Batches of one shard that are on their way to the disk at once: enough that deciding never waits for one fsync.
pub const BATCHES_IN_FLIGHT_MAX: usize = 16;
/// Of a batch's executions, how many places are kept for new starts when outcomes would fill it.
pub const BATCH_STARTS_MIN: usize = 64;
/// Inputs that wait for their turn in one shard. Beyond it commands and starts are refused; outcomes never are.
pub const MAIL_MAX: usize = 16_384;
/// Starts of one tenant that wait for their turn in one shard: its flood queues behind its own quota.
pub const TENANT_STARTS_MAX: usize = 4_096;
/// Limits (`metadata.limits`) that one shard remembers. Beyond it those that nobody waits under are read from the store again.
pub const LIMITS_MAX: usize = 4_096;
/// A timer further away than this lives only in the store's due index.
pub const TIMER_HORIZON_MS: u64 = 60_000;
