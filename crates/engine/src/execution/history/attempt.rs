//! Attempts, and what is known of those that have no answer.

use super::super::effect::FrameId;
use super::super::place::Place;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tenure_dsl::json::Json;
use tenure_types::{Epoch, Timestamp};

/// An idempotency key: 128 bits, hexadecimal where it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key(pub [u8; 16]);

impl Key {
    /// Hexadecimal, as it is sent.
    pub fn text(&self) -> Arc<str> {
        use std::fmt::Write;
        let mut text = String::with_capacity(32);
        for byte in self.0 {
            write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        }
        text.into()
    }
}

/// The intent to send one attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptStarted {
    /// The task's activation.
    pub frame: FrameId,
    /// The task.
    pub place: Place,
    /// The attempt.
    pub attempt: u32,
    /// The right under which it is sent.
    pub epoch: Epoch,
    /// The request's first byte leaves before this instant or not at all.
    pub send_by: Timestamp,
    /// The end of the step's time.
    pub deadline: Timestamp,
}

/// Why an attempt has no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// What is known about it.
    pub class: CauseClass,
    /// A stable word.
    pub word: Arc<str>,
    /// For people.
    pub detail: Arc<str>,
}

/// What is known about an attempt that has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CauseClass {
    /// No byte of it left.
    NotSent,
    /// The receiver did not process it.
    Refused,
    /// It may or may not have been executed.
    Unknown,
    /// Its owner was lost after the intent.
    Lost,
}

/// What a probe has found out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// The step was executed.
    Executed {
        /// Its raw output.
        output: Json,
    },
    /// The step was not executed.
    NotExecuted,
    /// Neither is known.
    Unknown {
        /// For people.
        detail: Arc<str>,
    },
}
