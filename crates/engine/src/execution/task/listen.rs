//! `listen`: consumes events until its strategy is satisfied. The output is the array of what was consumed.
//!
//! Without `foreach` an event is consumed as it comes. With it, each item has an iteration of its own, one after the
//! other; published events that come meanwhile wait in the task, signals wait in the inbox. Deliberately absent: which
//! events are kept and which are repetitions (`inbox`), and what an event must be (`correlation`).

use super::super::correlation;
use super::super::dataflow;
use super::super::effect::FrameId;
use super::super::env::Scope;
use super::super::event::Event;
use super::super::frame::{Frame, ListenState, State};
use super::super::history::{Begun, Each, EventConsumed, Fact, Role, Slot, Taken, Want};
use super::super::limits::SUBSCRIPTIONS_MAX;
use super::super::step::{Reach, Turn};
use super::super::subscription::{listening, number, wanted};
use super::{Entering, Next};
use std::collections::BTreeSet;
use std::sync::Arc;
use tenure_dsl::error::Error;
use tenure_dsl::json::Json;
use tenure_dsl::program::{Flow, Foreach, Kind, Listen, Node, Strategy, Until};
use tenure_types::limits::{FAN_OUT_MAX, PAYLOAD_BYTES_MAX};

pub(super) fn prepare(
    turn: &Turn<'_>,
    entering: &Entering<'_>,
    listen: &Listen,
) -> Result<(Begun, Next), Error> {
    if asks_for_nothing(listen) {
        return Ok((Begun::Instant, Next::Finish(Json::array([]), None)));
    }
    let open = turn.exec.frames.values().filter_map(|frame| listening(frame));
    let open: usize = open.map(|state| state.wants.len()).sum();
    if open + listen.filters.len() > SUBSCRIPTIONS_MAX {
        let limit = format!("the limit `subscriptions_max` is {SUBSCRIPTIONS_MAX}");
        return Err(Error::runtime(format!("the execution listens in too many places at once: {limit}")));
    }
    let wants = (0..listen.filters.len()).map(|filter| want(turn, entering, listen, filter));
    let wants = wants.collect::<Result<Vec<_>, _>>()?.into();
    let each = listen.foreach.as_ref();
    let each = each.map(|each| Each { item: Arc::clone(&each.item), at: Arc::clone(&each.at) });
    Ok((Begun::Listen { wants, read: listen.read, each }, Next::Own))
}

/// `all` of nothing is there already.
fn asks_for_nothing(listen: &Listen) -> bool {
    let until = match &listen.until {
        Some(Until::Consumed(strategy)) => *strategy == Strategy::All && listen.filters.len() == listen.items,
        Some(Until::Holds(_)) | None => false,
    };
    listen.to == Strategy::All && listen.items == 0 || until
}

/// What a filter takes, as far as it is known when the task starts.
fn want(turn: &Turn<'_>, entering: &Entering<'_>, listen: &Listen, filter: usize) -> Result<Want, Error> {
    let once = listen.group(filter).0 == Strategy::All;
    let filter = &listen.filters[filter];
    let expected = |own: &tenure_dsl::program::Correlation| {
        let Some(expect) = &own.expect else { return Ok((Arc::clone(&own.name), None)) };
        let what = format!("correlate.{}.expect", own.name);
        let value = dataflow::eval(expect, entering.input(), &entering.scope(turn), &what)?;
        if value.is_null() {
            return Err(Error::expression(format!("`{what}` gives null: a value is needed")));
        }
        Ok((Arc::clone(&own.name), Some(correlation::text(&value))))
    };
    let correlate = filter.correlate.iter().map(expected).collect::<Result<_, _>>()?;
    Ok(Want { kind: filter.kind.clone(), correlate, once })
}

/// Which filter of a `listen` takes an event, and what follows from it.
pub(in super::super) struct Choice {
    filter: u32,
    role: Role,
    /// What the event shows for the first time.
    shown: Vec<(Arc<str>, Arc<str>)>,
    /// Whether the `listen` takes no further event.
    closes: bool,
}

/// Whether a `listen` wants an event, and as what.
pub(in super::super) fn choose(turn: &Turn<'_>, id: FrameId, event: &Event) -> Option<Choice> {
    let frame = turn.exec.frames.get(&id)?;
    let state = listening(frame)?;
    let (node, listen) = declared(turn, id);
    let scope = Scope::of_frame(turn, frame, node);
    wanted(listen, state).into_iter().find_map(|filter| {
        let expected = &state.wants[filter].correlate;
        let values = correlation::passes(&listen.filters[filter], expected, &state.shown, event, &scope)?;
        let role = if filter < listen.items { Role::Item } else { Role::Stop };
        let shown = values.into_iter().filter(|(name, _)| !state.shown.contains_key(name)).collect();
        Some(Choice { filter: number(filter), role, shown, closes: closes(listen, &state.passed, filter) })
    })
}

