//! `listen`: strategies, filters, correlation, `until`, `foreach`, time, interruption and undoing.

use super::standing::{awaited, run, stands};
use expect_test::expect;
use std::fmt::Write;
use tenure_engine::execution::testing::check;
use tenure_engine::execution::{Event, Fact, addresses, start_kinds, starts};

const ONE: &str = "do: [ { hear: { listen: { to: { one: { with: { type: paid } } } } } } ]";
const ANY: &str =
    "do: [ { hear: { listen: { to: { any: [ { with: { type: a } }, { with: { type: b } } ] } } } } ]";
const ALL: &str =
    "do: [ { hear: { listen: { to: { all: [ { with: { type: a } }, { with: { type: b } } ] } } } } ]";

#[test]
fn one_event_is_consumed_and_its_data_is_the_output() {
    check(
        ONE,
        r#"
        start {}
        event {"type":"other","data":1}
        event {"type":"paid","data":{"sum":3}}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/hear
            > event {"type":"other","data":1}
              nothing
            > event {"type":"paid","data":{"sum":3}}
              eventReceived /do/0/hear paid e2 of /s
              taskCompleted /do/0/hear -> [{"sum":3}]
              completed -> [{"sum":3}]
            = completed [{"sum":3}]
        "#]],
    );
}

#[test]
fn an_execution_that_only_listens_is_waiting() {
    assert_eq!(stands(ONE, "start {}"), "waiting");
}

#[test]
fn what_is_listened_to_is_shown() {
    assert_eq!(awaited(&run(ONE, "start {}")), ["listening /do/0/hear paid"]);
    assert_eq!(awaited(&run(ALL, "start {}")), ["listening /do/0/hear a, or b"]);
    assert_eq!(awaited(&run(ALL, "start {}\nevent {\"type\":\"a\"}")), ["listening /do/0/hear b"]);
}

#[test]
fn any_takes_the_first_event_that_passes_a_filter() {
    assert_eq!(stands(ANY, "start {}\nevent {\"type\":\"b\",\"data\":2}"), "completed [2]");
}

#[test]
fn any_of_nothing_takes_any_event() {
    let definition = "do: [ { hear: { listen: { to: { any: [] } } } } ]";
    assert_eq!(awaited(&run(definition, "start {}")), ["listening /do/0/hear any event"]);
    assert_eq!(stands(definition, "start {}\nevent {\"type\":\"whatever\",\"data\":1}"), "completed [1]");
}

#[test]
fn all_takes_one_event_for_each_filter_in_any_order() {
    let script = r#"
        start {}
        event {"type":"b","data":2}
        event {"type":"b","data":3}
        event {"type":"a","data":1}
    "#;
    assert_eq!(stands(ALL, script), "completed [2,1]");
}

#[test]
fn all_with_two_equal_filters_takes_two_events() {
    let definition =
        "do: [ { hear: { listen: { to: { all: [ { with: { type: a } }, { with: { type: a } } ] } } } } ]";
    assert_eq!(stands(definition, "start {}\nevent {\"type\":\"a\",\"data\":1}"), "waiting");
    let script = "start {}\nevent {\"type\":\"a\",\"data\":1}\nevent {\"type\":\"a\",\"data\":2}";
    assert_eq!(stands(definition, script), "completed [1,2]");
}

#[test]
fn all_of_nothing_is_there_already() {
    assert_eq!(stands("do: [ { hear: { listen: { to: { all: [] } } } } ]", "start {}"), "completed []");
}

#[test]
fn a_repetition_is_taken_once() {
    let definition =
        "do: [ { hear: { listen: { to: { any: [ { with: { type: a } } ], until: 'length == 2' } } } } ]";
    check(
        definition,
        r#"
        start {}
        event {"type":"a","id":"x","data":1}
        event {"type":"a","id":"x","data":1}
        event {"type":"a","id":"x","source":"/other","data":2}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/hear
            > event {"type":"a","id":"x","data":1}
              eventReceived /do/0/hear a x of /s
            > event {"type":"a","id":"x","data":1}
              nothing
            > event {"type":"a","id":"x","source":"/other","data":2}
              eventReceived /do/0/hear a x of /other
              taskCompleted /do/0/hear -> [1,2]
              completed -> [1,2]
            = completed [1,2]
        "#]],
    );
}

