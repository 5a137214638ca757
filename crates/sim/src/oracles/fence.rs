//! Invariant 5: no transition commits under an epoch that is not the shard's, an epoch has one owner, and an owner that
//! nobody has fenced never conflicts with what is stored.

use super::{Book, Moment, Oracle, Seen, Verdict, ensure};
use std::collections::BTreeMap;
use tenure_types::{Epoch, ShardId};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Fence {
    owned: BTreeMap<ShardId, Epoch>,
}

impl Oracle for Fence {
    fn name(&self) -> &'static str {
        "5 one owner"
    }

    fn seen(&mut self, _: &Book, seen: &Seen<'_>, _: Moment) -> Verdict {
        match seen {
            Seen::Owned { shard, epoch } => {
                let before = self.owned.insert(*shard, *epoch);
                ensure(before.is_none_or(|before| before < *epoch), || {
                    format!("{shard:?} was acquired under {epoch:?} after {before:?}")
                })
            }
            Seen::Applied { shard, epoch, current } => ensure(epoch == current, || {
                format!("{shard:?}: a batch of {epoch:?} committed under {current:?}")
            }),
            Seen::Conflicted { error } => Err(format!("the owner's batch conflicts: {error}")),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn a_batch_of_a_former_owner_is_seen() {
        let mut world = world(&[]);
        let shard = ShardId(0);
        world.seen(&Seen::Owned { shard, epoch: Epoch(1) });
        world.seen(&Seen::Applied { shard, epoch: Epoch(1), current: Epoch(1) });
        world.seen(&Seen::Owned { shard, epoch: Epoch(2) });
        assert_eq!(world.verdict(), None);
        world.seen(&Seen::Applied { shard, epoch: Epoch(1), current: Epoch(2) });
        assert_eq!(world.verdict(), Some("5 one owner"));
    }

    #[test]
    fn an_epoch_that_is_given_twice_is_seen() {
        let mut world = world(&[]);
        for _ in 0..2 {
            world.seen(&Seen::Owned { shard: ShardId(0), epoch: Epoch(1) });
        }
        assert_eq!(world.verdict(), Some("5 one owner"));
    }

    #[test]
    fn an_owner_that_conflicts_with_what_it_wrote_is_seen() {
        let mut world = world(&[]);
        world.seen(&Seen::Conflicted { error: "the history" });
        assert_eq!(world.verdict(), Some("5 one owner"));
    }
}