/// Whether nothing more is taken once this filter has taken an event.
fn closes(listen: &Listen, passed: &BTreeSet<u32>, filter: usize) -> bool {
    let (strategy, mut group) = listen.group(filter);
    match strategy {
        Strategy::One => true,
        Strategy::Any => filter >= listen.items || listen.until.is_none(),
        Strategy::All => group.all(|own| own == filter || passed.contains(&number(own))),
    }
}

/// Whether the iteration of an item is under way.
pub(in super::super) fn is_busy(turn: &Turn<'_>, id: FrameId) -> bool {
    state(turn, id).is_some_and(|state| state.current.is_some())
}

/// Takes an event that was chosen, and goes on as far as it goes.
pub(in super::super) fn take(turn: &mut Turn<'_>, id: FrameId, event: Taken, choice: Choice) {
    if consume(turn, id, event, choice) {
        advance(turn, id);
    }
}

/// `false` when the `listen` has ended with it.
fn consume(turn: &mut Turn<'_>, id: FrameId, event: Taken, choice: Choice) -> bool {
    let Choice { filter, role, shown, closes } = choice;
    let (_, listen) = declared(turn, id);
    let place = turn.exec.frame(id).place.clone();
    let item_at_once = role == Role::Item && listen.foreach.is_none();
    let consumed = EventConsumed { frame: id, place, filter, event, role, shown, closes };
    turn.record(Fact::EventConsumed(Box::new(consumed)));
    !item_at_once || goes_on(turn, id)
}

/// What a `listen` does next.
enum Step {
    /// The next item has its iteration.
    Item,
    /// It takes a signal that was kept.
    Signal(Taken, Choice),
    /// It waits for an event, or for the iteration under way.
    Wait,
    /// It completes.
    End,
}

/// Goes on as far as it goes: through what waits in the task and in the inbox, in the order in which it came.
pub(in super::super) fn advance(turn: &mut Turn<'_>, id: FrameId) {
    loop {
        let going = match next(turn, id) {
            Step::Item => begin(turn, id),
            Step::Signal(signal, choice) => consume(turn, id, signal, choice),
            Step::Wait => return,
            Step::End => return finish(turn, id, None),
        };
        if !going {
            return;
        }
    }
}

fn next(turn: &Turn<'_>, id: FrameId) -> Step {
    let Some(state) = state(turn, id).filter(|state| state.current.is_none()) else { return Step::Wait };
    let first = state.queue.front().map(|waiting| waiting.seq);
    let mut signals =
        turn.exec.inbox.signals.iter().take_while(|signal| first.is_none_or(|at| signal.seq < at));
    let signal = if state.closed {
        None
    } else {
        signals.find_map(|signal| Some((signal, choose(turn, id, &signal.event)?)))
    };
    match (signal, first) {
        (Some((signal, choice)), _) => {
            let (source, event) = (Arc::clone(signal.event.source()), Arc::clone(signal.event.id()));
            Step::Signal(Taken::Signal { source, id: event }, choice)
        }
        (None, Some(_)) => Step::Item,
        (None, None) if state.closed => Step::End,
        (None, None) => Step::Wait,
    }
}

/// Begins the iteration of the first item that waits. `true` when it has ended already.
fn begin(turn: &mut Turn<'_>, id: FrameId) -> bool {
    let frame = turn.exec.frame(id);
    let (place, index) = (frame.place.clone(), state(turn, id).map_or(0, |state| state.begun));
    turn.record(Fact::IterationStarted { frame: id, place, index });
    // Every iteration has consumed an event, and there are only so many: a long `listen` is no endless loop.
    turn.begin_count();
    if let Some(body) = foreach(turn, id).and_then(|foreach| foreach.body) {
        turn.begin_list(id, Slot::Body, body);
        false
    } else {
        let item = turn.exec.frame(id).data().clone();
        end_item(turn, id, item)
    }
}

/// The list of an iteration has come to its end.
pub(in super::super) fn iterated(turn: &mut Turn<'_>, id: FrameId, data: Json) {
    if end_item(turn, id, data) {
        advance(turn, id);
    }
}

