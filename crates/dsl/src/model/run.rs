//! `run`: processes and other workflows.

use super::authentication::single;
use super::data::ExternalResource;
use super::value::{DurationValue, Label, VersionChoice};
use crate::diagnostic::Code;
use crate::parse::{Path, Print, Read, Reader, Tree, record, words};
use serde_json::{Map, Value};

/// `run`
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// `await`; `true` when absent
    pub awaited: Option<bool>,
    /// `return`; `stdout` when absent
    pub returned: Option<RunReturn>,
    /// What is run.
    pub process: Process,
}

/// What a `run` runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Process {
    /// `container`
    Container(Box<Container>),
    /// `script`
    Script(Box<Script>),
    /// `shell`
    Shell(Shell),
    /// `workflow`
    Workflow(RunWorkflow),
}

impl Read for Run {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        const KEYS: [&str; 6] = ["container", "script", "shell", "workflow", "await", "return"];
        let Some(fields) = reader.fields(tree, path, &KEYS) else { return Self::gap() };
        let process = match reader.one_of(tree, path, &KEYS[..4]) {
            Some("container") => Process::Container(fields.required(reader, "container")),
            Some("script") => Process::Script(fields.required(reader, "script")),
            Some("shell") => Process::Shell(fields.required(reader, "shell")),
            Some(_) => Process::Workflow(fields.required(reader, "workflow")),
            None => return Self::gap(),
        };
        let returned = fields.optional(reader, "return");
        if returned.is_some() && matches!(process, Process::Workflow(_)) {
            let message = "`return` says what a process yields: a workflow yields its output".to_owned();
            let hint = Some("leave `return` out, and shape the result with `output.as`".to_owned());
            reader.report(Code::NotOneOf, tree.at, path, message, hint);
        }
        Self { awaited: fields.optional(reader, "await"), returned, process }
    }

    fn gap() -> Self {
        Self { awaited: None, returned: None, process: Process::Workflow(Read::gap()) }
    }
}

impl Print for Run {
    fn print(&self) -> Value {
        let process = match &self.process {
            Process::Container(container) => single("container", container.print()),
            Process::Script(script) => single("script", script.print()),
            Process::Shell(shell) => single("shell", shell.print()),
            Process::Workflow(workflow) => single("workflow", workflow.print()),
        };
        let Value::Object(mut map) = process else { unreachable!("`single` makes a map") };
        if let Some(awaited) = self.awaited {
            map.insert("await".to_owned(), awaited.print());
        }
        if let Some(returned) = self.returned {
            map.insert("return".to_owned(), returned.print());
        }
        Value::Object(map)
    }
}

words! {
    /// `return`
    RunReturn {
        /// `stdout`
        Stdout = "stdout",
        /// `stderr`
        Stderr = "stderr",
        /// `code`
        Code = "code",
        /// `all`
        All = "all",
        /// `none`
        None = "none",
    }
}

record! {
    /// `run.container`
    Container {
        /// `image`
        image: "image" required String,
        /// `name`
        name: "name" optional String,
        /// `command`
        command: "command" optional String,
        /// `ports`
        ports: "ports" optional Map<String, Value>,
        /// `volumes`
        volumes: "volumes" optional Map<String, Value>,
        /// `environment`
        environment: "environment" optional Map<String, Value>,
        /// `stdin`
        stdin: "stdin" optional String,
        /// `arguments`
        arguments: "arguments" optional Vec<String>,
        /// `lifetime`
        lifetime: "lifetime" optional ContainerLifetime,
        /// `pullPolicy`
        pull_policy: "pullPolicy" optional PullPolicy,
    }
}

words! {
    /// `pullPolicy`
    PullPolicy {
        /// `ifNotPresent`
        IfNotPresent = "ifNotPresent",
        /// `always`
        Always = "always",
        /// `never`
        Never = "never",
    }
}

/// `lifetime`
#[derive(Clone, Debug, PartialEq)]
pub struct ContainerLifetime {
    /// `cleanup`
    pub cleanup: Cleanup,
    /// `after`, which goes with `cleanup: eventually` only
    pub after: Option<DurationValue>,
}

