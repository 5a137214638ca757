//! Probes: what an author declares to find out whether a call without an answer was executed (FR-005, P3).

use expect_test::expect;
use tenure_engine::execution::testing::check;

/// P3: what is not known is asked for, not guessed.
#[test]
fn a_call_that_was_executed_completes_with_the_output_of_the_probe() {
    check(
        r"
        do:
          - pay:
              call: http
              with: { method: post, endpoint: 'http://s/pay' }
              metadata: { effect: { probe: { do: [ { ask: { call: http, with: { method: get, endpoint: 'http://s/paid', query: { key: '${ $probe.idempotencyKey[:8] }' } } } } ] } } }
          - after: { set: '${ { paid: . } }' }
        ",
        r#"
        start {}
        show /do/0/pay
        unknown /do/0/pay
        fire retry
        show /do/0/pay/metadata/effect/probe/do/0/ask
        answer /do/0/pay/metadata/effect/probe/do/0/ask 200 {"executed":true,"output":{"id":7}}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/pay
              attemptStarted /do/0/pay#1
            > show /do/0/pay
              POST http://s/pay [] key=417ef2c0 mode=AtMostOnce send-by=+30000 deadline=+600000
            > unknown /do/0/pay
              taskUncertain /do/0/pay#1 reset: gone
              probeScheduled /do/0/pay probe 1 due +10000
            > fire retry
              probeStarted /do/0/pay probe 1
              taskStarted /do/0/pay/metadata/effect/probe/do/0/ask
              attemptStarted /do/0/pay/metadata/effect/probe/do/0/ask#1
            > show /do/0/pay/metadata/effect/probe/do/0/ask
              GET http://s/paid?key=417ef2c0 [] key=39375123 mode=AtLeastOnce send-by=+40000 deadline=+610000
            > answer /do/0/pay/metadata/effect/probe/do/0/ask 200 {"executed":true,"output":{"id":7}}
              taskCompleted /do/0/pay/metadata/effect/probe/do/0/ask#1 -> {"executed":true,"output":{"id":7}}
              probeEnded /do/0/pay executed -> {"id":7}
              taskCompleted /do/0/pay#1 -> {"id":7}
              taskStarted /do/1/after
              taskCompleted /do/1/after -> {"paid":{"id":7}}
              completed -> {"paid":{"id":7}}
            = completed {"paid":{"id":7}}
        "#]],
    );
}

#[test]
fn a_call_that_was_not_executed_is_sent_again_with_the_same_key() {
    check(
        r"
        do:
          - pay:
              call: http
              with: { method: post, endpoint: 'http://s/pay' }
              metadata: { effect: { probe: { do: [ { ask: { call: http, with: { method: get, endpoint: 'http://s/paid', query: { key: '${ $probe.idempotencyKey[:8] }' } } } } ] } } }
          - after: { set: '${ { paid: . } }' }
        ",
        r#"
        start {}
        show /do/0/pay
        unknown /do/0/pay
        fire retry
        answer /do/0/pay/metadata/effect/probe/do/0/ask 200 {"executed":false}
        show /do/0/pay
        answer /do/0/pay 200 {"id":8}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/pay
              attemptStarted /do/0/pay#1
            > show /do/0/pay
              POST http://s/pay [] key=417ef2c0 mode=AtMostOnce send-by=+30000 deadline=+600000
            > unknown /do/0/pay
              taskUncertain /do/0/pay#1 reset: gone
              probeScheduled /do/0/pay probe 1 due +10000
            > fire retry
              probeStarted /do/0/pay probe 1
              taskStarted /do/0/pay/metadata/effect/probe/do/0/ask
              attemptStarted /do/0/pay/metadata/effect/probe/do/0/ask#1
            > answer /do/0/pay/metadata/effect/probe/do/0/ask 200 {"executed":false}
              taskCompleted /do/0/pay/metadata/effect/probe/do/0/ask#1 -> {"executed":false}
              probeEnded /do/0/pay not executed
              attemptStarted /do/0/pay#2
            > show /do/0/pay
              POST http://s/pay [] key=417ef2c0 mode=AtMostOnce send-by=+40000 deadline=+600000
            > answer /do/0/pay 200 {"id":8}
              taskCompleted /do/0/pay#2 -> {"id":8}
              taskStarted /do/1/after
              taskCompleted /do/1/after -> {"paid":{"id":8}}
              completed -> {"paid":{"id":8}}
            = completed {"paid":{"id":8}}
        "#]],
    );
}

