//! The store's own limits. Reaching one is an error of the caller, never a silent cut.

/// The largest history sequence number: stores pack it into 20 bits beside the execution's internal key.
pub const HISTORY_SEQ_MAX: u64 = (1 << 20) - 1;
/// Subscriptions of one execution; the engine's own limits are far lower.
pub const SUBSCRIPTIONS_MAX: usize = 16_384;
/// Characters of a textual filter.
pub const FILTER_CHARS_MAX: usize = 4_096;
/// Conditions of one filter.
pub const FILTER_CONDITIONS_MAX: usize = 32;
