//! Planted bugs: each breaks one rule of the protocol, and each must be caught.
//!
//! They live in the simulated shell, in front of and behind the real core: nothing in production code knows of them.

use std::fmt;
use std::str::FromStr;

macro_rules! mutants {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal),+ $(,)?) => {
        /// A planted bug.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Mutant { $($(#[doc = $doc])+ $name),+ }

        impl Mutant {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Its name on the command line.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }
        }
    };
}

mutants! {
    /// A commit under an old epoch is taken.
    NoFence = "no-fence",
    /// A restarted node goes on under its old epoch.
    EpochReused = "epoch-reused",
    /// Calls leave without asking the guard, abandoned or not.
    NoGuard = "no-guard",
    /// The guard asks for the right to the shard, and not whether the call is still wanted.
    GuardLeaseOnly = "guard-lease-only",
    /// Calls leave after their send-by.
    SendByIgnored = "send-by-ignored",
    /// Calls leave before their intent is durable.
    PerformBeforeCommit = "perform-before-commit",
    /// Clients are answered before anything is durable.
    ReplyBeforeCommit = "reply-before-commit",
    /// A commit with an unknown outcome counts as done.
    AmbiguousAsSuccess = "ambiguous-as-success",
    /// A commit with an unknown outcome is written again.
    AmbiguousAsFailure = "ambiguous-as-failure",
    /// Lost attempts count as not sent.
    LostAsNotSent = "lost-as-not-sent",
    /// Lost attempts are never settled.
    LostForgotten = "lost-forgotten",
    /// Unknown outcomes count as not sent.
    UnknownAsNotSent = "unknown-as-not-sent",
    /// Each attempt has its own key.
    KeyPerAttempt = "key-per-attempt",
    /// All steps of an execution have one key.
    KeyShared = "key-shared",
    /// A late answer counts for the attempt that is open now.
    LateAnswerMoved = "late-answer-moved",
    /// Timers fire early.
    TimersEarly = "timers-early",
    /// The due index is not looked at.
    DueForgotten = "due-forgotten",
    /// Open executions are not brought back.
    OpenForgotten = "open-forgotten",
    /// A cancel is acknowledged and dropped while a call is under way.
    CancelIgnored = "cancel-ignored",
    /// Recovery forgets that a cancel had stopped what was running.
    CancelUnloaded = "cancel-unloaded",
    /// An undo is not run.
    UndoForgotten = "undo-forgotten",
    /// A sequential unwinding runs its forks side by side.
    UndoUnordered = "undo-unordered",
    /// A fault unwinds nothing.
    UnwindingForgotten = "unwinding-forgotten",
    /// The last event of a turn is not stored.
    EventDropped = "event-dropped",
    /// Two events of a turn are stored in the wrong order.
    EventsSwapped = "events-swapped",
    /// An execution is loaded without its last event.
    LoadedShort = "loaded-short",
    /// The row is not written.
    RowForgotten = "row-forgotten",
    /// An audit record is not written.
    AuditForgotten = "audit-forgotten",
    /// An audit record is written twice.
    AuditDoubled = "audit-doubled",
    /// The promise to a repeated request is not written.
    PromiseForgotten = "promise-forgotten",
    /// Commands are taken however many wait.
    QueueUnbounded = "queue-unbounded",
    /// Abandoned calls stay in the dispatcher.
    AbandonIgnored = "abandon-ignored",
    /// A signal is acknowledged and not kept.
    SignalForgotten = "signal-forgotten",
    /// An event that is sent again has another id.
    SignalRenamed = "signal-renamed",
    /// What was about to be published before a crash is never published.
    EmissionForgotten = "emission-forgotten",
    /// An event that is published again has another id.
    EmissionRenamed = "emission-renamed",
    /// A child is started without a look whether it has started already.
    ChildNotLookedFor = "child-not-looked-for",
    /// The end of a child is not told to its parent.
    ReportForgotten = "report-forgotten",
    /// A child's end is told to its parent as another than it was.
    ReportForged = "report-forged",
    /// A parent that ends does not end its child.
    ChildEndForgotten = "child-end-forgotten",
    /// A child counts as undone without having been asked.
    ChildUndoForged = "child-undo-forged",
    /// Whoever waits under a limit has a place at once.
    LimitIgnored = "limit-ignored",
    /// Nobody looks for who waits under a limit after a crash.
    LimitForgotten = "limit-forgotten",
    /// After a crash all places of a limit count as free.
    RunnersForgotten = "runners-forgotten",
    /// An execution that ends keeps its place.
    PlaceKept = "place-kept",
}

impl Mutant {
    /// How many seeds it may take.
    pub const SEEDS_MAX: u64 = 50_000;
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Mutant {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|mutant| mutant.as_str() == text);
        found.copied().ok_or_else(|| format!("`{text}` is not a planted bug"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_different_and_round_trip() {
        for (at, mutant) in Mutant::ALL.iter().enumerate() {
            assert_eq!(mutant.as_str().parse(), Ok(*mutant));
            assert!(Mutant::ALL[..at].iter().all(|other| other.as_str() != mutant.as_str()));
        }
        assert!("nothing".parse::<Mutant>().is_err());
    }
}