#[test]
fn after_the_last_probe_without_a_word_an_operator_decides() {
    check(
        r"
        do:
          - pay:
              call: http
              with: { method: post, endpoint: 'http://s/pay' }
              metadata: { effect: { probe: { after: PT1S, every: PT2S, count: 2, executed: .found, output: .order, do: [ { ask: { call: http, with: { method: get, endpoint: 'http://s/paid' } } } ] } } }
        ",
        r#"
        start {}
        unknown /do/0/pay
        fire retry
        answer /do/0/pay/metadata/effect/probe/do/0/ask 200 {"found":"perhaps"}
        fire retry
        answer /do/0/pay/metadata/effect/probe/do/0/ask 500 {}
        resolve /do/0/pay complete {"id":9}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/pay
              attemptStarted /do/0/pay#1
            > unknown /do/0/pay
              taskUncertain /do/0/pay#1 reset: gone
              probeScheduled /do/0/pay probe 1 due +1000
            > fire retry
              probeStarted /do/0/pay probe 1
              taskStarted /do/0/pay/metadata/effect/probe/do/0/ask
              attemptStarted /do/0/pay/metadata/effect/probe/do/0/ask#1
            > answer /do/0/pay/metadata/effect/probe/do/0/ask 200 {"found":"perhaps"}
              taskCompleted /do/0/pay/metadata/effect/probe/do/0/ask#1 -> {"found":"perhaps"}
              probeEnded /do/0/pay not known: the probe says neither `true` nor `false`
              probeScheduled /do/0/pay probe 2 due +3000
            > fire retry
              probeStarted /do/0/pay probe 2
              taskStarted /do/0/pay/metadata/effect/probe/do/0/ask[r1@7]
              attemptStarted /do/0/pay/metadata/effect/probe/do/0/ask[r1@7]#1
            > answer /do/0/pay/metadata/effect/probe/do/0/ask 500 {}
              taskFaulted /do/0/pay/metadata/effect/probe/do/0/ask[r1@7]#1 ! communication 500 at /do/0/pay/metadata/effect/probe/do/0/ask: GET http://s/paid was answered with status 500: {}
              probeEnded /do/0/pay not known: GET http://s/paid was answered with status 500: {}
            > resolve /do/0/pay complete {"id":9}
              taskResolved /do/0/pay complete -> {"id":9}
              taskCompleted /do/0/pay#1 -> {"id":9}
              completed -> {"id":9}
            = completed {"id":9}
        "#]],
    );
}

#[test]
fn after_the_last_probe_without_a_word_the_declared_fault_follows() {
    check(
        r"
        do:
          - pay:
              call: http
              with: { method: post, endpoint: 'http://s/pay' }
              metadata: { effect: { onUncertain: fault, probe: { after: PT1S, every: PT2S, count: 2, executed: .found, output: .order, do: [ { ask: { call: http, with: { method: get, endpoint: 'http://s/paid' } } } ] } } }
        ",
        r#"
        start {}
        unknown /do/0/pay
        fire retry
        answer /do/0/pay/metadata/effect/probe/do/0/ask 200 {}
        fire retry
        answer /do/0/pay/metadata/effect/probe/do/0/ask 200 {}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/pay
              attemptStarted /do/0/pay#1
            > unknown /do/0/pay
              taskUncertain /do/0/pay#1 reset: gone
              probeScheduled /do/0/pay probe 1 due +1000
            > fire retry
              probeStarted /do/0/pay probe 1
              taskStarted /do/0/pay/metadata/effect/probe/do/0/ask
              attemptStarted /do/0/pay/metadata/effect/probe/do/0/ask#1
            > answer /do/0/pay/metadata/effect/probe/do/0/ask 200 {}
              taskCompleted /do/0/pay/metadata/effect/probe/do/0/ask#1 -> {}
              probeEnded /do/0/pay not known: the probe says neither `true` nor `false`
              probeScheduled /do/0/pay probe 2 due +3000
            > fire retry
              probeStarted /do/0/pay probe 2
              taskStarted /do/0/pay/metadata/effect/probe/do/0/ask[r1@7]
              attemptStarted /do/0/pay/metadata/effect/probe/do/0/ask[r1@7]#1
            > answer /do/0/pay/metadata/effect/probe/do/0/ask 200 {}
              taskCompleted /do/0/pay/metadata/effect/probe/do/0/ask[r1@7]#1 -> {}
              probeEnded /do/0/pay not known: the probe says neither `true` nor `false`
              taskFaulted /do/0/pay#1 ! runtime 500 at /do/0/pay: whether attempt 1 was executed is not known: reset (gone) executed
              faulted ! runtime 500 at /do/0/pay: whether attempt 1 was executed is not known: reset (gone)
            = faulted runtime 500 at /do/0/pay: whether attempt 1 was executed is not known: reset (gone)
        "#]],
    );
}

