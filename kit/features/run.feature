Feature: Run scripts and shells
  Processes of the server's own machine. The server must have been told to run them; see the last scenarios for what is never run.

  Scenario: A command has its arguments, its environment and its standard input
    Given a workflow with definition:
    """yaml
    do:
      - greet:
          run:
            shell:
              command: 'echo "$1, $NAME: $(cat)"'
              arguments: [ '${ .greeting }' ]
              environment: { NAME: '${ .name }' }
              stdin: ${ .text }
    """
    And given the workflow input is:
    """yaml
    greeting: Hello
    name: Ada $(id) "quoted"
    text: a line
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    "Hello, Ada $(id) \"quoted\": a line\n"
    """

  Scenario: Standard input that is no text is JSON
    Given a workflow with definition:
    """yaml
    do:
      - copy: { run: { shell: { command: cat, stdin: '${ . }' } }, output: { as: fromjson } }
    """
    And given the workflow input is:
    """yaml
    id: 7
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    id: 7
    """

  Scenario Outline: What a process returns is chosen
    Given a workflow with definition:
    """yaml
    do:
      - ask: { run: { return: <return>, shell: { command: 'printf out; printf err >&2; exit <code>' } } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    <output>
    """
    Examples:
      | return | code | output                              |
      | stdout | 0    | out                                 |
      | stderr | 0    | err                                 |
      | code   | 3    | 3                                   |
      | all    | 3    | { code: 3, stdout: out, stderr: err } |
      | none   | 0    | null                                |

  Scenario Outline: A process that ends badly is an error unless its code is asked for
    Given a workflow with definition:
    """yaml
    do:
      - ask: { run: { return: <return>, shell: { command: 'echo why >&2; exit 3' } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/runtime
    status: 500
    detail: 'the process ended with code 3: why'
    instance: /do/0/ask
    """
    Examples:
      | return |
      | stdout |
      | stderr |
      | none   |

  Scenario: The author's policy tries a process again
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try: [ { ask: { run: { shell: { command: 'exit 1' } } } } ]
          catch: { retry: { delay: { milliseconds: 5 }, limit: { attempt: { count: 2 } } }, do: [ { given: { set: { up: true } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    up: true
    """
    And ask should run 3 times

  Scenario: A process that is not awaited gives the task's input
    Given a workflow with definition:
    """yaml
    do:
      - leave: { run: { await: false, shell: { command: sleep 1000 } } }
    """
    And given the workflow input is:
    """yaml
    id: 7
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    id: 7
    """
    And leave should take at most 5000 milliseconds

  Scenario: A timeout ends a process of which nobody knows how far it came
    Given a workflow with definition:
    """yaml
    do:
      - ask: { run: { shell: { command: sleep 1000 } }, timeout: { after: PT0.5S } }
    """
    When the workflow is started
    And ask has become uncertain
    Then the workflow should be suspended

  Scenario: A timeout ends a process that may be repeated
    Given a workflow with definition:
    """yaml
    do:
      - ask: { run: { shell: { command: sleep 1000 } }, timeout: { after: PT0.5S }, metadata: { effect: { mode: at_least_once } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/timeout
    status: 408
    instance: /do/0/ask
    """

  Scenario: A process that writes too much is ended
    Given a workflow with definition:
    """yaml
    do:
      - ask: { run: { return: all, shell: { command: 'yes' } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/runtime
    status: 500
    detail: the process wrote more than it may, and was ended
    """

  Scenario: A process is ended when its execution is cancelled
    Given a workflow with definition:
    """yaml
    do:
      - ask: { run: { shell: { command: sleep 1000 } } }
    """
    When the workflow is started
    And the workflow has reached ask
    And the workflow is cancelled
    Then the workflow should be cancelled

  Scenario: A command is undone when a later task fails
    Given a workflow with definition:
    """yaml
    do:
      - make:
          run: { shell: { command: printf made } }
          metadata: { compensate: { do: [ { remove: { call: http, with: { method: post, endpoint: https://kit.example/remove, body: { was: '${ $output }' } } } } ] } }
      - fail: { raise: { error: { type: https://kit.example/errors/full, status: 507 } } }
    """
    When the workflow is executed
    Then the workflow should fault
    And the calls should be 'POST /remove'
    And call 1 should have the body:
    """yaml
    was: made
    """

  Scenario: A script computes
    Given a workflow with definition:
    """yaml
    do:
      - sort:
          run:
            script:
              language: javascript
              code: |
                import { readFileSync } from 'node:fs';
                const words = JSON.parse(readFileSync(process.stdin.fd, 'utf8'));
                const [, , separator] = process.argv;
                console.log(`${process.env.PREFIX}${words.toSorted().join(separator)}`);
              stdin: ${ .words }
              arguments: [ ', ' ]
              environment: { PREFIX: 'sorted: ' }
    """
    And given the workflow input is:
    """yaml
    words: [ pear, apple ]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    "sorted: apple, pear\n"
    """

  Scenario: The text of a script may be a resource, which is read once
    Given a workflow with definition:
    """yaml
    do:
      - one: { run: { script: { language: js, source: { endpoint: https://kit.example/one.js } } } }
    """
    And given the service answers 'GET /one.js' with:
    """yaml
    text: process.stdout.write('one')
    """
    When the workflow is executed
    And the workflow is executed
    Then the workflow should complete with output:
    """yaml
    one
    """
    And 'GET /one.js' should be called 1 times

  Scenario Outline: A script that throws is an error
    Given a workflow with definition:
    """yaml
    do:
      - ask: { run: { script: { language: js, code: "<code>" } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/runtime
    status: 500
    instance: /do/0/ask
    """
    Examples:
      | code                                       |
      | null.a                                     |
      | throw new Error('no')                      |
      | process.exit(2)                            |
      | import 'node:child_process'                |
      | fetch('https://kit.example')               |
      | const all = []; for (;;) all.push(Array(1e5).fill(1)) |

  Scenario: A script that does not end is ended by the task's timeout
    Given a workflow with definition:
    """yaml
    do:
      - ask: { run: { script: { language: js, code: 'for (;;) {}' } }, timeout: { after: PT0.5S } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/timeout
    status: 408
    """

  Scenario Outline: A process cannot be given what is no text
    Given a workflow with definition:
    """yaml
    do:
      - ask: { run: { shell: { command: 'true', <given> } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/<type>
    status: 400
    instance: /do/0/ask
    """
    Examples:
      | given                              | type       |
      | arguments: [ '${ [1] }' ]          | expression |
      | environment: { A: '${ {} }' }      | expression |
      | environment: { 'A=B': x }          | validation |

  Scenario Outline: What is not run is refused
    Given a workflow with definition:
    """yaml
    do:
      - ask: { run: { <run> } }
    """
    When the definition is registered
    Then the definition should be refused with '<code>' at '/do/0/ask/run/<at>'
    Examples:
      | run                                               | code     | at              |
      | container: { image: alpine }                      | DEF-0102 | container       |
      | script: { language: python, code: print(1) }      | DEF-0102 | script/language |
