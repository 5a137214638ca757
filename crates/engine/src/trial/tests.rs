//! Cases in, what they come to out.

use super::{Report, all};
use tenure_dsl::trial;

const HEAD: &str = "document: { dsl: '1.0.3', namespace: shop, name: order, version: '1.0.0' }";

/// Three calls of which two can be undone.
const SAGA: &str = r#"
do:
- reserve:
    call: http
    with: { method: post, endpoint: 'http://stock.test/reservations', body: { sku: '${ .sku }' } }
    export: { as: '${ $context + { reservation: .id } }' }
    metadata: { compensate: { do: [ { release: { call: http, with: { method: delete, endpoint: '${ "http://stock.test/reservations/" + $output.id }' } } } ] } }
- guarded:
    try:
    - charge:
        call: http
        with: { method: post, endpoint: 'http://bank.test/charges' }
        metadata: { compensate: { do: [ { refund: { call: http, with: { method: post, endpoint: 'http://bank.test/refunds' } } } ] } }
    catch: { errors: { with: { status: 503 } }, retry: { delay: PT10S, limit: { attempt: { count: 2 } } } }
- pause: { wait: P30D }
- book: { call: http, with: { method: post, endpoint: 'http://courier.test/bookings' } }
- done: { set: { reservation: '${ $context.reservation }' } }
"#;

fn reports(body: &str, cases: &str) -> Vec<Report> {
    let definition =
        tenure_dsl::load(&format!("{HEAD}\n{body}")).unwrap_or_else(|found| panic!("{found:#?}"));
    let trials = trial::read(cases).unwrap_or_else(|found| panic!("{found:#?}"));
    all(&definition, &trials)
}

/// Every failure of the one case, one a line.
fn failures(body: &str, case: &str) -> Vec<String> {
    let reports = reports(body, &format!("cases:\n- name: one\n{case}"));
    reports[0].failures.iter().map(|failure| format!("{}: {}", failure.pointer, failure.message)).collect()
}

const NONE: [&str; 0] = [];

#[test]
fn a_case_of_thirty_days_passes_at_once() {
    let case = r"
  input: { sku: A-1 }
  mocks:
    reserve: { body: { id: r-1 } }
    charge: [ { status: 503 }, { status: 503, after: PT2S }, { body: { id: c-1 } } ]
    book: { status: 201, body: { id: b-1 } }
  expect:
    status: completed
    output: { reservation: r-1 }
    context: { reservation: r-1 }
    path: [ reserve, charge, charge, charge, pause, book, done ]
    compensation: []
    duration: P30DT22S
    calls:
    - { task: reserve, method: post, uri: 'http://stock.test/reservations', body: { sku: A-1 } }
    - { task: charge }
    - { task: charge }
    - { task: charge }
    - { task: /do/3/book }
";
    assert_eq!(failures(SAGA, case), NONE);
}

#[test]
fn what_fails_is_undone_in_reverse() {
    let case = r"
  mocks:
    reserve: { body: { id: r-1 } }
    charge: { body: {} }
    book: { status: 409 }
    release: { status: 204 }
    refund: { body: {} }
  expect:
    status: faulted
    error: { type: 'https://serverlessworkflow.io/spec/1.0.0/errors/communication', status: 409, instance: /do/3/book }
    path: [ reserve, charge, pause, book ]
    compensation: [ charge, reserve ]
";
    assert_eq!(failures(SAGA, case), NONE);
}

#[test]
fn each_failure_names_its_place_and_both_values() {
    let case = r"
  mocks:
    reserve: { body: { id: r-1 } }
    charge: { body: {} }
    book: { body: {} }
  expect:
    status: faulted
    output: { reservation: r-2, total: 3 }
    path: [ reserve, charge, done ]
    calls: [ { task: reserve, method: get, headers: { x-a: b } }, { task: book }, { task: book } ]
    duration: PT1S
";
    assert_eq!(
        failures(SAGA, case),
        [
            "/expect/status: it is completed, not faulted",
            "/expect/output/reservation: expected \"r-2\", found \"r-1\"",
            "/expect/output/total: expected 3, found nothing",
            "/expect/path/2: expected `done`, found `pause`",
            "/expect/calls/0/method: expected `GET`, found `POST`",
            "/expect/calls/0/headers/x-a: expected `b`, found `nothing`",
            "/expect/calls/1/task: expected a call of `book`, found one of `/do/1/guarded/try/0/charge`",
            "/expect/duration: it took 2592000000 ms, not 1000 ms",
        ]
    );
}

#[test]
fn a_call_without_a_mock_ends_the_case() {
    let case = "  mocks: { reserve: { body: { id: r } } }\n  expect: { status: running }\n";
    assert_eq!(
        failures(SAGA, case),
        [": `/do/1/guarded/try/0/charge` calls `POST http://bank.test/charges` and has no mock"]
    );
}

