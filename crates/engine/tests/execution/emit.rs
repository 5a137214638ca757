//! `emit`: what is published, when, and what of it survives a crash.

use super::standing::{awaited, run, stands};
use expect_test::expect;
use tenure_dsl::json::Json;
use tenure_engine::execution::testing::{Run, check};
use tenure_engine::execution::{Effect, Event, Fact};

const DONE: &str = "do: [ { tell: { emit: { event: { with: { source: 'https://fake-source.com', type: greeted, data: { hi: '${ \"Hello \\(.name)\" }' } } } } } } ]";

/// What is open to be published.
fn published(run: &Run) -> Vec<std::sync::Arc<Event>> {
    let event = |effect: Effect| match effect {
        Effect::Publish { event, .. } => Some(event),
        Effect::Call(_) | Effect::Timer { .. } | Effect::Errand(_) => None,
    };
    run.execution().open_effects().into_iter().filter_map(event).collect()
}

#[test]
fn an_event_is_published_and_then_the_task_completes_with_it() {
    check(
        DONE,
        r#"
        start {"name":"Ada"}
        published /do/0/tell
        "#,
        expect![[r#"
            > start {"name":"Ada"}
              started
              taskStarted /do/0/tell
            > published /do/0/tell
              taskCompleted /do/0/tell -> {"specversion":"1.0","id":"7f56f89121769ce63ae119d8f56872a3","source":"https://fake-source.com","type":"greeted","time":"2023-11-14T22:13:20.000Z","data":{"hi":"Hello Ada"}}
              completed -> {"specversion":"1.0","id":"7f56f89121769ce63ae119d8f56872a3","source":"https://fake-source.com","type":"greeted","time":"2023-11-14T22:13:20.000Z","data":{"hi":"Hello Ada"}}
            = completed {"specversion":"1.0","id":"7f56f89121769ce63ae119d8f56872a3","source":"https://fake-source.com","type":"greeted","time":"2023-11-14T22:13:20.000Z","data":{"hi":"Hello Ada"}}
        "#]],
    );
}

#[test]
fn an_execution_that_publishes_is_running() {
    assert_eq!(stands(DONE, "start {\"name\":\"Ada\"}"), "running\n  open: publish greeted");
    assert_eq!(awaited(&run(DONE, "start {\"name\":\"Ada\"}")), ["publishing /do/0/tell greeted"]);
}

#[test]
fn what_is_not_given_is_made_from_the_execution() {
    let run = run("do: [ { tell: { emit: { event: { with: { type: t } } } } } ]", "start {}");
    let event = &published(&run)[0];
    assert_eq!(event.source().as_ref(), "/test/script/1.0.0");
    assert_eq!(event.id().len(), 32);
    let get = |name: &str| event.envelope().get(name);
    assert_eq!(get("time"), Some(Json::string("2023-11-14T22:13:20.000Z")));
    assert_eq!(get("specversion"), Some(Json::string("1.0")));
    assert_eq!(get("data"), None);
}

#[test]
fn what_is_given_takes_precedence() {
    let definition = "do: [ { tell: { emit: { event: { with: { id: '${ .n }', source: /mine, type: t, time: '2027-01-01T00:00:00Z', subject: s, datacontenttype: text/plain, dataschema: 'https://x/y', priority: 3, data: hello } } } } } ]";
    let run = run(definition, "start {\"n\":\"A-17\"}");
    assert_eq!(
        published(&run)[0].envelope().text(),
        r#"{"specversion":"1.0","id":"A-17","source":"/mine","type":"t","time":"2027-01-01T00:00:00Z","subject":"s","datacontenttype":"text/plain","dataschema":"https://x/y","priority":3,"data":"hello"}"#
    );
}

#[test]
fn every_emission_has_an_id_of_its_own_that_is_the_same_after_a_crash() {
    let definition = "do: [ { l: { for: { in: '[1,2]' }, do: [ { tell: { emit: { event: { with: { type: t } } } } } ] } } ]";
    let first = run(definition, "start {}");
    let second = run(definition, "start {}\npublished /do/0/l/do/0/tell");
    assert_ne!(published(&first)[0].id(), published(&second)[0].id());
    let mut again =
        tenure_engine::execution::Execution::new(first.execution().id(), first.execution().tenant().clone());
    for event in first.history() {
        again.apply(event);
    }
    assert_eq!(again.open_effects(), first.execution().open_effects());
}

#[test]
fn attributes_that_are_null_are_left_out() {
    let definition = "do: [ { tell: { emit: { event: { with: { type: t, subject: '${ .none }', source: '${ .none }' } } } } } ]";
    let run = run(definition, "start {}");
    assert_eq!(published(&run)[0].envelope().get("subject"), None);
    assert_eq!(published(&run)[0].source().as_ref(), "/test/script/1.0.0");
}

/// Emits an event with these attributes; gives how the execution ends.
fn refused(with: &str) -> String {
    stands(&format!("do: [ {{ tell: {{ emit: {{ event: {{ with: {with} }} }} }} }} ]"), "start {\"n\":3}")
}

#[test]
fn an_event_that_is_none_is_an_expression_error() {
    for (with, says) in [
        ("{ type: '${ .none }' }", "the attribute `type` is required"),
        ("{ type: '${ .n }' }", "the attribute `type` is of the wrong type: number"),
        ("{ type: t, id: '${ \"\" }' }", "the attribute `id` is required"),
        ("{ type: t, time: '${ \"noon\" }' }", "the attribute `time` is not an instant"),
        ("{ type: t, extra: '${ {} }' }", "the attribute `extra` is of the wrong type: object"),
        ("{ type: t, specversion: '${ \"0.3\" }' }", "only `1.0` is supported"),
    ] {
        let end = refused(with);
        assert!(end.starts_with("faulted expression 400 at /do/0/tell: `emit.event.with`"), "{end}");
        assert!(end.contains(says), "{end}");
    }
}

#[test]
fn an_event_that_is_too_large_is_a_runtime_error() {
    let definition =
        "do: [ { tell: { emit: { event: { with: { type: t, data: '${ .text + .text }' } } } } } ]";
    let half = "x".repeat(600 * 1_024);
    let end = stands(definition, &format!("start {{\"text\":\"{half}\"}}"));
    assert!(end.starts_with("faulted"), "{}", &end[..100]);
}

#[test]
fn output_and_export_see_the_event() {
    let definition = "do: [ { tell: { emit: { event: { with: { type: t, data: 5 } } }, output: { as: .data }, export: { as: '${ { sent: . } }' } } }, { z: { set: '${ $context }' } } ]";
    assert_eq!(stands(definition, "start {}\npublished /do/0/tell"), r#"completed {"sent":5}"#);
}

#[test]
fn a_publication_that_is_reported_twice_counts_once() {
    let definition = "do: [ { tell: { emit: { event: { with: { type: t } } } } }, { w: { wait: PT1S } } ]";
    let mut run = run(definition, "start {}");
    let frame = run.execution().pending()[0].frame;
    run.feed(tenure_engine::execution::Input::Published { frame });
    let facts = run.history().len();
    run.feed(tenure_engine::execution::Input::Published { frame });
    assert_eq!(run.history().len(), facts);
}

#[test]
fn a_publication_that_takes_too_long_is_a_timeout_that_is_undone() {
    let definition = "do: [ { tell: { emit: { event: { with: { type: t } } }, timeout: { after: PT5S }, metadata: { compensate: { do: [ { u: { set: { x: 1 } } } ] } } } } ]";
    assert_eq!(
        stands(definition, "start {}\nfire"),
        "faulted, compensation completed timeout 408 at /do/0/tell: the event was not published before the task's `timeout`\n  undo /do/0/tell completed"
    );
}

#[test]
fn an_emission_that_is_cancelled_may_have_happened_and_is_undone() {
    let definition = "do: [ { tell: { emit: { event: { with: { type: t } } }, metadata: { compensate: { do: [ { u: { set: { x: 1 } } } ] } } } } ]";
    assert_eq!(
        stands(definition, "start {}\ncancel compensate"),
        "cancelled, compensation completed\n  undo /do/0/tell completed"
    );
}

#[test]
fn an_undo_can_emit() {
    let definition = "do: [ { a: { set: { x: 1 }, metadata: { compensate: { do: [ { tell: { emit: { event: { with: { type: undone, data: '${ $output }' } } } } } ] } } } }, { bad: { raise: { error: { type: 'https://e/x', status: 500 } } } } ]";
    let run = run(definition, "start {}");
    assert_eq!(published(&run)[0].data().text(), r#"{"x":1}"#);
    let end = stands(definition, "start {}\npublished /do/0/a/metadata/compensate/do/0/tell");
    assert_eq!(end, "faulted, compensation completed https://e/x 500 at /do/1/bad\n  undo /do/0/a completed");
}

#[test]
fn the_fact_that_starts_the_task_holds_the_event() {
    let run = run(DONE, "start {\"name\":\"Ada\"}");
    let held = run.history().iter().any(|event| match &event.fact {
        Fact::TaskStarted(task) => matches!(
            &task.begun,
            tenure_engine::execution::Begun::Emit { event } if event.kind().as_ref() == "greeted"
        ),
        _ => false,
    });
    assert!(held);
}
