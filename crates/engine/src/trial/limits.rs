//! What bounds a test case.

/// Inputs that one test case gives to its execution.
pub const TRIAL_STEPS_MAX: usize = 10_000;
/// History events of one test case.
pub const TRIAL_EVENTS_MAX: usize = 100_000;
