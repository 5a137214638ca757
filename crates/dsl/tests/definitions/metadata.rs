//! Our keys in `metadata`.

use super::{check, check_body};
use expect_test::expect;

fn task(rest: &str) -> String {
    format!("\ndo:\n  - a: {{ {rest} }}\n")
}

const CALL: &str = "call: http, with: { method: POST, endpoint: 'http://x' }";

#[test]
fn keys_of_others_pass_through() {
    check_body(&task("wait: PT1S, metadata: { owner: team, compensat: { x: 1 }, limits: 5 }"), expect![[""]]);
    check(
        "document: { dsl: '1.0.3', namespace: t, name: t, version: '1.0.0', metadata: { x: [1], effect: 3 } }\ndo: []\n",
        expect![[""]],
    );
}

#[test]
fn compensate_has_tasks_and_known_keys() {
    check_body(
        &task(
            "wait: PT1S, metadata: { compensate: { do: [ { b: { wait: PT1S } } ], on: attempted, when: .x, retry: { delay: PT1S } } }",
        ),
        expect![[""]],
    );
    check_body(&task("wait: PT1S, metadata: { compensate: none }"), expect![[""]]);
    check_body(
        &task("wait: PT1S, metadata: { compensate: {} }"),
        expect![[r#"
        DEF-0021 3:46 /do/0/a/metadata/compensate the key `do` is required
    "#]],
    );
    check_body(
        &task("wait: PT1S, metadata: { compensate: { do: [ { b: { wait: PT1S } } ], on: complete } }"),
        expect![[r#"
        DEF-0027 3:83 /do/0/a/metadata/compensate/on `complete` is not allowed here (did you mean `completed`?)
    "#]],
    );
    check_body(
        &task("wait: PT1S, metadata: { compensate: { dо: [] } }"),
        expect![[r#"
        DEF-0021 3:46 /do/0/a/metadata/compensate the key `do` is required
        DEF-0020 3:48 /do/0/a/metadata/compensate/dо unknown key `dо` (did you mean `do`?)
    "#]],
    );
    check_body(
        &task("wait: PT1S, metadata: { compensate: some }"),
        expect![[r#"
        DEF-0022 3:46 /do/0/a/metadata/compensate expected a map with `do`, or `none`, found a text
    "#]],
    );
    check_body(
        &task("wait: PT1S, metadata: { compensate: { do: [ { b: { wayt: PT1S } } ] } }"),
        expect![[r#"
        DEF-0023 3:59 /do/0/a/metadata/compensate/do/0/b the task says nothing about what it does (did you mean `wait`?)
    "#]],
    );
}

#[test]
fn compensation_of_a_compensation_is_refused() {
    check_body(
        "
do:
  - a:
      wait: PT1S
      metadata:
        compensate:
          do:
            - b:
                do:
                  - c:
                      wait: PT1S
                      metadata:
                        compensate: { do: [ { d: { wait: PT1S } } ] }
",
        expect![[r#"
            DEF-0071 13:25 /do/0/a/metadata/compensate/do/0/b/do/0/c/metadata/compensate a compensation is not compensated itself
        "#]],
    );
}

#[test]
fn compensation_does_not_end_the_workflow() {
    check_body(
        "
do:
  - a:
      wait: PT1S
      metadata:
        compensate:
          do:
            - b: { wait: PT1S, then: end }
            - c: { switch: [ { x: { when: .y, then: end } } ] }
            - d: { try: [], catch: { then: end } }
            - e: { wait: PT1S, then: exit }
",
        expect![[r#"
            DEF-0072 8:38 /do/0/a/metadata/compensate/do/0/b/then a compensation cannot end the workflow (use `exit` to end the list)
            DEF-0072 9:53 /do/0/a/metadata/compensate/do/1/c/switch/0/x/then a compensation cannot end the workflow (use `exit` to end the list)
            DEF-0072 10:44 /do/0/a/metadata/compensate/do/2/d/catch/then a compensation cannot end the workflow (use `exit` to end the list)
        "#]],
    );
}

#[test]
fn compensation_does_not_listen_for_ever() {
    check_body(
        "
do:
  - a:
      wait: PT1S
      metadata:
        compensate:
          do:
            - b: { listen: { to: { one: { with: { type: x } } } } }
            - c: { listen: { to: { one: { with: { type: x } } } }, timeout: { after: PT1S } }
",
        expect![[r#"
            DEF-0073 8:20 /do/0/a/metadata/compensate/do/0/b/listen a compensation cannot listen without a timeout (add `timeout`)
        "#]],
    );
}

#[test]
fn call_compensate_has_something_to_unwind() {
    check_body(
        "\ndo:\n  - a: { try: [], catch: { do: [ { undo: { call: compensate } } ] } }\n",
        expect![[""]],
    );
    check_body(
        "\ndo:\n  - a: { try: [], catch: { do: [ { b: { do: [ { undo: { call: compensate } } ] } } ] } }\n",
        expect![[""]],
    );
    check_body(
        "\ndo:\n  - a: { wait: PT1S }\n  - undo: { call: compensate, with: { scope: a } }\n",
        expect![[""]],
    );
    check_body(
        "\ndo:\n  - undo: { call: compensate }\n",
        expect![[r#"
        DEF-0074 3:19 /do/0/undo/call `call: compensate` without a scope unwinds the `try` around it, and there is none (move it into a `catch.do`, or name an earlier task: `with: { scope: name }`)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { try: [ { undo: { call: compensate } } ], catch: {} }\n",
        expect![[r#"
        DEF-0074 3:33 /do/0/a/try/0/undo/call `call: compensate` without a scope unwinds the `try` around it, and there is none (move it into a `catch.do`, or name an earlier task: `with: { scope: name }`)
    "#]],
    );
    check_body(
        "\ndo:\n  - undo: { call: compensate, with: { scope: later } }\n  - later: { wait: PT1S }\n",
        expect![[r#"
        DEF-0074 3:46 /do/0/undo/with/scope no earlier task `later` is in this list
    "#]],
    );
    check_body(
        "\ndo:\n  - charge: { wait: PT1S }\n  - undo: { call: compensate, with: { scope: chrage } }\n",
        expect![[r#"
        DEF-0074 4:46 /do/1/undo/with/scope no earlier task `chrage` is in this list (did you mean `charge`?)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { fork: { branches: [ { b: { wait: PT1S } }, { c: { call: compensate, with: { scope: b } } } ] } }\n",
        expect![[r#"
        DEF-0074 3:93 /do/0/a/fork/branches/1/c/with/scope a branch cannot unwind another branch: they run side by side
    "#]],
    );
    check_body(
        &task("wait: PT1S, metadata: { compensate: { do: [ { b: { call: compensate } } ] } }"),
        expect![[r#"
        DEF-0074 3:67 /do/0/a/metadata/compensate/do/0/b/call a compensation cannot unwind anything
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { wait: PT1S }\n  - undo: { call: compensate, with: { scop: a } }\n",
        expect![[r#"
        DEF-0074 4:19 /do/1/undo/call `call: compensate` without a scope unwinds the `try` around it, and there is none (move it into a `catch.do`, or name an earlier task: `with: { scope: name }`)
        DEF-0020 4:39 /do/1/undo/with/scop unknown key `scop` (did you mean `scope`?)
    "#]],
    );
}

#[test]
fn effect_has_known_keys_and_words() {
    check_body(
        &task(&format!(
            "{CALL}, metadata: {{ effect: {{ mode: exactly_once_with_key, key: attempt, onUncertain: fault }} }}"
        )),
        expect![[""]],
    );
    check_body(
        &task(&format!("{CALL}, metadata: {{ effect: {{ mod: at_least_once }} }}")),
        expect![[r#"
        DEF-0020 3:90 /do/0/a/metadata/effect/mod unknown key `mod` (did you mean `mode`?)
    "#]],
    );
    check_body(
        &task(&format!("{CALL}, metadata: {{ effect: {{ mode: exactly_once }} }}")),
        expect![[r#"
        DEF-0027 3:96 /do/0/a/metadata/effect/mode `exactly_once` is not allowed here (it is one of at_most_once, exactly_once_with_key, at_least_once)
    "#]],
    );
    check_body(
        &task(&format!("{CALL}, metadata: {{ effect: {{ key: always, onUncertain: retry }} }}")),
        expect![[r#"
        DEF-0027 3:95 /do/0/a/metadata/effect/key `always` is not allowed here (it is one of step, attempt)
        DEF-0027 3:116 /do/0/a/metadata/effect/onUncertain `retry` is not allowed here (it is one of wait, fault, compensate)
    "#]],
    );
    check_body(
        &task(&format!("{CALL}, metadata: {{ effect: at_most_once }}")),
        expect![[r#"
        DEF-0022 3:88 /do/0/a/metadata/effect expected a map, found a text
    "#]],
    );
}

#[test]
fn our_keys_stand_where_they_mean_something() {
    check_body(
        &task("wait: PT1S, metadata: { effect: {} }"),
        expect![[r#"
        DEF-0070 3:34 /do/0/a/metadata/effect `metadata.effect` means something only on a task that calls out
    "#]],
    );
    check_body(
        &task(
            "run: { workflow: { namespace: n, name: d, version: latest } }, metadata: { effect: { mode: at_most_once } }",
        ),
        expect![[r#"
        DEF-0070 3:85 /do/0/a/metadata/effect `metadata.effect` means something only on a task that calls out
    "#]],
    );
    check_body(
        &task("wait: PT1S, metadata: { concurrency: 5 }"),
        expect![[r#"
        DEF-0070 3:34 /do/0/a/metadata/concurrency `metadata.concurrency` means something only on a `for` or a `fork`
    "#]],
    );
    check_body(
        &task("set: { x: 1 }, metadata: { until: .x }"),
        expect![[r#"
        DEF-0070 3:37 /do/0/a/metadata/until `metadata.until` means something only on a `wait`
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { try: [], catch: { do: [ { undo: { call: compensate, metadata: { effect: {}, compensate: none } } } ] } }\n",
        expect![[r#"
        DEF-0070 3:74 /do/0/a/catch/do/0/undo/metadata/effect `metadata.effect` means something only on a task that calls out
        DEF-0070 3:86 /do/0/a/catch/do/0/undo/metadata/compensate `metadata.compensate` means something only on a task that does something itself
    "#]],
    );
}

#[test]
fn concurrency_is_a_count() {
    let fork = |metadata: &str| {
        task(&format!("fork: {{ branches: [ {{ b: {{ wait: PT1S }} }} ] }}, metadata: {metadata}"))
    };
    check_body(&fork("{ concurrency: 2 }"), expect![[""]]);
    check_body(
        &fork("{ concurrency: 0 }"),
        expect![[r#"
        DEF-0044 3:82 /do/0/a/metadata/concurrency a concurrency is at least 1
    "#]],
    );
    check_body(
        &fork("{ concurrency: many }"),
        expect![[r#"
        DEF-0022 3:82 /do/0/a/metadata/concurrency expected a whole number, found a text
    "#]],
    );
}

#[test]
fn racing_branches_all_run_at_once() {
    check_body(
        &task("fork: { compete: true, branches: [ { b: { wait: PT1S } } ] }, metadata: { concurrency: 2 }"),
        expect![[r#"
        DEF-0075 3:84 /do/0/a/metadata/concurrency a `fork` whose branches race cannot limit how many run at once
    "#]],
    );
}

#[test]
fn until_is_an_expression_or_an_instant() {
    check_body(&task("wait: PT1S, metadata: { until: .due }"), expect![[""]]);
    check_body(&task("wait: PT1S, metadata: { until: '2027-01-01T00:00:00Z' }"), expect![[""]]);
    check_body(
        &task("wait: PT1S, metadata: { until: '2027-13-01T00:00:00Z' }"),
        expect![[r#"
        DEF-0040 3:52 /do/0/a/metadata/until syntax error: expected nothing, found `T00`
    "#]],
    );
    check_body(
        &task("wait: PT1S, metadata: { until: 5 }"),
        expect![[r#"
        DEF-0022 3:41 /do/0/a/metadata/until expected a text, an expression, found a number (put quotes around it)
    "#]],
    );
}

#[test]
fn compensation_policy_has_known_keys_and_words() {
    let policy = |policy: &str| {
        format!(
            "document: {{ dsl: '1.0.3', namespace: t, name: t, version: '1.0.0', metadata: {{ compensation: {policy} }} }}\ndo: []\n"
        )
    };
    check(&policy("{ on: [ fault ], onFailure: continue, timeout: PT2H, order: sequential }"), expect![[""]]);
    check(&policy("{ on: [], onFailure: fault }"), expect![[""]]);
    check(
        &policy("{ on: [ cancel ] }"),
        expect![[r#"
        DEF-0027 1:102 /document/metadata/compensation/on/0 `cancel` is not allowed here (it is one of fault)
    "#]],
    );
    check(
        &policy("{ onFailur: fault, order: reverse, timeout: 5 }"),
        expect![[r#"
        DEF-0020 1:96 /document/metadata/compensation/onFailur unknown key `onFailur` (did you mean `onFailure`?)
        DEF-0027 1:120 /document/metadata/compensation/order `reverse` is not allowed here (it is one of structural, sequential)
        DEF-0022 1:138 /document/metadata/compensation/timeout expected a duration such as `PT5M` or `{ minutes: 5 }`, found a number
    "#]],
    );
}

fn probed(effect: &str) -> String {
    task(&format!(
        "call: http, with: {{ method: POST, endpoint: 'http://x' }}, metadata: {{ effect: {{ {effect} }} }}"
    ))
}

#[test]
fn a_probe_of_a_call_that_is_sent_again_asks_for_nothing() {
    check_body(
        &probed("mode: exactly_once_with_key, probe: { do: [ { ask: { set: { executed: true } } } ] }"),
        expect![[r#"
            DEF-0113 3:119 /do/0/a/metadata/effect/probe a probe asks for nothing: only an `at_most_once` call can have an unknown outcome (remove it, or set `mode: at_most_once`)
        "#]],
    );
}

#[test]
fn a_probe_needs_a_task() {
    check_body(
        &probed("probe: { do: [] }"),
        expect![[r#"
        DEF-0026 3:99 /do/0/a/metadata/effect/probe/do a probe needs a task
    "#]],
    );
}

#[test]
fn a_probe_is_asked_at_least_once() {
    check_body(
        &probed("probe: { count: 0, do: [ { ask: { set: { executed: true } } } ] }"),
        expect![[r#"
        DEF-0044 3:106 /do/0/a/metadata/effect/probe/count a count is at least 1
    "#]],
    );
}

#[test]
fn a_probe_is_neither_compensated_nor_ends_the_workflow() {
    check_body(
        &probed(
            "probe: { do: [ { ask: { set: { a: 1 }, then: end, metadata: { compensate: { do: [ { u: { set: { a: 1 } } } ] } } } } ] }",
        ),
        expect![[r#"
            DEF-0072 3:135 /do/0/a/metadata/effect/probe/do/0/ask/then a probe cannot end the workflow (use `exit` to end the list)
            DEF-0071 3:152 /do/0/a/metadata/effect/probe/do/0/ask/metadata/compensate a probe is not compensated itself
        "#]],
    );
}

#[test]
fn the_variable_of_probes_has_a_value_in_their_tasks_only() {
    check_body(
        &probed("probe: { executed: $probe.number, do: [ { ask: { set: '${ $probe.number }' } } ] }"),
        expect![[r#"
            DEF-0041 3:109 /do/0/a/metadata/effect/probe/executed `$probe` has a value only in a probe
        "#]],
    );
}

#[test]
fn unknown_keys_of_a_probe_are_refused() {
    check_body(
        &probed("probe: { call: http, do: [ { ask: { set: { a: 1 } } } ] }"),
        expect![[r#"
        DEF-0020 3:99 /do/0/a/metadata/effect/probe/call unknown key `call` (the keys here are do, executed, output, after, every, count)
    "#]],
    );
}

/// What is said about a document with this metadata, without the places in the text.
fn about(metadata: &str) -> Vec<String> {
    let text = format!(
        "document: {{ dsl: '1.0.3', namespace: t, name: t, version: '1.0.0', metadata: {{ {metadata} }} }}\ndo: [ {{ a: {{ wait: PT1S }} }} ]\n"
    );
    let found = tenure_dsl::check(&text);
    found.iter().map(|one| format!("{} {} {}", one.code, one.pointer, one.message)).collect()
}

const NOTHING: [&str; 0] = [];

#[test]
fn search_attributes_have_names_and_expressions() {
    let good = "searchAttributes: { orderId: .orderId, _a.b-c: '${ $context.x + $output.y }', start: $workflow.input.z }";
    assert_eq!(about(good), NOTHING);
    let found = about("searchAttributes: { 'order id': .x, 1st: .x, b: '.(', c: $task.name }");
    let codes: Vec<&str> = found.iter().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(codes, ["DEF-0090", "DEF-0090", "DEF-0040", "DEF-0041"], "{found:#?}");
    let many: Vec<String> = (0..33).map(|n| format!("a{n}: .x")).collect();
    assert!(about(&format!("searchAttributes: {{ {} }}", many.join(", ")))[0].starts_with("DEF-0044"));
}

#[test]
fn sensitive_places_are_pointers() {
    assert_eq!(about("sensitive: [ /card, /cards/*/number, /a~1b~0c, '' ]"), NOTHING);
    assert_eq!(
        about("sensitive: [ card, /a~2b, /a~ ]"),
        [
            "DEF-0091 /document/metadata/sensitive/0 `card` is not a JSON pointer",
            "DEF-0091 /document/metadata/sensitive/1 `/a~2b` is not a JSON pointer",
            "DEF-0091 /document/metadata/sensitive/2 `/a~` is not a JSON pointer",
        ]
    );
}

#[test]
fn a_retention_is_a_duration_as_it_is_written() {
    assert_eq!(about("retention: P90D"), NOTHING);
    assert_eq!(about("retention: { days: 30 }"), NOTHING);
    assert_eq!(
        about("retention: '${ .days }'"),
        [
            "DEF-0033 /document/metadata/retention a retention is the same for all executions: it cannot be an expression"
        ]
    );
    assert_eq!(about("retention: soon").len(), 1);
}

#[test]
fn a_limit_has_a_key_a_number_and_a_strategy() {
    for good in [
        "max: 1",
        "key: .customer, max: 5, strategy: queue",
        "key: '${ $input.a + 1 }', max: 10000, strategy: fault",
    ] {
        assert_eq!(about(&format!("limits: {{ {good} }}")), NOTHING, "{good}");
    }
    let wrong = [
        "key: .customer",
        "max: 0",
        "max: 10001",
        "max: many",
        "max: 1, strategy: skip",
        "max: 1, keys: .a",
        "max: 1, key: '.('",
        "max: 1, key: $context.a",
        "max: 1, key: $secrets.a",
    ];
    let found: Vec<String> =
        wrong.iter().flat_map(|limits| about(&format!("limits: {{ {limits} }}"))).collect();
    expect![[r#"
        DEF-0021 /document/metadata/limits the key `max` is required
        DEF-0044 /document/metadata/limits/max a limit is 1 to 10000 executions
        DEF-0044 /document/metadata/limits/max a limit is 1 to 10000 executions
        DEF-0022 /document/metadata/limits/max expected a whole number, found a text
        DEF-0027 /document/metadata/limits/strategy `skip` is not allowed here
        DEF-0020 /document/metadata/limits/keys unknown key `keys`
        DEF-0040 /document/metadata/limits/key syntax error: expected closing parenthesis
        DEF-0041 /document/metadata/limits/key `$context` has no value before the execution begins
        DEF-0041 /document/metadata/limits/key a secret cannot be used here: its value is known to nobody but the receiver of a call
        DEF-0066 /document/metadata/limits/key no secret `a` is declared"#]].assert_eq(&found.join("\n"));
}

#[test]
fn the_keys_of_a_document_are_compiled() {
    let text = "document: { dsl: '1.0.3', namespace: t, name: t, version: '1.0.0', metadata: { searchAttributes: { id: .id }, sensitive: [ /card ], retention: PT1H } }\ndo: [ { a: { wait: PT1S } } ]\n";
    let program = tenure_dsl::load(text).unwrap().program;
    assert_eq!(program.attributes.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["id"]);
    assert!(!program.sensitive.is_empty());
    assert_eq!(program.retention_ms, Some(3_600_000));
}
