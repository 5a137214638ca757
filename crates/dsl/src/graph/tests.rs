//! Documents in, nodes and edges out.

use super::*;
use expect_test::{Expect, expect};

fn graph(body: &str) -> Graph {
    let text = format!("document: {{ dsl: '1.0.3', namespace: t, name: t, version: '1.0.0' }}\n{body}");
    of(&Document::from_text(&text).unwrap_or_else(|found| panic!("{found:#?}")))
}

#[expect(clippy::needless_pass_by_value, reason = "`expect![…]` is written in the call")]
fn edges(body: &str, expected: Expect) {
    let line = |edge: &GraphEdge| {
        let label = edge.label.as_ref().map(|label| format!(" {label}")).unwrap_or_default();
        format!("{} -{}{label}-> {}\n", edge.from, edge.kind.as_str(), edge.to)
    };
    expected.assert_eq(&graph(body).edges.iter().map(line).collect::<String>());
}

#[test]
fn a_list_leads_from_start_to_end() {
    edges(
        "do: [ { a: { set: { x: 1 } } }, { b: { wait: PT1S } } ]",
        expect![[r"
            start -next-> /do/0/a
            /do/0/a -next-> /do/1/b
            /do/1/b -next-> end
        "]],
    );
}

#[test]
fn jumps_lead_where_they_say() {
    edges(
        "do:\n- a: { set: { x: 1 }, then: c }\n- b: { set: { x: 1 }, then: end }\n- c: { set: { x: 1 }, then: b }\n- d: { raise: { error: { type: 'urn:x', status: 500 } } }",
        expect![[r"
            start -next-> /do/0/a
            /do/0/a -jump-> /do/2/c
            /do/1/b -jump-> end
            /do/2/c -jump-> /do/1/b
        "]],
    );
}

#[test]
fn cases_lead_where_they_say_and_the_rest_goes_on() {
    edges(
        "do:\n- s:\n    switch:\n    - big: { when: .x > 1, then: b }\n    - other: { when: .x < 0, then: exit }\n- a: { set: { x: 1 } }\n- b: { set: { x: 1 } }",
        expect![[r"
            start -next-> /do/0/s
            /do/0/s -case big-> /do/2/b
            /do/0/s -case other-> end
            /do/0/s -next-> /do/1/a
            /do/1/a -next-> /do/2/b
            /do/2/b -next-> end
        "]],
    );
}

#[test]
fn what_a_task_holds_is_inside_and_ends_there() {
    edges(
        "do:\n- t:\n    try: [ { a: { set: { x: 1 } } }, { b: { set: { x: 1 }, then: end } } ]\n    catch: { do: [ { c: { set: { x: 1 } } } ] }\n- f: { fork: { branches: [ { l: { set: { x: 1 } } }, { r: { set: { x: 1 } } } ] } }",
        expect![[r"
            start -next-> /do/0/t
            /do/0/t -next-> /do/1/f
            /do/0/t -inside-> /do/0/t/try/0/a
            /do/0/t/try/0/a -next-> /do/0/t/try/1/b
            /do/0/t/try/1/b -jump-> end
            /do/0/t -inside-> /do/0/t/catch/do/0/c
            /do/1/f -next-> end
            /do/1/f -inside-> /do/1/f/fork/branches/0/l
            /do/1/f -inside-> /do/1/f/fork/branches/1/r
        "]],
    );
}

const SAGA: &str = r#"
do:
- reserve:
    call: http
    with: { method: post, endpoint: 'http://x.test/a' }
    metadata: { compensate: { do: [ { release: { set: { "a\"b": 1 } } } ] } }
- each:
    for: { in: '${ [1] }' }
    do: [ { pay: { call: 'pay:1.0.0@default' } } ]
"#;

#[test]
fn a_flowchart_draws_what_holds_around_what_is_held() {
    expect![[r#"
        flowchart TD
          start([start])
          t0["reserve<br/><i>call http</i>"]
          subgraph t0_undo ["undo reserve"]
            t1["release<br/><i>set</i>"]
          end
          subgraph t2 ["each<br/><i>for</i>"]
            t3["pay<br/><i>call pay:1.0.0@default</i>"]
          end
          finish([end])
          start --> t0
          t0 --> t2
          t0 -. undo .-> t0_undo
          t2 --> finish
    "#]]
    .assert_eq(&graph(SAGA).to_mermaid());
}

#[test]
fn names_cannot_break_the_flowchart() {
    let text = graph("do: [ { 'a\"]<b>': { set: { x: 1 } } } ]").to_mermaid();
    assert!(text.contains(r#"t0["a#quot;]#lt;b#gt;<br/><i>set</i>"]"#), "{text}");
}

#[test]
fn json_names_parents_and_roles() {
    let json = graph(SAGA).to_json();
    assert_eq!(
        json["nodes"][1],
        json!({ "id": "/do/0/reserve/metadata/compensate/do/0/release", "name": "release", "kind": "set",
                "parent": "/do/0/reserve", "role": "undo" })
    );
    assert_eq!(json["edges"][0], json!({ "from": "start", "to": "/do/0/reserve", "kind": "next" }));
}
