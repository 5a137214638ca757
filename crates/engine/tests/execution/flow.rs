//! Flow directives: `continue`, `exit`, `end` and jumps (FR-004).

use expect_test::expect;
use tenure_engine::execution::testing::check;

#[test]
fn continue_goes_to_the_next_task() {
    check(
        r"
        do: [ { a: { set: { x: 1 }, then: continue } }, { b: { set: { x: 2 } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              taskStarted /do/1/b
              taskCompleted /do/1/b -> {"x":2}
              completed -> {"x":2}
            = completed {"x":2}
        "#]],
    );
}

#[test]
fn end_ends_the_workflow() {
    check(
        r"
        do: [ { a: { set: { x: 1 }, then: end } }, { b: { set: { x: 2 } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              completed -> {"x":1}
            = completed {"x":1}
        "#]],
    );
}

#[test]
fn exit_at_the_top_ends_the_workflow() {
    check(
        r"
        do: [ { a: { set: { x: 1 }, then: exit } }, { b: { set: { x: 2 } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              completed -> {"x":1}
            = completed {"x":1}
        "#]],
    );
}

#[test]
fn exit_leaves_only_its_own_list() {
    check(
        r"
        do: [ { a: { do: [ { b: { set: { x: 1 }, then: exit } }, { c: { set: { x: 2 } } } ] } }, { d: { set: '${ . + { d: 1 } }' } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskStarted /do/0/a/do/0/b
              taskCompleted /do/0/a/do/0/b -> {"x":1}
              taskCompleted /do/0/a -> {"x":1}
              taskStarted /do/1/d
              taskCompleted /do/1/d -> {"x":1,"d":1}
              completed -> {"x":1,"d":1}
            = completed {"x":1,"d":1}
        "#]],
    );
}

#[test]
fn exit_in_a_loop_ends_the_iteration() {
    check(
        r"
        do: [ { a: { for: { in: '[1,2]' }, do: [ { b: { set: '${ $item }', then: exit } }, { c: { set: { x: 2 } } } ] } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              iterationStarted /do/0/a 0
              taskStarted /do/0/a/do/0/b[0]
              taskCompleted /do/0/a/do/0/b[0] -> 1
              iterationStarted /do/0/a 1
              taskStarted /do/0/a/do/0/b[1]
              taskCompleted /do/0/a/do/0/b[1] -> 2
              taskCompleted /do/0/a -> 2
              completed -> 2
            = completed 2
        "#]],
    );
}

#[test]
fn end_in_a_nested_list_completes_every_list_around_it() {
    check(
        r"
        do: [ { a: { do: [ { b: { set: { x: 1 }, then: end } }, { c: { set: { x: 2 } } } ], output: { as: '{ mapped: .x }' } } }, { d: { set: { x: 3 } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskStarted /do/0/a/do/0/b
              taskCompleted /do/0/a/do/0/b -> {"x":1}
              taskCompleted /do/0/a -> {"mapped":1}
              completed -> {"mapped":1}
            = completed {"mapped":1}
        "#]],
    );
}

#[test]
fn end_in_a_loop_ends_the_workflow() {
    check(
        r"
        do: [ { a: { for: { in: '[1,2]' }, do: [ { b: { set: '${ $item }', then: end } } ] } }, { c: { set: { x: 3 } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              iterationStarted /do/0/a 0
              taskStarted /do/0/a/do/0/b[0]
              taskCompleted /do/0/a/do/0/b[0] -> 1
              taskCompleted /do/0/a -> 1
              completed -> 1
            = completed 1
        "#]],
    );
}

#[test]
fn end_in_a_branch_ends_the_other_branches_and_the_workflow() {
    check(
        r"
        do: [ { f: { fork: { branches: [ { a: { wait: PT1M } }, { b: { set: { x: 1 }, then: end } } ] } } }, { c: { set: { x: 3 } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/f
              taskStarted /do/0/f/fork/branches/0/a due +60000
              taskStarted /do/0/f/fork/branches/1/b
              taskCompleted /do/0/f/fork/branches/1/b -> {"x":1}
              interrupted /do/0/f to complete due +5000
              taskCancelled /do/0/f/fork/branches/0/a
              taskCompleted /do/0/f -> {"x":1}
              completed -> {"x":1}
            = completed {"x":1}
        "#]],
    );
}

#[test]
fn end_in_a_try_ends_the_workflow() {
    check(
        r"
        do: [ { f: { try: [ { b: { set: { x: 1 }, then: end } } ], catch: { do: [ { h: { set: { x: 2 } } } ] } } }, { c: { set: { x: 3 } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/f
              taskStarted /do/0/f/try/0/b
              taskCompleted /do/0/f/try/0/b -> {"x":1}
              taskCompleted /do/0/f -> {"x":1}
              completed -> {"x":1}
            = completed {"x":1}
        "#]],
    );
}

#[test]
fn a_jump_forward_leaves_out_what_is_between() {
    check(
        r"
        do: [ { a: { set: { x: 1 }, then: c } }, { b: { set: { x: 2 } } }, { c: { set: '${ . + { c: 1 } }' } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              taskStarted /do/2/c
              taskCompleted /do/2/c -> {"x":1,"c":1}
              completed -> {"x":1,"c":1}
            = completed {"x":1,"c":1}
        "#]],
    );
}

#[test]
fn a_jump_backward_starts_a_new_round() {
    check(
        r"
        do: [ { a: { set: '${ { n: ((.n // 0) + 1) } }' } }, { s: { switch: [ { again: { when: .n < 3, then: a } } ] } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"n":1}
              taskStarted /do/1/s
              taskCompleted /do/1/s -> {"n":1}
              taskStarted /do/0/a[r1]
              taskCompleted /do/0/a[r1] -> {"n":2}
              taskStarted /do/1/s[r1]
              taskCompleted /do/1/s[r1] -> {"n":2}
              taskStarted /do/0/a[r2]
              taskCompleted /do/0/a[r2] -> {"n":3}
              taskStarted /do/1/s[r2]
              taskCompleted /do/1/s[r2] -> {"n":3}
              completed -> {"n":3}
            = completed {"n":3}
        "#]],
    );
}

#[test]
fn a_task_that_jumps_to_itself_starts_a_new_round() {
    check(
        r"
        do: [ { a: { set: '${ { n: (.n + 1) } }' } }, { s: { if: .n < 2, set: '${ { n: (.n + 1) } }', then: s } } ]
        ",
        r#"
        start {"n":0}
        "#,
        expect![[r#"
            > start {"n":0}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"n":1}
              taskStarted /do/1/s
              taskCompleted /do/1/s -> {"n":2}
              taskSkipped /do/1/s[r1]
              completed -> {"n":2}
            = completed {"n":2}
        "#]],
    );
}

#[test]
fn rounds_of_an_outer_and_of_an_inner_list_have_different_paths_and_keys() {
    check(
        r"
        do:
          - outer:
              do:
                - c: { call: http, with: { method: get, endpoint: 'http://s/' }, output: { as: '{ n: $input.n + 1 }' } }
                - again: { switch: [ { inner: { when: .n == 1, then: c } } ] }
          - more: { switch: [ { outer: { when: .n == 2, then: outer } } ] }
        ",
        r#"
        start {"n":0}
        show /do/0/outer/do/0/c
        answer /do/0/outer/do/0/c 200
        show /do/0/outer/do/0/c
        answer /do/0/outer/do/0/c 200
        show /do/0/outer/do/0/c
        answer /do/0/outer/do/0/c 200
        "#,
        expect![[r#"
            > start {"n":0}
              started
              taskStarted /do/0/outer
              taskStarted /do/0/outer/do/0/c
              attemptStarted /do/0/outer/do/0/c#1
            > show /do/0/outer/do/0/c
              GET http://s/ [] key=bc809597 mode=AtLeastOnce send-by=+30000 deadline=+600000
            > answer /do/0/outer/do/0/c 200
              taskCompleted /do/0/outer/do/0/c#1 -> {"n":1}
              taskStarted /do/0/outer/do/1/again
              taskCompleted /do/0/outer/do/1/again -> {"n":1}
              taskStarted /do/0/outer/do/0/c[r1@4]
              attemptStarted /do/0/outer/do/0/c[r1@4]#1
            > show /do/0/outer/do/0/c
              GET http://s/ [] key=46881f4a mode=AtLeastOnce send-by=+30000 deadline=+600000
            > answer /do/0/outer/do/0/c 200
              taskCompleted /do/0/outer/do/0/c[r1@4]#1 -> {"n":2}
              taskStarted /do/0/outer/do/1/again[r1@4]
              taskCompleted /do/0/outer/do/1/again[r1@4] -> {"n":2}
              taskCompleted /do/0/outer -> {"n":2}
              taskStarted /do/1/more
              taskCompleted /do/1/more -> {"n":2}
              taskStarted /do/0/outer[r1]
              taskStarted /do/0/outer/do/0/c[r1]
              attemptStarted /do/0/outer/do/0/c[r1]#1
            > show /do/0/outer/do/0/c
              GET http://s/ [] key=9e4b1e9e mode=AtLeastOnce send-by=+30000 deadline=+600000
            > answer /do/0/outer/do/0/c 200
              taskCompleted /do/0/outer/do/0/c[r1]#1 -> {"n":3}
              taskStarted /do/0/outer/do/1/again[r1]
              taskCompleted /do/0/outer/do/1/again[r1] -> {"n":3}
              taskCompleted /do/0/outer[r1] -> {"n":3}
              taskStarted /do/1/more[r1]
              taskCompleted /do/1/more[r1] -> {"n":3}
              completed -> {"n":3}
            = completed {"n":3}
        "#]],
    );
}

#[test]
fn the_rounds_of_a_list_begin_again_with_every_iteration_of_a_loop() {
    check(
        r"
        do: [ { l: { for: { in: '[1,2]' }, do: [ { a: { set: '${ { n: 1, i: $index } }' } }, { b: { set: '${ .n += 1 }' } }, { s: { switch: [ { again: { when: .n < 3, then: b } } ] } } ] } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/l
              iterationStarted /do/0/l 0
              taskStarted /do/0/l/do/0/a[0]
              taskCompleted /do/0/l/do/0/a[0] -> {"n":1,"i":0}
              taskStarted /do/0/l/do/1/b[0]
              taskCompleted /do/0/l/do/1/b[0] -> {"n":2,"i":0}
              taskStarted /do/0/l/do/2/s[0]
              taskCompleted /do/0/l/do/2/s[0] -> {"n":2,"i":0}
              taskStarted /do/0/l/do/1/b[0/r1@4]
              taskCompleted /do/0/l/do/1/b[0/r1@4] -> {"n":3,"i":0}
              taskStarted /do/0/l/do/2/s[0/r1@4]
              taskCompleted /do/0/l/do/2/s[0/r1@4] -> {"n":3,"i":0}
              iterationStarted /do/0/l 1
              taskStarted /do/0/l/do/0/a[1]
              taskCompleted /do/0/l/do/0/a[1] -> {"n":1,"i":1}
              taskStarted /do/0/l/do/1/b[1]
              taskCompleted /do/0/l/do/1/b[1] -> {"n":2,"i":1}
              taskStarted /do/0/l/do/2/s[1]
              taskCompleted /do/0/l/do/2/s[1] -> {"n":2,"i":1}
              taskStarted /do/0/l/do/1/b[1/r1@4]
              taskCompleted /do/0/l/do/1/b[1/r1@4] -> {"n":3,"i":1}
              taskStarted /do/0/l/do/2/s[1/r1@4]
              taskCompleted /do/0/l/do/2/s[1/r1@4] -> {"n":3,"i":1}
              taskCompleted /do/0/l -> {"n":3,"i":1}
              completed -> {"n":3,"i":1}
            = completed {"n":3,"i":1}
        "#]],
    );
}

#[test]
fn an_endless_loop_that_never_waits_is_stopped() {
    check(
        r"
        do: [ { a: { set: { x: 1 } } }, { b: { set: { x: 2 }, then: a } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              … 19994 more
              taskStarted /do/0/a[r4999]
              taskCompleted /do/0/a[r4999] -> {"x":1}
              taskStarted /do/1/b[r4999]
              taskCompleted /do/1/b[r4999] -> {"x":2}
              faulted ! runtime 500 at /: more than 10000 tasks ran without waiting for anything: an endless loop?
            = faulted runtime 500 at /: more than 10000 tasks ran without waiting for anything: an endless loop?
        "#]],
    );
}

#[test]
fn an_endless_loop_is_not_caught_by_a_try() {
    check(
        r"
        do: [ { t: { try: [ { a: { set: { x: 1 }, then: a } } ], catch: { do: [ { h: { set: { x: 2 } } } ] } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              taskStarted /do/0/t/try/0/a
              … 19994 more
              taskCompleted /do/0/t/try/0/a[r9997@4] -> {"x":1}
              taskStarted /do/0/t/try/0/a[r9998@4]
              taskCompleted /do/0/t/try/0/a[r9998@4] -> {"x":1}
              taskFaulted /do/0/t ! runtime 500 at /do/0/t: more than 10000 tasks ran without waiting for anything: an endless loop?
              faulted ! runtime 500 at /do/0/t: more than 10000 tasks ran without waiting for anything: an endless loop?
            = faulted runtime 500 at /do/0/t: more than 10000 tasks ran without waiting for anything: an endless loop?
        "#]],
    );
}

#[test]
fn an_endless_loop_that_waits_goes_on() {
    check(
        r"
        do: [ { a: { wait: PT1S, then: a } } ]
        ",
        r#"
        start {}
        fire
        fire
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a due +1000
            > fire
              taskCompleted /do/0/a -> {}
              taskStarted /do/0/a[r1] due +2000
            > fire
              taskCompleted /do/0/a[r1] -> {}
              taskStarted /do/0/a[r2] due +3000
            = waiting
              open: wait /do/0/a +3000
        "#]],
    );
}
