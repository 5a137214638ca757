//! What came of a case against what it expects.

use super::mocks::{is_named, last};
use super::report::{Failure, Report, SentCall};
use crate::execution::Execution;
use tenure_dsl::json::Json;
use tenure_dsl::program::Definition;
use tenure_dsl::trial::{Difference, Expect, ExpectedCall, differences, error_differences};
use tenure_types::TaskRef;

/// Everything that is not as expected.
pub(super) fn failures(
    definition: &Definition,
    expect: &Expect,
    report: &Report,
    execution: &Execution,
) -> Vec<Failure> {
    let mut found = Vec::new();
    status(expect, report, &mut found);
    if let Some(output) = &expect.output {
        let actual = report.output.clone().unwrap_or_default();
        found.extend(differences("/expect/output", output, &actual.to_value()).into_iter().map(differs));
    }
    if let Some(context) = &expect.context {
        let actual = report.context.to_value();
        found.extend(differences("/expect/context", context, &actual).into_iter().map(differs));
    }
    if let Some(error) = &expect.error {
        let actual = execution.error_json();
        found.extend(error_differences("/expect/error", error, actual.as_ref()).into_iter().map(differs));
    }
    order("/expect/path", expect.path.as_deref(), &report.path, &mut found);
    order("/expect/compensation", expect.compensation.as_deref(), &report.compensation, &mut found);
    if let Some(calls) = &expect.calls {
        sent(calls, &report.calls, &mut found);
    }
    if let Some(wanted) = expect.duration.as_ref().and_then(tenure_dsl::model::DurationValue::fixed_ms)
        && wanted != report.duration_ms
    {
        let message = format!("it took {} ms, not {wanted} ms", report.duration_ms);
        found.push(Failure::at("/expect/duration", message));
    }
    unknown_tasks(definition, expect, &mut found);
    found
}

fn status(expect: &Expect, report: &Report, found: &mut Vec<Failure>) {
    let wanted = expect.status.as_str();
    if wanted == report.status {
        return;
    }
    let why = report.error.as_ref().filter(|_| expect.error.is_none());
    let why = why.map(|error| format!(" with {error}")).unwrap_or_default();
    found.push(Failure {
        pointer: "/expect/status".into(),
        message: format!("it is {}{why}, not {wanted}", report.status),
        expected: Some(Json::string(wanted)),
        actual: Some(Json::string(report.status)),
    });
}

fn differs(difference: Difference) -> Failure {
    let Difference { pointer, expected, actual } = difference;
    let message = match (&expected, &actual) {
        (Some(expected), Some(actual)) => format!("expected {expected}, found {actual}"),
        (Some(expected), None) => format!("expected {expected}, found nothing"),
        (None, Some(actual)) => format!("expected nothing, found {actual}"),
        (None, None) => "not as expected".into(),
    };
    let json = |value: Option<_>| value.as_ref().map(Json::from_value);
    Failure { pointer, message, expected: json(expected), actual: json(actual) }
}

/// The first place in which two orders part, with both orders in full.
fn order(pointer: &str, expected: Option<&[String]>, actual: &[TaskRef], found: &mut Vec<Failure>) {
    let Some(expected) = expected else { return };
    let same = expected.len() == actual.len()
        && expected.iter().zip(actual).all(|(name, task)| is_named(task, name));
    if same {
        return;
    }
    let at = expected.iter().zip(actual).take_while(|(name, task)| is_named(task, name)).count();
    let shown = |name: Option<String>| name.map_or_else(|| "nothing".to_owned(), |name| format!("`{name}`"));
    let (wanted, is) = (expected.get(at).cloned(), actual.get(at).map(|task| last(task)));
    let list = |names: Vec<String>| Json::array(names.iter().map(|name| Json::string(name)));
    found.push(Failure {
        pointer: format!("{pointer}/{at}"),
        message: format!("expected {}, found {}", shown(wanted), shown(is)),
        expected: Some(list(expected.to_vec())),
        actual: Some(list(actual.iter().map(|task| last(task)).collect())),
    });
}

fn sent(expected: &[ExpectedCall], actual: &[SentCall], found: &mut Vec<Failure>) {
    for (index, wanted) in expected.iter().enumerate() {
        let pointer = format!("/expect/calls/{index}");
        let Some(call) = actual.get(index) else {
            found.push(Failure::at(&pointer, format!("`{}` was not called", wanted.task)));
            continue;
        };
        one_call(&pointer, wanted, call, found);
    }
    for call in actual.iter().skip(expected.len()) {
        let message = format!("`{}` called {} once more", call.task, call.request.summary());
        found.push(Failure::at("/expect/calls", message));
    }
}

fn one_call(pointer: &str, wanted: &ExpectedCall, call: &SentCall, found: &mut Vec<Failure>) {
    if !is_named(&call.task, &wanted.task) {
        let message = format!("expected a call of `{}`, found one of `{}`", wanted.task, call.task);
        found.push(Failure::at(&format!("{pointer}/task"), message));
        return;
    }
    let mut text = |field: &str, wanted: Option<&str>, actual: Option<&str>| {
        if let Some(wanted) = wanted
            && Some(wanted) != actual
        {
            found.push(Failure {
                pointer: format!("{pointer}/{field}"),
                message: format!("expected `{wanted}`, found `{}`", actual.unwrap_or("nothing")),
                expected: Some(Json::string(wanted)),
                actual: actual.map(Json::string),
            });
        }
    };
    // HTTP methods are written in any case, those of other protocols as they are.
    let method = wanted.method.as_deref();
    let method = method.map(|text| {
        if text.eq_ignore_ascii_case(call.method()) {
            call.method().to_owned()
        } else {
            text.to_ascii_uppercase()
        }
    });
    text("method", method.as_deref(), Some(call.method()));
    text("uri", wanted.uri.as_deref(), Some(call.uri()));
    for (name, value) in wanted.headers.iter().flat_map(|headers| &headers.0) {
        let actual = call.headers().iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        text(&format!("headers/{name}"), Some(value), actual.map(|(_, value)| value.as_str()));
    }
    if let Some(body) = &wanted.body {
        let actual = call.body().cloned().unwrap_or_default().to_value();
        found.extend(differences(&format!("{pointer}/body"), body, &actual).into_iter().map(differs));
    }
}

/// A name that no task has can never be as expected, and is probably misspelt.
fn unknown_tasks(definition: &Definition, expect: &Expect, found: &mut Vec<Failure>) {
    let lists = [("path", &expect.path), ("compensation", &expect.compensation)];
    for (key, names) in lists {
        for (index, name) in names.iter().flatten().enumerate() {
            if !definition.program.nodes.iter().any(|node| is_named(&node.task, name)) {
                let message = format!("the definition has no task `{name}`");
                found.push(Failure::at(&format!("/expect/{key}/{index}"), message));
            }
        }
    }
}
