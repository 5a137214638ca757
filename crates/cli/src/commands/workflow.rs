//! `tenure workflow list|show|history|watch|cancel|terminate|signal|resolve`.

use super::start::conclude;
use super::{follow, json_value, page};
use crate::client::{Body, Client, path, query};
use crate::error::Error;
use crate::exit::Exit;
use crate::output::{Column, Format, Kind, cell};
use crate::session::Session;
use crate::tree;
use serde_json::{Value, json};

/// What can be done with executions.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List executions, the newest first
    List(List),
    /// Show one execution and its tasks
    Show {
        /// The execution
        id: String,
    },
    /// Print the history of an execution
    History {
        /// The execution
        id: String,
        /// Only what came after this sequence number
        #[arg(long, default_value_t = 0)]
        after: u64,
        /// At most this many events
        #[arg(long, default_value_t = 1_000)]
        limit: usize,
    },
    /// Print the history as it happens, until the execution ends; exits with 7 when it faulted
    Watch {
        /// The execution
        id: String,
        /// Only what comes after this sequence number
        #[arg(long, default_value_t = 0)]
        after: u64,
    },
    /// Ask an execution to end; work in flight may finish
    Cancel {
        /// The execution
        id: String,
        /// Undo what was done
        #[arg(long)]
        compensate: bool,
        /// Why: kept in the history
        #[arg(long)]
        reason: Option<String>,
    },
    /// End an execution at once: nothing is undone
    Terminate {
        /// The execution
        id: String,
        /// Why: kept in the history
        #[arg(long)]
        reason: Option<String>,
    },
    /// Tell an execution something: it is kept until a `listen` wants it
    Signal(Signal),
    /// Settle a task whose outcome is unknown, or an undo that failed
    Resolve(Resolve),
}

/// Which executions.
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    /// Only these statuses, separated by commas
    #[arg(long)]
    status: Option<String>,
    /// Only executions of this definition: NAME or NAMESPACE/NAME, either with @VERSION
    #[arg(long)]
    definition: Option<String>,
    /// Only the executions with this key
    #[arg(long)]
    key: Option<String>,
    /// Only what belongs to this correlation id
    #[arg(long)]
    correlation_id: Option<String>,
    /// Only what started after this time
    #[arg(long, value_name = "TIME")]
    started_after: Option<String>,
    /// Only what started before this time
    #[arg(long, value_name = "TIME")]
    started_before: Option<String>,
    /// The API's filter, such as `status = faulted AND duration > 5m`
    #[arg(long)]
    filter: Option<String>,
    /// The order, such as `startedAt desc`
    #[arg(long)]
    order_by: Option<String>,
    /// At most this many
    #[arg(long, default_value_t = 50)]
    limit: usize,
}

/// What an execution is told.
#[derive(Debug, clap::Args)]
pub(crate) struct Signal {
    /// The execution
    id: String,
    /// What a `listen` knows it by: the `type` of the event that it becomes
    #[arg(long, default_value = "signal")]
    name: String,
    /// What it carries
    #[arg(long, value_name = "JSON", default_value = "{}", value_parser = json_value)]
    payload: Value,
    /// Its own id: a repetition bears the same; a new one when none is given
    #[arg(long)]
    signal_id: Option<String>,
}

/// How a task is settled.
#[derive(Debug, clap::Args)]
pub(crate) struct Resolve {
    /// The execution
    id: String,
    /// The task's reference, such as `/do/1/charge`
    task: String,
    #[command(flatten)]
    how: How,
    /// Why it failed: kept in the history
    #[arg(long, requires = "fail")]
    reason: Option<String>,
    /// Which activation, where the task has several open ones: `pending` of `workflow show -o json` has the numbers
    #[arg(long)]
    frame: Option<u32>,
}

/// Exactly one of these.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(crate) struct How {
    /// Try again
    #[arg(long)]
    retry: bool,
    /// Leave this undo out
    #[arg(long)]
    skip: bool,
    /// It was executed: go on with this output
    #[arg(long, value_name = "JSON", value_parser = json_value)]
    complete: Option<Value>,
    /// It was not executed: fault the task
    #[arg(long)]
    fail: bool,
}

