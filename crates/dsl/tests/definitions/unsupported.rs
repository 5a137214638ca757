//! What is refused because the engine does not run it yet.

use super::{HEADER, check_body};
use expect_test::expect;

fn task(rest: &str) -> String {
    format!("\ndo:\n  - a: {{ {rest} }}\n")
}

#[test]
fn kinds_of_tasks() {
    check_body(
        &task("run: { container: { image: x } }"),
        expect![[r#"
        DEF-0102 3:17 /do/0/a/run/container `run.container` is not supported yet: no adapter runs containers (use `call: http` for a service that runs them)
    "#]],
    );
    check_body(
        &task("run: { script: { language: python, code: x } }"),
        expect![[r#"
        DEF-0102 3:37 /do/0/a/run/script/language scripts in `python` are not supported (use `javascript`)
    "#]],
    );
}

#[test]
fn unsupported_kinds_are_still_checked() {
    check_body(
        &task("run: { shell: {}, script: {} }"),
        expect![[r#"
        DEF-0028 3:15 /do/0/a/run only one of the keys `script`, `shell` is allowed
    "#]],
    );
    check_body(
        &task("run: { container: { image: x, lifetime: { cleanup: eventually } } }"),
        expect![[r#"
            DEF-0102 3:17 /do/0/a/run/container `run.container` is not supported yet: no adapter runs containers (use `call: http` for a service that runs them)
            DEF-0028 3:50 /do/0/a/run/container/lifetime `after` goes with `cleanup: eventually`, and only with it
        "#]],
    );
    check_body(
        &task("call: asyncapi, with: { document: { endpoint: 'http://x' }, protocol: smtp }"),
        expect![[r#"
        DEF-0028 3:32 /do/0/a/with one of the keys `channel`, `operation` is required
        DEF-0028 3:32 /do/0/a/with one of the keys `message`, `subscription` is required
        DEF-0027 3:80 /do/0/a/with/protocol `smtp` is not allowed here (it is one of http, amqp, amqp1, anypointmq, googlepubsub, ibmmq, jms, kafka, mercure, mqtt, mqtt5, nats, pulsar, redis, sns, solace, sqs, stomp, ws)
    "#]],
    );
    check_body(
        &task("call: mcp, with: { method: tools/run, transport: {} }"),
        expect![[r#"
        DEF-0027 3:37 /do/0/a/with/method `tools/run` is not allowed here (it is one of tools/list, tools/call, prompts/list, prompts/get, resources/list, resources/read, resources/templates/list)
        DEF-0028 3:59 /do/0/a/with/transport one of the keys `http`, `stdio` is required
    "#]],
    );
    check_body(
        "\nuse: { authentications: { a: { basic: { username: x } } } }\ndo: []\n",
        expect![[r#"
        DEF-0021 2:39 /use/authentications/a/basic the key `password` is required
    "#]],
    );
    check_body(
        "\nschedule: { read: data }\ndo: []\n",
        expect![[r#"
        DEF-0021 2:13 /schedule/read `read` needs `on`
    "#]],
    );
}

#[test]
fn schedules() {
    check_body(
        "\nschedule: { every: PT1H }\ndo: []\n",
        expect![[r#"
        DEF-0105 2:13 /schedule/every `schedule.every` is not supported yet
    "#]],
    );
    check_body(
        "\nschedule: { cron: '0 0 * * *', after: PT1H, on: { one: { with: { type: x } } }, read: envelope }\ndo: []\n",
        expect![[r#"
        DEF-0105 2:13 /schedule/cron `schedule.cron` is not supported yet
        DEF-0105 2:32 /schedule/after `schedule.after` is not supported yet
    "#]],
    );
}

#[test]
fn declarations() {
    check_body(
        "
use:
  authentications: { a: { bearer: { token: x } } }
  catalogs: { c: { endpoint: { uri: 'http://x', authentication: { basic: { username: a, password: b } } } } }
  extensions: [ { e: { extend: all } } ]
  functions: { f: { wait: PT1S } }
  secrets: [ s ]
do: []
",
        expect![[r#"
            DEF-0111 4:49 /use/catalogs/c/endpoint/authentication the authentication of a catalog is not supported yet
        "#]],
    );
}

#[test]
fn empty_declarations_are_taken() {
    check_body(
        "\nuse: { authentications: {}, catalogs: {}, extensions: [], functions: {}, secrets: [] }\ndo: []\n",
        expect![[""]],
    );
}

#[test]
fn schemas_elsewhere() {
    check_body(
        "\ninput: { schema: { resource: { endpoint: 'http://x' } } }\ndo: []\n",
        expect![[r#"
        DEF-0118 2:20 /input/schema/resource a schema outside of the definition is not supported yet (write the schema under `document`)
    "#]],
    );
    check_body(
        &task("wait: PT1S, export: { schema: { resource: { endpoint: 'http://x' } } }"),
        expect![[r#"
        DEF-0118 3:42 /do/0/a/export/schema/resource a schema outside of the definition is not supported yet (write the schema under `document`)
    "#]],
    );
}

#[test]
fn languages() {
    check_body(
        "\nevaluate: { language: js }\ndo: []\n",
        expect![[r#"
        DEF-0119 2:23 /evaluate/language the expression language `js` is not supported yet (use `jq`)
    "#]],
    );
    check_body("\nevaluate: { language: jq }\ndo: []\n", expect![[""]]);
}

#[test]
fn every_refusal_says_so() {
    let text = format!(
        "{HEADER}\nschedule: {{ every: PT1H }}\ndo:\n  - a: {{ run: {{ container: {{ image: alpine }} }} }}\n"
    );
    let found = tenure_dsl::check(&text);
    assert_eq!(found.len(), 2);
    assert!(
        found
            .iter()
            .all(|one| one.message.contains("is not supported yet") && one.code.as_str() >= "DEF-0100")
    );
}
