//! The eleven steps of the data flow, and what expressions see (FR-005).

use expect_test::expect;
use tenure_engine::execution::testing::check;

#[test]
fn the_raw_input_is_the_first_tasks_input_when_nothing_maps_it() {
    check(
        r"
        do: [ { a: { set: '${ . }' } } ]
        ",
        r#"
        start {"n":1}
        "#,
        expect![[r#"
            > start {"n":1}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"n":1}
              completed -> {"n":1}
            = completed {"n":1}
        "#]],
    );
}

#[test]
fn the_workflow_input_is_mapped_once() {
    check(
        r"
        input: { from: .order }
        do: [ { a: { set: '${ { dot: ., raw: $workflow.input } }' } } ]
        ",
        r#"
        start {"order":{"n":1}}
        "#,
        expect![[r#"
            > start {"order":{"n":1}}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"dot":{"n":1},"raw":{"order":{"n":1}}}
              completed -> {"dot":{"n":1},"raw":{"order":{"n":1}}}
            = completed {"dot":{"n":1},"raw":{"order":{"n":1}}}
        "#]],
    );
}

#[test]
fn an_input_that_does_not_fit_the_schema_is_rejected_and_nothing_is_recorded() {
    check(
        r"
        input: { schema: { document: { type: object, required: [ n ] } } }
        do: [ { a: { set: { x: 1 } } } ]
        ",
        r#"
        start {"m":1}
        start {"n":1}
        "#,
        expect![[r#"
            > start {"m":1}
              rejected: the input is not valid:  "n" is a required property
            > start {"n":1}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              completed -> {"x":1}
            = completed {"x":1}
        "#]],
    );
}

#[test]
fn a_failing_input_from_faults_the_execution() {
    check(
        r"
        input: { from: .a + 1 }
        do: [ { a: { set: { x: 1 } } } ]
        ",
        r#"
        start {"a":"text"}
        "#,
        expect![[r#"
            > start {"a":"text"}
              started
              faulted ! expression 400 at /: `input.from`: string ("text") and number (1) cannot be added
            = faulted expression 400 at /: `input.from`: string ("text") and number (1) cannot be added
        "#]],
    );
}

#[test]
fn a_task_whose_if_is_false_is_skipped_and_its_raw_input_is_its_output() {
    check(
        r"
        do:
          - a: { if: .n > 5, set: { x: 1 } }
          - b: { set: '${ { seen: . } }' }
        ",
        r#"
        start {"n":1}
        "#,
        expect![[r#"
            > start {"n":1}
              started
              taskSkipped /do/0/a
              taskStarted /do/1/b
              taskCompleted /do/1/b -> {"seen":{"n":1}}
              completed -> {"seen":{"n":1}}
            = completed {"seen":{"n":1}}
        "#]],
    );
}

#[test]
fn a_task_whose_if_is_true_runs() {
    check(
        r"
        do: [ { a: { if: .n > 5, set: { x: 1 } } } ]
        ",
        r#"
        start {"n":9}
        "#,
        expect![[r#"
            > start {"n":9}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              completed -> {"x":1}
            = completed {"x":1}
        "#]],
    );
}

#[test]
fn a_skipped_task_goes_on_with_the_next_task_whatever_its_then_says() {
    check(
        r"
        do:
          - a: { if: 'false', set: { x: 1 }, then: end }
          - b: { set: { y: 2 } }
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskSkipped /do/0/a
              taskStarted /do/1/b
              taskCompleted /do/1/b -> {"y":2}
              completed -> {"y":2}
            = completed {"y":2}
        "#]],
    );
}

#[test]
fn a_failing_if_faults_the_task_with_an_expression_error() {
    check(
        r#"
        do: [ { a: { if: '.n | error("no")', set: { x: 1 } } } ]
        "#,
        r#"
        start {"n":1}
        "#,
        expect![[r#"
            > start {"n":1}
              started
              taskStarted /do/0/a
              taskFaulted /do/0/a ! expression 400 at /do/0/a: `if`: no
              faulted ! expression 400 at /do/0/a: `if`: no
            = faulted expression 400 at /do/0/a: `if`: no
        "#]],
    );
}

#[test]
fn the_input_schema_holds_for_the_raw_input() {
    check(
        r"
        do:
          - a: { input: { schema: { document: { type: object, required: [ raw ] } }, from: '{ mapped: .raw }' }, set: '${ . }' }
        ",
        r#"
        start {"raw":1}
        "#,
        expect![[r#"
            > start {"raw":1}
              started
              taskStarted /do/0/a <- {"mapped":1}
              taskCompleted /do/0/a -> {"mapped":1}
              completed -> {"mapped":1}
            = completed {"mapped":1}
        "#]],
    );
}

#[test]
fn an_input_schema_that_refuses_faults_with_a_validation_error() {
    check(
        r"
        do:
          - a: { input: { schema: { document: { type: object, required: [ raw ] } } }, set: '${ . }' }
        ",
        r#"
        start {"other":1}
        "#,
        expect![[r#"
            > start {"other":1}
              started
              taskStarted /do/0/a
              taskFaulted /do/0/a ! validation 400 at /do/0/a: `input.schema` refuses `/`: "raw" is a required property
              faulted ! validation 400 at /do/0/a: `input.schema` refuses `/`: "raw" is a required property
            = faulted validation 400 at /do/0/a: `input.schema` refuses `/`: "raw" is a required property
        "#]],
    );
}

#[test]
fn input_from_gives_the_transformed_input_as_dot_and_as_variable() {
    check(
        r"
        do: [ { a: { input: { from: .n }, set: '${ [., $input, $task.input] }' } } ]
        ",
        r#"
        start {"n":1}
        "#,
        expect![[r#"
            > start {"n":1}
              started
              taskStarted /do/0/a <- 1
              taskCompleted /do/0/a -> [1,1,{"n":1}]
              completed -> [1,1,{"n":1}]
            = completed [1,1,{"n":1}]
        "#]],
    );
}

#[test]
fn a_failing_input_from_of_a_task_faults_it() {
    check(
        r"
        do: [ { a: { input: { from: '.n.x.y' }, set: { a: 1 } } } ]
        ",
        r#"
        start {"n":1}
        "#,
        expect![[r#"
            > start {"n":1}
              started
              taskStarted /do/0/a
              taskFaulted /do/0/a ! expression 400 at /do/0/a: `input.from`: cannot index number with "x"
              faulted ! expression 400 at /do/0/a: `input.from`: cannot index number with "x"
            = faulted expression 400 at /do/0/a: `input.from`: cannot index number with "x"
        "#]],
    );
}

#[test]
fn output_as_maps_the_raw_output() {
    check(
        r"
        do: [ { a: { set: { x: 1 }, output: { as: '.x' } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> 1
              completed -> 1
            = completed 1
        "#]],
    );
}

#[test]
fn output_as_sees_the_input_and_the_raw_output() {
    check(
        r"
        do: [ { a: { input: { from: .n }, set: { x: 1 }, output: { as: '[., $input, $task.output]' } } } ]
        ",
        r#"
        start {"n":5}
        "#,
        expect![[r#"
            > start {"n":5}
              started
              taskStarted /do/0/a <- 5
              taskCompleted /do/0/a -> [{"x":1},5,{"x":1}]
              completed -> [{"x":1},5,{"x":1}]
            = completed [{"x":1},5,{"x":1}]
        "#]],
    );
}

#[test]
fn the_output_schema_holds_for_the_mapped_output() {
    check(
        r"
        do: [ { a: { set: { x: 1 }, output: { as: .x, schema: { document: { type: number } } } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> 1
              completed -> 1
            = completed 1
        "#]],
    );
}

#[test]
fn an_output_schema_that_refuses_faults_with_a_validation_error() {
    check(
        r"
        do: [ { a: { set: { x: 1 }, output: { as: .x, schema: { document: { type: string } } } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskFaulted /do/0/a ! validation 400 at /do/0/a: `output.schema` refuses `/`: value is not of type "string"
              faulted ! validation 400 at /do/0/a: `output.schema` refuses `/`: value is not of type "string"
            = faulted validation 400 at /do/0/a: `output.schema` refuses `/`: value is not of type "string"
        "#]],
    );
}

#[test]
fn export_replaces_the_context_and_sees_the_transformed_output() {
    check(
        r"
        do:
          - a: { set: { x: 1 }, output: { as: .x }, export: { as: '{ got: ., same: $output, before: $context }' } }
          - b: { set: '${ $context }' }
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> 1 context {"got":1,"same":1,"before":{}}
              taskStarted /do/1/b
              taskCompleted /do/1/b -> {"got":1,"same":1,"before":{}}
              completed -> {"got":1,"same":1,"before":{}}
            = completed {"got":1,"same":1,"before":{}}
        "#]],
    );
}

#[test]
fn the_context_is_an_empty_object_at_first() {
    check(
        r"
        do: [ { a: { set: '${ $context }' } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {}
              completed -> {}
            = completed {}
        "#]],
    );
}

#[test]
fn a_task_without_export_keeps_the_context() {
    check(
        r"
        do:
          - a: { set: { x: 1 }, export: { as: '$context + { a: 1 }' } }
          - b: { set: { x: 2 } }
          - c: { set: '${ $context }' }
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1} context {"a":1}
              taskStarted /do/1/b
              taskCompleted /do/1/b -> {"x":2}
              taskStarted /do/2/c
              taskCompleted /do/2/c -> {"a":1}
              completed -> {"a":1}
            = completed {"a":1}
        "#]],
    );
}

#[test]
fn an_export_schema_that_refuses_faults_and_keeps_the_context() {
    check(
        r"
        do:
          - a:
              try: [ { b: { set: { x: 1 }, export: { as: '{ bad: 1 }', schema: { document: { type: object, required: [ good ] } } } } } ]
              catch: { do: [ { c: { set: '${ { context: $context, title: $error.title } }' } } ] }
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskStarted /do/0/a/try/0/b
              taskFaulted /do/0/a/try/0/b ! validation 400 at /do/0/a/try/0/b: `export.schema` refuses `/`: "good" is a required property
              errorCaught /do/0/a ! validation 400 at /do/0/a/try/0/b: `export.schema` refuses `/`: "good" is a required property
              taskStarted /do/0/a/catch/do/0/c
              taskCompleted /do/0/a/catch/do/0/c -> {"context":{},"title":"Validation Error"}
              taskCompleted /do/0/a -> {"context":{},"title":"Validation Error"}
              completed -> {"context":{},"title":"Validation Error"}
            = completed {"context":{},"title":"Validation Error"}
        "#]],
    );
}

#[test]
fn each_tasks_output_is_the_next_tasks_raw_input() {
    check(
        r"
        do:
          - a: { set: { x: 1 } }
          - b: { set: '${ .x + 1 }' }
          - c: { set: '${ . + 1 }' }
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
              taskCompleted /do/1/b -> 2
              taskStarted /do/2/c
              taskCompleted /do/2/c -> 3
              completed -> 3
            = completed 3
        "#]],
    );
}

#[test]
fn the_workflow_output_is_mapped_and_checked() {
    check(
        r"
        output: { as: '{ result: .x }', schema: { document: { type: object, required: [ result ] } } }
        do: [ { a: { set: { x: 1 } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              completed -> {"result":1}
            = completed {"result":1}
        "#]],
    );
}

#[test]
fn a_workflow_output_that_its_schema_refuses_faults_the_execution() {
    check(
        r"
        output: { schema: { document: { type: object, required: [ result ] } } }
        do: [ { a: { set: { x: 1 } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1}
              faulted ! validation 400 at /: `output.schema` refuses `/`: "result" is a required property
            = faulted validation 400 at /: `output.schema` refuses `/`: "result" is a required property
        "#]],
    );
}

#[test]
fn the_workflow_output_sees_the_context() {
    check(
        r"
        output: { as: '$context' }
        do: [ { a: { set: { x: 1 }, export: { as: '{ kept: .x }' } } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"x":1} context {"kept":1}
              completed -> {"kept":1}
            = completed {"kept":1}
        "#]],
    );
}

#[test]
fn a_composite_task_maps_its_input_and_output_around_its_list() {
    check(
        r"
        do:
          - outer:
              input: { from: .n }
              do: [ { a: { set: '${ . + 1 }' } }, { b: { set: '${ . * 10 }' } } ]
              output: { as: '{ total: . }' }
              export: { as: '{ last: .total }' }
          - after: { set: '${ [., $context] }' }
        ",
        r#"
        start {"n":1}
        "#,
        expect![[r#"
            > start {"n":1}
              started
              taskStarted /do/0/outer <- 1
              taskStarted /do/0/outer/do/0/a
              taskCompleted /do/0/outer/do/0/a -> 2
              taskStarted /do/0/outer/do/1/b
              taskCompleted /do/0/outer/do/1/b -> 20
              taskCompleted /do/0/outer -> {"total":20} context {"last":20}
              taskStarted /do/1/after
              taskCompleted /do/1/after -> [{"total":20},{"last":20}]
              completed -> [{"total":20},{"last":20}]
            = completed [{"total":20},{"last":20}]
        "#]],
    );
}

#[test]
fn branches_share_one_context_and_every_export_sees_the_one_before() {
    check(
        r"
        do:
          - both:
              fork:
                branches:
                  - a: { call: http, with: { method: get, endpoint: 'http://s/a' }, export: { as: '$context + { a: .v }' } }
                  - b: { call: http, with: { method: get, endpoint: 'http://s/b' }, export: { as: '$context + { b: .v }' } }
          - after: { set: '${ $context }' }
        ",
        r#"
        start {}
        answer /do/0/both/fork/branches/1/b 200 {"v":2}
        answer /do/0/both/fork/branches/0/a 200 {"v":1}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/both
              taskStarted /do/0/both/fork/branches/0/a
              attemptStarted /do/0/both/fork/branches/0/a#1
              taskStarted /do/0/both/fork/branches/1/b
              attemptStarted /do/0/both/fork/branches/1/b#1
            > answer /do/0/both/fork/branches/1/b 200 {"v":2}
              taskCompleted /do/0/both/fork/branches/1/b#1 -> {"v":2} context {"b":2}
            > answer /do/0/both/fork/branches/0/a 200 {"v":1}
              taskCompleted /do/0/both/fork/branches/0/a#1 -> {"v":1} context {"b":2,"a":1}
              taskCompleted /do/0/both -> [{"v":1},{"v":2}]
              taskStarted /do/1/after
              taskCompleted /do/1/after -> {"b":2,"a":1}
              completed -> {"b":2,"a":1}
            = completed {"b":2,"a":1}
        "#]],
    );
}

#[test]
fn text_in_data_is_never_an_expression() {
    check(
        r"
        do: [ { a: { set: '${ . }' } }, { b: { set: { copy: '${ .evil }' } } } ]
        ",
        r#"
        start {"evil":"${ 1 + 1 }"}
        "#,
        expect![[r#"
            > start {"evil":"${ 1 + 1 }"}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"evil":"${ 1 + 1 }"}
              taskStarted /do/1/b
              taskCompleted /do/1/b -> {"copy":"${ 1 + 1 }"}
              completed -> {"copy":"${ 1 + 1 }"}
            = completed {"copy":"${ 1 + 1 }"}
        "#]],
    );
}

#[test]
fn the_runtime_descriptor_names_the_engine() {
    check(
        r"
        do: [ { a: { set: '${ $runtime | [.name, (.version | type), .metadata] }' } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> ["tenure","string",{}]
              completed -> ["tenure","string",{}]
            = completed ["tenure","string",{}]
        "#]],
    );
}

#[test]
fn the_workflow_descriptor_has_id_definition_input_and_start() {
    check(
        r"
        do: [ { a: { set: '${ $workflow | { id, name: .definition.document.name, input, startedAt } }' } } ]
        ",
        r#"
        start {"n":1}
        "#,
        expect![[r#"
            > start {"n":1}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"id":"exe_00000000000000000000000007","name":"script","input":{"n":1},"startedAt":{"iso8601":"2023-11-14T22:13:20.000Z","epoch":{"seconds":1700000000,"milliseconds":1700000000000}}}
              completed -> {"id":"exe_00000000000000000000000007","name":"script","input":{"n":1},"startedAt":{"iso8601":"2023-11-14T22:13:20.000Z","epoch":{"seconds":1700000000,"milliseconds":1700000000000}}}
            = completed {"id":"exe_00000000000000000000000007","name":"script","input":{"n":1},"startedAt":{"iso8601":"2023-11-14T22:13:20.000Z","epoch":{"seconds":1700000000,"milliseconds":1700000000000}}}
        "#]],
    );
}

#[test]
fn the_task_descriptor_has_name_reference_definition_input_start_key_and_attempt() {
    check(
        r"
        do:
          - a: { wait: PT1S }
          - b: { input: { from: .n }, set: '${ $task | { name, reference, definition: (.definition | keys), input, startedAt: .startedAt.epoch.milliseconds, key: (.idempotencyKey | length), attempt } }' }
        ",
        r#"
        start {"n":1}
        fire
        "#,
        expect![[r#"
            > start {"n":1}
              started
              taskStarted /do/0/a due +1000
            > fire
              taskCompleted /do/0/a -> {"n":1}
              taskStarted /do/1/b <- 1
              taskCompleted /do/1/b -> {"name":"b","reference":"/do/1/b","definition":["input","set"],"input":{"n":1},"startedAt":1700000001000,"key":32,"attempt":1}
              completed -> {"name":"b","reference":"/do/1/b","definition":["input","set"],"input":{"n":1},"startedAt":1700000001000,"key":32,"attempt":1}
            = completed {"name":"b","reference":"/do/1/b","definition":["input","set"],"input":{"n":1},"startedAt":1700000001000,"key":32,"attempt":1}
        "#]],
    );
}

#[test]
fn a_payload_beyond_the_limit_faults_with_the_limits_name() {
    check(
        r"
        do:
          - grow: { set: '${ [range(0; 200000)] }' }
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/grow
              taskFaulted /do/0/grow ! expression 400 at /do/0/grow: `set`: the result of the expression is too large
              faulted ! expression 400 at /do/0/grow: `set`: the result of the expression is too large
            = faulted expression 400 at /do/0/grow: `set`: the result of the expression is too large
        "#]],
    );
}

#[test]
fn the_authorization_descriptor_is_null() {
    check(
        r"
        do: [ { a: { set: '${ { a: $authorization } }' } } ]
        ",
        r#"
        start {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/a
              taskCompleted /do/0/a -> {"a":null}
              completed -> {"a":null}
            = completed {"a":null}
        "#]],
    );
}
