//! Rare states that a large run must have reached: a simulator that never gets there proves nothing about them.

use std::fmt;

macro_rules! states {
    ($($(#[doc = $doc:literal])+ $name:ident),+ $(,)?) => {
        /// A state worth reaching.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum State { $($(#[doc = $doc])+ $name),+ }

        impl State {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// What it is, for people.
            pub fn text(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+)),+ }
            }
        }
    };
}

states! {
    /// crash inside compensation
    CrashInCompensation,
    /// crash with an intent open
    CrashWithIntent,
    /// ambiguous commit that had applied
    CommitUnconfirmed,
    /// ambiguous commit that had not applied
    CommitLost,
    /// commit that arrived after its epoch
    CommitFenced,
    /// lost attempt in `at_most_once`
    LostAtMostOnce,
    /// lost attempt in `exactly_once_with_key`
    LostWithKey,
    /// lost attempt in `at_least_once`
    LostAtLeastOnce,
    /// attempt uncertain
    Uncertain,
    /// late answer resolves uncertain
    LateAnswerResolves,
    /// operator resolves uncertain
    OperatorResolves,
    /// operator settles a failed undo
    UndoIncident,
    /// onUncertain: fault
    UncertainFaults,
    /// cancel beats completion
    CancelWins,
    /// completion beats cancel
    CancelLoses,
    /// terminated
    Terminated,
    /// answer during the grace of a cancel
    AnsweredInGrace,
    /// timer fired after an outage
    TimerAfterOutage,
    /// timer beyond the horizon
    TimerBeyondHorizon,
    /// key conflict refused
    KeyTaken,
    /// key conflict answered with the existing one
    KeyExisting,
    /// key conflict that terminates the existing one
    KeyReplaced,
    /// request repeated under its idempotency key
    Repeated,
    /// guard refused a call
    GuardRefused,
    /// request executed after its process was gone
    ExecutedAfterCrash,
    /// receiver deduplicated by key
    Deduplicated,
    /// late or double answer delivered
    AnswerUnawaited,
    /// author's retry
    TryRetried,
    /// task timed out
    TimedOut,
    /// race with a loser
    RaceLost,
    /// loser of a race undone
    LoserUndone,
    /// partial unwinding by call: compensate
    PartialUnwinding,
    /// undo retried
    UndoRetried,
    /// undo skipped by its guard
    UndoSkipped,
    /// unwinding failed
    CompensationFailed,
    /// delayed start
    DelayedStart,
    /// shard refused a command as busy
    Busy,
    /// event emitted
    Emitted,
    /// event published again after a crash
    EmittedAgain,
    /// published event consumed
    EventConsumed,
    /// kept signal consumed
    SignalConsumed,
    /// child refused
    ChildRefused,
    /// child of a child
    ChildOfChild,
    /// start of a child repeated
    ChildThere,
    /// child faulted
    ChildFaulted,
    /// child cancelled for its parent
    ChildCancelled,
    /// child terminated for its parent
    ChildTerminated,
    /// child undone after its end
    ChildUndone,
    /// report to a parent that has ended
    ParentGone,
    /// place under a limit given
    PlaceGiven,
    /// place under a limit refused
    PlaceRefused,
    /// ended while it waited for a place
    EndedInQueue,
    /// crash while somebody waited for a place
    CrashInQueue,
    /// completed
    Completed,
    /// faulted and compensated
    Compensated,
}

/// How often each state was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage([u64; State::ALL.len()]);

impl Default for Coverage {
    fn default() -> Self {
        Self([0; State::ALL.len()])
    }
}

impl Coverage {
    /// It was reached.
    pub fn hit(&mut self, state: State) {
        self.0[state as usize] += 1;
    }

    /// How often it was reached.
    pub fn count(&self, state: State) -> u64 {
        self.0[state as usize]
    }

    /// Adds another run's counts.
    pub fn add(&mut self, other: &Self) {
        for (own, more) in self.0.iter_mut().zip(other.0) {
            *own += more;
        }
    }

    /// What was never reached.
    pub fn missing(&self) -> Vec<State> {
        State::ALL.iter().copied().filter(|state| self.count(*state) == 0).collect()
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        State::ALL
            .iter()
            .try_for_each(|state| writeln!(f, "{:>10}  {}", self.count(*state), state.text().trim()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up_and_what_is_missing_is_named() {
        let mut one = Coverage::default();
        one.hit(State::Busy);
        let mut all = one.clone();
        all.add(&one);
        assert_eq!(all.count(State::Busy), 2);
        assert_eq!(all.missing().len(), State::ALL.len() - 1);
        assert!(!all.missing().contains(&State::Busy));
        assert!(all.to_string().contains("2  shard refused a command as busy"));
    }
}
