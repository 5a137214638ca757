//! Bounds one evaluation: steps, time, memory, stack and output.
//!
//! The interpreter asks for its program at every term that it evaluates, and its values report what they do, so every
//! step passes through [`charge`]. An evaluation that has had enough is unwound: no expression can catch that, so none
//! can outlive its budget. The budget is ambient (one for each thread) because operators on values have no argument to
//! pass it in; it exists only while [`metered`] runs.

use super::Limit;
use super::memory::held_bytes;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

#[cfg(panic = "abort")]
compile_error!("an evaluation is stopped by unwinding");

/// Steps of one evaluation.
pub const FUEL_MAX: u64 = 2_000_000;
/// Wall-clock time of one evaluation: the backstop for steps that are dearer than expected.
pub const DURATION_MAX: Duration = Duration::from_millis(250);
/// Bytes that one evaluation may hold at a time.
pub const MEMORY_BYTES_MAX: u64 = 64 << 20;
/// Bytes of stack that the recursion of one evaluation may use.
pub const STACK_BYTES_MAX: usize = 16 << 20;
/// Bytes of the text of a result: nothing larger can be stored.
pub const OUTPUT_BYTES_MAX: usize = tenure_types::limits::PAYLOAD_BYTES_MAX;

/// Stack kept free for freeing what the evaluation made. A linked structure is freed by recursion, and no link is so
/// small that freeing it takes more than four times its bytes; memory is limited, so this is enough.
const STACK_RESERVE: usize = (4 * 64) << 20;

/// A small evaluation runs on the caller's stack when that has this much left; a larger one gets a stack of its own.
const SMALL_STACK_BYTES: usize = 1280 << 10;
const SMALL_STACK_RESERVE: usize = 768 << 10;
const SMALL_MEMORY_BYTES: u64 = 128 << 10;

/// Tests must not depend on the speed of the machine, so in tests only fuel bounds the time.
const DURATION: Duration = if cfg!(test) { Duration::from_mins(10) } else { DURATION_MAX };

const STEPS_BETWEEN_CLOCK_READS: u64 = 256;

/// Why an evaluation did not come to its end.
#[derive(Debug)]
pub(super) enum Halt {
    /// It had used up its budget.
    Limit(Limit),
    /// The interpreter failed; the message says how.
    Broken(String),
}

/// What is thrown when an evaluation is stopped.
enum Stop {
    Limit(Limit),
    /// Too large for the caller's stack: to be done again on a larger one.
    Escalate,
}

struct Meter {
    running: Cell<bool>,
    small: Cell<bool>,
    fuel: Cell<u64>,
    next_clock_read: Cell<u64>,
    deadline: Cell<Option<Instant>>,
    memory_base: Cell<u64>,
    memory_max: Cell<u64>,
    stack_reserve: Cell<usize>,
    output: Cell<usize>,
}

thread_local! {
    static METER: Meter = const {
        Meter {
            running: Cell::new(false),
            small: Cell::new(false),
            fuel: Cell::new(0),
            next_clock_read: Cell::new(0),
            deadline: Cell::new(None),
            memory_base: Cell::new(0),
            memory_max: Cell::new(0),
            stack_reserve: Cell::new(0),
            output: Cell::new(0),
        }
    };
}

impl Meter {
    fn start(&self, small: bool, deadline: Instant) {
        self.running.set(true);
        self.small.set(small);
        self.fuel.set(FUEL_MAX);
        self.next_clock_read.set(FUEL_MAX - STEPS_BETWEEN_CLOCK_READS);
        self.deadline.set(Some(deadline));
        self.memory_base.set(held_bytes());
        self.memory_max.set(if small { SMALL_MEMORY_BYTES } else { MEMORY_BYTES_MAX });
        self.stack_reserve.set(if small { SMALL_STACK_RESERVE } else { STACK_RESERVE });
        self.output.set(OUTPUT_BYTES_MAX);
    }

    fn stop(&self, limit: Limit) -> ! {
        self.running.set(false);
        let escalate = self.small.get() && matches!(limit, Limit::Memory | Limit::Stack);
        resume_unwind(Box::new(if escalate { Stop::Escalate } else { Stop::Limit(limit) }))
    }

    fn charge(&self, steps: u64) {
        if !self.running.get() {
            return;
        }
        let Some(fuel) = self.fuel.get().checked_sub(steps) else { self.stop(Limit::Fuel) };
        self.fuel.set(fuel);
        self.need(0);
        if stacker::remaining_stack().is_some_and(|left| left < self.stack_reserve.get()) {
            self.stop(Limit::Stack);
        }
        if fuel <= self.next_clock_read.get() {
            self.next_clock_read.set(fuel.saturating_sub(STEPS_BETWEEN_CLOCK_READS));
            if self.deadline.get().is_some_and(|deadline| now() > deadline) {
                self.stop(Limit::Time);
            }
        }
    }

