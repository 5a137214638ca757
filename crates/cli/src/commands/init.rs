//! `tenure definition init`: a definition to start from, which registers as it is, and its test file, which passes.

use crate::error::{Code, Error};
use crate::exit::Exit;
use crate::output::{Column, Kind, cell};
use crate::session::Session;
use serde_json::json;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// What is written.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The definition's name: letters, digits and `-`
    #[arg(value_name = "NAME", value_parser = label)]
    name: String,
    /// Its namespace
    #[arg(long, default_value = "default", value_parser = label)]
    namespace: String,
    /// Where the files are written
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
}

const DEFINITION: &str = include_str!("init.yaml");
const TESTS: &str = include_str!("init.test.yaml");

const FILES: Kind =
    Kind { columns: &[Column { title: "WRITTEN", pointer: "/file" }], name: |item| cell(item, "/file") };

/// Writes both files; neither when one of them is there.
pub(crate) fn run(args: &Args, session: &Session) -> Result<Exit, Error> {
    let [definition, tests] = [".yaml", ".test.yaml"].map(|end| args.dir.join(format!("{}{end}", args.name)));
    if let Some(there) = [&definition, &tests].into_iter().find(|file| file.exists()) {
        return Err(Error::new(Code::File, format!("`{}` is there already", there.display()))
            .next("choose another name or another directory; nothing is overwritten"));
    }
    write(&definition, &filled(DEFINITION, args))?;
    write(&tests, &filled(TESTS, args))?;
    let written = [&definition, &tests].map(|file| json!({ "file": file.display().to_string() }));
    session.output.many(&FILES, &written);
    session.output.talk(&format!(
        "try it: tenure definition test {0} && tenure definition apply {0}",
        definition.display()
    ));
    Ok(Exit::Ok)
}

fn filled(template: &str, args: &Args) -> String {
    template.replace("NAMESPACE", &args.namespace).replace("NAME", &args.name)
}

fn write(file: &Path, text: &str) -> Result<(), Error> {
    let opened = OpenOptions::new().write(true).create_new(true).open(file);
    opened.and_then(|mut open| open.write_all(text.as_bytes())).map_err(|error| {
        Error::new(Code::File, format!("cannot write `{}`: {error}", file.display()))
            .next("check the directory and its permissions")
    })
}

fn label(text: &str) -> Result<String, String> {
    let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
    let valid = text.len() <= 63 && text.bytes().all(inner);
    if valid && edge(text.bytes().next()) && edge(text.bytes().last()) {
        return Ok(text.into());
    }
    Err("expected 1 to 63 letters, digits and `-`, not starting or ending with `-`".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(name: &str) -> Args {
        Args { name: name.into(), namespace: "shop".into(), dir: ".".into() }
    }

    /// What is written registers as it is, and its tests pass as they are.
    #[test]
    fn the_skeleton_is_valid_and_its_cases_pass() {
        let definition = tenure_dsl::load(&filled(DEFINITION, &args("order"))).unwrap();
        assert_eq!(definition.id.to_string(), "shop/order@0.1.0");
        let trials = tenure_dsl::trial::read(&filled(TESTS, &args("order"))).unwrap();
        let reports = tenure_engine::trial::all(&definition, &trials);
        assert!(reports.len() >= 2);
        for report in reports {
            assert!(report.passed(), "{}: {:#?}", report.name, report.failures);
        }
    }

    #[test]
    fn the_first_line_tells_editors_the_schema() {
        for (text, schema) in [(DEFINITION, "workflow-1.0.json"), (TESTS, "workflow-test-1.0.json")] {
            let first = text.lines().next().unwrap();
            assert!(first.starts_with("# yaml-language-server: $schema=http"), "{first}");
            assert!(first.ends_with(&format!("/schemas/{schema}")), "{first}");
        }
    }

    #[test]
    fn only_a_label_is_a_name() {
        for name in ["order", "a", "Order-2"] {
            assert!(label(name).is_ok(), "{name}");
        }
        for name in ["", "-a", "a-", "a b", "a/b", &"a".repeat(64)] {
            assert!(label(name).is_err(), "{name}");
        }
    }

    #[test]
    fn nothing_is_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("x.yaml");
        write(&file, "mine").unwrap();
        assert!(write(&file, "other").is_err());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    }
}
