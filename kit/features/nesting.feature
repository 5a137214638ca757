Feature: Nesting
  What belongs together when constructs stand in each other: errors, jumps, loops, branches, timeouts and what is undone.

  Scenario: A step that is interrupted while its call is under way is undone, for it may have been executed
    Given a workflow with definition:
    """yaml
    do:
      - outer:
          do:
            - a: { call: http, with: { method: post, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
          timeout: { after: { milliseconds: 300 } }
    """
    And given the service answers 'POST /a' with:
    """yaml
    hang: true
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 408
    """
    And the calls should be 'POST /a', 'PUT /undo-a'
    And a should cancel

  Scenario: A call that is answered while its siblings fail is undone as what it turned out to be
    Given a workflow with definition:
    """yaml
    do:
      - both:
          fork:
            branches:
              - a: { call: http, with: { method: post, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a, body: { id: '${ $output.id }' } } } } ] } } }
              - bad: { do: [ { pause: { wait: { milliseconds: 100 } } }, { fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } } } ] }
    """
    And given the service answers 'POST /a' with:
    """yaml
    delay: 500
    body: { id: 7 }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 409
    """
    And the calls should be 'POST /a', 'PUT /undo-a'
    And call 2 should have the body:
    """yaml
    id: 7
    """

  Scenario: call compensate in a loop undoes the try of its pass alone
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: '[1, 2]' }
          do:
            - guard:
                try:
                  - a: { call: http, with: { method: put, endpoint: '${ "https://kit.example/a-\($item)" }' }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: '${ "https://kit.example/undo-a-\($item)" }' } } } ] } } }
                  - check: { if: $item == 2, raise: { error: { type: 'https://example.com/e', status: 409 } } }
                catch: { do: [ { undoAll: { call: compensate } } ] }
    """
    When the workflow is executed
    Then the workflow should complete
    And the calls should be 'PUT /a-1', 'PUT /a-2', 'PUT /undo-a-2'

  Scenario: A try that completed by its handler is undone by its own compensation alone
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } } }, { fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } } } ]
          catch: { do: [ { b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ] } } } } ] }
          metadata: { compensate: { do: [ { undoGUARD: { call: http, with: { method: put, endpoint: https://kit.example/undo-guard } } } ] } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault
    And the calls should be 'PUT /a', 'PUT /b', 'PUT /undo-guard'

  Scenario: An inner composite that completed is undone as a whole, also when the outer one did not complete
    Given a workflow with definition:
    """yaml
    do:
      - outer:
          do:
            - inner: { do: [ { a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } } } ], metadata: { compensate: { do: [ { undoINNER: { call: http, with: { method: put, endpoint: https://kit.example/undo-inner } } } ] } } }
            - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ] } } }
            - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
          metadata: { compensate: { do: [ { undoOUTER: { call: http, with: { method: put, endpoint: https://kit.example/undo-outer } } } ] } }
    """
    When the workflow is executed
    Then the workflow should fault
    And the calls should be 'PUT /a', 'PUT /b', 'PUT /undo-b', 'PUT /undo-inner'

  Scenario: A cancel with compensation undoes also where faults do not
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: cancel-undoes, version: '1.0.0', metadata: { compensation: { on: [] } } }
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - long: { wait: PT1H }
    """
    When the workflow is started
    And the workflow has reached long
    And the workflow is cancelled with compensation
    Then the workflow should cancel
    And the calls should be 'PUT /a', 'PUT /undo-a'

  Scenario: A guard of an undo knows the error
    Given a workflow with definition:
    """yaml
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ], when: '$error.status == 409' } } }
      - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { undoB: { call: http, with: { method: put, endpoint: https://kit.example/undo-b } } } ], when: '$error.status == 410' } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault
    And the calls should be 'PUT /a', 'PUT /b', 'PUT /undo-a'

  Scenario: Loops in loops are undone with the variables of both
    Given a workflow with definition:
    """yaml
    do:
      - outer:
          for: { each: y, in: '[1, 2]' }
          do:
            - inner:
                for: { each: x, in: '[1, 2]' }
                do:
                  - a: { call: http, with: { method: put, endpoint: '${ "https://kit.example/a-\($y)-\($x)" }' }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: '${ "https://kit.example/undo-\($y)-\($x)" }' } } } ] } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault
    And the calls should be 'PUT /a-1-1', 'PUT /a-1-2', 'PUT /a-2-1', 'PUT /a-2-2', 'PUT /undo-2-2', 'PUT /undo-2-1', 'PUT /undo-1-2', 'PUT /undo-1-1'

  Scenario: A fork in a loop is undone pass by pass
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: '[1, 2]' }
          do:
            - both:
                fork:
                  branches:
                    - a: { call: http, with: { method: put, endpoint: '${ "https://kit.example/a-\($item)" }' }, metadata: { compensate: { do: [ { undo: { call: http, with: { method: put, endpoint: '${ "https://kit.example/undo-a-\($item)" }' } } } ] } } }
                    - b: { call: http, with: { method: put, endpoint: '${ "https://kit.example/b-\($item)" }' }, metadata: { compensate: { do: [ { undo: { call: http, with: { method: put, endpoint: '${ "https://kit.example/undo-b-\($item)" }' } } } ] } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault
    And 'PUT /undo-a-2' should be called before 'PUT /undo-a-1'
    And 'PUT /undo-a-2' should be called before 'PUT /undo-b-1'
    And 'PUT /undo-b-2' should be called before 'PUT /undo-a-1'
    And 'PUT /undo-b-2' should be called before 'PUT /undo-b-1'

  Scenario: A termination kills an unwinding
    Given a workflow with definition:
    """yaml
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { long: { wait: PT1H } } ] } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is started
    And the workflow has reached long
    And the workflow is terminated
    Then the workflow should be terminated
    And the calls should be 'PUT /a', 'PUT /b'

  Scenario: A cancel does not stop an unwinding
    Given a workflow with definition:
    """yaml
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
      - b: { call: http, with: { method: put, endpoint: https://kit.example/b }, metadata: { compensate: { do: [ { pause: { wait: { milliseconds: 600 } } } ] } } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is started
    And the workflow has reached pause
    And the workflow is cancelled
    Then the workflow should fault with error:
    """yaml
    status: 409
    """
    And the calls should be 'PUT /a', 'PUT /b', 'PUT /undo-a'
    And the compensation should be completed

  Scenario: A jump in a handler stays in the handler
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } } } ]
          catch:
            do:
              - count: { set: { n: '${ (.n // 0) + 1 }' } }
              - again: { switch: [ { more: { when: .n < 3, then: count } } ] }
      - done: { set: { n: '${ .n }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 3
    """
    And count should run 3 times

  Scenario: A jump in an undo stays in the undo
    Given a workflow with definition:
    """yaml
    do:
      - a:
          set: { x: 1 }
          metadata:
            compensate:
              do:
                - count: { set: { n: '${ (.n // 0) + 1 }' } }
                - again: { switch: [ { more: { when: .n < 3, then: count } } ] }
                - send: { call: http, with: { method: put, endpoint: '${ "https://kit.example/undo-\(.n)" }' } }
      - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault
    And the calls should be 'PUT /undo-3'

  Scenario: Each round of a jump has a key of its own
    Given a workflow with definition:
    """yaml
    do:
      - count: { set: { n: '${ (.n // 0) + 1 }' } }
      - pay: { call: http, with: { method: post, endpoint: https://kit.example/pay }, output: { as: $input } }
      - again: { switch: [ { more: { when: .n < 3, then: count } } ] }
    """
    When the workflow is executed
    Then the workflow should complete
    And 'POST /pay' should be called 3 times
    And each call should have a header 'idempotency-key' of its own

  Scenario: Each execution has keys of its own
    Given a workflow with definition:
    """yaml
    do:
      - pay: { call: http, with: { method: post, endpoint: https://kit.example/pay } }
    """
    When the workflow is executed
    And the workflow is executed
    Then the workflow should complete
    And 'POST /pay' should be called 2 times
    And each call should have a header 'idempotency-key' of its own

  Scenario: The branches of a fork have keys of their own
    Given a workflow with definition:
    """yaml
    do:
      - both:
          fork:
            branches:
              - one: { call: http, with: { method: post, endpoint: https://kit.example/pay } }
              - two: { call: http, with: { method: post, endpoint: https://kit.example/pay } }
    """
    When the workflow is executed
    Then the workflow should complete
    And each call should have a header 'idempotency-key' of its own

  Scenario: A loop's variable is seen by everything of its tasks
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: '[1, 2, 3]' }
          do:
            - one:
                if: $item != 2
                input: { from: '{ n: $item, seen: .seen }' }
                set: { n: '${ .n * $item }', seen: '${ $input.seen }' }
                output: { as: '{ seen: (.seen + [.n + $item]) }' }
                export: { as: '{ last: $item, at: $index }' }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    seen: [2, 12]
    """
    And the workflow context should be:
    """yaml
    last: 3
    at: 2
    """

  Scenario: A timeout may depend on the item
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: '[{ "after": "PT1H", "wait": "PT0.001S" }, { "after": "PT0.02S", "wait": "PT1H" }]' }
          do:
            - pause: { wait: '${ $item.wait }', timeout: { after: '${ $item.after }' } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 408
    instance: /do/0/all/do/0/pause
    """

  Scenario: A timeout inside a timeout is the one that is over first
    Given a workflow with definition:
    """yaml
    do:
      - outer:
          do: [ { inner: { wait: PT1H, timeout: { after: { milliseconds: 20 } } } } ]
          timeout: { after: PT30M }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 408
    instance: /do/0/outer/do/0/inner
    """

  Scenario: A call that is too slow may be tried again
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { ask: { call: http, with: { method: get, endpoint: https://kit.example/ask }, timeout: { after: { milliseconds: 250 } } } } ]
          catch: { errors: { with: { status: 408 } }, retry: { limit: { attempt: { count: 2 } } } }
    """
    And given the service answers 'GET /ask' with:
    """yaml
    - { hang: true }
    - { body: { second: true } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    second: true
    """
    And 'GET /ask' should be called 2 times

  Scenario: What an interrupted try has done is undone when the run faults
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } } }, { pause: { wait: PT1H } } ]
          catch: { retry: { limit: { attempt: { count: 1, duration: { milliseconds: 400 } } } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 408
    """
    And the calls should be 'PUT /a', 'PUT /a', 'PUT /undo-a', 'PUT /undo-a'

  Scenario: An expression of condition that fails is an error of its task
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { broken: { if: '.a.b.c', set: { x: 1 } } } ]
          catch: { errors: { with: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/expression' } }, do: [ { show: { set: { at: '${ $error.instance }' } } } ] }
    """
    And given the workflow input is:
    """yaml
    a: 1
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    at: /do/0/guard/try/0/broken
    """

  Scenario: An expression of input.from that fails is an error of its task
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { broken: { input: { from: '.a.b.c' }, set: { x: 1 } } } ]
          catch: { errors: { with: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/expression' } }, do: [ { show: { set: { at: '${ $error.instance }' } } } ] }
    """
    And given the workflow input is:
    """yaml
    a: 1
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    at: /do/0/guard/try/0/broken
    """

  Scenario: An expression of output.as that fails is an error of its task
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { broken: { set: { x: 1 }, output: { as: '.x.y' } } } ]
          catch: { errors: { with: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/expression' } }, do: [ { show: { set: { at: '${ $error.instance }' } } } ] }
    """
    And given the workflow input is:
    """yaml
    a: 1
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    at: /do/0/guard/try/0/broken
    """

  Scenario: An expression of export.as that fails is an error of its task
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { broken: { set: { x: 1 }, export: { as: '.x.y' } } } ]
          catch: { errors: { with: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/expression' } }, do: [ { show: { set: { at: '${ $error.instance }' } } } ] }
    """
    And given the workflow input is:
    """yaml
    a: 1
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    at: /do/0/guard/try/0/broken
    """

  Scenario: An expression of while that fails is an error of its task
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { broken: { for: { in: '[1]' }, while: '.a.b.c', do: [ { n: { set: { x: 1 } } } ] } } ]
          catch: { errors: { with: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/expression' } }, do: [ { show: { set: { at: '${ $error.instance }' } } } ] }
    """
    And given the workflow input is:
    """yaml
    a: 1
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    at: /do/0/guard/try/0/broken
    """

  Scenario: An expression of for.in that fails is an error of its task
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { broken: { for: { in: '.a.b.c' }, do: [ { n: { set: { x: 1 } } } ] } } ]
          catch: { errors: { with: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/expression' } }, do: [ { show: { set: { at: '${ $error.instance }' } } } ] }
    """
    And given the workflow input is:
    """yaml
    a: 1
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    at: /do/0/guard/try/0/broken
    """

  Scenario: A condition of a catch that fails is an error of the try
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } } } ]
          catch: { when: '$error.status.x', do: [ { wrong: { set: { x: 1 } } } ] }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/expression
    instance: /do/0/guard
    """

  Scenario: The workflow's output.as may fail
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { x: 1 } }
    output: { as: '.x.y' }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/expression
    status: 400
    """

  Scenario: A run whose output the schema refuses undoes what it has done
    Given a workflow with definition:
    """yaml
    do:
      - a: { call: http, with: { method: put, endpoint: https://kit.example/a }, metadata: { compensate: { do: [ { undoA: { call: http, with: { method: put, endpoint: https://kit.example/undo-a } } } ] } } }
    output: { schema: { document: { type: string } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 400
    """
    And the calls should be 'PUT /a', 'PUT /undo-a'

  Scenario: A retry policy in a loop sees the item
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: '[1, 2]' }
          do:
            - guard:
                try: [ { ask: { call: http, with: { method: get, endpoint: '${ "https://kit.example/\($item)" }' } } } ]
                catch: { retry: { when: $item == 2, limit: { attempt: { count: 2 } } }, do: [ { go: { set: { x: 1 } } } ] }
    """
    And given the service answers 'GET /1' with:
    """yaml
    status: 503
    """
    And given the service answers 'GET /2' with:
    """yaml
    status: 503
    """
    When the workflow is executed
    Then the workflow should complete
    And the calls should be 'GET /1', 'GET /2', 'GET /2', 'GET /2'

  Scenario: A switch may stand in a handler, a loop and a branch
    Given a workflow with definition:
    """yaml
    do:
      - both:
          fork:
            branches:
              - left:
                  for: { in: '[1, 2, 3]' }
                  do:
                    - odd: { switch: [ { skip: { when: $item % 2 == 0, then: exit } } ] }
                    - add: { set: { sum: '${ (.sum // 0) + $item }' } }
              - right:
                  try: [ { fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } } } ]
                  catch:
                    do:
                      - kind: { switch: [ { conflict: { when: $error.status == 409, then: conflict } } ] }
                      - other: { set: { is: other }, then: exit }
                      - conflict: { set: { is: conflict } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ { sum: 4 }, { is: conflict } ]
    """

  Scenario: Names may have any letters
    Given a workflow with definition:
    """yaml
    do:
      - 'größe prüfen':
          do:
            - '1': { set: { a: 1 }, then: 'zwei drei' }
            - never: { set: { b: 1 } }
            - 'zwei drei': { raise: { error: { type: 'https://example.com/e', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    instance: /do/0/größe prüfen/do/2/zwei drei
    """
    And never should not run