#[test]
fn a_repetition_does_not_pass_for_the_next_listen() {
    let definition = "do: [ { x: { listen: { to: { one: { with: { type: a } } } } } }, { y: { listen: { to: { one: { with: { type: a } } } } } } ]";
    let twice = "start {}\nevent {\"type\":\"a\",\"id\":\"1\"}\nevent {\"type\":\"a\",\"id\":\"1\"}";
    assert_eq!(stands(definition, twice), "waiting");
    let two = "start {}\nevent {\"type\":\"a\",\"id\":\"1\"}\nevent {\"type\":\"a\",\"id\":\"2\",\"data\":5}";
    assert_eq!(stands(definition, two), "completed [5]");
}

#[test]
fn only_so_many_repetitions_are_recognised_and_the_oldest_is_forgotten_first() {
    let definition =
        "do: [ { hear: { listen: { to: { any: [ { with: { type: a } } ], until: 'length == 1027' } } } } ]";
    let mut script = String::from("start {}\n");
    for id in 0..1_025 {
        writeln!(script, "event {{\"type\":\"a\",\"id\":\"{id}\",\"data\":0}}").unwrap();
    }
    // 1 to 1,024 are remembered, 0 is not any more.
    script += "event {\"type\":\"a\",\"id\":\"1\",\"data\":0}\n";
    let mut run = run(definition, &script);
    let consumed = |run: &tenure_engine::execution::testing::Run| {
        run.history().iter().filter(|event| matches!(event.fact, Fact::EventConsumed(_))).count()
    };
    assert_eq!(consumed(&run), 1_025);
    run.line("event {\"type\":\"a\",\"id\":\"0\",\"data\":0}");
    assert_eq!(consumed(&run), 1_026);
}

#[test]
fn a_published_event_goes_to_every_listen_that_wants_it() {
    let definition = "do: [ { f: { fork: { branches: [ { x: { listen: { to: { one: { with: { type: a } } } } } }, { y: { listen: { to: { one: { with: { type: a } } } } } } ] } } } ]";
    assert_eq!(stands(definition, "start {}\nevent {\"type\":\"a\",\"data\":1}"), "completed [[1],[1]]");
}

#[test]
fn an_event_for_racing_branches_decides_the_race_once() {
    let definition = "do: [ { f: { fork: { compete: true, branches: [ { x: { listen: { to: { one: { with: { type: a } } } } } }, { y: { listen: { to: { one: { with: { type: a } } } } } } ] } } } ]";
    assert_eq!(stands(definition, "start {}\nevent {\"type\":\"a\",\"data\":1}"), "completed [1]");
}

