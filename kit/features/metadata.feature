Feature: Metadata keys of a document
  What the language does not define: values by which executions are found, values that are masked, how long executions are kept, and how many
  run at once.

  Scenario: Sensitive values are masked by their places
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: masked-place, version: '1.0.0', metadata: { sensitive: [ /card/number ] } }
    do:
      - keep: { set: '${ . }' }
    """
    And given the workflow input is:
    """yaml
    card: { number: 4111-1111, holder: Ada }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    card: { number: '***', holder: Ada }
    """

  Scenario: A sensitive value is masked wherever it went
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: masked-value, version: '1.0.0', metadata: { sensitive: [ /card ] } }
    do:
      - move: { set: { text: 'card ${ .card.number } of ${ .name }', copies: '${ [ .card.number, .card.number ] }' } }
    """
    And given the workflow input is:
    """yaml
    card: { number: 4111-1111 }
    name: Ada
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    text: card *** of Ada
    copies: [ '***', '***' ]
    """

  Scenario: A star is every key and every index
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: masked-star, version: '1.0.0', metadata: { sensitive: [ /people/*/pin ] } }
    do:
      - keep: { set: '${ . }' }
    """
    And given the workflow input is:
    """yaml
    people: [ { name: Ada, pin: 1 }, { name: Bob, pin: 2 } ]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    people: [ { name: Ada, pin: '***' }, { name: Bob, pin: '***' } ]
    """

  Scenario: Errors do not tell sensitive values
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: masked-error, version: '1.0.0', metadata: { sensitive: [ /card ] } }
    do:
      - refuse: { raise: { error: { type: 'https://example.com/refused', status: 409, title: Refused, detail: 'no money on ${ .card }' } } }
    """
    And given the workflow input is:
    """yaml
    card: 4111-1111
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 409
    detail: no money on ***
    """

  Scenario: Services get sensitive values as they are
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: masked-not-for-services, version: '1.0.0', metadata: { sensitive: [ /card ] } }
    do:
      - pay: { call: http, with: { method: post, endpoint: https://kit.example/pay, body: { card: '${ .card }' } } }
    """
    And given the workflow input is:
    """yaml
    card: 4111-1111
    """
    And given the service answers 'POST /pay' with:
    """yaml
    body: { paid: true }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    paid: true
    """
    And call 1 should have the body:
    """yaml
    card: 4111-1111
    """

  Scenario: A task of an execution with sensitive values is masked too
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: masked-task, version: '1.0.0', metadata: { sensitive: [ /token ] } }
    do:
      - login: { set: { token: token-8472 } }
      - forget: { set: { done: true } }
    """
    When the workflow is executed
    Then login should complete with output:
    """yaml
    token: '***'
    """

  Scenario: A sensitive place is a JSON pointer
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: no-pointer, version: '1.0.0', metadata: { sensitive: [ card.number ] } }
    do:
      - a: { set: { x: 1 } }
    """
    When the definition is validated
    Then the definition should be refused with 'DEF-0091' at '/document/metadata/sensitive/0'

  Scenario: Search attributes never make an execution fault
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: attributes, version: '1.0.0', metadata: { searchAttributes: { broken: '${ .x | error("no") }', list: .items, id: .id } } }
    do:
      - a: { set: { x: 1 } }
    """
    And given the workflow input is:
    """yaml
    id: A-17
    items: [ 1 ]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    x: 1
    """

  Scenario: The name of a search attribute has letters, digits, '_', '-' and '.'
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: attribute-name, version: '1.0.0', metadata: { searchAttributes: { 'order id': .id } } }
    do:
      - a: { set: { x: 1 } }
    """
    When the definition is validated
    Then the definition should be refused with 'DEF-0090' at '/document/metadata/searchAttributes/order id'

  Scenario: A search attribute is an expression
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: attribute-expression, version: '1.0.0', metadata: { searchAttributes: { id: '.(' } } }
    do:
      - a: { set: { x: 1 } }
    """
    When the definition is validated
    Then the definition should be refused with 'DEF-0040' at '/document/metadata/searchAttributes/id'

  Scenario: A retention is a duration
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: retention, version: '1.0.0', metadata: { retention: { days: 30 } } }
    do:
      - a: { set: { x: 1 } }
    """
    When the workflow is executed
    Then the workflow should complete

  Scenario: A retention cannot be computed
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: retention-computed, version: '1.0.0', metadata: { retention: '${ .days }' } }
    do:
      - a: { set: { x: 1 } }
    """
    When the definition is validated
    Then the definition should be refused with 'DEF-0033' at '/document/metadata/retention'

  Scenario: The metadata of others passes through
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: others, version: '1.0.0', metadata: { owner: team-a, 'x-color': [ red ] } }
    do:
      - a: { set: { x: 1 }, metadata: { note: of others } }
    """
    When the workflow is executed
    Then the workflow should complete

  Scenario: Under a limit of one, executions run one after the other
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: limit-one, version: '1.0.0', metadata: { limits: { max: 1 } } }
    do:
      - enter: { call: http, with: { method: put, endpoint: https://kit.example/enter } }
      - nap: { wait: { milliseconds: 150 } }
      - leave: { call: http, with: { method: put, endpoint: https://kit.example/leave } }
    """
    When the workflow is started
    And the workflow is started
    Then the workflow should complete
    And the first execution should be completed
    And the calls should be 'PUT /enter', 'PUT /leave', 'PUT /enter', 'PUT /leave'

  Scenario: One that is too many is pending
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: limit-waits, version: '1.0.0', metadata: { limits: { max: 1 } } }
    do:
      - nap: { wait: PT1H }
    """
    When the workflow is started
    And the workflow has reached nap
    And the workflow is started
    Then the workflow should be pending
    And the first execution should be waiting

  Scenario: One that waits for a place can be cancelled
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: limit-cancel, version: '1.0.0', metadata: { limits: { max: 1 } } }
    do:
      - nap: { wait: PT1H }
    """
    When the workflow is started
    And the workflow has reached nap
    And the workflow is started
    And the workflow is cancelled
    Then the workflow should cancel
    And the first execution should be waiting

  Scenario: One that is too many may fault
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: limit-fault, version: '1.0.0', metadata: { limits: { max: 1, strategy: fault } } }
    do:
      - nap: { wait: PT1H }
    """
    When the workflow is started
    And the workflow has reached nap
    And the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/runtime
    status: 500
    """
    And the first execution should be waiting

  Scenario: Each value of the key has places of its own
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: limit-key, version: '1.0.0', metadata: { limits: { key: .who, max: 1 } } }
    do:
      - nap: { wait: PT1H }
    """
    When the workflow is started with:
    """yaml
    input: { who: ada }
    """
    And the workflow has reached nap
    And the workflow is started with:
    """yaml
    input: { who: bob }
    """
    And the workflow has reached nap
    And the workflow is started with:
    """yaml
    input: { who: bob }
    """
    Then the workflow should be pending

  Scenario: Children wait for their places too
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: limit-parent, version: '1.0.0' }
    do:
      - both:
          fork:
            branches:
              - one: { run: { workflow: { namespace: kit, name: limit-child, version: latest } } }
              - other: { run: { workflow: { namespace: kit, name: limit-child, version: latest } } }
    """
    And given another workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: limit-child, version: '1.0.0', metadata: { limits: { max: 1 } } }
    do:
      - enter: { call: http, with: { method: put, endpoint: https://kit.example/enter } }
      - nap: { wait: { milliseconds: 150 } }
      - leave: { call: http, with: { method: put, endpoint: https://kit.example/leave } }
    """
    When the workflow is executed
    Then the workflow should complete
    And the calls should be 'PUT /enter', 'PUT /leave', 'PUT /enter', 'PUT /leave'

  Scenario: A sensitive value is no key
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: kit
      name: limit-sensitive
      version: '1.0.0'
      metadata: { sensitive: [ /card ], limits: { key: .card, max: 1 } }
    do:
      - a: { set: { x: 1 } }
    """
    And given the workflow input is:
    """yaml
    card: 4111-1111
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/expression
    status: 400
    """

  Scenario: A key that cannot be computed is a fault
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: limit-key-fault, version: '1.0.0', metadata: { limits: { key: .who.name, max: 1 } } }
    do:
      - a: { set: { x: 1 } }
    """
    And given the workflow input is:
    """yaml
    who: ada
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/expression
    status: 400
    """

  Scenario: A limit is at least one
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: limit-none, version: '1.0.0', metadata: { limits: { max: 0 } } }
    do:
      - a: { set: { x: 1 } }
    """
    When the definition is validated
    Then the definition should be refused with 'DEF-0044' at '/document/metadata/limits/max'

  Scenario: A limit has a number
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: limit-number, version: '1.0.0', metadata: { limits: { key: .who } } }
    do:
      - a: { set: { x: 1 } }
    """
    When the definition is validated
    Then the definition should be refused with 'DEF-0021' at '/document/metadata/limits'

  Scenario: A strategy is one of those that exist
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: limit-strategy, version: '1.0.0', metadata: { limits: { max: 1, strategy: skip } } }
    do:
      - a: { set: { x: 1 } }
    """
    When the definition is validated
    Then the definition should be refused with 'DEF-0027' at '/document/metadata/limits/strategy'

  Scenario: The key of a limit is known before the execution begins
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: kit, name: limit-variable, version: '1.0.0', metadata: { limits: { key: $context.a, max: 1 } } }
    do:
      - a: { set: { x: 1 } }
    """
    When the definition is validated
    Then the definition should be refused with 'DEF-0041' at '/document/metadata/limits/key'