#[test]
fn each_probe_is_a_new_task_with_keys_of_its_own() {
    check(
        r"
        do:
          - pay:
              call: http
              with: { method: post, endpoint: 'http://s/pay' }
              metadata: { effect: { probe: { after: PT1S, every: PT2S, count: 2, executed: .found, output: .order, do: [ { ask: { call: http, with: { method: get, endpoint: 'http://s/paid' } } } ] } } }
        ",
        r#"
        start {}
        unknown /do/0/pay
        fire retry
        show /do/0/pay/metadata/effect/probe/do/0/ask
        answer /do/0/pay/metadata/effect/probe/do/0/ask 200 {}
        fire retry
        show /do/0/pay/metadata/effect/probe/do/0/ask
        answer /do/0/pay/metadata/effect/probe/do/0/ask 200 {"found":true,"order":5}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/pay
              attemptStarted /do/0/pay#1
            > unknown /do/0/pay
              taskUncertain /do/0/pay#1 reset: gone
              probeScheduled /do/0/pay probe 1 due +1000
            > fire retry
              probeStarted /do/0/pay probe 1
              taskStarted /do/0/pay/metadata/effect/probe/do/0/ask
              attemptStarted /do/0/pay/metadata/effect/probe/do/0/ask#1
            > show /do/0/pay/metadata/effect/probe/do/0/ask
              GET http://s/paid [] key=39375123 mode=AtLeastOnce send-by=+31000 deadline=+601000
            > answer /do/0/pay/metadata/effect/probe/do/0/ask 200 {}
              taskCompleted /do/0/pay/metadata/effect/probe/do/0/ask#1 -> {}
              probeEnded /do/0/pay not known: the probe says neither `true` nor `false`
              probeScheduled /do/0/pay probe 2 due +3000
            > fire retry
              probeStarted /do/0/pay probe 2
              taskStarted /do/0/pay/metadata/effect/probe/do/0/ask[r1@7]
              attemptStarted /do/0/pay/metadata/effect/probe/do/0/ask[r1@7]#1
            > show /do/0/pay/metadata/effect/probe/do/0/ask
              GET http://s/paid [] key=26936b9f mode=AtLeastOnce send-by=+33000 deadline=+603000
            > answer /do/0/pay/metadata/effect/probe/do/0/ask 200 {"found":true,"order":5}
              taskCompleted /do/0/pay/metadata/effect/probe/do/0/ask[r1@7]#1 -> {"found":true,"order":5}
              probeEnded /do/0/pay executed -> 5
              taskCompleted /do/0/pay#1 -> 5
              completed -> 5
            = completed 5
        "#]],
    );
}

#[test]
fn a_late_answer_overtakes_a_scheduled_probe() {
    check(
        r"
        do:
          - pay:
              call: http
              with: { method: post, endpoint: 'http://s/pay' }
              metadata: { effect: { probe: { after: PT1S, every: PT2S, count: 2, executed: .found, output: .order, do: [ { ask: { call: http, with: { method: get, endpoint: 'http://s/paid' } } } ] } } }
        ",
        r#"
        start {}
        unknown /do/0/pay
        answer /do/0/pay#1 200 {"id":1}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/pay
              attemptStarted /do/0/pay#1
            > unknown /do/0/pay
              taskUncertain /do/0/pay#1 reset: gone
              probeScheduled /do/0/pay probe 1 due +1000
            > answer /do/0/pay#1 200 {"id":1}
              taskCompleted /do/0/pay#1 -> {"id":1}
              completed -> {"id":1}
            = completed {"id":1}
        "#]],
    );
}

