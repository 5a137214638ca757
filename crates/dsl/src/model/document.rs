//! The document: what it is called, what it declares, how it is evaluated and scheduled.

use super::authentication::AuthenticationPolicy;
use super::data::{Endpoint, Input, Output};
use super::event::{EventRead, EventStrategy};
use super::metadata::DocumentMetadata;
use super::task::{Task, TaskList};
use super::trying::{ErrorDefinition, RetryPolicy};
use super::value::{DslVersion, DurationValue, Expression, Label, Named, Reference, Version};
use crate::diagnostic::{Diagnostic, Sink};
use crate::parse::{self, Path, Print, record, words};
use serde_json::{Map, Value};

record! {
    /// A whole definition.
    Document {
        /// `document`
        document: "document" required DocumentInfo,
        /// `input`
        input: "input" optional Input,
        /// `use`
        declared: "use" optional Use,
        /// `do`
        tasks: "do" required TaskList,
        /// `timeout`
        timeout: "timeout" optional Reference<Timeout>,
        /// `output`
        output: "output" optional Output,
        /// `schedule`
        schedule: "schedule" optional Schedule,
        /// `evaluate`
        evaluate: "evaluate" optional Evaluate,
    }
}

impl Document {
    /// Reads a text. The document is well formed then, which does not mean that it can run: see [`crate::load`].
    pub fn from_text(text: &str) -> Result<Self, Vec<Diagnostic>> {
        let mut sink = Sink::default();
        let document = parse::tree(text, &mut sink).map(|tree| parse::document(&tree, &mut sink));
        let diagnostics = sink.finish();
        document.filter(|_| diagnostics.is_empty()).ok_or(diagnostics)
    }

    /// The document as JSON: everything that was read, nothing else.
    pub fn to_json(&self) -> Value {
        self.print()
    }

    /// Whether texts in templates are tried as expressions without `${ }`.
    pub fn loose(&self) -> bool {
        let mode = self.evaluate.as_ref().and_then(|evaluate| evaluate.mode);
        mode == Some(EvaluateMode::Loose)
    }

    /// The function that it declares under a name.
    pub(crate) fn function(&self, name: &str) -> Option<&Task> {
        self.declared.as_ref()?.functions.as_ref()?.get(name)
    }

    /// Shows every task with its pointer: those that run, and those that are declared, whether anything uses them or not.
    pub(crate) fn each_task<'d>(&'d self, show: &mut dyn FnMut(&'d Task, &Path)) {
        each_of(&self.tasks, &Path::root().key("do"), show);
        let Some(declared) = &self.declared else { return };
        let path = Path::root().key("use");
        for (name, task) in declared.functions.as_ref().map_or(&[][..], |group| &group.0) {
            each_in(task, &path.keys(&["functions", name]), show);
        }
        for (index, item) in declared.extensions.iter().flatten().enumerate() {
            for (name, extension) in &item.0 {
                let path = path.key("extensions").index(index).key(name);
                for (key, tasks) in [("before", &extension.before), ("after", &extension.after)] {
                    if let Some(tasks) = tasks {
                        each_of(tasks, &path.key(key), show);
                    }
                }
            }
        }
    }
}

fn each_of<'d>(list: &'d TaskList, path: &Path, show: &mut dyn FnMut(&'d Task, &Path)) {
    for (index, (name, task)) in list.0.iter().enumerate() {
        each_in(task, &path.index(index).key(name), show);
    }
}

fn each_in<'d>(task: &'d Task, path: &Path, show: &mut dyn FnMut(&'d Task, &Path)) {
    show(task, path);
    for nested in task.lists(path) {
        each_of(nested.tasks, &nested.path, show);
    }
}

record! {
    /// `document`
    DocumentInfo {
        /// `dsl`
        dsl: "dsl" required DslVersion,
        /// `namespace`
        namespace: "namespace" required Label,
        /// `name`
        name: "name" required Label,
        /// `version`
        version: "version" required Version,
        /// `title`
        title: "title" optional String,
        /// `summary`, Markdown
        summary: "summary" optional String,
        /// `tags`
        tags: "tags" optional Map<String, Value>,
        /// `metadata`
        metadata: "metadata" optional DocumentMetadata,
    }
}

record! {
    /// `use`
    Use {
        /// `authentications`
        authentications: "authentications" optional Named<AuthenticationPolicy>,
        /// `catalogs`
        catalogs: "catalogs" optional Named<Catalog>,
        /// `errors`
        errors: "errors" optional Named<ErrorDefinition>,
        /// `extensions`
        extensions: "extensions" optional Vec<Named<Extension>>,
        /// `functions`
        functions: "functions" optional Named<Task>,
        /// `retries`
        retries: "retries" optional Named<RetryPolicy>,
        /// `secrets`
        secrets: "secrets" optional Vec<String>,
        /// `timeouts`
        timeouts: "timeouts" optional Named<Timeout>,
    }
}

record! {
    /// A catalog of functions.
    Catalog {
        /// `endpoint`
        endpoint: "endpoint" required Endpoint,
    }
}

record! {
    /// Tasks around other tasks.
    Extension {
        /// `extend`
        extend: "extend" required ExtensionTarget,
        /// `when`
        when: "when" optional Expression,
        /// `before`
        before: "before" optional TaskList,
        /// `after`
        after: "after" optional TaskList,
    }
}

words! {
    /// `extend`
    ExtensionTarget {
        /// `all`
        All = "all",
        /// `call`
        Call = "call",
        /// `composite`
        Composite = "composite",
        /// `emit`
        Emit = "emit",
        /// `for`
        For = "for",
        /// `listen`
        Listen = "listen",
        /// `raise`
        Raise = "raise",
        /// `run`
        Run = "run",
        /// `set`
        Set = "set",
        /// `switch`
        Switch = "switch",
        /// `try`
        Try = "try",
        /// `wait`
        Wait = "wait",
    }
}

record! {
    /// `timeout`
    Timeout {
        /// `after`
        after: "after" required DurationValue,
    }
}

record! {
    /// `evaluate`
    Evaluate {
        /// `language`; `jq` when absent
        language: "language" optional String,
        /// `mode`; `strict` when absent
        mode: "mode" optional EvaluateMode,
    }
}

words! {
    /// `evaluate.mode`
    EvaluateMode {
        /// `strict`: expressions in templates need `${ }`.
        Strict = "strict",
        /// `loose`: every text in a template is tried as an expression.
        Loose = "loose",
    }
}

record! {
    /// `schedule`
    Schedule {
        /// `every`
        every: "every" optional DurationValue,
        /// `cron`
        cron: "cron" optional String,
        /// `after`
        after: "after" optional DurationValue,
        /// `on`
        on: "on" optional EventStrategy,
        /// `read`, which needs `on`
        read: "read" optional EventRead,
    }
}
