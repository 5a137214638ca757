//! Who is next: a queue per key (a tenant), slots that are limited as a whole and per key, deficit round robin between
//! the keys. Pure: it knows neither calls nor time.
//!
//! A key whose queue is empty or whose slots are all taken leaves the round and costs nothing until that changes.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// What one key may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// How many units of cost a key may start in each round, at least 1.
    pub weight: u32,
    /// Slots it may hold at once, at least 1.
    pub slots_max: usize,
    /// Items that may wait.
    pub queue_max: usize,
}

/// Items in waiting, and the slots that are taken.
#[derive(Debug)]
pub struct FairQueue<K, T> {
    lanes: HashMap<K, Lane<T>>,
    /// The keys that could start something if a slot were free, in their order.
    round: VecDeque<K>,
    shares: HashMap<K, Share>,
    share_default: Share,
    slots_max: usize,
    queue_max: usize,
    running: usize,
    waiting: usize,
}

#[derive(Debug)]
struct Lane<T> {
    items: VecDeque<Item<T>>,
    running: usize,
    share: Share,
    deficit: u32,
    in_round: bool,
}

#[derive(Debug)]
struct Item<T> {
    cost: u32,
    value: T,
}

impl<T> Lane<T> {
    fn ready(&self) -> bool {
        !self.items.is_empty() && self.running < self.share.slots_max
    }
}

impl<K: Clone + Eq + Hash, T> FairQueue<K, T> {
    /// A queue of `slots_max` slots and at most `queue_max` items in all.
    pub fn new(slots_max: usize, queue_max: usize, share_default: Share) -> Self {
        assert!(slots_max > 0, "a queue without slots never starts anything");
        assert!(share_default.weight > 0 && share_default.slots_max > 0, "a share lets its key progress");
        Self {
            lanes: HashMap::new(),
            round: VecDeque::new(),
            shares: HashMap::new(),
            share_default,
            slots_max,
            queue_max,
            running: 0,
            waiting: 0,
        }
    }

    /// Gives `key` a share of its own. What it holds already stays.
    pub fn set_share(&mut self, key: &K, share: Share) {
        assert!(share.weight > 0 && share.slots_max > 0, "a share lets its key progress");
        self.shares.insert(key.clone(), share);
        if let Some(lane) = self.lanes.get_mut(key) {
            lane.share = share;
        }
        self.enter_round(key);
    }

    /// Appends an item of `cost` to the key's queue; gives it back when that, or the whole, is full.
    pub fn push(&mut self, key: &K, cost: u32, value: T) -> Result<(), T> {
        let share = self.shares.get(key).copied().unwrap_or(self.share_default);
        let waiting = self.lanes.get(key).map_or(0, |lane| lane.items.len());
        if waiting >= share.queue_max || self.waiting >= self.queue_max {
            return Err(value);
        }
        let lane = self.lanes.entry(key.clone()).or_insert_with(|| Lane {
            items: VecDeque::new(),
            running: 0,
            share,
            deficit: 0,
            in_round: false,
        });
        lane.items.push_back(Item { cost, value });
        self.waiting += 1;
        self.enter_round(key);
        Ok(())
    }

    /// Takes the next item and a slot for it, if both exist. The slot is given back by [`FairQueue::release`].
    pub fn start(&mut self) -> Option<(K, T)> {
        if self.running >= self.slots_max {
            return None;
        }
        loop {
            let key = self.round.pop_front()?;
            let lane = self.lanes.get_mut(&key).expect("a key in the round has a lane");
            lane.in_round = false;
            if !lane.ready() {
                self.forget_if_unused(&key);
                continue;
            }
            let cost = lane.items.front().expect("a ready lane has an item").cost;
            if lane.deficit < cost {
                lane.deficit += lane.share.weight;
            }
            if lane.deficit < cost {
                self.enter_round(&key);
                continue;
            }
            return Some((key.clone(), self.take(&key, cost)));
        }
    }

    fn take(&mut self, key: &K, cost: u32) -> T {
        let lane = self.lanes.get_mut(key).expect("the caller has seen the lane");
        let item = lane.items.pop_front().expect("the caller has seen the item");
        lane.deficit -= cost;
        lane.running += 1;
        self.running += 1;
        self.waiting -= 1;
        let next_cost = lane.items.front().map(|item| item.cost);
        match next_cost {
            None => lane.deficit = 0,
            Some(next) if lane.ready() && lane.deficit >= next => {
                lane.in_round = true;
                self.round.push_front(key.clone());
            }
            Some(_) => self.enter_round(key),
        }
        item.value
    }

