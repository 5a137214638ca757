//! The state of one scenario: what it has registered, started and been answered.

use crate::http::{self, Answer, Request};
use crate::run::{Names, Target};
use crate::service::Service;
use crate::yaml;
use serde_json::{Map, Value, json};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a scenario waits for something that its execution does.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(10);
/// What a definition without a `document` gets.
const DOCUMENT: &str = "document: { dsl: '1.0.3', namespace: kit, name: NAME, version: '1.0.0' }";

pub(crate) struct World<'r> {
    target: &'r Target,
    names: &'r Names,
    /// The scenario's number, unique in its run.
    number: usize,
    pub(crate) service: Service,
    /// The text of the definition, ready to be registered.
    pub(crate) definition: String,
    pub(crate) input: Option<Value>,
    /// `namespace`, `name`, `version` of what was registered last.
    registered: Option<Value>,
    /// What the last start sent.
    start: Option<Request>,
    /// What the server said last.
    pub(crate) answer: Option<Answer>,
    /// How many things were sent that have an id.
    sent: usize,
    /// What was started, in order.
    pub(crate) executions: Vec<String>,
}

impl<'r> World<'r> {
    pub(crate) fn new(target: &'r Target, names: &'r Names, number: usize) -> Result<Self, String> {
        Ok(Self {
            target,
            names,
            number,
            service: Service::start().map_err(|error| format!("no service: {error}"))?,
            definition: String::new(),
            input: None,
            registered: None,
            start: None,
            answer: None,
            sent: 0,
            executions: vec![],
        })
    }

    /// The value of a text below a step, with the addresses of the scenario's service.
    pub(crate) fn value(&self, text: &str) -> Result<Value, String> {
        yaml::value(&self.service.local(text))
    }

    /// The text of a definition as it is registered: with a document, with local addresses, under a name of its own.
    pub(crate) fn definition(&self, text: &str) -> String {
        let mut text = self.service.local(text);
        if !text.lines().any(|line| line.starts_with("document:") || line.starts_with('{')) {
            text = format!("{}\n{text}", DOCUMENT.replace("NAME", &format!("scenario-{}", self.number)));
        }
        self.names.untaken(text, self.number)
    }

    pub(crate) fn send(&mut self, request: &Request) -> Result<&Answer, String> {
        let answer = http::send(self.target.api, &self.target.token, request)?;
        Ok(self.answer.insert(answer))
    }

    fn get(&self, path: &str) -> Result<Value, String> {
        let answer = http::send(self.target.api, &self.target.token, &Request::get(path))?;
        if answer.status == 200 { Ok(answer.body) } else { Err(format!("GET {path}: {}", answer.body)) }
    }

    /// Registers the definition; whether it was taken.
    pub(crate) fn register(&mut self) -> Result<bool, String> {
        let request = Request::yaml("/v1/workflow-definitions", &self.definition.clone());
        let Answer { status, body, .. } = self.send(&request)?.clone();
        if status != 200 && status != 201 {
            return Ok(false);
        }
        self.registered =
            Some(json!({ "namespace": body["namespace"], "name": body["name"], "version": body["version"] }));
        Ok(true)
    }

    /// The next start registers the definition first.
    pub(crate) fn forget_registration(&mut self) {
        self.registered = None;
    }

