//! A generated definition as YAML text.

use super::tree::{Call, Kind, Retry, Task, Tree, Undo};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

impl Tree {
    /// The text that a client would register.
    pub fn yaml(&self) -> String {
        let mut text = String::new();
        block(&mut text, &self.document(), 0);
        text
    }

    fn document(&self) -> Value {
        let mut compensation = Map::new();
        compensation.insert("on".into(), if self.on_fault { json!(["fault"]) } else { json!([]) });
        compensation.insert("onFailure".into(), json!(self.on_failure));
        compensation.insert("order".into(), json!(if self.sequential { "sequential" } else { "structural" }));
        insert_some(&mut compensation, "timeout", self.budget_ms.map(duration));
        let mut document = json!({
            "document": {
                "dsl": "1.0.3", "namespace": "sim", "name": self.name, "version": "1.0.0",
                "metadata": {"compensation": compensation},
            },
        });
        if let Some(limit) = self.limit {
            let strategy = if limit.faults { "fault" } else { "queue" };
            let limits = json!({"key": "${ .v }", "max": limit.max, "strategy": strategy});
            document["document"]["metadata"]["limits"] = limits;
        }
        let root = document.as_object_mut().expect("written as an object above");
        insert_some(root, "timeout", self.timeout_ms.map(|ms| json!({"after": duration(ms)})));
        root.insert("do".into(), list(&self.tasks));
        document
    }
}

fn list(tasks: &[Task]) -> Value {
    Value::Array(tasks.iter().map(|task| json!({&task.name: task.value()})).collect())
}

impl Task {
    fn value(&self) -> Value {
        let mut map = Map::new();
        let mut metadata = Map::new();
        insert_some(&mut map, "if", self.guard.map(|guard| json!(guard)));
        self.kind.write(&mut map, &mut metadata);
        if let Some(counter) = &self.counts {
            let count = format!("${{ $context + {{{counter}: (($context.{counter} // 0) + 1)}} }}");
            map.insert("export".into(), json!({"as": count}));
        }
        insert_some(&mut map, "timeout", self.timeout_ms.map(|ms| json!({"after": duration(ms)})));
        insert_some(&mut map, "then", self.then.as_ref().map(|then| json!(then)));
        insert_some(&mut metadata, "compensate", self.undo.as_ref().map(Undo::value));
        if !metadata.is_empty() {
            map.insert("metadata".into(), Value::Object(metadata));
        }
        Value::Object(map)
    }
}

impl Kind {
    fn write(&self, map: &mut Map<String, Value>, metadata: &mut Map<String, Value>) {
        match self {
            Self::Call(call) => call.write(map, metadata),
            Self::Set(value) => {
                map.insert("set".into(), json!({"v": value}));
            }
            Self::Wait(ms) => {
                map.insert("wait".into(), duration(*ms));
            }
            Self::Raise(status) => {
                let error = json!({"type": format!("https://sim.test/{status}"), "status": status, "title": "raised"});
                map.insert("raise".into(), json!({"error": error}));
            }
            Self::Switch(cases) => {
                let case = |(number, (when, then)): (usize, &(Option<String>, String))| {
                    let mut case = Map::new();
                    insert_some(&mut case, "when", when.as_ref().map(|when| json!(when)));
                    case.insert("then".into(), json!(then));
                    json!({format!("case{number}"): case})
                };
                map.insert("switch".into(), cases.iter().enumerate().map(case).collect());
            }
            Self::Do(tasks) => {
                map.insert("do".into(), list(tasks));
            }
            Self::For { items, condition, body } => {
                let items: Vec<u64> = (0..*items).collect();
                map.insert("for".into(), json!({"each": "item", "in": format!("${{ {items:?} }}")}));
                insert_some(map, "while", condition.as_ref().map(|condition| json!(condition)));
                map.insert("do".into(), list(body));
            }
            Self::Fork { compete, concurrency, branches } => {
                map.insert("fork".into(), json!({"compete": compete, "branches": list(branches)}));
                insert_some(metadata, "concurrency", concurrency.map(|n| json!(n)));
            }
            Self::Try(guarded) => {
                let mut catch = Map::new();
                insert_some(&mut catch, "errors", guarded.status.map(|s| json!({"with": {"status": s}})));
                insert_some(&mut catch, "when", guarded.when.map(|when| json!(when)));
                insert_some(&mut catch, "retry", guarded.retry.as_ref().map(Retry::value));
                if !guarded.handler.is_empty() {
                    catch.insert("do".into(), list(&guarded.handler));
                }
                map.insert("try".into(), list(&guarded.body));
                map.insert("catch".into(), Value::Object(catch));
            }
            Self::Emit(kind) => {
                map.insert("emit".into(), json!({"event": {"with": {"type": kind}}}));
            }
            Self::Listen(listen) => {
                let filter = |kind: &&str| json!({"with": {"type": kind}});
                let all: Vec<Value> = listen.kinds.iter().map(filter).collect();
                let to = match listen.to {
                    "one" => json!({"one": all[0]}),
                    "until" => json!({"any": all, "until": {"one": {"with": {"type": "stop"}}}}),
                    other => json!({other: all}),
                };
                map.insert("listen".into(), json!({"to": to}));
                insert_some(map, "foreach", listen.body.as_ref().map(|body| json!({"do": list(body)})));
            }
            Self::Child { name, latest, awaited } => {
                let version = if *latest { "latest" } else { "1.0.0" };
                let workflow =
                    json!({"namespace": "sim", "name": name, "version": version, "input": {"v": 1}});
                let mut run = json!({"workflow": workflow});
                if !awaited {
                    run["await"] = json!(false);
                }
                map.insert("run".into(), run);
            }
            Self::Compensate(scope) => {
                map.insert("call".into(), json!("compensate"));
                insert_some(map, "with", scope.as_ref().map(|scope| json!({"scope": scope})));
            }
        }
    }
}

