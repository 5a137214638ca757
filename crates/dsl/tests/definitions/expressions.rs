//! Expressions: where they break, and which variables they may name.

use super::check_body;
use expect_test::expect;

fn task(rest: &str) -> String {
    format!("\ndo:\n  - a: {{ {rest} }}\n")
}

#[test]
fn expression_positions_take_both_forms() {
    check_body(&task("if: .x, wait: PT1S"), expect![[""]]);
    check_body(&task("if: '${ .x }', wait: PT1S"), expect![[""]]);
    check_body(
        &task("wait: PT1S, input: { from: .x }, output: { as: '${ .y }' }, export: { as: { z: '${ .z }' } }"),
        expect![[""]],
    );
    check_body(&task("for: { in: '${ .x }' }, while: .y, do: []"), expect![[""]]);
}

#[test]
fn broken_expressions_are_located_in_the_text() {
    check_body(
        &task("if: .x +, wait: PT1S"),
        expect![[r#"
        DEF-0040 3:18 /do/0/a/if syntax error: expected term, found the end
    "#]],
    );
    check_body(
        &task("if: '.x | foo', wait: PT1S"),
        expect![[r#"
        DEF-0040 3:20 /do/0/a/if unknown function `foo/0` (did you mean `floor`?)
    "#]],
    );
    check_body(
        &task("set: { x: 'Hello ${ .a | nofn } and' }"),
        expect![[r#"
        DEF-0040 3:35 /do/0/a/set/x unknown function `nofn/0`
    "#]],
    );
    check_body(
        &task("set: { x: { y: [ 1, '${ .a + }' ] } }"),
        expect![[r#"
        DEF-0040 3:39 /do/0/a/set/x/y/1 syntax error: expected term, found the end
    "#]],
    );
    check_body(
        "\ndo:\n  - a:\n      set:\n        x: |\n          ${ .a + }\n",
        expect![[r#"
        DEF-0040 6:11 /do/0/a/set/x syntax error: expected term, found the end
    "#]],
    );
    check_body(
        &task("set: { x: '${ .a' }"),
        expect![[r#"
        DEF-0040 3:21 /do/0/a/set/x `${` is never closed (every `${` needs its `}`)
    "#]],
    );
    check_body(
        &task("if: '', wait: PT1S"),
        expect![[r#"
        DEF-0040 3:14 /do/0/a/if the expression is empty
    "#]],
    );
    check_body(
        &task("if: '${ }', wait: PT1S"),
        expect![[r#"
        DEF-0040 3:18 /do/0/a/if syntax error: expected term, found the end
    "#]],
    );
}

#[test]
fn every_broken_expression_of_a_value_is_reported() {
    check_body(
        &task("set: { x: '${ .a + }', y: ok, z: [ '${ | }' ] }"),
        expect![[r#"
        DEF-0040 3:29 /do/0/a/set/x syntax error: expected term, found the end
        DEF-0040 3:49 /do/0/a/set/z/0 syntax error: expected term, found `|`
    "#]],
    );
}

#[test]
fn expressions_of_every_task_are_compiled() {
    check_body(
        &task("for: { in: '.x +' }, while: '.y +', do: []"),
        expect![[r#"
        DEF-0040 3:26 /do/0/a/for/in syntax error: expected term, found the end
        DEF-0040 3:43 /do/0/a/while syntax error: expected term, found the end
    "#]],
    );
    check_body(
        &task("switch: [ { x: { when: '.a +', then: end } } ]"),
        expect![[r#"
        DEF-0040 3:38 /do/0/a/switch/0/x/when syntax error: expected term, found the end
    "#]],
    );
    check_body(
        &task(
            "try: [], catch: { when: '.a +', exceptWhen: '.b +', retry: { when: '.c +', delay: '${ .d + }' } }",
        ),
        expect![[r#"
        DEF-0040 3:39 /do/0/a/catch/when syntax error: expected term, found the end
        DEF-0040 3:59 /do/0/a/catch/exceptWhen syntax error: expected term, found the end
        DEF-0040 3:82 /do/0/a/catch/retry/when syntax error: expected term, found the end
        DEF-0040 3:101 /do/0/a/catch/retry/delay syntax error: expected term, found the end
    "#]],
    );
    check_body(
        &task("raise: { error: { type: 'http://x', status: 500, title: '${ .a + }', detail: '${ .b + }' } }"),
        expect![[r#"
        DEF-0040 3:75 /do/0/a/raise/error/title syntax error: expected term, found the end
        DEF-0040 3:96 /do/0/a/raise/error/detail syntax error: expected term, found the end
    "#]],
    );
    check_body(
        &task("wait: '${ .a + }'"),
        expect![[r#"
        DEF-0040 3:25 /do/0/a/wait syntax error: expected term, found the end
    "#]],
    );
    check_body(
        &task(
            "call: http, with: { method: GET, endpoint: 'http://x', headers: { X-A: '${ .a + }' }, query: { q: '${ .b + }' }, body: { c: '${ .c + }' } }",
        ),
        expect![[r#"
        DEF-0040 3:90 /do/0/a/with/headers/X-A syntax error: expected term, found the end
        DEF-0040 3:117 /do/0/a/with/query/q syntax error: expected term, found the end
        DEF-0040 3:143 /do/0/a/with/body/c syntax error: expected term, found the end
    "#]],
    );
    check_body(
        &task("wait: PT1S, timeout: { after: '${ .a + }' }"),
        expect![[r#"
        DEF-0040 3:49 /do/0/a/timeout/after syntax error: expected term, found the end
    "#]],
    );
    check_body(
        &task("wait: PT1S, metadata: { compensate: { when: '.a +', do: [ { b: { set: '${ .b + }' } } ] } }"),
        expect![[r#"
        DEF-0040 3:59 /do/0/a/metadata/compensate/when syntax error: expected term, found the end
        DEF-0040 3:89 /do/0/a/metadata/compensate/do/0/b/set syntax error: expected term, found the end
    "#]],
    );
    check_body(
        "\ninput: { from: '.a +' }\noutput: { as: { x: '${ .b + }' } }\ntimeout: { after: '${ .c + }' }\ndo: []\n",
        expect![[r#"
        DEF-0040 2:21 /input/from syntax error: expected term, found the end
        DEF-0040 3:29 /output/as/x syntax error: expected term, found the end
        DEF-0040 4:28 /timeout/after syntax error: expected term, found the end
    "#]],
    );
}

#[test]
fn unused_declarations_are_compiled() {
    check_body(
        "\nuse:\n  retries: { r: { when: '.a +' } }\n  errors: { e: { type: 'http://x', status: 500, detail: '${ .b + }' } }\ndo: []\n",
        expect![[r#"
        DEF-0040 3:30 /use/retries/r/when syntax error: expected term, found the end
        DEF-0040 4:66 /use/errors/e/detail syntax error: expected term, found the end
    "#]],
    );
}

#[test]
fn shared_declaration_is_reported_once() {
    check_body(
        "\nuse: { retries: { r: { when: '.a +' } } }\ndo:\n  - a: { try: [], catch: { retry: r } }\n  - b: { try: [], catch: { retry: r } }\n",
        expect![[r#"
            DEF-0040 2:35 /use/retries/r/when syntax error: expected term, found the end
        "#]],
    );
}

#[test]
fn retry_policy_sees_the_variable_of_the_catch_that_uses_it() {
    check_body(
        "\nuse: { retries: { r: { when: '$err.status == 503' } } }\ndo:\n  - a: { try: [], catch: { as: err, retry: r } }\n",
        expect![[""]],
    );
    check_body(
        "\nuse: { retries: { r: { when: '$err.status == 503' } } }\ndo:\n  - a: { try: [], catch: { retry: r } }\n",
        expect![[r#"
        DEF-0040 2:31 /use/retries/r/when unknown variable `$err` (did you mean `$error`?)
    "#]],
    );
}

#[test]
fn variables_of_the_workflow_input() {
    check_body("\ninput: { from: '$workflow.id + $runtime.name' }\ndo: []\n", expect![[""]]);
    check_body(
        "\ninput: { from: '$context + $input + $output + $task' }\ndo: []\n",
        expect![[r#"
        DEF-0041 2:17 /input/from `$context` has no value before the first task
        DEF-0041 2:28 /input/from `$input` has no value before the first task
        DEF-0041 2:37 /input/from `$output` has no value before the first task
        DEF-0041 2:47 /input/from `$task` has no value before the first task
    "#]],
    );
}

#[test]
fn variables_of_the_workflow_output() {
    check_body("\noutput: { as: '$context' }\ndo: []\n", expect![[""]]);
    check_body(
        "\noutput: { as: '{ a: $input, b: $output, c: $task, d: $authorization }' }\ndo: []\n",
        expect![[r#"
        DEF-0041 2:21 /output/as `$input` has no value after the last task
        DEF-0041 2:32 /output/as `$output` has no value after the last task
        DEF-0041 2:44 /output/as `$task` has no value after the last task
        DEF-0041 2:54 /output/as `$authorization` has no value after the last task
    "#]],
    );
}

#[test]
fn variables_of_a_guard() {
    check_body(&task("if: '$context.a and $task.name and $workflow.id', wait: PT1S"), expect![[""]]);
    check_body(
        &task("if: '$output.a', wait: PT1S"),
        expect![[r#"
        DEF-0041 3:15 /do/0/a/if `$output` has no value before the task has its input
    "#]],
    );
    check_body(
        &task("if: '$input.a', wait: PT1S"),
        expect![[r#"
        DEF-0041 3:15 /do/0/a/if `$input` has no value before the task has its input (use `.` for the input that comes in)
    "#]],
    );
    check_body(
        &task("wait: PT1S, input: { from: { x: '${ $input.a }' } }"),
        expect![[r#"
        DEF-0041 3:46 /do/0/a/input/from/x `$input` has no value before the task has its input (use `.` for the input that comes in)
    "#]],
    );
}

#[test]
fn variables_of_a_definition() {
    check_body(&task("set: { x: '${ $input.a + $context.b + $authorization.scheme }' }"), expect![[""]]);
    check_body(
        &task("set: { x: '${ $output.a }' }"),
        expect![[r#"
        DEF-0041 3:24 /do/0/a/set/x `$output` has no value before the task has its output (use `.` in `output.as`)
    "#]],
    );
    check_body(
        &task("wait: PT1S, output: { as: $output }"),
        expect![[r#"
        DEF-0041 3:36 /do/0/a/output/as `$output` has no value before the task has its output (use `.` in `output.as`)
    "#]],
    );
}

#[test]
fn variables_of_an_export() {
    check_body(&task("wait: PT1S, export: { as: '$context + { a: $output, b: $input }' }"), expect![[""]]);
    check_body(
        &task("wait: PT1S, export: { as: $compensation }"),
        expect![[r#"
        DEF-0041 3:36 /do/0/a/export/as `$compensation` has a value only in a compensation
    "#]],
    );
}

#[test]
fn variables_that_nobody_knows() {
    check_body(
        &task("if: $contxt, wait: PT1S"),
        expect![[r#"
        DEF-0040 3:14 /do/0/a/if unknown variable `$contxt` (did you mean `$context`?)
    "#]],
    );
}

#[test]
fn variables_of_a_loop_live_in_its_body() {
    check_body(
        "
do:
  - outer:
      for: { each: order, at: i, in: .orders }
      while: $order.open and $i < 5
      do:
        - inner:
            for: { in: $order.lines }
            do:
              - put: { set: { x: '${ [ $order, $i, $item, $index ] }' } }
      output: { as: . }
",
        expect![[""]],
    );
    check_body(
        &task("for: { each: order, in: $order }, do: []"),
        expect![[r#"
        DEF-0040 3:34 /do/0/a/for/in unknown variable `$order`
    "#]],
    );
    check_body(
        &task("for: { each: order, in: . }, do: [], output: { as: $order }"),
        expect![[r#"
        DEF-0040 3:61 /do/0/a/output/as unknown variable `$order`
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { for: { each: order, in: . }, do: [] }\n  - b: { set: { x: '${ $order }' } }\n",
        expect![[r#"
        DEF-0040 4:24 /do/1/b/set/x unknown variable `$order`
    "#]],
    );
}

#[test]
fn variable_of_a_catch_lives_in_the_catch() {
    check_body(
        &task(
            "try: [], catch: { as: err, when: $err.status, exceptWhen: $err.title, retry: { when: $err.detail }, do: [ { b: { set: { x: '${ $err }' } } } ] }",
        ),
        expect![[""]],
    );
    check_body(&task("try: [], catch: { when: $error.status }"), expect![[""]]);
    check_body(
        &task("try: [], catch: { as: err, when: $error.status }"),
        expect![[r#"
        DEF-0041 3:43 /do/0/a/catch/when `$error` has a value only in a `catch`, under the name of its `as`
    "#]],
    );
    check_body(
        &task("try: [ { b: { set: { x: '${ $error }' } } } ], catch: {}"),
        expect![[r#"
        DEF-0041 3:38 /do/0/a/try/0/b/set/x `$error` has a value only in a `catch`, under the name of its `as`
    "#]],
    );
    check_body(
        &task("set: { x: '${ $error }' }"),
        expect![[r#"
        DEF-0041 3:24 /do/0/a/set/x `$error` has a value only in a `catch`, under the name of its `as`
    "#]],
    );
}

#[test]
fn variables_of_a_compensation() {
    check_body(
        &task(
            "wait: PT1S, metadata: { compensate: { when: '$output.id and $input.a and $error and $compensation.reason', do: [ { b: { if: $output.id, set: { x: '${ [ $output, $input, $error, $compensation.idempotencyKey ] }' } } } ] } }",
        ),
        expect![[""]],
    );
    check_body(
        &task("set: { x: '${ $compensation }' }"),
        expect![[r#"
        DEF-0041 3:24 /do/0/a/set/x `$compensation` has a value only in a compensation
    "#]],
    );
}

#[test]
fn compensation_keeps_the_variables_of_loops_and_no_others() {
    check_body(
        "
do:
  - a:
      for: { each: node, in: . }
      do:
        - b:
            wait: PT1S
            metadata: { compensate: { do: [ { c: { set: { x: '${ $node }' } } } ] } }
  - d:
      try: []
      catch:
        as: err
        do:
          - e:
              wait: PT1S
              metadata: { compensate: { do: [ { f: { set: { x: '${ $err }' } } } ] } }
",
        expect![[r#"
            DEF-0040 16:68 /do/1/d/catch/do/0/e/metadata/compensate/do/0/f/set/x unknown variable `$err` (did you mean `$error`?)
        "#]],
    );
}

#[test]
fn loose_mode_takes_every_text() {
    check_body(
        "\nevaluate: { mode: loose }\ndo:\n  - a: { set: { x: .a, y: 'not jq at all', z: '.b +' } }\n",
        expect![[""]],
    );
    check_body(
        "\nevaluate: { mode: loose }\ndo:\n  - a: { if: '.b +', wait: PT1S }\n",
        expect![[r#"
        DEF-0040 4:19 /do/0/a/if syntax error: expected term, found the end
    "#]],
    );
}