    /// Checks that `bytes` more may be held. The count of held bytes wraps when another thread frees our memory.
    fn need(&self, bytes: u64) {
        let held = held_bytes().wrapping_sub(self.memory_base.get()).cast_signed().max(0).cast_unsigned();
        if self.running.get() && held.saturating_add(bytes) > self.memory_max.get() {
            self.stop(Limit::Memory);
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads a clock: it only ends an evaluation, and never shows in a result"
)]
fn now() -> Instant {
    Instant::now()
}

/// Takes steps from the running evaluation's budget; unwinds it when they are used up. Nothing outside an evaluation.
pub(super) fn charge(steps: u64) {
    METER.with(|meter| meter.charge(steps));
}

/// Takes the steps of looking at `bytes` bytes at once.
pub(super) fn charge_bytes(bytes: usize) {
    charge(1 + bytes as u64 / 1024);
}

/// To be called before `bytes` bytes are allocated at once.
pub(super) fn charge_allocation(bytes: usize) {
    charge_bytes(bytes);
    METER.with(|meter| meter.need(bytes as u64));
}

/// Takes `bytes` from what the running evaluation may put out.
pub(super) fn charge_output(bytes: usize) {
    METER.with(|meter| {
        if !meter.running.get() {
            return;
        }
        match meter.output.get().checked_sub(bytes) {
            Some(left) => meter.output.set(left),
            None => meter.stop(Limit::Output),
        }
    });
}

/// Unwinds the running evaluation.
pub(super) fn stop(limit: Limit) -> ! {
    METER.with(|meter| meter.stop(limit))
}

/// Runs `work` with a fresh budget. It may run twice: first on the caller's stack, and when it turns out to be large,
/// again on a stack of its own, so that the outcome never depends on how deep the caller is. So it must be pure.
pub(super) fn metered<T>(work: impl Fn() -> T) -> Result<T, Halt> {
    metered_within(DURATION, work)
}

fn metered_within<T>(duration: Duration, work: impl Fn() -> T) -> Result<T, Halt> {
    let deadline = now() + duration;
    if stacker::remaining_stack().is_some_and(|left| left >= SMALL_STACK_BYTES) {
        match attempt(true, deadline, &work) {
            Ok(done) => return Ok(done),
            Err(Ok(halt)) => return Err(halt),
            Err(Err(Escalated)) => {}
        }
    }
    stacker::grow(STACK_BYTES_MAX + STACK_RESERVE, || attempt(false, deadline, &work)).map_err(|failed| {
        match failed {
            Ok(halt) => halt,
            Err(Escalated) => Halt::Limit(Limit::Stack),
        }
    })
}

struct Escalated;

fn attempt<T>(small: bool, deadline: Instant, work: &impl Fn() -> T) -> Result<T, Result<Halt, Escalated>> {
    METER.with(|meter| {
        assert!(!meter.running.get(), "evaluations are not nested");
        meter.start(small, deadline);
        // Nothing survives a stopped evaluation but values that never change.
        let outcome = catch_unwind(AssertUnwindSafe(work));
        meter.running.set(false);
        outcome.map_err(|payload| match payload.downcast::<Stop>() {
            Ok(stop) => match *stop {
                Stop::Limit(limit) => Ok(Halt::Limit(limit)),
                Stop::Escalate => Err(Escalated),
            },
            Err(other) => Ok(Halt::Broken(panic_message(&*other))),
        })
    })
}

fn panic_message(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "unknown".to_owned())
}

/// Steps that the last evaluation of this thread took.
#[cfg(test)]
pub(super) fn fuel_used() -> u64 {
    METER.with(|meter| FUEL_MAX - meter.fuel.get())
}

#[cfg(test)]
mod tests {
    use super::{Halt, STEPS_BETWEEN_CLOCK_READS, charge, fuel_used, metered, metered_within};
    use crate::expr::Limit;
    use std::time::Duration;

    #[test]
    fn work_past_its_deadline_is_stopped_at_the_next_look_at_the_clock() {
        let forever = || -> () {
            loop {
                charge(1);
            }
        };
        let outcome = metered_within(Duration::ZERO, forever);
        assert!(matches!(outcome, Err(Halt::Limit(Limit::Time))));
        assert_eq!(fuel_used(), STEPS_BETWEEN_CLOCK_READS);
    }

    #[test]
    fn failure_of_the_interpreter_is_an_error_and_the_next_evaluation_runs() {
        let broken: Result<(), Halt> = metered(|| std::panic::resume_unwind(Box::new("broken")));
        assert!(matches!(broken, Err(Halt::Broken(message)) if message == "broken"));
        assert!(matches!(metered(|| 1), Ok(1)));
    }
}