/// Records what an iteration has made of its item. `false` when the `listen` has ended with it.
fn end_item(turn: &mut Turn<'_>, id: FrameId, data: Json) -> bool {
    match mapped(turn, id, data) {
        Ok((output, context)) => {
            let frame = turn.exec.frame(id);
            let (place, index) = (frame.place.clone(), state(turn, id).map_or(0, |state| state.begun - 1));
            turn.record(Fact::ItemCompleted { frame: id, place, index, output, context });
            goes_on(turn, id)
        }
        Err(error) => {
            turn.fault(id, error, Reach::Catchable, false);
            false
        }
    }
}

/// `foreach.output` and `foreach.export`.
fn mapped(turn: &Turn<'_>, id: FrameId, data: Json) -> Result<(Json, Option<Json>), Error> {
    let Some(foreach) = foreach(turn, id) else { return Ok((data, None)) };
    let frame = turn.exec.frame(id);
    let (node, _) = declared(turn, id);
    let extra = variables(frame);
    let raw = data.clone();
    let scope = Scope::of_frame(turn, frame, node).extra(&extra).raw_output(&raw);
    let output = dataflow::emerge(&foreach.output, data, &scope)?;
    let Some(export) = &foreach.export.map else { return Ok((output, None)) };
    let scope = scope.output(&output);
    let context = dataflow::eval(export, &output, &scope, "foreach.export.as")?;
    dataflow::validate(foreach.export.schema.as_ref(), &context, "foreach.export.schema")?;
    let context = dataflow::bounded(context, "foreach.export.as")?;
    Ok((output, Some(context)))
}

/// After an item: whether the `listen` goes on. It ends when its `until` holds, or when it has consumed too much.
fn goes_on(turn: &mut Turn<'_>, id: FrameId) -> bool {
    match enough(turn, id) {
        Ok(false) => true,
        Ok(true) => {
            finish(turn, id, None);
            false
        }
        Err(error) => {
            turn.fault(id, error, Reach::Catchable, false);
            false
        }
    }
}

fn enough(turn: &Turn<'_>, id: FrameId) -> Result<bool, Error> {
    let Some(state) = state(turn, id) else { return Ok(false) };
    if state.consumed_count as usize > FAN_OUT_MAX {
        let limit = format!("the limit `fan_out_max` is {FAN_OUT_MAX}");
        return Err(Error::runtime(format!(
            "`listen` has consumed {} events: {limit}",
            state.consumed_count
        )));
    }
    if state.consumed_bytes > PAYLOAD_BYTES_MAX {
        let limit = format!("the limit `payload_bytes_max` is {PAYLOAD_BYTES_MAX}");
        return Err(Error::runtime(format!("`listen` has gathered {} bytes: {limit}", state.consumed_bytes)));
    }
    let (node, listen) = declared(turn, id);
    let Some(Until::Holds(condition)) = &listen.until else { return Ok(false) };
    let consumed = Json::array(state.consumed.in_order());
    let scope = Scope::of_frame(turn, turn.exec.frame(id), node);
    dataflow::holds(condition, &consumed, &scope, "listen.to.until")
}

/// The `listen` completes with what it has consumed.
pub(in super::super) fn finish(turn: &mut Turn<'_>, id: FrameId, flow: Option<Flow>) {
    let consumed = state(turn, id).map(|state| state.consumed.in_order()).unwrap_or_default();
    turn.finish(id, Json::array(consumed), flow);
}

/// The variables of the iteration under way.
pub(in super::super) fn variables(frame: &Frame) -> Vec<(Arc<str>, Json)> {
    let State::Listen(state) = &frame.state else { return vec![] };
    let (Some(each), Some((index, item))) = (&state.each, &state.current) else { return vec![] };
    vec![(Arc::clone(&each.item), item.clone()), (Arc::clone(&each.at), Json::number(i64::from(*index)))]
}

/// The state of a `listen` that nothing has ended; it may take no more events.
fn state<'t>(turn: &'t Turn<'_>, id: FrameId) -> Option<&'t ListenState> {
    let frame = turn.exec.frames.get(&id).filter(|frame| frame.ending.is_none())?;
    if let State::Listen(state) = &frame.state { Some(state) } else { None }
}

fn declared<'a>(turn: &Turn<'a>, id: FrameId) -> (&'a Node, &'a Listen) {
    let node = turn.node_of(id);
    let node = turn.node(node);
    let Kind::Listen(listen) = &node.kind else { unreachable!("`{}` is a `listen`", node.task) };
    (node, listen)
}

fn foreach<'a>(turn: &Turn<'a>, id: FrameId) -> Option<&'a Foreach> {
    declared(turn, id).1.foreach.as_ref()
}
