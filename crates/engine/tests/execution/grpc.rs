//! `call: grpc`: the message, and what answers mean.

use tenure_dsl::program::Mode;
use tenure_engine::execution::testing::Run;
use tenure_engine::execution::{Answer, CallOutcome, Input, Request};

const AT: &str = "https://docs.example/orders.proto";
const ORDERS: &str = r#"
syntax = "proto3";
package demo.v1;
message Order { string id = 1; int32 total = 2; }
service Orders {
  rpc Get(Order) returns (Order) { option idempotency_level = NO_SIDE_EFFECTS; }
  rpc Put(Order) returns (Order);
}
"#;

fn run(method: &str, port: &str) -> Run {
    let text = format!(
        "do: [ {{ c: {{ call: grpc, with: {{ proto: {{ endpoint: '{AT}' }}, service: {{ name: Orders, host: orders.example{port} }}, \
         method: {method}, arguments: {{ id: '${{ .id }}', total: 7 }} }} }} }} ]"
    );
    let mut run = Run::with(&[(AT, ORDERS)], &text);
    run.line(r#"start {"id":"A"}"#);
    run
}

/// `id: "A"`, `total: 7`
const MESSAGE: [u8; 10] = [0, 0, 0, 0, 5, 10, 1, b'A', 16, 7];

fn answer(run: &mut Run, headers: &[(&str, &str)], body: &[u8]) {
    let call = run.call("/do/0/c").clone();
    let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let answer = Answer { status: 200, headers, body: body.to_vec(), truncated: false };
    let outcome = CallOutcome::Answered(answer);
    run.feed(Input::CallFinished { frame: call.frame, attempt: call.attempt, outcome });
}

#[test]
fn the_message_is_encoded_once_and_the_answer_decoded() {
    let mut run = run("Put", ", port: 50051");
    let call = run.call("/do/0/c");
    let Request::Grpc(request) = &call.request else { panic!("{call:?}") };
    assert_eq!((&*request.server, &*request.path), ("http://orders.example:50051", "/demo.v1.Orders/Put"));
    assert_eq!((&request.message[..], call.mode), (&MESSAGE[..], Mode::AtMostOnce));
    answer(&mut run, &[("grpc-status", "0")], &[0, 0, 0, 0, 3, 10, 1, b'B']);
    assert!(run.report().contains("= completed {\"id\":\"B\",\"total\":0}"), "{}", run.report());
}

#[test]
fn a_method_without_side_effects_is_repeated_and_port_443_speaks_tls() {
    let run = run("Get", "");
    let call = run.call("/do/0/c");
    let Request::Grpc(request) = &call.request else { panic!("{call:?}") };
    assert_eq!((&*request.server, call.mode), ("https://orders.example:443", Mode::AtLeastOnce));
}

#[test]
fn a_status_becomes_the_error_that_fits() {
    for (status, expected) in [
        (
            "3",
            "validation 400 at /do/0/c: /demo.v1.Orders/Put was answered with INVALID_ARGUMENT: no such id",
        ),
        ("4", "timeout 408 at /do/0/c: /demo.v1.Orders/Put was answered with DEADLINE_EXCEEDED: no such id"),
        ("5", "communication 404 at /do/0/c: /demo.v1.Orders/Put was answered with NOT_FOUND: no such id"),
        (
            "7",
            "authorization 403 at /do/0/c: /demo.v1.Orders/Put was answered with PERMISSION_DENIED: no such id",
        ),
        (
            "16",
            "authentication 401 at /do/0/c: /demo.v1.Orders/Put was answered with UNAUTHENTICATED: no such id",
        ),
        ("14", "communication 503 at /do/0/c: /demo.v1.Orders/Put was answered with UNAVAILABLE: no such id"),
        (
            "77",
            "communication 500 at /do/0/c: /demo.v1.Orders/Put was answered with the unknown status 77: no such id",
        ),
    ] {
        let mut run = run("Put", "");
        answer(&mut run, &[("grpc-status", status), ("grpc-message", "no%20such id")], &[]);
        let report = run.report();
        assert!(report.contains(&format!("= faulted {expected}\n")), "{expected}\n{report}");
    }
}

#[test]
fn answers_that_are_none_fault_and_leave_the_step_executed_when_it_succeeded() {
    let mut odd = run("Put", "");
    answer(&mut odd, &[], b"hello");
    assert!(odd.report().contains("communication 502 at /do/0/c: /demo.v1.Orders/Put was answered with HTTP status 200 and no gRPC status"), "{}", odd.report());
    let mut broken = run("Put", "");
    answer(&mut broken, &[("grpc-status", "0")], &[0, 0]);
    let report = broken.report();
    assert!(report.contains("communication 502 at /do/0/c: the answer of /demo.v1.Orders/Put cannot be read: it holds no message executed"), "{report}");
}

#[test]
fn arguments_that_do_not_fit_the_message_fault() {
    let text = format!(
        "do: [ {{ c: {{ call: grpc, with: {{ proto: {{ endpoint: '{AT}' }}, service: {{ name: Orders, host: h }}, method: Put, arguments: {{ total: '${{ .id }}' }} }} }} }} ]"
    );
    let mut run = Run::with(&[(AT, ORDERS)], &text);
    run.line(r#"start {"id":"A"}"#);
    assert!(
        run.report().contains("= faulted validation 400 at /do/0/c: `with.arguments`: "),
        "{}",
        run.report()
    );
}
