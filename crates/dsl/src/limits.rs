//! The limits that only this crate has. Those it shares with others are in `tenure_types::limits`.

pub use tenure_types::limits::{CONCURRENCY_MAX, DEFINITION_BYTES_MAX, FAN_OUT_MAX, NESTING_MAX, TASKS_MAX};

/// Values (scalars, lists, maps) in one definition.
pub const NODES_MAX: usize = 50_000;
/// Tasks of one definition once its functions stand where they are called, and its extensions around what they extend.
pub const PROGRAM_TASKS_MAX: usize = 20_000;
/// How deep functions call each other.
pub const FUNCTION_NESTING_MAX: usize = 16;
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
/// Bytes of a pattern in an event filter.
pub const PATTERN_BYTES_MAX: usize = 1_000;
/// Bytes of such a pattern once it is compiled.
pub const PATTERN_PROGRAM_BYTES_MAX: usize = 256 << 10;
/// Bytes of a text that a pattern of an event filter is tried on; a longer one matches none.
pub const PATTERN_TEXT_BYTES_MAX: usize = 4 << 10;
/// Event filters of one `listen`, not counting those of its `until`.
pub const LISTEN_FILTERS_MAX: usize = 100;
/// Documents and functions behind addresses that one definition needs.
pub const RESOURCES_MAX: usize = 32;
/// Functions of the tenant's catalog that one definition calls, each counted once.
pub const CATALOG_FUNCTIONS_MAX: usize = 256;
/// Characters of the name of a function of a catalog.
pub const FUNCTION_NAME_CHARS_MAX: usize = 63;
/// Bytes of one resource.
pub const RESOURCE_BYTES_MAX: usize = 4 << 20;
/// Differences between two versions that one comparison reports.
pub const DIFF_CHANGES_MAX: usize = 1_000;
/// Cases of one test file.
pub const TRIAL_CASES_MAX: usize = 1_000;
/// Answers that one task of a test case is given.
pub const TRIAL_ANSWERS_MAX: usize = 10_000;
/// Places that one comparison with what is expected reports.
pub const TRIAL_DIFFERENCES_MAX: usize = 20;
/// How long after an outcome became unknown a probe asks for it: what is on its way may still arrive by then.
pub const PROBE_AFTER_MS: u64 = 10_000;
/// How long between two probes.
pub const PROBE_EVERY_MS: u64 = 30_000;
/// How many probes.
pub const PROBE_COUNT: u32 = 5;
/// Search attributes of one definition.
pub const ATTRIBUTES_MAX: usize = 32;
/// Characters of the name of a search attribute.
pub const ATTRIBUTE_NAME_CHARS_MAX: usize = 63;
/// Characters of a search attribute that is a text; a longer one leaves the attribute absent.
pub const ATTRIBUTE_CHARS_MAX: usize = 255;
/// Sensitive places of one definition.
pub const SENSITIVE_MAX: usize = 100;
/// Executions that `metadata.limits` lets run at once.
pub const LIMIT_EXECUTIONS_MAX: u32 = 10_000;
/// Bytes of the key of `metadata.limits`, as JSON.
pub const LIMIT_KEY_BYTES_MAX: usize = 255;
