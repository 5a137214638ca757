//! Events that come in: which executions' tasks they go to, which are kept, which are repetitions.
//!
//! A published event is offered to every `listen` and gone when none wants it. A signal is addressed to the execution:
//! it is kept until a `listen` wants it, first in, first out, and goes to one of them. Deliberately absent: what a
//! `listen` does with an event.

use super::command;
use super::event::Event;
use super::history::{Fact, Taken};
use super::input::{Actor, Rejected};
use super::limits::{EVENTS_REMEMBERED_MAX, INBOX_BYTES_MAX, INBOX_EVENTS_MAX};
use super::state::Execution;
use super::step::Turn;
use super::subscription;
use super::task::listen;
use std::collections::VecDeque;
use std::sync::Arc;

/// A signal that nothing has wanted yet.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Signal {
    pub(super) event: Arc<Event>,
    /// The number of the fact that it came with.
    pub(super) seq: u64,
}

/// What an execution keeps about the events that came to it. Shared by its copies until one of them changes it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Inbox {
    /// In the order in which they came.
    pub(super) signals: Arc<VecDeque<Signal>>,
    /// The events that were taken last, so that repetitions are recognised; the oldest first.
    remembered: Arc<VecDeque<[u8; 16]>>,
}

impl Inbox {
    /// Keeps a signal.
    pub(super) fn keep(&mut self, event: &Arc<Event>, seq: u64) {
        Arc::make_mut(&mut self.signals).push_back(Signal { event: Arc::clone(event), seq });
        self.remember(event);
    }

    /// Takes a signal out.
    pub(super) fn take(&mut self, source: &str, id: &str) -> Signal {
        let named = |signal: &Signal| **signal.event.source() == *source && **signal.event.id() == *id;
        let at = self.signals.iter().position(named).expect("a fact names a signal that is kept");
        Arc::make_mut(&mut self.signals).remove(at).expect("found above")
    }

    /// Remembers an event; forgets the oldest one when there are too many.
    pub(super) fn remember(&mut self, event: &Event) {
        let fingerprint = event.fingerprint();
        if self.remembered.contains(&fingerprint) {
            return;
        }
        let remembered = Arc::make_mut(&mut self.remembered);
        if remembered.len() >= EVENTS_REMEMBERED_MAX {
            remembered.pop_front();
        }
        remembered.push_back(fingerprint);
    }

    /// Whether the event was taken before, as far as that is remembered. What is kept is never forgotten.
    fn knows(&self, event: &Event) -> bool {
        let same =
            |signal: &Signal| signal.event.source() == event.source() && signal.event.id() == event.id();
        self.remembered.contains(&event.fingerprint()) || self.signals.iter().any(same)
    }
}

/// Takes an event in. A repetition, and an event that nobody wants, leave no trace.
pub(super) fn receive(
    turn: &mut Turn<'_>,
    event: &Arc<Event>,
    addressed: bool,
    by: Actor,
) -> Result<(), Rejected> {
    command::alive(&turn.exec)?;
    if turn.exec.inbox.knows(event) {
        return Ok(());
    }
    if addressed {
        has_room(&turn.exec, event)?;
        signal(turn, event, by);
        return Ok(());
    }
    let wanting = || turn.exec.frames.values().filter(|frame| subscription::listening(frame).is_some());
    let wanting: Vec<_> = wanting().map(|frame| frame.id).collect();
    let wanting: Vec<_> =
        wanting.into_iter().filter(|id| listen::choose(turn, *id, event).is_some()).collect();
    if wanting.iter().any(|id| listen::is_busy(turn, *id)) {
        has_room(&turn.exec, event)?;
    }
    for id in wanting {
        // Taking the event in one place may end, or satisfy, another.
        let Some(choice) = listen::choose(turn, id, event) else { continue };
        let taken = Taken::Published { event: Arc::clone(event), by: by.clone() };
        listen::take(turn, id, taken, choice);
    }
    Ok(())
}

/// Keeps a signal, and gives it to the first `listen` that wants it.
pub(super) fn signal(turn: &mut Turn<'_>, event: &Arc<Event>, by: Actor) {
    turn.record(Fact::SignalReceived { event: Arc::clone(event), by });
    let frames = turn.exec.frames.values();
    let idle =
        frames.filter(|frame| subscription::listening(frame).is_some_and(|state| state.current.is_none()));
    let wants = idle.map(|frame| frame.id).find(|id| listen::choose(turn, *id, event).is_some());
    if let Some(id) = wants {
        listen::advance(turn, id);
    }
}

fn has_room(exec: &Execution, event: &Event) -> Result<(), Rejected> {
    let waiting = exec.frames.values().filter_map(|frame| subscription::listening(frame));
    let (queued, queued_bytes) = waiting.fold((0, 0), |(count, bytes), state| {
        (count + state.queue.len(), bytes + state.queue.iter().map(|own| own.item.len_bytes()).sum::<usize>())
    });
    let signals = &exec.inbox.signals;
    let bytes: usize = signals.iter().map(|signal| signal.event.envelope().len_bytes()).sum();
    if signals.len() + queued >= INBOX_EVENTS_MAX {
        let limit = format!("the limit `inbox_events_max` is {INBOX_EVENTS_MAX}");
        return Err(Rejected::Conflict(format!(
            "{} events wait in the execution: {limit}",
            signals.len() + queued
        )));
    }
    let total = bytes + queued_bytes + event.envelope().len_bytes();
    if total > INBOX_BYTES_MAX {
        let limit = format!("the limit `inbox_bytes_max` is {INBOX_BYTES_MAX}");
        return Err(Rejected::Conflict(format!(
            "the events that wait in the execution have {total} bytes: {limit}"
        )));
    }
    Ok(())
}
