//! `tenure definition apply|validate|list|show|enable|disable|delete|impact`.
//!
//! `diff`, `test` and `init` have files of their own.

use super::diff::Operand;
use super::{diff, init, page, trial};
use crate::client::{Body, Client, path};
use crate::diagnostic::Finding;
use crate::error::{Code, Error};
use crate::exit::Exit;
use crate::files::{self, Source};
use crate::output::{Column, Format, Kind, cell};
use crate::reference::Reference;
use crate::session::{Session, block_on};
use serde_json::{Value, json};
use std::path::PathBuf;
use tenure_dsl::graph;
use tenure_dsl::model::Document;

/// What can be done with definitions.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Register definitions with the server
    Apply(Files),
    /// Check definitions here, without a server
    Validate(Files),
    /// Run the test cases beside definitions here, without a server
    Test(trial::Args),
    /// Write a definition to start from, and its test file
    Init(init::Args),
    /// List what is registered
    List {
        /// Deleted versions too
        #[arg(long)]
        deleted: bool,
    },
    /// Show one definition as it was registered
    Show {
        /// NAME or NAMESPACE/NAME, either with @VERSION; the newest version when none is given. Or a file
        #[arg(value_name = "NAME")]
        what: Operand,
        /// Show its tasks and the ways between them: a Mermaid flowchart, or JSON with `-o json`
        #[arg(long)]
        graph: bool,
    },
    /// Show what differs between two versions, and what that means for executions
    Diff(diff::Args),
    /// Show how many executions run on which version
    Impact {
        /// NAME or NAMESPACE/NAME
        #[arg(value_name = "NAME")]
        reference: Reference,
    },
    /// Let a version take new starts
    Enable {
        /// NAME@VERSION or NAMESPACE/NAME@VERSION
        #[arg(value_name = "NAME@VERSION", value_parser = versioned)]
        reference: Reference,
    },
    /// Let a version take no new starts; what runs goes on
    Disable {
        /// NAME@VERSION or NAMESPACE/NAME@VERSION
        #[arg(value_name = "NAME@VERSION", value_parser = versioned)]
        reference: Reference,
    },
    /// Hide a version, which takes no new starts then; what runs goes on
    Delete {
        /// NAME@VERSION or NAMESPACE/NAME@VERSION
        #[arg(value_name = "NAME@VERSION", value_parser = versioned)]
        reference: Reference,
    },
}

/// What changes a version names it: the latest one is not the same for long.
fn versioned(text: &str) -> Result<Reference, String> {
    let reference: Reference = text.parse()?;
    match reference.version {
        Some(_) => Ok(reference),
        None => Err("expected NAME@VERSION or NAMESPACE/NAME@VERSION".into()),
    }
}

