//! Names of tasks, and jumps between them.

use super::{Scope, Validator};
use crate::diagnostic::{Code, did_you_mean};
use crate::model::{ListRole, Switch, Task, TaskKind};
use crate::parse::Path;
use std::collections::BTreeMap;

/// Names are unique in their list.
pub(super) fn names(validator: &mut Validator<'_>, names: &[&str], path: &Path) {
    unique(validator, names, path, Code::DuplicateTask, "task");
}

fn unique(validator: &mut Validator<'_>, names: &[&str], path: &Path, code: Code, what: &str) {
    let mut seen = BTreeMap::new();
    for (index, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
        let here = path.index(index).key(name);
        if let Some(first) = seen.get(name) {
            let line = validator.tree.key_position(first).line;
            let message = format!("the {what} `{name}` occurs twice in its list; first on line {line}");
            validator.key(code, &here, message, Some("choose another name".to_owned()));
        } else {
            seen.insert(*name, here);
        }
    }
}

/// Every jump of a task leads somewhere.
pub(super) fn task(validator: &mut Validator<'_>, task: &Task, path: &Path, scope: Scope<'_>) {
    if let Some(then) = &task.common.then {
        target(validator, then, &path.key("then"), scope);
    }
    match &task.kind {
        TaskKind::Switch(switch) => cases(validator, switch, &path.key("switch"), scope),
        TaskKind::Try(_, catch) => {
            if let Some(then) = &catch.then {
                target(validator, then, &path.keys(&["catch", "then"]), scope);
            }
        }
        TaskKind::Call(_)
        | TaskKind::Do(_)
        | TaskKind::Emit(_)
        | TaskKind::For(_)
        | TaskKind::Fork(_)
        | TaskKind::Listen(..)
        | TaskKind::Raise(_)
        | TaskKind::Run(_)
        | TaskKind::Set(_)
        | TaskKind::Wait(_) => {}
    }
}

fn cases(validator: &mut Validator<'_>, switch: &Switch, path: &Path, scope: Scope<'_>) {
    let names: Vec<&str> = switch.0.iter().map(|(name, _)| name.as_str()).collect();
    unique(validator, &names, path, Code::DuplicateCase, "case");
    let mut default: Option<&str> = None;
    for (index, (name, case)) in switch.0.iter().enumerate().filter(|(_, (name, _))| !name.is_empty()) {
        let path = path.index(index).key(name);
        if validator.tree.find(&path.key("then")).is_some() {
            target(validator, &case.then, &path.key("then"), scope);
        }
        if validator.tree.find(&path.key("when")).is_some() {
            continue;
        }
        if let Some(first) = default {
            let message = format!("the cases `{first}` and `{name}` both have no `when`");
            validator.key(
                Code::SeveralDefaults,
                &path,
                message,
                Some("only one case can be the default".to_owned()),
            );
        }
        default.get_or_insert(name);
    }
}

fn target(validator: &mut Validator<'_>, then: &str, path: &Path, scope: Scope<'_>) {
    if validator.sink.full()
        || !matches!(validator.tree.find(path).map(|tree| &tree.kind), Some(crate::parse::Kind::Text(_)))
    {
        return;
    }
    match then {
        "end" if let Some(aside) = scope.aside => {
            let message = format!("{} cannot end the workflow", aside.noun());
            validator.value(
                Code::EndInCompensation,
                path,
                message,
                Some("use `exit` to end the list".to_owned()),
            );
        }
        "continue" | "exit" | "end" => {}
        _ if scope.names.position(then).is_none() => {
            let words = ["continue", "exit", "end"];
            let hint = did_you_mean(then, scope.names.all().iter().copied().chain(words));
            let hint = hint.unwrap_or_else(|| match scope.names.all() {
                [] => format!("a function by itself goes nowhere: it is one of {}", words.join(", ")),
                names => format!("the tasks here are {}", some(names)),
            });
            validator.value(
                Code::UnknownTarget,
                path,
                format!("no task `{then}` is in this list"),
                Some(hint),
            );
        }
        _ if scope.role == ListRole::Branches => {
            let message = format!("a branch cannot jump to the branch `{then}`: they run side by side");
            validator.value(
                Code::BranchJump,
                path,
                message,
                Some("put the tasks into a `do` in one branch".to_owned()),
            );
        }
        _ => {}
    }
}

/// The names that fit into a line.
fn some(names: &[&str]) -> String {
    let shown = names.iter().take(10).copied().collect::<Vec<_>>().join(", ");
    if names.len() > 10 { format!("{shown}, …") } else { shown }
}
