//! What an emitted event may be, what filters of events must have, and which events can start an execution.

use super::Validator;
use crate::diagnostic::Code;
use crate::limits::LISTEN_FILTERS_MAX;
use crate::model::{EmitEvent, EventFilter, EventStrategy, SubscriptionIterator, Task, TaskKind, Until};
use crate::parse::{Kind, Path};
use serde_json::Value;
use tenure_types::Timestamp;

/// The attributes that `CloudEvents` defines, whose values are texts.
const TEXTS: [&str; 8] =
    ["id", "source", "specversion", "type", "subject", "time", "datacontenttype", "dataschema"];

/// Applies the rules to a task.
pub(super) fn task(validator: &mut Validator<'_>, task: &Task, path: &Path) {
    match &task.kind {
        TaskKind::Emit(emit) => emitted(validator, emit, &path.keys(&["emit", "event", "with"])),
        TaskKind::Listen(listen, foreach) => {
            listened(validator, &listen.to, &path.keys(&["listen", "to"]));
            if let Some(foreach) = foreach {
                variables(validator, foreach, &path.key("foreach"));
            }
        }
        TaskKind::Call(_)
        | TaskKind::Do(_)
        | TaskKind::For(_)
        | TaskKind::Fork(_)
        | TaskKind::Raise(_)
        | TaskKind::Run(_)
        | TaskKind::Set(_)
        | TaskKind::Switch(_)
        | TaskKind::Try(..)
        | TaskKind::Wait(_) => {}
    }
}

/// Applies the rules to `schedule.on`.
pub(super) fn start(validator: &mut Validator<'_>, on: &EventStrategy, path: &Path) {
    listened(validator, on, path);
    match on {
        EventStrategy::All(filters) if filters.len() > 1 => {
            let message = "starting an execution with several events is not supported";
            let hint = "start with one of them, and `listen` to the others".to_owned();
            validator.key(Code::SeveralStartEvents, &path.key("all"), message, Some(hint));
        }
        EventStrategy::Any { until: Some(_), .. } => {
            let message = "starting an execution with several events is not supported";
            let hint = "start with the first event, and `listen` to the others".to_owned();
            validator.key(Code::SeveralStartEvents, &path.key("until"), message, Some(hint));
        }
        EventStrategy::All(filters) if filters.is_empty() && is_list(validator, &path.key("all")) => {
            validator.value(Code::Empty, &path.key("all"), "no event would ever start it", None);
        }
        EventStrategy::All(_) | EventStrategy::Any { .. } | EventStrategy::One(_) => {}
    }
}

fn emitted(validator: &mut Validator<'_>, emit: &EmitEvent, path: &Path) {
    for (name, value) in &emit.event.with.0 {
        let path = path.key(name);
        if let Some(message) = wrong_name(name) {
            let hint = Some("use lower-case letters and digits".to_owned());
            validator.key(Code::InvalidAttribute, &path, message, hint);
        } else if let Some(message) = wrong_value(name, value, validator.document.loose()) {
            validator.value(Code::InvalidAttribute, &path, message, None);
        }
    }
    let has = |name: &str| emit.event.with.0.contains_key(name);
    if has("data") && has("data_base64") {
        let message = "an event has `data` or `data_base64`, not both";
        validator.key(Code::InvalidAttribute, &path.key("data_base64"), message, None);
    }
}

fn wrong_name(name: &str) -> Option<String> {
    if name == "data_base64" {
        return None;
    }
    let usable = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    (!usable || name.is_empty()).then(|| format!("`{name}` is not the name of an attribute of an event"))
}

/// What is fixed in the text and can never be right.
fn wrong_value(name: &str, value: &Value, loose: bool) -> Option<String> {
    let text = match value {
        _ if name == "data" => return None,
        Value::String(text) if loose || text.contains("${") => return None,
        Value::String(text) => text,
        Value::Null => return None,
        Value::Bool(_) | Value::Number(_) if !TEXTS.contains(&name) && name != "data_base64" => return None,
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            // The reader has said so already where a text is needed.
            let said = TEXTS.contains(&name) && name != "specversion";
            return (!said).then(|| format!("`{name}` cannot have this value"));
        }
    };
    match name {
        "specversion" if text != "1.0" => Some(format!("`{text}` is not a supported version: it is `1.0`")),
        "time" if text.parse::<Timestamp>().is_err() => {
            Some(format!("`{text}` is not an instant such as `2027-01-01T00:00:00Z`"))
        }
        "id" | "source" | "type" if text.is_empty() => Some(format!("`{name}` cannot be empty")),
        _ => None,
    }
}

fn listened(validator: &mut Validator<'_>, strategy: &EventStrategy, path: &Path) {
    let (filters, until) = match strategy {
        EventStrategy::One(one) => {
            filter(validator, one, &path.key("one"));
            return;
        }
        EventStrategy::Any { filters, until } => {
            (each(validator, filters, &path.key("any")), until.as_deref())
        }
        EventStrategy::All(filters) => (each(validator, filters, &path.key("all")), None),
    };
    if filters > LISTEN_FILTERS_MAX {
        let message = format!("{filters} filters are too many: at most {LISTEN_FILTERS_MAX} are allowed");
        validator.value(Code::FanOut, path, message, None);
    }
    if let Some(Until::Strategy(strategy)) = until {
        listened(validator, strategy, &path.key("until"));
    }
}

fn each(validator: &mut Validator<'_>, filters: &[EventFilter], path: &Path) -> usize {
    for (index, own) in filters.iter().enumerate() {
        filter(validator, own, &path.index(index));
    }
    filters.len()
}

fn filter(validator: &mut Validator<'_>, filter: &EventFilter, path: &Path) {
    let path = path.key("with");
    let empty = matches!(validator.tree.find(&path).map(|tree| &tree.kind), Some(Kind::Map(entries)) if entries.is_empty());
    if filter.with.0.is_empty() && empty {
        let hint = Some("`any: []` takes any event".to_owned());
        validator.value(Code::Empty, &path, "a filter names at least one attribute", hint);
    }
}

fn variables(validator: &mut Validator<'_>, foreach: &SubscriptionIterator, path: &Path) {
    let item = foreach.item.as_ref().map_or("item", |name| name.0.as_str());
    let index = foreach.at.as_ref().map_or("index", |name| name.0.as_str());
    let path = path.key(if foreach.at.is_some() { "at" } else { "item" });
    if item == index && validator.tree.find(&path).is_some_and(|tree| tree.to_value() == item) {
        let message = format!("the item and the index are both called `{item}`");
        validator.value(Code::InvalidVariable, &path, message, None);
    }
}

fn is_list(validator: &Validator<'_>, path: &Path) -> bool {
    matches!(validator.tree.find(path).map(|tree| &tree.kind), Some(Kind::List(_)))
}
