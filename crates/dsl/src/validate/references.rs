//! What is used by name is declared.

use super::Validator;
use crate::diagnostic::{Code, did_you_mean};
use crate::function::{Callee, Unknown};
use crate::model::{Authentication, Call, McpTransportKind, Reference, RetryPolicy, Task, TaskKind};
use crate::parse::{Kind, Path};
use tenure_types::limits::SECRET_NAME_CHARS_MAX;
use tenure_types::secret_name_is_valid;

/// References of the document itself, and the policies that it declares.
pub(super) fn document(validator: &mut Validator<'_>) {
    let document = validator.document;
    if let Some(Reference::Name(name)) = &document.timeout {
        timeout(validator, name, &Path::root().key("timeout"));
    }
    secrets(validator);
    let retries = document.declared.as_ref().and_then(|declared| declared.retries.as_ref());
    for (name, policy) in retries.map(|retries| retries.0.as_slice()).unwrap_or_default() {
        validator.retry_policy(policy, &Path::root().keys(&["use", "retries", name]));
    }
}

/// A secret's name is usable, and is declared once.
fn secrets(validator: &mut Validator<'_>) {
    let Some(secrets) = validator.document.declared.as_ref().and_then(|declared| declared.secrets.as_ref())
    else {
        return;
    };
    for (index, name) in secrets.iter().enumerate() {
        let path = Path::root().keys(&["use", "secrets"]).index(index);
        let readable = matches!(validator.tree.find(&path).map(|tree| &tree.kind), Some(Kind::Text(_)));
        if readable && !secret_name_is_valid(name) {
            let message =
                format!("a secret's name has 1 to {SECRET_NAME_CHARS_MAX} letters, digits, `-`, `_` and `.`");
            validator.value(Code::InvalidName, &path, message, None);
        }
    }
}

/// References of a task.
pub(super) fn task(validator: &mut Validator<'_>, task: &Task, path: &Path) {
    if let Some(Reference::Name(name)) = &task.common.timeout {
        timeout(validator, name, &path.key("timeout"));
    }
    let metadata = task.common.metadata.as_ref();
    let undo = metadata.and_then(|m| m.compensate.as_ref()).and_then(|compensate| compensate.tasks());
    if let Some(policy) = undo.and_then(|undo| undo.retry.as_ref()) {
        retry(validator, policy, &path.keys(&["metadata", "compensate", "retry"]));
    }
    match &task.kind {
        TaskKind::Try(_, catch) => {
            if let Some(policy) = &catch.retry {
                retry(validator, policy, &path.keys(&["catch", "retry"]));
            }
        }
        TaskKind::Raise(raise) => {
            if let Reference::Name(name) = &raise.error {
                let path = path.keys(&["raise", "error"]);
                declared(validator, "errors", Code::UnknownError, "error", name, &path);
            }
        }
        TaskKind::Call(Call::Http(http)) => {
            policy(validator, http.endpoint.authentication(), &path.keys(&["with", "endpoint"]));
        }
        TaskKind::Call(Call::OpenApi(call)) => {
            policy(validator, call.authentication.as_ref(), &path.key("with"));
        }
        TaskKind::Call(Call::AsyncApi(call)) => {
            policy(validator, call.authentication.as_ref(), &path.key("with"));
        }
        TaskKind::Call(Call::Grpc(call)) => {
            policy(validator, call.service.authentication.as_ref(), &path.keys(&["with", "service"]));
        }
        TaskKind::Call(Call::A2a(call)) => {
            if let Some(server) = &call.server {
                policy(validator, server.authentication(), &path.keys(&["with", "server"]));
            }
        }
        TaskKind::Call(Call::Mcp(call)) => {
            if let McpTransportKind::Http(http) = &call.transport.kind {
                let path = path.keys(&["with", "transport", "http", "endpoint"]);
                policy(validator, http.endpoint.authentication(), &path);
            }
        }
        TaskKind::Call(Call::Function(function)) => called(validator, &function.name, &path.key("call")),
        TaskKind::Call(_)
        | TaskKind::Do(_)
        | TaskKind::Emit(_)
        | TaskKind::For(_)
        | TaskKind::Fork(_)
        | TaskKind::Listen(..)
        | TaskKind::Run(_)
        | TaskKind::Set(_)
        | TaskKind::Switch(_)
        | TaskKind::Wait(_) => {}
    }
}

