Feature: Retry
  How often something is tried again, when, and what stays the same. Delays are compared as they were decided, which is exact.

  Scenario: What fails twice and then works is called three times
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { fetch: { call: http, with: { method: get, endpoint: https://kit.example/items } } } ]
          catch: { errors: { with: { status: 503 } }, retry: { delay: { milliseconds: 1 }, limit: { attempt: { count: 5 } } } }
    """
    And given the service answers 'GET /items' with:
    """yaml
    - { status: 503, times: 2 }
    - { body: [1, 2] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [1, 2]
    """
    And 'GET /items' should be called 3 times
    And guard should be retried 2 times

  Scenario Outline: The count is that of the retries
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { fetch: { call: http, with: { method: get, endpoint: https://kit.example/items } } } ]
          catch: { retry: { limit: { attempt: { count: <count> } } } }
    """
    And given the service answers 'GET /items' with:
    """yaml
    status: 503
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/communication
    status: 503
    instance: /do/0/guard/try/0/fetch
    """
    And 'GET /items' should be called <calls> times
    Examples:
      | count | calls |
      | 0     | 1     |
      | 1     | 2     |
      | 3     | 4     |

  Scenario: What is still wrong after the last retry is handled
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { fetch: { call: http, with: { method: get, endpoint: https://kit.example/items } } } ]
          catch:
            retry: { limit: { attempt: { count: 2 } } }
            do: [ { fallback: { set: { status: '${ $error.status }' } } } ]
    """
    And given the service answers 'GET /items' with:
    """yaml
    - { status: 500 }
    - { status: 502 }
    - { status: 503 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    status: 503
    """
    And fallback should run 1 times

  Scenario: A policy may be declared once and named
    Given a workflow with definition:
    """yaml
    use:
      retries:
        twice: { delay: { milliseconds: 1 }, limit: { attempt: { count: 2 } } }
    do:
      - guard:
          try: [ { fetch: { call: http, with: { method: get, endpoint: https://kit.example/items } } } ]
          catch: { retry: twice }
    """
    And given the service answers 'GET /items' with:
    """yaml
    status: 503
    """
    When the workflow is executed
    Then the workflow should fault
    And 'GET /items' should be called 3 times

  Scenario Outline: The backoff decides how the delay grows
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } } } ]
          catch: { retry: { delay: { milliseconds: 10 }, limit: { attempt: { count: 4 } }<backoff> } }
    """
    When the workflow is executed
    Then the workflow should fault
    And the retries of guard should wait <waits> milliseconds
    Examples:
      | backoff                          | waits          |
      |                                  | 10, 10, 10, 10 |
      | , backoff: { constant: {} }      | 10, 10, 10, 10 |
      | , backoff: { linear: {} }        | 10, 20, 30, 40 |
      | , backoff: { exponential: {} }   | 10, 20, 40, 80 |

  Scenario: Without a delay nothing is waited for
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } } } ]
          catch: { retry: { limit: { attempt: { count: 3 } } } }
    """
    When the workflow is executed
    Then the workflow should fault
    And the retries of guard should wait 0, 0, 0 milliseconds

  Scenario: A delay may be written as a text
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } } } ]
          catch: { retry: { delay: PT0.015S, limit: { attempt: { count: 1 } } } }
    """
    When the workflow is executed
    Then the workflow should fault
    And the retries of guard should wait 15 milliseconds

  Scenario: Jitter adds to the delay within its bounds
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } } } ]
          catch:
            retry:
              delay: { milliseconds: 10 }
              jitter: { from: { milliseconds: 5 }, to: { milliseconds: 20 } }
              limit: { attempt: { count: 12 } }
    """
    When the workflow is executed
    Then the workflow should fault
    And guard should be retried 12 times
    And each retry of guard should wait 15 to 30 milliseconds

  Scenario: Jitter of one value is exact
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } } } ]
          catch:
            retry:
              delay: { milliseconds: 3 }
              backoff: { exponential: {} }
              jitter: { from: { milliseconds: 4 }, to: { milliseconds: 4 } }
              limit: { attempt: { count: 3 } }
    """
    When the workflow is executed
    Then the workflow should fault
    And the retries of guard should wait 7, 10, 16 milliseconds

  Scenario Outline: Conditions decide whether something is tried again
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } } } ]
          catch: { retry: { <condition>, limit: { attempt: { count: 2 } } } }
    """
    When the workflow is executed
    Then the workflow should fault
    And guard should be retried <retries> times
    Examples:
      | condition                               | retries |
      | when: '$error.status == 409'            | 2       |
      | when: '${ $error.status == 400 }'       | 0       |
      | exceptWhen: '$error.status == 409'      | 0       |
      | exceptWhen: '$error.status == 400'      | 2       |

  Scenario: An error that the catch does not filter is not tried again
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { fetch: { call: http, with: { method: get, endpoint: https://kit.example/items } } } ]
          catch: { errors: { with: { status: 503 } }, retry: { limit: { attempt: { count: 5 } } } }
    """
    And given the service answers 'GET /items' with:
    """yaml
    - { status: 503 }
    - { status: 404 }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 404
    """
    And 'GET /items' should be called 2 times

  Scenario: The whole list is tried again, with the input of the try
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try:
            - first: { call: http, with: { method: put, endpoint: https://kit.example/first, body: { n: '${ .n }' } } }
            - second: { call: http, with: { method: get, endpoint: https://kit.example/second } }
          catch: { retry: { limit: { attempt: { count: 1 } } } }
    """
    And given the workflow input is:
    """yaml
    n: 7
    """
    And given the service answers 'GET /second' with:
    """yaml
    - { status: 503 }
    - { status: 200 }
    """
    When the workflow is executed
    Then the workflow should complete
    And the calls should be 'PUT /first', 'GET /second', 'PUT /first', 'GET /second'
    And call 3 should have the body:
    """yaml
    n: 7
    """

  Scenario: The limit of the whole ends the retries
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } } } ]
          catch: { retry: { delay: { seconds: 5 }, limit: { duration: { seconds: 1 } } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 409
    """
    And guard should be retried 0 times

  Scenario: The limit of one try ends the try, which may be tried again
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { pause: { wait: PT1H } } ]
          catch:
            retry: { limit: { attempt: { count: 2, duration: { milliseconds: 20 } } } }
            do: [ { show: { set: { type: '${ $error.type }', status: '${ $error.status }' } } } ]
    """
    When the workflow is executed
    Then the workflow should complete
    And the workflow output should have a 'status' property with value:
    """yaml
    408
    """
    And guard should be retried 2 times
    And pause should run 3 times

  Scenario: Any error is tried again when nothing filters it
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { broken: { set: { a: '${ error("no") }' } } } ]
          catch: { retry: { limit: { attempt: { count: 2 } } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/expression
    """
    And guard should be retried 2 times

  Scenario: All tries of a step have the same key
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { pay: { call: http, with: { method: post, endpoint: https://kit.example/pay } } } ]
          catch: { retry: { limit: { attempt: { count: 3 } } } }
    """
    And given the service answers 'POST /pay' with:
    """yaml
    - { status: 503, times: 2 }
    - { status: 201 }
    """
    When the workflow is executed
    Then the workflow should complete
    And 'POST /pay' should be called 3 times
    And the calls should have the same header 'idempotency-key'

  Scenario: A step may ask for a key for every attempt
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try:
            - pay:
                call: http
                with: { method: post, endpoint: https://kit.example/pay }
                metadata: { effect: { key: attempt } }
          catch: { retry: { limit: { attempt: { count: 3 } } } }
    """
    And given the service answers 'POST /pay' with:
    """yaml
    - { status: 503, times: 2 }
    - { status: 201 }
    """
    When the workflow is executed
    Then the workflow should complete
    And each call should have a header 'idempotency-key' of its own

  Scenario: Each pass of a loop has all its retries
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: '[1, 2]' }
          do:
            - guard:
                try: [ { fetch: { call: http, with: { method: get, endpoint: '${ "https://kit.example/\($item)" }' } } } ]
                catch: { retry: { limit: { attempt: { count: 1 } } } }
    """
    And given the service answers 'GET /1' with:
    """yaml
    - { status: 503 }
    - { status: 200 }
    """
    And given the service answers 'GET /2' with:
    """yaml
    - { status: 503 }
    - { status: 200 }
    """
    When the workflow is executed
    Then the workflow should complete
    And the calls should be 'GET /1', 'GET /1', 'GET /2', 'GET /2'