    /// Gives a slot of `key` back.
    pub fn release(&mut self, key: &K) {
        let lane = self.lanes.get_mut(key).expect("a key that holds a slot has a lane");
        assert!(lane.running > 0 && self.running > 0, "a slot is given back once");
        lane.running -= 1;
        self.running -= 1;
        self.enter_round(key);
        self.forget_if_unused(key);
    }

    /// Takes the first waiting item of `key` that matches out of the queue.
    pub fn remove(&mut self, key: &K, mut matches: impl FnMut(&T) -> bool) -> Option<T> {
        let lane = self.lanes.get_mut(key)?;
        let at = lane.items.iter().position(|item| matches(&item.value))?;
        let item = lane.items.remove(at)?;
        self.waiting -= 1;
        Some(item.value)
    }

    /// Takes every waiting item that matches out of the queue.
    pub fn remove_all(&mut self, mut matches: impl FnMut(&T) -> bool) -> Vec<T> {
        let mut removed = vec![];
        for lane in self.lanes.values_mut() {
            if !lane.items.iter().any(|item| matches(&item.value)) {
                continue;
            }
            for item in std::mem::take(&mut lane.items) {
                if matches(&item.value) {
                    removed.push(item.value);
                } else {
                    lane.items.push_back(item);
                }
            }
        }
        self.waiting -= removed.len();
        removed
    }

    /// Slots that are taken.
    pub fn running(&self) -> usize {
        self.running
    }

