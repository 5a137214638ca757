//! `tenure definition diff`: what differs between two versions, or between a version and a file.
//!
//! Two registered versions of one definition are compared by the server, which also knows what runs on them. What
//! involves a file is compared here.

use super::definition::{explain, registered};
use crate::client::{Client, path, query};
use crate::diagnostic::Finding;
use crate::error::{Code, Error};
use crate::exit::Exit;
use crate::files::{self, Source};
use crate::output::{Column, Format, Kind, Style, cell};
use crate::reference::Reference;
use crate::session::{Session, block_on};
use serde_json::{Value, json};
use std::path::Path;
use std::str::FromStr;
use tenure_dsl::diff::{self, Change};
use tenure_dsl::model::Document;

/// What is compared.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// NAME@VERSION, or a file. A file alone is compared with the newest registered version, a version with the one before
    #[arg(value_name = "FROM")]
    from: Operand,
    /// NAME@VERSION, or a file
    #[arg(value_name = "TO")]
    to: Option<Operand>,
}

/// One side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Operand {
    /// A file, or `-` for stdin.
    File(String),
    /// What is registered.
    Registered(Reference),
}

impl FromStr for Operand {
    type Err = String;

    /// What looks like a file is one; a definition's name has no dot.
    fn from_str(text: &str) -> Result<Self, String> {
        let end = Path::new(text).extension().and_then(|end| end.to_str());
        if text == "-" || matches!(end, Some("yaml" | "yml" | "json")) {
            return Ok(Self::File(text.into()));
        }
        text.parse().map(Self::Registered)
    }
}

const CHANGES: Kind = Kind {
    columns: &[
        Column { title: "CHANGE", pointer: "/change" },
        Column { title: "PLACE", pointer: "/pointer" },
        Column { title: "FROM", pointer: "/from" },
        Column { title: "TO", pointer: "/to" },
    ],
    name: |item| cell(item, "/pointer"),
};

/// Compares.
pub(crate) fn run(args: &Args, session: &Session) -> Result<Exit, Error> {
    let body = match (&args.from, &args.to) {
        (Operand::File(from), Some(Operand::File(to))) => {
            let (from, to) = (read(from, session)?, read(to, session)?);
            between(&from, &to)
        }
        _ => return block_on(with_server(args, session)),
    };
    show(&body, session);
    Ok(Exit::Ok)
}

async fn with_server(args: &Args, session: &Session) -> Result<Exit, Error> {
    let client = session.client()?;
    let body = match (&args.from, &args.to) {
        (Operand::Registered(one), None) => on_server(&client, None, one).await?,
        (Operand::Registered(from), Some(Operand::Registered(to)))
            if from.name == to.name && from.namespace == to.namespace =>
        {
            on_server(&client, Some(from), to).await?
        }
        (Operand::File(file), None) => {
            let to = read(file, session)?;
            let name = |field| to.pointer(field).and_then(Value::as_str).map(str::to_owned);
            let reference = Reference {
                namespace: name("/document/namespace"),
                name: name("/document/name").unwrap_or_default(),
                version: None,
            };
            between(&document(&client, &reference).await?, &to)
        }
        (from, to) => {
            let from = side(&client, from, session).await?;
            let to = side(&client, to.as_ref().expect("the other cases have been"), session).await?;
            between(&from, &to)
        }
    };
    show(&body, session);
    Ok(Exit::Ok)
}

async fn side(client: &Client, operand: &Operand, session: &Session) -> Result<Value, Error> {
    match operand {
        Operand::File(file) => read(file, session),
        Operand::Registered(reference) => document(client, reference).await,
    }
}

async fn document(client: &Client, reference: &Reference) -> Result<Value, Error> {
    let mut body = registered(client, reference).await?;
    Ok(body.get_mut("document").map(Value::take).unwrap_or_default())
}

async fn on_server(client: &Client, from: Option<&Reference>, to: &Reference) -> Result<Value, Error> {
    let namespace = to.namespace(client).await?;
    let fields = [("from", from.and_then(|from| from.version.clone())), ("to", to.version.clone())];
    let target = path(&["v1", "workflow-definitions", &namespace, &to.name, "diff"]);
    Ok(client.get(&format!("{target}{}", query(&fields))).await?.body)
}

