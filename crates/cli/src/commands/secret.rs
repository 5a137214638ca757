//! `tenure secret set|list|delete`.
//!
//! A value comes from stdin or from a file: what stands on a command line is seen by every user of the machine and kept
//! in the shell's history.

use super::page;
use crate::client::{Body, path};
use crate::error::{Code, Error};
use crate::exit::Exit;
use crate::files;
use crate::output::{Column, Kind, cell};
use crate::session::Session;
use serde_json::{Value, json};
use std::path::Path;

/// What can be done with secrets.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Write the next version of a secret: its value comes from stdin, or from a file
    Set {
        /// The name that definitions use
        name: String,
        /// `@FILE` to read the value from; stdin when it is left out
        #[arg(value_name = "@FILE")]
        from: Option<String>,
        /// The value is JSON (an object of what belongs together), not a text
        #[arg(long)]
        json: bool,
    },
    /// List secrets without their values
    List,
    /// Delete a secret with all its versions
    Delete {
        /// Its name
        name: String,
    },
}

const SECRETS: Kind = Kind {
    columns: &[
        Column { title: "NAME", pointer: "/name" },
        Column { title: "VERSION", pointer: "/version" },
        Column { title: "CREATED", pointer: "/createdAt" },
        Column { title: "UPDATED", pointer: "/updatedAt" },
    ],
    name: |item| cell(item, "/name"),
};

/// Does it.
pub(crate) async fn run(command: &Command, session: &Session) -> Result<Exit, Error> {
    match command {
        Command::Set { name, from, json } => {
            let text = match from.as_deref().map(|from| from.strip_prefix('@')) {
                None => files::read_stdin()?,
                Some(Some(file)) => files::read_file(Path::new(file))?.text,
                Some(None) => return Err(on_the_command_line()),
            };
            set(name, &value(&text, *json)?, session).await
        }
        Command::List => {
            let items = page::all(&session.client()?, &path(&["v1", "secrets"]), &[]).await?;
            session.output.many(&SECRETS, &items.iter().map(with_newest).collect::<Vec<_>>());
            Ok(Exit::Ok)
        }
        Command::Delete { name } => {
            let client = session.client()?;
            let target = path(&["v1", "secrets", name]);
            let answer = client.call(http::Method::DELETE, &target, Body::Empty, &[]).await?;
            session.output.one(&SECRETS, &with_newest(&answer.body));
            Ok(Exit::Ok)
        }
    }
}

fn on_the_command_line() -> Error {
    Error::new(Code::Usage, "a secret's value cannot stand on the command line")
        .next("write `tenure secret set NAME @FILE`, or give the value on stdin")
}

/// A text loses the line feed that editors and `echo` put behind it.
fn value(text: &str, json: bool) -> Result<Value, Error> {
    if json {
        return serde_json::from_str(text)
            .map_err(|_| Error::new(Code::Usage, "the value is not JSON"))
            .map_err(|error| error.next("leave `--json` out to store it as a text"));
    }
    let trimmed = text.strip_suffix('\n').map(|text| text.strip_suffix('\r').unwrap_or(text));
    Ok(Value::from(trimmed.unwrap_or(text)))
}

async fn set(name: &str, value: &Value, session: &Session) -> Result<Exit, Error> {
    let client = session.client()?;
    let body = Body::Json(json!({ "value": value }));
    let answer = client.call(http::Method::PUT, &path(&["v1", "secrets", name]), body, &[]).await?;
    session.output.one(&SECRETS, &with_newest(&answer.body));
    Ok(Exit::Ok)
}

/// The secret with the number of its newest version, for a table.
fn with_newest(secret: &Value) -> Value {
    let mut shown = secret.clone();
    let newest = secret["versions"].as_array().and_then(|versions| versions.last());
    shown["version"] = newest.map_or(Value::Null, |version| version["version"].clone());
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Format;

    #[test]
    fn a_text_loses_one_line_feed_and_nothing_else() {
        for (text, expected) in [("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), (" a ", " a "), ("", "")] {
            assert_eq!(value(text, false), Ok(Value::from(expected)), "{text:?}");
        }
    }

    #[test]
    fn json_is_taken_as_it_is_and_never_quoted_in_an_error() {
        assert_eq!(value("{\"a\": 1}\n", true), Ok(json!({ "a": 1 })));
        let error = value("hunter2", true).unwrap_err().render("c");
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn a_value_on_the_command_line_is_refused_without_being_repeated() {
        assert_eq!(on_the_command_line().exit, Exit::Usage);
    }

    #[test]
    fn the_newest_version_is_shown() {
        let secret = json!({ "name": "db", "versions": [{ "version": 1 }, { "version": 2 }] });
        assert_eq!(with_newest(&secret)["version"], 2);
        assert_eq!(SECRETS.many(Format::Name, &[secret]), "db\n");
    }
}
