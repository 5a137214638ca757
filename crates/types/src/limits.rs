//! Limits that several crates share. Every size has one; reaching it is an error with a code.

/// Bytes of one payload: an input, an output, a context, an answer of a service.
pub const PAYLOAD_BYTES_MAX: usize = 1 << 20;
/// Bytes of a definition's text.
pub const DEFINITION_BYTES_MAX: usize = 1 << 20;
/// Levels of nesting in a definition's text and in a payload.
pub const NESTING_MAX: usize = 64;
/// Tasks in one definition.
pub const TASKS_MAX: usize = 10_000;
/// Branches of one `fork`, items of one `for`.
pub const FAN_OUT_MAX: usize = 10_000;
/// Characters of a workflow's key, of a correlation id, of an idempotency key.
pub const KEY_CHARS_MAX: usize = 255;
/// Labels of one execution.
pub const LABELS_MAX: usize = 32;
/// Items of one page of a list.
pub const PAGE_ITEMS_MAX: usize = 1_000;
/// History events of one execution until compaction exists.
pub const HISTORY_EVENTS_MAX: u64 = 1_000_000;
/// Tasks that one execution starts in one turn without waiting for anything: a loop that never waits is stopped here.
pub const TURN_TASKS_MAX: usize = 10_000;
/// Such tasks that the iterations of loops may start besides: a loop over many items is not an endless one.
pub const TURN_TASKS_IN_LOOPS_MAX: usize = 50_000;
/// Iterations of one `for`, or branches of one `fork`, that a definition may let run side by side.
pub const CONCURRENCY_MAX: usize = 1_000;
/// Ancestors of one execution: a child of a child of a child … goes no deeper.
pub const CHILD_DEPTH_MAX: u32 = 16;
/// Logical shards of a new store.
pub const SHARDS_DEFAULT: u16 = 64;
/// Characters of a secret's name.
pub const SECRET_NAME_CHARS_MAX: usize = 128;
/// Bytes of a secret's value, as JSON.
pub const SECRET_BYTES_MAX: usize = 64 << 10;
/// Secrets of one tenant.
pub const SECRETS_MAX: usize = 1_000;
/// Versions of a secret of which the time is remembered; the value is kept of the newest alone.
pub const SECRET_VERSIONS_MAX: usize = 100;
