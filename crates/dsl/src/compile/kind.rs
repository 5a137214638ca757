//! What each kind of task does, compiled.

use super::expression::{Place, Surroundings};
use super::{Compiler, List, flow};
use crate::error::canonical_type;
use crate::expr::{Expr, Template};
use crate::json::Json;
use crate::model::{self, Call, ErrorDefinition, ForIn, Reference, Task, TaskKind, TextsOrExpression};
use crate::parse::{Path, Print as _};
use crate::program::{
    Backoff, Case, CompensateCall, CompensateTarget, EffectPolicy, ErrorFilter, For, Fork, HttpCall,
    HttpOutput, KeyScope, Kind, Mode, NodeId, OnUncertain, Raise, RetryPolicy, RunWorkflow, Try, Wait,
};
use serde_json::Value;
use std::sync::Arc;
use tenure_types::Timestamp;

impl Compiler<'_> {
    /// `None` when the task cannot run, which is reported, here or before.
    pub(super) fn kind(
        &mut self,
        task: &Task,
        path: &Path,
        list: &List<'_>,
        index: usize,
        around: &Surroundings,
    ) -> Option<Kind> {
        let id = self.id(path);
        match &task.kind {
            TaskKind::Call(Call::Http(http)) => self.http(task, http, path, around),
            TaskKind::Call(Call::OpenApi(call)) => self.openapi(task, call, path, around),
            TaskKind::Call(Call::Grpc(call)) => self.grpc(task, call, path, around),
            TaskKind::Call(Call::AsyncApi(call)) => self.asyncapi(task, call, path, around),
            TaskKind::Call(Call::Mcp(call)) => self.mcp(task, call, path, around),
            TaskKind::Call(Call::A2a(call)) => self.a2a(task, call, path, around),
            TaskKind::Call(Call::Compensate(with)) => {
                let scope = with.as_ref().and_then(|with| with.scope.as_ref());
                let target = match scope {
                    None => CompensateTarget::EnclosingTry,
                    Some(name) => CompensateTarget::Sibling(self.earlier(name, list, index)?),
                };
                Some(Kind::Compensate(CompensateCall { target }))
            }
            TaskKind::Call(Call::Function(call)) => self.function(task, call, path, around),
            TaskKind::Do(tasks) => Some(Kind::Do(self.list(tasks, &path.key("do"), Some(id), around))),
            TaskKind::Emit(emit) => self.emit(emit, path, around),
            TaskKind::For(repeat) => self.repeat(task, repeat, path, around),
            TaskKind::Fork(fork) => {
                let branches = self.list(&fork.branches, &path.keys(&["fork", "branches"]), Some(id), around);
                let (compete, concurrency) = (fork.compete == Some(true), concurrency(task));
                Some(Kind::Fork(Fork { branches, compete, concurrency }))
            }
            TaskKind::Listen(listen, foreach) => self.listen(listen, foreach.as_deref(), path, id, around),
            TaskKind::Raise(raise) => self.raise(&raise.error, path, around),
            TaskKind::Set(set) => {
                let value = set.print();
                self.template(&value, &path.key("set"), around).map(Kind::Set)
            }
            TaskKind::Switch(switch) => self.switch(switch, path, list, around),
            TaskKind::Try(tasks, catch) => {
                let body = self.list(tasks, &path.key("try"), Some(id), around);
                self.catch(body, catch, path, list, around)
            }
            TaskKind::Wait(duration) => self.wait(task, duration, path, around),
            TaskKind::Run(run) => self.run(task, run, path, around),
        }
    }

    fn earlier(&self, name: &str, list: &List<'_>, index: usize) -> Option<NodeId> {
        let position = list.names.position(name).filter(|position| *position < index)?;
        Some(self.id(&list.path.index(position).key(name)))
    }

    fn repeat(
        &mut self,
        task: &Task,
        repeat: &model::For,
        path: &Path,
        around: &Surroundings,
    ) -> Option<Kind> {
        let each: Arc<str> = repeat.each.item.as_ref().map_or("item", |name| name.0.as_str()).into();
        let at: Arc<str> = repeat.each.index.as_ref().map_or("index", |name| name.0.as_str()).into();
        let source = path.keys(&["for", "in"]);
        let items = match &repeat.each.items {
            ForIn::Expression(text) => self.computed(text, &source, Place::Definition, around),
            ForIn::Items(items) => self.template(&Value::Array(items.clone()), &source, around),
        };
        let inner = around.looping(&each, &at);
        let condition =
            self.optional_expr(repeat.condition.as_ref(), &path.key("while"), Place::Definition, &inner);
        let body = self.list(&repeat.tasks, &path.key("do"), Some(self.id(path)), &inner);
        let (items, condition, concurrency) = (items?, condition?, concurrency(task));
        Some(Kind::For(Box::new(For { each, at, items, condition, body, concurrency })))
    }

    fn switch(
        &mut self,
        switch: &model::Switch,
        path: &Path,
        list: &List<'_>,
        around: &Surroundings,
    ) -> Option<Kind> {
        let mut cases = Some(Vec::new());
        for (index, (name, case)) in switch.0.iter().enumerate() {
            let path = path.key("switch").index(index).key(name).key("when");
            let when = self.optional_expr(case.when.as_ref(), &path, Place::Definition, around);
            cases = cases.zip(when).map(|(mut cases, when)| {
                cases.push(Case {
                    name: Arc::from(name.as_str()),
                    when,
                    then: flow(&case.then, &list.names),
                });
                cases
            });
        }
        cases.map(Kind::Switch)
    }

    fn raise(
        &mut self,
        error: &Reference<ErrorDefinition>,
        path: &Path,
        around: &Surroundings,
    ) -> Option<Kind> {
        let raise = match error {
            Reference::Inline(error) => self.raised(error, &path.keys(&["raise", "error"]), around),
            Reference::Name(name) => {
                let errors = self.declared.and_then(|declared| declared.errors.as_ref());
                let error = errors?.get(name)?;
                let path = Path::root().keys(&["use", "errors", name]);
                let raise = self.raised(error, &path, around);
                self.used.insert(path);
                raise
            }
        };
        raise.map(|raise| Kind::Raise(Box::new(raise)))
    }

    pub(super) fn raised(
        &mut self,
        error: &ErrorDefinition,
        path: &Path,
        around: &Surroundings,
    ) -> Option<Raise> {
        let kind = self.template(&Value::from(error.kind.0.as_str()), &path.key("type"), around);
        let title = self.text(error.title.as_ref(), &path.key("title"), around);
        let detail = self.text(error.detail.as_ref(), &path.key("detail"), around);
        let instance = self.text(error.instance.as_ref(), &path.key("instance"), around);
        let status = Template::literal_value(Json::number(i64::from(error.status.0)));
        Some(Raise { kind: kind?, status, title: title?, detail: detail?, instance: instance? })
    }

    /// The outer `None`: it cannot be compiled. The inner one: there is none.
    #[expect(clippy::option_option, reason = "a broken text and no text are two things")]
    fn text(
        &mut self,
        text: Option<&String>,
        path: &Path,
        around: &Surroundings,
    ) -> Option<Option<Template>> {
        match text {
            Some(text) => self.template(&Value::from(text.as_str()), path, around).map(Some),
            None => Some(None),
        }
    }

    fn catch(
        &mut self,
        body: crate::program::ScopeId,
        catch: &model::Catch,
        path: &Path,
        list: &List<'_>,
        around: &Surroundings,
    ) -> Option<Kind> {
        let owner = Some(self.id(path));
        let path = path.key("catch");
        let filter = catch.errors.as_ref().and_then(|errors| errors.with.as_ref());
        let filter = match filter {
            Some(filter) => self.filter(filter, &path.keys(&["errors", "with"]), around),
            None => Some(ErrorFilter::default()),
        };
        let variable = catch.variable.as_ref().map_or("error", |name| name.0.as_str());
        let inner = around.catching(variable);
        let when = self.optional_expr(catch.when.as_ref(), &path.key("when"), Place::Definition, &inner);
        let except = self.optional_expr(
            catch.except_when.as_ref(),
            &path.key("exceptWhen"),
            Place::Definition,
            &inner,
        );
        let retry = self.referenced_retry(catch.retry.as_ref(), &path.key("retry"), &inner);
        let handler = catch.tasks.as_ref().map(|tasks| self.list(tasks, &path.key("do"), owner, &inner));
        let then = catch.then.as_ref().map(|then| flow(then, &list.names));
        Some(Kind::Try(Box::new(Try {
            body,
            filter: filter?,
            variable: Arc::from(variable),
            when: when?,
            except_when: except?,
            retry: retry?,
            handler,
            then,
        })))
    }

    fn filter(
        &mut self,
        filter: &model::ErrorFilter,
        path: &Path,
        around: &Surroundings,
    ) -> Option<ErrorFilter> {
        let kind = self.text(filter.kind.as_ref(), &path.key("type"), around);
        let title = self.text(filter.title.as_ref(), &path.key("title"), around);
        let detail = self.text(filter.detail.as_ref(), &path.key("detail"), around);
        let instance = self.text(filter.instance.as_ref(), &path.key("instance"), around);
        let canonical = |template: Template| match template.as_literal().and_then(Json::as_str) {
            Some(text) => Template::literal_value(Json::string(&canonical_type(text))),
            None => template,
        };
        let status = filter.status.map(|status| Template::literal_value(Json::number(i64::from(status.0))));
        Some(ErrorFilter {
            kind: kind?.map(canonical),
            status,
            title: title?,
            detail: detail?,
            instance: instance?,
        })
    }

    /// The outer `None`: it cannot be compiled. The inner one: there is none.
    #[expect(clippy::option_option, reason = "a broken policy and no policy are two things")]
    pub(super) fn referenced_retry(
        &mut self,
        retry: Option<&Reference<model::RetryPolicy>>,
        path: &Path,
        around: &Surroundings,
    ) -> Option<Option<RetryPolicy>> {
        match retry {
            None => Some(None),
            Some(Reference::Inline(policy)) => self.retry(policy, path, around).map(Some),
            Some(Reference::Name(name)) => {
                let retries = self.declared.and_then(|declared| declared.retries.as_ref());
                let policy = retries?.get(name)?;
                let path = Path::root().keys(&["use", "retries", name]);
                let retry = self.retry(policy, &path, around);
                self.used.insert(path);
                retry.map(Some)
            }
        }
    }

    pub(super) fn retry(
        &mut self,
        policy: &model::RetryPolicy,
        path: &Path,
        around: &Surroundings,
    ) -> Option<RetryPolicy> {
        let place = Place::Definition;
        let when = self.optional_expr(policy.when.as_ref(), &path.key("when"), place, around);
        let except = self.optional_expr(policy.except_when.as_ref(), &path.key("exceptWhen"), place, around);
        let mut broken = false;
        let mut span = |value: Option<&model::DurationValue>, keys: &[&str]| {
            let span = self.span(value?, &path.keys(keys), place, around);
            broken |= span.is_none();
            span
        };
        let limit = policy.limit.as_ref();
        let attempt = limit.and_then(|limit| limit.attempt.as_ref());
        let delay = span(policy.delay.as_ref(), &["delay"]);
        let duration = span(limit.and_then(|limit| limit.duration.as_ref()), &["limit", "duration"]);
        let attempts = attempt.and_then(|attempt| attempt.duration.as_ref());
        let attempt_duration = span(attempts, &["limit", "attempt", "duration"]);
        let from = span(policy.jitter.as_ref().map(|jitter| &jitter.from), &["jitter", "from"]);
        let to = span(policy.jitter.as_ref().map(|jitter| &jitter.to), &["jitter", "to"]);
        let backoff = match policy.backoff {
            None | Some(model::Backoff::Constant) => Backoff::Constant,
            Some(model::Backoff::Linear) => Backoff::Linear,
            Some(model::Backoff::Exponential) => Backoff::Exponential,
        };
        let retries_max = attempt.and_then(|attempt| attempt.count);
        let jitter = from.zip(to);
        let (when, except_when) = (when?, except?);
        let compiled = RetryPolicy {
            when,
            except_when,
            delay,
            backoff,
            retries_max,
            attempt_duration,
            duration,
            jitter,
        };
        (!broken).then_some(compiled)
    }

    fn wait(
        &mut self,
        task: &Task,
        duration: &model::DurationValue,
        path: &Path,
        around: &Surroundings,
    ) -> Option<Kind> {
        let span = self.span(duration, &path.key("wait"), Place::Definition, around);
        let until = task.common.metadata.as_ref().and_then(|metadata| metadata.until.as_ref());
        let Some(until) = until else { return span.map(|span| Kind::Wait(Wait::For(span))) };
        let path = path.keys(&["metadata", "until"]);
        // An instant written out is what most people mean, and it is no expression.
        let expr = if until.0.parse::<Timestamp>().is_ok() {
            Expr::compile(&Value::from(until.0.as_str()).to_string(), &[]).ok()
        } else {
            self.expr(&until.0, &path, Place::Definition, around)
        };
        expr.map(|expr| Kind::Wait(Wait::Until(expr)))
    }

    fn run(&mut self, task: &Task, run: &model::Run, path: &Path, around: &Surroundings) -> Option<Kind> {
        match &run.process {
            model::Process::Workflow(workflow) => self.run_workflow(run, workflow, path, around),
            model::Process::Script(script) => self.script(task, run, script, path, around),
            model::Process::Shell(shell) => self.shell(task, run, shell, path, around),
            // Refused by `validate`.
            model::Process::Container(_) => None,
        }
    }

    fn run_workflow(
        &mut self,
        run: &model::Run,
        workflow: &model::RunWorkflow,
        path: &Path,
        around: &Surroundings,
    ) -> Option<Kind> {
        let path = path.keys(&["run", "workflow", "input"]);
        let input = match &workflow.input {
            Some(input) => Some(self.template(&Value::Object(input.clone()), &path, around)?),
            None => None,
        };
        let version = workflow.version.0.as_str();
        Some(Kind::RunWorkflow(Box::new(RunWorkflow {
            namespace: Arc::from(workflow.namespace.0.as_str()),
            name: Arc::from(workflow.name.0.as_str()),
            version: (version != "latest").then(|| Arc::from(version)),
            input,
            awaited: run.awaited != Some(false),
        })))
    }

    fn http(
        &mut self,
        task: &Task,
        http: &model::HttpCall,
        path: &Path,
        around: &Surroundings,
    ) -> Option<Kind> {
        let path = path.key("with");
        let uri = match &http.endpoint {
            model::Endpoint::Uri(_) => path.key("endpoint"),
            model::Endpoint::Object(_) => path.keys(&["endpoint", "uri"]),
        };
        let endpoint = self.uri(&http.endpoint.uri().0, &uri, around);
        let headers = self.texts(http.headers.as_ref(), &path.key("headers"), around);
        let query = self.texts(http.query.as_ref(), &path.key("query"), around);
        let body = match &http.body {
            Some(body) => self.template(body, &path.key("body"), around).map(Some),
            None => Some(None),
        };
        let output = output(http.output);
        let authentication = self.authentication(
            http.endpoint.authentication(),
            &path.keys(&["endpoint", "authentication"]),
            around,
        );
        let method = http.method.0.to_ascii_uppercase();
        let effect = effect(&method, task);
        Some(Kind::Http(Box::new(HttpCall {
            method: Arc::from(method),
            endpoint: endpoint?,
            headers: headers?,
            query: query?,
            body: body?,
            output,
            redirect: http.redirect == Some(true),
            authentication: authentication?,
            effect,
        })))
    }

    /// The outer `None`: it cannot be compiled. The inner one: there is none.
    #[expect(clippy::option_option, reason = "a broken map and no map are two things")]
    fn texts(
        &mut self,
        texts: Option<&TextsOrExpression>,
        path: &Path,
        around: &Surroundings,
    ) -> Option<Option<Template>> {
        match texts {
            None => Some(None),
            Some(TextsOrExpression::Expression(text)) => {
                self.computed(text, path, Place::Template, around).map(Some)
            }
            Some(texts @ TextsOrExpression::Texts(_)) => {
                self.template(&texts.print(), path, around).map(Some)
            }
        }
    }
}

