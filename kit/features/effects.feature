Feature: Effects
  What happens when nobody knows whether a call was executed. It follows from the step's mode (`metadata.effect.mode`), and is
  never guessed.

  Scenario: A post without an answer is uncertain
    Given a workflow with definition:
    """yaml
    do:
      - pay: { call: http, with: { method: post, endpoint: https://kit.example/pay } }
      - next: { set: { reached: true } }
    """
    And given the service answers 'POST /pay' with:
    """yaml
    drop: true
    """
    When the workflow is started
    And pay has become uncertain
    Then the workflow should be suspended
    And 'POST /pay' should be called 1 times

  Scenario: An operator knows that an uncertain step was executed
    Given a workflow with definition:
    """yaml
    do:
      - pay: { call: http, with: { method: post, endpoint: https://kit.example/pay }, output: { as: '{ paid: .id }' } }
      - next: { set: '${ . + { next: true } }' }
    """
    And given the service answers 'POST /pay' with:
    """yaml
    drop: true
    """
    When the workflow is started
    And pay has become uncertain
    And pay is resolved with:
    """yaml
    action: complete
    output: { id: 7 }
    """
    Then the workflow should complete with output:
    """yaml
    paid: 7
    next: true
    """
    And 'POST /pay' should be called 1 times

  Scenario: An operator knows that an uncertain step was not executed
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { pay: { call: http, with: { method: post, endpoint: https://kit.example/pay } } } ]
          catch: { do: [ { handled: { set: { at: '${ $error.instance }' } } } ] }
    """
    And given the service answers 'POST /pay' with:
    """yaml
    drop: true
    """
    When the workflow is started
    And pay has become uncertain
    And pay is resolved with:
    """yaml
    action: fail
    reason: there is no such payment
    """
    Then the workflow should complete with output:
    """yaml
    at: /do/0/guard/try/0/pay
    """

  Scenario: An operator orders another attempt, which has the same key
    Given a workflow with definition:
    """yaml
    do:
      - pay: { call: http, with: { method: post, endpoint: https://kit.example/pay } }
    """
    And given the service answers 'POST /pay' with:
    """yaml
    - { drop: true }
    - { body: { id: 7 } }
    """
    When the workflow is started
    And pay has become uncertain
    And pay is resolved with:
    """yaml
    action: retry
    """
    Then the workflow should complete with output:
    """yaml
    id: 7
    """
    And pay should be attempted 2 times
    And the calls should have the same header 'idempotency-key'

  Scenario: An uncertain step cannot be skipped
    Given a workflow with definition:
    """yaml
    do:
      - pay: { call: http, with: { method: post, endpoint: https://kit.example/pay } }
    """
    And given the service answers 'POST /pay' with:
    """yaml
    drop: true
    """
    When the workflow is started
    And pay has become uncertain
    And pay is resolved with:
    """yaml
    action: skip
    """
    Then the answer should be 409 with code 'API-0033'
    And the workflow should be suspended

  Scenario: What waits for nobody cannot be resolved
    Given a workflow with definition:
    """yaml
    do:
      - pause: { wait: PT1H }
    """
    When the workflow is started
    And the workflow has reached pause
    And pause is resolved with:
    """yaml
    action: complete
    """
    Then the answer should be 409 with code 'API-0033'

  Scenario: A step whose receiver knows keys is sent again
    Given a workflow with definition:
    """yaml
    do:
      - pay:
          call: http
          with: { method: post, endpoint: https://kit.example/pay }
          metadata: { effect: { mode: exactly_once_with_key } }
    """
    And given the service answers 'POST /pay' with:
    """yaml
    - { drop: true }
    - { body: { id: 7 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    id: 7
    """
    And pay should be attempted 2 times
    And the calls should have the same header 'idempotency-key'

  Scenario Outline: An answer is final in every mode
    Given a workflow with definition:
    """yaml
    do:
      - pay:
          call: http
          with: { method: post, endpoint: https://kit.example/pay }
          metadata: { effect: { mode: <mode> } }
    """
    And given the service answers 'POST /pay' with:
    """yaml
    - { status: 503 }
    - { status: 200 }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 503
    """
    And 'POST /pay' should be called 1 times
    Examples:
      | mode                  |
      | at_most_once          |
      | exactly_once_with_key |
      | at_least_once         |

  Scenario: A definition may say that uncertain means failed
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try:
            - pay:
                call: http
                with: { method: post, endpoint: https://kit.example/pay }
                metadata: { effect: { mode: at_most_once, onUncertain: fault } }
          catch: { do: [ { handled: { set: { at: '${ $error.instance }' } } } ] }
    """
    And given the service answers 'POST /pay' with:
    """yaml
    drop: true
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    at: /do/0/guard/try/0/pay
    """
    And 'POST /pay' should be called 1 times

  Scenario: A definition may say that uncertain means undo
    Given a workflow with definition:
    """yaml
    do:
      - book:
          call: http
          with: { method: put, endpoint: https://kit.example/book }
          metadata: { compensate: { do: [ { cancelBooking: { call: http, with: { method: put, endpoint: https://kit.example/cancel-booking } } } ] } }
      - pay:
          call: http
          with: { method: post, endpoint: https://kit.example/pay }
          metadata:
            effect: { onUncertain: compensate }
            compensate: { do: [ { refund: { call: http, with: { method: put, endpoint: https://kit.example/refund } } } ] }
    """
    And given the service answers 'POST /pay' with:
    """yaml
    drop: true
    """
    When the workflow is executed
    Then the workflow should fault
    And the calls should be 'PUT /book', 'POST /pay', 'PUT /refund', 'PUT /cancel-booking'

  Scenario: A post that is not answered in its time is uncertain
    Given a workflow with definition:
    """yaml
    do:
      - pay:
          call: http
          with: { method: post, endpoint: https://kit.example/pay }
          timeout: { after: { milliseconds: 150 } }
    """
    And given the service answers 'POST /pay' with:
    """yaml
    hang: true
    """
    When the workflow is started
    And pay has become uncertain
    Then the workflow should be suspended

  Scenario: An author's retry does not apply to an uncertain step
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { pay: { call: http, with: { method: post, endpoint: https://kit.example/pay } } } ]
          catch: { retry: { limit: { attempt: { count: 5 } } } }
    """
    And given the service answers 'POST /pay' with:
    """yaml
    drop: true
    """
    When the workflow is started
    And pay has become uncertain
    Then the workflow should be suspended
    And 'POST /pay' should be called 1 times

  Scenario: A step knows its key
    Given a workflow with definition:
    """yaml
    do:
      - pay:
          call: http
          with: { method: post, endpoint: https://kit.example/pay, output: response, body: { key: '${ $task.idempotencyKey }' } }
          output: { as: '{ known: ($task.idempotencyKey | type), attempt: $task.attempt }' }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    known: string
    attempt: 1
    """
