Feature: Lifecycle
  Cancel and terminate, and who wins against what runs.

  Scenario: A workflow that waits is cancelled
    Given a workflow with definition:
    """yaml
    do:
      - outer: { do: [ { pause: { wait: P30D } } ] }
      - next: { call: http, with: { method: post, endpoint: https://kit.example/next } }
    """
    When the workflow is started
    And the workflow has reached pause
    And the workflow is cancelled
    Then the workflow should cancel
    And pause should cancel
    And outer should cancel
    And next should not run
    And the service should not be called

  Scenario: A cancel cannot be caught
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { pause: { wait: P30D } } ]
          catch: { do: [ { wrong: { set: { caught: true } } } ] }
    """
    When the workflow is started
    And the workflow has reached pause
    And the workflow is cancelled
    Then the workflow should cancel
    And wrong should not run

  Scenario: What has ended cannot be cancelled
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { a: 1 } }
    """
    When the workflow is executed
    And the workflow is cancelled
    Then the answer should be 409 with code 'API-0032'
    And the workflow should complete

  Scenario: What has ended cannot be terminated
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { a: 1 } }
    """
    When the workflow is executed
    And the workflow is terminated
    Then the answer should be 409 with code 'API-0032'
    And the workflow should complete

  Scenario: A termination ends everything at once
    Given a workflow with definition:
    """yaml
    do:
      - both:
          fork:
            branches:
              - left: { wait: P30D }
              - right: { wait: P30D }
    """
    When the workflow is started
    And the workflow has reached right
    And the workflow is terminated
    Then the workflow should be terminated
    And left should cancel
    And right should cancel

  Scenario: All branches are cancelled
    Given a workflow with definition:
    """yaml
    do:
      - both:
          fork:
            branches:
              - left: { do: [ { a: { wait: P30D } } ] }
              - right: { do: [ { b: { wait: P30D } } ] }
    """
    When the workflow is started
    And the workflow has reached b
    And the workflow is cancelled
    Then the workflow should cancel
    And a should cancel
    And b should cancel
    And left should cancel

  Scenario: A workflow that waits for a retry is cancelled
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { ask: { call: http, with: { method: get, endpoint: https://kit.example/ask } } } ]
          catch: { retry: { delay: PT1H } }
    """
    And given the service answers 'GET /ask' with:
    """yaml
    status: 503
    """
    When the workflow is started
    And the service has received 'GET /ask'
    And the workflow has reached guard
    And the workflow is cancelled
    Then the workflow should cancel
    And the calls should be 'GET /ask'

  Scenario: A call under way is recorded as what it turned out to be
    Given a workflow with definition:
    """yaml
    do:
      - pay: { call: http, with: { method: post, endpoint: https://kit.example/pay } }
      - next: { call: http, with: { method: post, endpoint: https://kit.example/next } }
    """
    And given the service answers 'POST /pay' with:
    """yaml
    delay: 500
    body: { id: 7 }
    """
    When the workflow is started
    And the service has received 'POST /pay'
    And the workflow is cancelled
    Then the workflow should cancel
    And pay should complete with output:
    """yaml
    id: 7
    """
    And the calls should be 'POST /pay'

  Scenario: A call that was under way and completed is undone by a cancel with compensation
    Given a workflow with definition:
    """yaml
    do:
      - pay:
          call: http
          with: { method: post, endpoint: https://kit.example/pay }
          metadata: { compensate: { do: [ { refund: { call: http, with: { method: put, endpoint: https://kit.example/refund, body: { id: '${ $output.id }' } } } } ] } }
    """
    And given the service answers 'POST /pay' with:
    """yaml
    delay: 500
    body: { id: 7 }
    """
    When the workflow is started
    And the service has received 'POST /pay'
    And the workflow is cancelled with compensation
    Then the workflow should cancel
    And the calls should be 'POST /pay', 'PUT /refund'
    And call 2 should have the body:
    """yaml
    id: 7
    """

  Scenario: An uncertain step can be cancelled
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
    And the workflow is cancelled
    Then the workflow should cancel
    And pay should cancel

  Scenario: A workflow that has not begun can be cancelled
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { a: 1 } }
    """
    When the workflow is started with:
    """yaml
    startAt: '2099-01-01T00:00:00Z'
    """
    Then the workflow should be pending
    When the workflow is cancelled
    Then the workflow should cancel
    And one should not run
