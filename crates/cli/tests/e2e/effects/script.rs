//! What the receiver does, by the script that the request's path names and by how often the step has called.

use super::log::Mode;
use serde::{Deserialize, Serialize};

/// What was done with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Decision {
    /// Executed, answered.
    Ok,
    /// Executed, answered late.
    Slow,
    /// Executed, and the answer is lost.
    Drop,
    /// Not executed, and the connection is cut.
    Reset,
    /// Not executed: 503.
    Busy,
    /// Not executed: 409, every time.
    Refuse,
    /// Executed, answered twice.
    Twice,
    /// The key is known: answered as before, not executed.
    Known,
}

impl Decision {
    /// Whether the world has changed.
    pub(crate) fn executes(self) -> bool {
        match self {
            Self::Ok | Self::Slow | Self::Drop | Self::Twice => true,
            Self::Reset | Self::Busy | Self::Refuse | Self::Known => false,
        }
    }
}

/// Decides. `earlier` are the calls of the same step so far, `executed` whether one of them was.
pub(crate) fn decide(script: &str, mode: Mode, earlier: usize, executed: bool) -> Decision {
    if executed && mode == Mode::ExactlyOnceWithKey {
        return Decision::Known;
    }
    let first = earlier == 0;
    match script {
        "slow" => Decision::Slow,
        "drop" if first => Decision::Drop,
        "reset" if first => Decision::Reset,
        "busy" if first => Decision::Busy,
        "twice" => Decision::Twice,
        "refuse" => Decision::Refuse,
        _ => Decision::Ok,
    }
}

#[test]
fn a_known_key_is_not_executed_again_and_an_unkeyed_call_is() {
    assert_eq!(decide("drop", Mode::ExactlyOnceWithKey, 1, true), Decision::Known);
    assert_eq!(decide("drop", Mode::AtLeastOnce, 1, true), Decision::Ok);
    assert_eq!(decide("busy", Mode::AtMostOnce, 0, false), Decision::Busy);
    assert_eq!(decide("busy", Mode::AtMostOnce, 1, false), Decision::Ok);
    assert_eq!(decide("refuse", Mode::AtMostOnce, 5, false), Decision::Refuse);
}
