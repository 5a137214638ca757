//! The engine's own times and sizes.

/// How long calls under way may still be answered after a cancel, a fault beside them or a lost competition.
pub const GRACE_MS: u64 = 5_000;
/// How long a call may take, all attempts together, when its task has no `timeout`.
pub const CALL_TIMEOUT_MS: u64 = 600_000;
/// How long after its intent an attempt may still leave.
pub const SEND_WINDOW_MS: u64 = 30_000;
/// The first wait before the engine repeats an attempt that had no effect.
pub const RETRY_DELAY_MS_MIN: u64 = 200;
/// No such wait is longer, jitter included.
pub const RETRY_DELAY_MS_MAX: u64 = 30_000;
/// The first wait before an undo without a policy of its own is tried again.
pub const UNDO_DELAY_MS_MIN: u64 = 1_000;
/// No such wait is longer, jitter included.
pub const UNDO_DELAY_MS_MAX: u64 = 300_000;
/// Retries of an undo without a policy of its own in an unwinding without a budget.
pub const UNDO_RETRIES_MAX: u32 = 10;
/// Bytes of an error answer that the error's detail repeats.
pub const EXCERPT_BYTES_MAX: usize = 512;
/// Bytes of one attribute of a `CloudEvent`.
pub const EVENT_ATTRIBUTE_BYTES_MAX: usize = 4 << 10;
/// Events that wait in one execution: signals that nothing has wanted yet, and events behind the item of a `foreach`.
pub const INBOX_EVENTS_MAX: usize = 1_000;
/// Bytes of those events together.
pub const INBOX_BYTES_MAX: usize = 8 << 20;
/// Events whose repetitions one execution recognises; beyond it the oldest is forgotten first.
pub const EVENTS_REMEMBERED_MAX: usize = 1_024;
/// Filters by which one execution can be found at once; a `listen` beyond it faults.
pub const SUBSCRIPTIONS_MAX: usize = 1_000;
/// Bytes of one argument or variable of a process, or of its command: the system takes little more.
pub const PROCESS_TEXT_BYTES_MAX: usize = 64 << 10;
