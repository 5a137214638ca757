//! A map that is bounded by what its values weigh, and forgets what was not used for longest.
//!
//! Deliberately absent: locks, and any knowledge of what it holds.

use std::collections::BTreeMap;

/// See the module.
#[derive(Debug)]
pub(crate) struct Cache<K, V> {
    entries: BTreeMap<K, Entry<V>>,
    /// Which was used when, the longest ago first.
    order: BTreeMap<u64, K>,
    uses: u64,
    weight: usize,
    weight_max: usize,
}

#[derive(Debug)]
struct Entry<V> {
    used: u64,
    weight: usize,
    value: V,
}

impl<K: Ord + Clone, V: Clone> Cache<K, V> {
    pub(crate) fn new(weight_max: usize) -> Self {
        Self { entries: BTreeMap::new(), order: BTreeMap::new(), uses: 0, weight: 0, weight_max }
    }

    /// The value of a key, which counts as a use.
    pub(crate) fn get(&mut self, key: &K) -> Option<V> {
        let entry = self.entries.get_mut(key)?;
        let (key, value) =
            (self.order.remove(&entry.used).expect("what is kept has an order"), entry.value.clone());
        self.uses += 1;
        entry.used = self.uses;
        self.order.insert(self.uses, key);
        Some(value)
    }

    /// Keeps a value, and forgets others until there is room: all of them for one that is heavier than all may weigh, or
    /// it would have to be made again for each use.
    pub(crate) fn insert(&mut self, key: K, value: V, weight: usize) {
        self.remove(&key);
        while self.weight + weight > self.weight_max
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.forget(&oldest);
        }
        self.uses += 1;
        self.weight += weight;
        self.order.insert(self.uses, key.clone());
        self.entries.insert(key, Entry { used: self.uses, weight, value });
    }

    /// Forgets the keys from this one on, in their order, as long as they belong to what is forgotten.
    pub(crate) fn remove_from(&mut self, first: &K, belongs: impl Fn(&K) -> bool) {
        let keys = self.entries.range(first..).map(|(key, _)| key);
        let gone: Vec<K> = keys.take_while(|key| belongs(key)).cloned().collect();
        for key in &gone {
            self.remove(key);
        }
    }

    fn remove(&mut self, key: &K) {
        if let Some(entry) = self.entries.get(key) {
            self.order.remove(&entry.used);
            self.forget(key);
        }
    }

    fn forget(&mut self, key: &K) {
        if let Some(entry) = self.entries.remove(key) {
            self.weight -= entry.weight;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_longest_is_forgotten_first() {
        let mut cache = Cache::new(3);
        for n in 0..3 {
            cache.insert(n, n, 1);
        }
        assert_eq!(cache.get(&0), Some(0));
        cache.insert(3, 3, 1);
        assert_eq!((cache.get(&0), cache.get(&1), cache.get(&2)), (Some(0), None, Some(2)));
    }

    #[test]
    fn the_weights_are_bounded() {
        let mut cache = Cache::new(10);
        cache.insert("a", 1, 4);
        cache.insert("b", 2, 4);
        cache.insert("c", 3, 6);
        assert_eq!((cache.get(&"a"), cache.get(&"b"), cache.get(&"c")), (None, Some(2), Some(3)));
        cache.insert("c", 5, 1);
        assert_eq!((cache.get(&"c"), cache.weight, cache.order.len()), (Some(5), 5, 2));
        cache.insert("too heavy", 4, 11);
        assert_eq!((cache.get(&"too heavy"), cache.weight, cache.order.len()), (Some(4), 11, 1));
        cache.insert("d", 6, 1);
        assert_eq!((cache.get(&"too heavy"), cache.get(&"d"), cache.weight), (None, Some(6), 1));
    }

    #[test]
    fn neighbours_are_forgotten_together() {
        let mut cache = Cache::new(10);
        for key in [(1, 9), (2, 1), (2, 2), (3, 0)] {
            cache.insert(key, key, 1);
        }
        cache.remove_from(&(2, 0), |key| key.0 == 2);
        assert_eq!((cache.get(&(2, 1)), cache.get(&(2, 2))), (None, None));
        assert_eq!((cache.get(&(1, 9)), cache.get(&(3, 0)), cache.weight), (Some((1, 9)), Some((3, 0)), 2));
    }
}
