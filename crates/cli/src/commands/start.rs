//! `tenure start NAME[@VERSION]`.

use super::follow;
use crate::client::{Body, path};
use crate::error::{Code, Error};
use crate::exit::Exit;
use crate::files;
use crate::output::{Kind, cell};
use crate::reference::Reference;
use crate::session::Session;
use clap::ValueEnum;
use http::Method;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// What `start` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// NAME or NAMESPACE/NAME, either with @VERSION; the newest version when none is given
    #[arg(value_name = "NAME")]
    reference: Reference,
    /// The input: JSON, `@FILE`, or `-` for stdin
    #[arg(short, long, default_value = "{}", value_name = "JSON|@FILE|-")]
    input: String,
    /// A key of yours: one open execution of the workflow has it at most
    #[arg(short, long)]
    key: Option<String>,
    /// What happens when an open execution has the key
    #[arg(long, value_enum, default_value_t)]
    on_conflict: OnConflict,
    /// A label that lists can be filtered by; may be given several times
    #[arg(short, long = "label", value_name = "NAME=VALUE", value_parser = label)]
    labels: Vec<(String, String)>,
    /// Start at this time (RFC 3339) instead of now
    #[arg(long, value_name = "TIME")]
    start_at: Option<String>,
    /// Wait for the end, at most this long where a duration is given (`30s`, `PT5M`)
    #[arg(short, long, num_args = 0..=1, require_equals = true, default_missing_value = "", value_name = "DURATION", value_parser = wait)]
    wait: Option<Wait>,
}

/// How long to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Until the end, whenever that is.
    Ever,
    /// At most this long.
    AtMost(Duration),
}

/// What happens when an open execution has the key.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum OnConflict {
    /// Fail with a conflict
    #[default]
    Fail,
    /// Take the open execution for the answer
    UseExisting,
    /// Terminate the open execution and start anew
    TerminateExisting,
}

impl OnConflict {
    fn word(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::UseExisting => "useExisting",
            Self::TerminateExisting => "terminateExisting",
        }
    }
}

/// One execution that was started or ended.
pub(crate) const EXECUTION: Kind = Kind { columns: &[], name: |item| cell(item, "/id") };

/// Starts, and waits if asked to.
pub(crate) async fn run(args: &Args, session: &Session) -> Result<Exit, Error> {
    let input = input(&args.input)?;
    let client = session.client()?;
    let namespace = args.reference.namespace(&client).await?;
    // A start is repeated by nobody here, but a proxy might; the key makes that harmless.
    let idempotency = [("idempotency-key", uuid::Uuid::new_v4().simple().to_string())];
    let body = Body::Json(body(args, &namespace, &input));
    let started =
        client.call(Method::POST, &path(&["v1", "workflows", "start"]), body, &idempotency).await?.body;
    let Some(wait) = args.wait else {
        session.output.one(&EXECUTION, &started);
        return Ok(Exit::Ok);
    };
    let id = cell(&started, "/id");
    session.output.talk(&format!("started {id}, waiting for its end"));
    let limit = match wait {
        Wait::Ever => None,
        Wait::AtMost(limit) => Some(limit),
    };
    follow::to_the_end(&client, &id, 0, limit, |_| {}).await?;
    let ended = follow::execution(&client, &id).await?;
    session.output.one(&EXECUTION, &outcome(&ended));
    conclude(&ended)
}

/// The exit code of an execution that was waited for, with an error that says why where it did not complete.
pub(crate) fn conclude(ended: &Value) -> Result<Exit, Error> {
    let status = cell(ended, "/status");
    match Exit::of_ended(&status) {
        Exit::Ok => Ok(Exit::Ok),
        exit => {
            let id = cell(ended, "/id");
            let why = match ended.pointer("/error") {
                None | Some(Value::Null) => String::new(),
                Some(error) => format!(": {}", error_line(error)),
            };
            Err(Error::new(Code::Ended, format!("`{id}` is {status}{why}"))
                .exit(exit)
                .next(format!("`tenure workflow show {id}` shows which task it was")))
        }
    }
}

/// An error of a workflow in one line.
pub(crate) fn error_line(error: &Value) -> String {
    let title = error.get("title").and_then(Value::as_str).unwrap_or("error");
    let status = error.get("status").and_then(Value::as_u64).map(|s| format!(" {s}")).unwrap_or_default();
    let detail = error.get("detail").and_then(Value::as_str).map(|d| format!(", {d}")).unwrap_or_default();
    let instance =
        error.get("instance").and_then(Value::as_str).map(|i| format!(" at {i}")).unwrap_or_default();
    format!("{title}{status}{instance}{detail}")
}

