//! `tenure event send`.

use crate::client::{Body, path};
use crate::error::{Code, Error};
use crate::exit::Exit;
use crate::files;
use crate::output::{Column, Kind, cell};
use crate::session::Session;
use serde_json::{Value, json};
use std::path::PathBuf;

/// What can be done with events.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Publish `CloudEvents` to whoever listens, and to what they start
    Send(Send),
}

/// Either a file, or an event made from these words.
#[derive(Debug, clap::Args)]
pub(crate) struct Send {
    /// A `CloudEvent` as JSON, or a list of them; `-` reads stdin
    #[arg(value_name = "FILE", required_unless_present = "kind", conflicts_with_all = ["kind", "source", "id", "payload"])]
    file: Option<PathBuf>,
    /// What happened, such as `com.example.order.paid`
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Where it happened
    #[arg(long, default_value = "urn:tenure:cli", value_name = "URI")]
    source: String,
    /// The event's id: a repetition bears the same; a new one when none is given
    #[arg(long)]
    id: Option<String>,
    /// What it carries
    #[arg(long, value_name = "JSON", value_parser = super::json_value)]
    payload: Option<Value>,
}

const ACCEPTED: Kind = Kind {
    columns: &[
        Column { title: "ACCEPTED", pointer: "/accepted" },
        Column { title: "DELIVERIES", pointer: "/deliveries" },
        Column { title: "STARTED", pointer: "/started" },
    ],
    name: |item| cell(item, "/accepted"),
};

/// Does it.
pub(crate) async fn run(command: Command, session: &Session) -> Result<Exit, Error> {
    let Command::Send(args) = command;
    let events = events(args)?;
    let answer = session.client()?.post(&path(&["v1", "events"]), Body::Events(events)).await?;
    session.output.one(&ACCEPTED, &answer.body);
    Ok(Exit::Ok)
}

fn events(args: Send) -> Result<Value, Error> {
    let Send { file, kind, source, id, payload } = args;
    let Some(file) = file else {
        let id = id.unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
        let mut event = json!({ "specversion": "1.0", "id": id, "source": source, "type": kind });
        if let Some(data) = payload {
            event["datacontenttype"] = "application/json".into();
            event["data"] = data;
        }
        return Ok(event);
    };
    let (text, origin) = if file.as_os_str() == "-" {
        (files::read_stdin()?, "stdin".to_owned())
    } else {
        (files::read_file(&file)?.text, format!("`{}`", file.display()))
    };
    serde_json::from_str(&text).map_err(|error| {
        Error::new(Code::Usage, format!("{origin} is not JSON: {error}")).next(
            "an event is written like `{\"specversion\": \"1.0\", \"id\": …, \"source\": …, \"type\": …}`",
        )
    })
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

    fn sent(words: &[&str]) -> Option<Value> {
        let Line { command: Command::Send(args) } =
            Line::try_parse_from(["event", "send"].iter().chain(words)).ok()?;
        Some(events(args).unwrap())
    }

    #[test]
    fn an_event_is_made_from_words() {
        let event = sent(&["--type", "paid", "--id", "7", "--payload", "{\"order\":1}"]).unwrap();
        let expected = json!({
            "specversion": "1.0", "id": "7", "source": "urn:tenure:cli", "type": "paid",
            "datacontenttype": "application/json", "data": { "order": 1 },
        });
        assert_eq!(event, expected);
        assert_ne!(sent(&["--type", "paid"]).unwrap()["id"], sent(&["--type", "paid"]).unwrap()["id"]);
    }

    #[test]
    fn an_event_comes_from_a_file_or_from_words() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("event.json");
        std::fs::write(&file, "[{\"id\":\"1\"}]").unwrap();
        let file = file.to_str().unwrap();
        assert_eq!(sent(&[file]), Some(json!([{ "id": "1" }])));
        assert_eq!(sent(&[]), None);
        assert_eq!(sent(&[file, "--type", "paid"]), None);
        assert_eq!(sent(&["--type", "paid", "--payload", "{"]), None);
    }
}