    /// Starts the definition, which is registered first unless it was; `more` are members of the request, `headers` are
    /// sent with it. The answer stays in `answer`, whatever it is.
    pub(crate) fn start(
        &mut self,
        more: Map<String, Value>,
        headers: &[(&'static str, String)],
    ) -> Result<(), String> {
        if self.registered.is_none() && !self.register()? {
            return Err(format!("the definition was refused: {}", self.said()));
        }
        let mut body = json!({ "workflow": self.registered });
        if let Some(input) = &self.input {
            body["input"] = input.clone();
        }
        if let Value::Object(body) = &mut body {
            body.extend(more);
        }
        let mut request = Request::post("/v1/workflows/start", &body);
        request.headers.extend(headers.iter().cloned());
        self.start = Some(request);
        self.repeat()
    }

    /// Sends the last start again.
    pub(crate) fn repeat(&mut self) -> Result<(), String> {
        let request = self.start.clone().ok_or("nothing was started")?;
        let answer = self.send(&request)?;
        if let Some(id) = answer.body["id"].as_str().map(str::to_owned) {
            self.executions.push(id);
        }
        Ok(())
    }

    /// What the server said last, for people.
    pub(crate) fn said(&self) -> String {
        let said = |answer: &Answer| format!("{} {}", answer.status, answer.body);
        self.answer.as_ref().map_or_else(|| "nothing".into(), said)
    }

    /// The execution that was started last.
    pub(crate) fn id(&self) -> Result<String, String> {
        self.executions
            .last()
            .cloned()
            .ok_or_else(|| format!("nothing runs; the server said {}", self.said()))
    }

    pub(crate) fn workflow(&self) -> Result<Value, String> {
        self.get(&format!("/v1/workflows/{}", self.id()?))
    }

    /// The summaries of its children.
    pub(crate) fn children(&self) -> Result<Vec<Value>, String> {
        let list = self.get(&format!("/v1/workflows/{}/children", self.id()?))?;
        Ok(list["items"].as_array().cloned().unwrap_or_default())
    }

    /// An id for something that the scenario sends.
    pub(crate) fn fresh_id(&mut self) -> String {
        self.sent += 1;
        format!("kit-{}-{}", self.number, self.sent)
    }

    /// The activations of tasks, in the order of their starts.
    pub(crate) fn tasks(&self) -> Result<Vec<Value>, String> {
        let tasks = self.get(&format!("/v1/workflows/{}/tasks", self.id()?))?;
        Ok(tasks["items"].as_array().cloned().unwrap_or_default())
    }

    /// The first thousand events.
    pub(crate) fn history(&self) -> Result<Vec<Value>, String> {
        let page = self.get(&format!("/v1/workflows/{}/history?limit=1000", self.id()?))?;
        Ok(page["items"].as_array().cloned().unwrap_or_default())
    }

    /// Tells the execution something.
    pub(crate) fn tell(&mut self, verb: &str, body: &Value) -> Result<(), String> {
        let request = Request::post(format!("/v1/workflows/{}/{verb}", self.id()?), body);
        self.send(&request).map(|_| ())
    }

    /// The execution once it has ended.
    pub(crate) fn ended(&self) -> Result<Value, String> {
        self.until("the workflow does not end", |workflow| Ok(workflow["endedAt"].is_string()))
    }

    /// The execution once nothing is under way in it: it has ended, or waits for a time, an event or somebody.
    pub(crate) fn at_rest(&self) -> Result<Value, String> {
        self.until("the workflow does not come to rest", |workflow| {
            let rests = matches!(workflow["status"].as_str(), Some("waiting" | "suspended"));
            Ok(rests || workflow["endedAt"].is_string())
        })
    }

    /// The execution once it is as wanted.
    pub(crate) fn until(
        &self,
        otherwise: &str,
        wanted: impl Fn(&Value) -> Result<bool, String>,
    ) -> Result<Value, String> {
        let workflow = eventually(|| {
            let workflow = self.workflow()?;
            Ok(if wanted(&workflow)? { Found::Yes(workflow) } else { Found::No(workflow) })
        })?;
        workflow.map_err(|last| format!("{otherwise}: {}", brief(&last)))
    }
}

/// A look at something that may change.
pub(crate) enum Found<T> {
    Yes(T),
    /// Not as wanted, not yet at least.
    No(Value),
}

/// Looks until it is found, or patience ends; then what was seen last.
pub(crate) fn eventually<T>(
    mut look: impl FnMut() -> Result<Found<T>, String>,
) -> Result<Result<T, Value>, String> {
    let begun = Instant::now();
    loop {
        match look()? {
            Found::Yes(found) => return Ok(Ok(found)),
            Found::No(last) if begun.elapsed() > PATIENCE => return Ok(Err(last)),
            Found::No(_) => sleep(LOOK),
        }
    }
}

/// An execution without what is long.
pub(crate) fn brief(workflow: &Value) -> String {
    let members = ["status", "compensation", "output", "error", "pending"];
    let shown = members.iter().filter(|name| !workflow[**name].is_null());
    shown.map(|name| format!("{name} {}", workflow[*name])).collect::<Vec<_>>().join(", ")
}
