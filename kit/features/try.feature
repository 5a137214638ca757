Feature: Try
  Errors that are caught, by what they are, and what is done about them.

  Scenario: A try whose tasks complete has their output
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try:
            - one: { set: { n: 1 } }
            - two: { set: { n: '${ .n + 1 }' } }
          catch: { do: [ { handled: { set: { n: 0 } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 2
    """
    And handled should not run

  Scenario: A try whose error is caught has the handler's output
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try:
            - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409, title: Odd, detail: Very odd } } }
            - missed: { set: { missed: true } }
          catch: { do: [ { handled: { set: '${ $error }' } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    type: https://example.com/errors/odd
    status: 409
    title: Odd
    detail: Very odd
    instance: /do/0/guard/try/0/fail
    """
    And fail should fault
    And missed should not run
    And guard should complete

  Scenario: The error's variable may have another name
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } } } ]
          catch: { as: problem, do: [ { handled: { set: { status: '${ $problem.status }' } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    status: 409
    """

  Scenario: A catch without anything to do lets the workflow go on
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } } } ]
          catch: {}
      - next: { set: { reached: true } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    reached: true
    """

  Scenario Outline: An error that fits the filter is caught
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409, title: Odd, detail: Very odd } } } } ]
          catch:
            errors: { with: { <filter> } }
            do: [ { handled: { set: { handled: true } } } ]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    handled: true
    """
    Examples:
      | filter                                              |
      | status: 409                                         |
      | type: 'https://example.com/errors/odd'              |
      | title: Odd                                          |
      | detail: Very odd                                    |
      | instance: /do/0/guard/try/0/fail                    |
      | type: 'https://example.com/errors/odd', status: 409 |

  Scenario Outline: An error that does not fit the filter is not caught
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409, title: Odd, detail: Very odd } } } } ]
          catch:
            errors: { with: { <filter> } }
            do: [ { handled: { set: { handled: true } } } ]
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/odd
    status: 409
    instance: /do/0/guard/try/0/fail
    """
    And handled should not run
    Examples:
      | filter                                              |
      | status: 400                                         |
      | type: 'https://example.com/errors/other'            |
      | title: odd                                          |
      | detail: Odd                                         |
      | instance: /do/0/guard                               |
      | type: 'https://example.com/errors/odd', status: 400 |

  Scenario Outline: A standard type is caught in all its spellings
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { fail: { set: { a: '${ error("no") }' } } } ]
          catch:
            errors: { with: { type: '<type>' } }
            do: [ { handled: { set: { handled: true } } } ]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    handled: true
    """
    Examples:
      | type                                                                   |
      | https://open-workflow-specification.org/spec/1.0.0/errors/expression   |
      | https://open-workflow-specification.org/dsl/errors/types/expression    |
      | https://serverlessworkflow.io/spec/1.0.0/errors/expression             |
      | https://serverlessworkflow.io/dsl/errors/types/expression              |
      | https://www.serverlessworkflow.io/spec/1.0.0/errors/expression         |

  Scenario Outline: Every kind of error can be caught
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try:
            - fail: <task>
          catch:
            errors: { with: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/<type>', status: <status> } }
            do: [ { handled: { set: { handled: true } } } ]
    """
    And given the service answers 'GET /down' with:
    """yaml
    status: 503
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    handled: true
    """
    Examples:
      | task                                                                          | type          | status |
      | { set: { a: '${ .x.y.z \| error }' } }                                        | expression    | 400    |
      | { input: { schema: { document: { type: string } } }, set: { a: 1 } }          | validation    | 400    |
      | { set: { a: 1 }, output: { schema: { document: { type: string } } } }         | validation    | 400    |
      | { wait: PT1H, timeout: { after: { milliseconds: 20 } } }                      | timeout       | 408    |
      | { call: http, with: { method: get, endpoint: 'https://kit.example/down' } }   | communication | 503    |

  Scenario Outline: Conditions decide whether an error is caught
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } } } ]
          catch:
            <conditions>
            do: [ { handled: { set: { handled: true } } } ]
    """
    When the workflow is executed
    Then the workflow should <end>
    Examples:
      | conditions                                                     | end      |
      | when: $error.status == 409                                     | complete |
      | when: $error.status == 400                                     | fault    |
      | exceptWhen: $error.status == 409                               | fault    |
      | exceptWhen: ${ $error.status == 400 }                          | complete |
      | as: error                                                      | complete |

  Scenario: A filter and a condition must both hold
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } } } ]
          catch:
            errors: { with: { status: 409 } }
            as: problem
            when: $problem.title == "Even"
            do: [ { handled: { set: { handled: true } } } ]
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 409
    """

  Scenario: The catch's then overrides the try's
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } } } ]
          catch: { do: [ { handled: { set: { n: 1 } } } ], then: third }
          then: second
      - second: { set: { at: second }, then: end }
      - third: { set: { at: third }, then: end }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    at: third
    """

  Scenario: The try's then applies when nothing was caught
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { fine: { set: { n: 1 } } } ]
          catch: { do: [ { handled: { set: { n: 1 } } } ], then: third }
          then: second
      - third: { set: { at: third }, then: end }
      - second: { set: { at: second }, then: end }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    at: second
    """

  Scenario: A catch may go on elsewhere without doing anything
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } } } ]
          catch: { then: end }
      - next: { set: { reached: true } }
    """
    When the workflow is executed
    Then the workflow should complete
    And next should not run

  Scenario: An error that the inner try does not catch reaches the outer one
    Given a workflow with definition:
    """yaml
    do:
      - outer:
          try:
            - inner:
                try: [ { fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } } } ]
                catch: { errors: { with: { status: 400 } }, do: [ { wrong: { set: { by: inner } } } ] }
          catch: { do: [ { handled: { set: { by: outer, at: '${ $error.instance }' } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    by: outer
    at: /do/0/outer/try/0/inner/try/0/fail
    """
    And inner should fault

  Scenario: An error of the handler is not for its own catch
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { fail: { raise: { error: { type: 'https://example.com/errors/first', status: 409 } } } } ]
          catch:
            do: [ { again: { raise: { error: { type: 'https://example.com/errors/second', status: 410 } } } } ]
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/second
    status: 410
    instance: /do/0/guard/catch/do/0/again
    """

  Scenario: An error of the handler is caught by the try around
    Given a workflow with definition:
    """yaml
    do:
      - outer:
          try:
            - inner:
                try: [ { fail: { raise: { error: { type: 'https://example.com/errors/first', status: 409 } } } } ]
                catch: { do: [ { again: { raise: { error: { type: 'https://example.com/errors/second', status: 410 } } } } ] }
          catch: { do: [ { handled: { set: { status: '${ $error.status }' } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    status: 410
    """

  Scenario: A handler may raise what it caught again
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } } } ]
          catch:
            do:
              - note: { call: http, with: { method: post, endpoint: https://kit.example/alert, body: { status: '${ $error.status }' } } }
              - again: { raise: { error: { type: '${ $error.type }', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/odd
    status: 409
    """
    And call 1 should have the body:
    """yaml
    status: 409
    """

  Scenario: Handlers may be in handlers, each with its own error
    Given a workflow with definition:
    """yaml
    do:
      - outer:
          try: [ { fail: { raise: { error: { type: 'https://example.com/errors/first', status: 409 } } } } ]
          catch:
            as: first
            do:
              - inner:
                  try: [ { again: { raise: { error: { type: 'https://example.com/errors/second', status: 410 } } } } ]
                  catch: { as: second, do: [ { show: { set: { both: '${ [$first.status, $second.status] }' } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    both: [409, 410]
    """

  Scenario: An error deep inside a try names the task that raised it
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try:
            - outer:
                do:
                  - first: { set: { a: 1 } }
                  - second: { set: { b: '${ .a.b }' } }
          catch: { do: [ { show: { set: { at: '${ $error.instance }' } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    at: /do/0/guard/try/0/outer/do/1/second
    """

  Scenario: A try in a loop catches in every pass
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: '[1, 0, 2]' }
          do:
            - guard:
                try: [ { divide: { set: { seen: '${ .seen + [10 / $item] }' } } } ]
                catch: { do: [ { handled: { set: { seen: '${ $context.none // ["caught"] }' } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    seen: [caught, 5]
    """

  Scenario: What a caught try exported stays exported
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try:
            - note: { set: { a: 1 }, export: { as: . } }
            - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } }
          catch: { do: [ { show: { set: { context: '${ $context }' } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    context: { a: 1 }
    """

  Scenario: A try transforms its output like any task
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 409 } } } } ]
          catch: { do: [ { handled: { set: { n: 1 } } } ] }
          output: { as: '{ wrapped: . }' }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    wrapped: { n: 1 }
    """