    /// Items that wait.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    fn enter_round(&mut self, key: &K) {
        if let Some(lane) = self.lanes.get_mut(key).filter(|lane| !lane.in_round && lane.ready()) {
            lane.in_round = true;
            self.round.push_back(key.clone());
        }
    }

    /// A lane without items or slots is nothing but memory; one that is still in the round is dropped at its turn.
    fn forget_if_unused(&mut self, key: &K) {
        if self.lanes.get(key).is_some_and(|l| l.items.is_empty() && l.running == 0 && !l.in_round) {
            self.lanes.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARE: Share = Share { weight: 1, slots_max: 100, queue_max: 1_000 };

    fn queue(slots_max: usize, share: Share) -> FairQueue<char, u32> {
        FairQueue::new(slots_max, 10_000, share)
    }

    fn fill(queue: &mut FairQueue<char, u32>, key: char, count: u32, cost: u32) {
        (0..count).for_each(|n| queue.push(&key, cost, n).expect("the queue has room"));
    }

    /// Starts one item after the other, each ending before the next starts.
    fn order(queue: &mut FairQueue<char, u32>, count: usize) -> String {
        let one = |_| {
            let (key, _) = queue.start().expect("something waits");
            queue.release(&key);
            key
        };
        (0..count).map(one).collect()
    }

    #[test]
    fn one_key_is_first_in_first_out() {
        let mut queue = queue(10, SHARE);
        fill(&mut queue, 'a', 3, 1);
        let started: Vec<u32> = std::iter::from_fn(|| queue.start()).map(|(_, n)| n).collect();
        assert_eq!(started, [0, 1, 2]);
        assert_eq!((queue.running(), queue.waiting()), (3, 0));
    }

    #[test]
    fn a_flood_of_one_key_delays_another_by_one_item() {
        let mut queue = queue(1, SHARE);
        fill(&mut queue, 'a', 100, 1);
        fill(&mut queue, 'b', 2, 1);
        assert_eq!(order(&mut queue, 6), "ababaa");
    }

    #[test]
    fn weights_divide_the_slots() {
        let mut queue = queue(1, SHARE);
        queue.set_share(&'b', Share { weight: 3, ..SHARE });
        fill(&mut queue, 'a', 10, 1);
        fill(&mut queue, 'b', 10, 1);
        assert_eq!(order(&mut queue, 8), "abbbabbb");
    }

    #[test]
    fn a_costly_item_waits_for_its_rounds() {
        let mut queue = queue(1, SHARE);
        fill(&mut queue, 'a', 2, 3);
        fill(&mut queue, 'b', 6, 1);
        assert_eq!(order(&mut queue, 8), "bbabbbab");
    }

    #[test]
    fn no_more_than_all_slots_are_taken() {
        let mut queue = queue(2, SHARE);
        fill(&mut queue, 'a', 3, 1);
        assert!(queue.start().is_some() && queue.start().is_some());
        assert!(queue.start().is_none());
        queue.release(&'a');
        assert_eq!(queue.start(), Some(('a', 2)));
    }

    #[test]
    fn a_key_at_its_own_limit_blocks_nobody_else() {
        let mut queue = queue(10, Share { slots_max: 1, ..SHARE });
        fill(&mut queue, 'a', 5, 1);
        fill(&mut queue, 'b', 5, 1);
        assert_eq!(queue.start(), Some(('a', 0)));
        assert_eq!(queue.start(), Some(('b', 0)));
        assert_eq!(queue.start(), None);
        queue.release(&'b');
        assert_eq!(queue.start(), Some(('b', 1)));
        assert_eq!(queue.start(), None);
        queue.release(&'a');
        assert_eq!(queue.start(), Some(('a', 1)));
    }

    #[test]
    fn a_larger_share_starts_what_waits() {
        let mut queue = queue(10, Share { slots_max: 1, ..SHARE });
        fill(&mut queue, 'a', 2, 1);
        assert!(queue.start().is_some());
        assert!(queue.start().is_none());
        queue.set_share(&'a', Share { slots_max: 2, ..SHARE });
        assert!(queue.start().is_some());
    }

    #[test]
    fn a_full_queue_gives_the_item_back() {
        let mut queue = FairQueue::new(1, 3, Share { queue_max: 2, ..SHARE });
        assert_eq!(
            (queue.push(&'a', 1, 1), queue.push(&'a', 1, 2), queue.push(&'a', 1, 3)),
            (Ok(()), Ok(()), Err(3))
        );
        assert_eq!((queue.push(&'b', 1, 4), queue.push(&'c', 1, 5)), (Ok(()), Err(5)));
    }

    #[test]
    fn a_removed_item_is_not_started() {
        let mut queue = queue(10, SHARE);
        fill(&mut queue, 'a', 3, 1);
        assert_eq!(queue.remove(&'a', |n| *n == 1), Some(1));
        assert_eq!(queue.remove(&'a', |n| *n == 1), None);
        assert_eq!(queue.remove(&'z', |_| true), None);
        let started: Vec<u32> = std::iter::from_fn(|| queue.start()).map(|(_, n)| n).collect();
        assert_eq!(started, [0, 2]);
    }

    #[test]
    fn remove_all_takes_from_every_key() {
        let mut queue = queue(10, SHARE);
        fill(&mut queue, 'a', 3, 1);
        fill(&mut queue, 'b', 3, 1);
        let mut removed = queue.remove_all(|n| *n == 1);
        removed.sort_unstable();
        assert_eq!((removed, queue.waiting()), (vec![1, 1], 4));
        assert_eq!(order(&mut queue, 4), "abab");
        assert_eq!(queue.start(), None);
    }

    #[test]
    fn keys_without_work_are_forgotten() {
        let mut queue = queue(10, SHARE);
        for key in 'a'..='z' {
            fill(&mut queue, key, 1, 1);
        }
        order(&mut queue, 26);
        fill(&mut queue, 'a', 1, 1);
        queue.remove_all(|_| true);
        assert_eq!(queue.start(), None);
        assert!(queue.lanes.is_empty() && queue.round.is_empty());
    }

    /// Whatever the order of calls: limits hold, nothing is lost, nothing is started twice, nobody starves.
    #[test]
    fn random_walks_keep_the_books() {
        let mut random = 0x9E37_79B9_7F4A_7C15_u64;
        let mut draw = |below: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % below
        };
        let mut queue = queue(5, Share { weight: 2, slots_max: 2, queue_max: 20 });
        let (mut held, mut pushed, mut gone) = (vec![], 0_usize, 0_usize);
        for n in 0..20_000 {
            let key = char::from(b'a' + u8::try_from(draw(8)).unwrap());
            match draw(4) {
                0 | 1 => {
                    pushed += usize::from(queue.push(&key, 1 + u32::try_from(draw(4)).unwrap(), n).is_ok());
                }
                2 => held.extend(queue.start().map(|(key, _)| key)),
                _ if !held.is_empty() => {
                    let at = usize::try_from(draw(held.len() as u64)).unwrap();
                    queue.release(&held.swap_remove(at));
                    gone += 1;
                }
                _ => gone += usize::from(queue.remove(&key, |_| true).is_some()),
            }
            assert_eq!(queue.running(), held.len());
            assert!(held.len() <= 5);
            assert!(('a'..='h').all(|k| held.iter().filter(|h| **h == k).count() <= 2));
            assert_eq!(pushed, gone + held.len() + queue.waiting());
        }
        for key in &held {
            queue.release(key);
        }
        let left = queue.waiting();
        order(&mut queue, left);
        assert_eq!((queue.waiting(), queue.start()), (0, None));
    }
}
