//! What a definition becomes.

use super::{HEADER, load_body};
use expect_test::{Expect, expect};
use std::fmt::Write as _;
use tenure_dsl::expr::Env;
use tenure_dsl::json::Json;
use tenure_dsl::program::{
    CompensateTarget, Flow, Kind, Mode, Node, OnUndoFailure, Span, UndoOn, UndoOrder, Wait,
};

struct Nothing;

impl Env for Nothing {
    fn var(&self, _: &str) -> Option<Json> {
        None
    }
}

fn node<'d>(definition: &'d tenure_dsl::program::Definition, task: &str) -> &'d Node {
    let id = definition.program.find(task).unwrap_or_else(|| panic!("no task {task}"));
    definition.program.node(id)
}

#[track_caller]
fn tables(body: &str, expected: Expect) {
    let program = load_body(body).program;
    let mut out = String::new();
    for (id, node) in program.nodes.iter().enumerate() {
        let _ = writeln!(
            out,
            "node {id} {} scope {} index {} then {:?}",
            node.task, node.scope.0, node.index, node.then
        );
    }
    for (id, scope) in program.scopes.iter().enumerate() {
        let nodes: Vec<u32> = scope.nodes.iter().map(|node| node.0).collect();
        let _ = writeln!(
            out,
            "scope {id} {} owner {:?} {nodes:?}",
            scope.pointer,
            scope.owner.map(|owner| owner.0)
        );
    }
    expected.assert_eq(&out);
}