/// The document of a file, as a server would show it.
pub(super) fn read(file: &str, session: &Session) -> Result<Value, Error> {
    let source = match file {
        "-" => Source { name: "<stdin>".into(), text: files::read_stdin()? },
        file => files::read_file(Path::new(file))?,
    };
    Document::from_text(&source.text).map(|document| document.to_json()).map_err(|diagnostics| {
        let findings: Vec<Finding> = diagnostics.into_iter().map(Finding::from).collect();
        explain(session, &source, &findings);
        Error::new(Code::Definition, format!("`{}` is no definition", source.name))
            .next("correct what is listed above and try again")
    })
}

/// The same shape as the server's answer, without what only the server knows.
fn between(from: &Value, to: &Value) -> Value {
    let found = diff::documents(from, to);
    let change = |change: &Change| {
        let Change { task, kind, pointer, from, to } = change;
        let mut shown = json!({ "change": kind.as_str(), "pointer": pointer });
        for (field, value) in [("from", from), ("to", to)] {
            if let Some(value) = value {
                shown[field] = value.clone();
            }
        }
        if let Some(task) = task {
            shown["task"] = task.as_str().into();
        }
        shown
    };
    json!({
        "same": found.changes.iter().all(|change| change.pointer == "/document/version"),
        "changes": found.changes.iter().map(change).collect::<Vec<_>>(),
        "more": found.more,
    })
}

fn show(body: &Value, session: &Session) {
    let changes = body.get("changes").and_then(Value::as_array).cloned().unwrap_or_default();
    match session.output.format() {
        Format::Json | Format::Yaml => session.output.one(&CHANGES, body),
        Format::Jsonl | Format::Name => session.output.many(&CHANGES, &changes),
        Format::Table => session.output.data(&table(&changes, session.output.style())),
    }
    if body.get("more") == Some(&Value::Bool(true)) {
        session.output.talk("there are more differences than are shown");
    }
    let effect = body.get("effect").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for sentence in effect.iter().filter_map(Value::as_str) {
        session.output.talk(sentence);
    }
}

/// One line a change, in the colour of what happened.
fn table(changes: &[Value], style: Style) -> String {
    let line = |change: &Value| {
        let [place, from, to] = ["/pointer", "/from", "/to"].map(|pointer| cell(change, pointer));
        match change.get("change").and_then(Value::as_str).unwrap_or_default() {
            "added" => style.good(&format!("+ {place}: {to}")),
            "removed" => style.bad(&format!("- {place}: {from}")),
            "moved" => style.warn(&format!("> {place}: from place {from} to place {to}")),
            _ => style.warn(&format!("~ {place}: {from} -> {to}")),
        }
    };
    changes.iter().map(|change| line(change) + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn what_looks_like_a_file_is_one() {
        for file in ["order.yaml", "a/order.yml", "./x.json", "-"] {
            assert_eq!(file.parse(), Ok(Operand::File(file.into())), "{file}");
        }
        for reference in ["order", "order@1.0.0", "shop/order@1.0.0"] {
            assert!(matches!(reference.parse(), Ok(Operand::Registered(_))), "{reference}");
        }
        assert!("a/b/c".parse::<Operand>().is_err());
    }

    #[test]
    fn each_change_is_a_line() {
        let at = |version: &str, tasks: Value| json!({ "document": { "version": version }, "do": tasks });
        let from = at("1.0.0", json!([{ "a": { "wait": "PT1S" } }, { "b": { "wait": "PT1S" } }]));
        let to = at("1.1.0", json!([{ "c": { "wait": "PT1S" } }, { "a": { "wait": "PT2S" } }]));
        let body = between(&from, &to);
        expect![[r#"
            ~ /document/version: 1.0.0 -> 1.1.0
            - /do/1/b: {"wait":"PT1S"}
            + /do/0/c: {"wait":"PT1S"}
            ~ /do/1/a/wait: PT1S -> PT2S
        "#]]
        .assert_eq(&table(body["changes"].as_array().unwrap(), Style::Plain));
        assert_eq!(body["changes"][3]["task"], "/do/1/a");
        assert_eq!(body["same"], false);
    }

    #[test]
    fn another_version_of_the_same_content_is_the_same() {
        let at = |version: &str| json!({ "document": { "version": version }, "do": [] });
        assert_eq!(between(&at("1.0.0"), &at("1.0.1"))["same"], true);
    }
}
