//! Limits of definitions (`metadata.limits`): who has a place, who waits for one.
//!
//! One shard looks after each limit, whatever shards its executions are on; what it is told is durable. It knows a limit as
//! long as somebody waits or is being told, and asks the store about one that it does not know. Whoever waits longest goes
//! first: a later start never overtakes. Deliberately absent: the executions themselves, which begin or fault when they are
//! told.

use super::limits::LIMITS_MAX;
use super::message::{LimitChange, LimitKey, Limited, Waiting};
use super::{Output, Shard};
use std::collections::{BTreeMap, BTreeSet};
use tenure_types::ExecutionId;

/// The limits that a shard looks after, as far as it knows them.
#[derive(Debug, Default)]
pub(super) struct Limiter {
    known: BTreeMap<LimitKey, Known>,
    /// Those of them that can be forgotten: the store knows all there is to know.
    idle: BTreeSet<LimitKey>,
}

#[derive(Debug, Default)]
struct Known {
    /// The store was asked; until it answers nobody gets a place.
    asked: bool,
    /// Those that have a place.
    running: BTreeSet<ExecutionId>,
    /// Those of them of which the store does not know it yet.
    told: BTreeSet<ExecutionId>,
    waiting: BTreeSet<Waiting>,
    /// Somebody may be among those that wait who would rather fault.
    impatient: bool,
    /// Those that ended while the store was asked: its answer may be older.
    ended: BTreeSet<ExecutionId>,
}

impl Known {
    fn waits(&mut self, waiting: Waiting) {
        // It has a place already when the store's answer was newer than this word.
        if !self.running.contains(&waiting.id) {
            self.impatient |= waiting.faults;
            self.waiting.insert(waiting);
        }
    }

    fn ends(&mut self, waiting: &Waiting) {
        self.running.remove(&waiting.id);
        self.told.remove(&waiting.id);
        self.waiting.remove(waiting);
        if self.asked {
            self.ended.insert(waiting.id);
        }
    }

    fn found(&mut self, running: Vec<ExecutionId>, waiting: Vec<Waiting>) {
        let ended = std::mem::take(&mut self.ended);
        self.asked = false;
        self.running.extend(running.into_iter().filter(|id| !ended.contains(id)));
        // What was told since the store was asked may be older than its answer, or newer.
        let running = &self.running;
        self.waiting.retain(|waiting| !running.contains(&waiting.id));
        waiting
            .into_iter()
            .filter(|waiting| !ended.contains(&waiting.id))
            .for_each(|found| self.waits(found));
    }

    /// Whoever has a place now, and whoever will have none.
    fn grant(&mut self) -> Vec<(ExecutionId, bool)> {
        let mut told = vec![];
        if self.asked {
            return told;
        }
        while let Some(first) = self.waiting.first().copied()
            && self.running.len() < first.max as usize
        {
            self.waiting.pop_first();
            self.running.insert(first.id);
            self.told.insert(first.id);
            told.push((first.id, true));
        }
        if std::mem::take(&mut self.impatient) {
            let turned_away = self.waiting.extract_if(.., |waiting| waiting.faults);
            told.extend(turned_away.map(|waiting| (waiting.id, false)));
        }
        told
    }

    /// Whether the store knows all that is known here.
    fn idle(&self) -> bool {
        !self.asked && self.waiting.is_empty() && self.told.is_empty()
    }
}

impl Shard {
    pub(super) fn limited(&mut self, limited: &Limited) {
        let Limited { limit, waiting, change } = limited;
        match change {
            LimitChange::Waits => self.known(limit).waits(*waiting),
            LimitChange::Begins => {
                if let Some(known) = self.limiter.known.get_mut(limit) {
                    known.told.remove(&waiting.id);
                }
            }
            LimitChange::Ends => {
                if let Some(known) = self.limiter.known.get_mut(limit) {
                    known.ends(waiting);
                }
            }
        }
        self.grant(limit);
    }

    /// Looks after a limit that somebody may wait under.
    pub(super) fn attend_limit(&mut self, limit: &LimitKey) {
        self.known(limit);
        self.grant(limit);
    }

    pub(super) fn limit_found(&mut self, limit: &LimitKey, running: Vec<ExecutionId>, waiting: Vec<Waiting>) {
        let known =
            self.limiter.known.get_mut(limit).expect("what the store was asked about is not forgotten");
        known.found(running, waiting);
        self.grant(limit);
    }

    /// What is known of a limit. The store is asked about one that is not known.
    fn known(&mut self, limit: &LimitKey) -> &mut Known {
        if !self.limiter.known.contains_key(limit) {
            if self.limiter.known.len() >= LIMITS_MAX
                && let Some(idle) = self.limiter.idle.pop_first()
            {
                self.limiter.known.remove(&idle);
            }
            self.limiter.known.insert(limit.clone(), Known { asked: true, ..Known::default() });
            self.outputs.push_back(Output::FindLimit { limit: limit.clone() });
        }
        self.limiter.known.get_mut(limit).expect("it was just made known")
    }

    /// Tells whoever has a place now. Does nothing about a limit that is not known: the store will say who is there.
    fn grant(&mut self, limit: &LimitKey) {
        let Some(known) = self.limiter.known.get_mut(limit) else { return };
        let told = known.grant();
        match (known.idle(), known.running.is_empty()) {
            (true, true) => {
                self.limiter.known.remove(limit);
                self.limiter.idle.remove(limit);
            }
            (true, false) => {
                self.limiter.idle.insert(limit.clone());
            }
            (false, _) => {
                self.limiter.idle.remove(limit);
            }
        }
        self.outputs.extend(told.into_iter().map(|(id, granted)| Output::Admit { id, granted }));
    }

    /// Limits that it knows.
    #[cfg(test)]
    pub(super) fn limits(&self) -> usize {
        self.limiter.known.len()
    }
}
