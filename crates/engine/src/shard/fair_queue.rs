//! A queue that is fair between tenants: deficit round robin with a weight of one item each.
//!
//! Whoever has queued most waits for its own items, not for everybody's. Deliberately absent: quotas and priorities.

use std::collections::{BTreeMap, VecDeque};
use tenure_types::TenantId;

/// First in, first out for each tenant; one item in turn from each tenant that has any.
#[derive(Debug)]
pub struct FairQueue<T> {
    lanes: BTreeMap<TenantId, VecDeque<T>>,
    /// Tenants that have items, in the order in which they are served next.
    turn: VecDeque<TenantId>,
    len: usize,
}

impl<T> Default for FairQueue<T> {
    fn default() -> Self {
        Self { lanes: BTreeMap::new(), turn: VecDeque::new(), len: 0 }
    }
}

impl<T> FairQueue<T> {
    /// Adds an item at the end of its tenant's lane.
    pub fn push(&mut self, tenant: &TenantId, item: T) {
        self.len += 1;
        if let Some(lane) = self.lanes.get_mut(tenant) {
            lane.push_back(item);
            return;
        }
        self.lanes.insert(tenant.clone(), VecDeque::from([item]));
        self.turn.push_back(tenant.clone());
    }

    /// Takes the next item: of the tenant whose turn it is, the oldest.
    pub fn pop(&mut self) -> Option<T> {
        self.pop_where(|_| true)
    }

    /// Takes the next item of a tenant that may be served now; the others keep their places.
    pub fn pop_where(&mut self, may: impl Fn(&TenantId) -> bool) -> Option<T> {
        let at = self.turn.iter().position(may)?;
        let tenant = self.turn.remove(at).expect("the position was just found");
        let lane = self.lanes.get_mut(&tenant).expect("a tenant in turn has a lane");
        let item = lane.pop_front().expect("lanes are never empty");
        if lane.is_empty() {
            self.lanes.remove(&tenant);
        } else {
            self.turn.push_back(tenant);
        }
        self.len -= 1;
        Some(item)
    }

    /// Removes the first item of a tenant that fits; `None` when there is none.
    pub fn remove(&mut self, tenant: &TenantId, fits: impl Fn(&T) -> bool) -> Option<T> {
        let lane = self.lanes.get_mut(tenant)?;
        let at = lane.iter().position(fits)?;
        let item = lane.remove(at);
        if lane.is_empty() {
            self.lanes.remove(tenant);
            self.turn.retain(|other| other != tenant);
        }
        self.len -= 1;
        item
    }

    /// Items of one tenant.
    pub fn len_of(&self, tenant: &TenantId) -> usize {
        self.lanes.get(tenant).map_or(0, VecDeque::len)
    }

    /// Items of all tenants.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(name: &str) -> TenantId {
        TenantId::new(name).unwrap()
    }

    fn filled() -> FairQueue<u32> {
        let mut queue = FairQueue::default();
        for n in 0..100 {
            queue.push(&tenant("loud"), n);
        }
        queue.push(&tenant("quiet"), 100);
        queue.push(&tenant("quiet"), 101);
        queue
    }

    #[test]
    fn a_flood_waits_behind_itself() {
        let mut queue = filled();
        let order: Vec<u32> = std::iter::from_fn(|| queue.pop()).take(5).collect();
        assert_eq!(order, [0, 100, 1, 101, 2]);
        assert_eq!(queue.len(), 97);
    }

    #[test]
    fn a_tenant_that_may_not_be_served_keeps_its_items() {
        let mut queue = filled();
        let quiet = tenant("quiet");
        assert_eq!(queue.pop_where(|t| *t == quiet), Some(100));
        assert_eq!(queue.pop_where(|t| *t == quiet), Some(101));
        assert_eq!(queue.pop_where(|t| *t == quiet), None);
        assert_eq!(queue.len(), 100);
    }

    #[test]
    fn an_item_is_removed_from_the_middle() {
        let mut queue = filled();
        assert_eq!(queue.remove(&tenant("loud"), |n| *n == 50), Some(50));
        assert_eq!(queue.remove(&tenant("loud"), |n| *n == 50), None);
        assert_eq!(queue.remove(&tenant("other"), |_| true), None);
        assert_eq!((queue.len(), queue.len_of(&tenant("loud"))), (101, 99));
    }

    #[test]
    fn emptied_lanes_leave_no_trace() {
        let mut queue = filled();
        while queue.pop().is_some() {}
        assert!(queue.is_empty() && queue.lanes.is_empty() && queue.turn.is_empty());
    }
}
