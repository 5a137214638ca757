Feature: Refused definitions
  What is wrong is said when a definition is registered, at its place; nothing is accepted and then ignored.

  Scenario Outline: Refused where it stands
    Given a workflow with definition:
    """yaml
    <text>
    """
    When the definition is registered
    Then the definition should be refused with '<code>' at '<pointer>'
    Examples:
      | what                                      | code     | pointer                                                | text                                                                                                                                                    |
      | a key that occurs twice                   | DEF-0005 | /do/0/a/wait                                           | do:\n  - a:\n      wait: PT1S\n      wait: PT2S                                                                                                         |
      | a key that is unknown in the document     | DEF-0020 | /tasks                                                 | do: []\ntasks: []                                                                                                                                       |
      | a key that is unknown in a task           | DEF-0020 | /do/0/a/tiemout                                        | do: [ { a: { wait: PT1S, tiemout: { after: PT5S } } } ]                                                                                                 |
      | a key that is unknown in a call           | DEF-0020 | /do/0/a/with/uri                                       | do: [ { a: { call: http, with: { method: get, endpoint: 'https://kit.example', uri: x } } } ]                                                           |
      | a key that is unknown in a catch          | DEF-0020 | /do/0/a/catch/finally                                  | do: [ { a: { try: [], catch: { finally: [] } } } ]                                                                                                      |
      | a key that is unknown in a retry          | DEF-0020 | /do/0/a/catch/retry/times                              | do: [ { a: { try: [], catch: { retry: { times: 3 } } } } ]                                                                                              |
      | a key that is unknown in an effect        | DEF-0020 | /do/0/a/metadata/effect/modus                          | do: [ { a: { call: http, with: { method: get, endpoint: 'https://kit.example' }, metadata: { effect: { modus: at_most_once } } } } ]                    |
      | a key that is unknown in a compensation   | DEF-0020 | /do/0/a/metadata/compensate/undo                       | do: [ { a: { wait: PT1S, metadata: { compensate: { do: [ { b: { wait: PT1S } } ], undo: [] } } } } ]                                                    |
      | a missing method                          | DEF-0021 | /do/0/a/with                                           | do: [ { a: { call: http, with: { endpoint: 'https://kit.example' } } } ]                                                                                |
      | a missing endpoint                        | DEF-0021 | /do/0/a/with                                           | do: [ { a: { call: http, with: { method: get } } } ]                                                                                                    |
      | a missing catch                           | DEF-0021 | /do/0/a                                                | do: [ { a: { try: [] } } ]                                                                                                                              |
      | a missing list of items                   | DEF-0021 | /do/0/a/for                                            | do: [ { a: { for: { each: x }, do: [] } } ]                                                                                                             |
      | a missing status of an error              | DEF-0021 | /do/0/a/raise/error                                    | do: [ { a: { raise: { error: { type: 'https://example.com/e' } } } } ]                                                                                  |
      | a case without then                       | DEF-0021 | /do/0/a/switch/0/x                                     | do: [ { a: { switch: [ { x: { when: .b } } ] } } ]                                                                                                      |
      | a list of tasks that is a map             | DEF-0022 | /do                                                    | do: { a: { wait: PT1S } }                                                                                                                               |
      | a condition that is a boolean             | DEF-0022 | /do/0/a/if                                             | do: [ { a: { if: true, wait: PT1S } } ]                                                                                                                 |
      | a task without a kind                     | DEF-0023 | /do/0/a                                                | do: [ { a: { then: end } } ]                                                                                                                            |
      | a task of two kinds                       | DEF-0024 | /do/0/a                                                | do: [ { a: { set: { x: 1 }, wait: PT1S } } ]                                                                                                            |
      | a task with its name inside               | DEF-0025 | /do/0                                                  | do: [ { name: a, wait: PT1S } ]                                                                                                                         |
      | a set that sets nothing                   | DEF-0026 | /do/0/a/set                                            | do: [ { a: { set: {} } } ]                                                                                                                              |
      | a switch without cases                    | DEF-0026 | /do/0/a/switch                                         | do: [ { a: { switch: [] } } ]                                                                                                                           |
      | a fork without branches                   | DEF-0026 | /do/0/a/fork/branches                                  | do: [ { a: { fork: { branches: [] } } } ]                                                                                                               |
      | a compensation without tasks              | DEF-0026 | /do/0/a/metadata/compensate/do                         | do: [ { a: { wait: PT1S, metadata: { compensate: { do: [] } } } } ]                                                                                     |
      | an output that no call has                | DEF-0027 | /do/0/a/with/output                                    | do: [ { a: { call: http, with: { method: get, endpoint: 'https://kit.example', output: body } } } ]                                                     |
      | a mode that is none                       | DEF-0027 | /do/0/a/metadata/effect/mode                           | do: [ { a: { call: http, with: { method: get, endpoint: 'https://kit.example' }, metadata: { effect: { mode: exactly_once } } } } ]                     |
      | an evaluation mode that is none           | DEF-0027 | /evaluate/mode                                         | evaluate: { mode: lenient }\ndo: []                                                                                                                     |
      | a schema without a document               | DEF-0028 | /input/schema                                          | input: { schema: {} }\ndo: []                                                                                                                           |
      | a version that is no version              | DEF-0030 | /document/version                                      | document: { dsl: '1.0.3', namespace: kit, name: refused, version: '1.0' }\ndo: []                                                                       |
      | a namespace that is no label              | DEF-0031 | /document/namespace                                    | document: { dsl: '1.0.3', namespace: my_kit, name: refused, version: '1.0.0' }\ndo: []                                                                  |
      | a name that is too long                   | DEF-0031 | /document/name                                         | document: { dsl: '1.0.3', namespace: kit, name: aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg, version: '1.0.0' }\ndo: []            |
      | another version of the DSL                | DEF-0032 | /document/dsl                                          | document: { dsl: '0.8.0', namespace: kit, name: refused, version: '1.0.0' }\ndo: []                                                                     |
      | a duration that is none                   | DEF-0033 | /do/0/a/wait                                           | do: [ { a: { wait: 5m } } ]                                                                                                                             |
      | a duration in months                      | DEF-0033 | /do/0/a/wait                                           | do: [ { a: { wait: P1M } } ]                                                                                                                            |
      | a duration below zero                     | DEF-0033 | /do/0/a/wait                                           | do: [ { a: { wait: { seconds: -1 } } } ]                                                                                                                |
      | a status that is no error                 | DEF-0034 | /do/0/a/raise/error/status                             | do: [ { a: { raise: { error: { type: 'https://example.com/e', status: 200 } } } } ]                                                                     |
      | a variable with a dollar                  | DEF-0035 | /do/0/a/for/each                                       | do: [ { a: { for: { each: $x, in: .y }, do: [] } } ]                                                                                                    |
      | a variable whose name is taken            | DEF-0035 | /do/0/a/for/each                                       | do: [ { a: { for: { each: context, in: .y }, do: [] } } ]                                                                                               |
      | a method that is none                     | DEF-0036 | /do/0/a/with/method                                    | do: [ { a: { call: http, with: { method: fetch, endpoint: 'https://kit.example' } } } ]                                                                 |
      | a header's name that is none              | DEF-0037 | /do/0/a/with/headers/X Y                               | do: [ { a: { call: http, with: { method: get, endpoint: 'https://kit.example', headers: { 'X Y': a } } } } ]                                            |
      | a header that the engine sets             | DEF-0038 | /do/0/a/with/headers/Idempotency-Key                   | do: [ { a: { call: http, with: { method: get, endpoint: 'https://kit.example', headers: { Idempotency-Key: a } } } } ]                                  |
      | an endpoint without a host                | DEF-0039 | /do/0/a/with/endpoint                                  | do: [ { a: { call: http, with: { method: get, endpoint: /items } } } ]                                                                                  |
      | an operator of URI templates              | DEF-0039 | /do/0/a/with/endpoint                                  | do: [ { a: { call: http, with: { method: get, endpoint: 'https://kit.example/{+path}' } } } ]                                                           |
      | an expression that is no jq               | DEF-0040 | /do/0/a/if                                             | do: [ { a: { if: .x >, wait: PT1S } } ]                                                                                                                 |
      | a function that does not exist            | DEF-0040 | /do/0/a/set/x                                          | do: [ { a: { set: { x: '${ nofunction(.) }' } } } ]                                                                                                     |
      | a variable that does not exist            | DEF-0040 | /do/0/a/set/x                                          | do: [ { a: { set: { x: '${ $order }' } } } ]                                                                                                            |
      | a loop's variable outside of the loop     | DEF-0040 | /do/1/b/set/x                                          | do: [ { a: { for: { in: .y }, do: [] } }, { b: { set: { x: '${ $item }' } } } ]                                                                         |
      | a clock                                   | DEF-0040 | /do/0/a/set/x                                          | do: [ { a: { set: { x: '${ now }' } } } ]                                                                                                               |
      | the environment                           | DEF-0040 | /do/0/a/set/x                                          | do: [ { a: { set: { x: '${ env }' } } } ]                                                                                                               |
      | an output before there is one             | DEF-0041 | /do/0/a/if                                             | do: [ { a: { if: $output.x, wait: PT1S } } ]                                                                                                            |
      | a task outside of tasks                   | DEF-0041 | /output/as                                             | do: []\noutput: { as: $task.name }                                                                                                                      |
      | an error outside of a catch               | DEF-0041 | /do/0/a/set/x                                          | do: [ { a: { set: { x: '${ $error }' } } } ]                                                                                                            |
      | an input in a condition                   | DEF-0041 | /do/0/a/if                                             | do: [ { a: { if: $input.x, wait: PT1S } } ]                                                                                                             |
      | a schema that breaks its rules            | DEF-0042 | /input/schema/document                                 | input: { schema: { document: { type: objekt } } }\ndo: []                                                                                               |
      | a schema of another format                | DEF-0043 | /input/schema/format                                   | input: { schema: { format: avro, document: {} } }\ndo: []                                                                                               |
      | a count below zero                        | DEF-0044 | /use/retries/r/limit/attempt/count                     | use: { retries: { r: { limit: { attempt: { count: -1 } } } } }\ndo: []                                                                                  |
      | jitter that ends before it begins         | DEF-0044 | /use/retries/r/jitter/to                               | use: { retries: { r: { jitter: { from: PT2S, to: PT1S } } } }\ndo: []                                                                                   |
      | a concurrency of zero                     | DEF-0044 | /do/0/a/metadata/concurrency                           | do: [ { a: { fork: { branches: [ { b: { wait: PT1S } } ] }, metadata: { concurrency: 0 } } } ]                                                          |
      | a task called end                         | DEF-0045 | /do/0/end                                              | do: [ { end: { wait: PT1S } } ]                                                                                                                         |
      | two tasks of one name                     | DEF-0050 | /do/1/a                                                | do: [ { a: { wait: PT1S } }, { a: { wait: PT2S } } ]                                                                                                    |
      | a jump to nowhere                         | DEF-0051 | /do/0/a/then                                           | do: [ { a: { wait: PT1S, then: nowhere } } ]                                                                                                            |
      | a jump out of its list                    | DEF-0051 | /do/0/a/do/0/b/then                                    | do: [ { a: { do: [ { b: { wait: PT1S, then: c } } ] } }, { c: { wait: PT1S } } ]                                                                        |
      | a jump into another list                  | DEF-0051 | /do/1/c/then                                           | do: [ { a: { do: [ { b: { wait: PT1S } } ] } }, { c: { wait: PT1S, then: b } } ]                                                                        |
      | a catch that goes nowhere                 | DEF-0051 | /do/0/a/catch/then                                     | do: [ { a: { try: [], catch: { then: nowhere } } } ]                                                                                                    |
      | a case that goes nowhere                  | DEF-0051 | /do/0/a/switch/0/x/then                                | do: [ { a: { switch: [ { x: { then: nowhere } } ] } } ]                                                                                                 |
      | two defaults                              | DEF-0052 | /do/0/a/switch/1/y                                     | do: [ { a: { switch: [ { x: { then: end } }, { y: { then: exit } } ] } } ]                                                                              |
      | two cases of one name                     | DEF-0061 | /do/0/a/switch/1/x                                     | do: [ { a: { switch: [ { x: { when: .b, then: end } }, { x: { then: exit } } ] } } ]                                                                    |
      | a retry that is not declared              | DEF-0053 | /do/0/a/catch/retry                                    | do: [ { a: { try: [], catch: { retry: nowhere } } } ]                                                                                                   |
      | a timeout that is not declared            | DEF-0054 | /do/0/a/timeout                                        | do: [ { a: { wait: PT1S, timeout: nowhere } } ]                                                                                                         |
      | a workflow's timeout that is not declared | DEF-0054 | /timeout                                               | timeout: nowhere\ndo: []                                                                                                                                |
      | an error that is not declared             | DEF-0055 | /do/0/a/raise/error                                    | do: [ { a: { raise: { error: nowhere } } } ]                                                                                                            |
      | a function that is not declared           | DEF-0056 | /do/0/a/call                                           | do: [ { a: { call: nowhere, with: {} } } ]                                                                                                              |
      | a branch that jumps to another            | DEF-0058 | /do/0/a/fork/branches/0/b/then                         | do: [ { a: { fork: { branches: [ { b: { wait: PT1S, then: c } }, { c: { wait: PT1S } } ] } } } ]                                                        |
      | an effect on a task without one           | DEF-0070 | /do/0/a/metadata/effect                                | do: [ { a: { wait: PT1S, metadata: { effect: { mode: at_most_once } } } } ]                                                                             |
      | an instant on a task that does not wait   | DEF-0070 | /do/0/a/metadata/until                                 | do: [ { a: { set: { x: 1 }, metadata: { until: .y } } } ]                                                                                               |
      | a compensation of a compensation          | DEF-0071 | /do/0/a/metadata/compensate/do/0/b/metadata/compensate | do: [ { a: { wait: PT1S, metadata: { compensate: { do: [ { b: { wait: PT1S, metadata: { compensate: { do: [ { c: { wait: PT1S } } ] } } } } ] } } } } ] |
      | a compensation that ends the workflow     | DEF-0072 | /do/0/a/metadata/compensate/do/0/b/then                | do: [ { a: { wait: PT1S, metadata: { compensate: { do: [ { b: { wait: PT1S, then: end } } ] } } } } ]                                                   |
      | an unwinding outside of a catch           | DEF-0074 | /do/0/a/call                                           | do: [ { a: { call: compensate } } ]                                                                                                                     |
      | an unwinding of a later task              | DEF-0074 | /do/0/a/with/scope                                     | do: [ { a: { call: compensate, with: { scope: b } } }, { b: { wait: PT1S } } ]                                                                          |
      | an unwinding inside of a compensation     | DEF-0074 | /do/0/a/metadata/compensate/do/0/b/call                | do: [ { a: { wait: PT1S, metadata: { compensate: { do: [ { b: { call: compensate } } ] } } } } ]                                                        |
      | a competition with a limit                | DEF-0075 | /do/0/a/metadata/concurrency                           | do: [ { a: { fork: { compete: true, branches: [ { b: { wait: PT1S } } ] }, metadata: { concurrency: 2 } } } ]                                           |

    @bug
    Examples: what has no place yet
      | what                       | code     | pointer       | text                                |
      | a number that JSON has not | DEF-0011 | /do/0/a/set/n | do: [ { a: { set: { n: .inf } } } ] |

  Scenario Outline: Refused
    Given a workflow with definition:
    """yaml
    <text>
    """
    When the definition is registered
    Then the definition should be refused with the code '<code>'
    Examples:
      | what                                   | code     | text                                                                                                                             |
      | a text that is no YAML                 | DEF-0001 | do: [ { a: { wait: PT1S }                                                                                                        |
      | an anchor                              | DEF-0006 | do: [ { a: &x { wait: PT1S } } ]                                                                                                 |
      | a tag                                  | DEF-0007 | do: [ { a: { set: { n: !!str 5 } } } ]                                                                                           |
      | a merge key                            | DEF-0008 | do: [ { a: { set: { <<: { x: 1 }, y: 2 } } } ]                                                                                   |
      | an authentication that is not declared | DEF-0057 | do: [ { a: { call: http, with: { method: get, endpoint: { uri: 'https://kit.example', authentication: { use: nowhere } } } } } ] |

  Scenario: Everything that is wrong is said at once
    Given a workflow with definition:
    """yaml
    do:
      - a: { wait: soon, then: nowhere }
      - b: { set: { x: '${ .y + }' } }
      - a: { wait: PT1S, tiemout: PT1S }
    """
    When the definition is registered
    Then the definition should be refused with:
    """yaml
    - { code: DEF-0033, pointer: /do/0/a/wait }
    - { code: DEF-0051, pointer: /do/0/a/then }
    - { code: DEF-0040, pointer: /do/1/b/set/x }
    - { code: DEF-0050, pointer: /do/2/a }
    - { code: DEF-0020, pointer: /do/2/a/tiemout }
    """

  Scenario Outline: Accepted
    Given a workflow with definition:
    """yaml
    <text>
    """
    When the definition is registered
    Then the definition should be accepted
    Examples:
      | what                             | text                                                                                                                                              |
      | no tasks                         | do: []                                                                                                                                            |
      | other people's metadata          | do: [ { a: { wait: PT1S, metadata: { 'x.example/owner': me, deep: { a: [1] } } } } ]                                                              |
      | an older version of the DSL      | document: { dsl: '1.0.0', namespace: kit, name: older, version: '1.0.0' }\ndo: []                                                                 |
      | a version with a suffix          | document: { dsl: '1.0.3', namespace: kit, name: suffix, version: '1.0.0-rc.1+build.5' }\ndo: []                                                   |
      | the same name in different lists | do: [ { a: { do: [ { a: { wait: PT1S } } ] } } ]                                                                                                  |
      | title, summary and tags          | document: { dsl: '1.0.3', namespace: kit, name: described, version: '1.0.0', title: A title, summary: Some *text*, tags: { a: b } }\ndo: []       |
      | a name with spaces               | do: [ { 'the first task': { wait: PT1S, then: 'the last task' } }, { 'the last task': { wait: PT1S } } ]                                          |
      | a declaration that nobody uses   | use: { retries: { r: { delay: PT1S } }, timeouts: { t: { after: PT1S } }, errors: { e: { type: 'https://example.com/e', status: 400 } } }\ndo: [] |
