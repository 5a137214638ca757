//! Extensions: tasks around tasks (FR-004, definition-format §1.12).
//!
//! Size: the expected facts of every case stand in the file.

use expect_test::expect;
use tenure_engine::execution::testing::check;

#[test]
fn tasks_run_before_and_after_and_change_no_data() {
    check(
        r#"
        use:
          extensions:
            - log:
                extend: set
                before: [ { begins: { set: { saw: '${ . }' } } } ]
                after: [ { ended: { set: { saw: '${ . }' } } } ]
        do: [ { a: { set: { y: '${ .x + 1 }' } } }, { b: { wait: PT0S } } ]
        "#,
        r#"
        start {"x":1}
        "#,
        expect![[r#"
            > start {"x":1}
              started
              taskStarted /do/0/a/extensions/log
              taskStarted /do/0/a/extensions/log/before/0/begins
              taskCompleted /do/0/a/extensions/log/before/0/begins -> {"saw":{"x":1}}
              extensionAdvanced /do/0/a/extensions/log task
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"y":2}
              extensionAdvanced /do/0/a/extensions/log after
              taskStarted /do/0/a/extensions/log/after/0/ended
              taskCompleted /do/0/a/extensions/log/after/0/ended -> {"saw":{"y":2}}
              taskCompleted /do/0/a/extensions/log -> {"y":2}
              taskStarted /do/1/b
              taskCompleted /do/1/b -> {"y":2}
              completed -> {"y":2}
            = completed {"y":2}
        "#]],
    );
}

#[test]
fn an_extension_describes_the_task_that_it_extends() {
    check(
        r#"
        use:
          extensions:
            - log:
                extend: set
                before: [ { note: { do: [ { deep: { set: '${ $task | {name, reference, input, output} }' } } ] } } ]
                after: [ { note: { set: '${ $task | {name, reference, input, output, set} }' } } ]
        do: [ { a: { set: { y: 2 } } } ]
        "#,
        r#"
        start {"x":1}
        "#,
        expect![[r#"
            > start {"x":1}
              started
              taskStarted /do/0/a/extensions/log
              taskStarted /do/0/a/extensions/log/before/0/note
              taskStarted /do/0/a/extensions/log/before/0/note/do/0/deep
              taskCompleted /do/0/a/extensions/log/before/0/note/do/0/deep -> {"name":"a","reference":"/do/0/a","input":{"x":1},"output":null}
              taskCompleted /do/0/a/extensions/log/before/0/note -> {"name":"a","reference":"/do/0/a","input":{"x":1},"output":null}
              extensionAdvanced /do/0/a/extensions/log task
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"y":2}
              extensionAdvanced /do/0/a/extensions/log after
              taskStarted /do/0/a/extensions/log/after/0/note
              taskCompleted /do/0/a/extensions/log/after/0/note -> {"name":"a","reference":"/do/0/a","input":{"x":1},"output":{"y":2},"set":{"y":2}}
              taskCompleted /do/0/a/extensions/log -> {"y":2}
              completed -> {"y":2}
            = completed {"y":2}
        "#]],
    );
}

#[test]
fn an_extension_applies_when_its_condition_holds() {
    check(
        r#"
        use:
          extensions:
            - log: { extend: set, when: '$task.name == "b" and .go', before: [ { note: { set: { x: 1 } } } ] }
        do: [ { a: { set: { go: true } } }, { b: { set: { go: false } } }, { c: { set: { x: 2 } } } ]
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a/extensions/log
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"go":true}
              taskCompleted /do/0/a/extensions/log -> {"go":true}
              taskStarted /do/1/b/extensions/log
              taskStarted /do/1/b/extensions/log/before/0/note
              taskCompleted /do/1/b/extensions/log/before/0/note -> {"x":1}
              extensionAdvanced /do/1/b/extensions/log task
              taskStarted /do/1/b
              taskCompleted /do/1/b -> {"go":false}
              taskCompleted /do/1/b/extensions/log -> {"go":false}
              taskStarted /do/2/c/extensions/log
              taskStarted /do/2/c
              taskCompleted /do/2/c -> {"x":2}
              taskCompleted /do/2/c/extensions/log -> {"x":2}
              completed -> {"x":2}
            = completed {"x":2}
        "#]],
    );
}

#[test]
fn exit_before_takes_the_tasks_place() {
    check(
        r#"
        use:
          extensions:
            - mock:
                extend: call
                when: $task.with.endpoint | startswith("https://mocked")
                before: [ { answer: { set: { statusCode: 200 }, then: exit } } ]
                after: [ { never: { set: { x: 1 } } } ]
        do:
          - a: { call: http, with: { method: get, endpoint: 'https://mocked.example/1' }, then: c }
          - b: { set: { never: true } }
          - c: { set: { got: '${ .statusCode }' } }
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a/extensions/mock
              taskStarted /do/0/a/extensions/mock/before/0/answer
              taskCompleted /do/0/a/extensions/mock/before/0/answer -> {"statusCode":200}
              taskCompleted /do/0/a/extensions/mock -> {"statusCode":200}
              taskStarted /do/2/c
              taskCompleted /do/2/c -> {"got":200}
              completed -> {"got":200}
            = completed {"got":200}
        "#]],
    );
}

#[test]
fn a_skipped_exit_before_leaves_the_task_as_it_is() {
    check(
        r#"
        use:
          extensions:
            - mock: { extend: set, before: [ { answer: { if: .mock, set: { mocked: true }, then: exit } } ] }
        do: [ { a: { set: { mocked: false } } } ]
        "#,
        r#"
        start {"mock":false}
        "#,
        expect![[r#"
            > start {"mock":false}
              started
              taskStarted /do/0/a/extensions/mock
              taskSkipped /do/0/a/extensions/mock/before/0/answer
              extensionAdvanced /do/0/a/extensions/mock task
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"mocked":false}
              taskCompleted /do/0/a/extensions/mock -> {"mocked":false}
              completed -> {"mocked":false}
            = completed {"mocked":false}
        "#]],
    );
}

#[test]
fn end_before_ends_the_workflow() {
    check(
        r#"
        use: { extensions: [ { stop: { extend: set, before: [ { s: { wait: PT0S, then: end } } ] } } ] }
        do: [ { a: { set: { x: 1 } } } ]
        "#,
        r#"
        start {"y":1}
        "#,
        expect![[r#"
            > start {"y":1}
              started
              taskStarted /do/0/a/extensions/stop
              taskStarted /do/0/a/extensions/stop/before/0/s
              taskCompleted /do/0/a/extensions/stop/before/0/s -> {"y":1}
              taskCompleted /do/0/a/extensions/stop -> {"y":1}
              completed -> {"y":1}
            = completed {"y":1}
        "#]],
    );
}

#[test]
fn several_extensions_nest_in_the_order_of_their_declaration() {
    check(
        r#"
        use:
          extensions:
            - outer: { extend: all, before: [ { b: { set: { x: 1 } } } ], after: [ { a: { set: { x: 2 } } } ] }
            - inner: { extend: set, before: [ { b: { set: { x: 3 } } } ], after: [ { a: { set: { x: 4 } } } ] }
        do: [ { t: { set: { y: 1 } } } ]
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t/extensions/outer
              taskStarted /do/0/t/extensions/outer/before/0/b
              taskCompleted /do/0/t/extensions/outer/before/0/b -> {"x":1}
              extensionAdvanced /do/0/t/extensions/outer task
              taskStarted /do/0/t/extensions/inner
              taskStarted /do/0/t/extensions/inner/before/0/b
              taskCompleted /do/0/t/extensions/inner/before/0/b -> {"x":3}
              extensionAdvanced /do/0/t/extensions/inner task
              taskStarted /do/0/t
              taskCompleted /do/0/t -> {"y":1}
              extensionAdvanced /do/0/t/extensions/inner after
              taskStarted /do/0/t/extensions/inner/after/0/a
              taskCompleted /do/0/t/extensions/inner/after/0/a -> {"x":4}
              taskCompleted /do/0/t/extensions/inner -> {"y":1}
              extensionAdvanced /do/0/t/extensions/outer after
              taskStarted /do/0/t/extensions/outer/after/0/a
              taskCompleted /do/0/t/extensions/outer/after/0/a -> {"x":2}
              taskCompleted /do/0/t/extensions/outer -> {"y":1}
              completed -> {"y":1}
            = completed {"y":1}
        "#]],
    );
}

#[test]
fn an_exit_inside_still_lets_the_outer_extension_end() {
    check(
        r#"
        use:
          extensions:
            - outer: { extend: all, after: [ { a: { set: { saw: '${ . }' } } } ] }
            - mock: { extend: set, before: [ { b: { set: { mocked: true }, then: exit } } ] }
        do: [ { t: { set: { y: 1 } } } ]
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t/extensions/outer
              taskStarted /do/0/t/extensions/mock
              taskStarted /do/0/t/extensions/mock/before/0/b
              taskCompleted /do/0/t/extensions/mock/before/0/b -> {"mocked":true}
              taskCompleted /do/0/t/extensions/mock -> {"mocked":true}
              extensionAdvanced /do/0/t/extensions/outer after
              taskStarted /do/0/t/extensions/outer/after/0/a
              taskCompleted /do/0/t/extensions/outer/after/0/a -> {"saw":{"mocked":true}}
              taskCompleted /do/0/t/extensions/outer -> {"mocked":true}
              completed -> {"mocked":true}
            = completed {"mocked":true}
        "#]],
    );
}

#[test]
fn a_task_that_is_skipped_is_not_extended() {
    check(
        r#"
        use: { extensions: [ { log: { extend: all, before: [ { b: { set: { x: 1 } } } ] } } ] }
        do: [ { a: { if: 'false', set: { y: 1 } } } ]
        "#,
        r#"
        start {"z":1}
        "#,
        expect![[r#"
            > start {"z":1}
              started
              taskSkipped /do/0/a
              completed -> {"z":1}
            = completed {"z":1}
        "#]],
    );
}

#[test]
fn the_flow_of_an_extended_task_is_its_own() {
    check(
        r#"
        use: { extensions: [ { log: { extend: switch, after: [ { n: { set: { x: 1 } } } ] } } ] }
        do:
          - choose: { switch: [ { big: { when: '.n > 5', then: large } }, { other: { then: end } } ] }
          - small: { set: { size: small } }
          - large: { set: { size: large } }
        "#,
        r#"
        start {"n":9}
        "#,
        expect![[r#"
            > start {"n":9}
              started
              taskStarted /do/0/choose/extensions/log
              taskStarted /do/0/choose
              taskCompleted /do/0/choose -> {"n":9}
              extensionAdvanced /do/0/choose/extensions/log after
              taskStarted /do/0/choose/extensions/log/after/0/n
              taskCompleted /do/0/choose/extensions/log/after/0/n -> {"x":1}
              taskCompleted /do/0/choose/extensions/log -> {"n":9}
              taskStarted /do/2/large
              taskCompleted /do/2/large -> {"size":"large"}
              completed -> {"size":"large"}
            = completed {"size":"large"}
        "#]],
    );
}

#[test]
fn a_jump_back_to_an_extended_task_extends_it_again() {
    check(
        r#"
        use: { extensions: [ { log: { extend: set, before: [ { n: { wait: PT0S } } ] } } ] }
        do:
          - grow: { set: '${ . + 1 }' }
          - again: { switch: [ { small: { when: '. < 2', then: grow } } ] }
        "#,
        r#"
        start 0
        "#,
        expect![[r#"
            > start 0
              started
              taskStarted /do/0/grow/extensions/log
              taskStarted /do/0/grow/extensions/log/before/0/n
              taskCompleted /do/0/grow/extensions/log/before/0/n -> 0
              extensionAdvanced /do/0/grow/extensions/log task
              taskStarted /do/0/grow
              taskCompleted /do/0/grow -> 1
              taskCompleted /do/0/grow/extensions/log -> 1
              taskStarted /do/1/again
              taskCompleted /do/1/again -> 1
              taskStarted /do/0/grow/extensions/log[r1]
              taskStarted /do/0/grow/extensions/log/before/0/n[r1]
              taskCompleted /do/0/grow/extensions/log/before/0/n[r1] -> 1
              extensionAdvanced /do/0/grow/extensions/log[r1] task
              taskStarted /do/0/grow[r1]
              taskCompleted /do/0/grow[r1] -> 2
              taskCompleted /do/0/grow/extensions/log[r1] -> 2
              taskStarted /do/1/again[r1]
              taskCompleted /do/1/again[r1] -> 2
              completed -> 2
            = completed 2
        "#]],
    );
}

#[test]
fn the_tasks_of_functions_are_extended_and_those_of_an_extension_are_not() {
    check(
        r#"
        use:
          functions: { f: { set: { x: 1 } } }
          extensions: [ { log: { extend: all, before: [ { n: { call: f } } ] } } ]
        do: [ { a: { call: f } } ]
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a/extensions/log
              taskStarted /do/0/a/extensions/log/before/0/n
              taskStarted /do/0/a/extensions/log/before/0/n/call/f
              taskCompleted /do/0/a/extensions/log/before/0/n/call/f -> {"x":1}
              taskCompleted /do/0/a/extensions/log/before/0/n -> {"x":1}
              extensionAdvanced /do/0/a/extensions/log task
              taskStarted /do/0/a
              taskStarted /do/0/a/call/f/extensions/log
              taskStarted /do/0/a/call/f/extensions/log/before/0/n
              taskStarted /do/0/a/call/f/extensions/log/before/0/n/call/f
              taskCompleted /do/0/a/call/f/extensions/log/before/0/n/call/f -> {"x":1}
              taskCompleted /do/0/a/call/f/extensions/log/before/0/n -> {"x":1}
              extensionAdvanced /do/0/a/call/f/extensions/log task
              taskStarted /do/0/a/call/f
              taskCompleted /do/0/a/call/f -> {"x":1}
              taskCompleted /do/0/a/call/f/extensions/log -> {"x":1}
              taskCompleted /do/0/a -> {"x":1}
              taskCompleted /do/0/a/extensions/log -> {"x":1}
              completed -> {"x":1}
            = completed {"x":1}
        "#]],
    );
}

#[test]
fn branches_and_iterations_are_extended_each() {
    check(
        r#"
        use: { extensions: [ { log: { extend: set, before: [ { n: { wait: PT0S } } ] } } ] }
        do:
          - f: { fork: { branches: [ { a: { set: '${ 1 }' } }, { b: { set: '${ 2 }' } } ] } }
          - l: { for: { in: . }, do: [ { c: { set: '${ $item }' } } ] }
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/f
              taskStarted /do/0/f/fork/branches/0/a/extensions/log
              taskStarted /do/0/f/fork/branches/1/b/extensions/log
              taskStarted /do/0/f/fork/branches/0/a/extensions/log/before/0/n
              taskCompleted /do/0/f/fork/branches/0/a/extensions/log/before/0/n -> {}
              extensionAdvanced /do/0/f/fork/branches/0/a/extensions/log task
              taskStarted /do/0/f/fork/branches/1/b/extensions/log/before/0/n
              taskCompleted /do/0/f/fork/branches/1/b/extensions/log/before/0/n -> {}
              extensionAdvanced /do/0/f/fork/branches/1/b/extensions/log task
              taskStarted /do/0/f/fork/branches/0/a
              taskCompleted /do/0/f/fork/branches/0/a -> 1
              taskCompleted /do/0/f/fork/branches/0/a/extensions/log -> 1
              taskStarted /do/0/f/fork/branches/1/b
              taskCompleted /do/0/f/fork/branches/1/b -> 2
              taskCompleted /do/0/f/fork/branches/1/b/extensions/log -> 2
              taskCompleted /do/0/f -> [1,2]
              taskStarted /do/1/l
              iterationStarted /do/1/l 0
              taskStarted /do/1/l/do/0/c/extensions/log[0]
              taskStarted /do/1/l/do/0/c/extensions/log/before/0/n[0]
              taskCompleted /do/1/l/do/0/c/extensions/log/before/0/n[0] -> [1,2]
              extensionAdvanced /do/1/l/do/0/c/extensions/log[0] task
              taskStarted /do/1/l/do/0/c[0]
              taskCompleted /do/1/l/do/0/c[0] -> 1
              taskCompleted /do/1/l/do/0/c/extensions/log[0] -> 1
              iterationStarted /do/1/l 1
              taskStarted /do/1/l/do/0/c/extensions/log[1]
              taskStarted /do/1/l/do/0/c/extensions/log/before/0/n[1]
              taskCompleted /do/1/l/do/0/c/extensions/log/before/0/n[1] -> 1
              extensionAdvanced /do/1/l/do/0/c/extensions/log[1] task
              taskStarted /do/1/l/do/0/c[1]
              taskCompleted /do/1/l/do/0/c[1] -> 2
              taskCompleted /do/1/l/do/0/c/extensions/log[1] -> 2
              taskCompleted /do/1/l -> 2
              completed -> 2
            = completed 2
        "#]],
    );
}

#[test]
fn a_race_of_extended_branches_undoes_the_losers_and_not_the_winner() {
    check(
        r#"
        use: { extensions: [ { log: { extend: composite, before: [ { n: { wait: PT0S } } ] } } ] }
        do:
          - f:
              fork:
                compete: true
                branches:
                  - a: { do: [ { x: { set: { x: 1 }, metadata: { compensate: { do: [ { u: { set: { u: 1 } } } ] } } } }, { nap: { wait: PT5S } } ] }
                  - b: { do: [ { y: { set: { y: 1 }, metadata: { compensate: { do: [ { u: { set: { u: 2 } } } ] } } } }, { nap: { wait: PT1S } } ] }
        "#,
        r#"
        start {}
        fire
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/f/extensions/log
              taskStarted /do/0/f/extensions/log/before/0/n
              taskCompleted /do/0/f/extensions/log/before/0/n -> {}
              extensionAdvanced /do/0/f/extensions/log task
              taskStarted /do/0/f
              taskStarted /do/0/f/fork/branches/0/a/extensions/log
              taskStarted /do/0/f/fork/branches/1/b/extensions/log
              taskStarted /do/0/f/fork/branches/0/a/extensions/log/before/0/n
              taskCompleted /do/0/f/fork/branches/0/a/extensions/log/before/0/n -> {}
              extensionAdvanced /do/0/f/fork/branches/0/a/extensions/log task
              taskStarted /do/0/f/fork/branches/1/b/extensions/log/before/0/n
              taskCompleted /do/0/f/fork/branches/1/b/extensions/log/before/0/n -> {}
              extensionAdvanced /do/0/f/fork/branches/1/b/extensions/log task
              taskStarted /do/0/f/fork/branches/0/a
              taskStarted /do/0/f/fork/branches/1/b
              taskStarted /do/0/f/fork/branches/0/a/do/0/x
              taskCompleted /do/0/f/fork/branches/0/a/do/0/x -> {"x":1}
              taskStarted /do/0/f/fork/branches/1/b/do/0/y
              taskCompleted /do/0/f/fork/branches/1/b/do/0/y -> {"y":1}
              taskStarted /do/0/f/fork/branches/0/a/do/1/nap due +5000
              taskStarted /do/0/f/fork/branches/1/b/do/1/nap due +1000
            > fire
              taskCompleted /do/0/f/fork/branches/1/b/do/1/nap -> {"y":1}
              taskCompleted /do/0/f/fork/branches/1/b -> {"y":1}
              taskCompleted /do/0/f/fork/branches/1/b/extensions/log -> {"y":1}
              interrupted /do/0/f to complete due +6000
              taskCancelled /do/0/f/fork/branches/0/a/do/1/nap
              taskCancelled /do/0/f/fork/branches/0/a
              taskCancelled /do/0/f/fork/branches/0/a/extensions/log
              compensationStarted /do/0/f
              undoStarted /do/0/f/fork/branches/0/a/do/0/x
              taskStarted /do/0/f/fork/branches/0/a/do/0/x/metadata/compensate/do/0/u
              taskCompleted /do/0/f/fork/branches/0/a/do/0/x/metadata/compensate/do/0/u -> {"u":1}
              undoCompleted /do/0/f/fork/branches/0/a/do/0/x
              compensationCompleted /do/0/f
              taskCompleted /do/0/f -> {"y":1}
              taskCompleted /do/0/f/extensions/log -> {"y":1}
              completed -> {"y":1}
            = completed {"y":1}
        "#]],
    );
}

#[test]
fn a_fault_before_faults_the_task_and_can_be_caught_around_it() {
    check(
        r#"
        use: { extensions: [ { check: { extend: set, before: [ { c: { raise: { error: { type: 'https://e/no', status: 403 } } } } ] } } ] }
        do:
          - g: { try: [ { a: { set: { x: 1 } } } ], catch: { as: e, do: [ { r: { wait: PT0S } } ] }, output: { as: . } }
        "#,
        r#"
        start {"x":0}
        "#,
        expect![[r#"
            > start {"x":0}
              started
              taskStarted /do/0/g
              taskStarted /do/0/g/try/0/a/extensions/check
              taskStarted /do/0/g/try/0/a/extensions/check/before/0/c
              taskFaulted /do/0/g/try/0/a/extensions/check/before/0/c ! https://e/no 403 at /do/0/g/try/0/a/extensions/check/before/0/c
              taskFaulted /do/0/g/try/0/a/extensions/check ! https://e/no 403 at /do/0/g/try/0/a/extensions/check/before/0/c
              errorCaught /do/0/g ! https://e/no 403 at /do/0/g/try/0/a/extensions/check/before/0/c
              taskStarted /do/0/g/catch/do/0/r
              taskCompleted /do/0/g/catch/do/0/r -> {"x":0}
              taskCompleted /do/0/g -> {"x":0}
              completed -> {"x":0}
            = completed {"x":0}
        "#]],
    );
}

#[test]
fn what_an_extension_exports_is_kept() {
    check(
        r#"
        use: { extensions: [ { count: { extend: set, after: [ { c: { wait: PT0S, export: { as: '{ n: (($context.n // 0) + 1) }' } } } ] } } ] }
        do: [ { a: { set: { x: 1 } } }, { b: { set: '${ $context }' } } ]
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a/extensions/count
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              extensionAdvanced /do/0/a/extensions/count after
              taskStarted /do/0/a/extensions/count/after/0/c
              taskCompleted /do/0/a/extensions/count/after/0/c -> {"x":1} context {"n":1}
              taskCompleted /do/0/a/extensions/count -> {"x":1}
              taskStarted /do/1/b/extensions/count
              taskStarted /do/1/b
              taskCompleted /do/1/b -> {"n":1}
              extensionAdvanced /do/1/b/extensions/count after
              taskStarted /do/1/b/extensions/count/after/0/c
              taskCompleted /do/1/b/extensions/count/after/0/c -> {"n":1} context {"n":2}
              taskCompleted /do/1/b/extensions/count -> {"n":1}
              completed -> {"n":1}
            = completed {"n":1}
        "#]],
    );
}

#[test]
fn calls_of_an_extension_are_durable_steps_with_keys_of_their_own() {
    check(
        r#"
        use: { extensions: [ { log: { extend: call, before: [ { tell: { call: http, with: { method: post, endpoint: 'http://log/', body: { task: '${ $task.reference }', key: '${ $task.idempotencyKey[0:8] }' } } } } ] } } ] }
        do: [ { pay: { call: http, with: { method: post, endpoint: 'http://pay/' } } } ]
        "#,
        r#"
        start {}
        show /do/0/pay/extensions/log/before/0/tell
        answer /do/0/pay/extensions/log/before/0/tell 200 {}
        show /do/0/pay
        answer /do/0/pay 200 {"paid":true}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/pay/extensions/log
              taskStarted /do/0/pay/extensions/log/before/0/tell
              attemptStarted /do/0/pay/extensions/log/before/0/tell#1
            > show /do/0/pay/extensions/log/before/0/tell
              POST http://log/ [] {"task":"/do/0/pay","key":"417ef2c0"} key=e53f7812 mode=AtMostOnce send-by=+30000 deadline=+600000
            > answer /do/0/pay/extensions/log/before/0/tell 200 {}
              taskCompleted /do/0/pay/extensions/log/before/0/tell#1 -> {}
              extensionAdvanced /do/0/pay/extensions/log task
              taskStarted /do/0/pay
              attemptStarted /do/0/pay#1
            > show /do/0/pay
              POST http://pay/ [] key=417ef2c0 mode=AtMostOnce send-by=+30000 deadline=+600000
            > answer /do/0/pay 200 {"paid":true}
              taskCompleted /do/0/pay#1 -> {"paid":true}
              taskCompleted /do/0/pay/extensions/log -> {"paid":true}
              completed -> {"paid":true}
            = completed {"paid":true}
        "#]],
    );
}

#[test]
fn what_undoes_is_not_extended() {
    check(
        r#"
        use: { extensions: [ { log: { extend: all, before: [ { n: { wait: PT0S } } ] } } ] }
        do:
          - a: { set: { x: 1 }, metadata: { compensate: { do: [ { u: { set: { y: 1 } } } ] } } }
          - bad: { raise: { error: { type: 'https://e/x', status: 500 } } }
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a/extensions/log
              taskStarted /do/0/a/extensions/log/before/0/n
              taskCompleted /do/0/a/extensions/log/before/0/n -> {}
              extensionAdvanced /do/0/a/extensions/log task
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              taskCompleted /do/0/a/extensions/log -> {"x":1}
              taskStarted /do/1/bad/extensions/log
              taskStarted /do/1/bad/extensions/log/before/0/n
              taskCompleted /do/1/bad/extensions/log/before/0/n -> {"x":1}
              extensionAdvanced /do/1/bad/extensions/log task
              taskStarted /do/1/bad
              taskFaulted /do/1/bad ! https://e/x 500 at /do/1/bad
              taskFaulted /do/1/bad/extensions/log ! https://e/x 500 at /do/1/bad
              compensationStarted ! https://e/x 500 at /do/1/bad
              undoStarted /do/0/a
              taskStarted /do/0/a/metadata/compensate/do/0/u
              taskCompleted /do/0/a/metadata/compensate/do/0/u -> {"y":1}
              undoCompleted /do/0/a
              compensationCompleted
              faulted ! https://e/x 500 at /do/1/bad
            = faulted, compensation completed https://e/x 500 at /do/1/bad
              undo /do/0/a completed
        "#]],
    );
}

#[test]
fn the_timeout_of_a_task_does_not_count_its_extensions() {
    check(
        r#"
        use: { extensions: [ { slow: { extend: wait, before: [ { n: { set: { x: 1 } } } ] } } ] }
        do: [ { a: { wait: PT5S, timeout: { after: PT1S } } } ]
        "#,
        r#"
        start {}
        fire
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a/extensions/slow
              taskStarted /do/0/a/extensions/slow/before/0/n
              taskCompleted /do/0/a/extensions/slow/before/0/n -> {"x":1}
              extensionAdvanced /do/0/a/extensions/slow task
              taskStarted /do/0/a due +5000
            > fire
              taskFaulted /do/0/a ! timeout 408 at /do/0/a: the task took longer than its `timeout`
              taskFaulted /do/0/a/extensions/slow ! timeout 408 at /do/0/a: the task took longer than its `timeout`
              faulted ! timeout 408 at /do/0/a: the task took longer than its `timeout`
            = faulted timeout 408 at /do/0/a: the task took longer than its `timeout`
        "#]],
    );
}

#[test]
fn an_extension_without_tasks_changes_nothing() {
    check(
        r#"
        use: { extensions: [ { nothing: { extend: all } } ] }
        do: [ { a: { set: { x: 1 } } } ]
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a/extensions/nothing
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              taskCompleted /do/0/a/extensions/nothing -> {"x":1}
              completed -> {"x":1}
            = completed {"x":1}
        "#]],
    );
}