/// Children that are shown with their parent.
const CHILDREN_MAX: usize = 100;

const EXECUTIONS: Kind = Kind {
    columns: &[
        Column { title: "ID", pointer: "/id" },
        Column { title: "WORKFLOW", pointer: "/workflow/name" },
        Column { title: "VERSION", pointer: "/workflow/version" },
        Column { title: "KEY", pointer: "/key" },
        Column { title: "STATUS", pointer: "/status" },
        Column { title: "COMPENSATION", pointer: "/compensation" },
        Column { title: "STARTED", pointer: "/startedAt" },
        Column { title: "ENDED", pointer: "/endedAt" },
    ],
    name: |item| cell(item, "/id"),
};

const EVENTS: Kind = Kind {
    columns: &[
        Column { title: "SEQ", pointer: "/seq" },
        Column { title: "AT", pointer: "/at" },
        Column { title: "TYPE", pointer: "/type" },
        Column { title: "TASK", pointer: "/task" },
        Column { title: "ITERATION", pointer: "/iteration" },
        Column { title: "ATTEMPT", pointer: "/attempt" },
        Column { title: "ERROR", pointer: "/error/detail" },
    ],
    name: |item| cell(item, "/seq"),
};

/// Does it.
pub(crate) async fn run(command: Command, session: &Session) -> Result<Exit, Error> {
    let client = session.client()?;
    match command {
        Command::List(args) => list(&args, session, &client).await,
        Command::Show { id } => show(&id, session, &client).await,
        Command::History { id, after, limit } => history(&id, after, limit, session, &client).await,
        Command::Watch { id, after } => watch(&id, after, session, &client).await,
        Command::Cancel { id, compensate, reason } => {
            act(session, &client, &id, "cancel", with_reason(json!({ "compensate": compensate }), reason))
                .await
        }
        Command::Terminate { id, reason } => {
            act(session, &client, &id, "terminate", with_reason(json!({}), reason)).await
        }
        Command::Signal(Signal { id, name, payload, signal_id }) => {
            // Without an id a proxy that repeats the request would signal twice.
            let signal_id = signal_id.unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
            let body = json!({ "name": name, "id": signal_id, "data": payload });
            act(session, &client, &id, "signal", body).await
        }
        Command::Resolve(args) => {
            let target = path(&["v1", "workflows", &args.id, "tasks", &args.task, "resolve"]);
            let answer = client.post(&target, Body::Json(resolution(&args))).await?;
            session.output.one(&EXECUTIONS, &answer.body);
            Ok(Exit::Ok)
        }
    }
}

async fn list(args: &List, session: &Session, client: &Client) -> Result<Exit, Error> {
    let fields = [
        ("status", args.status.clone()),
        ("definition", args.definition.clone()),
        ("key", args.key.clone()),
        ("correlationId", args.correlation_id.clone()),
        ("startedAfter", args.started_after.clone()),
        ("startedBefore", args.started_before.clone()),
        ("filter", args.filter.clone()),
        ("orderBy", args.order_by.clone()),
    ];
    let found = page::up_to(client, &path(&["v1", "workflows"]), &fields, args.limit).await?;
    session.output.many(&EXECUTIONS, &found.items);
    if found.more {
        session.output.talk(&format!("the first {} are shown; `--limit` shows more", found.items.len()));
    }
    Ok(Exit::Ok)
}

async fn show(id: &str, session: &Session, client: &Client) -> Result<Exit, Error> {
    let execution = follow::execution(client, id).await?;
    if session.output.format() != Format::Table {
        session.output.one(&EXECUTIONS, &execution);
        return Ok(Exit::Ok);
    }
    let tasks = client.get(&path(&["v1", "workflows", id, "tasks"])).await?.body;
    let children =
        page::up_to(client, &path(&["v1", "workflows", id, "children"]), &[], CHILDREN_MAX).await?;
    let children = json!({ "items": children.items });
    session.output.data(&tree::render(&execution, &tasks, &children, session.output.style()));
    Ok(Exit::Ok)
}

