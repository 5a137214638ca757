//! `for` with `metadata.concurrency`: iterations side by side (FR-004, definition-format §1.3 and §4).
//!
//! Size: the expected facts of every case stand in the file.

use expect_test::expect;
use tenure_engine::execution::testing::{Run, check};

#[test]
fn iterations_run_side_by_side_and_their_outputs_stand_in_the_order_of_the_items() {
    check(
        r#"
        do:
          - all:
              metadata: { concurrency: 3 }
              for: { each: n, in: '[30, 10, 20]' }
              do: [ { nap: { wait: '${ {milliseconds: $n} }' } }, { note: { set: { n: '${ $n }', at: '${ $index }' } } } ]
        "#,
        r#"
        start {}
        fire
        fire
        fire
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/all
              iterationStarted /do/0/all 0
              iterationStarted /do/0/all 1
              iterationStarted /do/0/all 2
              taskStarted /do/0/all/do/0/nap[0] due +30
              taskStarted /do/0/all/do/0/nap[1] due +10
              taskStarted /do/0/all/do/0/nap[2] due +20
            > fire
              taskCompleted /do/0/all/do/0/nap[1] -> {}
              taskStarted /do/0/all/do/1/note[1]
              taskCompleted /do/0/all/do/1/note[1] -> {"n":10,"at":1}
              iterationEnded /do/0/all[1]
            > fire
              taskCompleted /do/0/all/do/0/nap[2] -> {}
              taskStarted /do/0/all/do/1/note[2]
              taskCompleted /do/0/all/do/1/note[2] -> {"n":20,"at":2}
              iterationEnded /do/0/all[2]
            > fire
              taskCompleted /do/0/all/do/0/nap[0] -> {}
              taskStarted /do/0/all/do/1/note[0]
              taskCompleted /do/0/all/do/1/note[0] -> {"n":30,"at":0}
              iterationEnded /do/0/all[0]
              taskCompleted /do/0/all -> [{"n":30,"at":0},{"n":10,"at":1},{"n":20,"at":2}]
              completed -> [{"n":30,"at":0},{"n":10,"at":1},{"n":20,"at":2}]
            = completed [{"n":30,"at":0},{"n":10,"at":1},{"n":20,"at":2}]
        "#]],
    );
}

#[test]
fn no_more_iterations_run_at_once_than_the_concurrency() {
    check(
        r#"
        do:
          - all:
              metadata: { concurrency: 2 }
              for: { in: '[1, 2, 3, 4]' }
              do: [ { c: { call: http, with: { method: get, endpoint: 'http://s/{item}', query: { i: '${ $item }' } } } } ]
        "#,
        r#"
        start {}
        answer /do/0/all/do/0/c[1] 200 "two"
        answer /do/0/all/do/0/c[0] 200 "one"
        show /do/0/all/do/0/c[2]
        show /do/0/all/do/0/c[3]
        answer /do/0/all/do/0/c[3] 200 "four"
        answer /do/0/all/do/0/c[2] 200 "three"
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/all
              iterationStarted /do/0/all 0
              iterationStarted /do/0/all 1
              taskStarted /do/0/all/do/0/c[0]
              attemptStarted /do/0/all/do/0/c[0]#1
              taskStarted /do/0/all/do/0/c[1]
              attemptStarted /do/0/all/do/0/c[1]#1
            > answer /do/0/all/do/0/c[1] 200 "two"
              taskCompleted /do/0/all/do/0/c[1]#1 -> "two"
              iterationEnded /do/0/all[1]
              iterationStarted /do/0/all 2
              taskStarted /do/0/all/do/0/c[2]
              attemptStarted /do/0/all/do/0/c[2]#1
            > answer /do/0/all/do/0/c[0] 200 "one"
              taskCompleted /do/0/all/do/0/c[0]#1 -> "one"
              iterationEnded /do/0/all[0]
              iterationStarted /do/0/all 3
              taskStarted /do/0/all/do/0/c[3]
              attemptStarted /do/0/all/do/0/c[3]#1
            > show /do/0/all/do/0/c[2]
              GET http://s/?i=3 [] key=bfd9ca51 mode=AtLeastOnce send-by=+30000 deadline=+600000
            > show /do/0/all/do/0/c[3]
              GET http://s/?i=4 [] key=cf840b2d mode=AtLeastOnce send-by=+30000 deadline=+600000
            > answer /do/0/all/do/0/c[3] 200 "four"
              taskCompleted /do/0/all/do/0/c[3]#1 -> "four"
              iterationEnded /do/0/all[3]
            > answer /do/0/all/do/0/c[2] 200 "three"
              taskCompleted /do/0/all/do/0/c[2]#1 -> "three"
              iterationEnded /do/0/all[2]
              taskCompleted /do/0/all -> ["one","two","three","four"]
              completed -> ["one","two","three","four"]
            = completed ["one","two","three","four"]
        "#]],
    );
}

#[test]
fn a_concurrency_of_one_runs_in_order_and_gives_an_array() {
    check(
        r#"
        do:
          - all:
              metadata: { concurrency: 1 }
              for: { in: '[1, 2]' }
              do: [ { a: { set: '${ $item + 1 }' } } ]
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
              taskCompleted /do/0/all/do/0/a[0] -> 2
              iterationEnded /do/0/all[0]
              iterationStarted /do/0/all 1
              taskStarted /do/0/all/do/0/a[1]
              taskCompleted /do/0/all/do/0/a[1] -> 3
              iterationEnded /do/0/all[1]
              taskCompleted /do/0/all -> [2,3]
              completed -> [2,3]
            = completed [2,3]
        "#]],
    );
}

