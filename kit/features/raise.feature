Feature: Raise
  Errors of the author's, and the place that they name.

  Scenario: A declared error is raised by its name
    Given a workflow with definition:
    """yaml
    use:
      errors:
        rejected: { type: 'https://example.com/errors/rejected', status: 422, title: Rejected }
    do:
      - fail: { raise: { error: rejected } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/rejected
    status: 422
    title: Rejected
    instance: /do/0/fail
    """
    And fail should fault with error:
    """yaml
    status: 422
    """

  Scenario: The texts of an error may be expressions
    Given a workflow with definition:
    """yaml
    do:
      - fail:
          raise:
            error:
              type: https://example.com/errors/rejected
              status: 422
              title: Order ${ .id }
              detail: ${ "the order \(.id) was rejected" }
    """
    And given the workflow input is:
    """yaml
    id: 7
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/rejected
    status: 422
    title: Order 7
    detail: the order 7 was rejected
    """

  Scenario: A declared error may have expressions too
    Given a workflow with definition:
    """yaml
    use:
      errors:
        rejected: { type: 'https://example.com/errors/rejected', status: 422, detail: 'order ${ .id }' }
    do:
      - fail: { raise: { error: rejected } }
    """
    And given the workflow input is:
    """yaml
    id: 7
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    detail: order 7
    """

  Scenario Outline: A standard error may be raised in any of its spellings
    Given a workflow with definition:
    """yaml
    do:
      - fail: { raise: { error: { type: '<type>', status: 401 } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/authentication
    status: 401
    """
    Examples:
      | type                                                                       |
      | https://open-workflow-specification.org/spec/1.0.0/errors/authentication   |
      | https://serverlessworkflow.io/spec/1.0.0/errors/authentication             |
      | https://serverlessworkflow.io/dsl/errors/types/authentication              |

  Scenario Outline: The place is that of the task, however deep
    Given a workflow with definition:
    """yaml
    do:
      - first: { set: { a: 1 } }
      - outer: <outer>
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 409
    instance: <instance>
    """
    Examples:
      | instance                                  | outer                                                                                                                    |
      | /do/1/outer/do/1/fail                     | { do: [ { a: { set: { b: 1 } } }, { fail: { raise: { error: { type: 'https://example.com/e', status: 409 } } } } ] }     |
      | /do/1/outer/do/0/fail                     | { for: { in: '[1]' }, do: [ { fail: { raise: { error: { type: 'https://example.com/e', status: 409 } } } } ] }          |
      | /do/1/outer/fork/branches/0/fail          | { fork: { branches: [ { fail: { raise: { error: { type: 'https://example.com/e', status: 409 } } } } ] } }              |
      | /do/1/outer/try/0/fail                    | { try: [ { fail: { raise: { error: { type: 'https://example.com/e', status: 409 } } } } ], catch: { when: 'false' } }   |

  Scenario: Special characters of names are escaped in the place
    Given a workflow with definition:
    """yaml
    do:
      - a/b~c: { raise: { error: { type: 'https://example.com/e', status: 409 } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    instance: /do/0/a~1b~0c
    """

  Scenario: Nothing runs after an error that nobody catches
    Given a workflow with definition:
    """yaml
    do:
      - fail: { raise: { error: { type: 'https://example.com/e', status: 409 } } }
      - next: { call: http, with: { method: post, endpoint: https://kit.example/next } }
    """
    When the workflow is executed
    Then the workflow should fault
    And next should not run
    And the service should not be called

  Scenario: A task that is to raise may be skipped
    Given a workflow with definition:
    """yaml
    do:
      - fail: { if: .bad, raise: { error: { type: 'https://example.com/e', status: 409 } } }
      - next: { set: { fine: true } }
    """
    And given the workflow input is:
    """yaml
    bad: false
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    fine: true
    """
