Feature: Data flow
  How data comes into a workflow and its tasks, goes on from one to the next, and comes out. The order of the steps is that of
  the specification: schema, from, the task itself, as, schema, export.

  Scenario: The workflow's input.from makes the first task's input
    Given a workflow with definition:
    """yaml
    input:
      from: .order
    do:
      - keep: { set: { id: '${ .id }' } }
    """
    And given the workflow input is:
    """yaml
    order: { id: 7 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    id: 7
    """

  Scenario: The workflow's input.from may be a template
    Given a workflow with definition:
    """yaml
    input:
      from: { id: '${ .order.id }', kind: order }
    do:
      - keep: { set: '${ . }' }
    """
    And given the workflow input is:
    """yaml
    order: { id: 7 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    id: 7
    kind: order
    """

  Scenario: The descriptor of the workflow keeps the raw input
    Given a workflow with definition:
    """yaml
    input:
      from: .order
    do:
      - keep: { set: { raw: '${ $workflow.input }' } }
    """
    And given the workflow input is:
    """yaml
    order: { id: 7 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    raw: { order: { id: 7 } }
    """

  Scenario: A workflow without an input has an empty one
    Given a workflow with definition:
    """yaml
    do:
      - keep: { set: { raw: '${ $workflow.input }', now: '${ . }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    raw: {}
    now: {}
    """

  Scenario Outline: An input may be any JSON value
    Given a workflow with definition:
    """yaml
    do:
      - keep: { set: { got: '${ . }' } }
    """
    And given the workflow input is:
    """yaml
    <value>
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    got: <value>
    """
    Examples:
      | value        |
      | 5            |
      | "text"       |
      | [1, { a: 2 }] |
      | true         |

  Scenario: The workflow's input.schema sees the raw input
    Given a workflow with definition:
    """yaml
    input:
      schema: { document: { type: object, required: [order] } }
      from: .order
    do:
      - keep: { set: '${ . }' }
    """
    And given the workflow input is:
    """yaml
    order: { id: 7 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    id: 7
    """

  Scenario: An input that the schema refuses starts nothing
    Given a workflow with definition:
    """yaml
    input:
      schema: { document: { type: object, properties: { amount: { type: integer } } } }
    do:
      - pay: { call: http, with: { method: post, endpoint: https://kit.example/pay } }
    """
    And given the workflow input is:
    """yaml
    amount: much
    """
    When the workflow is executed
    Then the input should be refused at '/amount'
    And the service should not be called

  Scenario: A missing member is refused where it is missing
    Given a workflow with definition:
    """yaml
    input:
      schema: { document: { type: object, properties: { order: { type: object, required: [id] } } } }
    do:
      - keep: { set: { a: 1 } }
    """
    And given the workflow input is:
    """yaml
    order: {}
    """
    When the workflow is executed
    Then the input should be refused at '/order'

  Scenario: A task's input.from makes what the task sees
    Given a workflow with definition:
    """yaml
    do:
      - keep:
          input: { from: .user }
          set: { now: '${ . }', input: '${ $input }', raw: '${ $task.input }' }
    """
    And given the workflow input is:
    """yaml
    user: { name: Ada }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    now: { name: Ada }
    input: { name: Ada }
    raw: { user: { name: Ada } }
    """

  Scenario: A task's input.schema sees the raw input, before input.from
    Given a workflow with definition:
    """yaml
    do:
      - keep:
          input:
            schema: { document: { type: object, required: [user] } }
            from: .user
          set: '${ . }'
    """
    And given the workflow input is:
    """yaml
    user: { name: Ada }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    name: Ada
    """

  Scenario: A task whose raw input the schema refuses faults
    Given a workflow with definition:
    """yaml
    do:
      - keep:
          input:
            schema: { document: { type: object, required: [name] } }
            from: .user
          set: '${ . }'
    """
    And given the workflow input is:
    """yaml
    user: { name: Ada }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/validation
    status: 400
    instance: /do/0/keep
    """

  Scenario: A task that is skipped gives its raw input on
    Given a workflow with definition:
    """yaml
    do:
      - change:
          if: .go
          input: { from: .go }
          set: { changed: true }
          output: { as: '{ wrong: true }' }
          export: { as: '{ wrong: true }' }
      - keep: { set: { got: '${ . }', context: '${ $context }' } }
    """
    And given the workflow input is:
    """yaml
    go: false
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    got: { go: false }
    context: {}
    """
    And change should not run

  Scenario: The condition of a task sees the raw input
    Given a workflow with definition:
    """yaml
    do:
      - keep:
          if: .user.name == "Ada"
          input: { from: .user }
          set: { name: '${ .name }' }
    """
    And given the workflow input is:
    """yaml
    user: { name: Ada }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    name: Ada
    """

  Scenario: A task that is skipped is not validated
    Given a workflow with definition:
    """yaml
    do:
      - keep:
          if: 'false'
          input: { schema: { document: { type: string } } }
          set: { a: 1 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    {}
    """

  Scenario: Each task's output is the next one's input
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { n: 1 } }
      - two: { set: { n: '${ .n + 1 }' } }
      - three: { set: { n: '${ .n * 10 }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 20
    """
    And two should complete with output:
    """yaml
    n: 2
    """

  Scenario: A task's output.as sees its raw output and its input
    Given a workflow with definition:
    """yaml
    do:
      - change:
          set: { b: 2 }
          output: { as: '{ raw: ., input: $input }' }
    """
    And given the workflow input is:
    """yaml
    a: 1
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    raw: { b: 2 }
    input: { a: 1 }
    """

  Scenario: A task's output.as may be a template
    Given a workflow with definition:
    """yaml
    do:
      - change:
          set: { b: 2 }
          output: { as: { twice: '${ .b * 2 }', text: 'b is ${ .b }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    twice: 4
    text: b is 2
    """

  Scenario: The descriptor of a task has its raw output in output.as
    Given a workflow with definition:
    """yaml
    do:
      - change:
          set: { b: 2 }
          output: { as: $task.output }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    b: 2
    """

  Scenario: A task's output.schema sees the transformed output
    Given a workflow with definition:
    """yaml
    do:
      - change:
          set: { b: 2 }
          output:
            as: .b
            schema: { document: { type: integer } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    2
    """

  Scenario: A task whose transformed output the schema refuses faults
    Given a workflow with definition:
    """yaml
    do:
      - change:
          set: { b: 2 }
          output:
            as: .b
            schema: { document: { type: object } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/validation
    status: 400
    instance: /do/0/change
    """

  Scenario: The context is empty at first
    Given a workflow with definition:
    """yaml
    do:
      - keep: { set: { context: '${ $context }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    context: {}
    """

  Scenario: export.as sees the transformed output
    Given a workflow with definition:
    """yaml
    do:
      - change:
          set: { b: 2 }
          output: { as: { c: '${ .b }' } }
          export: { as: '{ dot: ., output: $output, input: $input }' }
    """
    And given the workflow input is:
    """yaml
    a: 1
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    c: 2
    """
    And the workflow context should be:
    """yaml
    dot: { c: 2 }
    output: { c: 2 }
    input: { a: 1 }
    """

  Scenario: What is exported replaces the context
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { a: 1 }, export: { as: . } }
      - two: { set: { b: 2 }, export: { as: . } }
    """
    When the workflow is executed
    Then the workflow should complete
    And the workflow context should be:
    """yaml
    b: 2
    """

  Scenario: An export may add to the context
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { a: 1 }, export: { as: $context + . } }
      - two: { set: { b: 2 }, export: { as: $context + . } }
      - three: { set: { all: '${ $context }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    all: { a: 1, b: 2 }
    """

  Scenario: A task without export leaves the context
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { a: 1 }, export: { as: . } }
      - two: { set: { b: 2 } }
      - three: { set: { context: '${ $context }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    context: { a: 1 }
    """

  Scenario: export.schema sees what is exported
    Given a workflow with definition:
    """yaml
    do:
      - one:
          set: { a: 1 }
          export: { as: .a, schema: { document: { type: object } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/validation
    status: 400
    instance: /do/0/one
    """

  Scenario: An export that the schema allows is kept
    Given a workflow with definition:
    """yaml
    do:
      - one:
          set: { a: 1 }
          export: { as: ., schema: { document: { type: object, required: [a] } } }
    """
    When the workflow is executed
    Then the workflow should complete
    And the workflow context should be:
    """yaml
    a: 1
    """

  Scenario: The workflow's output.as makes the output
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { a: 1 } }
    output: { as: '{ was: .a }' }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    was: 1
    """

  Scenario: The workflow's output.as sees the context
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { a: 1 }, export: { as: '{ b: 2 }' } }
    output: { as: $context }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    b: 2
    """

  Scenario: The workflow's output.schema sees the transformed output
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { a: 1 } }
    output: { as: .a, schema: { document: { type: integer } } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    1
    """

  Scenario: A workflow whose output the schema refuses faults
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { a: 1 } }
    output: { schema: { document: { type: object, required: [b] } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/validation
    status: 400
    """

  Scenario: A composite task transforms what its tasks get and give
    Given a workflow with definition:
    """yaml
    do:
      - both:
          input: { from: .inner }
          do:
            - one: { set: { n: '${ .n + 1 }' } }
            - two: { set: { n: '${ .n + 1 }' } }
          output: { as: '{ before: $input.n, after: .n }' }
    """
    And given the workflow input is:
    """yaml
    inner: { n: 5 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    before: 5
    after: 7
    """

  Scenario: A schema may be written in another draft
    Given a workflow with definition:
    """yaml
    input:
      schema:
        format: json
        document:
          $schema: http://json-schema.org/draft-07/schema#
          type: object
          definitions: { id: { type: integer } }
          properties: { id: { $ref: '#/definitions/id' } }
    do:
      - keep: { set: '${ .id }' }
    """
    And given the workflow input is:
    """yaml
    id: 7
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    7
    """

  Scenario: Descriptors tell a task about itself
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: descriptors, version: '1.2.3' }
    do:
      - outer:
          do:
            - inner:
                set:
                  name: ${ $task.name }
                  reference: ${ $task.reference }
                  kind: ${ $task.definition.set | type }
                  started: ${ $task.startedAt.epoch.milliseconds >= $workflow.startedAt.epoch.milliseconds }
                  workflow: ${ $workflow.definition.document | "\(.namespace)/\(.name)/\(.version)" }
                  id: ${ $workflow.id | type }
                  time: ${ $workflow.startedAt.iso8601 | test("^[0-9]{4}-") }
                  runtime: ${ $runtime | has("name") and has("version") }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    name: inner
    reference: /do/0/outer/do/0/inner
    kind: object
    started: true
    workflow: kit/descriptors/1.2.3
    id: string
    time: true
    runtime: true
    """