/// What somebody who waited wants to see: not everything.
fn outcome(ended: &Value) -> Value {
    let mut outcome = serde_json::Map::new();
    for field in [
        "id",
        "key",
        "status",
        "compensation",
        "workflow",
        "correlationId",
        "startedAt",
        "endedAt",
        "output",
        "error",
    ] {
        if let Some(value) = ended.get(field).filter(|value| !value.is_null()) {
            outcome.insert(field.into(), value.clone());
        }
    }
    Value::Object(outcome)
}

fn body(args: &Args, namespace: &str, input: &Value) -> Value {
    let mut workflow = json!({ "namespace": namespace, "name": args.reference.name });
    if let Some(version) = &args.reference.version {
        workflow["version"] = version.as_str().into();
    }
    let mut body = json!({ "workflow": workflow, "input": input });
    if let Some(key) = &args.key {
        body["key"] = key.as_str().into();
        body["onConflict"] = args.on_conflict.word().into();
    }
    if !args.labels.is_empty() {
        body["labels"] =
            args.labels.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
    }
    if let Some(at) = &args.start_at {
        body["startAt"] = at.as_str().into();
    }
    body
}

fn input(text: &str) -> Result<Value, Error> {
    let (text, origin) = match text.strip_prefix('@') {
        Some(file) => (files::read_file(Path::new(file))?.text, format!("`{file}`")),
        None if text == "-" => (files::read_stdin()?, "stdin".into()),
        None => (text.into(), "`--input`".into()),
    };
    serde_json::from_str(&text).map_err(|error| {
        Error::new(Code::Usage, format!("{origin} is not JSON: {error}"))
            .next("write it like `--input '{\"order\": \"A-17\"}'` or `--input @file.json`")
    })
}

fn label(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.into(), value.into())),
        _ => Err("expected NAME=VALUE".into()),
    }
}

fn wait(text: &str) -> Result<Wait, String> {
    if text.is_empty() {
        return Ok(Wait::Ever);
    }
    let ms = tenure_dsl::duration::parse_loose(text).map_err(|error| error.message)?;
    Ok(Wait::AtMost(Duration::from_millis(ms)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn args(line: &str) -> Args {
        Line::parse_from(["start"].into_iter().chain(line.split_whitespace())).args
    }

    #[test]
    fn a_plain_start_sends_only_what_is_needed() {
        let args = args("order");
        let body = body(&args, "shop", &json!({}));
        assert_eq!(body, json!({ "workflow": { "namespace": "shop", "name": "order" }, "input": {} }));
    }

    #[test]
    fn everything_that_is_given_is_sent() {
        let args = args(
            "shop/order@1.0.0 --key A-17 --on-conflict use-existing -l a=1 -l b=x=y --start-at 2027-01-01T00:00:00Z",
        );
        let expected = json!({
            "workflow": { "namespace": "shop", "name": "order", "version": "1.0.0" },
            "input": { "n": 1 },
            "key": "A-17",
            "onConflict": "useExisting",
            "labels": { "a": "1", "b": "x=y" },
            "startAt": "2027-01-01T00:00:00Z",
        });
        assert_eq!(body(&args, "shop", &json!({ "n": 1 })), expected);
    }

    #[test]
    fn wait_takes_a_duration_or_none() {
        assert_eq!(args("order").wait, None);
        assert_eq!(args("order --wait").wait, Some(Wait::Ever));
        assert_eq!(args("order --wait=5m").wait, Some(Wait::AtMost(Duration::from_mins(5))));
        assert_eq!(args("order --wait=PT0.5S").wait, Some(Wait::AtMost(Duration::from_millis(500))));
    }

    #[test]
    fn input_is_json_or_a_file_with_json() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("in.json");
        std::fs::write(&file, "{\"a\": [1]}").unwrap();
        assert_eq!(input(&format!("@{}", file.display())), Ok(json!({ "a": [1] })));
        assert_eq!(input("7"), Ok(json!(7)));
        assert_eq!(input("{a: 1}").unwrap_err().exit, Exit::Usage);
        assert_eq!(input("@/nonexistent").unwrap_err().exit, Exit::Failed);
    }

    #[test]
    fn a_faulted_execution_exits_with_7_and_says_where() {
        let ended = json!({ "id": "exe_1", "status": "faulted", "error": {
            "type": "x", "status": 500, "title": "Communication", "detail": "no courier", "instance": "/do/2/book",
        } });
        let error = conclude(&ended).unwrap_err();
        assert_eq!(error.exit, Exit::Faulted);
        assert!(error.render("c").starts_with(
            "error[CLI-0007]: `exe_1` is faulted: Communication 500 at /do/2/book, no courier\n"
        ));
        assert_eq!(conclude(&json!({ "id": "exe_1", "status": "completed" })), Ok(Exit::Ok));
        assert_eq!(
            conclude(&json!({ "id": "exe_1", "status": "cancelled" })).unwrap_err().exit,
            Exit::Failed
        );
    }
}
