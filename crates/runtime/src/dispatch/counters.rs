//! What the dispatcher has done, as plain numbers. Whoever exports metrics reads them.

use std::sync::atomic::{AtomicU64, Ordering};
use tenure_engine::execution::CallOutcome;

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        /// Counters that only grow, and two gauges. Each is exact; together they are not one instant.
        #[derive(Debug, Default)]
        pub struct Counters { $($(#[$doc])* pub(super) $name: AtomicU64),+ }

        /// One reading of [`Counters`].
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Reading { $($(#[$doc])* pub $name: u64),+ }

        impl Counters {
            /// Reads all of them.
            pub fn read(&self) -> Reading {
                Reading { $($name: self.$name.load(Ordering::Relaxed)),+ }
            }
        }
    };
}

counters! {
    /// Calls that got a slot.
    started,
    /// Calls that ended with an answer.
    answered,
    /// Calls of which provably nothing was sent.
    not_sent,
    /// Calls that the receiver provably did not process.
    refused,
    /// Calls of which nobody knows.
    unknown,
    /// Calls that were abandoned.
    abandoned,
    /// Calls that were not taken, because a queue was full or the dispatcher was stopping.
    turned_away,
    /// Gauge: calls that hold a slot.
    in_flight,
    /// Gauge: calls that wait for a slot.
    waiting,
    /// Connections that were opened.
    connections_opened,
    /// Requests that went over a connection that was open already.
    connections_reused,
}

pub(super) fn add_one(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Counters {
    pub(super) fn count(&self, outcome: &CallOutcome) {
        add_one(match outcome {
            CallOutcome::Answered(_) => &self.answered,
            CallOutcome::NotSent { .. } => &self.not_sent,
            CallOutcome::Refused { .. } => &self.refused,
            CallOutcome::Unknown { .. } => &self.unknown,
        });
    }
}
