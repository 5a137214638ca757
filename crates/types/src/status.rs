//! The status of an execution, as the specification's lifecycle names it, and of its compensation.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

macro_rules! named {
    ($(#[$doc:meta])* $type:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub enum $type { $($(#[$vdoc])* $variant),+ }

        impl $type {
            /// Every value, in order.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word that the API, the CLI and the UI show.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $type {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(format!("`{text}` is none of {}", [$($text),+].join(", "))),
                }
            }
        }
    };
}

named! {
    /// Where an execution is in its life.
    Status {
        /// Accepted, its start time not reached.
        Pending = "pending",
        /// Something is under way.
        Running = "running",
        /// Nothing is under way until a time or an event.
        Waiting = "waiting",
        /// Held until an operator acts.
        Suspended = "suspended",
        /// Ended by a cancel.
        Cancelled = "cancelled",
        /// Ended by an error that nothing caught.
        Faulted = "faulted",
        /// Ended well.
        Completed = "completed",
        /// Ended at once by an operator, nothing cleaned up.
        Terminated = "terminated",
    }
}

impl Status {
    /// Whether nothing can happen to the execution any more.
    pub fn ended(self) -> bool {
        match self {
            Self::Cancelled | Self::Faulted | Self::Completed | Self::Terminated => true,
            Self::Pending | Self::Running | Self::Waiting | Self::Suspended => false,
        }
    }
}

named! {
    /// How far an execution has undone itself.
    CompensationStatus {
        /// Nothing was to be undone.
        None = "none",
        /// To be undone once what is under way has ended.
        Pending = "pending",
        /// Undoing.
        Running = "running",
        /// All undone.
        Completed = "completed",
        /// At least one undo failed or was skipped.
        Failed = "failed",
    }
}
