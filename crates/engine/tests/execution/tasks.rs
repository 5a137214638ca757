//! The kinds of tasks: `set do switch for fork raise wait` (FR-004).
//!
//! Size: the expected facts of every case stand in the file.

use expect_test::expect;
use tenure_engine::execution::testing::check;

#[test]
fn set_replaces_the_data() {
    check(
        r"
        do: [ { a: { set: { x: 1 } } } ]
        ",
        r#"
        start {"y":2}
        "#,
        expect![[r#"
            > start {"y":2}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              completed -> {"x":1}
            = completed {"x":1}
        "#]],
    );
}

#[test]
fn set_takes_an_expression_for_the_whole_value() {
    check(
        r"
        do: [ { a: { set: '${ .y * 2 }' } } ]
        ",
        r#"
        start {"y":2}
        "#,
        expect![[r#"
            > start {"y":2}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> 4
              completed -> 4
            = completed 4
        "#]],
    );
}

#[test]
fn a_failing_expression_names_the_place_and_the_reason() {
    check(
        r#"
        do: [ { a: { set: { x: '${ .y | error("boom") }' } } } ]
        "#,
        r#"
        start {"y":2}
        "#,
        expect![[r#"
            > start {"y":2}
              started
              taskStarted /do/0/a
              taskFaulted /do/0/a ! expression 400 at /do/0/a: `set`: boom
              faulted ! expression 400 at /do/0/a: `set`: boom
            = faulted expression 400 at /do/0/a: `set`: boom
        "#]],
    );
}

#[test]
fn do_runs_its_list_in_order_and_gives_the_last_output() {
    check(
        r"
        do: [ { a: { do: [ { b: { set: { x: 1 } } }, { c: { set: '${ .x + 1 }' } } ] } } ]
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
              taskStarted /do/0/a/do/1/c
              taskCompleted /do/0/a/do/1/c -> 2
              taskCompleted /do/0/a -> 2
              completed -> 2
            = completed 2
        "#]],
    );
}

#[test]
fn switch_takes_the_first_case_that_holds_and_passes_its_input() {
    check(
        r#"
        do:
          - s: { switch: [ { one: { when: .n == 1, then: second } }, { other: { when: .n < 5, then: third } } ] }
          - first: { set: { at: first } }
          - second: { set: '${ . + { at: "second" } }', then: end }
          - third: { set: { at: third } }
        "#,
        r#"
        start {"n":1}
        "#,
        expect![[r#"
            > start {"n":1}
              started
              taskStarted /do/0/s
              taskCompleted /do/0/s -> {"n":1}
              taskStarted /do/2/second
              taskCompleted /do/2/second -> {"n":1,"at":"second"}
              completed -> {"n":1,"at":"second"}
            = completed {"n":1,"at":"second"}
        "#]],
    );
}

#[test]
fn switch_without_a_matching_case_goes_on_with_its_own_then() {
    check(
        r#"
        do:
          - s: { switch: [ { one: { when: .n == 1, then: end } } ], then: third }
          - second: { set: { at: second } }
          - third: { set: '${ . + { at: "third" } }' }
        "#,
        r#"
        start {"n":2}
        "#,
        expect![[r#"
            > start {"n":2}
              started
              taskStarted /do/0/s
              taskCompleted /do/0/s -> {"n":2}
              taskStarted /do/2/third
              taskCompleted /do/2/third -> {"n":2,"at":"third"}
              completed -> {"n":2,"at":"third"}
            = completed {"n":2,"at":"third"}
        "#]],
    );
}

#[test]
fn switch_takes_the_default_only_when_nothing_else_holds() {
    check(
        r"
        do:
          - s: { switch: [ { fallback: { then: end } }, { one: { when: .n == 1, then: second } } ] }
          - first: { set: { at: first } }
          - second: { set: { at: second } }
        ",
        r#"
        start {"n":1}
        "#,
        expect![[r#"
            > start {"n":1}
              started
              taskStarted /do/0/s
              taskCompleted /do/0/s -> {"n":1}
              taskStarted /do/2/second
              taskCompleted /do/2/second -> {"at":"second"}
              completed -> {"at":"second"}
            = completed {"at":"second"}
        "#]],
    );
}

#[test]
fn switch_default_is_taken_when_no_case_holds() {
    check(
        r"
        do:
          - s: { switch: [ { one: { when: .n == 1, then: second } }, { fallback: { then: end } } ] }
          - second: { set: { at: second } }
        ",
        r#"
        start {"n":3}
        "#,
        expect![[r#"
            > start {"n":3}
              started
              taskStarted /do/0/s
              taskCompleted /do/0/s -> {"n":3}
              completed -> {"n":3}
            = completed {"n":3}
        "#]],
    );
}

#[test]
fn for_gives_each_iteration_the_output_of_the_one_before() {
    check(
        r"
        do: [ { l: { for: { each: item, in: '.items' }, do: [ { add: { set: '${ (.sum // 0) as $s | { sum: ($s + $item), at: $index } }' } } ] } } ]
        ",
        r#"
        start {"items":[5,6,7]}
        "#,
        expect![[r#"
            > start {"items":[5,6,7]}
              started
              taskStarted /do/0/l
              iterationStarted /do/0/l 0
              taskStarted /do/0/l/do/0/add[0]
              taskCompleted /do/0/l/do/0/add[0] -> {"sum":5,"at":0}
              iterationStarted /do/0/l 1
              taskStarted /do/0/l/do/0/add[1]
              taskCompleted /do/0/l/do/0/add[1] -> {"sum":11,"at":1}
              iterationStarted /do/0/l 2
              taskStarted /do/0/l/do/0/add[2]
              taskCompleted /do/0/l/do/0/add[2] -> {"sum":18,"at":2}
              taskCompleted /do/0/l -> {"sum":18,"at":2}
              completed -> {"sum":18,"at":2}
            = completed {"sum":18,"at":2}
        "#]],
    );
}

#[test]
fn for_names_its_variables_as_told() {
    check(
        r"
        do: [ { l: { for: { each: color, at: place, in: '.items' }, do: [ { add: { set: '${ { c: $color, p: $place } }' } } ] } } ]
        ",
        r#"
        start {"items":["red","blue"]}
        "#,
        expect![[r#"
            > start {"items":["red","blue"]}
              started
              taskStarted /do/0/l
              iterationStarted /do/0/l 0
              taskStarted /do/0/l/do/0/add[0]
              taskCompleted /do/0/l/do/0/add[0] -> {"c":"red","p":0}
              iterationStarted /do/0/l 1
              taskStarted /do/0/l/do/0/add[1]
              taskCompleted /do/0/l/do/0/add[1] -> {"c":"blue","p":1}
              taskCompleted /do/0/l -> {"c":"blue","p":1}
              completed -> {"c":"blue","p":1}
            = completed {"c":"blue","p":1}
        "#]],
    );
}

#[test]
fn for_over_nothing_gives_its_input() {
    check(
        r"
        do: [ { l: { for: { in: '.items' }, do: [ { add: { set: { x: 1 } } } ] } } ]
        ",
        r#"
        start {"items":[]}
        "#,
        expect![[r#"
            > start {"items":[]}
              started
              taskStarted /do/0/l
              taskCompleted /do/0/l -> {"items":[]}
              completed -> {"items":[]}
            = completed {"items":[]}
        "#]],
    );
}

#[test]
fn for_over_something_that_is_no_array_faults() {
    check(
        r"
        do: [ { l: { for: { in: '.items' }, do: [ { add: { set: { x: 1 } } } ] } } ]
        ",
        r#"
        start {"items":5}
        "#,
        expect![[r#"
            > start {"items":5}
              started
              taskStarted /do/0/l
              taskFaulted /do/0/l ! expression 400 at /do/0/l: `for.in` gives number: an array is needed
              faulted ! expression 400 at /do/0/l: `for.in` gives number: an array is needed
            = faulted expression 400 at /do/0/l: `for.in` gives number: an array is needed
        "#]],
    );
}

#[test]
fn for_stops_when_its_while_is_false_before_an_iteration() {
    check(
        r"
        do: [ { l: { for: { in: '.items' }, while: '$item < 3', do: [ { add: { set: '${ { last: $item } }' } } ] } } ]
        ",
        r#"
        start {"items":[1,2,3,1]}
        "#,
        expect![[r#"
            > start {"items":[1,2,3,1]}
              started
              taskStarted /do/0/l
              iterationStarted /do/0/l 0
              taskStarted /do/0/l/do/0/add[0]
              taskCompleted /do/0/l/do/0/add[0] -> {"last":1}
              iterationStarted /do/0/l 1
              taskStarted /do/0/l/do/0/add[1]
              taskCompleted /do/0/l/do/0/add[1] -> {"last":2}
              taskCompleted /do/0/l -> {"last":2}
              completed -> {"last":2}
            = completed {"last":2}
        "#]],
    );
}

#[test]
fn for_while_sees_the_data_of_the_loop() {
    check(
        r"
        do: [ { l: { for: { in: '[1,2,3,4]' }, while: '(.sum // 0) < 3', do: [ { add: { set: '${ { sum: ((.sum // 0) + $item) } }' } } ] } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/l
              iterationStarted /do/0/l 0
              taskStarted /do/0/l/do/0/add[0]
              taskCompleted /do/0/l/do/0/add[0] -> {"sum":1}
              iterationStarted /do/0/l 1
              taskStarted /do/0/l/do/0/add[1]
              taskCompleted /do/0/l/do/0/add[1] -> {"sum":3}
              taskCompleted /do/0/l -> {"sum":3}
              completed -> {"sum":3}
            = completed {"sum":3}
        "#]],
    );
}

#[test]
fn for_shows_an_export_to_the_next_iteration() {
    check(
        r#"
        do: [ { l: { for: { in: '[1,2]' }, do: [ { add: { set: '${ $context }', export: { as: '$context + { ("i\($index)"): $item }' } } } ] } } ]
        "#,
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/l
              iterationStarted /do/0/l 0
              taskStarted /do/0/l/do/0/add[0]
              taskCompleted /do/0/l/do/0/add[0] -> {} context {"i0":1}
              iterationStarted /do/0/l 1
              taskStarted /do/0/l/do/0/add[1]
              taskCompleted /do/0/l/do/0/add[1] -> {"i0":1} context {"i0":1,"i1":2}
              taskCompleted /do/0/l -> {"i0":1}
              completed -> {"i0":1}
            = completed {"i0":1}
        "#]],
    );
}

#[test]
fn for_in_for_has_both_loops_variables_and_paths() {
    check(
        r"
        do:
          - outer:
              for: { each: a, in: '[1,2]' }
              do:
                - inner:
                    for: { each: b, at: j, in: '[10,20]' }
                    do: [ { c: { set: '${ [$a, $b, $index, $j] }' } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/outer
              iterationStarted /do/0/outer 0
              taskStarted /do/0/outer/do/0/inner[0]
              iterationStarted /do/0/outer/do/0/inner[0] 0
              taskStarted /do/0/outer/do/0/inner/do/0/c[0/0]
              taskCompleted /do/0/outer/do/0/inner/do/0/c[0/0] -> [1,10,0,0]
              iterationStarted /do/0/outer/do/0/inner[0] 1
              taskStarted /do/0/outer/do/0/inner/do/0/c[0/1]
              taskCompleted /do/0/outer/do/0/inner/do/0/c[0/1] -> [1,20,0,1]
              taskCompleted /do/0/outer/do/0/inner[0] -> [1,20,0,1]
              iterationStarted /do/0/outer 1
              taskStarted /do/0/outer/do/0/inner[1]
              iterationStarted /do/0/outer/do/0/inner[1] 0
              taskStarted /do/0/outer/do/0/inner/do/0/c[1/0]
              taskCompleted /do/0/outer/do/0/inner/do/0/c[1/0] -> [2,10,1,0]
              iterationStarted /do/0/outer/do/0/inner[1] 1
              taskStarted /do/0/outer/do/0/inner/do/0/c[1/1]
              taskCompleted /do/0/outer/do/0/inner/do/0/c[1/1] -> [2,20,1,1]
              taskCompleted /do/0/outer/do/0/inner[1] -> [2,20,1,1]
              taskCompleted /do/0/outer -> [2,20,1,1]
              completed -> [2,20,1,1]
            = completed [2,20,1,1]
        "#]],
    );
}

#[test]
fn for_iterations_with_calls_run_one_after_the_other_under_their_own_keys() {
    check(
        r"
        do: [ { l: { for: { in: '[1,2]' }, do: [ { c: { call: http, with: { method: get, endpoint: 'http://s/{item}', query: { i: '${ $item }' } } } } ] } } ]
        ",
        r#"
        start {}
        show /do/0/l/do/0/c[0]
        answer /do/0/l/do/0/c[0] 200 1
        show /do/0/l/do/0/c[1]
        answer /do/0/l/do/0/c[1] 200 2
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/l
              iterationStarted /do/0/l 0
              taskStarted /do/0/l/do/0/c[0]
              attemptStarted /do/0/l/do/0/c[0]#1
            > show /do/0/l/do/0/c[0]
              GET http://s/?i=1 [] key=3c96d4b1 mode=AtLeastOnce send-by=+30000 deadline=+600000
            > answer /do/0/l/do/0/c[0] 200 1
              taskCompleted /do/0/l/do/0/c[0]#1 -> 1
              iterationStarted /do/0/l 1
              taskStarted /do/0/l/do/0/c[1]
              attemptStarted /do/0/l/do/0/c[1]#1
            > show /do/0/l/do/0/c[1]
              GET http://s/?i=2 [] key=c5c262ff mode=AtLeastOnce send-by=+30000 deadline=+600000
            > answer /do/0/l/do/0/c[1] 200 2
              taskCompleted /do/0/l/do/0/c[1]#1 -> 2
              taskCompleted /do/0/l -> 2
              completed -> 2
            = completed 2
        "#]],
    );
}

#[test]
fn fork_gives_the_outputs_in_the_order_of_the_declaration() {
    check(
        r"
        do:
          - f:
              fork:
                compete: false
                branches:
                  - a: { call: http, with: { method: get, endpoint: 'http://s/a' } }
                  - b: { call: http, with: { method: get, endpoint: 'http://s/b' } }
                  - c: { wait: PT1M }
        ",
        r#"
        start {"in":1}
        fire
        answer /do/0/f/fork/branches/1/b 200 2
        answer /do/0/f/fork/branches/0/a 200 1
        "#,
        expect![[r#"
            > start {"in":1}
              started
              taskStarted /do/0/f
              taskStarted /do/0/f/fork/branches/0/a
              attemptStarted /do/0/f/fork/branches/0/a#1
              taskStarted /do/0/f/fork/branches/1/b
              attemptStarted /do/0/f/fork/branches/1/b#1
              taskStarted /do/0/f/fork/branches/2/c due +60000
            > fire
              taskCompleted /do/0/f/fork/branches/2/c -> {"in":1}
            > answer /do/0/f/fork/branches/1/b 200 2
              taskCompleted /do/0/f/fork/branches/1/b#1 -> 2
            > answer /do/0/f/fork/branches/0/a 200 1
              taskCompleted /do/0/f/fork/branches/0/a#1 -> 1
              taskCompleted /do/0/f -> [1,2,{"in":1}]
              completed -> [1,2,{"in":1}]
            = completed [1,2,{"in":1}]
        "#]],
    );
}

#[test]
fn fork_of_tasks_that_do_not_wait_completes_in_one_turn() {
    check(
        r"
        do: [ { f: { fork: { branches: [ { a: { set: { x: 1 } } }, { b: { if: 'false', set: { x: 2 } } } ] } } } ]
        ",
        r#"
        start {"in":1}
        "#,
        expect![[r#"
            > start {"in":1}
              started
              taskStarted /do/0/f
              taskStarted /do/0/f/fork/branches/0/a
              taskCompleted /do/0/f/fork/branches/0/a -> {"x":1}
              taskSkipped /do/0/f/fork/branches/1/b
              taskCompleted /do/0/f -> [{"x":1},{"in":1}]
              completed -> [{"x":1},{"in":1}]
            = completed [{"x":1},{"in":1}]
        "#]],
    );
}

#[test]
fn fork_that_competes_gives_the_winners_output_and_ends_the_others() {
    check(
        r"
        do:
          - f:
              fork:
                compete: true
                branches:
                  - a: { call: http, with: { method: get, endpoint: 'http://s/a' } }
                  - b: { call: http, with: { method: get, endpoint: 'http://s/b' } }
                  - c: { wait: PT1M }
        ",
        r#"
        start {}
        answer /do/0/f/fork/branches/1/b 200 2
        answer /do/0/f/fork/branches/0/a 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/f
              taskStarted /do/0/f/fork/branches/0/a
              attemptStarted /do/0/f/fork/branches/0/a#1
              taskStarted /do/0/f/fork/branches/1/b
              attemptStarted /do/0/f/fork/branches/1/b#1
              taskStarted /do/0/f/fork/branches/2/c due +60000
            > answer /do/0/f/fork/branches/1/b 200 2
              taskCompleted /do/0/f/fork/branches/1/b#1 -> 2
              interrupted /do/0/f to complete due +5000
              taskCancelled /do/0/f/fork/branches/2/c
            > answer /do/0/f/fork/branches/0/a 200 1
              taskCompleted /do/0/f/fork/branches/0/a#1 -> 1
              taskCompleted /do/0/f -> 2
              completed -> 2
            = completed 2
        "#]],
    );
}

#[test]
fn a_loser_that_is_not_answered_in_its_grace_is_uncertain() {
    check(
        r"
        do:
          - f:
              fork:
                compete: true
                branches:
                  - a: { call: http, with: { method: get, endpoint: 'http://s/a' } }
                  - b: { call: http, with: { method: get, endpoint: 'http://s/b' } }
                  - c: { wait: PT1M }
        ",
        r#"
        start {}
        answer /do/0/f/fork/branches/1/b 200 2
        fire grace
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/f
              taskStarted /do/0/f/fork/branches/0/a
              attemptStarted /do/0/f/fork/branches/0/a#1
              taskStarted /do/0/f/fork/branches/1/b
              attemptStarted /do/0/f/fork/branches/1/b#1
              taskStarted /do/0/f/fork/branches/2/c due +60000
            > answer /do/0/f/fork/branches/1/b 200 2
              taskCompleted /do/0/f/fork/branches/1/b#1 -> 2
              interrupted /do/0/f to complete due +5000
              taskCancelled /do/0/f/fork/branches/2/c
            > fire grace
              taskUncertain /do/0/f/fork/branches/0/a#1 interrupted: the step was interrupted while its call was under way
              taskCancelled /do/0/f/fork/branches/0/a executed
              taskCompleted /do/0/f -> 2
              completed -> 2
            = completed 2
        "#]],
    );
}

#[test]
fn a_fork_that_competes_is_won_by_the_first_branch_that_completes_at_once() {
    check(
        r"
        do: [ { f: { fork: { compete: true, branches: [ { a: { wait: PT1S } }, { b: { set: { x: 2 } } }, { c: { set: { x: 3 } } } ] } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/f
              taskStarted /do/0/f/fork/branches/0/a due +1000
              taskStarted /do/0/f/fork/branches/1/b
              taskCompleted /do/0/f/fork/branches/1/b -> {"x":2}
              interrupted /do/0/f to complete due +5000
              taskCancelled /do/0/f/fork/branches/0/a
              taskCompleted /do/0/f -> {"x":2}
              completed -> {"x":2}
            = completed {"x":2}
        "#]],
    );
}

#[test]
fn fork_starts_no_more_branches_at_once_than_its_concurrency() {
    check(
        r"
        do:
          - f:
              metadata: { concurrency: 2 }
              fork:
                branches:
                  - a: { wait: PT1S }
                  - b: { wait: PT5S }
                  - c: { wait: PT1S }
                  - d: { set: { x: 1 } }
                  - e: { wait: PT1S }
        ",
        r#"
        start {}
        fire
        fire
        fire
        fire
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/f
              taskStarted /do/0/f/fork/branches/0/a due +1000
              taskStarted /do/0/f/fork/branches/1/b due +5000
            > fire
              taskCompleted /do/0/f/fork/branches/0/a -> {}
              taskStarted /do/0/f/fork/branches/2/c due +2000
            > fire
              taskCompleted /do/0/f/fork/branches/2/c -> {}
              taskStarted /do/0/f/fork/branches/3/d
              taskCompleted /do/0/f/fork/branches/3/d -> {"x":1}
              taskStarted /do/0/f/fork/branches/4/e due +3000
            > fire
              taskCompleted /do/0/f/fork/branches/4/e -> {}
            > fire
              taskCompleted /do/0/f/fork/branches/1/b -> {}
              taskCompleted /do/0/f -> [{},{},{},{"x":1},{}]
              completed -> [{},{},{},{"x":1},{}]
            = completed [{},{},{},{"x":1},{}]
        "#]],
    );
}

#[test]
fn the_first_fault_of_a_branch_ends_the_others_and_faults_the_fork() {
    check(
        r"
        do:
          - f:
              fork:
                compete: false
                branches:
                  - a: { call: http, with: { method: get, endpoint: 'http://s/a' } }
                  - b: { call: http, with: { method: get, endpoint: 'http://s/b' } }
                  - c: { wait: PT1M }
        ",
        r#"
        start {}
        answer /do/0/f/fork/branches/1/b 503 {}
        answer /do/0/f/fork/branches/0/a 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/f
              taskStarted /do/0/f/fork/branches/0/a
              attemptStarted /do/0/f/fork/branches/0/a#1
              taskStarted /do/0/f/fork/branches/1/b
              attemptStarted /do/0/f/fork/branches/1/b#1
              taskStarted /do/0/f/fork/branches/2/c due +60000
            > answer /do/0/f/fork/branches/1/b 503 {}
              taskFaulted /do/0/f/fork/branches/1/b#1 ! communication 503 at /do/0/f/fork/branches/1/b: GET http://s/b was answered with status 503: {}
              interrupted /do/0/f to fault due +5000
              taskCancelled /do/0/f/fork/branches/2/c
            > answer /do/0/f/fork/branches/0/a 200 1
              taskCompleted /do/0/f/fork/branches/0/a#1 -> 1
              taskFaulted /do/0/f ! communication 503 at /do/0/f/fork/branches/1/b: GET http://s/b was answered with status 503: {}
              faulted ! communication 503 at /do/0/f/fork/branches/1/b: GET http://s/b was answered with status 503: {}
            = faulted communication 503 at /do/0/f/fork/branches/1/b: GET http://s/b was answered with status 503: {}
        "#]],
    );
}

#[test]
fn a_branch_that_faults_at_once_leaves_the_later_branches_unstarted() {
    check(
        r"
        do: [ { f: { fork: { branches: [ { a: { raise: { error: { type: 'https://x/y', status: 500 } } } }, { b: { set: { x: 1 } } } ] } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/f
              taskStarted /do/0/f/fork/branches/0/a
              taskFaulted /do/0/f/fork/branches/0/a ! https://x/y 500 at /do/0/f/fork/branches/0/a
              taskFaulted /do/0/f ! https://x/y 500 at /do/0/f/fork/branches/0/a
              faulted ! https://x/y 500 at /do/0/f/fork/branches/0/a
            = faulted https://x/y 500 at /do/0/f/fork/branches/0/a
        "#]],
    );
}

#[test]
fn a_second_fault_while_the_fork_drains_changes_nothing() {
    check(
        r"
        do:
          - f:
              fork:
                compete: false
                branches:
                  - a: { call: http, with: { method: get, endpoint: 'http://s/a' } }
                  - b: { call: http, with: { method: get, endpoint: 'http://s/b' } }
                  - c: { wait: PT1M }
        ",
        r#"
        start {}
        answer /do/0/f/fork/branches/1/b 503 {}
        answer /do/0/f/fork/branches/0/a 500 {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/f
              taskStarted /do/0/f/fork/branches/0/a
              attemptStarted /do/0/f/fork/branches/0/a#1
              taskStarted /do/0/f/fork/branches/1/b
              attemptStarted /do/0/f/fork/branches/1/b#1
              taskStarted /do/0/f/fork/branches/2/c due +60000
            > answer /do/0/f/fork/branches/1/b 503 {}
              taskFaulted /do/0/f/fork/branches/1/b#1 ! communication 503 at /do/0/f/fork/branches/1/b: GET http://s/b was answered with status 503: {}
              interrupted /do/0/f to fault due +5000
              taskCancelled /do/0/f/fork/branches/2/c
            > answer /do/0/f/fork/branches/0/a 500 {}
              taskCancelled /do/0/f/fork/branches/0/a
              taskFaulted /do/0/f ! communication 503 at /do/0/f/fork/branches/1/b: GET http://s/b was answered with status 503: {}
              faulted ! communication 503 at /do/0/f/fork/branches/1/b: GET http://s/b was answered with status 503: {}
            = faulted communication 503 at /do/0/f/fork/branches/1/b: GET http://s/b was answered with status 503: {}
        "#]],
    );
}

#[test]
fn raise_faults_with_the_errors_parts_and_the_task_as_instance() {
    check(
        r#"
        do: [ { r: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: 'Odd ${ .n }', detail: '${ "n is \(.n)" }' } } } } ]
        "#,
        r#"
        start {"n":3}
        "#,
        expect![[r#"
            > start {"n":3}
              started
              taskStarted /do/0/r
              taskFaulted /do/0/r ! https://example.com/errors/odd 418 at /do/0/r: n is 3
              faulted ! https://example.com/errors/odd 418 at /do/0/r: n is 3
            = faulted https://example.com/errors/odd 418 at /do/0/r: n is 3
        "#]],
    );
}

#[test]
fn raise_of_a_named_error_faults_with_it() {
    check(
        r"
        use: { errors: { broken: { type: 'https://example.com/broken', status: 500, title: Broken } } }
        do: [ { r: { raise: { error: broken } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/r
              taskFaulted /do/0/r ! https://example.com/broken 500 at /do/0/r
              faulted ! https://example.com/broken 500 at /do/0/r
            = faulted https://example.com/broken 500 at /do/0/r
        "#]],
    );
}

#[test]
fn raise_keeps_the_instance_that_the_author_gives() {
    check(
        r"
        do: [ { r: { raise: { error: { type: 'https://x/y', status: 500, instance: /elsewhere } } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/r
              taskFaulted /do/0/r ! https://x/y 500 at /elsewhere
              faulted ! https://x/y 500 at /elsewhere
            = faulted https://x/y 500 at /elsewhere
        "#]],
    );
}

#[test]
fn wait_ends_at_its_time_and_passes_its_input() {
    check(
        r"
        do: [ { w: { wait: { seconds: 5 } } } ]
        ",
        r#"
        start {"n":1}
        clock +4000
        fire
        "#,
        expect![[r#"
            > start {"n":1}
              started
              taskStarted /do/0/w due +5000
            > clock +4000
            > fire
              taskCompleted /do/0/w -> {"n":1}
              completed -> {"n":1}
            = completed {"n":1}
        "#]],
    );
}

#[test]
fn a_timer_that_is_delivered_too_early_changes_nothing() {
    check(
        r"
        do: [ { w: { wait: { seconds: 5 } } }, { x: { wait: PT1S } } ]
        ",
        r#"
        start {"n":1}
        clock +4999
        fire-early
        fire
        "#,
        expect![[r#"
            > start {"n":1}
              started
              taskStarted /do/0/w due +5000
            > clock +4999
            > fire-early
              nothing
            > fire
              taskCompleted /do/0/w -> {"n":1}
              taskStarted /do/1/x due +6000
            = waiting
              open: wait /do/1/x +6000
        "#]],
    );
}

#[test]
fn wait_takes_an_expression() {
    check(
        r"
        do: [ { w: { wait: '${ .pause }' } } ]
        ",
        r#"
        start {"pause":"PT2S"}
        fire
        "#,
        expect![[r#"
            > start {"pause":"PT2S"}
              started
              taskStarted /do/0/w due +2000
            > fire
              taskCompleted /do/0/w -> {"pause":"PT2S"}
              completed -> {"pause":"PT2S"}
            = completed {"pause":"PT2S"}
        "#]],
    );
}

#[test]
fn wait_for_no_time_does_not_wait() {
    check(
        r"
        do: [ { w: { wait: PT0S } } ]
        ",
        r#"
        start {"n":1}
        "#,
        expect![[r#"
            > start {"n":1}
              started
              taskStarted /do/0/w
              taskCompleted /do/0/w -> {"n":1}
              completed -> {"n":1}
            = completed {"n":1}
        "#]],
    );
}

#[test]
fn wait_until_an_instant_waits_for_it() {
    check(
        r"
        do: [ { w: { wait: PT0S, metadata: { until: .when } } } ]
        ",
        r#"
        start {"when":"2023-11-14T22:13:30Z"}
        fire
        "#,
        expect![[r#"
            > start {"when":"2023-11-14T22:13:30Z"}
              started
              taskStarted /do/0/w due +10000
            > fire
              taskCompleted /do/0/w -> {"when":"2023-11-14T22:13:30Z"}
              completed -> {"when":"2023-11-14T22:13:30Z"}
            = completed {"when":"2023-11-14T22:13:30Z"}
        "#]],
    );
}

#[test]
fn wait_until_an_instant_that_has_passed_does_not_wait() {
    check(
        r"
        do: [ { w: { wait: PT0S, metadata: { until: .when } } } ]
        ",
        r#"
        start {"when":"2020-01-01T00:00:00Z"}
        "#,
        expect![[r#"
            > start {"when":"2020-01-01T00:00:00Z"}
              started
              taskStarted /do/0/w
              taskCompleted /do/0/w -> {"when":"2020-01-01T00:00:00Z"}
              completed -> {"when":"2020-01-01T00:00:00Z"}
            = completed {"when":"2020-01-01T00:00:00Z"}
        "#]],
    );
}

#[test]
fn wait_until_something_else_faults() {
    check(
        r"
        do: [ { w: { wait: PT0S, metadata: { until: .when } } } ]
        ",
        r#"
        start {"when":5}
        "#,
        expect![[r#"
            > start {"when":5}
              started
              taskStarted /do/0/w
              taskFaulted /do/0/w ! expression 400 at /do/0/w: `metadata.until` gives number: an instant is needed
              faulted ! expression 400 at /do/0/w: `metadata.until` gives number: an instant is needed
            = faulted expression 400 at /do/0/w: `metadata.until` gives number: an instant is needed
        "#]],
    );
}

#[test]
fn a_wait_that_was_due_during_an_outage_ends_at_once() {
    check(
        r"
        do: [ { w: { wait: PT5S } } ]
        ",
        r#"
        start {}
        clock +90000
        fire
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/w due +5000
            > clock +90000
            > fire
              taskCompleted /do/0/w -> {}
              completed -> {}
            = completed {}
        "#]],
    );
}
