//! `tenure definition test`: runs the test cases beside definitions, here, without a server.

use super::definition::explain;
use crate::diagnostic::Finding;
use crate::error::{Code, Error};
use crate::exit::Exit;
use crate::files::{self, Source};
use crate::output::{Column, Kind, cell};
use crate::session::Session;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tenure_dsl::program::Definition;
use tenure_dsl::trial::{self, Trials};
use tenure_engine::trial::Report;

/// Where test cases are.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Test files (`order.test.yaml`), definitions that have one beside them (`order.yaml`), or directories
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Only the cases whose names contain this
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
}

const CASES: Kind = Kind {
    columns: &[
        Column { title: "FILE", pointer: "/file" },
        Column { title: "CASE", pointer: "/case" },
        Column { title: "RESULT", pointer: "/result" },
        Column { title: "STATUS", pointer: "/status" },
        Column { title: "FAILURES", pointer: "/failed" },
    ],
    name: |item| cell(item, "/case"),
};

/// Ends of files that may hold a definition or its tests.
const ENDS: [&str; 3] = ["yaml", "yml", "json"];

/// Runs the cases and says what is not as expected.
pub(crate) fn run(args: &Args, session: &Session) -> Result<Exit, Error> {
    let mut results = Vec::new();
    for file in test_files(&args.files)? {
        let (definition, trials) = load(&file, session)?;
        for case in &trials.cases {
            if args.only.as_ref().is_some_and(|only| !case.name.contains(only.as_str())) {
                continue;
            }
            let report = tenure_engine::trial::one(&definition, case);
            talk(&file, &report, session);
            results.push(result(&file, &report));
        }
    }
    session.output.many(&CASES, &results);
    conclude(&results)
}

fn conclude(results: &[Value]) -> Result<Exit, Error> {
    let failed = results.iter().filter(|result| result["result"] == "failed").count();
    if failed == 0 && !results.is_empty() {
        return Ok(Exit::Ok);
    }
    let message = match results.len() {
        0 => "no case was run".to_owned(),
        all => format!("{failed} of {all} cases failed"),
    };
    Err(Error::new(Code::Trial, message).next("what is not as expected is listed above, each with its place"))
}

/// The test files that are meant, each once, in the order of the command line.
fn test_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut found: Vec<PathBuf> = Vec::new();
    for path in paths {
        let more = if path.is_dir() {
            files::below(path)?.into_iter().filter(|file| files::is_test(file)).collect()
        } else if files::is_test(path) {
            vec![path.clone()]
        } else {
            vec![beside(path)?]
        };
        for file in more {
            if !found.contains(&file) {
                found.push(file);
            }
        }
    }
    if found.is_empty() {
        return Err(Error::new(Code::File, "there is no test file")
            .next("a test file is called like its definition: `order.test.yaml` beside `order.yaml`"));
    }
    Ok(found)
}

/// The test file beside a definition.
fn beside(definition: &Path) -> Result<PathBuf, Error> {
    let stem = definition.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let candidates = ENDS.map(|end| definition.with_file_name(format!("{stem}.test.{end}")));
    let found = candidates.iter().find(|file| file.is_file()).cloned();
    found.ok_or_else(|| {
        let message = format!("`{}` has no test file beside it", definition.display());
        Error::new(Code::File, message).next(format!("write `{}`", candidates[0].display()))
    })
}

fn load(file: &Path, session: &Session) -> Result<(Definition, Trials), Error> {
    let source = files::read_file(file)?;
    let trials = trial::read(&source.text).map_err(|found| refused(session, &source, found))?;
    let tested = match &trials.definition {
        Some(named) => file.with_file_name(named),
        None => definition_of(file)?,
    };
    let source = files::read_file(&tested)?;
    let definition = tenure_dsl::load(&source.text).map_err(|found| refused(session, &source, found))?;
    Ok((definition, trials))
}

/// The definition beside a test file.
fn definition_of(file: &Path) -> Result<PathBuf, Error> {
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let name = stem.strip_suffix(".test").unwrap_or(&stem).to_owned();
    let candidates = ENDS.map(|end| file.with_file_name(format!("{name}.{end}")));
    let found = candidates.iter().find(|file| file.is_file()).cloned();
    found.ok_or_else(|| {
        let message = format!("`{}` has no definition beside it", file.display());
        Error::new(Code::File, message).next("name it in the test file with `definition: FILE`")
    })
}

