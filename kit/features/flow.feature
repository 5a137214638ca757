Feature: Flow directives
  continue, exit, end and the name of a task of the same list, in every kind of list.

  Scenario: continue goes on with the next task
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { at: one }, then: continue }
      - two: { set: { at: two } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    at: two
    """

  Scenario: end completes the workflow with the task's output
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { at: one }, then: end }
      - two: { set: { at: two } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    at: one
    """
    And two should not run

  Scenario: exit of the outermost list completes the workflow
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { at: one }, then: exit }
      - two: { set: { at: two } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    at: one
    """

  Scenario: exit of an inner list goes on behind it
    Given a workflow with definition:
    """yaml
    do:
      - outer:
          do:
            - one: { set: { n: 1 }, then: exit }
            - two: { set: { n: 2 } }
      - three: { set: { n: '${ .n + 10 }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 11
    """
    And two should not run

  Scenario: end of an inner list completes the workflow
    Given a workflow with definition:
    """yaml
    do:
      - outer:
          do:
            - middle:
                do:
                  - one: { set: { n: 1 }, then: end }
                  - two: { set: { n: 2 } }
            - three: { set: { n: 3 } }
      - four: { set: { n: 4 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 1
    """
    And the tasks should run in the order outer, middle, one

  Scenario: The workflow's output.as applies after end
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { n: 1 }, then: end }
      - two: { set: { n: 2 } }
    output: { as: '{ last: .n }' }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    last: 1
    """

  Scenario: A jump forward leaves tasks out
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { seen: [one] }, then: three }
      - two: { set: { seen: '${ .seen + ["two"] }' } }
      - three: { set: { seen: '${ .seen + ["three"] }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    seen: [one, three]
    """
    And two should not run

  Scenario: A jump back runs tasks again
    Given a workflow with definition:
    """yaml
    do:
      - count: { set: { n: '${ (.n // 0) + 1 }' } }
      - again:
          switch:
            - more: { when: .n < 4, then: count }
      - done: { set: { total: '${ .n }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    total: 4
    """
    And count should run 4 times
    And again should run 4 times

  Scenario: A jump inside an inner list stays in it
    Given a workflow with definition:
    """yaml
    do:
      - outer:
          do:
            - one: { set: { seen: [one] }, then: three }
            - two: { set: { seen: '${ .seen + ["two"] }' }, then: exit }
            - three: { set: { seen: '${ .seen + ["three"] }' }, then: two }
      - one: { set: { seen: '${ .seen + ["outside"] }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    seen: [one, three, two, outside]
    """

  Scenario: Composite tasks have directives of their own
    Given a workflow with definition:
    """yaml
    do:
      - outer:
          do:
            - one: { set: { n: 1 } }
          then: three
      - two: { set: { n: 2 } }
      - three: { set: { n: '${ .n + 10 }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 11
    """

  Scenario: exit in a loop ends the pass and not the loop
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: .items }
          do:
            - note: { set: { seen: '${ .seen + [$item] }' }, then: exit }
            - missed: { set: { missed: true } }
    """
    And given the workflow input is:
    """yaml
    items: [1, 2, 3]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    seen: [1, 2, 3]
    """
    And missed should not run

  Scenario: end in a loop completes the workflow
    Given a workflow with definition:
    """yaml
    do:
      - all:
          for: { in: .items }
          do:
            - note: { set: { seen: '${ .seen + [$item] }' } }
            - enough:
                switch:
                  - two: { when: $item == 2, then: end }
      - next: { set: { reached: true } }
    """
    And given the workflow input is:
    """yaml
    items: [1, 2, 3]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    seen: [1, 2]
    """

  Scenario: exit in a try ends the try
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try:
            - one: { set: { n: 1 }, then: exit }
            - two: { set: { n: 2 } }
          catch: { do: [ { never: { set: { n: 3 } } } ] }
      - next: { set: { n: '${ .n + 10 }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 11
    """

  Scenario: end in a try completes the workflow
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try:
            - one: { set: { n: 1 }, then: end }
          catch: { do: [ { never: { set: { n: 3 } } } ] }
      - next: { set: { n: 2 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 1
    """

  Scenario: exit in a handler ends the try
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try:
            - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 400 } } }
          catch:
            do:
              - one: { set: { n: 1 }, then: exit }
              - two: { set: { n: 2 } }
      - next: { set: { n: '${ .n + 10 }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 11
    """

  Scenario: end in a handler completes the workflow
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try:
            - fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 400 } } }
          catch: { do: [ { one: { set: { n: 1 }, then: end } } ] }
      - next: { set: { n: 2 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 1
    """

  Scenario: end in a branch completes the workflow and ends the other branches
    Given a workflow with definition:
    """yaml
    do:
      - both:
          fork:
            branches:
              - long: { wait: PT1H }
              - short: { set: { n: 1 }, then: end }
      - next: { set: { n: 2 } }
    """
    When the workflow is executed
    Then the workflow should complete
    And long should cancel
    And next should not run

  Scenario: exit in a branch ends the branch alone
    Given a workflow with definition:
    """yaml
    do:
      - both:
          fork:
            branches:
              - left:
                  do:
                    - one: { set: { n: 1 }, then: exit }
                    - two: { set: { n: 2 } }
              - right: { set: { n: 3 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ { n: 1 }, { n: 3 } ]
    """
    And two should not run

  Scenario: A jump that never waits is stopped
    Given a workflow with definition:
    """yaml
    do:
      - spin: { set: { a: 1 }, then: spin }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/runtime
    status: 500
    """