#[test]
fn every_iteration_begins_with_the_loops_input() {
    check(
        r#"
        do:
          - all:
              metadata: { concurrency: 2 }
              input: { from: .base }
              for: { in: '[1, 2, 3]' }
              do: [ { a: { set: '${ . + $item }' } }, { b: { set: '${ . * 2 }' } } ]
        "#,
        r#"
        start {"base":10}
        "#,
        expect![[r#"
            > start {"base":10}
              started
              taskStarted /do/0/all <- 10
              iterationStarted /do/0/all 0
              iterationStarted /do/0/all 1
              taskStarted /do/0/all/do/0/a[0]
              taskCompleted /do/0/all/do/0/a[0] -> 11
              taskStarted /do/0/all/do/0/a[1]
              taskCompleted /do/0/all/do/0/a[1] -> 12
              taskStarted /do/0/all/do/1/b[0]
              taskCompleted /do/0/all/do/1/b[0] -> 22
              iterationEnded /do/0/all[0]
              iterationStarted /do/0/all 2
              taskStarted /do/0/all/do/1/b[1]
              taskCompleted /do/0/all/do/1/b[1] -> 24
              iterationEnded /do/0/all[1]
              taskStarted /do/0/all/do/0/a[2]
              taskCompleted /do/0/all/do/0/a[2] -> 13
              taskStarted /do/0/all/do/1/b[2]
              taskCompleted /do/0/all/do/1/b[2] -> 26
              iterationEnded /do/0/all[2]
              taskCompleted /do/0/all -> [22,24,26]
              completed -> [22,24,26]
            = completed [22,24,26]
        "#]],
    );
}

#[test]
fn nothing_to_iterate_gives_an_empty_array() {
    check(
        r#"
        do:
          - all: { metadata: { concurrency: 5 }, for: { in: .none }, do: [ { a: { set: { x: 1 } } } ] }
        "#,
        r#"
        start {"none":[]}
        "#,
        expect![[r#"
            > start {"none":[]}
              started
              taskStarted /do/0/all
              taskCompleted /do/0/all -> []
              completed -> []
            = completed []
        "#]],
    );
}

#[test]
fn the_loops_output_is_mapped_from_the_array() {
    check(
        r#"
        do:
          - all:
              metadata: { concurrency: 5 }
              for: { in: '[1, 2, 3]' }
              do: [ { a: { set: '${ $item }' } } ]
              output: { as: add }
              export: { as: '{ sum: . }' }
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/all
              iterationStarted /do/0/all 0
              iterationStarted /do/0/all 1
              iterationStarted /do/0/all 2
              taskStarted /do/0/all/do/0/a[0]
              taskCompleted /do/0/all/do/0/a[0] -> 1
              iterationEnded /do/0/all[0]
              taskStarted /do/0/all/do/0/a[1]
              taskCompleted /do/0/all/do/0/a[1] -> 2
              iterationEnded /do/0/all[1]
              taskStarted /do/0/all/do/0/a[2]
              taskCompleted /do/0/all/do/0/a[2] -> 3
              iterationEnded /do/0/all[2]
              taskCompleted /do/0/all -> 6 context {"sum":6}
              completed -> 6
            = completed 6
        "#]],
    );
}

#[test]
fn the_first_fault_of_an_iteration_ends_the_others_and_faults_the_loop() {
    check(
        r#"
        do:
          - all:
              metadata: { concurrency: 3 }
              for: { in: '[1, 2, 3, 4]' }
              do:
                - c: { call: http, with: { method: get, endpoint: 'http://s/{item}' } }
                - d: { wait: PT1M }
        "#,
        r#"
        start {}
        answer /do/0/all/do/0/c[2] 200 1
        answer /do/0/all/do/0/c[1] 503 {}
        answer /do/0/all/do/0/c[0] 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/all
              iterationStarted /do/0/all 0
              iterationStarted /do/0/all 1
              iterationStarted /do/0/all 2
              taskStarted /do/0/all/do/0/c[0]
              attemptStarted /do/0/all/do/0/c[0]#1
              taskStarted /do/0/all/do/0/c[1]
              attemptStarted /do/0/all/do/0/c[1]#1
              taskStarted /do/0/all/do/0/c[2]
              attemptStarted /do/0/all/do/0/c[2]#1
            > answer /do/0/all/do/0/c[2] 200 1
              taskCompleted /do/0/all/do/0/c[2]#1 -> 1
              taskStarted /do/0/all/do/1/d[2] due +60000
            > answer /do/0/all/do/0/c[1] 503 {}
              taskFaulted /do/0/all/do/0/c[1]#1 ! communication 503 at /do/0/all/do/0/c: GET http://s/ was answered with status 503: {}
              interrupted /do/0/all to fault due +5000
              taskCancelled /do/0/all/do/1/d[2]
              iterationEnded /do/0/all[2] cancelled
              iterationEnded /do/0/all[1] cancelled
            > answer /do/0/all/do/0/c[0] 200 1
              taskCompleted /do/0/all/do/0/c[0]#1 -> 1
              iterationEnded /do/0/all[0] cancelled
              taskFaulted /do/0/all ! communication 503 at /do/0/all/do/0/c: GET http://s/ was answered with status 503: {}
              faulted ! communication 503 at /do/0/all/do/0/c: GET http://s/ was answered with status 503: {}
            = faulted communication 503 at /do/0/all/do/0/c: GET http://s/ was answered with status 503: {}
        "#]],
    );
}

#[test]
fn a_fault_that_is_caught_in_an_iteration_leaves_the_others_alone() {
    check(
        r#"
        do:
          - all:
              metadata: { concurrency: 2 }
              for: { in: '[1, 0, 2]' }
              do:
                - guarded:
                    try: [ { odd: { if: '$item == 0', raise: { error: { type: 'https://e/zero', status: 500 } } } } ]
                    catch: { do: [ { note: { set: { failed: '${ $index }' } } } ] }
        "#,
        r#"
        start {"x":1}
        "#,
        expect![[r#"
            > start {"x":1}
              started
              taskStarted /do/0/all
              iterationStarted /do/0/all 0
              iterationStarted /do/0/all 1
              taskStarted /do/0/all/do/0/guarded[0]
              taskStarted /do/0/all/do/0/guarded[1]
              taskSkipped /do/0/all/do/0/guarded/try/0/odd[0]
              taskCompleted /do/0/all/do/0/guarded[0] -> {"x":1}
              iterationEnded /do/0/all[0]
              iterationStarted /do/0/all 2
              taskStarted /do/0/all/do/0/guarded/try/0/odd[1]
              taskFaulted /do/0/all/do/0/guarded/try/0/odd[1] ! https://e/zero 500 at /do/0/all/do/0/guarded/try/0/odd
              errorCaught /do/0/all/do/0/guarded[1] ! https://e/zero 500 at /do/0/all/do/0/guarded/try/0/odd
              taskStarted /do/0/all/do/0/guarded[2]
              taskStarted /do/0/all/do/0/guarded/catch/do/0/note[1]
              taskCompleted /do/0/all/do/0/guarded/catch/do/0/note[1] -> {"failed":1}
              taskCompleted /do/0/all/do/0/guarded[1] -> {"failed":1}
              iterationEnded /do/0/all[1]
              taskSkipped /do/0/all/do/0/guarded/try/0/odd[2]
              taskCompleted /do/0/all/do/0/guarded[2] -> {"x":1}
              iterationEnded /do/0/all[2]
              taskCompleted /do/0/all -> [{"x":1},{"failed":1},{"x":1}]
              completed -> [{"x":1},{"failed":1},{"x":1}]
            = completed [{"x":1},{"failed":1},{"x":1}]
        "#]],
    );
}

#[test]
fn a_fault_of_the_loop_can_be_caught_around_it() {
    check(
        r#"
        do:
          - guarded:
              try:
                - all:
                    metadata: { concurrency: 2 }
                    for: { in: '[1, 2, 3]' }
                    do: [ { bad: { if: '$item == 2', raise: { error: { type: 'https://e/two', status: 500 } } } } ]
              catch: { as: e, do: [ { note: { set: { at: '${ $e.instance }' } } } ] }
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/guarded
              taskStarted /do/0/guarded/try/0/all
              iterationStarted /do/0/guarded/try/0/all 0
              iterationStarted /do/0/guarded/try/0/all 1
              taskSkipped /do/0/guarded/try/0/all/do/0/bad[0]
              iterationEnded /do/0/guarded/try/0/all[0]
              iterationStarted /do/0/guarded/try/0/all 2
              taskStarted /do/0/guarded/try/0/all/do/0/bad[1]
              taskFaulted /do/0/guarded/try/0/all/do/0/bad[1] ! https://e/two 500 at /do/0/guarded/try/0/all/do/0/bad
              interrupted /do/0/guarded/try/0/all to fault due +5000
              iterationEnded /do/0/guarded/try/0/all[2] cancelled
              iterationEnded /do/0/guarded/try/0/all[1] cancelled
              taskFaulted /do/0/guarded/try/0/all ! https://e/two 500 at /do/0/guarded/try/0/all/do/0/bad
              errorCaught /do/0/guarded ! https://e/two 500 at /do/0/guarded/try/0/all/do/0/bad
              taskStarted /do/0/guarded/catch/do/0/note
              taskCompleted /do/0/guarded/catch/do/0/note -> {"at":"/do/0/guarded/try/0/all/do/0/bad"}
              taskCompleted /do/0/guarded -> {"at":"/do/0/guarded/try/0/all/do/0/bad"}
              completed -> {"at":"/do/0/guarded/try/0/all/do/0/bad"}
            = completed {"at":"/do/0/guarded/try/0/all/do/0/bad"}
        "#]],
    );
}

#[test]
fn exit_ends_only_its_own_iteration() {
    check(
        r#"
        do:
          - all:
              metadata: { concurrency: 2 }
              for: { in: '[1, 2]' }
              do: [ { a: { if: '$item == 1', set: { early: true }, then: exit } }, { b: { set: { late: true } } } ]
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/all
              iterationStarted /do/0/all 0
              iterationStarted /do/0/all 1
              taskStarted /do/0/all/do/0/a[0]
              taskCompleted /do/0/all/do/0/a[0] -> {"early":true}
              iterationEnded /do/0/all[0]
              taskSkipped /do/0/all/do/0/a[1]
              taskStarted /do/0/all/do/1/b[1]
              taskCompleted /do/0/all/do/1/b[1] -> {"late":true}
              iterationEnded /do/0/all[1]
              taskCompleted /do/0/all -> [{"early":true},{"late":true}]
              completed -> [{"early":true},{"late":true}]
            = completed [{"early":true},{"late":true}]
        "#]],
    );
}

#[test]
fn end_ends_the_other_iterations_and_the_workflow() {
    check(
        r#"
        do:
          - all:
              metadata: { concurrency: 3 }
              for: { in: '[1, 2, 3]' }
              do: [ { nap: { wait: '${ {seconds: $item} }' } }, { stop: { set: { by: '${ $item }' }, then: end } } ]
          - never: { set: { x: 1 } }
        "#,
        r#"
        start {}
        fire
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/all
              iterationStarted /do/0/all 0
              iterationStarted /do/0/all 1
              iterationStarted /do/0/all 2
              taskStarted /do/0/all/do/0/nap[0] due +1000
              taskStarted /do/0/all/do/0/nap[1] due +2000
              taskStarted /do/0/all/do/0/nap[2] due +3000
            > fire
              taskCompleted /do/0/all/do/0/nap[0] -> {}
              taskStarted /do/0/all/do/1/stop[0]
              taskCompleted /do/0/all/do/1/stop[0] -> {"by":1}
              iterationEnded /do/0/all[0]
              interrupted /do/0/all to complete due +6000
              taskCancelled /do/0/all/do/0/nap[2]
              taskCancelled /do/0/all/do/0/nap[1]
              iterationEnded /do/0/all[2] cancelled
              iterationEnded /do/0/all[1] cancelled
              taskCompleted /do/0/all -> {"by":1}
              completed -> {"by":1}
            = completed {"by":1}
        "#]],
    );
}

#[test]
fn while_is_asked_before_each_iteration_and_closes_the_loop_for_good() {
    check(
        r#"
        do:
          - all:
              metadata: { concurrency: 2 }
              for: { in: '[1, 2, 3, 4, 5]' }
              while: '$item < 4 and .go'
              do: [ { nap: { wait: '${ {seconds: $item} }' } }, { v: { set: '${ $item }' } } ]
        "#,
        r#"
        start {"go":true}
        fire
        fire
        fire
        "#,
        expect![[r#"
            > start {"go":true}
              started
              taskStarted /do/0/all
              iterationStarted /do/0/all 0
              iterationStarted /do/0/all 1
              taskStarted /do/0/all/do/0/nap[0] due +1000
              taskStarted /do/0/all/do/0/nap[1] due +2000
            > fire
              taskCompleted /do/0/all/do/0/nap[0] -> {"go":true}
              taskStarted /do/0/all/do/1/v[0]
              taskCompleted /do/0/all/do/1/v[0] -> 1
              iterationEnded /do/0/all[0]
              iterationStarted /do/0/all 2
              taskStarted /do/0/all/do/0/nap[2] due +4000
            > fire
              taskCompleted /do/0/all/do/0/nap[1] -> {"go":true}
              taskStarted /do/0/all/do/1/v[1]
              taskCompleted /do/0/all/do/1/v[1] -> 2
              iterationEnded /do/0/all[1]
              loopClosed /do/0/all
            > fire
              taskCompleted /do/0/all/do/0/nap[2] -> {"go":true}
              taskStarted /do/0/all/do/1/v[2]
              taskCompleted /do/0/all/do/1/v[2] -> 3
              iterationEnded /do/0/all[2]
              taskCompleted /do/0/all -> [1,2,3]
              completed -> [1,2,3]
            = completed [1,2,3]
        "#]],
    );
}

#[test]
fn a_while_that_breaks_ends_what_runs_and_faults() {
    check(
        r#"
        do:
          - all:
              metadata: { concurrency: 2 }
              for: { in: '[1, "x"]' }
              while: '($item | if type == "string" then error("no") else true end)'
              do: [ { nap: { wait: PT1S } } ]
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/all
              iterationStarted /do/0/all 0
              interrupted /do/0/all to fault due +5000
              iterationEnded /do/0/all[0] cancelled
              taskFaulted /do/0/all ! expression 400 at /do/0/all: `for.while`: no
              faulted ! expression 400 at /do/0/all: `for.while`: no
            = faulted expression 400 at /do/0/all: `for.while`: no
        "#]],
    );
}

#[test]
fn iterations_share_one_context() {
    check(
        r#"
        do:
          - first: { set: { x: 1 }, export: { as: '{ seen: [] }' } }
          - all:
              metadata: { concurrency: 3 }
              for: { in: '[3, 1, 2]' }
              do: [ { nap: { wait: '${ {seconds: $item} }' } }, { v: { set: '${ $item }', export: { as: '{ seen: ($context.seen + [.]) }' } } } ]
          - last: { set: '${ $context }' }
        "#,
        r#"
        start {}
        fire
        fire
        fire
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/first
              taskCompleted /do/0/first -> {"x":1} context {"seen":[]}
              taskStarted /do/1/all
              iterationStarted /do/1/all 0
              iterationStarted /do/1/all 1
              iterationStarted /do/1/all 2
              taskStarted /do/1/all/do/0/nap[0] due +3000
              taskStarted /do/1/all/do/0/nap[1] due +1000
              taskStarted /do/1/all/do/0/nap[2] due +2000
            > fire
              taskCompleted /do/1/all/do/0/nap[1] -> {"x":1}
              taskStarted /do/1/all/do/1/v[1]
              taskCompleted /do/1/all/do/1/v[1] -> 1 context {"seen":[1]}
              iterationEnded /do/1/all[1]
            > fire
              taskCompleted /do/1/all/do/0/nap[2] -> {"x":1}
              taskStarted /do/1/all/do/1/v[2]
              taskCompleted /do/1/all/do/1/v[2] -> 2 context {"seen":[1,2]}
              iterationEnded /do/1/all[2]
            > fire
              taskCompleted /do/1/all/do/0/nap[0] -> {"x":1}
              taskStarted /do/1/all/do/1/v[0]
              taskCompleted /do/1/all/do/1/v[0] -> 3 context {"seen":[1,2,3]}
              iterationEnded /do/1/all[0]
              taskCompleted /do/1/all -> [3,1,2]
              taskStarted /do/2/last
              taskCompleted /do/2/last -> {"seen":[1,2,3]}
              completed -> {"seen":[1,2,3]}
            = completed {"seen":[1,2,3]}
        "#]],
    );
}

#[test]
fn loops_side_by_side_nest() {
    check(
        r#"
        do:
          - outer:
              metadata: { concurrency: 2 }
              for: { each: a, in: '[1, 2]', at: i }
              do:
                - inner:
                    metadata: { concurrency: 2 }
                    for: { each: b, in: '[10, 20]', at: j }
                    do: [ { sum: { set: '${ [$a + $b, $i, $j] }' } } ]
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/outer
              iterationStarted /do/0/outer 0
              iterationStarted /do/0/outer 1
              taskStarted /do/0/outer/do/0/inner[0]
              iterationStarted /do/0/outer/do/0/inner[0] 0
              iterationStarted /do/0/outer/do/0/inner[0] 1
              taskStarted /do/0/outer/do/0/inner[1]
              iterationStarted /do/0/outer/do/0/inner[1] 0
              iterationStarted /do/0/outer/do/0/inner[1] 1
              taskStarted /do/0/outer/do/0/inner/do/0/sum[0/0]
              taskCompleted /do/0/outer/do/0/inner/do/0/sum[0/0] -> [11,0,0]
              iterationEnded /do/0/outer/do/0/inner[0/0]
              taskStarted /do/0/outer/do/0/inner/do/0/sum[0/1]
              taskCompleted /do/0/outer/do/0/inner/do/0/sum[0/1] -> [21,0,1]
              iterationEnded /do/0/outer/do/0/inner[0/1]
              taskCompleted /do/0/outer/do/0/inner[0] -> [[11,0,0],[21,0,1]]
              iterationEnded /do/0/outer[0]
              taskStarted /do/0/outer/do/0/inner/do/0/sum[1/0]
              taskCompleted /do/0/outer/do/0/inner/do/0/sum[1/0] -> [12,1,0]
              iterationEnded /do/0/outer/do/0/inner[1/0]
              taskStarted /do/0/outer/do/0/inner/do/0/sum[1/1]
              taskCompleted /do/0/outer/do/0/inner/do/0/sum[1/1] -> [22,1,1]
              iterationEnded /do/0/outer/do/0/inner[1/1]
              taskCompleted /do/0/outer/do/0/inner[1] -> [[12,1,0],[22,1,1]]
              iterationEnded /do/0/outer[1]
              taskCompleted /do/0/outer -> [[[11,0,0],[21,0,1]],[[12,1,0],[22,1,1]]]
              completed -> [[[11,0,0],[21,0,1]],[[12,1,0],[22,1,1]]]
            = completed [[[11,0,0],[21,0,1]],[[12,1,0],[22,1,1]]]
        "#]],
    );
}

#[test]
fn a_loop_in_order_inside_of_one_side_by_side_keeps_its_own_order() {
    check(
        r#"
        do:
          - outer:
              metadata: { concurrency: 2 }
              for: { each: a, in: '[1, 2]' }
              do: [ { inner: { for: { each: b, in: '[10, 20]', at: j }, do: [ { sum: { set: '${ [.[]?, $a * $b] }' } } ] } } ]
        "#,
        r#"
        start []
        "#,
        expect![[r#"
            > start []
              started
              taskStarted /do/0/outer
              iterationStarted /do/0/outer 0
              iterationStarted /do/0/outer 1
              taskStarted /do/0/outer/do/0/inner[0]
              iterationStarted /do/0/outer/do/0/inner[0] 0
              taskStarted /do/0/outer/do/0/inner[1]
              iterationStarted /do/0/outer/do/0/inner[1] 0
              taskStarted /do/0/outer/do/0/inner/do/0/sum[0/0]
              taskCompleted /do/0/outer/do/0/inner/do/0/sum[0/0] -> [10]
              iterationStarted /do/0/outer/do/0/inner[0] 1
              taskStarted /do/0/outer/do/0/inner/do/0/sum[1/0]
              taskCompleted /do/0/outer/do/0/inner/do/0/sum[1/0] -> [20]
              iterationStarted /do/0/outer/do/0/inner[1] 1
              taskStarted /do/0/outer/do/0/inner/do/0/sum[0/1]
              taskCompleted /do/0/outer/do/0/inner/do/0/sum[0/1] -> [10,20]
              taskCompleted /do/0/outer/do/0/inner[0] -> [10,20]
              iterationEnded /do/0/outer[0]
              taskStarted /do/0/outer/do/0/inner/do/0/sum[1/1]
              taskCompleted /do/0/outer/do/0/inner/do/0/sum[1/1] -> [20,40]
              taskCompleted /do/0/outer/do/0/inner[1] -> [20,40]
              iterationEnded /do/0/outer[1]
              taskCompleted /do/0/outer -> [[10,20],[20,40]]
              completed -> [[10,20],[20,40]]
            = completed [[10,20],[20,40]]
        "#]],
    );
}

#[test]
fn a_round_inside_of_an_iteration_belongs_to_that_iteration() {
    check(
        r#"
        do:
          - all:
              metadata: { concurrency: 2 }
              for: { in: '[1, 2]' }
              do:
                - grow: { set: '${ . + $item }' }
                - again: { switch: [ { small: { when: '. < 3', then: grow } } ] }
        "#,
        r#"
        start 0
        "#,
        expect![[r#"
            > start 0
              started
              taskStarted /do/0/all
              iterationStarted /do/0/all 0
              iterationStarted /do/0/all 1
              taskStarted /do/0/all/do/0/grow[0]
              taskCompleted /do/0/all/do/0/grow[0] -> 1
              taskStarted /do/0/all/do/0/grow[1]
              taskCompleted /do/0/all/do/0/grow[1] -> 2
              taskStarted /do/0/all/do/1/again[0]
              taskCompleted /do/0/all/do/1/again[0] -> 1
              taskStarted /do/0/all/do/1/again[1]
              taskCompleted /do/0/all/do/1/again[1] -> 2
              taskStarted /do/0/all/do/0/grow[0/r1@4]
              taskCompleted /do/0/all/do/0/grow[0/r1@4] -> 2
              taskStarted /do/0/all/do/0/grow[1/r1@4]
              taskCompleted /do/0/all/do/0/grow[1/r1@4] -> 4
              taskStarted /do/0/all/do/1/again[0/r1@4]
              taskCompleted /do/0/all/do/1/again[0/r1@4] -> 2
              taskStarted /do/0/all/do/1/again[1/r1@4]
              taskCompleted /do/0/all/do/1/again[1/r1@4] -> 4
              iterationEnded /do/0/all[1]
              taskStarted /do/0/all/do/0/grow[0/r2@4]
              taskCompleted /do/0/all/do/0/grow[0/r2@4] -> 3
              taskStarted /do/0/all/do/1/again[0/r2@4]
              taskCompleted /do/0/all/do/1/again[0/r2@4] -> 3
              iterationEnded /do/0/all[0]
              taskCompleted /do/0/all -> [3,4]
              completed -> [3,4]
            = completed [3,4]
        "#]],
    );
}

#[test]
fn a_timeout_of_the_loop_ends_every_iteration() {
    check(
        r#"
        do:
          - all:
              timeout: { after: PT2S }
              metadata: { concurrency: 2 }
              for: { in: '[1, 3, 5]' }
              do: [ { nap: { wait: '${ {seconds: $item} }' } } ]
        "#,
        r#"
        start {}
        fire
        fire timeout
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/all due +2000
              iterationStarted /do/0/all 0
              iterationStarted /do/0/all 1
              taskStarted /do/0/all/do/0/nap[0] due +1000
              taskStarted /do/0/all/do/0/nap[1] due +3000
            > fire
              taskCompleted /do/0/all/do/0/nap[0] -> {}
              iterationEnded /do/0/all[0]
              iterationStarted /do/0/all 2
              taskStarted /do/0/all/do/0/nap[2] due +6000
            > fire timeout
              interrupted /do/0/all to fault
              taskCancelled /do/0/all/do/0/nap[2]
              iterationEnded /do/0/all[2] cancelled
              taskCancelled /do/0/all/do/0/nap[1]
              iterationEnded /do/0/all[1] cancelled
              taskFaulted /do/0/all ! timeout 408 at /do/0/all: the task took longer than its `timeout`
              faulted ! timeout 408 at /do/0/all: the task took longer than its `timeout`
            = faulted timeout 408 at /do/0/all: the task took longer than its `timeout`
        "#]],
    );
}

#[test]
fn a_retry_of_the_loop_begins_all_iterations_anew() {
    check(
        r#"
        do:
          - guarded:
              try:
                - all:
                    metadata: { concurrency: 2 }
                    for: { in: '[1, 2]' }
                    do: [ { c: { call: http, with: { method: get, endpoint: 'http://s/{item}' } } } ]
              catch: { retry: { limit: { attempt: { count: 1 } } } }
        "#,
        r#"
        start {}
        answer /do/0/guarded/try/0/all/do/0/c[0] 200 1
        answer /do/0/guarded/try/0/all/do/0/c[1] 500 {}
        answer /do/0/guarded/try/0/all/do/0/c[1] 200 2
        answer /do/0/guarded/try/0/all/do/0/c[0] 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/guarded
              taskStarted /do/0/guarded/try/0/all
              iterationStarted /do/0/guarded/try/0/all 0
              iterationStarted /do/0/guarded/try/0/all 1
              taskStarted /do/0/guarded/try/0/all/do/0/c[0]
              attemptStarted /do/0/guarded/try/0/all/do/0/c[0]#1
              taskStarted /do/0/guarded/try/0/all/do/0/c[1]
              attemptStarted /do/0/guarded/try/0/all/do/0/c[1]#1
            > answer /do/0/guarded/try/0/all/do/0/c[0] 200 1
              taskCompleted /do/0/guarded/try/0/all/do/0/c[0]#1 -> 1
              iterationEnded /do/0/guarded/try/0/all[0]
            > answer /do/0/guarded/try/0/all/do/0/c[1] 500 {}
              taskFaulted /do/0/guarded/try/0/all/do/0/c[1]#1 ! communication 500 at /do/0/guarded/try/0/all/do/0/c: GET http://s/ was answered with status 500: {}
              interrupted /do/0/guarded/try/0/all to fault due +5000
              iterationEnded /do/0/guarded/try/0/all[1] cancelled
              taskFaulted /do/0/guarded/try/0/all ! communication 500 at /do/0/guarded/try/0/all/do/0/c: GET http://s/ was answered with status 500: {}
              taskRetried /do/0/guarded retry 1 ! communication 500 at /do/0/guarded/try/0/all/do/0/c: GET http://s/ was answered with status 500: {} due +0
              tryStarted /do/0/guarded
              taskStarted /do/0/guarded/try/0/all
              iterationStarted /do/0/guarded/try/0/all 0
              iterationStarted /do/0/guarded/try/0/all 1
              taskStarted /do/0/guarded/try/0/all/do/0/c[0]
              attemptStarted /do/0/guarded/try/0/all/do/0/c[0]#2
              taskStarted /do/0/guarded/try/0/all/do/0/c[1]
              attemptStarted /do/0/guarded/try/0/all/do/0/c[1]#2
            > answer /do/0/guarded/try/0/all/do/0/c[1] 200 2
              taskCompleted /do/0/guarded/try/0/all/do/0/c[1]#2 -> 2
              iterationEnded /do/0/guarded/try/0/all[1]
            > answer /do/0/guarded/try/0/all/do/0/c[0] 200 1
              taskCompleted /do/0/guarded/try/0/all/do/0/c[0]#2 -> 1
              iterationEnded /do/0/guarded/try/0/all[0]
              taskCompleted /do/0/guarded/try/0/all -> [1,2]
              taskCompleted /do/0/guarded -> [1,2]
              completed -> [1,2]
            = completed [1,2]
        "#]],
    );
}

#[test]
fn iterations_are_undone_from_the_last_to_the_first_each_in_reverse() {
    check(
        r#"
        do:
          - all:
              metadata: { concurrency: 2 }
              for: { each: n, in: '[2, 1]' }
              do:
                - nap: { wait: '${ {seconds: $n} }' }
                - a: { set: { a: '${ $n }' }, metadata: { compensate: { do: [ { u: { set: { undone: '${ [$n, $index, $output.a] }' } } } ] } } }
                - b: { set: { b: '${ $n }' }, metadata: { compensate: { do: [ { u: { set: { undone: '${ [$n, $index, $output.b] }' } } } ] } } }
          - bad: { raise: { error: { type: 'https://e/x', status: 500 } } }
        "#,
        r#"
        start {}
        fire
        fire
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/all
              iterationStarted /do/0/all 0
              iterationStarted /do/0/all 1
              taskStarted /do/0/all/do/0/nap[0] due +2000
              taskStarted /do/0/all/do/0/nap[1] due +1000
            > fire
              taskCompleted /do/0/all/do/0/nap[1] -> {}
              taskStarted /do/0/all/do/1/a[1]
              taskCompleted /do/0/all/do/1/a[1] -> {"a":1}
              taskStarted /do/0/all/do/2/b[1]
              taskCompleted /do/0/all/do/2/b[1] -> {"b":1}
              iterationEnded /do/0/all[1]
            > fire
              taskCompleted /do/0/all/do/0/nap[0] -> {}
              taskStarted /do/0/all/do/1/a[0]
              taskCompleted /do/0/all/do/1/a[0] -> {"a":2}
              taskStarted /do/0/all/do/2/b[0]
              taskCompleted /do/0/all/do/2/b[0] -> {"b":2}
              iterationEnded /do/0/all[0]
              taskCompleted /do/0/all -> [{"b":2},{"b":1}]
              taskStarted /do/1/bad
              taskFaulted /do/1/bad ! https://e/x 500 at /do/1/bad
              compensationStarted ! https://e/x 500 at /do/1/bad
              undoStarted /do/0/all/do/2/b[1]
              taskStarted /do/0/all/do/2/b/metadata/compensate/do/0/u[1]
              taskCompleted /do/0/all/do/2/b/metadata/compensate/do/0/u[1] -> {"undone":[1,1,1]}
              undoCompleted /do/0/all/do/2/b[1]
              undoStarted /do/0/all/do/1/a[1]
              taskStarted /do/0/all/do/1/a/metadata/compensate/do/0/u[1]
              taskCompleted /do/0/all/do/1/a/metadata/compensate/do/0/u[1] -> {"undone":[1,1,1]}
              undoCompleted /do/0/all/do/1/a[1]
              undoStarted /do/0/all/do/2/b[0]
              taskStarted /do/0/all/do/2/b/metadata/compensate/do/0/u[0]
              taskCompleted /do/0/all/do/2/b/metadata/compensate/do/0/u[0] -> {"undone":[2,0,2]}
              undoCompleted /do/0/all/do/2/b[0]
              undoStarted /do/0/all/do/1/a[0]
              taskStarted /do/0/all/do/1/a/metadata/compensate/do/0/u[0]
              taskCompleted /do/0/all/do/1/a/metadata/compensate/do/0/u[0] -> {"undone":[2,0,2]}
              undoCompleted /do/0/all/do/1/a[0]
              compensationCompleted
              faulted ! https://e/x 500 at /do/1/bad
            = faulted, compensation completed https://e/x 500 at /do/1/bad
              undo /do/0/all/do/2/b[1] completed
              undo /do/0/all/do/1/a[1] completed
              undo /do/0/all/do/2/b[0] completed
              undo /do/0/all/do/1/a[0] completed
        "#]],
    );
}

#[test]
fn iterations_that_were_broken_off_are_undone_too() {
    check(
        r#"
        do:
          - all:
              metadata: { concurrency: 3 }
              for: { in: '[1, 2, 3]' }
              do:
                - a: { set: { a: '${ $item }' }, metadata: { compensate: { do: [ { u: { set: { x: '${ $item }' } } } ] } } }
                - c: { call: http, with: { method: get, endpoint: 'http://s/{item}' } }
        "#,
        r#"
        start {}
        answer /do/0/all/do/1/c[0] 200 1
        answer /do/0/all/do/1/c[2] 500 {}
        answer /do/0/all/do/1/c[1] 500 {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/all
              iterationStarted /do/0/all 0
              iterationStarted /do/0/all 1
              iterationStarted /do/0/all 2
              taskStarted /do/0/all/do/0/a[0]
              taskCompleted /do/0/all/do/0/a[0] -> {"a":1}
              taskStarted /do/0/all/do/0/a[1]
              taskCompleted /do/0/all/do/0/a[1] -> {"a":2}
              taskStarted /do/0/all/do/0/a[2]
              taskCompleted /do/0/all/do/0/a[2] -> {"a":3}
              taskStarted /do/0/all/do/1/c[0]
              attemptStarted /do/0/all/do/1/c[0]#1
              taskStarted /do/0/all/do/1/c[1]
              attemptStarted /do/0/all/do/1/c[1]#1
              taskStarted /do/0/all/do/1/c[2]
              attemptStarted /do/0/all/do/1/c[2]#1
            > answer /do/0/all/do/1/c[0] 200 1
              taskCompleted /do/0/all/do/1/c[0]#1 -> 1
              iterationEnded /do/0/all[0]
            > answer /do/0/all/do/1/c[2] 500 {}
              taskFaulted /do/0/all/do/1/c[2]#1 ! communication 500 at /do/0/all/do/1/c: GET http://s/ was answered with status 500: {}
              interrupted /do/0/all to fault due +5000
              iterationEnded /do/0/all[2] cancelled
            > answer /do/0/all/do/1/c[1] 500 {}
              taskCancelled /do/0/all/do/1/c[1]
              iterationEnded /do/0/all[1] cancelled
              taskFaulted /do/0/all ! communication 500 at /do/0/all/do/1/c: GET http://s/ was answered with status 500: {}
              compensationStarted ! communication 500 at /do/0/all/do/1/c: GET http://s/ was answered with status 500: {}
              undoStarted /do/0/all/do/0/a[2]
              taskStarted /do/0/all/do/0/a/metadata/compensate/do/0/u[2]
              taskCompleted /do/0/all/do/0/a/metadata/compensate/do/0/u[2] -> {"x":3}
              undoCompleted /do/0/all/do/0/a[2]
              undoStarted /do/0/all/do/0/a[1]
              taskStarted /do/0/all/do/0/a/metadata/compensate/do/0/u[1]
              taskCompleted /do/0/all/do/0/a/metadata/compensate/do/0/u[1] -> {"x":2}
              undoCompleted /do/0/all/do/0/a[1]
              undoStarted /do/0/all/do/0/a[0]
              taskStarted /do/0/all/do/0/a/metadata/compensate/do/0/u[0]
              taskCompleted /do/0/all/do/0/a/metadata/compensate/do/0/u[0] -> {"x":1}
              undoCompleted /do/0/all/do/0/a[0]
              compensationCompleted
              faulted ! communication 500 at /do/0/all/do/1/c: GET http://s/ was answered with status 500: {}
            = faulted, compensation completed communication 500 at /do/0/all/do/1/c: GET http://s/ was answered with status 500: {}
              undo /do/0/all/do/0/a[2] completed
              undo /do/0/all/do/0/a[1] completed
              undo /do/0/all/do/0/a[0] completed
        "#]],
    );
}

#[test]
fn a_compensation_of_the_loop_replaces_those_inside_once_it_completed() {
    check(
        r#"
        do:
          - all:
              metadata: { concurrency: 2, compensate: { do: [ { u: { set: { sum: '${ $output | add }' } } } ] } }
              for: { in: '[1, 2]' }
              do: [ { a: { set: '${ $item }', metadata: { compensate: { do: [ { u: { set: { x: 1 } } } ] } } } } ]
          - bad: { raise: { error: { type: 'https://e/x', status: 500 } } }
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/all
              iterationStarted /do/0/all 0
              iterationStarted /do/0/all 1
              taskStarted /do/0/all/do/0/a[0]
              taskCompleted /do/0/all/do/0/a[0] -> 1
              iterationEnded /do/0/all[0]
              taskStarted /do/0/all/do/0/a[1]
              taskCompleted /do/0/all/do/0/a[1] -> 2
              iterationEnded /do/0/all[1]
              taskCompleted /do/0/all -> [1,2]
              taskStarted /do/1/bad
              taskFaulted /do/1/bad ! https://e/x 500 at /do/1/bad
              compensationStarted ! https://e/x 500 at /do/1/bad
              undoStarted /do/0/all
              taskStarted /do/0/all/metadata/compensate/do/0/u
              taskCompleted /do/0/all/metadata/compensate/do/0/u -> {"sum":3}
              undoCompleted /do/0/all
              compensationCompleted
              faulted ! https://e/x 500 at /do/1/bad
            = faulted, compensation completed https://e/x 500 at /do/1/bad
              undo /do/0/all completed
        "#]],
    );
}

#[test]
fn a_sibling_is_unwound_within_its_own_iteration() {
    check(
        r#"
        do:
          - all:
              metadata: { concurrency: 2 }
              for: { in: '[1, 2]' }
              do:
                - a: { set: '${ $item }', metadata: { compensate: { do: [ { u: { set: { x: '${ $item }' } } } ] } } }
                - back: { if: '$item == 2', call: compensate, with: { scope: a } }
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/all
              iterationStarted /do/0/all 0
              iterationStarted /do/0/all 1
              taskStarted /do/0/all/do/0/a[0]
              taskCompleted /do/0/all/do/0/a[0] -> 1
              taskStarted /do/0/all/do/0/a[1]
              taskCompleted /do/0/all/do/0/a[1] -> 2
              taskSkipped /do/0/all/do/1/back[0]
              iterationEnded /do/0/all[0]
              taskStarted /do/0/all/do/1/back[1]
              compensationStarted /do/0/all/do/1/back[1]
              undoStarted /do/0/all/do/0/a[1]
              taskStarted /do/0/all/do/0/a/metadata/compensate/do/0/u[1]
              taskCompleted /do/0/all/do/0/a/metadata/compensate/do/0/u[1] -> {"x":2}
              undoCompleted /do/0/all/do/0/a[1]
              compensationCompleted /do/0/all/do/1/back[1]
              taskCompleted /do/0/all/do/1/back[1] -> 2
              iterationEnded /do/0/all[1]
              taskCompleted /do/0/all -> [1,2]
              completed -> [1,2]
            = completed [1,2]
        "#]],
    );
}

#[test]
fn a_cancel_ends_every_iteration() {
    check(
        r#"
        do:
          - all:
              metadata: { concurrency: 2 }
              for: { in: '[1, 2, 3]' }
              do: [ { nap: { wait: PT1M } } ]
        "#,
        r#"
        start {}
        cancel
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/all
              iterationStarted /do/0/all 0
              iterationStarted /do/0/all 1
              taskStarted /do/0/all/do/0/nap[0] due +60000
              taskStarted /do/0/all/do/0/nap[1] due +60000
            > cancel
              cancelRequested
              interrupted to cancel due +5000
              taskCancelled /do/0/all/do/0/nap[1]
              taskCancelled /do/0/all/do/0/nap[0]
              iterationEnded /do/0/all[1] cancelled
              iterationEnded /do/0/all[0] cancelled
              taskCancelled /do/0/all
              cancelled
            = cancelled
        "#]],
    );
}

#[test]
fn for_takes_items_written_in_the_definition() {
    check(
        r#"
        do:
          - all:
              for: { each: server, in: [ { name: a, size: 1 }, { name: b, size: '${ .size }' } ] }
              do: [ { note: { set: { size: '${ .size }', last: '${ $server }' } } } ]
        "#,
        r#"
        start {"size":7}
        "#,
        expect![[r#"
            > start {"size":7}
              started
              taskStarted /do/0/all
              iterationStarted /do/0/all 0
              taskStarted /do/0/all/do/0/note[0]
              taskCompleted /do/0/all/do/0/note[0] -> {"size":7,"last":{"name":"a","size":1}}
              iterationStarted /do/0/all 1
              taskStarted /do/0/all/do/0/note[1]
              taskCompleted /do/0/all/do/0/note[1] -> {"size":7,"last":{"name":"b","size":7}}
              taskCompleted /do/0/all -> {"size":7,"last":{"name":"b","size":7}}
              completed -> {"size":7,"last":{"name":"b","size":7}}
            = completed {"size":7,"last":{"name":"b","size":7}}
        "#]],
    );
}

/// The instructions that a loop takes must not grow with the items that have ended: the same for the thousandth.
#[test]
fn a_loop_of_ten_thousand_items_keeps_no_more_open_than_its_concurrency() {
    let mut run = Run::new(
        r"
        do:
          - all:
              metadata: { concurrency: 3 }
              for: { in: '[range(10000)]' }
              do: [ { a: { set: '${ $item }' } }, { b: { set: '${ . + 1 }' } } ]
          - nap: { wait: PT1S }
        ",
    );
    run.line("start {}");
    // A start, a task and its two iterations each with two tasks, and what they end with.
    assert_eq!(run.history().len(), 1 + 2 + 10_000 * 6 + 1);
    assert_eq!(run.execution().status().to_string(), "waiting");
    assert_eq!(run.execution().open_effects().len(), 1);
}
