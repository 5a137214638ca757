//! What `emit`, `listen` and `schedule.on` may say.

use super::check_body;
use expect_test::expect;

fn emit(with: &str) -> String {
    format!("\ndo:\n  - a: {{ emit: {{ event: {{ with: {with} }} }} }}\n")
}

fn listen(to: &str) -> String {
    format!("\ndo:\n  - a: {{ listen: {{ to: {to} }} }}\n")
}

#[test]
fn events_that_can_be_emitted() {
    for with in [
        "{ type: t }",
        "{ type: '${ .kind }', source: 'https://x/y', id: '1', data: { a: '${ .b }' } }",
        "{ type: t, priority: 3, urgent: true, note: text, time: '2027-01-01T00:00:00Z', specversion: '1.0' }",
        "{ type: t, time: '${ $workflow.startedAt.iso8601 }', data_base64: 'AA==', datacontenttype: image/png }",
    ] {
        check_body(&emit(with), expect![""]);
    }
}

#[test]
fn attributes_are_named_as_cloud_events_names_them() {
    check_body(
        &emit("{ type: t, orderId: x, order_id: x }"),
        expect![[r#"
            DEF-0080 3:44 /do/0/a/emit/event/with/orderId `orderId` is not the name of an attribute of an event (use lower-case letters and digits)
            DEF-0080 3:56 /do/0/a/emit/event/with/order_id `order_id` is not the name of an attribute of an event (use lower-case letters and digits)
        "#]],
    );
}

#[test]
fn attributes_have_values_that_they_can_have() {
    check_body(
        &emit("{ type: '', specversion: '0.3', time: noon, extra: {} }"),
        expect![[r#"
            DEF-0080 3:41 /do/0/a/emit/event/with/type `type` cannot be empty
            DEF-0080 3:58 /do/0/a/emit/event/with/specversion `0.3` is not a supported version: it is `1.0`
            DEF-0080 3:71 /do/0/a/emit/event/with/time `noon` is not an instant such as `2027-01-01T00:00:00Z`
            DEF-0080 3:84 /do/0/a/emit/event/with/extra `extra` cannot have this value
        "#]],
    );
    check_body(
        &emit("{ type: t, data: 1, data_base64: 'AA==' }"),
        expect![[r#"
            DEF-0080 3:53 /do/0/a/emit/event/with/data_base64 an event has `data` or `data_base64`, not both
        "#]],
    );
}

#[test]
fn expressions_of_an_emitted_event_are_checked() {
    check_body(
        &emit("{ type: t, data: { a: '${ $output.x }' } }"),
        expect![[r#"
            DEF-0041 3:59 /do/0/a/emit/event/with/data/a `$output` has no value before the task has its output (use `.` in `output.as`)
        "#]],
    );
}

#[test]
fn strategies_that_can_be_listened_to() {
    for to in [
        "{ one: { with: { type: t } } }",
        "{ any: [] }",
        "{ all: [] }",
        "{ any: [ { with: { source: '${ startswith(\"x\") }' } } ], until: 'length > 3' }",
        "{ any: [ { with: { type: 'a.*' } } ], until: { all: [ { with: { type: b } } ] } }",
        "{ all: [ { with: { type: a }, correlate: { x: { from: .data.x, expect: '1' } } } ] }",
        "{ one: { with: { type: a }, correlate: { x: { from: .subject, expect: .order } } } }",
        "{ one: { with: { type: a }, correlate: { x: { from: '${ .id }', expect: '${ $context.x }' } } } }",
    ] {
        check_body(&listen(to), expect![""]);
    }
}

#[test]
fn a_filter_names_an_attribute() {
    check_body(
        &listen("{ any: [ { with: {} } ] }"),
        expect![[r#"
            DEF-0026 3:41 /do/0/a/listen/to/any/0/with a filter names at least one attribute (`any: []` takes any event)
        "#]],
    );
}

#[test]
fn patterns_of_filters_compile() {
    check_body(
        &listen("{ one: { with: { type: t, data: { a: 'x(' } } } }"),
        expect![[r#"
            DEF-0081 3:61 /do/0/a/listen/to/one/with/data/a this is not a pattern: found open group without closing ')' (write `\` before a sign that is meant as it is)
        "#]],
    );
}

#[test]
fn expressions_of_filters_are_checked() {
    check_body(
        &listen(
            "{ one: { with: { type: t, data: '${ .a | }' }, correlate: { x: { from: '.a |', expect: '$output' } } } }",
        ),
        expect![[r#"
            DEF-0040 3:65 /do/0/a/listen/to/one/with/data syntax error: expected term, found the end
            DEF-0040 3:100 /do/0/a/listen/to/one/correlate/x/from syntax error: expected term, found the end
            DEF-0041 3:112 /do/0/a/listen/to/one/correlate/x/expect `$output` has no value before the task has its output (use `.` in `output.as`)
        "#]],
    );
}

#[test]
fn a_listen_has_a_limited_number_of_filters() {
    let filters = "{ with: { type: t } }, ".repeat(101);
    check_body(
        &listen(&format!("{{ any: [ {filters} ] }}")),
        expect![[r#"
            DEF-0060 3:24 /do/0/a/listen/to 101 filters are too many: at most 100 are allowed
        "#]],
    );
}

#[test]
fn the_variables_of_foreach_differ_and_are_known_inside_of_it() {
    let foreach =
        |foreach: &str| format!("\ndo:\n  - a: {{ listen: {{ to: {{ any: [] }} }}, foreach: {foreach} }}\n");
    check_body(
        &foreach(
            "{ item: x, at: n, do: [ { b: { set: { v: '${ $x + $n }' } } } ], output: { as: '${ $x }' }, export: { as: '${ $output + $n }' } }",
        ),
        expect![""],
    );
    check_body(
        &foreach("{ item: index, do: [ { b: { set: { v: '${ $item }' } } } ] }"),
        expect![[r#"
            DEF-0035 3:56 /do/0/a/foreach/item the item and the index are both called `index`
            DEF-0040 3:90 /do/0/a/foreach/do/0/b/set/v unknown variable `$item`
        "#]],
    );
}

#[test]
fn a_start_takes_one_event() {
    let on = |on: &str| format!("\nschedule: {{ on: {on} }}\ndo:\n  - a: {{ wait: PT1S }}\n");
    check_body(
        &on("{ all: [ { with: { type: a } }, { with: { type: b } } ] }"),
        expect![[r#"
            DEF-0129 2:19 /schedule/on/all starting an execution with several events is not supported (start with one of them, and `listen` to the others)
        "#]],
    );
    check_body(
        &on("{ any: [ { with: { type: a } } ], until: 'true' }"),
        expect![[r#"
            DEF-0129 2:51 /schedule/on/until starting an execution with several events is not supported (start with the first event, and `listen` to the others)
        "#]],
    );
    check_body(
        &on("{ all: [] }"),
        expect![[r#"
            DEF-0026 2:24 /schedule/on/all no event would ever start it
        "#]],
    );
    check_body(
        &on("{ one: { with: { type: '${ $context.x }' } } }"),
        expect![[r#"
            DEF-0041 2:44 /schedule/on/one/with/type `$context` has no value before there is an execution
        "#]],
    );
}
