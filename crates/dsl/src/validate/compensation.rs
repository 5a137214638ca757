//! Where our metadata keys mean something, and what compensations may do.

use super::{Scope, Validator};
use crate::diagnostic::{Code, did_you_mean};
use crate::model::{Call, Compensate, CompensateWith, ListRole, Process, Task, TaskKind};
use crate::parse::Path;

/// Applies the rules to a task.
pub(super) fn task(validator: &mut Validator<'_>, task: &Task, path: &Path, scope: Scope<'_>) {
    placement(validator, task, &path.key("metadata"));
    if let TaskKind::Call(Call::Compensate(with)) = &task.kind {
        unwinding(validator, with.as_ref(), path, scope);
    }
    probe(validator, task, path);
    let Some(aside) = scope.aside else { return };
    let compensate = task.common.metadata.as_ref().and_then(|metadata| metadata.compensate.as_ref());
    if matches!(compensate, Some(Compensate::Tasks(_))) {
        let path = path.keys(&["metadata", "compensate"]);
        let message = format!("{} is not compensated itself", aside.noun());
        validator.key(Code::NestedCompensation, &path, message, None);
    }
    if matches!(task.kind, TaskKind::Listen(..)) && task.common.timeout.is_none() {
        let message = format!("{} cannot listen without a timeout", aside.noun());
        validator.key(
            Code::ListenInCompensation,
            &path.key("listen"),
            message,
            Some("add `timeout`".to_owned()),
        );
    }
}

fn probe(validator: &mut Validator<'_>, task: &Task, path: &Path) {
    let effect = task.common.metadata.as_ref().and_then(|metadata| metadata.effect.as_ref());
    let Some(probe) = effect.and_then(|effect| effect.probe.as_ref()) else { return };
    let path = path.keys(&["metadata", "effect", "probe"]);
    if probe.tasks.0.is_empty() {
        validator.key(Code::Empty, &path.key("do"), "a probe needs a task", None);
    }
}

fn placement(validator: &mut Validator<'_>, task: &Task, path: &Path) {
    let Some(metadata) = &task.common.metadata else { return };
    let unwinds = matches!(task.kind, TaskKind::Call(Call::Compensate(_)));
    let calls_out = match &task.kind {
        TaskKind::Call(_) => !unwinds,
        // A child is an execution: its start happens once, whatever is declared.
        TaskKind::Run(run) => !matches!(run.process, Process::Workflow(_)),
        TaskKind::Emit(_) => true,
        TaskKind::Do(_)
        | TaskKind::For(_)
        | TaskKind::Fork(_)
        | TaskKind::Listen(..)
        | TaskKind::Raise(_)
        | TaskKind::Set(_)
        | TaskKind::Switch(_)
        | TaskKind::Try(..)
        | TaskKind::Wait(_) => false,
    };
    let fans_out = matches!(task.kind, TaskKind::For(_) | TaskKind::Fork(_));
    let waits = matches!(task.kind, TaskKind::Wait(_));
    let keys = [
        ("effect", metadata.effect.is_some() && !calls_out, "a task that calls out"),
        ("concurrency", metadata.concurrency.is_some() && !fans_out, "a `for` or a `fork`"),
        ("until", metadata.until.is_some() && !waits, "a `wait`"),
        ("compensate", metadata.compensate.is_some() && unwinds, "a task that does something itself"),
    ];
    for (key, _, place) in keys.into_iter().filter(|(_, misplaced, _)| *misplaced) {
        let message = format!("`metadata.{key}` means something only on {place}");
        validator.key(Code::MisplacedMetadata, &path.key(key), message, None);
    }
    if let TaskKind::Fork(fork) = &task.kind
        && metadata.concurrency.is_some()
        && fork.compete == Some(true)
    {
        let message = "a `fork` whose branches race cannot limit how many run at once";
        validator.key(Code::ConcurrencyInRace, &path.key("concurrency"), message, None);
    }
}

fn unwinding(validator: &mut Validator<'_>, with: Option<&CompensateWith>, path: &Path, scope: Scope<'_>) {
    if let Some(aside) = scope.aside {
        let message = format!("{} cannot unwind anything", aside.noun());
        validator.value(Code::CompensateScope, &path.key("call"), message, None);
        return;
    }
    let Some(name) = with.and_then(|with| with.scope.as_ref()) else {
        if !scope.handler {
            let message = "`call: compensate` without a scope unwinds the `try` around it, and there is none";
            let hint =
                "move it into a `catch.do`, or name an earlier task: `with: { scope: name }`".to_owned();
            validator.value(Code::CompensateScope, &path.key("call"), message, Some(hint));
        }
        return;
    };
    let path = path.keys(&["with", "scope"]);
    if scope.role == ListRole::Branches {
        let message = "a branch cannot unwind another branch: they run side by side";
        validator.value(Code::CompensateScope, &path, message, None);
        return;
    }
    if scope.names.position(name).is_none_or(|position| position >= scope.index) {
        let earlier = &scope.names.all()[..scope.index];
        let message = format!("no earlier task `{name}` is in this list");
        validator.value(Code::CompensateScope, &path, message, did_you_mean(name, earlier.iter().copied()));
    }
}
