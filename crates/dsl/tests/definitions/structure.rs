//! Keys, types, and the shape of tasks.

use super::{check, check_body};
use expect_test::expect;

#[test]
fn required_keys_of_the_document() {
    check(
        "{}",
        expect![[r#"
        DEF-0021 1:1  the key `document` is required
        DEF-0021 1:1  the key `do` is required
    "#]],
    );
    check(
        "document: {}\ndo: []\n",
        expect![[r#"
        DEF-0021 1:11 /document the key `dsl` is required
        DEF-0021 1:11 /document the key `namespace` is required
        DEF-0021 1:11 /document the key `name` is required
        DEF-0021 1:11 /document the key `version` is required
    "#]],
    );
}

#[test]
fn everything_wrong_is_said_at_once() {
    check(
        "\
document: { dsl: 1.0, namespace: a_b, name: '', version: one }
input: { schem: {} }
timeout: { after: 5 }
do:
  - first: { wayt: PT1S }
  - second: { set: {}, then: thrid }
  - third: { set: { x: '${ . | }' } }
",
        expect![[r#"
            DEF-0022 1:18 /document/dsl expected a text, the version of the DSL, found a number (put quotes around it)
            DEF-0031 1:34 /document/namespace `a_b` is not a DNS label (use 1 to 63 letters, digits and `-`, not starting or ending with `-`)
            DEF-0031 1:45 /document/name `` is not a DNS label (use 1 to 63 letters, digits and `-`, not starting or ending with `-`)
            DEF-0030 1:58 /document/version `one` is not a semantic version (write it like '1.0.0')
            DEF-0020 2:10 /input/schem unknown key `schem` (did you mean `schema`?)
            DEF-0022 3:19 /timeout/after expected a duration such as `PT5M` or `{ minutes: 5 }`, found a number
            DEF-0023 5:12 /do/0/first the task says nothing about what it does (did you mean `wait`?)
            DEF-0026 6:20 /do/1/second/set `set` sets nothing
            DEF-0051 6:30 /do/1/second/then no task `thrid` is in this list (did you mean `third`?)
            DEF-0040 7:32 /do/2/third/set/x syntax error: expected term, found the end
        "#]],
    );
}

#[test]
fn unknown_keys_are_refused_everywhere() {
    check_body(
        "\ntimeouts: {}\ndo: []\n",
        expect![[r#"
        DEF-0020 2:1 /timeouts unknown key `timeouts` (did you mean `timeout`?)
    "#]],
    );
    check_body(
        "\nuse: { retrys: {} }\ndo: []\n",
        expect![[r#"
        DEF-0020 2:8 /use/retrys unknown key `retrys` (did you mean `retries`?)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { wait: PT1S, when: .x }\n",
        expect![[r#"
        DEF-0020 3:22 /do/0/a/when unknown key `when` (did you mean `then`?)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { wait: PT1S, input: { form: .x } }\n",
        expect![[r#"
        DEF-0020 3:31 /do/0/a/input/form unknown key `form` (did you mean `from`?)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { for: { eech: x, in: .y }, do: [] }\n",
        expect![[r#"
        DEF-0020 3:17 /do/0/a/for/eech unknown key `eech` (did you mean `each`?)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { call: http, with: { method: GET, endpoint: 'http://x', headres: {} } }\n",
        expect![[r#"
        DEF-0020 3:65 /do/0/a/with/headres unknown key `headres` (did you mean `headers`?)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { try: [], catch: { error: {} } }\n",
        expect![[r#"
        DEF-0020 3:28 /do/0/a/catch/error unknown key `error` (did you mean `errors`?)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { raise: { error: { type: 'http://x', status: 400, titel: x } } }\n",
        expect![[r#"
        DEF-0020 3:59 /do/0/a/raise/error/titel unknown key `titel` (did you mean `title`?)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { do: [], with: {} }\n",
        expect![[r#"
        DEF-0020 3:18 /do/0/a/with unknown key `with` (the keys here are do, if, input, output, export, timeout, then, metadata)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { switch: [ { x: { wenn: .a, then: end } } ] }\n",
        expect![[r#"
        DEF-0020 3:27 /do/0/a/switch/0/x/wenn unknown key `wenn` (the keys here are when, then)
    "#]],
    );
    check_body(
        "\nuse: { retries: { r: { backoff: { exponential: { factor: 2 } } } } }\ndo: []\n",
        expect![[r#"
        DEF-0020 2:50 /use/retries/r/backoff/exponential/factor unknown key `factor`
    "#]],
    );
}

#[test]
fn wrong_types_are_refused() {
    check_body(
        "\ndo: {}\n",
        expect![[r#"
        DEF-0022 2:5 /do expected a list of tasks, found a map (start each task with `- `)
    "#]],
    );
    check_body(
        "\ndo: nothing\n",
        expect![[r#"
        DEF-0022 2:5 /do expected a list of tasks, found a text
    "#]],
    );
    check_body(
        "\ndo:\n  - a: 5\n",
        expect![[r#"
        DEF-0022 3:8 /do/0/a expected a map, found a number
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { if: true, wait: PT1S }\n",
        expect![[r#"
        DEF-0022 3:14 /do/0/a/if expected a text, an expression, found a boolean (put quotes around it)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { wait: PT1S, then: 3 }\n",
        expect![[r#"
        DEF-0022 3:28 /do/0/a/then expected a text, found a number (put quotes around it)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { wait: PT1S, then: }\n",
        expect![[r#"
        DEF-0022 3:26 /do/0/a/then expected a text, found nothing
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { fork: { branches: [], compete: maybe } }\n",
        expect![[r#"
        DEF-0026 3:28 /do/0/a/fork/branches a `fork` needs a branch
        DEF-0022 3:41 /do/0/a/fork/compete expected `true` or `false`, found a text
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { set: 5 }\n",
        expect![[r#"
        DEF-0022 3:15 /do/0/a/set expected a map or an expression, found a number
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { wait: 5 }\n",
        expect![[r#"
        DEF-0022 3:16 /do/0/a/wait expected a duration such as `PT5M` or `{ minutes: 5 }`, found a number
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { for: { in: { x: 1 } }, do: [] }\n",
        expect![[r#"
        DEF-0022 3:21 /do/0/a/for/in expected an expression or a list of maps, found a map
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { for: { in: [ 1 ] }, do: [] }\n",
        expect![[r#"
        DEF-0022 3:23 /do/0/a/for/in/0 expected a map, found a number
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { wait: PT1S, output: { as: 5 } }\n",
        expect![[r#"
        DEF-0022 3:36 /do/0/a/output/as expected an expression or a map, found a number
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { call: 5 }\n",
        expect![[r#"
        DEF-0022 3:16 /do/0/a/call expected a text, found a number (put quotes around it)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { call: http, with: { method: GET, endpoint: 5 } }\n",
        expect![[r#"
        DEF-0022 3:53 /do/0/a/with/endpoint expected a URI or a map, found a number
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { call: http, with: { method: GET, endpoint: 'http://x', query: { page: 1 } } }\n",
        expect![[r#"
        DEF-0022 3:80 /do/0/a/with/query/page expected a text, found a number (put quotes around it)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { call: http, with: { method: GET, endpoint: 'http://x', headers: x } }\n",
        expect![[r#"
        DEF-0022 3:74 /do/0/a/with/headers expected a map or an expression in `${ }`, found a text
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { raise: { error: 5 } }\n",
        expect![[r#"
        DEF-0022 3:26 /do/0/a/raise/error expected a name or a map, found a number
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { try: [], catch: [] }\n",
        expect![[r#"
        DEF-0022 3:26 /do/0/a/catch expected a map, found a list
    "#]],
    );
}

#[test]
fn item_of_a_task_list_is_a_map_with_one_key() {
    check_body(
        "\ndo:\n  - name: a\n    wait: PT1S\n",
        expect![[r#"
        DEF-0025 3:5 /do/0 a task in a list is a map with one key, its name; this one has 2 (indent what belongs to the task under its name)
    "#]],
    );
    check_body(
        "\ndo:\n  - {}\n",
        expect![[r#"
        DEF-0025 3:5 /do/0 a task in a list is a map with one key, its name; this one has 0 (indent what belongs to the task under its name)
    "#]],
    );
    check_body(
        "\ndo:\n  - just text\n",
        expect![[r#"
        DEF-0022 3:5 /do/0 expected a map with the task's name as its key, found a text
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { switch: [ { x: { then: end }, y: { then: end } } ] }\n",
        expect![[r#"
        DEF-0025 3:20 /do/0/a/switch/0 a case in a list is a map with one key, its name; this one has 2 (indent what belongs to the case under its name)
    "#]],
    );
}

#[test]
fn task_has_exactly_one_kind() {
    check_body(
        "\ndo:\n  - a: {}\n",
        expect![[r#"
        DEF-0023 3:8 /do/0/a the task says nothing about what it does (a task has one of the keys call, do, emit, for, fork, listen, raise, run, set, switch, try, wait)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { calls: http }\n",
        expect![[r#"
        DEF-0023 3:8 /do/0/a the task says nothing about what it does (did you mean `call`?)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { then: end }\n",
        expect![[r#"
        DEF-0023 3:8 /do/0/a the task says nothing about what it does (a task has one of the keys call, do, emit, for, fork, listen, raise, run, set, switch, try, wait)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { set: { x: 1 }, wait: PT1S }\n",
        expect![[r#"
        DEF-0024 3:8 /do/0/a the task says that it does several things: `set`, `wait` (make a task of each)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { call: http, do: [], try: [] }\n",
        expect![[r#"
        DEF-0024 3:8 /do/0/a the task says that it does several things: `call`, `do`, `try` (make a task of each)
    "#]],
    );
}

#[test]
fn for_with_do_is_one_kind() {
    check_body("\ndo:\n  - a: { for: { in: . }, do: [ { b: { wait: PT1S } } ] }\n", expect![[""]]);
    check_body(
        "\ndo:\n  - a: { for: { in: . }, do: [], set: { x: 1 } }\n",
        expect![[r#"
        DEF-0024 3:8 /do/0/a the task says that it does several things: `for`, `set` (make a task of each)
    "#]],
    );
}

#[test]
fn required_keys_of_tasks() {
    check_body(
        "\ndo:\n  - a: { for: {} }\n",
        expect![[r#"
        DEF-0021 3:8 /do/0/a the key `do` is required
        DEF-0021 3:15 /do/0/a/for the key `in` is required
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { try: [] }\n",
        expect![[r#"
        DEF-0021 3:8 /do/0/a the key `catch` is required
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { fork: {} }\n",
        expect![[r#"
        DEF-0021 3:16 /do/0/a/fork the key `branches` is required
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { raise: {} }\n",
        expect![[r#"
        DEF-0021 3:17 /do/0/a/raise the key `error` is required
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { raise: { error: { title: x } } }\n",
        expect![[r#"
        DEF-0021 3:26 /do/0/a/raise/error the key `type` is required
        DEF-0021 3:26 /do/0/a/raise/error the key `status` is required
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { call: http }\n",
        expect![[r#"
        DEF-0021 3:8 /do/0/a the key `with` is required
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { call: http, with: {} }\n",
        expect![[r#"
        DEF-0021 3:28 /do/0/a/with the key `method` is required
        DEF-0021 3:28 /do/0/a/with the key `endpoint` is required
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { call: http, with: { method: GET, endpoint: {} } }\n",
        expect![[r#"
        DEF-0021 3:53 /do/0/a/with/endpoint the key `uri` is required
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { switch: [ { x: {} } ] }\n",
        expect![[r#"
        DEF-0021 3:25 /do/0/a/switch/0/x the key `then` is required
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { wait: PT1S, timeout: {} }\n",
        expect![[r#"
        DEF-0021 3:31 /do/0/a/timeout the key `after` is required
    "#]],
    );
    check_body(
        "\nuse: { retries: { r: { jitter: { from: PT1S } } } }\ndo: []\n",
        expect![[r#"
        DEF-0021 2:32 /use/retries/r/jitter the key `to` is required
    "#]],
    );
}

#[test]
fn what_needs_content_is_not_empty() {
    check_body(
        "\ndo:\n  - a: { set: {} }\n",
        expect![[r#"
        DEF-0026 3:15 /do/0/a/set `set` sets nothing
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { switch: [] }\n",
        expect![[r#"
        DEF-0026 3:18 /do/0/a/switch a `switch` needs a case
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { fork: { branches: [] } }\n",
        expect![[r#"
        DEF-0026 3:28 /do/0/a/fork/branches a `fork` needs a branch
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { wait: PT1S, metadata: { compensate: { do: [] } } }\n",
        expect![[r#"
        DEF-0026 3:52 /do/0/a/metadata/compensate/do a compensation needs a task
    "#]],
    );
}

#[test]
fn empty_task_lists_are_taken() {
    check_body("\ndo: []\n", expect![[""]]);
    check_body("\ndo:\n  - a: { try: [], catch: { do: [] } }\n", expect![[""]]);
}

#[test]
fn words_are_known() {
    check_body(
        "\nevaluate: { mode: lose }\ndo: []\n",
        expect![[r#"
        DEF-0027 2:19 /evaluate/mode `lose` is not allowed here (did you mean `loose`?)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { call: http, with: { method: GET, endpoint: 'http://x', output: body } }\n",
        expect![[r#"
        DEF-0027 3:73 /do/0/a/with/output `body` is not allowed here (it is one of content, raw, response)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { call: http, with: { method: GET, endpoint: 'http://x' }, metadata: { effect: { mode: at-most-once } } }\n",
        expect![[r#"
        DEF-0027 3:95 /do/0/a/metadata/effect/mode `at-most-once` is not allowed here (did you mean `at_most_once`?)
    "#]],
    );
}

#[test]
fn exactly_one_of_several_keys() {
    check_body(
        "\nuse: { retries: { r: { backoff: {} } } }\ndo: []\n",
        expect![[r#"
        DEF-0028 2:33 /use/retries/r/backoff one of the keys `constant`, `exponential`, `linear` is required
    "#]],
    );
    check_body(
        "\nuse: { retries: { r: { backoff: { linear: {}, constant: {} } } } }\ndo: []\n",
        expect![[r#"
        DEF-0028 2:33 /use/retries/r/backoff only one of the keys `constant`, `linear` is allowed
    "#]],
    );
    check_body(
        "\ninput: { schema: {} }\ndo: []\n",
        expect![[r#"
        DEF-0028 2:18 /input/schema one of the keys `document`, `resource` is required
    "#]],
    );
    check_body(
        "\ninput: { schema: { document: {}, resource: { endpoint: 'http://x' } } }\ndo: []\n",
        expect![[r#"
        DEF-0028 2:18 /input/schema only one of the keys `document`, `resource` is allowed
    "#]],
    );
}

#[test]
fn names_are_usable() {
    check_body(
        "\ndo:\n  - '': { wait: PT1S }\n",
        expect![[r#"
        DEF-0045 3:5 /do/0/ a name cannot be empty
    "#]],
    );
    check_body(
        "\ndo:\n  - \"a\\tb\": { wait: PT1S }\n",
        expect![[r#"
        DEF-0045 3:5 /do/0/a	b a name cannot have control characters
    "#]],
    );
    check_body(
        "\ndo:\n  - exit: { wait: PT1S }\n",
        expect![[r#"
        DEF-0045 3:5 /do/0/exit a task cannot be called `exit` (it is a word of `then`)
    "#]],
    );
    check_body(
        &format!("\ndo:\n  - {}: {{ wait: PT1S }}\n", "x".repeat(256)),
        expect![[r#"
        DEF-0045 3:5 /do/0/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx a name has at most 255 characters
    "#]],
    );
}

#[test]
fn names_with_slashes_are_escaped_in_pointers() {
    check_body(
        "\ndo:\n  - a/b~c: { wait: PT }\n",
        expect![[r#"
        DEF-0033 3:20 /do/0/a~1b~0c/wait `PT` is not an ISO 8601 duration (write it like `PT30S`, `PT5M`, `PT2H` or `P1DT12H`)
    "#]],
    );
}