/// Where definitions are.
#[derive(Debug, clap::Args)]
pub(crate) struct Files {
    /// YAML or JSON files, directories, or `-` for stdin
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

const DEFINITIONS: Kind = Kind {
    columns: &[
        Column { title: "NAMESPACE", pointer: "/namespace" },
        Column { title: "NAME", pointer: "/name" },
        Column { title: "VERSION", pointer: "/version" },
        Column { title: "CREATED", pointer: "/createdAt" },
        Column { title: "ENABLED", pointer: "/enabled" },
        Column { title: "DIGEST", pointer: "/digest" },
    ],
    name: qualified,
};

const VERSIONS: Kind = Kind {
    columns: &[
        Column { title: "VERSION", pointer: "/version" },
        Column { title: "OPEN", pointer: "/open" },
        Column { title: "ENDED", pointer: "/ended" },
        Column { title: "ENABLED", pointer: "/enabled" },
        Column { title: "DELETED", pointer: "/deleted" },
        Column { title: "LATEST", pointer: "/latest" },
    ],
    name: |item| cell(item, "/version"),
};

const RESULTS: Kind = Kind {
    columns: &[
        Column { title: "DEFINITION", pointer: "/definition" },
        Column { title: "RESULT", pointer: "/result" },
        Column { title: "FILE", pointer: "/file" },
    ],
    name: |item| cell(item, "/definition"),
};

/// Does it.
pub(crate) fn run(command: Command, session: &Session) -> Result<Exit, Error> {
    match command {
        Command::Validate(files) => validate(&files, session),
        Command::Apply(files) => block_on(apply(&files, session)),
        Command::List { deleted } => block_on(list(deleted, session)),
        Command::Test(args) => trial::run(&args, session),
        Command::Init(args) => init::run(&args, session),
        Command::Show { what, graph } => show(&what, graph, session),
        Command::Diff(args) => diff::run(&args, session),
        Command::Impact { reference } => block_on(impact(&reference, session)),
        Command::Enable { reference } => block_on(change(&reference, "enable", session)),
        Command::Disable { reference } => block_on(change(&reference, "disable", session)),
        Command::Delete { reference } => block_on(delete(&reference, session)),
    }
}

fn validate(files: &Files, session: &Session) -> Result<Exit, Error> {
    let sources = files::read_all(&files.files)?;
    let mut results = Vec::new();
    let mut invalid = 0;
    for source in &sources {
        match tenure_dsl::load(&source.text) {
            Ok(definition) => results.push(json!({
                "definition": definition.id.to_string(), "result": "valid", "file": source.name,
            })),
            // What only a server can read is not held against a text.
            Err(diagnostics) if diagnostics.iter().all(unread) => results.push(json!({
                "definition": defined(&source.text), "result": "valid, without its resources", "file": source.name,
            })),
            Err(diagnostics) => {
                invalid += 1;
                let findings: Vec<Finding> = diagnostics.into_iter().map(Finding::from).collect();
                explain(session, source, &findings);
            }
        }
    }
    session.output.many(&RESULTS, &results);
    conclude(invalid, sources.len())
}

/// Whether all that is wrong is that a resource was not read here.
fn unread(diagnostic: &tenure_dsl::Diagnostic) -> bool {
    diagnostic.code == tenure_dsl::Code::ResourceUnavailable
}

fn defined(text: &str) -> String {
    tenure_dsl::Draft::read(text).id().map(|id| id.to_string()).unwrap_or_default()
}

async fn apply(files: &Files, session: &Session) -> Result<Exit, Error> {
    let sources = files::read_all(&files.files)?;
    let client = session.client()?;
    let mut results = Vec::new();
    let mut failures = Vec::new();
    for source in &sources {
        match register(&client, &source.text).await {
            Ok(Registered { definition, result }) => results.push(json!({
                "definition": definition, "result": result, "file": source.name,
            })),
            Err(error) => {
                explain(session, source, &error.findings);
                failures.push(error);
            }
        }
    }
    session.output.many(&RESULTS, &results);
    match failures.len() {
        0 => Ok(Exit::Ok),
        1 => Err(failures.remove(0)),
        count => {
            for error in &failures {
                session.output.error(error);
            }
            conclude(count, sources.len())
        }
    }
}

/// What the server made of a definition.
#[derive(Debug)]
pub(crate) struct Registered {
    /// `namespace/name@version`
    pub(crate) definition: String,
    /// `created`, or `unchanged` where it had exactly this.
    pub(crate) result: &'static str,
}

/// Registers one definition.
pub(crate) async fn register(client: &Client, text: &str) -> Result<Registered, Error> {
    let answer = client.post(&path(&["v1", "workflow-definitions"]), Body::Yaml(text.into())).await?;
    let result = if answer.status.as_u16() == 201 { "created" } else { "unchanged" };
    Ok(Registered { definition: qualified(&answer.body), result })
}

async fn list(deleted: bool, session: &Session) -> Result<Exit, Error> {
    let fields = [("deleted", deleted.then(|| "true".to_owned()))];
    let items = page::all(&session.client()?, &path(&["v1", "workflow-definitions"]), &fields).await?;
    session.output.many(&DEFINITIONS, &items);
    Ok(Exit::Ok)
}

fn show(what: &Operand, graph: bool, session: &Session) -> Result<Exit, Error> {
    match what {
        Operand::File(file) => {
            let document = diff::read(file, session)?;
            if graph {
                return show_graph(&document.to_string(), session);
            }
            session.output.one(&DEFINITIONS, &document);
            Ok(Exit::Ok)
        }
        Operand::Registered(reference) => block_on(show_registered(reference, graph, session)),
    }
}

fn show_graph(text: &str, session: &Session) -> Result<Exit, Error> {
    let document = Document::from_text(text).map_err(|_| {
        Error::new(Code::Answer, "the server has a definition that this program does not understand")
            .next("use a program of the server's version")
    })?;
    let graph = graph::of(&document);
    match session.output.format() {
        Format::Table | Format::Name => session.output.data(&graph.to_mermaid()),
        Format::Json | Format::Jsonl | Format::Yaml => session.output.one(&DEFINITIONS, &graph.to_json()),
    }
    Ok(Exit::Ok)
}

async fn show_registered(reference: &Reference, graph: bool, session: &Session) -> Result<Exit, Error> {
    let body = registered(&session.client()?, reference).await?;
    if graph {
        return show_graph(&cell_text(&body, "text"), session);
    }
    match (session.output.format(), body.get("text").and_then(Value::as_str)) {
        (Format::Table, Some(text)) => {
            session.output.talk(&format!("{}  {}", qualified(&body), cell(&body, "/digest")));
            session.output.data(text);
        }
        _ => session.output.one(&DEFINITIONS, &body),
    }
    Ok(Exit::Ok)
}

/// A definition as the server has it: the newest version when the reference names none.
pub(crate) async fn registered(client: &Client, reference: &Reference) -> Result<Value, Error> {
    let namespace = reference.namespace(client).await?;
    Ok(client.get(&target(&namespace, reference, &[])).await?.body)
}

/// The address of a definition, of its version when the reference names one, and of what is below it.
fn target(namespace: &str, reference: &Reference, below: &[&str]) -> String {
    let mut segments = vec!["v1", "workflow-definitions", namespace, &reference.name];
    if let Some(version) = &reference.version {
        segments.extend(["versions", version]);
    }
    segments.extend(below);
    path(&segments)
}

async fn change(reference: &Reference, verb: &str, session: &Session) -> Result<Exit, Error> {
    let client = session.client()?;
    let namespace = reference.namespace(&client).await?;
    let body = client.post(&target(&namespace, reference, &[verb]), Body::Empty).await?.body;
    session.output.one(&DEFINITIONS, &body);
    Ok(Exit::Ok)
}

async fn delete(reference: &Reference, session: &Session) -> Result<Exit, Error> {
    let client = session.client()?;
    let namespace = reference.namespace(&client).await?;
    let body = client.delete(&target(&namespace, reference, &[])).await?.body;
    session.output.one(&DEFINITIONS, &body);
    Ok(Exit::Ok)
}

async fn impact(reference: &Reference, session: &Session) -> Result<Exit, Error> {
    let client = session.client()?;
    let namespace = reference.namespace(&client).await?;
    let name = Reference { version: None, ..reference.clone() };
    let body = client.get(&target(&namespace, &name, &["impact"])).await?.body;
    let versions = body.get("versions").and_then(Value::as_array).cloned().unwrap_or_default();
    match session.output.format() {
        Format::Json | Format::Yaml => session.output.one(&VERSIONS, &body),
        Format::Table | Format::Jsonl | Format::Name => session.output.many(&VERSIONS, &versions),
    }
    Ok(Exit::Ok)
}

/// Shows what is wrong with a text, each thing with its line.
pub(crate) fn explain(session: &Session, source: &Source, findings: &[Finding]) {
    for finding in findings {
        session.output.talk(&finding.render(&source.name, &source.text));
    }
}

fn conclude(invalid: usize, total: usize) -> Result<Exit, Error> {
    if invalid == 0 {
        return Ok(Exit::Ok);
    }
    Err(Error::new(Code::Definition, format!("{invalid} of {total} definitions not valid"))
        .next("correct what is listed above and try again"))
}

fn cell_text(body: &Value, field: &str) -> String {
    body.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn qualified(item: &Value) -> String {
    format!("{}/{}@{}", cell(item, "/namespace"), cell(item, "/name"), cell(item, "/version"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_is_named_in_full() {
        let item = json!({ "namespace": "shop", "name": "order", "version": "1.0.0" });
        assert_eq!(DEFINITIONS.many(Format::Name, &[item]), "shop/order@1.0.0\n");
    }

    #[test]
    fn one_invalid_definition_fails_the_command() {
        assert_eq!(conclude(0, 3), Ok(Exit::Ok));
        let error = conclude(1, 3).unwrap_err();
        assert_eq!(error.exit, Exit::Failed);
        assert!(error.render("c").starts_with("error[CLI-0003]: 1 of 3 definitions not valid\n"));
    }
}
