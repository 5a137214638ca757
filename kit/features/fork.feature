Feature: Fork
  Branches side by side.

  Scenario: The output is the array of the branches' outputs in the order of their declaration
    Given a workflow with definition:
    """yaml
    do:
      - all:
          fork:
            branches:
              - slow: { do: [ { pause: { wait: { milliseconds: 40 } } }, { one: { set: { n: 1 } } } ] }
              - quick: { set: { n: 2 } }
              - third: { set: { n: 3 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ { n: 1 }, { n: 2 }, { n: 3 } ]
    """

  Scenario: Each branch gets the input of the fork
    Given a workflow with definition:
    """yaml
    do:
      - all:
          input: { from: .order }
          fork:
            branches:
              - one: { set: { got: '${ .id }' } }
              - two: { set: { got: '${ .id }' } }
    """
    And given the workflow input is:
    """yaml
    order: { id: 7 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ { got: 7 }, { got: 7 } ]
    """

  Scenario: The output of a fork may be transformed
    Given a workflow with definition:
    """yaml
    do:
      - all:
          fork:
            branches:
              - one: { set: { a: 1 } }
              - two: { set: { b: 2 } }
          output: { as: add }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    a: 1
    b: 2
    """

  Scenario: A branch that is skipped gives its input
    Given a workflow with definition:
    """yaml
    do:
      - all:
          fork:
            branches:
              - one: { if: 'false', set: { a: 1 } }
              - two: { set: { b: 2 } }
    """
    And given the workflow input is:
    """yaml
    x: 0
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ { x: 0 }, { b: 2 } ]
    """

  Scenario: The branches share one context
    Given a workflow with definition:
    """yaml
    do:
      - all:
          fork:
            branches:
              - one: { set: { a: 1 }, export: { as: $context + . } }
              - two: { do: [ { pause: { wait: { milliseconds: 10 } } }, { set: { set: { b: 2 }, export: { as: $context + . } } } ] }
              - three: { set: { c: 3 }, export: { as: $context + . } }
    """
    When the workflow is executed
    Then the workflow should complete
    And the workflow context should be:
    """yaml
    a: 1
    b: 2
    c: 3
    """

  Scenario: The branches run at the same time
    Given a workflow with definition:
    """yaml
    do:
      - all:
          fork:
            branches:
              - one: { call: http, with: { method: get, endpoint: https://kit.example/one } }
              - two: { call: http, with: { method: get, endpoint: https://kit.example/two } }
    """
    And given the service answers 'GET /one' with:
    """yaml
    delay: 150
    """
    And given the service answers 'GET /two' with:
    """yaml
    delay: 150
    """
    When the workflow is started
    And the service has received 'GET /one'
    And the service has received 'GET /two'
    Then the workflow should complete
    And the calls in any order should be 'GET /one', 'GET /two'

  Scenario: The concurrency of a fork can be limited
    Given a workflow with definition:
    """yaml
    do:
      - all:
          fork:
            branches:
              - one: { do: [ { oneA: { call: http, with: { method: put, endpoint: https://kit.example/1a } } }, { oneB: { call: http, with: { method: put, endpoint: https://kit.example/1b } } } ] }
              - two: { do: [ { twoA: { call: http, with: { method: put, endpoint: https://kit.example/2a } } }, { twoB: { call: http, with: { method: put, endpoint: https://kit.example/2b } } } ] }
          metadata: { concurrency: 1 }
    """
    When the workflow is executed
    Then the workflow should complete
    And the calls should be 'PUT /1a', 'PUT /1b', 'PUT /2a', 'PUT /2b'

  Scenario: A competition has the output of the first to complete
    Given a workflow with definition:
    """yaml
    do:
      - race:
          fork:
            compete: true
            branches:
              - slow: { do: [ { pause: { wait: PT1H } }, { lost: { set: { by: slow } } } ] }
              - quick: { set: { by: quick } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    by: quick
    """
    And slow should cancel
    And lost should not run

  Scenario: A competition may be won by a task that waits less
    Given a workflow with definition:
    """yaml
    do:
      - race:
          fork:
            compete: true
            branches:
              - long: { do: [ { hour: { wait: PT1H } }, { a: { set: { by: long } } } ] }
              - short: { do: [ { moment: { wait: { milliseconds: 20 } } }, { b: { set: { by: short } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    by: short
    """

  Scenario: The first error that nothing catches ends the other branches
    Given a workflow with definition:
    """yaml
    do:
      - all:
          fork:
            branches:
              - long: { do: [ { pause: { wait: PT1H } }, { missed: { set: { a: 1 } } } ] }
              - bad: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/odd
    status: 409
    instance: /do/0/all/fork/branches/1/bad
    """
    And missed should not run
    And long should cancel

  Scenario: An error caught in a branch stays in the branch
    Given a workflow with definition:
    """yaml
    do:
      - all:
          fork:
            branches:
              - good: { set: { n: 1 } }
              - bad:
                  try: [ { fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } } } ]
                  catch: { do: [ { handled: { set: { n: 2 } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ { n: 1 }, { n: 2 } ]
    """

  Scenario: An error of a branch is caught around the fork
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try:
            - all:
                fork:
                  branches:
                    - long: { wait: PT1H }
                    - bad: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
          catch: { do: [ { handled: { set: { at: '${ $error.instance }' } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    at: /do/0/guard/try/0/all/fork/branches/1/bad
    """
    And long should cancel

  Scenario: Forks may be in forks
    Given a workflow with definition:
    """yaml
    do:
      - outer:
          fork:
            branches:
              - left: { fork: { branches: [ { a: { set: { n: 1 } } }, { b: { set: { n: 2 } } } ] } }
              - right: { set: { n: 3 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ [ { n: 1 }, { n: 2 } ], { n: 3 } ]
    """

  Scenario: A fork in a loop runs for each item
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: '[1, 2]' }
          do:
            - both:
                fork:
                  branches:
                    - one: { set: { n: '${ $item }' } }
                    - two: { set: { n: '${ $item * 10 }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ { n: 2 }, { n: 20 } ]
    """
    And one should run 2 times

  Scenario: A fork with one branch gives an array of one
    Given a workflow with definition:
    """yaml
    do:
      - alone: { fork: { branches: [ { one: { set: { n: 1 } } } ] } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ { n: 1 } ]
    """