#[test]
fn events_are_read_as_data_envelope_or_raw() {
    let read = |how: &str| {
        let definition = format!(
            "do: [ {{ hear: {{ listen: {{ to: {{ one: {{ with: {{ type: a }} }} }}, read: {how} }} }} }} ]"
        );
        stands(&definition, "start {}\nevent {\"type\":\"a\",\"data\":{\"n\":1}}")
    };
    assert_eq!(read("data"), r#"completed [{"n":1}]"#);
    assert_eq!(
        read("envelope"),
        r#"completed [{"specversion":"1.0","id":"e1","source":"/s","type":"a","data":{"n":1}}]"#
    );
    assert_eq!(read("raw"), r#"completed ["eyJuIjoxfQ=="]"#);
}

#[test]
fn an_event_without_data_is_null() {
    assert_eq!(stands(ONE, "start {}\nevent {\"type\":\"paid\"}"), "completed [null]");
}

/// Runs a `listen` with one filter; says whether it takes the event.
fn takes(filter: &str, event: &str) -> bool {
    let definition = format!("do: [ {{ hear: {{ listen: {{ to: {{ one: {{ with: {filter} }} }} }} }} }} ]");
    let script = format!("start {{\"order\":\"A-17\",\"min\":3}}\nevent {event}");
    stands(&definition, &script).starts_with("completed")
}

#[test]
fn filters_compare_attributes_literally() {
    assert!(takes("{ type: a, source: /s, subject: x }", r#"{"type":"a","subject":"x"}"#));
    assert!(!takes("{ type: a, subject: x }", r#"{"type":"a","subject":"y"}"#));
    assert!(!takes("{ type: a, subject: x }", r#"{"type":"a"}"#));
}

#[test]
fn filters_compare_extension_attributes() {
    assert!(takes("{ type: a, priority: 3, urgent: true }", r#"{"type":"a","priority":3,"urgent":true}"#));
    assert!(!takes("{ type: a, priority: 3 }", r#"{"type":"a","priority":4}"#));
}

#[test]
fn filters_can_be_patterns() {
    assert!(takes(r"{ type: 'com\.acme\..*' }", r#"{"type":"com.acme.paid"}"#));
    assert!(!takes(r"{ type: 'com\.acme\..*' }", r#"{"type":"org.acme.paid"}"#));
}

#[test]
fn filters_can_be_expressions_on_the_attribute() {
    assert!(takes("{ type: '${ startswith(\"com.\") }' }", r#"{"type":"com.acme"}"#));
    assert!(takes(
        "{ type: a, data: '${ .temperature > 38 }' }",
        r#"{"type":"a","data":{"temperature":39}}"#
    ));
    assert!(!takes(
        "{ type: a, data: '${ .temperature > 38 }' }",
        r#"{"type":"a","data":{"temperature":38}}"#
    ));
}

#[test]
fn filters_can_ask_for_what_the_execution_knows() {
    assert!(takes("{ type: a, subject: '${ $input.order }' }", r#"{"type":"a","subject":"A-17"}"#));
    assert!(!takes("{ type: a, subject: '${ $input.order }' }", r#"{"type":"a","subject":"A-18"}"#));
    assert!(takes("{ type: a, data: '${ .n >= $workflow.input.min }' }", r#"{"type":"a","data":{"n":3}}"#));
}

#[test]
fn filters_reach_into_data() {
    assert!(takes(
        "{ type: a, data: { kind: big, deep: { x: 1 } } }",
        r#"{"type":"a","data":{"kind":"big","deep":{"x":1,"y":2}}}"#
    ));
    assert!(!takes("{ type: a, data: { kind: big } }", r#"{"type":"a","data":{"kind":"small"}}"#));
}

#[test]
fn a_filter_that_fails_on_an_event_does_not_take_it() {
    assert!(!takes("{ type: a, data: '${ .temperature > 38 }' }", r#"{"type":"a","data":"hot"}"#));
    assert!(!takes("{ type: a, data: '${ error(\"no\") }' }", r#"{"type":"a","data":1}"#));
}

const ORDER: &str = "do: [ { hear: { listen: { to: { one: { with: { type: paid }, correlate: { order: { from: .data.order, expect: .order } } } } } } } ]";

#[test]
fn an_event_must_show_the_expected_correlation() {
    let script = r#"
        start {"order":"A-17"}
        event {"type":"paid","data":{"order":"A-18"}}
        event {"type":"paid","data":{}}
        event {"type":"paid","data":{"order":"A-17","sum":3}}
    "#;
    assert_eq!(stands(ORDER, script), r#"completed [{"order":"A-17","sum":3}]"#);
    assert_eq!(
        awaited(&run(ORDER, "start {\"order\":\"A-17\"}")),
        ["listening /do/0/hear paid where order = A-17"]
    );
}

#[test]
fn an_expectation_can_be_constant_and_is_compared_as_a_text() {
    let definition = "do: [ { hear: { listen: { to: { one: { with: { type: paid }, correlate: { n: { from: .data.n, expect: '42' } } } } } } } ]";
    assert_eq!(stands(definition, "start {}\nevent {\"type\":\"paid\",\"data\":{\"n\":41}}"), "waiting");
    assert_eq!(
        stands(definition, "start {}\nevent {\"type\":\"paid\",\"data\":{\"n\":42}}"),
        r#"completed [{"n":42}]"#
    );
}

#[test]
fn an_expectation_of_nothing_is_an_error() {
    assert_eq!(
        stands(ORDER, "start {}"),
        "faulted expression 400 at /do/0/hear: `correlate.order.expect` gives null: a value is needed"
    );
}

#[test]
fn the_first_value_shown_is_expected_of_all_others() {
    let definition = "do: [ { hear: { listen: { to: { all: [ { with: { type: a }, correlate: { order: { from: .data.o } } }, { with: { type: b }, correlate: { order: { from: .subject } } } ] } } } } ]";
    let script = r#"
        start {}
        event {"type":"a","data":{"o":"1"}}
        event {"type":"b","subject":"2","data":0}
        event {"type":"b","subject":"1","data":5}
    "#;
    assert_eq!(stands(definition, script), r#"completed [{"o":"1"},5]"#);
    let run = run(definition, "start {}\nevent {\"type\":\"a\",\"data\":{\"o\":\"1\"}}");
    assert_eq!(awaited(&run), ["listening /do/0/hear b where order = 1"]);
}

#[test]
fn what_one_listen_has_seen_is_not_expected_by_the_next() {
    let hear = "listen: { to: { one: { with: { type: a }, correlate: { order: { from: .data } } } } }";
    let definition = format!("do: [ {{ x: {{ {hear} }} }}, {{ y: {{ {hear} }} }} ]");
    let script = "start {}\nevent {\"type\":\"a\",\"data\":1}\nevent {\"type\":\"a\",\"data\":2}";
    assert_eq!(stands(&definition, script), "completed [2]");
}

#[test]
fn several_correlations_must_all_be_met() {
    let definition = "do: [ { hear: { listen: { to: { any: [ { with: { type: a }, correlate: { x: { from: .data.x, expect: '1' }, y: { from: .data.y } } } ], until: 'length == 2' } } } } ]";
    let script = r#"
        start {}
        event {"type":"a","data":{"x":2,"y":1}}
        event {"type":"a","data":{"x":1,"y":1}}
        event {"type":"a","data":{"x":1,"y":2}}
        event {"type":"a","data":{"x":1,"y":1,"z":0}}
    "#;
    assert_eq!(stands(definition, script), r#"completed [{"x":1,"y":1},{"x":1,"y":1,"z":0}]"#);
}

#[test]
fn subscriptions_say_by_what_an_execution_is_found() {
    check(
        "do: [ { hear: { listen: { to: { any: [ { with: { type: 'x.*' } }, { with: { type: paid }, correlate: { o: { from: .data, expect: '1' } } } ], until: { one: { with: { type: stop } } } } } } } ]",
        r#"
        start {}
        subscriptions
        event {"type":"stop"}
        subscriptions
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/hear
            > subscriptions
              * /do/0/hear#0
              paid /do/0/hear#1 correlated
              stop /do/0/hear#2
            > event {"type":"stop"}
              eventReceived /do/0/hear stop e1 of /s
              taskCompleted /do/0/hear -> []
              completed -> []
            > subscriptions
            = completed []
        "#]],
    );
}

fn event(text: &str) -> Event {
    Event::parse(tenure_dsl::json::Json::parse(text).unwrap()).unwrap()
}

/// The index: one event reaches the executions that expect its values, and those that expect none yet.
#[test]
fn an_event_is_looked_up_under_the_values_that_it_shows() {
    let text =
        format!("document: {{ dsl: '1.0.3', namespace: test, name: order, version: '1.0.0' }}\n{ORDER}");
    let definition = tenure_dsl::load(&text).unwrap();
    let paid = |order: &str| {
        event(&format!(
            r#"{{"specversion":"1.0","id":"1","source":"/s","type":"paid","data":{{"order":"{order}"}}}}"#
        ))
    };
    let waits = |order: &str| {
        let run = run(&text, &format!("start {{\"order\":\"{order}\"}}"));
        let all = run.execution().subscriptions(&definition);
        assert_eq!(all.len(), 1);
        all[0].clone()
    };
    let (one, other) = (waits("A-17"), waits("A-18"));
    assert_ne!(one.correlation, other.correlation);
    let found = addresses(&definition, "/do/0/hear", 0, &paid("A-17"));
    assert_eq!(found, [None, one.correlation]);
    assert_eq!(addresses(&definition, "/do/0/hear", 7, &paid("A-17")), []);
    assert_eq!(addresses(&definition, "/do/9/none", 0, &paid("A-17")), []);
}

#[test]
fn until_is_a_condition_on_what_was_consumed() {
    let definition = "do: [ { hear: { listen: { to: { any: [ { with: { type: a } } ], until: '(map(.) | add) >= 5' } } } } ]";
    let script = r#"
        start {}
        event {"type":"a","data":2}
        event {"type":"a","data":2}
        event {"type":"a","data":2}
    "#;
    assert_eq!(stands(definition, script), "completed [2,2,2]");
}

#[test]
fn an_until_that_fails_is_an_error_of_the_task() {
    let definition =
        "do: [ { hear: { listen: { to: { any: [ { with: { type: a } } ], until: 'error(\"no\")' } } } } ]";
    let end = stands(definition, "start {}\nevent {\"type\":\"a\"}");
    assert!(end.starts_with("faulted expression 400 at /do/0/hear: `listen.to.until`"), "{end}");
}

#[test]
fn events_that_end_a_listen_are_not_part_of_its_output() {
    let definition = "do: [ { hear: { listen: { to: { any: [ { with: { type: a } } ], until: { one: { with: { type: stop } } } } } } } ]";
    let script = r#"
        start {}
        event {"type":"a","data":1}
        event {"type":"a","data":2}
        event {"type":"stop","data":9}
        event {"type":"a","data":3}
    "#;
    assert_eq!(stands(definition, script), "completed [1,2]");
}

#[test]
fn an_event_that_ends_a_listen_is_not_consumed_by_it_even_when_it_could_be() {
    let definition =
        "do: [ { hear: { listen: { to: { any: [], until: { one: { with: { type: stop } } } } } } } ]";
    let script = "start {}\nevent {\"type\":\"a\",\"data\":1}\nevent {\"type\":\"stop\",\"data\":9}";
    assert_eq!(stands(definition, script), "completed [1]");
}

#[test]
fn until_can_ask_for_several_events() {
    let definition = "do: [ { hear: { listen: { to: { any: [ { with: { type: a } } ], until: { all: [ { with: { type: x } }, { with: { type: y } } ] } } } } } ]";
    let script = r#"
        start {}
        event {"type":"x"}
        event {"type":"a","data":1}
        event {"type":"x"}
    "#;
    assert_eq!(stands(definition, script), "waiting");
    assert_eq!(stands(definition, &format!("{script}\nevent {{\"type\":\"y\"}}")), "completed [1]");
}

#[test]
fn until_of_nothing_ends_at_once() {
    let definition = "do: [ { hear: { listen: { to: { any: [], until: { all: [] } } } } } ]";
    assert_eq!(stands(definition, "start {}"), "completed []");
}

const EACH: &str = "do: [ { hear: { listen: { to: { any: [ { with: { type: a } } ], until: { one: { with: { type: stop } } } } }, foreach: { item: it, at: n, do: [ { act: { call: http, with: { method: post, endpoint: 'http://s/', body: '${ { it: $it, n: $n, in: . } }' } } } ], output: { as: '${ { r: ., n: $n } }' }, export: { as: '${ $context + { last: .r } }' } } } } ]";

#[test]
fn items_are_handled_one_after_the_other_and_events_wait_meanwhile() {
    check(
        EACH,
        r#"
        start {}
        event {"type":"a","data":7}
        show /do/0/hear/foreach/do/0/act
        event {"type":"a","data":8}
        event {"type":"stop"}
        event {"type":"a","data":9}
        answer /do/0/hear/foreach/do/0/act[0] 200 "x"
        answer /do/0/hear/foreach/do/0/act[1] 200 "y"
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/hear
            > event {"type":"a","data":7}
              eventReceived /do/0/hear a e1 of /s
              iterationStarted /do/0/hear 0
              taskStarted /do/0/hear/foreach/do/0/act[0]
              attemptStarted /do/0/hear/foreach/do/0/act[0]#1
            > show /do/0/hear/foreach/do/0/act
              POST http://s/ [] {"it":7,"n":0,"in":7} key=b5f96a90 mode=AtMostOnce send-by=+30000 deadline=+600000
            > event {"type":"a","data":8}
              eventReceived /do/0/hear a e2 of /s
            > event {"type":"stop"}
              eventReceived /do/0/hear stop e3 of /s
            > event {"type":"a","data":9}
              nothing
            > answer /do/0/hear/foreach/do/0/act[0] 200 "x"
              taskCompleted /do/0/hear/foreach/do/0/act[0]#1 -> "x"
              itemCompleted /do/0/hear 0 -> {"r":"x","n":0} context {"last":"x"}
              iterationStarted /do/0/hear 1
              taskStarted /do/0/hear/foreach/do/0/act[1]
              attemptStarted /do/0/hear/foreach/do/0/act[1]#1
            > answer /do/0/hear/foreach/do/0/act[1] 200 "y"
              taskCompleted /do/0/hear/foreach/do/0/act[1]#1 -> "y"
              itemCompleted /do/0/hear 1 -> {"r":"y","n":1} context {"last":"y"}
              taskCompleted /do/0/hear -> [{"r":"x","n":0},{"r":"y","n":1}]
              completed -> [{"r":"x","n":0},{"r":"y","n":1}]
            = completed [{"r":"x","n":0},{"r":"y","n":1}]
        "#]],
    );
}

#[test]
fn foreach_without_tasks_maps_each_item() {
    let definition = "do: [ { hear: { listen: { to: { all: [ { with: { type: a } }, { with: { type: b } } ] } }, foreach: { output: { as: '${ . * 10 + $index }' }, export: { as: '${ { sum: ($context.sum // 0) + . } }' } } } }, { z: { set: '${ $context.sum }' } } ]";
    let script = "start {}\nevent {\"type\":\"a\",\"data\":1}\nevent {\"type\":\"b\",\"data\":2}";
    assert_eq!(stands(definition, script), "completed 31");
}

#[test]
fn until_sees_what_the_items_have_become() {
    let definition = "do: [ { hear: { listen: { to: { any: [ { with: { type: a } } ], until: '$context.enough' } }, foreach: { do: [ { x: { set: '${ $item * 2 }' } } ], export: { as: '${ { enough: (. > 5) } }' } } } } ]";
    let script = "start {}\nevent {\"type\":\"a\",\"data\":1}\nevent {\"type\":\"a\",\"data\":3}";
    assert_eq!(stands(definition, script), "completed [2,6]");
}

#[test]
fn an_error_in_an_iteration_faults_the_listen_and_can_be_caught_around_it() {
    let hear = "hear: { listen: { to: { any: [ { with: { type: a } } ], until: 'false' } }, foreach: { do: [ { x: { raise: { error: { type: 'https://e/x', status: 500 } } } } ] } }";
    let definition = format!("do: [ {{ {hear} }} ]");
    let script = "start {}\nevent {\"type\":\"a\"}";
    assert_eq!(stands(&definition, script), "faulted https://e/x 500 at /do/0/hear/foreach/do/0/x");
    let definition = format!(
        "do: [ {{ t: {{ try: [ {{ {hear} }} ], catch: {{ do: [ {{ h: {{ set: '${{ $error.status }}' }} }} ] }} }} }} ]"
    );
    assert_eq!(stands(&definition, script), "completed 500");
}

#[test]
fn end_in_an_iteration_ends_the_workflow_and_exit_the_iteration() {
    let definition = |then: &str| {
        format!(
            "do: [ {{ hear: {{ listen: {{ to: {{ any: [ {{ with: {{ type: a }} }} ], until: 'length == 2' }} }}, foreach: {{ do: [ {{ x: {{ set: '${{ $item }}', then: {then} }} }}, {{ y: {{ set: never }} }} ] }} }} }}, {{ z: {{ set: after }} }} ]"
        )
    };
    let script = "start {}\nevent {\"type\":\"a\",\"data\":1}\nevent {\"type\":\"a\",\"data\":2}";
    assert_eq!(stands(&definition("exit"), script), r#"completed "after""#);
    assert_eq!(stands(&definition("end"), "start {}\nevent {\"type\":\"a\",\"data\":1}"), "completed []");
}

#[test]
fn a_listen_is_limited_by_its_timeout() {
    let definition =
        "do: [ { hear: { listen: { to: { one: { with: { type: a } } } }, timeout: { after: PT5S } } } ]";
    assert_eq!(stands(definition, "start {}"), "waiting\n  open: timeout /do/0/hear +5000");
    assert_eq!(
        stands(definition, "start {}\nfire"),
        "faulted timeout 408 at /do/0/hear: the task took longer than its `timeout`"
    );
    assert_eq!(stands(definition, "start {}\nevent {\"type\":\"a\",\"data\":1}"), "completed [1]");
}

#[test]
fn a_timeout_interrupts_the_iteration_under_way() {
    let definition = EACH.replace("do: [ { hear: {", "do: [ { hear: { timeout: { after: PT5S },");
    check(
        &definition,
        r#"
        start {}
        event {"type":"a","data":7}
        fire timeout
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/hear due +5000
            > event {"type":"a","data":7}
              eventReceived /do/0/hear a e1 of /s
              iterationStarted /do/0/hear 0
              taskStarted /do/0/hear/foreach/do/0/act[0]
              attemptStarted /do/0/hear/foreach/do/0/act[0]#1
            > fire timeout
              interrupted /do/0/hear to fault
              taskUncertain /do/0/hear/foreach/do/0/act[0]#1 interrupted: the step was interrupted while its call was under way
              taskCancelled /do/0/hear/foreach/do/0/act[0] executed
              taskFaulted /do/0/hear ! timeout 408 at /do/0/hear: the task took longer than its `timeout`
              faulted ! timeout 408 at /do/0/hear: the task took longer than its `timeout`
            = faulted timeout 408 at /do/0/hear: the task took longer than its `timeout`
        "#]],
    );
}

#[test]
fn a_listen_that_is_tried_again_begins_anew() {
    let definition = "do: [ { t: { try: [ { hear: { listen: { to: { all: [ { with: { type: a } }, { with: { type: b } } ] } }, timeout: { after: PT5S } } } ], catch: { retry: { limit: { attempt: { count: 1 } } } } } } ]";
    let script = r#"
        start {}
        event {"type":"a","data":1}
        fire
        event {"type":"b","data":2}
        event {"type":"a","data":3}
    "#;
    assert_eq!(stands(definition, script), "completed [2,3]");
}

#[test]
fn cancel_ends_a_listen() {
    assert_eq!(stands(ONE, "start {}\ncancel"), "cancelled");
    assert_eq!(stands(ONE, "start {}\nterminate"), "terminated");
}

#[test]
fn nothing_is_consumed_while_an_execution_is_cancelled() {
    let definition = "do: [ { f: { fork: { branches: [ { c: { call: http, with: { method: post, endpoint: 'http://s/' } } }, { hear: { listen: { to: { one: { with: { type: a } } } } } } ] } } } ]";
    let script = "start {}\ncancel\nevent {\"type\":\"a\",\"data\":1}";
    let run = run(definition, script);
    assert!(!run.history().iter().any(|event| matches!(event.fact, Fact::EventConsumed(_))));
}

#[test]
fn an_event_for_an_execution_that_has_ended_is_refused() {
    check(
        ONE,
        r#"
        event {"type":"paid"}
        start {}
        event {"type":"paid","data":1}
        event {"type":"paid","data":2}
        "#,
        expect![[r#"
            > event {"type":"paid"}
              rejected: there is no such execution
            > start {}
              started
              taskStarted /do/0/hear
            > event {"type":"paid","data":1}
              eventReceived /do/0/hear paid e2 of /s
              taskCompleted /do/0/hear -> [1]
              completed -> [1]
            > event {"type":"paid","data":2}
              rejected: the execution has ended: it is completed
            = completed [1]
        "#]],
    );
}

const UNDO: &str = "do: [ { hear: { listen: { to: { any: [ { with: { type: a } } ], until: 'length == 3' } }, foreach: { item: it, do: [ { act: { set: '${ $it * 10 }', metadata: { compensate: { do: [ { back: { set: '${ { it: $it, out: $output, n: $index } }' } } ] } } } } ] } } }, { bad: { raise: { error: { type: 'https://e/x', status: 500 } } } } ]";

#[test]
fn items_are_undone_from_the_last_to_the_first_with_their_own_variables() {
    let script = r#"
        start {}
        event {"type":"a","data":1}
        event {"type":"a","data":2}
        event {"type":"a","data":3}
    "#;
    let end = stands(UNDO, script);
    let undone: Vec<&str> = end.lines().skip(1).collect();
    assert_eq!(
        undone,
        [
            "  undo /do/0/hear/foreach/do/0/act[2] completed",
            "  undo /do/0/hear/foreach/do/0/act[1] completed",
            "  undo /do/0/hear/foreach/do/0/act[0] completed",
        ]
    );
    let outputs: Vec<String> = run(UNDO, script)
        .history()
        .iter()
        .filter_map(|event| match &event.fact {
            Fact::TaskCompleted { place, output, .. } if place.task.ends_with("/back") => {
                Some(output.to_string())
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        outputs,
        [r#"{"it":3,"out":30,"n":2}"#, r#"{"it":2,"out":20,"n":1}"#, r#"{"it":1,"out":10,"n":0}"#]
    );
}

#[test]
fn a_listen_that_completed_and_has_an_undo_of_its_own_replaces_those_of_its_items() {
    let definition = UNDO.replace(
        "foreach: {",
        "metadata: { compensate: { do: [ { all: { set: '${ $output }' } } ] } }, foreach: {",
    );
    let script = r#"
        start {}
        event {"type":"a","data":1}
        event {"type":"a","data":2}
        event {"type":"a","data":3}
    "#;
    let end = stands(&definition, script);
    assert_eq!(end.lines().skip(1).collect::<Vec<_>>(), ["  undo /do/0/hear completed"]);
}

#[test]
fn items_of_an_interrupted_listen_are_undone() {
    let script = "start {}\nevent {\"type\":\"a\",\"data\":1}\ncancel compensate";
    let end = stands(UNDO, script);
    assert_eq!(end, "cancelled, compensation completed\n  undo /do/0/hear/foreach/do/0/act[0] completed");
}

#[test]
fn an_undo_can_listen_with_a_timeout() {
    let definition = "do: [ { a: { set: 1, metadata: { compensate: { do: [ { hear: { listen: { to: { one: { with: { type: undone } } } }, timeout: { after: PT5S } } } ] } } } }, { bad: { raise: { error: { type: 'https://e/x', status: 500 } } } } ]"
        .replace("set: 1,", "set: { x: 1 },");
    assert_eq!(
        stands(&definition, "start {}").lines().last(),
        Some("  open: timeout /do/0/a/metadata/compensate/do/0/hear +5000")
    );
    let end = stands(&definition, "start {}\nevent {\"type\":\"undone\"}");
    assert_eq!(end, "faulted, compensation completed https://e/x 500 at /do/1/bad\n  undo /do/0/a completed");
}

#[test]
fn more_than_a_payload_cannot_be_gathered() {
    let definition =
        "do: [ { hear: { listen: { to: { any: [ { with: { type: a } } ], until: 'false' } } } } ]";
    let half = "x".repeat(600 * 1_024);
    let script = format!(
        "start {{}}\nevent {{\"type\":\"a\",\"data\":\"{half}\"}}\nevent {{\"type\":\"a\",\"data\":\"{half}\"}}"
    );
    let end = stands(definition, &script);
    assert!(
        end.starts_with("faulted runtime 500 at /do/0/hear: `listen` has gathered 1228804 bytes"),
        "{end}"
    );
}

#[test]
fn events_that_wait_behind_an_item_are_limited() {
    let mut script = String::from("start {}\n");
    for _ in 0..=1_000 {
        script += "event {\"type\":\"a\",\"data\":1}\n";
    }
    let mut run = run(EACH, &script);
    run.line("event {\"type\":\"a\",\"id\":\"late\"}");
    let report = run.report();
    assert!(
        report.contains("rejected: 1000 events wait in the execution: the limit `inbox_events_max` is 1000"),
    );
}

#[test]
fn an_execution_listens_in_a_limited_number_of_places() {
    let filters = "{ with: { type: a } }, ".repeat(100);
    let branch = |n: usize| format!("{{ b{n}: {{ listen: {{ to: {{ any: [ {filters} ] }} }} }} }}, ");
    let branches: String = (0..11).map(branch).collect();
    let definition = format!("do: [ {{ f: {{ fork: {{ branches: [ {branches} ] }} }} }} ]");
    let end = stands(&definition, "start {}");
    assert!(end.contains("the limit `subscriptions_max` is 1000"), "{end}");
}

fn started_by(on: &str, read: &str) -> tenure_dsl::program::Definition {
    let text = format!(
        "document: {{ dsl: '1.0.3', namespace: test, name: on, version: '1.0.0' }}\nschedule: {{ on: {on}, read: {read} }}\ndo: [ {{ a: {{ wait: PT1S }} }} ]"
    );
    tenure_dsl::load(&text).unwrap_or_else(|found| panic!("{found:#?}"))
}

#[test]
fn an_event_starts_an_execution_with_itself_as_the_input() {
    let paid = event(r#"{"specversion":"1.0","id":"1","source":"/s","type":"paid","data":{"n":1}}"#);
    let other = event(r#"{"specversion":"1.0","id":"1","source":"/s","type":"other"}"#);
    let one = started_by("{ one: { with: { type: paid } } }", "data");
    assert_eq!(starts(&one, &paid).unwrap().text(), r#"[{"n":1}]"#);
    assert_eq!(starts(&one, &other), None);
    let any = started_by(
        "{ any: [ { with: { type: x } }, { with: { type: paid, data: { n: 1 } } } ] }",
        "envelope",
    );
    assert_eq!(starts(&any, &paid).unwrap().items().unwrap()[0], *paid.envelope());
    assert_eq!(start_kinds(&any), [Some("paid".into()), Some("x".into())]);
    let all = started_by("{ all: [ { with: { source: /s } } ] }", "raw");
    assert_eq!(starts(&all, &paid).unwrap().text(), r#"["eyJuIjoxfQ=="]"#);
    assert_eq!(start_kinds(&all), [None]);
}

#[test]
fn a_start_can_ask_for_a_correlation_value() {
    let paid = |n: u32| {
        event(&format!(r#"{{"specversion":"1.0","id":"1","source":"/s","type":"paid","data":{{"n":{n}}}}}"#))
    };
    let one = started_by(
        "{ one: { with: { type: paid }, correlate: { n: { from: .data.n, expect: '1' } } } }",
        "data",
    );
    assert!(starts(&one, &paid(1)).is_some());
    assert!(starts(&one, &paid(2)).is_none());
    let shown = started_by("{ one: { with: { type: paid }, correlate: { n: { from: .data.n } } } }", "data");
    assert!(starts(&shown, &paid(2)).is_some());
    let shown = started_by("{ one: { with: { type: paid }, correlate: { n: { from: .data.m } } } }", "data");
    assert!(starts(&shown, &paid(2)).is_none());
}
