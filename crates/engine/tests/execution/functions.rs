//! Calls of functions that the document declares (FR-004, definition-format §1.11).
//!
//! Size: the expected facts of every case stand in the file.

use expect_test::expect;
use tenure_engine::execution::testing::{Run, check};

#[test]
fn a_function_gets_what_the_call_is_given_and_its_output_is_the_calls() {
    check(
        r#"
        use: { functions: { greeting: { set: { text: 'Hello, ${ .name }' } } } }
        do: [ { greet: { call: greeting, with: { name: '${ .user }' } } } ]
        "#,
        r#"
        start {"user":"Ada"}
        "#,
        expect![[r#"
            > start {"user":"Ada"}
              started
              taskStarted /do/0/greet
              taskStarted /do/0/greet/call/greeting
              taskCompleted /do/0/greet/call/greeting -> {"text":"Hello, Ada"}
              taskCompleted /do/0/greet -> {"text":"Hello, Ada"}
              completed -> {"text":"Hello, Ada"}
            = completed {"text":"Hello, Ada"}
        "#]],
    );
}

#[test]
fn a_function_without_with_gets_an_empty_object() {
    check(
        r#"
        use: { functions: { f: { set: '${ [., $input] }' } } }
        do: [ { a: { call: f } } ]
        "#,
        r#"
        start {"x":1}
        "#,
        expect![[r#"
            > start {"x":1}
              started
              taskStarted /do/0/a
              taskStarted /do/0/a/call/f
              taskCompleted /do/0/a/call/f -> [{},{}]
              taskCompleted /do/0/a -> [{},{}]
              completed -> [{},{}]
            = completed [{},{}]
        "#]],
    );
}

#[test]
fn every_call_has_a_place_of_its_own_and_so_have_the_tasks_of_the_function() {
    check(
        r#"
        use: { functions: { fetch: { do: [ { get: { call: http, with: { method: get, endpoint: 'http://s/{id}' } } } ] } } }
        do:
          - one: { call: fetch, with: { id: 1 } }
          - two: { call: fetch, with: { id: 2 } }
        "#,
        r#"
        start {}
        show /do/0/one/call/fetch/do/0/get
        answer /do/0/one/call/fetch/do/0/get 200 "a"
        show /do/1/two/call/fetch/do/0/get
        answer /do/1/two/call/fetch/do/0/get 200 "b"
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/one
              taskStarted /do/0/one/call/fetch
              taskStarted /do/0/one/call/fetch/do/0/get
              attemptStarted /do/0/one/call/fetch/do/0/get#1
            > show /do/0/one/call/fetch/do/0/get
              GET http://s/1 [] key=dd009a1b mode=AtLeastOnce send-by=+30000 deadline=+600000
            > answer /do/0/one/call/fetch/do/0/get 200 "a"
              taskCompleted /do/0/one/call/fetch/do/0/get#1 -> "a"
              taskCompleted /do/0/one/call/fetch -> "a"
              taskCompleted /do/0/one -> "a"
              taskStarted /do/1/two
              taskStarted /do/1/two/call/fetch
              taskStarted /do/1/two/call/fetch/do/0/get
              attemptStarted /do/1/two/call/fetch/do/0/get#1
            > show /do/1/two/call/fetch/do/0/get
              GET http://s/2 [] key=153ac972 mode=AtLeastOnce send-by=+30000 deadline=+600000
            > answer /do/1/two/call/fetch/do/0/get 200 "b"
              taskCompleted /do/1/two/call/fetch/do/0/get#1 -> "b"
              taskCompleted /do/1/two/call/fetch -> "b"
              taskCompleted /do/1/two -> "b"
              completed -> "b"
            = completed "b"
        "#]],
    );
}

#[test]
fn a_function_has_the_schemas_and_mappings_of_a_task() {
    check(
        r#"
        use:
          functions:
            double:
              input: { schema: { document: { type: object, required: [ n ] } }, from: .n }
              set: '${ . * 2 }'
              output: { as: '{ doubled: . }' }
              export: { as: '{ last: .doubled }' }
        do:
          - good: { call: double, with: { n: 4 }, output: { as: .doubled } }
          - more: { set: { was: '${ . }', context: '${ $context }' } }
          - bad: { call: double, with: { m: 4 } }
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/good
              taskStarted /do/0/good/call/double <- 4
              taskCompleted /do/0/good/call/double -> {"doubled":8} context {"last":8}
              taskCompleted /do/0/good -> 8
              taskStarted /do/1/more
              taskCompleted /do/1/more -> {"was":8,"context":{"last":8}}
              taskStarted /do/2/bad
              taskStarted /do/2/bad/call/double
              taskFaulted /do/2/bad/call/double ! validation 400 at /do/2/bad/call/double: `input.schema` refuses `/`: "n" is a required property
              taskFaulted /do/2/bad ! validation 400 at /do/2/bad/call/double: `input.schema` refuses `/`: "n" is a required property
              faulted ! validation 400 at /do/2/bad/call/double: `input.schema` refuses `/`: "n" is a required property
            = faulted validation 400 at /do/2/bad/call/double: `input.schema` refuses `/`: "n" is a required property
        "#]],
    );
}

#[test]
fn an_error_in_a_function_names_its_task_below_the_call() {
    check(
        r#"
        use: { errors: { gone: { type: 'https://e/gone', status: 410 } }, functions: { f: { do: [ { x: { raise: { error: gone } } } ] } } }
        do:
          - guarded:
              try: [ { a: { call: f } } ]
              catch: { errors: { with: { type: 'https://e/gone' } }, do: [ { note: { set: { at: '${ $error.instance }' } } } ] }
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/guarded
              taskStarted /do/0/guarded/try/0/a
              taskStarted /do/0/guarded/try/0/a/call/f
              taskStarted /do/0/guarded/try/0/a/call/f/do/0/x
              taskFaulted /do/0/guarded/try/0/a/call/f/do/0/x ! https://e/gone 410 at /do/0/guarded/try/0/a/call/f/do/0/x
              taskFaulted /do/0/guarded/try/0/a/call/f ! https://e/gone 410 at /do/0/guarded/try/0/a/call/f/do/0/x
              taskFaulted /do/0/guarded/try/0/a ! https://e/gone 410 at /do/0/guarded/try/0/a/call/f/do/0/x
              errorCaught /do/0/guarded ! https://e/gone 410 at /do/0/guarded/try/0/a/call/f/do/0/x
              taskStarted /do/0/guarded/catch/do/0/note
              taskCompleted /do/0/guarded/catch/do/0/note -> {"at":"/do/0/guarded/try/0/a/call/f/do/0/x"}
              taskCompleted /do/0/guarded -> {"at":"/do/0/guarded/try/0/a/call/f/do/0/x"}
              completed -> {"at":"/do/0/guarded/try/0/a/call/f/do/0/x"}
            = completed {"at":"/do/0/guarded/try/0/a/call/f/do/0/x"}
        "#]],
    );
}

#[test]
fn functions_call_functions() {
    check(
        r#"
        use:
          functions:
            outer: { do: [ { first: { call: inner, with: { n: '${ .n }' } } }, { second: { call: inner, with: { n: '${ . }' } } } ] }
            inner: { set: '${ .n + 1 }' }
        do: [ { a: { call: outer, with: { n: 1 } } } ]
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskStarted /do/0/a/call/outer
              taskStarted /do/0/a/call/outer/do/0/first
              taskStarted /do/0/a/call/outer/do/0/first/call/inner
              taskCompleted /do/0/a/call/outer/do/0/first/call/inner -> 2
              taskCompleted /do/0/a/call/outer/do/0/first -> 2
              taskStarted /do/0/a/call/outer/do/1/second
              taskStarted /do/0/a/call/outer/do/1/second/call/inner
              taskCompleted /do/0/a/call/outer/do/1/second/call/inner -> 3
              taskCompleted /do/0/a/call/outer/do/1/second -> 3
              taskCompleted /do/0/a/call/outer -> 3
              taskCompleted /do/0/a -> 3
              completed -> 3
            = completed 3
        "#]],
    );
}

#[test]
fn a_function_in_a_loop_has_the_loops_iteration_and_not_its_variables() {
    check(
        r#"
        use: { functions: { f: { for: { in: .items }, do: [ { v: { set: '${ [$item, $index] }' } } ] } } }
        do: [ { all: { for: { each: item, in: '[[7], [8, 9]]' }, do: [ { a: { call: f, with: { items: '${ $item }' } } } ] } } ]
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/all
              iterationStarted /do/0/all 0
              taskStarted /do/0/all/do/0/a[0]
              taskStarted /do/0/all/do/0/a/call/f[0]
              iterationStarted /do/0/all/do/0/a/call/f[0] 0
              taskStarted /do/0/all/do/0/a/call/f/do/0/v[0/0]
              taskCompleted /do/0/all/do/0/a/call/f/do/0/v[0/0] -> [7,0]
              taskCompleted /do/0/all/do/0/a/call/f[0] -> [7,0]
              taskCompleted /do/0/all/do/0/a[0] -> [7,0]
              iterationStarted /do/0/all 1
              taskStarted /do/0/all/do/0/a[1]
              taskStarted /do/0/all/do/0/a/call/f[1]
              iterationStarted /do/0/all/do/0/a/call/f[1] 0
              taskStarted /do/0/all/do/0/a/call/f/do/0/v[1/0]
              taskCompleted /do/0/all/do/0/a/call/f/do/0/v[1/0] -> [8,0]
              iterationStarted /do/0/all/do/0/a/call/f[1] 1
              taskStarted /do/0/all/do/0/a/call/f/do/0/v[1/1]
              taskCompleted /do/0/all/do/0/a/call/f/do/0/v[1/1] -> [9,1]
              taskCompleted /do/0/all/do/0/a/call/f[1] -> [9,1]
              taskCompleted /do/0/all/do/0/a[1] -> [9,1]
              taskCompleted /do/0/all -> [9,1]
              completed -> [9,1]
            = completed [9,1]
        "#]],
    );
}

#[test]
fn the_description_of_a_functions_task_is_the_tasks_own() {
    check(
        r#"
        use: { functions: { f: { set: '${ $task | {name, reference, definition} }' } } }
        do: [ { a: { call: f } } ]
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskStarted /do/0/a/call/f
              taskCompleted /do/0/a/call/f -> {"name":"f","reference":"/do/0/a/call/f","definition":{"set":"${ $task | {name, reference, definition} }"}}
              taskCompleted /do/0/a -> {"name":"f","reference":"/do/0/a/call/f","definition":{"set":"${ $task | {name, reference, definition} }"}}
              completed -> {"name":"f","reference":"/do/0/a/call/f","definition":{"set":"${ $task | {name, reference, definition} }"}}
            = completed {"name":"f","reference":"/do/0/a/call/f","definition":{"set":"${ $task | {name, reference, definition} }"}}
        "#]],
    );
}

#[test]
fn a_function_can_be_skipped_and_its_call_gives_what_it_was_given() {
    check(
        r#"
        use: { functions: { f: { if: '.go', set: { x: 1 } } } }
        do: [ { a: { call: f, with: { go: false } } } ]
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskSkipped /do/0/a/call/f
              taskCompleted /do/0/a -> {"go":false}
              completed -> {"go":false}
            = completed {"go":false}
        "#]],
    );
}

#[test]
fn end_in_a_function_ends_the_workflow() {
    check(
        r#"
        use: { functions: { f: { do: [ { stop: { set: { x: 1 }, then: end } } ] } } }
        do: [ { a: { call: f } }, { never: { set: { y: 1 } } } ]
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskStarted /do/0/a/call/f
              taskStarted /do/0/a/call/f/do/0/stop
              taskCompleted /do/0/a/call/f/do/0/stop -> {"x":1}
              taskCompleted /do/0/a/call/f -> {"x":1}
              taskCompleted /do/0/a -> {"x":1}
              completed -> {"x":1}
            = completed {"x":1}
        "#]],
    );
}

#[test]
fn exit_in_a_function_leaves_only_its_list() {
    check(
        r#"
        use: { functions: { f: { do: [ { stop: { set: { x: 1 }, then: exit } }, { never: { set: { x: 2 } } } ] } } }
        do: [ { a: { call: f } }, { b: { set: { y: '${ .x }' } } } ]
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskStarted /do/0/a/call/f
              taskStarted /do/0/a/call/f/do/0/stop
              taskCompleted /do/0/a/call/f/do/0/stop -> {"x":1}
              taskCompleted /do/0/a/call/f -> {"x":1}
              taskCompleted /do/0/a -> {"x":1}
              taskStarted /do/1/b
              taskCompleted /do/1/b -> {"y":1}
              completed -> {"y":1}
            = completed {"y":1}
        "#]],
    );
}

#[test]
fn a_timeout_of_the_call_ends_the_function() {
    check(
        r#"
        use: { functions: { f: { do: [ { nap: { wait: PT1M } } ] } } }
        do: [ { a: { call: f, timeout: { after: PT1S } } } ]
        "#,
        r#"
        start {}
        fire timeout
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a due +1000
              taskStarted /do/0/a/call/f
              taskStarted /do/0/a/call/f/do/0/nap due +60000
            > fire timeout
              interrupted /do/0/a to fault
              taskCancelled /do/0/a/call/f/do/0/nap
              taskCancelled /do/0/a/call/f
              taskFaulted /do/0/a ! timeout 408 at /do/0/a: the task took longer than its `timeout`
              faulted ! timeout 408 at /do/0/a: the task took longer than its `timeout`
            = faulted timeout 408 at /do/0/a: the task took longer than its `timeout`
        "#]],
    );
}

#[test]
fn what_a_function_declares_by_name_is_the_documents() {
    check(
        r#"
        use:
          timeouts: { short: { after: PT1S } }
          retries: { once: { limit: { attempt: { count: 1 } } } }
          errors: { e: { type: 'https://e/x', status: 500 } }
          functions: { f: { try: [ { a: { raise: { error: e } } } ], catch: { retry: once, do: [ { b: { wait: PT1M, timeout: short } } ] } } }
        do: [ { a: { call: f } } ]
        "#,
        r#"
        start {}
        fire timeout
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskStarted /do/0/a/call/f
              taskStarted /do/0/a/call/f/try/0/a
              taskFaulted /do/0/a/call/f/try/0/a ! https://e/x 500 at /do/0/a/call/f/try/0/a
              taskRetried /do/0/a/call/f retry 1 ! https://e/x 500 at /do/0/a/call/f/try/0/a due +0
              tryStarted /do/0/a/call/f
              taskStarted /do/0/a/call/f/try/0/a
              taskFaulted /do/0/a/call/f/try/0/a ! https://e/x 500 at /do/0/a/call/f/try/0/a
              errorCaught /do/0/a/call/f ! https://e/x 500 at /do/0/a/call/f/try/0/a
              taskStarted /do/0/a/call/f/catch/do/0/b due +60000
            > fire timeout
              taskFaulted /do/0/a/call/f/catch/do/0/b ! timeout 408 at /do/0/a/call/f/catch/do/0/b: the task took longer than its `timeout`
              taskFaulted /do/0/a/call/f ! timeout 408 at /do/0/a/call/f/catch/do/0/b: the task took longer than its `timeout`
              taskFaulted /do/0/a ! timeout 408 at /do/0/a/call/f/catch/do/0/b: the task took longer than its `timeout`
              faulted ! timeout 408 at /do/0/a/call/f/catch/do/0/b: the task took longer than its `timeout`
            = faulted timeout 408 at /do/0/a/call/f/catch/do/0/b: the task took longer than its `timeout`
        "#]],
    );
}

#[test]
fn a_function_brings_its_compensation() {
    check(
        r#"
        use: { functions: { f: { set: { id: '${ .id }' }, metadata: { compensate: { do: [ { u: { set: { undone: '${ $output.id }' } } } ] } } } } }
        do:
          - a: { call: f, with: { id: 1 } }
          - b: { call: f, with: { id: 2 } }
          - bad: { raise: { error: { type: 'https://e/x', status: 500 } } }
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskStarted /do/0/a/call/f
              taskCompleted /do/0/a/call/f -> {"id":1}
              taskCompleted /do/0/a -> {"id":1}
              taskStarted /do/1/b
              taskStarted /do/1/b/call/f
              taskCompleted /do/1/b/call/f -> {"id":2}
              taskCompleted /do/1/b -> {"id":2}
              taskStarted /do/2/bad
              taskFaulted /do/2/bad ! https://e/x 500 at /do/2/bad
              compensationStarted ! https://e/x 500 at /do/2/bad
              undoStarted /do/1/b/call/f
              taskStarted /do/1/b/call/f/metadata/compensate/do/0/u
              taskCompleted /do/1/b/call/f/metadata/compensate/do/0/u -> {"undone":2}
              undoCompleted /do/1/b/call/f
              undoStarted /do/0/a/call/f
              taskStarted /do/0/a/call/f/metadata/compensate/do/0/u
              taskCompleted /do/0/a/call/f/metadata/compensate/do/0/u -> {"undone":1}
              undoCompleted /do/0/a/call/f
              compensationCompleted
              faulted ! https://e/x 500 at /do/2/bad
            = faulted, compensation completed https://e/x 500 at /do/2/bad
              undo /do/1/b/call/f completed
              undo /do/0/a/call/f completed
        "#]],
    );
}

#[test]
fn a_compensation_of_the_call_replaces_the_functions() {
    check(
        r#"
        use: { functions: { f: { set: { id: 1 }, metadata: { compensate: { do: [ { u: { set: { x: 1 } } } ] } } } } }
        do:
          - a: { call: f, metadata: { compensate: { do: [ { own: { set: { y: 1 } } } ] } } }
          - bad: { raise: { error: { type: 'https://e/x', status: 500 } } }
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskStarted /do/0/a/call/f
              taskCompleted /do/0/a/call/f -> {"id":1}
              taskCompleted /do/0/a -> {"id":1}
              taskStarted /do/1/bad
              taskFaulted /do/1/bad ! https://e/x 500 at /do/1/bad
              compensationStarted ! https://e/x 500 at /do/1/bad
              undoStarted /do/0/a
              taskStarted /do/0/a/metadata/compensate/do/0/own
              taskCompleted /do/0/a/metadata/compensate/do/0/own -> {"y":1}
              undoCompleted /do/0/a
              compensationCompleted
              faulted ! https://e/x 500 at /do/1/bad
            = faulted, compensation completed https://e/x 500 at /do/1/bad
              undo /do/0/a completed
        "#]],
    );
}

#[test]
fn compensate_none_on_the_call_leaves_the_functions_out() {
    check(
        r#"
        use: { functions: { f: { set: { id: 1 }, metadata: { compensate: { do: [ { u: { set: { x: 1 } } } ] } } } } }
        do:
          - a: { call: f, metadata: { compensate: none } }
          - bad: { raise: { error: { type: 'https://e/x', status: 500 } } }
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskStarted /do/0/a/call/f
              taskCompleted /do/0/a/call/f -> {"id":1}
              taskCompleted /do/0/a -> {"id":1}
              taskStarted /do/1/bad
              taskFaulted /do/1/bad ! https://e/x 500 at /do/1/bad
              faulted ! https://e/x 500 at /do/1/bad
            = faulted https://e/x 500 at /do/1/bad
        "#]],
    );
}

#[test]
fn a_function_that_undoes_sees_its_own_input() {
    check(
        r#"
        use: { functions: { remove: { input: { from: .id }, set: { removed: '${ [., $input] }', context: '${ $context }' } } } }
        do:
          - a: { set: { id: 7 }, export: { as: '{ was: . }' }, metadata: { compensate: { do: [ { u: { call: remove, with: { id: '${ $output.id }' } } } ] } } }
          - bad: { raise: { error: { type: 'https://e/x', status: 500 } } }
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"id":7} context {"was":{"id":7}}
              taskStarted /do/1/bad
              taskFaulted /do/1/bad ! https://e/x 500 at /do/1/bad
              compensationStarted ! https://e/x 500 at /do/1/bad
              undoStarted /do/0/a
              taskStarted /do/0/a/metadata/compensate/do/0/u
              taskStarted /do/0/a/metadata/compensate/do/0/u/call/remove <- 7
              taskCompleted /do/0/a/metadata/compensate/do/0/u/call/remove -> {"removed":[7,7],"context":{"was":{"id":7}}}
              taskCompleted /do/0/a/metadata/compensate/do/0/u -> {"removed":[7,7],"context":{"was":{"id":7}}}
              undoCompleted /do/0/a
              compensationCompleted
              faulted ! https://e/x 500 at /do/1/bad
            = faulted, compensation completed https://e/x 500 at /do/1/bad
              undo /do/0/a completed
        "#]],
    );
}

#[test]
fn a_sibling_that_is_a_call_is_unwound_with_all_that_its_function_did() {
    check(
        r#"
        use: { functions: { f: { do: [ { x: { set: { x: 1 }, metadata: { compensate: { do: [ { u: { set: { y: 1 } } } ] } } } } ] } } }
        do:
          - a: { call: f }
          - back: { call: compensate, with: { scope: a } }
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskStarted /do/0/a/call/f
              taskStarted /do/0/a/call/f/do/0/x
              taskCompleted /do/0/a/call/f/do/0/x -> {"x":1}
              taskCompleted /do/0/a/call/f -> {"x":1}
              taskCompleted /do/0/a -> {"x":1}
              taskStarted /do/1/back
              compensationStarted /do/1/back
              undoStarted /do/0/a/call/f/do/0/x
              taskStarted /do/0/a/call/f/do/0/x/metadata/compensate/do/0/u
              taskCompleted /do/0/a/call/f/do/0/x/metadata/compensate/do/0/u -> {"y":1}
              undoCompleted /do/0/a/call/f/do/0/x
              compensationCompleted /do/1/back
              taskCompleted /do/1/back -> {"x":1}
              completed -> {"x":1}
            = completed {"x":1}
        "#]],
    );
}

#[test]
fn a_failing_with_faults_the_call() {
    check(
        r#"
        use: { functions: { f: { set: { x: 1 } } } }
        do: [ { a: { call: f, with: { x: '${ error("no") }' } } } ]
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskFaulted /do/0/a ! expression 400 at /do/0/a: `with`: no
              faulted ! expression 400 at /do/0/a: `with`: no
            = faulted expression 400 at /do/0/a: `with`: no
        "#]],
    );
}

/// What a definition calls of a catalog runs like what it declares, with references of its own.
#[test]
fn a_function_of_a_catalog_runs_and_is_undone_like_any_other() {
    let book = "
call: http
with: { method: put, endpoint: 'https://x/book' }
metadata: { compensate: { do: [ { undo: { call: http, with: { method: put, endpoint: 'https://x/undo' } } } ] } }
";
    let definition = "
do:
  - one: { call: 'book:1.0.0@default' }
  - fail: { raise: { error: { type: 'urn:x', status: 500 } } }
";
    let mut run = Run::with(&[("function:book:1.0.0@default", book)], definition);
    let call = "/do/0/one/call/book:1.0.0@default";
    let answer = format!("answer {call} 200 {{}}");
    let undone = format!("answer {call}/metadata/compensate/do/0/undo 200 {{}}");
    for line in ["start {}", &answer, &undone] {
        run.line(line);
    }
    let started: Vec<String> = run
        .history()
        .iter()
        .map(tenure_engine::execution::HistoryEvent::view)
        .filter(|view| view.kind == "taskStarted")
        .filter_map(|view| view.task.map(|task| task.to_string()))
        .collect();
    assert_eq!(
        started,
        [
            "/do/0/one",
            "/do/0/one/call/book:1.0.0@default",
            "/do/1/fail",
            "/do/0/one/call/book:1.0.0@default/metadata/compensate/do/0/undo",
        ]
    );
    assert_eq!(run.execution().status().as_str(), "faulted");
}