#[test]
fn a_late_answer_overtakes_a_probe_that_asks() {
    check(
        r"
        do:
          - pay:
              call: http
              with: { method: post, endpoint: 'http://s/pay' }
              metadata: { effect: { probe: { after: PT1S, every: PT2S, count: 2, executed: .found, output: .order, do: [ { ask: { call: http, with: { method: get, endpoint: 'http://s/paid' } } } ] } } }
        ",
        r#"
        start {}
        unknown /do/0/pay
        fire retry
        answer /do/0/pay#1 200 {"id":1}
        answer /do/0/pay/metadata/effect/probe/do/0/ask 200 {"found":false}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/pay
              attemptStarted /do/0/pay#1
            > unknown /do/0/pay
              taskUncertain /do/0/pay#1 reset: gone
              probeScheduled /do/0/pay probe 1 due +1000
            > fire retry
              probeStarted /do/0/pay probe 1
              taskStarted /do/0/pay/metadata/effect/probe/do/0/ask
              attemptStarted /do/0/pay/metadata/effect/probe/do/0/ask#1
            > answer /do/0/pay#1 200 {"id":1}
              interrupted /do/0/pay to complete
              taskUncertain /do/0/pay/metadata/effect/probe/do/0/ask#1 interrupted: the step was interrupted while its call was under way
              taskCancelled /do/0/pay/metadata/effect/probe/do/0/ask executed
              taskCompleted /do/0/pay#1 -> {"id":1}
              completed -> {"id":1}
            > answer /do/0/pay/metadata/effect/probe/do/0/ask 200 {"found":false}
              nothing
            = completed {"id":1}
        "#]],
    );
}

#[test]
fn a_late_error_overtakes_a_probe_that_asks() {
    check(
        r"
        do:
          - pay:
              call: http
              with: { method: post, endpoint: 'http://s/pay' }
              metadata: { effect: { probe: { after: PT1S, every: PT2S, count: 2, executed: .found, output: .order, do: [ { ask: { call: http, with: { method: get, endpoint: 'http://s/paid' } } } ] } } }
        ",
        r#"
        start {}
        unknown /do/0/pay
        fire retry
        answer /do/0/pay#1 409 {"taken":true}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/pay
              attemptStarted /do/0/pay#1
            > unknown /do/0/pay
              taskUncertain /do/0/pay#1 reset: gone
              probeScheduled /do/0/pay probe 1 due +1000
            > fire retry
              probeStarted /do/0/pay probe 1
              taskStarted /do/0/pay/metadata/effect/probe/do/0/ask
              attemptStarted /do/0/pay/metadata/effect/probe/do/0/ask#1
            > answer /do/0/pay#1 409 {"taken":true}
              interrupted /do/0/pay to fault
              taskUncertain /do/0/pay/metadata/effect/probe/do/0/ask#1 interrupted: the step was interrupted while its call was under way
              taskCancelled /do/0/pay/metadata/effect/probe/do/0/ask executed
              taskFaulted /do/0/pay#1 ! communication 409 at /do/0/pay: POST http://s/pay was answered with status 409: {"taken":true}
              faulted ! communication 409 at /do/0/pay: POST http://s/pay was answered with status 409: {"taken":true}
            = faulted communication 409 at /do/0/pay: POST http://s/pay was answered with status 409: {"taken":true}
        "#]],
    );
}

