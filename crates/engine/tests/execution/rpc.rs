//! `call: mcp` and `call: a2a`: the request, and what replies mean.

use expect_test::expect;
use tenure_engine::execution::testing::{Run, check, check_with};

const TOOL: &str = r"
do: [ { t: { call: mcp, with: { method: tools/call, parameters: { name: add, arguments: '${ . }' }, timeout: PT5S, transport: { http: { endpoint: 'http://s/mcp', headers: { X-Key: '${ .k }' } } } } } } ]
";

#[test]
fn a_tool_is_called_at_most_once_within_its_timeout() {
    check(
        TOOL,
        r#"
        start {"k":"v"}
        show /do/0/t
        answer-json /do/0/t 200 {"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"3"}]}}
        "#,
        expect![[r#"
            > start {"k":"v"}
              started
              taskStarted /do/0/t
              attemptStarted /do/0/t#1
            > show /do/0/t
              tools/call http://s/mcp [X-Key: v] {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","arguments":{"k":"v"}}} key=a514da7b mode=AtMostOnce send-by=+5000 deadline=+5000
            > answer-json /do/0/t 200 {"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"3"}]}}
              taskCompleted /do/0/t#1 -> {"content":[{"type":"text","text":"3"}]}
              completed -> {"content":[{"type":"text","text":"3"}]}
            = completed {"content":[{"type":"text","text":"3"}]}
        "#]],
    );
}

/// P3
#[test]
fn a_tool_whose_answer_is_lost_is_uncertain_and_a_list_is_asked_again() {
    check(
        TOOL,
        r"
        start {}
        unknown /do/0/t
        ",
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/t
              attemptStarted /do/0/t#1
            > unknown /do/0/t
              taskUncertain /do/0/t#1 reset: gone
            = suspended
        "#]],
    );
    let mut run = Run::new(
        "do: [ { t: { call: mcp, with: { method: tools/list, transport: { http: { endpoint: 'http://s/mcp' } } } } } ]",
    );
    run.line("start {}");
    run.line("unknown /do/0/t");
    assert!(run.report().contains("taskRetried /do/0/t#1"), "{}", run.report());
}

#[test]
fn errors_become_faults_of_the_type_that_fits() {
    for (status, body, expected) in [
        (
            200,
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no such tool","data":{"name":"add"}}}"#,
            "validation 400 at /do/0/t: tools/call was answered with error -32602: no such tool ({\"name\":\"add\"})",
        ),
        (
            200,
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no"}}"#,
            "communication 501 at /do/0/t: tools/call was answered with error -32601: no",
        ),
        (
            200,
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"busy"}}"#,
            "communication 500 at /do/0/t: tools/call was answered with error -32000: busy",
        ),
        (
            400,
            r#"{"jsonrpc":"2.0","id":0,"error":{"code":-32600,"message":"bad"}}"#,
            "configuration 400 at /do/0/t: tools/call was answered with error -32600: bad",
        ),
        (
            200,
            r#"{"jsonrpc":"2.0","id":1,"result":{"isError":true,"content":[{"type":"text","text":"overflow"}]}}"#,
            "runtime 500 at /do/0/t: the tool failed: overflow",
        ),
        (404, "gone", "communication 404 at /do/0/t: POST http://s/mcp was answered with status 404: gone"),
        (200, "[]", "communication 502 at /do/0/t: tools/call was answered without a JSON-RPC reply"),
    ] {
        let mut run = Run::new(TOOL);
        run.line("start {}");
        run.line(&format!("answer /do/0/t {status} {body}"));
        let report = run.report();
        assert!(report.contains(&format!("= faulted {expected}")), "{expected}\n{report}");
    }
}

#[test]
fn parameters_that_are_no_object_fault() {
    let mut run = Run::new(
        "do: [ { t: { call: a2a, with: { method: tasks/get, server: 'http://s', parameters: '${ [1] }' } } } ]",
    );
    run.line("start {}");
    let report = run.report();
    assert!(
        report.contains("expression 400 at /do/0/t: `with.parameters` gives array: an object is needed"),
        "{report}"
    );
}

#[test]
fn an_agent_is_called_where_its_card_says() {
    check_with(
        &[("https://agent.example/card.json", r#"{"name":"a","url":"https://agent.example/rpc"}"#)],
        r"
        do: [ { t: { call: a2a, with: { method: message/send, agentCard: { endpoint: 'https://agent.example/card.json' }, parameters: { message: { role: user, parts: [ { kind: text, text: '${ .q }' } ] } } } } } ]
        ",
        r#"
        start {"q":"hi"}
        show /do/0/t
        answer-json /do/0/t 200 {"jsonrpc":"2.0","id":1,"error":{"code":-32001,"message":"no such task"}}
        "#,
        expect![[r#"
            > start {"q":"hi"}
              started
              taskStarted /do/0/t
              attemptStarted /do/0/t#1
            > show /do/0/t
              message/send https://agent.example/rpc [] {"jsonrpc":"2.0","id":1,"method":"message/send","params":{"message":{"role":"user","parts":[{"kind":"text","text":"hi"}]}}} key=a514da7b mode=AtMostOnce send-by=+30000 deadline=+600000
            > answer-json /do/0/t 200 {"jsonrpc":"2.0","id":1,"error":{"code":-32001,"message":"no such task"}}
              taskFaulted /do/0/t#1 ! communication 404 at /do/0/t: message/send was answered with error -32001: no such task
              faulted ! communication 404 at /do/0/t: message/send was answered with error -32001: no such task
            = faulted communication 404 at /do/0/t: message/send was answered with error -32001: no such task
        "#]],
    );
}
