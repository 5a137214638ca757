//! Invariant 20: once nothing goes wrong any more, everything ends, and no attempt of a former owner stays unsettled.

use super::{Book, End, Moment, Oracle, Seen, Verdict, ensure};
use std::collections::BTreeMap;
use tenure_types::{Epoch, ShardId};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Liveness {
    owned: BTreeMap<ShardId, Epoch>,
}

impl Liveness {
    fn nothing_forgotten(&self, book: &Book, shards: u16) -> Verdict {
        for (id, record) in book.iter().filter(|(_, record)| !record.at_rest()) {
            let current = self.owned.get(&id.shard(shards));
            let lost = record.frames.iter().find(|frame| !frame.settled && Some(&frame.epoch) != current);
            ensure(lost.is_none(), || {
                format!("{id}: an attempt of a former owner is not settled: {lost:?}")
            })?;
        }
        Ok(())
    }
}

impl Oracle for Liveness {
    fn name(&self) -> &'static str {
        "20 everything ends"
    }

    fn seen(&mut self, book: &Book, seen: &Seen<'_>, _: Moment) -> Verdict {
        match seen {
            Seen::Owned { shard, epoch } => {
                self.owned.insert(*shard, *epoch);
                Ok(())
            }
            Seen::Recovered { shards } => self.nothing_forgotten(book, *shards),
            _ => Ok(()),
        }
    }

    fn finish(&mut self, book: &Book, end: &End) -> Verdict {
        let open = book.iter().find(|(_, record)| !record.at_rest());
        match open {
            Some((id, record)) => {
                let under_way: Vec<String> = record
                    .frames
                    .iter()
                    .filter(|frame| frame.ended.is_none())
                    .map(|frame| format!("{} {:?}", frame.place, frame.kind))
                    .collect();
                let owed = if record.untold { "; its parent was not told" } else { "" };
                Err(format!("{id} has not ended: {}{owed}", under_way.join(", ")))
            }
            None => {
                ensure(!end.exhausted, || "everything has ended and the world does not come to rest".into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::super::{End, Seen};
    use tenure_engine::execution::Fact;
    use tenure_types::{Epoch, ShardId};

    #[test]
    fn an_execution_that_does_not_end_is_seen() {
        let mut world = world_under("20 everything ends", &["at_least_once"]);
        world.finish(&End::default());
        assert_eq!(world.verdict(), Some("20 everything ends"));
    }

    #[test]
    fn a_lost_attempt_that_nobody_settles_is_seen() {
        for (epoch, verdict) in [(1, None), (2, Some("20 everything ends"))] {
            let mut world = world(&["at_least_once"]);
            world.seen(&Seen::Owned { shard: ShardId(0), epoch: Epoch(epoch) });
            world.intent(1, 1);
            world.seen(&Seen::Recovered { shards: 1 });
            assert_eq!(world.verdict(), verdict);
        }
    }

    #[test]
    fn a_world_that_does_not_come_to_rest_is_seen() {
        let mut world = world_under("20 everything ends", &[]);
        world.fact(Fact::Cancelled);
        world.finish(&End { exhausted: true, ..End::default() });
        assert_eq!(world.verdict(), Some("20 everything ends"));
    }
}
