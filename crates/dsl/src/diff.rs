//! What differs between two documents, task by task.
//!
//! Lists of named things (tasks, branches, cases) are compared by name, so that a task that was put in front of others
//! is one change and not a change of all that follow. Deliberately absent: any judgement. Whether a change is safe is for
//! the author; executions that run stay on the version that they started with.

use crate::limits::DIFF_CHANGES_MAX;
use serde_json::{Map, Value};

/// What happened to something between two documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It is only in the second one.
    Added,
    /// It is only in the first one.
    Removed,
    /// It is in both, in another place among its neighbours.
    Moved,
    /// Its value is another.
    Changed,
}

impl ChangeKind {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Moved => "moved",
            Self::Changed => "changed",
        }
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Reference of the innermost task that it is about; `None` for what belongs to the document.
    pub task: Option<String>,
    /// What happened.
    pub kind: ChangeKind,
    /// JSON pointer: into the first document for what was removed, into the second one otherwise.
    pub pointer: String,
    /// How it was.
    pub from: Option<Value>,
    /// How it is.
    pub to: Option<Value>,
}

/// All differences, in the order of the documents.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diff {
    /// The first [`DIFF_CHANGES_MAX`] differences.
    pub changes: Vec<Change>,
    /// Whether there are more.
    pub more: bool,
}

/// Compares two documents.
pub fn documents(from: &Value, to: &Value) -> Diff {
    let mut diff = Diff::default();
    let root = Place { pointer: String::new(), task: None };
    diff.compare(from, to, &root, &root, "");
    diff
}

/// Keys under which a list of named things is a list of tasks.
const TASK_LISTS: [&str; 5] = ["do", "try", "branches", "before", "after"];

/// A place in one of the two documents.
#[derive(Clone)]
struct Place {
    pointer: String,
    task: Option<String>,
}

impl Place {
    fn key(&self, key: &str) -> Self {
        let key = key.replace('~', "~0").replace('/', "~1");
        Self { pointer: format!("{}/{key}", self.pointer), task: self.task.clone() }
    }

    fn item(&self, index: usize, name: &str, tasks: bool) -> Self {
        let place = self.key(&index.to_string()).key(name);
        let task = if tasks { Some(place.pointer.clone()) } else { place.task.clone() };
        Self { task, ..place }
    }
}

impl Diff {
    /// `key` is that under which both values stand.
    fn compare(&mut self, from: &Value, to: &Value, before: &Place, after: &Place, key: &str) {
        if from == to || self.more {
            return;
        }
        match (from, to) {
            (Value::Object(from), Value::Object(to)) => self.objects(from, to, before, after),
            (Value::Array(old), Value::Array(new)) => match (named(old), named(new)) {
                (Some(old), Some(new)) => {
                    self.lists(&old, &new, before, after, TASK_LISTS.contains(&key));
                }
                _ if old.len() == new.len() => {
                    for (index, (old, new)) in old.iter().zip(new).enumerate() {
                        let index = index.to_string();
                        self.compare(old, new, &before.key(&index), &after.key(&index), "");
                    }
                }
                _ => self.push(ChangeKind::Changed, after, Some(from), Some(to)),
            },
            _ => self.push(ChangeKind::Changed, after, Some(from), Some(to)),
        }
    }

    fn objects(&mut self, from: &Map<String, Value>, to: &Map<String, Value>, before: &Place, after: &Place) {
        for (key, old) in from {
            match to.get(key) {
                Some(new) => self.compare(old, new, &before.key(key), &after.key(key), key),
                None => self.push(ChangeKind::Removed, &before.key(key), Some(old), None),
            }
        }
        for (key, new) in to.iter().filter(|(key, _)| !from.contains_key(*key)) {
            self.push(ChangeKind::Added, &after.key(key), None, Some(new));
        }
    }