#[test]
fn a_sequence_of_answers_comes_to_an_end() {
    let case = "  mocks: { reserve: { body: { id: r } }, charge: [ { status: 503 } ] }\n  expect: { status: running }\n";
    assert_eq!(failures(SAGA, case), [": `/do/1/guarded/try/0/charge` calls a 2nd time and has 1 answers"]);
}

#[test]
fn a_mock_that_nothing_asks_for_and_a_task_that_is_not_there_are_failures() {
    let body = "do: [ { a: { set: { x: 1 } } } ]";
    let case = "  mocks: { chrage: { body: 1 } }\n  expect: { status: completed, path: [ b ] }\n";
    assert_eq!(
        failures(body, case),
        [
            "/mocks/chrage: nothing asked for this mock",
            "/expect/path/0: expected `b`, found `a`",
            "/expect/path/0: the definition has no task `b`",
        ]
    );
}

#[test]
fn a_case_may_stop_while_the_execution_waits() {
    let case = r"
  stopAfter: P1D
  mocks: { reserve: { body: { id: r } }, charge: { body: {} } }
  expect: { status: waiting, path: [ reserve, charge, pause ] }
";
    assert_eq!(failures(SAGA, case), NONE);
}

#[test]
fn a_cancel_undoes_what_was_done_when_asked_to() {
    let case = r"
  cancel: { after: P2D, compensate: true }
  mocks: { reserve: { body: { id: r } }, charge: { body: {} }, release: { status: 204 }, refund: { body: {} } }
  expect: { status: cancelled, compensation: [ charge, reserve ], duration: P2D }
";
    assert_eq!(failures(SAGA, case), NONE);
}

/// P3: an outcome that nobody knows is not guessed in a test either.
#[test]
fn an_unknown_outcome_leaves_the_step_uncertain() {
    let body = "do: [ { pay: { call: http, with: { method: post, endpoint: 'http://bank.test/' } } } ]";
    let suspended = "  mocks: { pay: [ { unknown: reset } ] }\n  expect: { status: suspended }\n";
    assert_eq!(failures(body, suspended), NONE);
    let late =
        "  mocks: { pay: [ { body: 1, after: PT20M } ] }\n  expect: { status: suspended, duration: PT10M }\n";
    assert_eq!(failures(body, late), NONE);
    let again = "  mocks: { pay: [ { notSent: dns }, { refused: '' }, { body: 1 } ] }\n  expect: { status: completed, output: 1 }\n";
    assert_eq!(failures(body, again), NONE);
}

#[test]
fn an_input_that_is_refused_is_a_failure() {
    let body = "input: { schema: { document: { type: object, required: [ sku ] } } }\ndo: [ { a: { set: { x: 1 } } } ]";
    let found = failures(body, "  expect: { status: completed }\n");
    assert!(found[0].starts_with(": the engine refuses: the input is not valid"), "{found:?}");
}

#[test]
fn a_case_without_end_is_stopped() {
    let body = "do: [ { a: { wait: PT1S, then: b } }, { b: { wait: PT1S, then: a } } ]";
    let found = failures(body, "  expect: { status: completed }\n");
    assert_eq!(found[0], ": the case does not come to an end within the limits of a test");
}

#[test]
fn branches_run_side_by_side_on_the_cases_clock() {
    let body = r"
do:
- both:
    fork:
      branches:
      - slow: { call: http, with: { method: get, endpoint: 'http://a.test/' } }
      - fast: { call: http, with: { method: get, endpoint: 'http://b.test/' } }
";
    let case = r"
  startedAt: '2030-01-01T00:00:00Z'
  mocks: { slow: { body: s, after: PT5S }, fast: { body: f, after: PT3S } }
  expect: { status: completed, output: [ s, f ], duration: PT5S }
";
    assert_eq!(failures(body, case), NONE);
}

#[test]
fn the_same_case_gives_the_same_report() {
    let cases = "cases:\n- name: one\n  mocks: { reserve: { body: { id: r } }, charge: { status: 503 } }\n  expect: { status: faulted }\n";
    let [first, second] = [0, 1].map(|_| format!("{:?}", reports(SAGA, cases)));
    assert_eq!(first, second);
}

#[test]
fn a_wrong_test_file_is_refused_with_every_place() {
    let text = "cases:\n- name: a\n  mocks: { x: { unknown: reset, status: 200, after: '${ .x }' } }\n  expect: { status: done }\n- name: a\n  expct: {}\n";
    let found = trial::read(text).unwrap_err();
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    let places = [
        "/cases/0/mocks/x",
        "/cases/0/mocks/x/after",
        "/cases/0/expect/status",
        "/cases/1/name",
        "/cases/1/expct",
        "/cases/1",
    ];
    for place in places {
        assert!(found.iter().any(|line| line.split(' ').nth(2) == Some(place)), "{place}: {found:#?}");
    }
}
