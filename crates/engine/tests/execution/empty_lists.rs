//! Lists without a task: valid, and nothing happens in them.

use expect_test::expect;
use tenure_engine::execution::testing::{Run, check};

#[test]
fn a_definition_without_a_task_completes_with_its_input() {
    check(
        r#"
        do: []
        "#,
        r#"
        start {"x":1}
        "#,
        expect![[r#"
            > start {"x":1}
              started
              completed -> {"x":1}
            = completed {"x":1}
        "#]],
    );
}

#[test]
fn empty_lists_pass_their_input_on() {
    check(
        r#"
        do:
          - a: { do: [] }
          - b: { for: { in: '[1, 2, 3]' }, do: [] }
          - c: { try: [], catch: { do: [] } }
          - d: { try: [ { bad: { raise: { error: { type: 'https://e/x', status: 500 } } } } ], catch: { do: [] } }
        "#,
        r#"
        start {"x":1}
        "#,
        expect![[r#"
            > start {"x":1}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              taskStarted /do/1/b
              iterationStarted /do/1/b 0
              iterationStarted /do/1/b 1
              iterationStarted /do/1/b 2
              taskCompleted /do/1/b -> {"x":1}
              taskStarted /do/2/c
              taskCompleted /do/2/c -> {"x":1}
              taskStarted /do/3/d
              taskStarted /do/3/d/try/0/bad
              taskFaulted /do/3/d/try/0/bad ! https://e/x 500 at /do/3/d/try/0/bad
              errorCaught /do/3/d ! https://e/x 500 at /do/3/d/try/0/bad
              taskCompleted /do/3/d -> {"x":1}
              completed -> {"x":1}
            = completed {"x":1}
        "#]],
    );
}

#[test]
fn an_empty_list_in_every_iteration_gives_as_many_outputs() {
    check(
        r#"
        do:
          - b: { for: { in: '[1, 2, 3]' }, do: [], metadata: { concurrency: 2 } }
        "#,
        r#"
        start 5
        "#,
        expect![[r#"
            > start 5
              started
              taskStarted /do/0/b
              iterationStarted /do/0/b 0
              iterationStarted /do/0/b 1
              iterationEnded /do/0/b[0]
              iterationStarted /do/0/b 2
              iterationEnded /do/0/b[1]
              iterationEnded /do/0/b[2]
              taskCompleted /do/0/b -> [5,5,5]
              completed -> [5,5,5]
            = completed [5,5,5]
        "#]],
    );
}

#[test]
fn a_long_loop_over_an_empty_list_does_not_exhaust_the_stack() {
    let mut run = Run::new("do: [ { b: { for: { in: '[range(10000)]' }, do: [] } } ]");
    run.line("start 1");
    assert_eq!(run.execution().status().to_string(), "completed");
}