/// `with.output`
pub(super) fn output(output: Option<model::HttpOutput>) -> HttpOutput {
    match output {
        None | Some(model::HttpOutput::Content) => HttpOutput::Content,
        Some(model::HttpOutput::Raw) => HttpOutput::Raw,
        Some(model::HttpOutput::Response) => HttpOutput::Response,
    }
}

fn concurrency(task: &Task) -> Option<usize> {
    let limit = task.common.metadata.as_ref().and_then(|metadata| metadata.concurrency);
    limit.map(|limit| limit.0 as usize)
}

/// What the task declares, completed by what its method means: repeating a PUT changes nothing, repeating a POST may.
pub(super) fn effect(method: &str, task: &Task) -> EffectPolicy {
    let repeatable = matches!(method, "GET" | "HEAD" | "OPTIONS" | "PUT" | "DELETE");
    effect_of(if repeatable { Mode::AtLeastOnce } else { Mode::AtMostOnce }, task)
}

/// What the task declares, completed by this mode.
pub(super) fn effect_of(default: Mode, task: &Task) -> EffectPolicy {
    let declared = task.common.metadata.as_ref().and_then(|metadata| metadata.effect.as_ref());
    let mode = match declared.and_then(|effect| effect.mode) {
        Some(model::EffectMode::ExactlyOnceWithKey) => Mode::ExactlyOnceWithKey,
        Some(model::EffectMode::AtLeastOnce) => Mode::AtLeastOnce,
        Some(model::EffectMode::AtMostOnce) => Mode::AtMostOnce,
        None => default,
    };
    let key = match declared.and_then(|effect| effect.key) {
        None | Some(model::EffectKey::Step) => KeyScope::Step,
        Some(model::EffectKey::Attempt) => KeyScope::Attempt,
    };
    let on_uncertain = match declared.and_then(|effect| effect.on_uncertain) {
        None | Some(model::OnUncertain::Wait) => OnUncertain::Wait,
        Some(model::OnUncertain::Fault) => OnUncertain::Fault,
        Some(model::OnUncertain::Compensate) => OnUncertain::Compensate,
    };
    EffectPolicy { mode, key, on_uncertain }
}
