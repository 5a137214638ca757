//! The outside service: does what it is asked, keeps a log of its own, answers by script.

use crate::faults::Faults;
use crate::generate::{Mode, STATUSES};
use crate::rng::Rng;
use std::collections::BTreeMap;

/// What the receiver does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reaction {
    /// It did what was asked.
    Executed(Reply),
    /// It knew the key and answers as it did before.
    Repeated(Reply),
    /// It did nothing and says so.
    Declined(Reply),
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    /// The HTTP status.
    pub(super) status: u16,
    /// A number that no other execution of an effect has.
    pub(super) receipt: u64,
}

/// The receiver's memory.
#[derive(Debug, Default)]
pub(super) struct Receiver {
    /// What was answered to each key for which it promised to deduplicate.
    known: BTreeMap<String, Reply>,
    receipts: u64,
}

impl Receiver {
    /// Reacts to a request. A receiver deduplicates where the definition says that it does.
    pub(super) fn react(
        &mut self,
        mode: Mode,
        key: &str,
        faults: &Faults,
        calm: bool,
        rng: &mut Rng,
    ) -> Reaction {
        if mode == Mode::WithKey
            && let Some(reply) = self.known.get(key)
        {
            return Reaction::Repeated(*reply);
        }
        let rate = if calm { faults.error_always } else { faults.error_always + faults.answer_error };
        if rng.per_mille(rate) {
            let status = rng.pick(&STATUSES);
            return Reaction::Declined(Reply {
                status: u16::try_from(status).expect("an HTTP status"),
                receipt: 0,
            });
        }
        self.receipts += 1;
        let reply = Reply { status: 200, receipt: self.receipts };
        if mode == Mode::WithKey {
            self.known.insert(key.to_owned(), reply);
        }
        Reaction::Executed(reply)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_key_is_answered_as_before_and_only_in_its_mode() {
        let mut rng = Rng::new(1);
        let faults = Faults { error_always: 0, answer_error: 0, ..Faults::draw(&mut rng) };
        let mut receiver = Receiver::default();
        let mut react = |mode| receiver.react(mode, "k", &faults, true, &mut rng);
        let first = Reply { status: 200, receipt: 1 };
        assert_eq!(react(Mode::WithKey), Reaction::Executed(first));
        assert_eq!(react(Mode::WithKey), Reaction::Repeated(first));
        assert_eq!(react(Mode::AtMostOnce), Reaction::Executed(Reply { status: 200, receipt: 2 }));
    }

    #[test]
    fn an_error_answer_executes_nothing() {
        let mut rng = Rng::new(1);
        let faults = Faults { error_always: 1_000, ..Faults::draw(&mut rng) };
        let reaction = Receiver::default().react(Mode::WithKey, "k", &faults, true, &mut rng);
        assert!(matches!(reaction, Reaction::Declined(Reply { status: 400.., receipt: 0 })));
    }
}