impl Call {
    fn write(&self, map: &mut Map<String, Value>, metadata: &mut Map<String, Value>) {
        map.insert("call".into(), json!("http"));
        map.insert("with".into(), json!({"method": self.method, "endpoint": "http://sim.test/effect"}));
        let mut effect = Map::new();
        insert_some(&mut effect, "mode", self.mode.map(|mode| json!(mode.as_str())));
        insert_some(&mut effect, "key", self.key_per_attempt.then(|| json!("attempt")));
        insert_some(&mut effect, "onUncertain", self.on_uncertain.map(|word| json!(word)));
        if !effect.is_empty() {
            metadata.insert("effect".into(), Value::Object(effect));
        }
    }
}

impl Retry {
    fn value(&self) -> Value {
        let mut attempt = json!({"count": self.count});
        let limit = attempt.as_object_mut().expect("written as an object above");
        insert_some(limit, "duration", self.attempt_ms.map(duration));
        json!({"delay": duration(self.delay_ms), "backoff": {self.backoff: {}}, "limit": {"attempt": attempt}})
    }
}

impl Undo {
    fn value(&self) -> Value {
        let mut map = Map::new();
        map.insert("do".into(), list(&self.tasks));
        map.insert("on".into(), json!(if self.attempted { "attempted" } else { "completed" }));
        insert_some(&mut map, "when", self.guard.map(|guard| json!(format!("${{ {guard} }}"))));
        insert_some(&mut map, "retry", self.retry.as_ref().map(Retry::value));
        Value::Object(map)
    }
}

fn insert_some(map: &mut Map<String, Value>, key: &str, value: Option<Value>) {
    if let Some(value) = value {
        map.insert(key.into(), value);
    }
}

/// In the form that suits the number: both forms of the specification get used.
fn duration(ms: u64) -> Value {
    if ms.is_multiple_of(1_000) { json!(format!("PT{}S", ms / 1_000)) } else { json!({"milliseconds": ms}) }
}

/// Block style for what nests, JSON for what is empty or a scalar.
fn block(text: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                line(text, indent, &format!("{key}:"), value);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                line(text, indent, "-", item);
            }
        }
        Value::Object(_)
        | Value::Array(_)
        | Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_) => writeln!(text, "{:indent$}{value}", "").expect("writing to a string succeeds"),
    }
}

fn line(text: &mut String, indent: usize, head: &str, value: &Value) {
    let nests = value.as_object().is_some_and(|map| !map.is_empty())
        || value.as_array().is_some_and(|items| !items.is_empty());
    let written = if nests {
        writeln!(text, "{:indent$}{head}", "")
    } else {
        writeln!(text, "{:indent$}{head} {value}", "")
    };
    written.expect("writing to a string succeeds");
    if nests {
        block(text, value, indent + 2);
    }
}