#[test]
fn an_operator_may_decide_between_probes_and_not_while_one_asks() {
    check(
        r"
        do:
          - pay:
              call: http
              with: { method: post, endpoint: 'http://s/pay' }
              metadata: { effect: { probe: { after: PT1S, every: PT2S, count: 2, executed: .found, output: .order, do: [ { ask: { call: http, with: { method: get, endpoint: 'http://s/paid' } } } ] } } }
        ",
        r#"
        start {}
        unknown /do/0/pay
        fire retry
        resolve /do/0/pay complete {"id":9}
        answer /do/0/pay/metadata/effect/probe/do/0/ask 200 {}
        resolve /do/0/pay complete {"id":9}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/pay
              attemptStarted /do/0/pay#1
            > unknown /do/0/pay
              taskUncertain /do/0/pay#1 reset: gone
              probeScheduled /do/0/pay probe 1 due +1000
            > fire retry
              probeStarted /do/0/pay probe 1
              taskStarted /do/0/pay/metadata/effect/probe/do/0/ask
              attemptStarted /do/0/pay/metadata/effect/probe/do/0/ask#1
            > resolve /do/0/pay complete {"id":9}
              rejected: there is nothing to resolve at this task
            > answer /do/0/pay/metadata/effect/probe/do/0/ask 200 {}
              taskCompleted /do/0/pay/metadata/effect/probe/do/0/ask#1 -> {}
              probeEnded /do/0/pay not known: the probe says neither `true` nor `false`
              probeScheduled /do/0/pay probe 2 due +3000
            > resolve /do/0/pay complete {"id":9}
              taskResolved /do/0/pay complete -> {"id":9}
              taskCompleted /do/0/pay#1 -> {"id":9}
              completed -> {"id":9}
            = completed {"id":9}
        "#]],
    );
}

#[test]
fn a_probe_whose_node_is_lost_asks_again() {
    check(
        r"
        do:
          - pay:
              call: http
              with: { method: post, endpoint: 'http://s/pay' }
              metadata: { effect: { probe: { after: PT1S, every: PT2S, count: 2, executed: .found, output: .order, do: [ { ask: { call: http, with: { method: get, endpoint: 'http://s/paid' } } } ] } } }
        ",
        r#"
        start {}
        unknown /do/0/pay
        fire retry
        lost /do/0/pay/metadata/effect/probe/do/0/ask
        fire retry
        answer /do/0/pay/metadata/effect/probe/do/0/ask 200 {"found":true,"order":5}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/pay
              attemptStarted /do/0/pay#1
            > unknown /do/0/pay
              taskUncertain /do/0/pay#1 reset: gone
              probeScheduled /do/0/pay probe 1 due +1000
            > fire retry
              probeStarted /do/0/pay probe 1
              taskStarted /do/0/pay/metadata/effect/probe/do/0/ask
              attemptStarted /do/0/pay/metadata/effect/probe/do/0/ask#1
            > lost /do/0/pay/metadata/effect/probe/do/0/ask
              taskRetried /do/0/pay/metadata/effect/probe/do/0/ask#1 owner_lost: the node that was to send the request is gone due +31000
            > fire retry
              attemptStarted /do/0/pay/metadata/effect/probe/do/0/ask#2
            > answer /do/0/pay/metadata/effect/probe/do/0/ask 200 {"found":true,"order":5}
              taskCompleted /do/0/pay/metadata/effect/probe/do/0/ask#2 -> {"found":true,"order":5}
              probeEnded /do/0/pay executed -> 5
              taskCompleted /do/0/pay#1 -> 5
              completed -> 5
            = completed 5
        "#]],
    );
}

#[test]
fn a_call_found_not_executed_when_its_time_is_over_times_out() {
    check(
        r"
        do:
          - pay:
              call: http
              with: { method: post, endpoint: 'http://s/pay' }
              timeout: { after: PT5S }
              metadata: { effect: { probe: { do: [ { ask: { set: { executed: false } } } ] } } }
        ",
        r#"
        start {}
        fire timeout
        fire retry
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/pay due +5000
              attemptStarted /do/0/pay#1
            > fire timeout
              taskUncertain /do/0/pay#1 timeout: no answer came before the step's `timeout`
              probeScheduled /do/0/pay probe 1 due +15000
            > fire retry
              probeStarted /do/0/pay probe 1
              taskStarted /do/0/pay/metadata/effect/probe/do/0/ask
              taskCompleted /do/0/pay/metadata/effect/probe/do/0/ask -> {"executed":false}
              probeEnded /do/0/pay not executed
              taskFaulted /do/0/pay#1 ! timeout 408 at /do/0/pay: the step was not executed within its time
              faulted ! timeout 408 at /do/0/pay: the step was not executed within its time
            = faulted timeout 408 at /do/0/pay: the step was not executed within its time
        "#]],
    );
}

