//! `metadata.limits` on a whole node: places survive crashes, and lanes that have lost their shards to another.

use super::{World, act, node};
use tenure_engine::execution::Input;
use tenure_engine::shard::OnConflict;
use tenure_runtime::{Error, Handle, Until};
use tenure_types::{ExecutionId, Status};

const ONE: &str = "
document: { dsl: '1.0.3', namespace: test, name: one, version: '1.0.0', metadata: { limits: { max: 1 } } }
do: [ { nap: { wait: { days: 1 } } } ]
";

impl World {
    /// Starts so many, the first of which has a place.
    async fn started(&self, count: usize) -> Vec<ExecutionId> {
        let mut ids = vec![];
        for _ in 0..count {
            ids.push(self.start(ONE, None, OnConflict::Fail).await.unwrap().id);
            self.begun(&self.handle(), ids[0]).await;
        }
        ids
    }

    /// Waits until an execution has a place, as a node sees it.
    async fn begun(&self, node: &Handle, id: ExecutionId) {
        loop {
            let mut next = node.watch(id, Until::Next);
            if self.execution(id).await.status() == Status::Waiting {
                return;
            }
            next.fired().await;
        }
    }

    /// Ends an execution through a node that may have to find out first that it has lost its shards.
    async fn end(&self, node: &Handle, id: ExecutionId) {
        loop {
            let input = Input::Terminate { reason: None, by: act().actor };
            match node.command(&self.acme, id, input, act()).await {
                Ok(summary) => return assert_eq!(summary.status, Status::Terminated),
                Err(Error::Unavailable(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// The one that has a place, of those that are open.
    async fn running(&self, ids: &[ExecutionId]) -> ExecutionId {
        let mut running = vec![];
        for id in ids {
            match self.execution(*id).await.status() {
                Status::Waiting => running.push(*id),
                Status::Pending | Status::Terminated => {}
                other => panic!("{id} is {other}"),
            }
        }
        assert_eq!(running.len(), 1, "{running:?}");
        running[0]
    }
}

/// Waits until one of them has a place, and says which.
async fn next(world: &World, node: &Handle, open: &[ExecutionId]) -> ExecutionId {
    loop {
        let mut watches: Vec<_> = open.iter().map(|id| node.watch(*id, Until::Next)).collect();
        for id in open {
            if world.execution(*id).await.status() == Status::Waiting {
                return world.running(open).await;
            }
        }
        // One of them begins, whichever it is; the others are looked at again then.
        let fired: Vec<_> = watches.iter_mut().map(|watch| Box::pin(watch.fired())).collect();
        futures_util::future::select_all(fired).await;
    }
}

#[tokio::test]
async fn who_waits_for_a_place_has_its_turn_after_a_crash() {
    let mut world = World::new().await;
    let ids = world.started(3).await;
    world.crash().await;
    world.end(&world.handle(), ids[0]).await;
    let second = next(&world, &world.handle(), &ids[1..]).await;
    world.crash().await;
    assert_eq!(world.running(&ids).await, second);
    world.end(&world.handle(), second).await;
    let third = ids[1..].iter().copied().find(|id| *id != second).unwrap();
    world.begun(&world.handle(), third).await;
}

/// A lane whose shards are another's gives no place: what it decides is refused, and then it reads everything again.
#[tokio::test]
async fn lanes_that_lose_their_shards_to_each_other_give_each_place_once() {
    let world = World::new().await;
    let ids = world.started(3).await;
    let other = node(&world.store).await;
    world.end(&world.handle(), ids[0]).await;
    let second = next(&world, &world.handle(), &ids[1..]).await;
    world.end(&other.handle(), second).await;
    let third = ids[1..].iter().copied().find(|id| *id != second).unwrap();
    world.begun(&other.handle(), third).await;
    assert_eq!(world.running(&ids).await, third);
}