fn refused(session: &Session, source: &Source, found: Vec<tenure_dsl::Diagnostic>) -> Error {
    let findings: Vec<Finding> = found.into_iter().map(Finding::from).collect();
    explain(session, source, &findings);
    Error::new(Code::Definition, format!("`{}` is not valid", source.name))
        .next("correct what is listed above and try again")
}

fn talk(file: &Path, report: &Report, session: &Session) {
    if report.passed() {
        return;
    }
    session.output.talk(&explained(&file.display().to_string(), report));
}

/// What is not as expected, and how it was.
fn explained(file: &str, report: &Report) -> String {
    let mut text = format!("{file}: {}\n", report.name);
    for failure in &report.failures {
        let place = if failure.pointer.is_empty() { String::new() } else { format!("{}: ", failure.pointer) };
        let line = ["  ", &place, &failure.message, "\n"];
        text.extend(line);
    }
    text + &format!("  ran: {}\n", report.path_names().join(" -> "))
}

fn result(file: &Path, report: &Report) -> Value {
    let failure = |failure: &tenure_engine::trial::Failure| {
        let value =
            |json: &Option<tenure_dsl::json::Json>| json.as_ref().map(tenure_dsl::json::Json::to_value);
        json!({
            "pointer": failure.pointer,
            "message": failure.message,
            "expected": value(&failure.expected),
            "actual": value(&failure.actual),
        })
    };
    json!({
        "file": file.display().to_string(),
        "case": report.name,
        "result": if report.passed() { "passed" } else { "failed" },
        "status": report.status,
        "failed": report.failures.len(),
        "failures": report.failures.iter().map(failure).collect::<Vec<_>>(),
        "path": report.path,
        "compensation": report.compensation,
        "durationMs": report.duration_ms,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    const DEFINITION: &str = "document: { dsl: '1.0.3', namespace: t, name: t, version: '1.0.0' }\ndo: [ { a: { set: { x: 1 } } }, { b: { wait: PT1H } } ]\n";
    const TESTS: &str = "cases:\n- { name: good, expect: { status: completed, output: { x: 1 } } }\n- { name: bad, expect: { status: completed, output: { x: 2 }, path: [ a ] } }\n";

    fn dir(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        dir
    }

    #[test]
    fn a_definition_and_its_test_file_find_each_other() {
        let dir = dir(&[("order.yaml", DEFINITION), ("order.test.yaml", TESTS), ("lonely.yaml", DEFINITION)]);
        let at = |name: &str| dir.path().join(name);
        let tests = vec![at("order.test.yaml")];
        assert_eq!(test_files(&[at("order.yaml")]).unwrap(), tests);
        assert_eq!(test_files(&[at("order.test.yaml"), at("order.yaml")]).unwrap(), tests, "each once");
        assert_eq!(test_files(&[dir.path().into()]).unwrap(), tests);
        assert_eq!(definition_of(&at("order.test.yaml")).unwrap(), at("order.yaml"));
        assert!(test_files(&[at("lonely.yaml")]).unwrap_err().render("c").contains("lonely.test.yaml"));
        assert!(definition_of(&at("none.test.yaml")).is_err());
    }

    #[test]
    fn a_failure_is_explained_with_its_place_and_the_path() {
        let definition = tenure_dsl::load(DEFINITION).unwrap();
        let reports = tenure_engine::trial::all(&definition, &trial::read(TESTS).unwrap());
        assert!(reports[0].passed());
        expect![[r"
            t.test.yaml: bad
              /expect/output/x: expected 2, found 1
              /expect/path/1: expected nothing, found `b`
              ran: a -> b
        "]]
        .assert_eq(&explained("t.test.yaml", &reports[1]));
        let results: Vec<Value> = reports.iter().map(|report| result(Path::new("t"), report)).collect();
        assert_eq!(results[1]["failures"][0]["pointer"], "/expect/output/x");
        assert!(conclude(&results).unwrap_err().render("c").contains("1 of 2 cases failed"));
        assert_eq!(conclude(&results[..1]), Ok(Exit::Ok));
        assert!(conclude(&[]).is_err(), "nothing run is nothing shown");
    }
}
