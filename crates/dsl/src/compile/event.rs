//! Tasks about events, and the events that start an execution, compiled.

use super::Compiler;
use super::expression::{Place, Surroundings};
use crate::diagnostic::Code;
use crate::expr::{Mode, Template};
use crate::matcher::{Matcher, MatcherError};
use crate::model::{self, EventStrategy};
use crate::parse::Path;
use crate::program::{
    Correlation, Emit, EventFilter, EventRead, Foreach, Kind, Listen, NodeId, StartsOn, Strategy, Until,
};
use serde_json::Value;
use std::sync::Arc;

impl Compiler<'_> {
    pub(super) fn emit(
        &mut self,
        emit: &model::EmitEvent,
        path: &Path,
        around: &Surroundings,
    ) -> Option<Kind> {
        let value = Value::Object(emit.event.with.0.clone());
        let attributes = self.template(&value, &path.keys(&["emit", "event", "with"]), around)?;
        Some(Kind::Emit(Emit { attributes }))
    }

    pub(super) fn listen(
        &mut self,
        listen: &model::Listen,
        foreach: Option<&model::SubscriptionIterator>,
        path: &Path,
        id: NodeId,
        around: &Surroundings,
    ) -> Option<Kind> {
        let to = path.keys(&["listen", "to"]);
        let (strategy, filters) = self.strategy(&listen.to, &to, Place::Definition, around);
        let until = self.until(&listen.to, &to.key("until"), around);
        let foreach = foreach.map(|foreach| self.foreach(foreach, &path.key("foreach"), id, around));
        let (mut filters, (until, more)) = (filters?, until?);
        let items = filters.len();
        filters.extend(more);
        let read = read(listen.read);
        Some(Kind::Listen(Box::new(Listen { to: strategy, until, filters, items, read, foreach })))
    }

    /// `schedule.on`. The outer `None`: it cannot be compiled. The inner one: there is none.
    #[expect(clippy::option_option, reason = "a broken start and no start are two things")]
    pub(super) fn starts_on(&mut self) -> Option<Option<StartsOn>> {
        let Some(schedule) = &self.document.schedule else { return Some(None) };
        let Some(on) = &schedule.on else { return Some(None) };
        let path = Path::root().keys(&["schedule", "on"]);
        let (_, filters) = self.strategy(on, &path, Place::Start, &Surroundings::default());
        Some(Some(StartsOn { filters: filters?, read: read(schedule.read) }))
    }

    fn until(
        &mut self,
        strategy: &EventStrategy,
        path: &Path,
        around: &Surroundings,
    ) -> Option<(Option<Until>, Vec<EventFilter>)> {
        let EventStrategy::Any { until: Some(until), .. } = strategy else { return Some((None, vec![])) };
        match &**until {
            model::Until::Expression(expression) => {
                let condition = self.expr(&expression.0, path, Place::Definition, around)?;
                Some((Some(Until::Holds(condition)), vec![]))
            }
            model::Until::Strategy(strategy) => {
                let (strategy, filters) = self.strategy(strategy, path, Place::Definition, around);
                Some((Some(Until::Consumed(strategy)), filters?))
            }
        }
    }

    fn strategy(
        &mut self,
        strategy: &EventStrategy,
        path: &Path,
        place: Place,
        around: &Surroundings,
    ) -> (Strategy, Option<Vec<EventFilter>>) {
        match strategy {
            EventStrategy::One(filter) => {
                let filter = self.filter_of(filter, &path.key("one"), place, around);
                (Strategy::One, filter.map(|filter| vec![filter]))
            }
            // `any` of nothing is any event at all.
            EventStrategy::Any { filters, .. } if filters.is_empty() => {
                let everything = EventFilter { kind: None, with: vec![], correlate: vec![] };
                (Strategy::Any, Some(vec![everything]))
            }
            EventStrategy::Any { filters, .. } => {
                (Strategy::Any, self.filters(filters, &path.key("any"), place, around))
            }
            EventStrategy::All(filters) => {
                (Strategy::All, self.filters(filters, &path.key("all"), place, around))
            }
        }
    }

    fn filters(
        &mut self,
        filters: &[model::EventFilter],
        path: &Path,
        place: Place,
        around: &Surroundings,
    ) -> Option<Vec<EventFilter>> {
        let all = filters.iter().enumerate();
        let all: Vec<_> =
            all.map(|(index, filter)| self.filter_of(filter, &path.index(index), place, around)).collect();
        all.into_iter().collect()
    }

    fn filter_of(
        &mut self,
        filter: &model::EventFilter,
        path: &Path,
        place: Place,
        around: &Surroundings,
    ) -> Option<EventFilter> {
        let mut with = Some(vec![]);
        for (name, value) in &filter.with.0 {
            let matcher = self.matcher(value, &path.key("with").key(name), place, around);
            with = with.zip(matcher).map(|(mut with, matcher)| {
                with.push((Arc::from(name.as_str()), matcher));
                with
            });
        }
        let mut correlate = Some(vec![]);
        for (name, correlation) in filter.correlate.as_ref().map_or(&[][..], |group| &group.0) {
            let path = path.key("correlate").key(name);
            let compiled = self.correlation(name, correlation, &path, place, around);
            correlate = correlate.zip(compiled).map(|(mut all, correlation)| {
                all.push(correlation);
                all
            });
        }
        let (with, mut correlate) = (with?, correlate?);
        correlate.sort_by(|one, other| one.name.cmp(&other.name));
        let kind = with.iter().find(|(name, _)| &**name == "type");
        let kind = kind.and_then(|(_, matcher)| matcher.as_literal().cloned());
        Some(EventFilter { kind, with, correlate })
    }

    fn matcher(
        &mut self,
        value: &Value,
        path: &Path,
        place: Place,
        around: &Surroundings,
    ) -> Option<Matcher> {
        self.spend(super::expression::weight(value, self.mode), path)?;
        match Matcher::compile(value, &around.locals(), self.mode) {
            Ok(matcher) => self.usable(&matcher.variables(), &[], path, place, around).then_some(matcher),
            Err(MatcherError::Expression(error)) => self.refuse(error.error, &path.join(&error.pointer)),
            Err(MatcherError::Pattern { pointer, message }) => {
                let hint = "write `\\` before a sign that is meant as it is".to_owned();
                self.sink.value(Code::InvalidPattern, self.tree, &path.join(&pointer), message, Some(hint));
                None
            }
        }
    }

    fn correlation(
        &mut self,
        name: &str,
        correlation: &model::Correlation,
        path: &Path,
        place: Place,
        around: &Surroundings,
    ) -> Option<Correlation> {
        let from = self.expr(&correlation.from.0, &path.key("from"), place, around);
        let expect = match &correlation.expect {
            None => Some(None),
            Some(text) => self.expected(text, &path.key("expect"), place, around).map(Some),
        };
        Some(Correlation { name: Arc::from(name), from: from?, expect: expect? })
    }

    /// A constant, or an expression: in `${ }`, or bare when it begins as a path or a variable does.
    fn expected(&mut self, text: &str, path: &Path, place: Place, around: &Surroundings) -> Option<Template> {
        if self.mode == Mode::Loose || !text.starts_with(['.', '$']) || text.starts_with("${") {
            return self.template_at(&Value::from(text), path, place, around);
        }
        self.computed(text, path, place, around)
    }

    fn foreach(
        &mut self,
        foreach: &model::SubscriptionIterator,
        path: &Path,
        id: NodeId,
        around: &Surroundings,
    ) -> Foreach {
        let item: Arc<str> = foreach.item.as_ref().map_or("item", |name| name.0.as_str()).into();
        let at: Arc<str> = foreach.at.as_ref().map_or("index", |name| name.0.as_str()).into();
        let inner = around.looping(&item, &at);
        let body = foreach.tasks.as_ref().filter(|tasks| !tasks.0.is_empty());
        let body = body.map(|tasks| self.list(tasks, &path.key("do"), Some(id), &inner));
        let output = self.output(foreach.output.as_ref(), path, Place::Definition, &inner);
        let export = self.export(foreach.export.as_ref(), path, &inner);
        Foreach { item, at, body, output, export }
    }
}

fn read(read: Option<model::EventRead>) -> EventRead {
    match read {
        None | Some(model::EventRead::Data) => EventRead::Data,
        Some(model::EventRead::Envelope) => EventRead::Envelope,
        Some(model::EventRead::Raw) => EventRead::Raw,
    }
}