    fn lists(&mut self, old: &[Named<'_>], new: &[Named<'_>], before: &Place, after: &Place, tasks: bool) {
        let find = |list: &[Named<'_>], name: &str| list.iter().position(|(own, _)| *own == name);
        for (index, (name, value)) in old.iter().enumerate() {
            if find(new, name).is_none() {
                self.push(ChangeKind::Removed, &before.item(index, name, tasks), Some(value), None);
            }
        }
        let kept: Vec<&str> = old.iter().map(|(name, _)| *name).filter(|n| find(new, n).is_some()).collect();
        let mut common = 0;
        for (index, (name, value)) in new.iter().enumerate() {
            let place = after.item(index, name, tasks);
            let Some(was) = find(old, name) else {
                self.push(ChangeKind::Added, &place, None, Some(value));
                continue;
            };
            if kept[common] != *name {
                self.push(ChangeKind::Moved, &place, Some(&was.into()), Some(&index.into()));
            }
            common += 1;
            self.compare(old[was].1, value, &before.item(was, name, tasks), &place, "");
        }
    }

    fn push(&mut self, kind: ChangeKind, at: &Place, from: Option<&Value>, to: Option<&Value>) {
        if self.changes.len() >= DIFF_CHANGES_MAX {
            self.more = true;
            return;
        }
        self.changes.push(Change {
            task: at.task.clone(),
            kind,
            pointer: at.pointer.clone(),
            from: from.cloned(),
            to: to.cloned(),
        });
    }
}

type Named<'v> = (&'v str, &'v Value);

/// The names and values of a list whose items are maps with one key, all different. `None` when it is another list.
fn named(list: &[Value]) -> Option<Vec<Named<'_>>> {
    let mut found: Vec<Named<'_>> = Vec::with_capacity(list.len());
    let mut seen = std::collections::BTreeSet::new();
    for item in list {
        let map = item.as_object().filter(|map| map.len() == 1)?;
        let (name, value) = map.iter().next()?;
        if !seen.insert(name.as_str()) {
            return None;
        }
        found.push((name, value));
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(from: &Value, to: &Value) -> Vec<String> {
        let text = |value: &Option<Value>| value.as_ref().map_or_else(|| "-".to_owned(), Value::to_string);
        let line = |change: &Change| {
            let Change { task, kind, pointer, from, to } = change;
            let task = task.as_deref().unwrap_or("-");
            format!("{task} {} {pointer} {} {}", kind.as_str(), text(from), text(to))
        };
        documents(from, to).changes.iter().map(line).collect()
    }

    #[test]
    fn equal_documents_do_not_differ() {
        let document = json!({"do": [{"a": {"set": {"x": 1}}}]});
        assert_eq!(documents(&document, &document), Diff::default());
        let turned = json!({"b": 1, "a": 2});
        assert_eq!(shown(&turned, &json!({"a": 2, "b": 1})), [""; 0], "the order of keys means nothing");
    }

    #[test]
    fn a_task_in_front_is_one_change() {
        let from = json!({"do": [{"a": {"wait": "PT1S"}}, {"b": {"wait": "PT2S"}}]});
        let to = json!({"do": [{"new": {"wait": "PT0S"}}, {"a": {"wait": "PT1S"}}, {"b": {"wait": "PT3S"}}]});
        assert_eq!(
            shown(&from, &to),
            [
                r#"/do/0/new added /do/0/new - {"wait":"PT0S"}"#,
                r#"/do/2/b changed /do/2/b/wait "PT2S" "PT3S""#
            ]
        );
    }

    #[test]
    fn a_change_belongs_to_the_innermost_task() {
        let at = |n: u8| json!({"do": [{"out": {"try": [{"in": {"set": {"x": n}}}], "catch": {}}}]});
        assert_eq!(shown(&at(1), &at(2)), ["/do/0/out/try/0/in changed /do/0/out/try/0/in/set/x 1 2"]);
    }

    #[test]
    fn tasks_that_change_places_have_moved() {
        let list = |names: [&str; 3]| json!({"do": names.map(|name| json!({name: {"wait": "PT1S"}}))});
        assert_eq!(
            shown(&list(["a", "b", "c"]), &list(["b", "a", "c"])),
            ["/do/0/b moved /do/0/b 1 0", "/do/1/a moved /do/1/a 0 1"]
        );
    }

    #[test]
    fn a_task_that_is_gone_is_shown_where_it_was() {
        let from = json!({"do": [{"a": {"wait": "PT1S"}}, {"b": {"wait": "PT2S"}}]});
        let to = json!({"do": [{"b": {"wait": "PT2S"}}]});
        assert_eq!(shown(&from, &to), [r#"/do/0/a removed /do/0/a {"wait":"PT1S"} -"#]);
    }

    #[test]
    fn what_belongs_to_no_task_is_of_the_document() {
        let from = json!({"document": {"version": "1.0.0"}, "timeout": {"after": "PT1H"}});
        let to = json!({"document": {"version": "1.1.0", "title": "a/b"}});
        assert_eq!(
            shown(&from, &to),
            [
                r#"- changed /document/version "1.0.0" "1.1.0""#,
                r#"- added /document/title - "a/b""#,
                r#"- removed /timeout {"after":"PT1H"} -"#
            ]
        );
    }

    #[test]
    fn cases_of_a_switch_are_compared_by_name() {
        let at = |then: &str| json!({"do": [{"s": {"switch": [{"a": {"when": ".x", "then": then}}, {"rest": {"then": "end"}}]}}]});
        assert_eq!(
            shown(&at("exit"), &at("end")),
            [r#"/do/0/s changed /do/0/s/switch/0/a/then "exit" "end""#]
        );
    }

    #[test]
    fn differences_are_capped() {
        let many = |n: u8| json!({"do": (0..2_000).map(|i| json!({format!("t{i}"): {"set": {"x": n}}})).collect::<Vec<_>>()});
        let diff = documents(&many(1), &many(2));
        assert_eq!((diff.changes.len(), diff.more), (DIFF_CHANGES_MAX, true));
    }
}
