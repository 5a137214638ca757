//! A list that only grows at its end, shared by all clones: an execution is copied for every turn, and its undo log
//! may be long.
//!
//! Deliberately absent: access by position, and changing an item.

use std::fmt;
use std::sync::Arc;

/// Last in, first out.
pub(super) struct Log<T>(Option<Arc<Link<T>>>);

struct Link<T> {
    item: T,
    rest: Log<T>,
}

impl<T> Log<T> {
    pub(super) const fn new() -> Self {
        Self(None)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(super) fn push(&mut self, item: T) {
        let rest = Self(self.0.take());
        self.0 = Some(Arc::new(Link { item, rest }));
    }

    /// The last item and what lies below it.
    pub(super) fn split(&self) -> Option<(&T, &Self)> {
        self.0.as_deref().map(|link| (&link.item, &link.rest))
    }

    /// From the last to the first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        std::iter::successors(self.0.as_deref(), |link| link.rest.0.as_deref()).map(|link| &link.item)
    }

    /// From the first to the last.
    pub(super) fn in_order(&self) -> Vec<T>
    where
        T: Clone,
    {
        let mut items: Vec<T> = self.iter().cloned().collect();
        items.reverse();
        items
    }
}

impl<T> FromIterator<T> for Log<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut log = Self::new();
        for item in items {
            log.push(item);
        }
        log
    }
}

impl<T> Clone for Log<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Written out, because the derived one would recurse once for every item.
impl<T> Drop for Log<T> {
    fn drop(&mut self) {
        let mut next = self.0.take();
        while let Some(mut link) = next.and_then(Arc::into_inner) {
            next = link.rest.0.take();
        }
    }
}

impl<T: PartialEq> PartialEq for Log<T> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<T: fmt::Debug> fmt::Debug for Log<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_grow_apart() {
        let mut one: Log<u32> = [1, 2].into_iter().collect();
        let two = one.clone();
        one.push(3);
        assert_eq!((one.in_order(), two.in_order()), (vec![1, 2, 3], vec![1, 2]));
        assert_ne!(one, two);
    }

    #[test]
    fn a_long_log_is_compared_and_dropped_without_recursion() {
        let one: Log<u32> = (0..1_000_000).collect();
        let two: Log<u32> = (0..1_000_000).collect();
        assert_eq!(one, two);
    }
}