#[test]
fn a_cancel_ends_a_probe_and_undoes_the_call() {
    check(
        r"
        do:
          - pay:
              call: http
              with: { method: post, endpoint: 'http://s/pay' }
              metadata:
                effect: { probe: { do: [ { ask: { call: http, with: { method: get, endpoint: 'http://s/paid' } } } ] } }
                compensate: { do: [ { refund: { set: { refunded: true } } } ] }
        ",
        r#"
        start {}
        unknown /do/0/pay
        fire retry
        cancel compensate
        answer /do/0/pay/metadata/effect/probe/do/0/ask 200 {"executed":true,"output":1}
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/pay
              attemptStarted /do/0/pay#1
            > unknown /do/0/pay
              taskUncertain /do/0/pay#1 reset: gone
              probeScheduled /do/0/pay probe 1 due +10000
            > fire retry
              probeStarted /do/0/pay probe 1
              taskStarted /do/0/pay/metadata/effect/probe/do/0/ask
              attemptStarted /do/0/pay/metadata/effect/probe/do/0/ask#1
            > cancel compensate
              cancelRequested compensate
              interrupted to cancel due +15000
            > answer /do/0/pay/metadata/effect/probe/do/0/ask 200 {"executed":true,"output":1}
              taskCompleted /do/0/pay/metadata/effect/probe/do/0/ask#1 -> {"executed":true,"output":1}
              taskCancelled /do/0/pay executed
              compensationStarted
              undoStarted /do/0/pay
              taskStarted /do/0/pay/metadata/compensate/do/0/refund
              taskCompleted /do/0/pay/metadata/compensate/do/0/refund -> {"refunded":true}
              undoCompleted /do/0/pay
              compensationCompleted
              cancelled
            = cancelled, compensation completed
              undo /do/0/pay completed
        "#]],
    );
}

#[test]
fn a_probe_sees_the_loop_around_its_call() {
    check(
        r"
        do:
          - all:
              for: { in: '[3]' }
              do:
                - pay:
                    call: http
                    with: { method: post, endpoint: 'http://s/pay' }
                    metadata: { effect: { probe: { output: '.', do: [ { ask: { set: '${ { executed: true, item: $item, probe: ($probe | del(.idempotencyKey)), context: $context } }' } } ] } } }
        ",
        r#"
        start {}
        unknown /do/0/all/do/0/pay
        fire retry
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/all
              iterationStarted /do/0/all 0
              taskStarted /do/0/all/do/0/pay[0]
              attemptStarted /do/0/all/do/0/pay[0]#1
            > unknown /do/0/all/do/0/pay
              taskUncertain /do/0/all/do/0/pay[0]#1 reset: gone
              probeScheduled /do/0/all/do/0/pay[0] probe 1 due +10000
            > fire retry
              probeStarted /do/0/all/do/0/pay[0] probe 1
              taskStarted /do/0/all/do/0/pay/metadata/effect/probe/do/0/ask[0]
              taskCompleted /do/0/all/do/0/pay/metadata/effect/probe/do/0/ask[0] -> {"executed":true,"item":3,"probe":{"task":"/do/0/all/do/0/pay","iteration":"0","attempt":1,"number":1},"context":{}}
              probeEnded /do/0/all/do/0/pay[0] executed -> {"executed":true,"item":3,"probe":{"task":"/do/0/all/do/0/pay","iteration":"0","attempt":1,"number":1},"context":{}}
              taskCompleted /do/0/all/do/0/pay[0]#1 -> {"executed":true,"item":3,"probe":{"task":"/do/0/all/do/0/pay","iteration":"0","attempt":1,"number":1},"context":{}}
              taskCompleted /do/0/all -> {"executed":true,"item":3,"probe":{"task":"/do/0/all/do/0/pay","iteration":"0","attempt":1,"number":1},"context":{}}
              completed -> {"executed":true,"item":3,"probe":{"task":"/do/0/all/do/0/pay","iteration":"0","attempt":1,"number":1},"context":{}}
            = completed {"executed":true,"item":3,"probe":{"task":"/do/0/all/do/0/pay","iteration":"0","attempt":1,"number":1},"context":{}}
        "#]],
    );
}

