//! `metadata.searchAttributes` and `metadata.retention`: what is recorded, and when.

use tenure_dsl::json::Json;
use tenure_engine::execution::testing::{BEGIN, Run};
use tenure_types::Timestamp;

fn run(metadata: &str, tasks: &str, script: &[&str]) -> Run {
    let head = "dsl: '1.0.3', namespace: shop, name: order, version: '1.0.0'";
    let mut run = Run::new(&format!("document: {{ {head}, metadata: {{ {metadata} }} }}\ndo:\n{tasks}"));
    for line in script {
        run.line(line);
    }
    run
}

fn attributes(run: &Run) -> String {
    let found: Vec<String> =
        run.execution().attributes().iter().map(|(name, value)| format!("{name}={value}")).collect();
    found.join(" ")
}

/// How often they were recorded.
fn recorded(run: &Run) -> usize {
    run.history().iter().filter(|event| event.view().kind == "attributesSet").count()
}

const ORDER: &str =
    "searchAttributes: { orderId: .orderId, total: '${ $context.total }', paid: $output.paid }";
const PAY: &str = "
- sum: { set: { n: 5 }, export: { as: '${ $context + { total: 12.5 } }' } }
- pause: { wait: PT1H }
- done: { set: { paid: true } }
";

#[test]
fn attributes_follow_input_context_and_output() {
    let waiting = run(ORDER, PAY, &[r#"start {"orderId":"A-17"}"#]);
    assert_eq!(attributes(&waiting), r#"orderId="A-17" total=12.5"#);
    assert_eq!(recorded(&waiting), 1, "once in a turn");
    let ended = run(ORDER, PAY, &[r#"start {"orderId":"A-17"}"#, "fire"]);
    assert_eq!(attributes(&ended), r#"orderId="A-17" total=12.5 paid=true"#);
    assert_eq!(recorded(&ended), 2);
    assert_eq!(ended.history().last().unwrap().view().kind, "completed", "nothing follows the end");
}

#[test]
fn what_does_not_change_is_not_recorded_again() {
    let tasks = "
- a: { set: { n: 1 }, export: { as: '${ $context + { a: 1 } }' } }
- b: { wait: PT1H }
- c: { set: { n: 1 }, export: { as: '${ $context + { b: 1 } }' } }
- d: { wait: PT1H }
";
    let run = run(
        "searchAttributes: { orderId: .orderId }",
        tasks,
        &[r#"start {"orderId":"A-17"}"#, "fire", "fire"],
    );
    assert_eq!(recorded(&run), 1);
}

#[test]
fn the_last_context_counts_when_an_execution_faults() {
    let tasks = "
- a: { set: { n: 1 }, export: { as: '${ { total: 3 } }' } }
- b: { raise: { error: { type: 'urn:x', status: 500 } } }
";
    let run = run("searchAttributes: { total: $context.total }", tasks, &["start {}"]);
    assert_eq!(attributes(&run), "total=3");
    assert_eq!(run.history().last().unwrap().view().kind, "faulted");
}

#[test]
fn what_cannot_be_an_attribute_is_absent() {
    let metadata = "searchAttributes: { list: .list, map: ., none: .none, broken: '.list | error(\"x\")', long: .long, ok: .ok }";
    let long = "x".repeat(256);
    let start = format!(r#"start {{"list":[1],"long":"{long}","ok":false}}"#);
    let run = run(metadata, "- a: { wait: PT1H }", &[&start]);
    assert_eq!(attributes(&run), "ok=false");
}

#[test]
fn a_sensitive_value_is_no_attribute() {
    let metadata = "searchAttributes: { card: .card, order: .order }, sensitive: [ /card ]";
    let run = run(metadata, "- a: { wait: PT1H }", &[r#"start {"card":"4111-1111","order":"A"}"#]);
    assert_eq!(attributes(&run), r#"order="A""#);
}

#[test]
fn a_delayed_start_is_found_before_it_begins() {
    let run = run(
        "searchAttributes: { orderId: .orderId }",
        "- a: { wait: PT1H }",
        &[r#"start-at +5000 {"orderId":7}"#],
    );
    assert_eq!(attributes(&run), "orderId=7");
}

/// FR-041
#[test]
fn an_execution_expires_its_retention_after_its_end() {
    let kept = run("retention: P1D", "- a: { wait: PT1H }", &["start {}"]);
    assert_eq!(kept.execution().summary().expires_at, None, "an open execution never expires");
    let ended = run("retention: P1D", "- a: { wait: PT1H }", &["start {}", "fire"]);
    assert_eq!(ended.execution().summary().expires_at, Some(Timestamp(BEGIN.0 + 3_600_000 + 86_400_000)));
    let forever = run("tags: {}", "- a: { set: { x: 1 } }", &["start {}"]);
    assert_eq!(forever.execution().summary().expires_at, None);
}

#[test]
fn without_the_keys_nothing_is_recorded() {
    let run = run("owner: me", "- a: { set: { x: 1 }, export: { as: . } }", &["start {}"]);
    assert_eq!((recorded(&run), run.execution().attributes()), (0, [].as_slice()));
    assert_eq!(run.execution().output(), Some(&Json::parse(r#"{"x":1}"#).unwrap()));
}
