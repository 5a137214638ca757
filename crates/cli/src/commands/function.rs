//! `tenure function apply|list|show|delete`.

use super::page;
use crate::client::{Body, path};
use crate::diagnostic::Finding;
use crate::error::{Code, Error};
use crate::exit::Exit;
use crate::files;
use crate::output::{Column, Format, Kind, cell};
use crate::session::Session;
use http::Method;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::str::FromStr;

/// What can be done with the functions of the catalog.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Put a function into the catalog
    Apply {
        /// NAME:VERSION, as in `call: NAME:VERSION@default`
        #[arg(value_name = "NAME:VERSION")]
        id: FunctionRef,
        /// A YAML or JSON file that holds a task, or `-` for stdin
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// List what is in the catalog
    List,
    /// Show a function as it was put
    Show {
        /// NAME:VERSION
        #[arg(value_name = "NAME:VERSION")]
        id: FunctionRef,
    },
    /// Hide a function; definitions that were registered with it keep it
    Delete {
        /// NAME:VERSION
        #[arg(value_name = "NAME:VERSION")]
        id: FunctionRef,
    },
}

/// A function as it is written on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FunctionRef {
    name: String,
    version: String,
}

impl FromStr for FunctionRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some((name, version)) if !name.is_empty() && !version.is_empty() => {
                Ok(Self { name: name.into(), version: version.into() })
            }
            _ => Err(format!("`{text}` is not NAME:VERSION")),
        }
    }
}

impl FunctionRef {
    fn target(&self) -> String {
        path(&["v1", "functions", &self.name, &self.version])
    }
}

const FUNCTIONS: Kind = Kind {
    columns: &[
        Column { title: "NAME", pointer: "/name" },
        Column { title: "VERSION", pointer: "/version" },
        Column { title: "CREATED", pointer: "/createdAt" },
        Column { title: "DIGEST", pointer: "/digest" },
    ],
    name: qualified,
};

const RESULTS: Kind = Kind {
    columns: &[
        Column { title: "FUNCTION", pointer: "/function" },
        Column { title: "RESULT", pointer: "/result" },
        Column { title: "FILE", pointer: "/file" },
    ],
    name: |item| cell(item, "/function"),
};

/// Does it.
pub(crate) async fn run(command: Command, session: &Session) -> Result<Exit, Error> {
    match command {
        Command::Apply { id, file } => apply(&id, file, session).await,
        Command::List => list(session).await,
        Command::Show { id } => show(&id, session).await,
        Command::Delete { id } => delete(&id, session).await,
    }
}

async fn apply(id: &FunctionRef, file: PathBuf, session: &Session) -> Result<Exit, Error> {
    let sources = files::read_all(&[file])?;
    let [source] = sources.as_slice() else {
        return Err(Error::new(Code::Usage, "a function is one file").next("name a file, not a directory"));
    };
    let body = Body::Yaml(source.text.clone());
    let answer = session.client()?.call(Method::PUT, &id.target(), body, &[]).await;
    let answer = answer.inspect_err(|error| explain(session, source, &error.findings))?;
    let result = if answer.status.as_u16() == 201 { "created" } else { "unchanged" };
    let item = json!({ "function": qualified(&answer.body), "result": result, "file": source.name });
    session.output.many(&RESULTS, &[item]);
    Ok(Exit::Ok)
}

async fn list(session: &Session) -> Result<Exit, Error> {
    let items = page::all(&session.client()?, &path(&["v1", "functions"]), &[]).await?;
    session.output.many(&FUNCTIONS, &items);
    Ok(Exit::Ok)
}

async fn show(id: &FunctionRef, session: &Session) -> Result<Exit, Error> {
    let body = session.client()?.get(&id.target()).await?.body;
    match (session.output.format(), body.get("text").and_then(Value::as_str)) {
        (Format::Table, Some(text)) => {
            session.output.talk(&format!("{}  {}", qualified(&body), cell(&body, "/digest")));
            session.output.data(text);
        }
        _ => session.output.one(&FUNCTIONS, &body),
    }
    Ok(Exit::Ok)
}

async fn delete(id: &FunctionRef, session: &Session) -> Result<Exit, Error> {
    let body = session.client()?.delete(&id.target()).await?.body;
    session.output.one(&FUNCTIONS, &body);
    Ok(Exit::Ok)
}

fn explain(session: &Session, source: &files::Source, findings: &[Finding]) {
    for finding in findings {
        session.output.talk(&finding.render(&source.name, &source.text));
    }
}

fn qualified(item: &Value) -> String {
    format!("{}:{}", cell(item, "/name"), cell(item, "/version"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_named_with_its_version() {
        let id: FunctionRef = "vm-create:1.0.0".parse().unwrap();
        assert_eq!(id.target(), "/v1/functions/vm-create/1.0.0");
        for wrong in ["vm-create", ":1.0.0", "vm-create:", ""] {
            assert!(wrong.parse::<FunctionRef>().is_err(), "{wrong}");
        }
    }
}