#[test]
fn a_pause_that_cannot_be_computed_asks_all_the_same() {
    check(
        r"
        do:
          - pay:
              call: http
              with: { method: post, endpoint: 'http://s/pay' }
              metadata: { effect: { probe: { after: '${ .nothing }', do: [ { ask: { set: { executed: true, output: 1 } } } ] } } }
        ",
        r#"
        start {}
        unknown /do/0/pay
        fire retry
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/pay
              attemptStarted /do/0/pay#1
            > unknown /do/0/pay
              taskUncertain /do/0/pay#1 reset: gone
              probeScheduled /do/0/pay probe 1 due +30000
            > fire retry
              probeStarted /do/0/pay probe 1
              taskStarted /do/0/pay/metadata/effect/probe/do/0/ask
              taskCompleted /do/0/pay/metadata/effect/probe/do/0/ask -> {"executed":true,"output":1}
              probeEnded /do/0/pay executed -> 1
              taskCompleted /do/0/pay#1 -> 1
              completed -> 1
            = completed 1
        "#]],
    );
}

#[test]
fn a_probe_may_take_several_tasks_and_its_own_catch() {
    check(
        r#"
        do:
          - pay:
              call: http
              with: { method: post, endpoint: 'http://s/pay' }
              metadata:
                effect:
                  probe:
                    do:
                      - look: { try: [ { ask: { call: http, with: { method: get, endpoint: 'http://s/paid' } } } ], catch: { errors: { with: { status: 404 } }, do: [ { no: { set: { status: none } } } ] } }
                      - say: { set: '${ { executed: (.status != "none"), output: . } }' }
        "#,
        r#"
        start {}
        unknown /do/0/pay
        fire retry
        answer /do/0/pay/metadata/effect/probe/do/0/look/try/0/ask 404 {}
        answer /do/0/pay 200 1
        "#,
        expect![[r#"
            > start {}
              started
              taskStarted /do/0/pay
              attemptStarted /do/0/pay#1
            > unknown /do/0/pay
              taskUncertain /do/0/pay#1 reset: gone
              probeScheduled /do/0/pay probe 1 due +10000
            > fire retry
              probeStarted /do/0/pay probe 1
              taskStarted /do/0/pay/metadata/effect/probe/do/0/look
              taskStarted /do/0/pay/metadata/effect/probe/do/0/look/try/0/ask
              attemptStarted /do/0/pay/metadata/effect/probe/do/0/look/try/0/ask#1
            > answer /do/0/pay/metadata/effect/probe/do/0/look/try/0/ask 404 {}
              taskFaulted /do/0/pay/metadata/effect/probe/do/0/look/try/0/ask#1 ! communication 404 at /do/0/pay/metadata/effect/probe/do/0/look/try/0/ask: GET http://s/paid was answered with status 404: {}
              errorCaught /do/0/pay/metadata/effect/probe/do/0/look ! communication 404 at /do/0/pay/metadata/effect/probe/do/0/look/try/0/ask: GET http://s/paid was answered with status 404: {}
              taskStarted /do/0/pay/metadata/effect/probe/do/0/look/catch/do/0/no
              taskCompleted /do/0/pay/metadata/effect/probe/do/0/look/catch/do/0/no -> {"status":"none"}
              taskCompleted /do/0/pay/metadata/effect/probe/do/0/look -> {"status":"none"}
              taskStarted /do/0/pay/metadata/effect/probe/do/1/say
              taskCompleted /do/0/pay/metadata/effect/probe/do/1/say -> {"executed":false,"output":{"status":"none"}}
              probeEnded /do/0/pay not executed
              attemptStarted /do/0/pay#2
            > answer /do/0/pay 200 1
              taskCompleted /do/0/pay#2 -> 1
              completed -> 1
            = completed 1
        "#]],
    );
}
