//! Functions and extensions: what they become, and what is said about them.

use super::{check_body, load_body};
use expect_test::expect;
use std::fmt::Write as _;
use tenure_dsl::Code;
use tenure_dsl::limits::FUNCTION_NESTING_MAX;
use tenure_dsl::program::Kind;

/// Each task with its reference, in the order of the program.
fn references(body: &str) -> String {
    load_body(body).program.nodes.iter().fold(String::new(), |mut out, node| {
        let _ = writeln!(out, "{} {}", node.task, node.name);
        out
    })
}

#[test]
fn a_function_stands_below_each_of_its_calls() {
    let body = "
use: { functions: { 'a/b': { do: [ { x: { set: { y: 1 } } } ] } } }
do:
  - one: { call: a/b }
  - two: { do: [ { three: { call: a/b } } ] }
";
    expect![[r#"
        /do/0/one one
        /do/1/two two
        /do/1/two/do/0/three three
        /do/0/one/call/a~1b a/b
        /do/0/one/call/a~1b/do/0/x x
        /do/1/two/do/0/three/call/a~1b a/b
        /do/1/two/do/0/three/call/a~1b/do/0/x x
    "#]]
    .assert_eq(&references(body));
}

#[test]
fn a_function_in_a_function_stands_below_both_calls() {
    let body = "
use: { functions: { outer: { do: [ { x: { call: inner } } ] }, inner: { wait: PT1S } } }
do: [ { one: { call: outer } } ]
";
    expect![[r#"
        /do/0/one one
        /do/0/one/call/outer outer
        /do/0/one/call/outer/do/0/x x
        /do/0/one/call/outer/do/0/x/call/inner inner
    "#]]
    .assert_eq(&references(body));
}

#[test]
fn what_nothing_calls_is_checked_and_stands_nowhere() {
    let body = "
use:
  functions: { idle: { do: [ { x: { wait: PT1S } } ] } }
  extensions: [ { none: { extend: raise, before: [ { y: { wait: PT1S } } ] } } ]
do: [ { one: { wait: PT1S } } ]
";
    expect![[r#"
        /do/0/one one
    "#]]
    .assert_eq(&references(body));
    check_body(
        "
use:
  functions: { idle: { do: [ { x: { set: '${ $item }' } } ] } }
  extensions: [ { none: { extend: raise, when: '.a +', before: [ { y: { set: '${ }' } } ] } } ]
do: [ { one: { wait: PT1S } } ]
",
        expect![[r#"
            DEF-0040 3:46 /use/functions/idle/do/0/x/set unknown variable `$item`
            DEF-0040 4:53 /use/extensions/0/none/when syntax error: expected term, found the end
            DEF-0040 4:82 /use/extensions/0/none/before/0/y/set syntax error: expected term, found the end
        "#]],
    );
}

#[test]
fn a_function_sees_nothing_of_what_is_around_its_call() {
    check_body(
        "
use: { functions: { f: { set: { a: '${ $item }', b: '${ $error }', c: '${ $compensation }' } } } }
do:
  - l: { for: { in: '[1]' }, do: [ { t: { try: [], catch: { do: [ { one: { call: f } } ] } } } ] }
  - u: { wait: PT1S, metadata: { compensate: { do: [ { two: { call: f } } ] } } }
",
        expect![[r#"
            DEF-0040 2:40 /use/functions/f/set/a unknown variable `$item`
        "#]],
    );
}

#[test]
fn functions_are_checked_like_tasks() {
    check_body(
        "
use:
  functions:
    http: { wait: PT1S }
    jumps: { wait: PT1S, then: elsewhere }
    calls: { call: missing }
    twice: { do: [ { a: { wait: PT1S } }, { a: { wait: PT1S } } ] }
    unwinds: { call: compensate }
    named: { try: [], catch: { retry: gone } }
do: []
",
        expect![[r#"
            DEF-0045 4:5 /use/functions/http a function cannot be called `http` (it is a call that every document has)
            DEF-0051 5:32 /use/functions/jumps/then no task `elsewhere` is in this list (a function by itself goes nowhere: it is one of continue, exit, end)
            DEF-0056 6:20 /use/functions/calls/call no function `missing` is declared (declare it under `use.functions`)
            DEF-0050 7:45 /use/functions/twice/do/1/a the task `a` occurs twice in its list; first on line 7 (choose another name)
            DEF-0074 8:22 /use/functions/unwinds/call `call: compensate` without a scope unwinds the `try` around it, and there is none (move it into a `catch.do`, or name an earlier task: `with: { scope: name }`)
            DEF-0053 9:39 /use/functions/named/catch/retry no retry policy `gone` is declared (declare it under `use.retries`)
        "#]],
    );
}

#[test]
fn recursion_is_refused() {
    check_body(
        "
use: { functions: { f: { call: f } } }
do: [ { one: { call: f } }, { two: { call: f } } ]
",
        expect![[r#"
            DEF-0063 2:32 /use/functions/f/call the function `f` calls itself: f → f (use `for`, or a `then` that goes back)
        "#]],
    );
    check_body(
        "
use: { functions: { f: { do: [ { x: { call: g } } ] }, g: { try: [ { y: { call: f } } ], catch: {} } } }
do: [ { one: { call: f } } ]
",
        expect![[r#"
            DEF-0063 2:81 /use/functions/g/try/0/y/call the function `f` calls itself: f → g → f (use `for`, or a `then` that goes back)
        "#]],
    );
}

fn chain(length: usize) -> String {
    let mut body = String::from("\nuse:\n  functions:\n    f0: { wait: PT1S }\n");
    for at in 1..length {
        let _ = writeln!(body, "    f{at}: {{ call: f{} }}", at - 1);
    }
    let _ = writeln!(body, "do: [ {{ one: {{ call: f{} }} }} ]", length - 1);
    body
}

#[test]
fn functions_nest_as_deep_as_the_limit() {
    assert!(load_body(&chain(FUNCTION_NESTING_MAX)).program.nodes.len() > FUNCTION_NESTING_MAX);
    check_body(
        &chain(FUNCTION_NESTING_MAX + 1),
        expect![[r#"
        DEF-0064 5:17 /use/functions/f1/call functions call each other more than 16 deep
    "#]],
    );
}

#[test]
fn functions_that_double_with_every_call_are_stopped_at_a_limit() {
    let mut body = String::from(
        "\nuse:\n  functions:\n    f0: { do: [ { a: { wait: PT1S } }, { b: { wait: PT1S } } ] }\n",
    );
    for at in 1..16 {
        let call = format!("{{ call: f{} }}", at - 1);
        let _ = writeln!(body, "    f{at}: {{ do: [ {{ a: {call} }}, {{ b: {call} }} ] }}");
    }
    body.push_str("do: [ { one: { call: f15 } } ]\n");
    let text = format!("{}{body}", super::HEADER);
    let found = tenure_dsl::check(&text);
    assert!(!found.is_empty());
    assert!(
        found.iter().all(|one| matches!(one.code, Code::TooManyTasks | Code::TooManyExpressions)),
        "{found:#?}"
    );
}

#[test]
fn a_compensation_calls_only_what_a_compensation_may_do() {
    check_body(
        "
use:
  functions:
    undoable: { wait: PT1S, metadata: { compensate: { do: [ { u: { wait: PT1S } } ] } } }
    ends: { do: [ { x: { wait: PT1S, then: end } } ] }
    chooses: { switch: [ { any: { then: end } } ] }
    catches: { try: [], catch: { then: end } }
    outer: { do: [ { deep: { call: ends } } ] }
do:
  - a:
      wait: PT1S
      metadata:
        compensate:
          do:
            - one: { call: undoable }
            - two: { call: outer }
            - three: { call: chooses }
            - four: { call: catches }
",
        expect![[r#"
            DEF-0071 4:41 /use/functions/undoable/metadata/compensate a compensation calls this function, and a compensation is not compensated itself
            DEF-0072 5:21 /use/functions/ends/do/0/x a compensation calls this function, and a compensation cannot end the workflow
            DEF-0072 6:5 /use/functions/chooses a compensation calls this function, and a compensation cannot end the workflow
            DEF-0072 7:5 /use/functions/catches a compensation calls this function, and a compensation cannot end the workflow
        "#]],
    );
}

#[test]
fn an_extension_stands_around_each_task_that_it_extends() {
    let body = "
use:
  extensions:
    - log: { extend: wait, before: [ { b: { set: { x: 1 } } } ], after: [ { a: { wait: PT1S } } ] }
    - all: { extend: all, before: [ { c: { set: { x: 1 } } } ] }
do: [ { one: { wait: PT1S } }, { two: { set: { x: 1 } } } ]
";
    expect![[r#"
        /do/0/one one
        /do/1/two two
        /do/0/one/extensions/all one
        /do/0/one/extensions/all/before/0/c c
        /do/0/one/extensions/log one
        /do/0/one/extensions/log/before/0/b b
        /do/0/one/extensions/log/after/0/a a
        /do/1/two/extensions/all two
        /do/1/two/extensions/all/before/0/c c
    "#]]
    .assert_eq(&references(body));
    let program = load_body(body).program;
    let root = program.scope(program.root);
    let outer: Vec<&str> = root.nodes.iter().map(|id| &*program.node(*id).task).collect();
    assert_eq!(outer, ["/do/0/one/extensions/log", "/do/1/two/extensions/all"]);
    let tasks: Vec<&str> = root.nodes.iter().map(|id| &*program.task(*id).task).collect();
    assert_eq!(tasks, ["/do/0/one", "/do/1/two"]);
}

#[test]
fn an_extension_takes_the_condition_of_the_task_over() {
    let body = "
use: { extensions: [ { log: { extend: all, before: [ { b: { wait: PT1S } } ] } } ] }
do: [ { one: { if: .x, wait: PT1S, then: exit } } ]
";
    let program = load_body(body).program;
    let outer = program.node(program.scope(program.root).nodes[0]);
    let Kind::Extended(extended) = &outer.kind else { panic!("{outer:?}") };
    assert!(outer.guard.is_some());
    assert!(program.node(extended.inner).guard.is_none());
    assert_eq!(outer.then, tenure_dsl::program::Flow::Exit);
}

#[test]
fn extensions_are_checked_like_tasks() {
    check_body(
        "
use:
  extensions:
    - log: { extend: everything }
    - log: { extend: all, when: $input, before: [ { a: { wait: PT1S, then: b } }, { a: { wait: PT1S } } ] }
    - { one: { extend: all }, two: { extend: all } }
    - tell: { extend: all, after: [ { a: { set: '${ $item }' } } ] }
    - {}
do: [ { one: { wait: PT1S } } ]
",
        expect![[r#"
            DEF-0027 4:22 /use/extensions/0/log/extend `everything` is not allowed here (it is one of all, call, composite, emit, for, listen, raise, run, set, switch, try, wait)
            DEF-0065 5:7 /use/extensions/1/log the extension `log` is declared twice (choose another name)
            DEF-0041 5:33 /use/extensions/1/log/when `$input` has no value before the task has its input (use `.` for the input that comes in)
            DEF-0051 5:76 /use/extensions/1/log/before/0/a/then no task `b` is in this list (did you mean `a`?)
            DEF-0050 5:85 /use/extensions/1/log/before/1/a the task `a` occurs twice in its list; first on line 5 (choose another name)
            DEF-0025 6:7 /use/extensions/2 an extension is a map with one key, its name; this one has 2
            DEF-0040 7:53 /use/extensions/3/tell/after/0/a/set unknown variable `$item`
            DEF-0025 8:7 /use/extensions/4 an extension is a map with one key, its name; this one has 0
        "#]],
    );
}

#[test]
fn loops_side_by_side_take_a_concurrency_up_to_a_limit() {
    let body = |n: &str| {
        format!("\ndo: [ {{ l: {{ for: {{ in: . }}, do: [], metadata: {{ concurrency: {n} }} }} }} ]\n")
    };
    let program = load_body(&body("1000")).program;
    let Kind::For(each) = &program.nodes[0].kind else { panic!("a `for`") };
    assert_eq!(each.concurrency, Some(1_000));
    check_body(
        &body("1001"),
        expect![[r#"
        DEF-0044 2:63 /do/0/l/metadata/concurrency a concurrency is at most 1000
    "#]],
    );
    check_body(
        &body("0"),
        expect![[r#"
        DEF-0044 2:63 /do/0/l/metadata/concurrency a concurrency is at least 1
    "#]],
    );
}
