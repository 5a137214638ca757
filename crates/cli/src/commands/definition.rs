//! `tenure definition apply|validate|list|show`.

use super::page;
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

/// What can be done with definitions.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Register definitions with the server
    Apply(Files),
    /// Check definitions here, without a server
    Validate(Files),
    /// List what is registered
    List,
    /// Show one definition as it was registered
    Show {
        /// NAME or NAMESPACE/NAME, either with @VERSION; the newest version when none is given
        #[arg(value_name = "NAME")]
        reference: Reference,
    },
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
        Column { title: "DIGEST", pointer: "/digest" },
    ],
    name: qualified,
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
        Command::List => block_on(list(session)),
        Command::Show { reference } => block_on(show(&reference, session)),
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

async fn list(session: &Session) -> Result<Exit, Error> {
    let items = page::all(&session.client()?, &path(&["v1", "workflow-definitions"]), &[]).await?;
    session.output.many(&DEFINITIONS, &items);
    Ok(Exit::Ok)
}

async fn show(reference: &Reference, session: &Session) -> Result<Exit, Error> {
    let client = session.client()?;
    let namespace = reference.namespace(&client).await?;
    let target = match &reference.version {
        Some(version) => {
            path(&["v1", "workflow-definitions", &namespace, &reference.name, "versions", version])
        }
        None => path(&["v1", "workflow-definitions", &namespace, &reference.name]),
    };
    let body = client.get(&target).await?.body;
    match (session.output.format(), body.get("text").and_then(Value::as_str)) {
        (Format::Table, Some(text)) => {
            session.output.talk(&format!("{}  {}", qualified(&body), cell(&body, "/digest")));
            session.output.data(text);
        }
        _ => session.output.one(&DEFINITIONS, &body),
    }
    Ok(Exit::Ok)
}

fn explain(session: &Session, source: &Source, findings: &[Finding]) {
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