#[test]
fn nodes_are_in_the_order_of_the_text() {
    tables(
        "
do:
  - a:
      metadata: { compensate: { do: [ { b: { set: { x: 1 } } } ] } }
      catch: { do: [ { c: { set: { x: 2 } } } ] }
      try: [ { d: { set: { x: 3 } } } ]
  - e: { fork: { branches: [ { f: { do: [ { g: { wait: PT1S } } ] } } ] } }
  - h: { for: { in: . }, do: [ { i: { wait: PT1S } } ] }
",
        expect![[r#"
            node 0 /do/0/a scope 0 index 0 then Continue
            node 1 /do/0/a/metadata/compensate/do/0/b scope 3 index 0 then Continue
            node 2 /do/0/a/catch/do/0/c scope 2 index 0 then Continue
            node 3 /do/0/a/try/0/d scope 1 index 0 then Continue
            node 4 /do/1/e scope 0 index 1 then Continue
            node 5 /do/1/e/fork/branches/0/f scope 4 index 0 then Continue
            node 6 /do/1/e/fork/branches/0/f/do/0/g scope 5 index 0 then Continue
            node 7 /do/2/h scope 0 index 2 then Continue
            node 8 /do/2/h/do/0/i scope 6 index 0 then Continue
            scope 0 /do owner None [0, 4, 7]
            scope 1 /do/0/a/try owner Some(0) [3]
            scope 2 /do/0/a/catch/do owner Some(0) [2]
            scope 3 /do/0/a/metadata/compensate/do owner Some(0) [1]
            scope 4 /do/1/e/fork/branches owner Some(4) [5]
            scope 5 /do/1/e/fork/branches/0/f/do owner Some(5) [6]
            scope 6 /do/2/h/do owner Some(7) [8]
        "#]],
    );
}

#[test]
fn flows_are_resolved() {
    tables(
        "\ndo:\n  - a: { wait: PT1S, then: c }\n  - b: { wait: PT1S, then: exit }\n  - c: { wait: PT1S, then: end }\n  - d: { wait: PT1S, then: continue }\n",
        expect![[r#"
        node 0 /do/0/a scope 0 index 0 then Goto(2)
        node 1 /do/1/b scope 0 index 1 then Exit
        node 2 /do/2/c scope 0 index 2 then End
        node 3 /do/3/d scope 0 index 3 then Continue
        scope 0 /do owner None [0, 1, 2, 3]
    "#]],
    );
}

#[test]
fn names_are_escaped_in_references() {
    let definition = load_body("\ndo:\n  - a/b~c: { wait: PT1S }\n");
    assert_eq!(&*definition.program.nodes[0].task, "/do/0/a~1b~0c");
    assert_eq!(&*definition.program.nodes[0].name, "a/b~c");
}

#[test]
fn definition_keeps_text_id_and_document() {
    let body = "\ndo:\n  - a: { wait: PT1S, metadata: { x: 1 } }\n";
    let definition = load_body(body);
    assert_eq!(&*definition.text, format!("{HEADER}{body}"));
    assert_eq!(definition.id.to_string(), "test/test@1.0.0");
    assert_eq!(definition.document.to_value()["do"][0]["a"]["wait"], "PT1S");
    assert_eq!(
        definition.program.nodes[0].definition.to_value(),
        serde_json::json!({"wait": "PT1S", "metadata": {"x": 1}})
    );
}

#[test]
fn digest_depends_on_the_content_alone() {
    let one = load_body("\ndo:\n  - a: { wait: PT1S, then: end }\n").digest;
    let same = load_body("\n# comment\ndo:\n  - a:\n      then: \"end\"\n      wait: PT1S\n").digest;
    let other = load_body("\ndo:\n  - a: { wait: PT2S, then: end }\n").digest;
    assert_eq!(one, same);
    assert_ne!(one, other);
}

fn mode(method: &str, metadata: &str) -> Mode {
    let body = format!(
        "\ndo:\n  - a: {{ call: http, with: {{ method: {method}, endpoint: 'http://x' }}, metadata: {metadata} }}\n"
    );
    match &load_body(&body).program.nodes[0].kind {
        Kind::Http(call) => call.effect.mode,
        other => panic!("{other:?}"),
    }
}

/// P2: the mode is fixed when the definition is registered.
#[test]
fn effect_mode_follows_the_method_unless_declared() {
    for method in ["get", "HEAD", "OPTIONS", "PUT", "DELETE"] {
        assert_eq!(mode(method, "{}"), Mode::AtLeastOnce, "{method}");
    }
    for method in ["POST", "patch"] {
        assert_eq!(mode(method, "{}"), Mode::AtMostOnce, "{method}");
    }
    assert_eq!(mode("POST", "{ effect: { mode: exactly_once_with_key } }"), Mode::ExactlyOnceWithKey);
    assert_eq!(mode("GET", "{ effect: { mode: at_most_once } }"), Mode::AtMostOnce);
}

#[test]
fn methods_are_in_capitals() {
    let definition = load_body(
        "\ndo:\n  - a: { call: http, with: { method: get, endpoint: 'http://x', redirect: true } }\n",
    );
    let Kind::Http(call) = &definition.program.nodes[0].kind else { panic!("an http call") };
    assert_eq!((&*call.method, call.redirect), ("GET", true));
}

#[test]
fn timeouts_are_resolved_by_name() {
    let definition = load_body(
        "\nuse: { timeouts: { t: { after: PT5S } } }\ntimeout: t\ndo:\n  - a: { wait: PT1S, timeout: t }\n  - b: { wait: PT1S, timeout: { after: '${ .x }' } }\n  - c: { wait: PT1S }\n",
    );
    let nodes = &definition.program.nodes;
    assert!(matches!(definition.program.timeout, Some(Span::Fixed(5_000))));
    assert!(matches!(nodes[0].timeout, Some(Span::Fixed(5_000))));
    assert!(matches!(nodes[1].timeout, Some(Span::Computed(_))));
    assert!(nodes[2].timeout.is_none());
}

#[test]
fn retries_are_resolved_by_name() {
    let definition = load_body(
        "\nuse: { retries: { r: { delay: PT2S, backoff: { exponential: {} }, limit: { attempt: { count: 5 } }, jitter: { from: PT0S, to: PT1S } } } }\ndo:\n  - a: { try: [], catch: { retry: r } }\n",
    );
    let Kind::Try(guarded) = &definition.program.nodes[0].kind else { panic!("a try") };
    let retry = guarded.retry.as_ref().unwrap();
    assert_eq!(retry.retries_max, Some(5));
    assert!(matches!(retry.delay, Some(Span::Fixed(2_000))));
    assert!(matches!(retry.jitter, Some((Span::Fixed(0), Span::Fixed(1_000)))));
}

#[test]
fn filters_compare_canonical_types() {
    let definition = load_body(
        "\ndo:\n  - a: { try: [], catch: { errors: { with: { type: https://open-workflow-specification.org/dsl/errors/types/communication, status: 404 } } } }\n",
    );
    let Kind::Try(guarded) = &definition.program.nodes[0].kind else { panic!("a try") };
    let literal = |template: &Option<tenure_dsl::expr::Template>| {
        template.as_ref().and_then(|t| t.as_literal().cloned())
    };
    assert_eq!(literal(&guarded.filter.kind), Some(Json::string("std:communication")));
    assert_eq!(literal(&guarded.filter.status), Some(Json::number(404)));
    assert_eq!(&*guarded.variable, "error");
}

#[test]
fn errors_are_resolved_by_name() {
    let definition = load_body(
        "\nuse: { errors: { e: { type: urn:x, status: 422, title: T } } }\ndo:\n  - a: { raise: { error: e } }\n",
    );
    let Kind::Raise(raise) = &definition.program.nodes[0].kind else { panic!("a raise") };
    assert_eq!(raise.kind.as_literal(), Some(&Json::string("urn:x")));
    assert_eq!(raise.status.as_literal(), Some(&Json::number(422)));
    assert!(raise.detail.is_none());
}

#[test]
fn loops_have_default_names() {
    let definition = load_body(
        "\ndo:\n  - a: { for: { in: [ {} ] }, do: [] }\n  - b: { for: { each: x, at: y, in: . }, while: $x, do: [] }\n",
    );
    let Kind::For(a) = &definition.program.nodes[0].kind else { panic!("a for") };
    let Kind::For(b) = &definition.program.nodes[1].kind else { panic!("a for") };
    assert_eq!((&*a.each, &*a.at, a.condition.is_some()), ("item", "index", false));
    assert_eq!((&*b.each, &*b.at, b.condition.is_some()), ("x", "y", true));
}

#[test]
fn waits_are_spans_or_instants() {
    let definition = load_body(
        "\ndo:\n  - a: { wait: PT1S }\n  - b: { wait: PT1S, metadata: { until: '2030-01-01T00:00:00Z' } }\n  - c: { wait: PT1S, metadata: { until: .due } }\n",
    );
    let Kind::Wait(Wait::For(Span::Fixed(1_000))) = &definition.program.nodes[0].kind else {
        panic!("a span")
    };
    let Kind::Wait(Wait::Until(instant)) = &definition.program.nodes[1].kind else { panic!("an instant") };
    let Kind::Wait(Wait::Until(computed)) = &definition.program.nodes[2].kind else { panic!("an instant") };
    assert_eq!(instant.eval(&Json::null(), &Nothing), Ok(Json::string("2030-01-01T00:00:00Z")));
    assert_eq!(computed.source(), ".due");
}

#[test]
fn set_evaluates_its_expressions() {
    let definition = load_body("\ndo:\n  - a: { set: { x: '${ .n + 1 }', y: .n } }\n");
    let Kind::Set(set) = &definition.program.nodes[0].kind else { panic!("a set") };
    let input = Json::parse("{\"n\": 1}").unwrap();
    assert_eq!(
        set.eval(&input, &Nothing).map(|value| value.to_value()),
        Ok(serde_json::json!({"x": 2, "y": ".n"}))
    );
}

#[test]
fn loose_mode_evaluates_texts() {
    let definition =
        load_body("\nevaluate: { mode: loose }\ndo:\n  - a: { set: { x: .n, y: plain words } }\n");
    let Kind::Set(set) = &definition.program.nodes[0].kind else { panic!("a set") };
    let input = Json::parse("{\"n\": 1}").unwrap();
    assert_eq!(
        set.eval(&input, &Nothing).map(|value| value.to_value()),
        Ok(serde_json::json!({"x": 1, "y": "plain words"}))
    );
}

#[test]
fn undo_keeps_what_was_declared() {
    let definition = load_body(
        "\ndo:\n  - a: { wait: PT1S, metadata: { compensate: { on: attempted, when: .x, retry: {}, do: [ { b: { wait: PT1S } } ] } } }\n  - c: { wait: PT1S, metadata: { compensate: none } }\n",
    );
    let undo = node(&definition, "/do/0/a").undo.as_ref().unwrap();
    assert_eq!(undo.on, UndoOn::Attempted);
    assert!(undo.when.is_some() && undo.retry.is_some());
    assert_eq!(&*definition.program.scope(undo.body).pointer, "/do/0/a/metadata/compensate/do");
    assert!(node(&definition, "/do/1/c").undo.is_none());
}

#[test]
fn call_compensate_names_what_it_unwinds() {
    let definition = load_body(
        "\ndo:\n  - a: { wait: PT1S }\n  - b: { call: compensate, with: { scope: a } }\n  - c: { try: [], catch: { do: [ { d: { call: compensate } } ] } }\n",
    );
    let Kind::Compensate(sibling) = &node(&definition, "/do/1/b").kind else { panic!("compensate") };
    let Kind::Compensate(around) = &node(&definition, "/do/2/c/catch/do/0/d").kind else {
        panic!("compensate")
    };
    assert_eq!(sibling.target, CompensateTarget::Sibling(definition.program.find("/do/0/a").unwrap()));
    assert_eq!(around.target, CompensateTarget::EnclosingTry);
}

#[test]
fn compensation_policy_has_defaults() {
    let policy = load_body("\ndo: []\n").program.compensation;
    assert!(policy.on_fault && policy.timeout.is_none());
    assert_eq!((policy.on_failure, policy.order), (OnUndoFailure::Suspend, UndoOrder::Structural));
}

#[test]
fn compensation_policy_is_taken_from_the_document() {
    let text = "document: { dsl: '1.0.3', namespace: t, name: t, version: '1.0.0', metadata: { compensation: { on: [], onFailure: fault, timeout: PT1M, order: sequential } } }\ndo: []\n";
    let policy = tenure_dsl::load(text).unwrap().program.compensation;
    assert!(!policy.on_fault && matches!(policy.timeout, Some(Span::Fixed(60_000))));
    assert_eq!((policy.on_failure, policy.order), (OnUndoFailure::Fault, UndoOrder::Sequential));
}

#[test]
fn fork_keeps_its_limit() {
    let definition = load_body(
        "\ndo:\n  - a: { fork: { branches: [ { b: { wait: PT1S } } ] }, metadata: { concurrency: 3 } }\n  - c: { fork: { compete: true, branches: [ { d: { wait: PT1S } } ] } }\n",
    );
    let Kind::Fork(a) = &node(&definition, "/do/0/a").kind else { panic!("a fork") };
    let Kind::Fork(c) = &node(&definition, "/do/1/c").kind else { panic!("a fork") };
    assert_eq!((a.compete, a.concurrency), (false, Some(3)));
    assert_eq!((c.compete, c.concurrency), (true, None));
}

#[test]
fn catch_has_its_own_flow() {
    let definition = load_body("\ndo:\n  - a: { try: [], catch: { then: end }, then: exit }\n");
    let a = &definition.program.nodes[0];
    let Kind::Try(guarded) = &a.kind else { panic!("a try") };
    assert_eq!((a.then, guarded.then), (Flow::Exit, Some(Flow::End)));
}