/// The policy that a call uses by its name.
fn policy(validator: &mut Validator<'_>, used: Option<&Authentication>, path: &Path) {
    if let Some(Authentication::Use(name)) = used {
        let path = path.keys(&["authentication", "use"]);
        let what = "authentication policy";
        declared(validator, "authentications", Code::UnknownAuthentication, what, name, &path);
    }
}

fn timeout(validator: &mut Validator<'_>, name: &str, path: &Path) {
    declared(validator, "timeouts", Code::UnknownTimeout, "timeout", name, path);
}

fn retry(validator: &mut Validator<'_>, policy: &Reference<RetryPolicy>, path: &Path) {
    match policy {
        Reference::Name(name) => {
            declared(validator, "retries", Code::UnknownRetry, "retry policy", name, path);
        }
        Reference::Inline(policy) => validator.retry_policy(policy, path),
    }
}

/// A function is declared, is a URI, or is of a catalog. A name without version is a built-in call, misspelt, or none.
fn called(validator: &mut Validator<'_>, name: &str, path: &Path) {
    let readable = matches!(validator.tree.find(path).map(|tree| &tree.kind), Some(Kind::Text(_)));
    if !readable || is_declared(validator, "functions", name) {
        return;
    }
    if name.contains(':') {
        return elsewhere(validator, name, path);
    }
    let known = declared_names(validator, "functions");
    let candidates = known.iter().map(String::as_str).chain(Call::BUILT_IN);
    let hint = did_you_mean(name, candidates).or_else(|| Some("declare it under `use.functions`".to_owned()));
    validator.value(Code::UnknownFunction, path, format!("no function `{name}` is declared"), hint);
}

/// A name with a colon is one of a catalog, or an address.
fn elsewhere(validator: &mut Validator<'_>, name: &str, path: &Path) {
    let declared = validator.document.declared.as_ref();
    let catalogs = declared.and_then(|declared| declared.catalogs.as_ref());
    let Err(unknown) = Callee::of(name, catalogs) else { return };
    let (code, hint) = match &unknown {
        Unknown::Malformed => (Code::UnknownFunction, "write it like `vm-create:1.0.0@default`".to_owned()),
        Unknown::Public(_) => {
            let hint = format!("put it into the tenant's catalog, and call `{name}@default`");
            (Code::PublicFunction, hint)
        }
        Unknown::Catalog(_) => {
            let hint = "declare it under `use.catalogs`; the tenant's own is called `default`".to_owned();
            (Code::UnknownFunction, hint)
        }
    };
    validator.value(code, path, unknown.said_of(name), Some(hint));
}

fn declared(validator: &mut Validator<'_>, group: &str, code: Code, what: &str, name: &str, path: &Path) {
    if is_declared(validator, group, name) {
        return;
    }
    let known = declared_names(validator, group);
    let hint = did_you_mean(name, known.iter().map(String::as_str));
    let hint = hint.or_else(|| Some(format!("declare it under `use.{group}`")));
    validator.value(code, path, format!("no {what} `{name}` is declared"), hint);
}

/// Whether `use` has the name, also of what could not be read: that was reported where it stands.
fn is_declared(validator: &Validator<'_>, group: &str, name: &str) -> bool {
    let group = validator.tree.find(&Path::root().keys(&["use", group]));
    validator.sink.full() || group.is_some_and(|group| group.entry(name).is_some())
}

fn declared_names(validator: &Validator<'_>, group: &str) -> Vec<String> {
    match validator.tree.find(&Path::root().keys(&["use", group])).map(|tree| &tree.kind) {
        Some(Kind::Map(entries)) => entries.iter().map(|entry| entry.key.clone()).collect(),
        _ => Vec::new(),
    }
}
