//! `then` in every place that has one, and what a skipped task does with it (definition-format §1.4).
//!
//! Size: the expected facts of every case stand in the file.

use expect_test::expect;
use tenure_engine::execution::testing::check;

#[test]
fn a_skipped_task_goes_on_with_the_next_whatever_its_then_says() {
    check(
        r#"
        do:
          - stop: { if: .done, set: { x: 1 }, then: end }
          - jump: { if: .done, set: { x: 1 }, then: last }
          - leave: { if: .done, set: { x: 1 }, then: exit }
          - middle: { set: { y: 1 } }
          - last: { set: { z: '${ .y }' } }
        "#,
        r#"
        start {"done":false}
        "#,
        expect![[r#"
            > start {"done":false}
              started
              taskSkipped /do/0/stop
              taskSkipped /do/1/jump
              taskSkipped /do/2/leave
              taskStarted /do/3/middle
              taskCompleted /do/3/middle -> {"y":1}
              taskStarted /do/4/last
              taskCompleted /do/4/last -> {"z":1}
              completed -> {"z":1}
            = completed {"z":1}
        "#]],
    );
}

#[test]
fn a_skipped_task_passes_its_raw_input_and_exports_nothing() {
    check(
        r#"
        do:
          - a: { if: 'false', input: { from: .x }, set: { y: 1 }, output: { as: .y }, export: { as: . } }
          - b: { set: '${ [., $context] }' }
        "#,
        r#"
        start {"x":1}
        "#,
        expect![[r#"
            > start {"x":1}
              started
              taskSkipped /do/0/a
              taskStarted /do/1/b
              taskCompleted /do/1/b -> [{"x":1},{}]
              completed -> [{"x":1},{}]
            = completed [{"x":1},{}]
        "#]],
    );
}

#[test]
fn catch_then_overrides_the_trys_own() {
    check(
        r#"
        do:
          - t: { try: [ { bad: { raise: { error: { type: 'https://e/x', status: 500 } } } } ], catch: { then: c }, then: b }
          - b: { set: { b: true } }
          - c: { set: { c: true } }
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/bad
              taskFaulted /do/0/t/try/0/bad ! https://e/x 500 at /do/0/t/try/0/bad
              errorCaught /do/0/t ! https://e/x 500 at /do/0/t/try/0/bad
              taskCompleted /do/0/t -> {}
              taskStarted /do/2/c
              taskCompleted /do/2/c -> {"c":true}
              completed -> {"c":true}
            = completed {"c":true}
        "#]],
    );
}

#[test]
fn a_try_without_an_error_goes_where_its_own_then_says() {
    check(
        r#"
        do:
          - t: { try: [ { good: { set: { x: 1 } } } ], catch: { then: c }, then: d }
          - c: { set: { c: true } }
          - d: { set: { d: '${ .x }' } }
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/good
              taskCompleted /do/0/t/try/0/good -> {"x":1}
              taskCompleted /do/0/t -> {"x":1}
              taskStarted /do/2/d
              taskCompleted /do/2/d -> {"d":1}
              completed -> {"d":1}
            = completed {"d":1}
        "#]],
    );
}

#[test]
fn catch_then_end_ends_the_workflow() {
    check(
        r#"
        do:
          - t: { try: [ { bad: { raise: { error: { type: 'https://e/x', status: 500 } } } } ], catch: { do: [ { note: { set: { x: 1 } } } ], then: end } }
          - never: { set: { y: 1 } }
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/bad
              taskFaulted /do/0/t/try/0/bad ! https://e/x 500 at /do/0/t/try/0/bad
              errorCaught /do/0/t ! https://e/x 500 at /do/0/t/try/0/bad
              taskStarted /do/0/t/catch/do/0/note
              taskCompleted /do/0/t/catch/do/0/note -> {"x":1}
              taskCompleted /do/0/t -> {"x":1}
              completed -> {"x":1}
            = completed {"x":1}
        "#]],
    );
}

#[test]
fn catch_then_exit_leaves_the_list_around_the_try() {
    check(
        r#"
        do:
          - d:
              do:
                - t: { try: [ { bad: { raise: { error: { type: 'https://e/x', status: 500 } } } } ], catch: { then: exit } }
                - never: { set: { y: 1 } }
          - after: { set: { z: 1 } }
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/d
              taskStarted /do/0/d/do/0/t
              taskStarted /do/0/d/do/0/t/try/0/bad
              taskFaulted /do/0/d/do/0/t/try/0/bad ! https://e/x 500 at /do/0/d/do/0/t/try/0/bad
              errorCaught /do/0/d/do/0/t ! https://e/x 500 at /do/0/d/do/0/t/try/0/bad
              taskCompleted /do/0/d/do/0/t -> {}
              taskCompleted /do/0/d -> {}
              taskStarted /do/1/after
              taskCompleted /do/1/after -> {"z":1}
              completed -> {"z":1}
            = completed {"z":1}
        "#]],
    );
}

#[test]
fn end_in_a_catch_counts_before_catch_then() {
    check(
        r#"
        do:
          - t:
              try: [ { bad: { raise: { error: { type: 'https://e/x', status: 500 } } } } ]
              catch: { do: [ { note: { set: { x: 1 }, then: end } } ], then: other }
          - next: { set: { y: 1 } }
          - other: { set: { z: 1 } }
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/bad
              taskFaulted /do/0/t/try/0/bad ! https://e/x 500 at /do/0/t/try/0/bad
              errorCaught /do/0/t ! https://e/x 500 at /do/0/t/try/0/bad
              taskStarted /do/0/t/catch/do/0/note
              taskCompleted /do/0/t/catch/do/0/note -> {"x":1}
              taskCompleted /do/0/t -> {"x":1}
              completed -> {"x":1}
            = completed {"x":1}
        "#]],
    );
}

#[test]
fn exit_in_a_try_ends_the_tried_list_and_catches_nothing() {
    check(
        r#"
        do:
          - t:
              try: [ { a: { set: { x: 1 }, then: exit } }, { bad: { raise: { error: { type: 'https://e/x', status: 500 } } } } ]
              catch: { do: [ { never: { set: { y: 1 } } } ] }
          - after: { set: { z: '${ .x }' } }
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/a
              taskCompleted /do/0/t/try/0/a -> {"x":1}
              taskCompleted /do/0/t -> {"x":1}
              taskStarted /do/1/after
              taskCompleted /do/1/after -> {"z":1}
              completed -> {"z":1}
            = completed {"z":1}
        "#]],
    );
}

#[test]
fn exit_in_a_catch_ends_its_list_and_the_try_completes() {
    check(
        r#"
        do:
          - t:
              try: [ { bad: { raise: { error: { type: 'https://e/x', status: 500 } } } } ]
              catch: { do: [ { a: { set: { x: 1 }, then: exit } }, { never: { set: { y: 1 } } } ] }
          - after: { set: { z: '${ .x }' } }
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/bad
              taskFaulted /do/0/t/try/0/bad ! https://e/x 500 at /do/0/t/try/0/bad
              errorCaught /do/0/t ! https://e/x 500 at /do/0/t/try/0/bad
              taskStarted /do/0/t/catch/do/0/a
              taskCompleted /do/0/t/catch/do/0/a -> {"x":1}
              taskCompleted /do/0/t -> {"x":1}
              taskStarted /do/1/after
              taskCompleted /do/1/after -> {"z":1}
              completed -> {"z":1}
            = completed {"z":1}
        "#]],
    );
}

#[test]
fn exit_of_a_branch_ends_that_branch_alone() {
    check(
        r#"
        do:
          - f: { fork: { branches: [ { a: { set: { x: 1 }, then: exit } }, { b: { set: { y: 1 } } } ] } }
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/f
              taskStarted /do/0/f/fork/branches/0/a
              taskCompleted /do/0/f/fork/branches/0/a -> {"x":1}
              taskStarted /do/0/f/fork/branches/1/b
              taskCompleted /do/0/f/fork/branches/1/b -> {"y":1}
              taskCompleted /do/0/f -> [{"x":1},{"y":1}]
              completed -> [{"x":1},{"y":1}]
            = completed [{"x":1},{"y":1}]
        "#]],
    );
}

#[test]
fn a_case_that_exits_leaves_the_list() {
    check(
        r#"
        do:
          - d: { do: [ { s: { switch: [ { any: { then: exit } } ] } }, { never: { set: { y: 1 } } } ] }
          - after: { set: { z: '${ .x }' } }
        "#,
        r#"
        start {"x":1}
        "#,
        expect![[r#"
            > start {"x":1}
              started
              taskStarted /do/0/d
              taskStarted /do/0/d/do/0/s
              taskCompleted /do/0/d/do/0/s -> {"x":1}
              taskCompleted /do/0/d -> {"x":1}
              taskStarted /do/1/after
              taskCompleted /do/1/after -> {"z":1}
              completed -> {"z":1}
            = completed {"z":1}
        "#]],
    );
}

#[test]
fn a_case_that_continues_goes_to_the_next_task_whatever_the_switch_says() {
    check(
        r#"
        do:
          - s: { switch: [ { any: { then: continue } } ], then: c }
          - b: { set: { b: true } }
          - c: { set: { c: '${ .b }' } }
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/s
              taskCompleted /do/0/s -> {}
              taskStarted /do/1/b
              taskCompleted /do/1/b -> {"b":true}
              taskStarted /do/2/c
              taskCompleted /do/2/c -> {"c":true}
              completed -> {"c":true}
            = completed {"c":true}
        "#]],
    );
}

#[test]
fn a_jump_leads_to_a_task_that_is_skipped_and_goes_on_behind_it() {
    check(
        r#"
        do:
          - a: { set: { x: 1 }, then: c }
          - b: { set: { b: true } }
          - c: { if: 'false', set: { c: true } }
          - d: { set: { d: '${ .x }' } }
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              taskSkipped /do/2/c
              taskStarted /do/3/d
              taskCompleted /do/3/d -> {"d":1}
              completed -> {"d":1}
            = completed {"d":1}
        "#]],
    );
}

#[test]
fn in_loose_mode_a_text_that_is_an_expression_is_one() {
    check(
        r#"
        evaluate: { mode: loose }
        do: [ { a: { set: { sum: '.x + 1', plain: just a text, both: 'x is ${ .x }', whole: '${ .x }', broken: '.x +' } } } ]
        "#,
        r#"
        start {"x":1}
        "#,
        expect![[r#"
            > start {"x":1}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"sum":2,"plain":"just a text","both":"x is 1","whole":1,"broken":".x +"}
              completed -> {"sum":2,"plain":"just a text","both":"x is 1","whole":1,"broken":".x +"}
            = completed {"sum":2,"plain":"just a text","both":"x is 1","whole":1,"broken":".x +"}
        "#]],
    );
}

#[test]
fn in_loose_mode_a_text_that_fails_as_an_expression_stays_a_text() {
    check(
        r#"
        evaluate: { mode: loose }
        do: [ { a: { set: { n: '.x.y', when: '${ .x.y }' } } } ]
        "#,
        r#"
        start {"x":1}
        "#,
        expect![[r#"
            > start {"x":1}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"n":".x.y","when":"${ .x.y }"}
              completed -> {"n":".x.y","when":"${ .x.y }"}
            = completed {"n":".x.y","when":"${ .x.y }"}
        "#]],
    );
}

#[test]
fn in_strict_mode_a_text_without_braces_is_a_text() {
    check(
        r#"
        evaluate: { mode: strict }
        do: [ { a: { set: { sum: '.x + 1', cost: '$5', whole: '${ .x }' } } } ]
        "#,
        r#"
        start {"x":1}
        "#,
        expect![[r#"
            > start {"x":1}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"sum":".x + 1","cost":"$5","whole":1}
              completed -> {"sum":".x + 1","cost":"$5","whole":1}
            = completed {"sum":".x + 1","cost":"$5","whole":1}
        "#]],
    );
}

#[test]
fn an_expression_in_data_is_never_evaluated() {
    check(
        r#"
        do:
          - a: { set: '${ . }' }
          - b: { set: { again: '${ .evil }', inside: 'it says ${ .evil }' } }
          - c: { switch: [ { it: { when: '.again | length > 0', then: end } } ] }
        "#,
        r#"
        start {"evil":"${ error(1) }"}
        "#,
        expect![[r#"
            > start {"evil":"${ error(1) }"}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"evil":"${ error(1) }"}
              taskStarted /do/1/b
              taskCompleted /do/1/b -> {"again":"${ error(1) }","inside":"it says ${ error(1) }"}
              taskStarted /do/2/c
              taskCompleted /do/2/c -> {"again":"${ error(1) }","inside":"it says ${ error(1) }"}
              completed -> {"again":"${ error(1) }","inside":"it says ${ error(1) }"}
            = completed {"again":"${ error(1) }","inside":"it says ${ error(1) }"}
        "#]],
    );
}

#[test]
fn in_loose_mode_an_expression_in_data_is_never_evaluated() {
    check(
        r#"
        evaluate: { mode: loose }
        do: [ { a: { set: '${ . }' } }, { b: { set: { again: '.evil' } } } ]
        "#,
        r#"
        start {"evil":".x + 1"}
        "#,
        expect![[r#"
            > start {"evil":".x + 1"}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"evil":".x + 1"}
              taskStarted /do/1/b
              taskCompleted /do/1/b -> {"again":".x + 1"}
              completed -> {"again":".x + 1"}
            = completed {"again":".x + 1"}
        "#]],
    );
}

#[test]
fn expression_positions_take_both_forms() {
    check(
        r#"
        do:
          - a: { if: '${ .go }', input: { from: '${ .list }' }, for: { in: '${ . }' }, while: '${ $item < 3 }', do: [ { b: { set: '${ $item }' } } ], output: { as: '${ [.] }' }, export: { as: '${ {got: .} }' } }
          - c: { switch: [ { one: { when: '${ $context.got == [2] }', then: end } } ] }
          - d: { set: { never: true } }
        "#,
        r#"
        start {"go":true,"list":[1,2,3]}
        "#,
        expect![[r#"
            > start {"go":true,"list":[1,2,3]}
              started
              taskStarted /do/0/a <- [1,2,3]
              iterationStarted /do/0/a 0
              taskStarted /do/0/a/do/0/b[0]
              taskCompleted /do/0/a/do/0/b[0] -> 1
              iterationStarted /do/0/a 1
              taskStarted /do/0/a/do/0/b[1]
              taskCompleted /do/0/a/do/0/b[1] -> 2
              taskCompleted /do/0/a -> [2] context {"got":[2]}
              taskStarted /do/1/c
              taskCompleted /do/1/c -> [2]
              completed -> [2]
            = completed [2]
        "#]],
    );
}
