//! What the model has and the engine does not run yet. It is refused: what is accepted is done.

use super::{Validator, calls};
use crate::diagnostic::Code;
use crate::model::{
    Call, Input, Output, Process, Schema, SchemaSource, Script, ScriptSource, Task, TaskKind,
};
use crate::parse::Path;

/// Refuses what the document itself asks for.
pub(super) fn document(validator: &mut Validator<'_>) {
    let document = validator.document;
    let root = Path::root();
    schedule(validator);
    if let Some(language) = document.evaluate.as_ref().and_then(|evaluate| evaluate.language.as_ref())
        && language != "jq"
    {
        let path = root.keys(&["evaluate", "language"]);
        let message = format!("the expression language `{language}` is not supported yet");
        validator.value(Code::Language, &path, message, Some("use `jq`".to_owned()));
    }
    declared(validator);
    input(validator, document.input.as_ref(), &root);
    output(validator, document.output.as_ref(), &root);
}

/// Events start executions; the clock does not yet.
fn schedule(validator: &mut Validator<'_>) {
    let Some(schedule) = &validator.document.schedule else { return };
    let root = Path::root().key("schedule");
    let keys = [
        ("every", schedule.every.is_some()),
        ("cron", schedule.cron.is_some()),
        ("after", schedule.after.is_some()),
    ];
    for (key, _) in keys.into_iter().filter(|(_, used)| *used) {
        refuse(validator, Code::Schedule, &root.key(key), &format!("`schedule.{key}`"));
    }
}

fn declared(validator: &mut Validator<'_>) {
    let Some(declared) = &validator.document.declared else { return };
    let root = Path::root().key("use");
    for (name, catalog) in declared.catalogs.as_ref().map_or(&[][..], |group| &group.0) {
        if catalog.endpoint.authentication().is_some() {
            let path = root.keys(&["catalogs", name, "endpoint", "authentication"]);
            refuse(validator, Code::EndpointAuthentication, &path, "the authentication of a catalog");
        }
    }
}

/// Refuses what a task asks for.
pub(super) fn task(validator: &mut Validator<'_>, task: &Task, path: &Path) {
    kind(validator, task, path);
    input(validator, task.common.input.as_ref(), path);
    output(validator, task.common.output.as_ref(), path);
    if let Some(schema) = task.common.export.as_ref().and_then(|export| export.schema.as_ref()) {
        resource(validator, schema, &path.keys(&["export", "schema"]));
    }
}

fn kind(validator: &mut Validator<'_>, task: &Task, path: &Path) {
    match &task.kind {
        TaskKind::Run(run) => process(validator, &run.process, path),
        TaskKind::Call(call) => called(validator, call, path),
        TaskKind::Do(_)
        | TaskKind::Emit(_)
        | TaskKind::For(_)
        | TaskKind::Fork(_)
        | TaskKind::Listen(..)
        | TaskKind::Raise(_)
        | TaskKind::Set(_)
        | TaskKind::Switch(_)
        | TaskKind::Try(..)
        | TaskKind::Wait(_) => {}
    }
}

/// Whether the server runs what can be run is its operator's word: see [`crate::switches`].
fn process(validator: &mut Validator<'_>, process: &Process, path: &Path) {
    let path = path.key("run");
    match process {
        Process::Container(_) => {
            let message = "`run.container` is not supported yet: no adapter runs containers";
            let hint = Some("use `call: http` for a service that runs them".to_owned());
            validator.key(Code::Run, &path.key("container"), message, hint);
        }
        Process::Script(script) => {
            if !matches!(script.language.to_ascii_lowercase().as_str(), "js" | "javascript") {
                let message = format!("scripts in `{}` are not supported", script.language);
                let path = path.keys(&["script", "language"]);
                validator.value(Code::Run, &path, message, Some("use `javascript`".to_owned()));
            }
            resource_of_script(validator, script, &path.key("script"));
        }
        Process::Workflow(_) | Process::Shell(_) => {}
    }
}

fn resource_of_script(validator: &mut Validator<'_>, script: &Script, path: &Path) {
    if let ScriptSource::Source(source) = &script.source {
        calls::resource(validator, source, &path.key("source"));
    }
}

fn called(validator: &mut Validator<'_>, call: &Call, path: &Path) {
    match call {
        Call::Compensate(_) | Call::Http(_) | Call::Function(_) => {}
        Call::OpenApi(_) | Call::Grpc(_) | Call::AsyncApi(_) | Call::A2a(_) | Call::Mcp(_) => {
            calls::call(validator, call, path);
        }
    }
}

fn input(validator: &mut Validator<'_>, input: Option<&Input>, path: &Path) {
    if let Some(schema) = input.and_then(|input| input.schema.as_ref()) {
        resource(validator, schema, &path.keys(&["input", "schema"]));
    }
}

fn output(validator: &mut Validator<'_>, output: Option<&Output>, path: &Path) {
    if let Some(schema) = output.and_then(|output| output.schema.as_ref()) {
        resource(validator, schema, &path.keys(&["output", "schema"]));
    }
}

fn resource(validator: &mut Validator<'_>, schema: &Schema, path: &Path) {
    if matches!(schema.source, SchemaSource::Resource(_)) {
        let message = "a schema outside of the definition is not supported yet";
        let hint = Some("write the schema under `document`".to_owned());
        validator.key(Code::SchemaResource, &path.key("resource"), message, hint);
    }
    if let Some(format) = &schema.format
        && format != "json"
        && !format.starts_with("json:")
    {
        let message = format!("the schema format `{format}` is not supported");
        validator.value(Code::SchemaFormat, &path.key("format"), message, Some("use `json`".to_owned()));
    }
}

fn refuse(validator: &mut Validator<'_>, code: Code, path: &Path, what: &str) {
    validator.key(code, path, format!("{what} is not supported yet"), None);
}
