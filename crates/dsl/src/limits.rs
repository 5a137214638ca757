//! The limits that only this crate has. Those it shares with others are in `tenure_types::limits`.

pub use tenure_types::limits::{DEFINITION_BYTES_MAX, FAN_OUT_MAX, NESTING_MAX, TASKS_MAX};

/// Values (scalars, lists, maps) in one definition.
pub const NODES_MAX: usize = 50_000;
/// Bytes of one key. Pointers are made of keys, and there is one for each value.
pub const KEY_BYTES_MAX: usize = 512;
/// Bytes of all expressions together, each counted where it is used, with [`EXPRESSION_BYTES_MIN`] more for each.
pub const EXPRESSIONS_BYTES_MAX: usize = 4 << 20;
/// What an expression counts at least.
pub const EXPRESSION_BYTES_MIN: usize = 64;
/// Characters of one message of a diagnostic; what is beyond is cut off.
pub const MESSAGE_CHARS_MAX: usize = 500;
/// Diagnostics that one check reports; what is beyond is not shown.
pub const DIAGNOSTICS_MAX: usize = 50;
/// Characters of one name: a task, a case, a variable, an entry of `use`.
pub const NAME_CHARS_MAX: usize = 255;
/// Milliseconds of one duration: a hundred years of 366 days.
pub const DURATION_MS_MAX: u64 = 100 * 366 * 24 * 3_600_000;
