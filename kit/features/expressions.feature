Feature: Expressions
  jq in `${ … }`, and bare where only an expression can stand.

  Scenario Outline: An expression gives a value
    Given a workflow with definition:
    """yaml
    do:
      - compute:
          set:
            result: '${ <expression> }'
    """
    And given the workflow input is:
    """yaml
    a: 2
    b: 3
    list: [3, 1, 2]
    name: Ada
    nested: { x: { y: 1 } }
    nothing: null
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    result: <result>
    """
    Examples:
      | expression                                                                                  | result                                         |
      | .a + .b                                                                                     | 5                                              |
      | 10 / 4                                                                                      | 2.5                                            |
      | 12345678901234567890                                                                        | 12345678901234567890                           |
      | .list \| sort                                                                               | [1, 2, 3]                                      |
      | .list \| map(. * 2)                                                                         | [6, 2, 4]                                      |
      | [.list[] \| select(. > 1)]                                                                  | [3, 2]                                         |
      | [.list[] as $n \| $n + 1]                                                                   | [4, 2, 3]                                      |
      | .list \| length                                                                             | 3                                              |
      | .list \| group_by(. > 1)                                                                    | [[1], [3, 2]]                                  |
      | .list \| @json                                                                              | "[3,1,2]"                                      |
      | first(.list[])                                                                              | 3                                              |
      | reduce .list[] as $n (0; . + $n)                                                            | 6                                              |
      | [range(3)]                                                                                  | [0, 1, 2]                                      |
      | .name \| ascii_upcase                                                                       | ADA                                            |
      | "Hello, \\(.name)!"                                                                         | Hello, Ada!                                    |
      | .name \| test("^A")                                                                         | true                                           |
      | "a,b" \| split(",")                                                                         | [a, b]                                         |
      | "hi" \| @base64                                                                             | aGk=                                           |
      | .nested.x.y                                                                                 | 1                                              |
      | .nested \| keys                                                                             | [x]                                            |
      | .nested \| [paths \| length]                                                                | [1, 2]                                         |
      | {sum: (.a + .b)}                                                                            | { sum: 5 }                                     |
      | .missing // "none"                                                                          | none                                           |
      | .nothing                                                                                    | null                                           |
      | null + ["red"]                                                                              | [red]                                          |
      | null \| .a.b = 1                                                                            | { a: { b: 1 } }                                |
      | if .a > 1 then "big" else "small" end                                                       | big                                            |
      | .a as $x \| $x * $x                                                                         | 4                                              |
      | try error("x") catch .                                                                      | x                                              |
      | "2026-01-02T03:04:05Z" \| fromdate                                                          | 1767323045                                     |
      | empty                                                                                       | null                                           |
      | (1, 2)                                                                                      | 1                                              |
      | [1, 2] \| .[1.0]                                                                            | 2                                              |
      | [{k: 1}, {k: 2}] \| INDEX(.k) \| keys                                                       | ["1", "2"]                                     |
      | 5 \| toarray                                                                                | [5]                                            |
      | [5] \| toarray                                                                              | [5]                                            |
      | [[1, "a"]] \| .[] \| @csv                                                                   | '1,"a"'                                        |
      | [1, "a"] \| @tsv                                                                            | "1\\ta"                                        |
      | null \| .[1:]                                                                               | null                                           |
      | [1, 2, 3] \| .[1:]                                                                          | [2, 3]                                         |
      | {} \| .a += 1                                                                               | { a: 1 }                                       |
      | [[1, 2]] \| .[] as [$x, $y] \| $x + $y                                                      | 3                                              |
      | {a: 1} as {a: $v} \| $v                                                                     | 1                                              |
      | @uri "q=\\("a b")"                                                                          | q=a%20b                                        |
      | "abc" \| .[1:2]                                                                             | b                                              |
      | .list \| [min, max]                                                                         | [1, 3]                                         |
      | "x" * 3                                                                                     | xxx                                            |
      | 2 \| IN(1, 2)                                                                               | true                                           |
      | "aXbX" \| gsub("X"; "-")                                                                    | a-b-                                           |
      | "test" \| ltrimstr("te")                                                                    | st                                             |
      | 5 \| ltrimstr("a")                                                                          | 5                                              |
      | "1 2" \| [splits(" ")]                                                                      | ['1', '2']                                     |
      | getpath(["nested", "x", "y"])                                                               | 1                                              |
      | [limit(2; range(10))]                                                                       | [0, 1]                                         |
      | "{\\"a\\":1}" \| fromjson \| .a                                                             | 1                                              |
      | .list \| add / length                                                                       | 2                                              |
      | [.list \| to_entries[] \| .key]                                                             | [0, 1, 2]                                      |
      | .nested \| with_entries(.value = 1)                                                         | { x: 1 }                                       |
      | 3.7 \| floor                                                                                | 3                                              |
      | 17 % 5                                                                                      | 2                                              |
      | "abc" \| explode \| implode                                                                 | abc                                            |
      | .list \| any(. > 2)                                                                         | true                                           |
      | .list \| all(. > 2)                                                                         | false                                          |
      | [1, [2, [3]]] \| flatten                                                                    | [1, 2, 3]                                      |
      | .a == 2.0                                                                                   | true                                           |
      | .list \| .[-1]                                                                              | 2                                              |
      | "é" \| length                                                                               | 1                                              |
      | "é" \| utf8bytelength                                                                       | 2                                              |
      | "<&>" \| @html                                                                              | '&lt;&amp;&gt;'                                |
      | "it" \| @sh                                                                                 | "'it'"                                         |
      | [3, 1, 2] \| sort_by(-.)                                                                    | [3, 2, 1]                                      |
      | [1, 1, 2] \| unique                                                                         | [1, 2]                                         |
      | .list \| index(1)                                                                           | 1                                              |
      | "a-b" \| ascii_downcase \| split("-") \| join("+")                                          | a+b                                            |
      | [{k: 1, v: 2}] \| from_entries                                                              | { "1": 2 }                                     |
      | del(.list) \| has("list")                                                                   | false                                          |
      | .nested \| walk(if type == "number" then . + 1 else . end)                                  | { x: { y: 2 } }                                |
      | [.list[] \| if . == 1 then empty else . end]                                                | [3, 2]                                         |
      | label $out \| foreach .list[] as $n (0; . + $n; if . > 3 then ., break $out else empty end) | 4                                              |
      | "2026-01-02" \| strptime("%Y-%m-%d") \| mktime                                              | 1767312000                                     |
      | 1767323045 \| todate                                                                        | "2026-01-02T03:04:05Z"                         |
      | "aGk=" \| @base64d                                                                          | hi                                             |
      | [splits("a")]? // "none"                                                                    | none                                           |
      | .list as [$first] \| $first                                                                 | 3                                              |
      | [.[] \| numbers]                                                                            | [2, 3]                                         |
      | "test" \| test("T"; "i")                                                                    | true                                           |
      | "foo bar" \| capture("(?<a>[a-z]+) (?<b>[a-z]+)")                                           | { a: foo, b: bar }                             |
      | "abab" \| [match("a"; "g").offset]                                                          | [0, 2]                                         |
      | [range(0; 10; 3)]                                                                           | [0, 3, 6, 9]                                   |
      | .nested \| paths(type == "number")                                                          | [x, y]                                         |
      | 1 as $x \| [$x, $x + 1]                                                                     | [1, 2]                                         |
      | def inc: . + 1; .a \| inc \| inc                                                            | 4                                              |
      | [.list[] \| tostring]                                                                       | ['3', '1', '2']                                |
      | "5" \| tonumber + 1                                                                         | 6                                              |
      | .name \| ltrimstr("A") \| length                                                            | 2                                              |
      | {a: 1} * {a: {b: 2}}                                                                        | { a: { b: 2 } }                                |
      | {a: {b: 1}} * {a: {c: 2}}                                                                   | { a: { b: 1, c: 2 } }                          |
      | [1, 2, 3] - [2]                                                                             | [1, 3]                                         |
      | "a,b,c" / ","                                                                               | [a, b, c]                                      |
      | .nothing // .name                                                                           | Ada                                            |
      | [.nothing, .a] \| map(values)                                                               | [2]                                            |
      | first(empty) // "e"                                                                         | e                                              |
      | [1, 2] \| contains([1])                                                                     | true                                           |
      | "foobar" \| contains("bar")                                                                 | true                                           |
      | [1, [2]] \| tojson                                                                          | '[1,[2]]'                                      |
      | .list \| @text                                                                              | "[3,1,2]"                                      |
      | -5 \| abs                                                                                   | 5                                              |
      | [1.5, 2.5] \| map(round)                                                                    | [2, 3]                                         |
      | infinite \| isinfinite                                                                      | true                                           |
      | [1, 2, 3] \| .[1] \|= . * 10                                                                | [1, 20, 3]                                     |
      | .list \| map(select(. != 1)) \| length                                                      | 2                                              |
      | $workflow \| type                                                                           | object                                         |
      | "a\\nb" \| split("\\n") \| length                                                           | 2                                              |
      | [1, 2] \| transpose? // "no"                                                                | no                                             |
      | [[1, 2], [3]] \| transpose                                                                  | [[1, 3], [2, null]]                            |
      | tojson \| fromjson \| .a                                                                    | 2                                              |
      | [.list[] \| . % 2] \| group_by(.) \| map(length)                                            | [1, 2]                                         |
      | "x" as $k \| {$k, (.name): 1}                                                               | { k: x, Ada: 1 }                               |
      | .list \| (first, last)                                                                      | 3                                              |
      | 0 \| [while(. < 3; . + 1)]                                                                  | [0, 1, 2]                                      |
      | 1 \| until(. > 100; . * 2)                                                                  | 128                                            |
      | [1, 2] \| to_entries                                                                        | [ { key: 0, value: 1 }, { key: 1, value: 2 } ] |
      | "\\u00e9"                                                                                   | é                                              |
      | @json "v=\\([1])"                                                                           | 'v=[1]'                                        |
      | .a \| . as $n \| [range($n)] \| length                                                      | 2                                              |
      | [.list[] \| {n: .}] \| max_by(.n)                                                           | { n: 3 }                                       |
      | ["b", "a"] \| sort \| join(",")                                                             | 'a,b'                                          |
      | "abc" \| sub("(?<l>b)"; "[\\(.l)]")                                                         | 'a[b]c'                                        |
      | "abc" \| ascii_upcase \| explode[0]                                                         | 65                                             |
      | [1, 2, 3] \| bsearch(2)                                                                     | 1                                              |
      | "a" \| inside("abc")                                                                        | true                                           |
      | [1, 2] \| inside([1, 2, 3])                                                                 | true                                           |
      | {} \| .a.b \|= 3                                                                            | { a: { b: 3 } }                                |
      | .list \| del(.[0])                                                                          | [1, 2]                                         |
      | [.list[] \| limit(1; ., .)]                                                                 | [3, 1, 2]                                      |
      | pick(.nested.x)                                                                             | { nested: { x: { y: 1 } } }                    |
      | "abc" \| trim                                                                               | abc                                            |
      | " a " \| trim                                                                               | a                                              |
      | [.list[]] \| @base64 \| @base64d                                                            | '[3,1,2]'                                      |
      | ltrimstr("a")? \| .a                                                                        | 2                                              |
      | tojson \| type                                                                              | string                                         |
      | error(null)? // "caught"                                                                    | caught                                         |
      | try error({a: 1}) catch .a                                                                  | 1                                              |
      | .[]? \| select(type == "string")                                                            | Ada                                            |
      | [[1, 2], [3]] \| [combinations]                                                             | [[1, 3], [2, 3]]                               |
      | getpath(["a", "b"])? // "none"                                                              | none                                           |
      | 8 \| sqrt \| floor                                                                          | 2                                              |
      | pow(2; 10)                                                                                  | 1024                                           |
      | [10, 2] \| map(log2 \| floor)                                                               | [3, 1]                                         |
      | "1.10" \| tonumber                                                                          | 1.1                                            |
      | 1000000 * 1000000                                                                           | 1000000000000                                  |
      | 9007199254740993 + 0                                                                        | 9007199254740993                               |
      | .list \| sort \| reverse                                                                    | [3, 2, 1]                                      |
      | 0.1 + 0.2 \| . * 10 \| round                                                                | 3                                              |
      | [.nested \| .. \| numbers]                                                                  | [1]                                            |

  Scenario Outline: An expression that fails is an error of the task
    Given a workflow with definition:
    """yaml
    do:
      - compute:
          set:
            result: '${ <expression> }'
    """
    And given the workflow input is:
    """yaml
    a: 2
    name: Ada
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/expression
    status: 400
    instance: /do/0/compute
    """
    Examples:
      | expression              |
      | .name + 1               |
      | .name \| tonumber       |
      | error("no")             |
      | .a.b.c                  |
      | 1 / 0                   |
      | {(.a): 1}               |
      | def f: f; f             |
      | def f: [f]; f           |
      | [range(1000000000)]     |
      | "x" * 1000000000        |

  Scenario Outline: Text around expressions is kept
    Given a workflow with definition:
    """yaml
    do:
      - compute:
          set:
            result: '<template>'
    """
    And given the workflow input is:
    """yaml
    a: 2
    name: Ada
    nested: { x: 1 }
    list: [1, two]
    nothing: null
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    result: '<result>'
    """
    Examples:
      | template                           | result             |
      | Hello, ${ .name }!                 | Hello, Ada!        |
      | ${ .name } and ${ .name }          | Ada and Ada        |
      | a=${ .a }                          | a=2                |
      | nested: ${ .nested }               | nested: {"x":1}    |
      | list: ${ .list }                   | list: [1,"two"]    |
      | nothing: ${ .nothing }             | nothing: null      |
      | brace: ${ {"a": "}"} \| .a } end   | brace: } end       |
      | deep: ${ "x\\("}")y" } end         | deep: x}y end      |
      | $ { .name }                        | $ { .name }        |
      | ${ "${" } .name }                  | ${ .name }         |
      | .name                              | .name              |
      | $name                              | $name              |

  Scenario: Expressions are found at any depth, but not in keys
    Given a workflow with definition:
    """yaml
    do:
      - compute:
          set:
            list: [ '${ .a }', { deep: [ '${ .a + 1 }', plain ] } ]
            '${ .a }': key
            number: 5
            nothing: null
    """
    And given the workflow input is:
    """yaml
    a: 2
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    list: [ 2, { deep: [ 3, plain ] } ]
    '${ .a }': key
    number: 5
    nothing: null
    """

  Scenario: Data that looks like an expression stays data
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { text: '${ .text }', inserted: 'x ${ .text } y' } }
      - two: { set: { text: '${ .text }', inserted: '${ .inserted }' } }
    """
    And given the workflow input is:
    """yaml
    text: ${ $workflow.id }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    text: ${ $workflow.id }
    inserted: x ${ $workflow.id } y
    """

  Scenario: Data that looks like a URI template stays data
    Given a workflow with definition:
    """yaml
    do:
      - fetch:
          call: http
          with: { method: get, endpoint: 'https://kit.example/items/{id}' }
    """
    And given the workflow input is:
    """yaml
    id: '{secret}'
    secret: x
    """
    When the workflow is executed
    Then the workflow should complete
    And the calls should be 'GET /items/%7Bsecret%7D'

  Scenario Outline: A bare expression and a wrapped one are the same where only an expression can stand
    Given a workflow with definition:
    """yaml
    do:
      - keep:
          if: <condition>
          input: { from: <from> }
          set: { got: '${ . }' }
          output: { as: <as> }
    """
    And given the workflow input is:
    """yaml
    go: true
    user: Ada
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    Ada
    """
    Examples:
      | condition    | from          | as           |
      | .go          | .user         | .got         |
      | '${ .go }'   | '${ .user }'  | '${ .got }'  |
      | ' .go '      | ' ${.user}'   | '${.got} '   |

  Scenario Outline: In loose mode a text that is an expression is one
    Given a workflow with definition:
    """yaml
    evaluate: { mode: loose }
    do:
      - compute:
          set:
            result: '<text>'
    """
    And given the workflow input is:
    """yaml
    a: 2
    name: Ada
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    result: <result>
    """
    Examples:
      | text               | result          |
      | .a                 | 2               |
      | ${ .a }            | 2               |
      | .a + 1             | 3               |
      | hello world        | hello world     |
      | .name + 1          | .name + 1       |
      | a is ${ .a }       | a is 2          |

  Scenario: In strict mode a bare text is a text
    Given a workflow with definition:
    """yaml
    evaluate: { mode: strict, language: jq }
    do:
      - compute: { set: { result: .a } }
    """
    And given the workflow input is:
    """yaml
    a: 2
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    result: .a
    """

  Scenario: An expression that is stopped by a limit can be caught like any other
    Given a workflow with definition:
    """yaml
    do:
      - guard:
          try:
            - endless: { set: { a: '${ def f: f; f }' } }
          catch:
            errors: { with: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/expression' } }
            do:
              - handled: { set: { caught: '${ $error.instance }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    caught: /do/0/guard/try/0/endless
    """