impl Read for ContainerLifetime {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        let Some(fields) = reader.fields(tree, path, &["cleanup", "after"]) else { return Self::gap() };
        let lifetime =
            Self { cleanup: fields.required(reader, "cleanup"), after: fields.optional(reader, "after") };
        if (lifetime.cleanup == Cleanup::Eventually) != lifetime.after.is_some() {
            let message = "`after` goes with `cleanup: eventually`, and only with it".to_owned();
            reader.report(Code::NotOneOf, tree.at, path, message, None);
        }
        lifetime
    }

    fn gap() -> Self {
        Self { cleanup: Cleanup::Never, after: None }
    }
}

impl Print for ContainerLifetime {
    fn print(&self) -> Value {
        let mut map = Map::from_iter([("cleanup".to_owned(), self.cleanup.print())]);
        if let Some(after) = &self.after {
            map.insert("after".to_owned(), after.print());
        }
        Value::Object(map)
    }
}

words! {
    /// `cleanup`
    Cleanup {
        /// `never`
        Never = "never",
        /// `always`
        Always = "always",
        /// `eventually`
        Eventually = "eventually",
    }
}

/// `run.script`
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    /// `language`
    pub language: String,
    /// The program.
    pub source: ScriptSource,
    /// `stdin`
    pub stdin: Option<String>,
    /// `arguments`
    pub arguments: Option<Vec<String>>,
    /// `environment`
    pub environment: Option<Map<String, Value>>,
}

/// Where a script's program is.
#[derive(Clone, Debug, PartialEq)]
pub enum ScriptSource {
    /// `code`
    Code(String),
    /// `source`
    Source(ExternalResource),
}

impl Read for Script {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        const KEYS: [&str; 6] = ["language", "code", "source", "stdin", "arguments", "environment"];
        let Some(fields) = reader.fields(tree, path, &KEYS) else { return Self::gap() };
        let source = match reader.one_of(tree, path, &["code", "source"]) {
            Some("source") => ScriptSource::Source(fields.required(reader, "source")),
            Some(_) => ScriptSource::Code(fields.required(reader, "code")),
            None => ScriptSource::Code(String::new()),
        };
        Self {
            language: fields.required(reader, "language"),
            source,
            stdin: fields.optional(reader, "stdin"),
            arguments: fields.optional(reader, "arguments"),
            environment: fields.optional(reader, "environment"),
        }
    }

    fn gap() -> Self {
        let source = ScriptSource::Code(String::new());
        Self { language: String::new(), source, stdin: None, arguments: None, environment: None }
    }
}

impl Print for Script {
    fn print(&self) -> Value {
        let mut map = Map::from_iter([("language".to_owned(), self.language.print())]);
        match &self.source {
            ScriptSource::Code(code) => map.insert("code".to_owned(), code.print()),
            ScriptSource::Source(source) => map.insert("source".to_owned(), source.print()),
        };
        if let Some(stdin) = &self.stdin {
            map.insert("stdin".to_owned(), stdin.print());
        }
        if let Some(arguments) = &self.arguments {
            map.insert("arguments".to_owned(), arguments.print());
        }
        if let Some(environment) = &self.environment {
            map.insert("environment".to_owned(), environment.print());
        }
        Value::Object(map)
    }
}

record! {
    /// `run.shell`
    Shell {
        /// `command`
        command: "command" required String,
        /// `stdin`
        stdin: "stdin" optional String,
        /// `arguments`
        arguments: "arguments" optional Vec<String>,
        /// `environment`
        environment: "environment" optional Map<String, Value>,
    }
}

record! {
    /// `run.workflow`
    RunWorkflow {
        /// `namespace`
        namespace: "namespace" required Label,
        /// `name`
        name: "name" required Label,
        /// `version`, or `latest`
        version: "version" required VersionChoice,
        /// `input`
        input: "input" optional Map<String, Value>,
    }
}