async fn history(
    id: &str,
    after: u64,
    limit: usize,
    session: &Session,
    client: &Client,
) -> Result<Exit, Error> {
    let mut items: Vec<Value> = Vec::new();
    let mut after = after;
    while items.len() < limit {
        let wanted = (limit - items.len()).min(tenure_types::limits::PAGE_ITEMS_MAX);
        let fields = [("after", Some(after.to_string())), ("limit", Some(wanted.to_string()))];
        let target = format!("{}{}", path(&["v1", "workflows", id, "history"]), query(&fields));
        let mut body = client.get(&target).await?.body;
        let Some(Value::Array(page)) = body.get_mut("items").map(Value::take) else { break };
        if page.is_empty() {
            break;
        }
        items.extend(page);
        after = body.get("nextAfter").and_then(Value::as_u64).unwrap_or(after);
    }
    session.output.many(&EVENTS, &items);
    Ok(Exit::Ok)
}

async fn watch(id: &str, after: u64, session: &Session, client: &Client) -> Result<Exit, Error> {
    let format = session.output.format();
    let show = |event: &Value| match format {
        Format::Table => session.output.data(&tree::event_line(event, session.output.style())),
        Format::Name => session.output.data(&EVENTS.one(format, event)),
        // A stream has no end to wait for, so each event is a document of its own.
        Format::Json | Format::Jsonl => session.output.data(&EVENTS.one(Format::Jsonl, event)),
        Format::Yaml => session.output.data(&format!("---\n{}", EVENTS.one(format, event))),
    };
    follow::to_the_end(client, id, after, None, show).await?;
    conclude(&follow::execution(client, id).await?)
}

async fn act(session: &Session, client: &Client, id: &str, verb: &str, body: Value) -> Result<Exit, Error> {
    let answer = client.post(&path(&["v1", "workflows", id, verb]), Body::Json(body)).await?;
    session.output.one(&EXECUTIONS, &answer.body);
    Ok(Exit::Ok)
}

fn with_reason(mut body: Value, reason: Option<String>) -> Value {
    if let Some(reason) = reason {
        body["reason"] = reason.into();
    }
    body
}

fn resolution(args: &Resolve) -> Value {
    let How { retry, skip, complete, fail: _ } = &args.how;
    let mut body = match (retry, skip, complete) {
        (true, _, _) => json!({ "action": "retry" }),
        (_, true, _) => json!({ "action": "skip" }),
        (_, _, Some(output)) => json!({ "action": "complete", "output": output }),
        (false, false, None) => json!({ "action": "fail" }),
    };
    if let Some(frame) = args.frame {
        body["frame"] = frame.into();
    }
    with_reason(body, args.reason.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(subcommand)]
        command: Command,
    }

    fn resolution_of(line: &str) -> Option<Value> {
        match Line::try_parse_from(
            ["workflow", "resolve", "exe_1", "/do/0/x"].into_iter().chain(line.split_whitespace()),
        ) {
            Ok(Line { command: Command::Resolve(args) }) => Some(resolution(&args)),
            _ => None,
        }
    }

    #[test]
    fn a_resolution_says_exactly_one_thing() {
        assert_eq!(resolution_of("--retry"), Some(json!({ "action": "retry" })));
        assert_eq!(resolution_of("--skip --frame 7"), Some(json!({ "action": "skip", "frame": 7 })));
        assert_eq!(
            resolution_of("--complete {\"a\":1}"),
            Some(json!({ "action": "complete", "output": { "a": 1 } }))
        );
        assert_eq!(
            resolution_of("--fail --reason lost"),
            Some(json!({ "action": "fail", "reason": "lost" }))
        );
        assert_eq!(resolution_of("--retry --fail"), None);
        assert_eq!(resolution_of("--complete {"), None);
        assert_eq!(resolution_of(""), None);
    }

    #[test]
    fn a_reason_is_sent_only_when_given() {
        assert_eq!(with_reason(json!({}), None), json!({}));
        assert_eq!(with_reason(json!({}), Some("x".into())), json!({ "reason": "x" }));
    }

    #[test]
    fn lists_name_executions_by_their_ids() {
        assert_eq!(EXECUTIONS.many(Format::Name, &[json!({ "id": "exe_1" })]), "exe_1\n");
    }
}
