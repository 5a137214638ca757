//! Values with a rule of their own.

use super::{check, check_body};
use expect_test::expect;

fn document(dsl: &str, namespace: &str, version: &str) -> String {
    format!("document: {{ dsl: {dsl}, namespace: {namespace}, name: t, version: {version} }}\ndo: []\n")
}

#[test]
fn versions_are_semantic() {
    check(
        &document("'1.0.3'", "t", "'1.0'"),
        expect![[r#"
        DEF-0030 1:59 /document/version `1.0` is not a semantic version (write it like '1.0.0')
    "#]],
    );
    check(
        &document("'1.0.3'", "t", "1.0"),
        expect![[r#"
        DEF-0022 1:59 /document/version expected a text, a semantic version, found a number (put quotes around it)
    "#]],
    );
    check(
        &document("'1.0.3'", "t", "v1.0.0"),
        expect![[r#"
        DEF-0030 1:59 /document/version `v1.0.0` is not a semantic version (write it like '1.0.0')
    "#]],
    );
    check(&document("'1.0.3'", "t", "'1.0.0-rc.1+build.5'"), expect![[""]]);
}

#[test]
fn every_patch_of_the_dsl_is_taken_and_no_other_version() {
    check(&document("'1.0.0'", "t", "'1.0.0'"), expect![[""]]);
    check(&document("'1.0.0-alpha5'", "t", "'1.0.0'"), expect![[""]]);
    check(
        &document("'1.1.0'", "t", "'1.0.0'"),
        expect![[r#"
        DEF-0032 1:18 /document/dsl version `1.1.0` of the DSL is not supported (the supported versions are 1.0.x: write '1.0.3')
    "#]],
    );
    check(
        &document("'0.8.0'", "t", "'1.0.0'"),
        expect![[r#"
        DEF-0032 1:18 /document/dsl version `0.8.0` of the DSL is not supported (the supported versions are 1.0.x: write '1.0.3')
    "#]],
    );
    check(
        &document("latest", "t", "'1.0.0'"),
        expect![[r#"
        DEF-0030 1:18 /document/dsl `latest` is not a semantic version (write '1.0.3')
    "#]],
    );
}

#[test]
fn namespaces_and_names_are_dns_labels() {
    check(&document("'1.0.3'", "Team-1", "'1.0.0'"), expect![[""]]);
    check(
        &document("'1.0.3'", "a.b", "'1.0.0'"),
        expect![[r#"
        DEF-0031 1:38 /document/namespace `a.b` is not a DNS label (use 1 to 63 letters, digits and `-`, not starting or ending with `-`)
    "#]],
    );
    check(
        &document("'1.0.3'", "-a", "'1.0.0'"),
        expect![[r#"
        DEF-0031 1:38 /document/namespace `-a` is not a DNS label (use 1 to 63 letters, digits and `-`, not starting or ending with `-`)
    "#]],
    );
    check(
        &document("'1.0.3'", &"x".repeat(64), "'1.0.0'"),
        expect![[r#"
        DEF-0031 1:38 /document/namespace `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx` is not a DNS label (use 1 to 63 letters, digits and `-`, not starting or ending with `-`)
    "#]],
    );
}

#[test]
fn durations_are_iso_or_maps() {
    check_body(
        "\ndo:\n  - a: { wait: PT1H30M }\n  - b: { wait: { days: 1, milliseconds: 5 } }\n  - c: { wait: '${ .d }' }\n",
        expect![[""]],
    );
    check_body(
        "\ndo:\n  - a: { wait: 5m }\n",
        expect![[r#"
        DEF-0033 3:16 /do/0/a/wait `5m` is not an ISO 8601 duration (write it like `PT30S`, `PT5M`, `PT2H` or `P1DT12H`)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { wait: P1M }\n",
        expect![[r#"
        DEF-0033 3:16 /do/0/a/wait `P1M` uses years or months, whose length varies (write days instead, such as `P30D`)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { wait: { second: 5 } }\n",
        expect![[r#"
        DEF-0033 3:16 /do/0/a/wait `second` is not a unit of time (did you mean `seconds`?)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { wait: { months: 5 } }\n",
        expect![[r#"
        DEF-0033 3:16 /do/0/a/wait `months` is not a unit of time (their length varies: write days instead)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { wait: { seconds: -5 } }\n",
        expect![[r#"
        DEF-0033 3:16 /do/0/a/wait `seconds` is not a whole number of at least 0
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { wait: {} }\n",
        expect![[r#"
        DEF-0033 3:16 /do/0/a/wait a duration needs at least one unit (such as `{ seconds: 30 }`)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { wait: P100000D }\n",
        expect![[r#"
        DEF-0033 3:16 /do/0/a/wait `P100000D` is longer than a hundred years
    "#]],
    );
}

#[test]
fn statuses_are_between_400_and_599() {
    let raise = |status: &str| {
        format!("\ndo:\n  - a: {{ raise: {{ error: {{ type: 'http://x', status: {status} }} }} }}\n")
    };
    check_body(&raise("400"), expect![[""]]);
    check_body(
        &raise("399"),
        expect![[r#"
        DEF-0034 3:54 /do/0/a/raise/error/status `399` is not a status from 400 to 599
    "#]],
    );
    check_body(
        &raise("600"),
        expect![[r#"
        DEF-0034 3:54 /do/0/a/raise/error/status `600` is not a status from 400 to 599
    "#]],
    );
    check_body(
        &raise("-1"),
        expect![[r#"
        DEF-0034 3:54 /do/0/a/raise/error/status `-1` is not a status from 400 to 599
    "#]],
    );
    check_body(
        &raise("'404'"),
        expect![[r#"
        DEF-0022 3:54 /do/0/a/raise/error/status expected a whole number, a status, found a text
    "#]],
    );
    check_body(
        &raise("404.5"),
        expect![[r#"
        DEF-0034 3:54 /do/0/a/raise/error/status `404.5` is not a status from 400 to 599
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { try: [], catch: { errors: { with: { status: 200 } } } }\n",
        expect![[r#"
        DEF-0034 3:54 /do/0/a/catch/errors/with/status `200` is not a status from 400 to 599
    "#]],
    );
}

#[test]
fn variables_are_identifiers() {
    let repeat = |names: &str| format!("\ndo:\n  - a: {{ for: {{ {names}, in: . }}, do: [] }}\n");
    check_body(&repeat("each: order_1, at: _i"), expect![[""]]);
    check_body(
        &repeat("each: $order"),
        expect![[r#"
        DEF-0035 3:23 /do/0/a/for/each `$order` is not a name for a variable (write `order`, without `$`)
    "#]],
    );
    check_body(
        &repeat("each: 1st"),
        expect![[r#"
        DEF-0035 3:23 /do/0/a/for/each `1st` is not a name for a variable (use letters, digits and `_`, not starting with a digit)
    "#]],
    );
    check_body(
        &repeat("each: my-item"),
        expect![[r#"
        DEF-0035 3:23 /do/0/a/for/each `my-item` is not a name for a variable (use letters, digits and `_`, not starting with a digit)
    "#]],
    );
    check_body(
        &repeat("each: context"),
        expect![[r#"
        DEF-0035 3:23 /do/0/a/for/each the variable `context` has a meaning already (choose another name)
    "#]],
    );
    check_body(
        &repeat("each: error"),
        expect![[r#"
        DEF-0035 3:23 /do/0/a/for/each the variable `error` has a meaning already (choose another name)
    "#]],
    );
    check_body(
        &repeat("at: ''"),
        expect![[r#"
        DEF-0035 3:21 /do/0/a/for/at `` is not a name for a variable (use letters, digits and `_`, not starting with a digit)
    "#]],
    );
    check_body(
        &repeat("each: x, at: x"),
        expect![[r#"
        DEF-0035 3:30 /do/0/a/for/at the item and the index are both called `x`
    "#]],
    );
    check_body(
        &repeat("each: index"),
        expect![[r#"
        DEF-0035 3:23 /do/0/a/for/each the item and the index are both called `index`
    "#]],
    );
    check_body("\ndo:\n  - a: { try: [], catch: { as: error } }\n", expect![[""]]);
    check_body(
        "\ndo:\n  - a: { try: [], catch: { as: my.err } }\n",
        expect![[r#"
        DEF-0035 3:32 /do/0/a/catch/as `my.err` is not a name for a variable (use letters, digits and `_`, not starting with a digit)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { try: [], catch: { as: output } }\n",
        expect![[r#"
        DEF-0035 3:32 /do/0/a/catch/as the variable `output` has a meaning already (choose another name)
    "#]],
    );
}

#[test]
fn methods_are_known_in_any_case() {
    let call = |method: &str| {
        format!("\ndo:\n  - a: {{ call: http, with: {{ method: {method}, endpoint: 'http://x' }} }}\n")
    };
    check_body(&call("get"), expect![[""]]);
    check_body(
        &call("GTE"),
        expect![[r#"
        DEF-0036 3:38 /do/0/a/with/method `GTE` is not an HTTP method (did you mean `GET`?)
    "#]],
    );
    check_body(
        &call("CONNECT"),
        expect![[r#"
        DEF-0036 3:38 /do/0/a/with/method `CONNECT` is not an HTTP method (the methods are GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS)
    "#]],
    );
    check_body(
        &call("'${ .method }'"),
        expect![[r#"
        DEF-0036 3:38 /do/0/a/with/method `${ .method }` is not an HTTP method (the methods are GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS)
    "#]],
    );
}

#[test]
fn headers_are_valid_and_not_reserved() {
    let call = |headers: &str| {
        format!(
            "\ndo:\n  - a: {{ call: http, with: {{ method: GET, endpoint: 'http://x', headers: {headers} }} }}\n"
        )
    };
    check_body(&call("{ X-Trace: '${ .trace }', Accept: application/json }"), expect![[""]]);
    check_body(&call("'${ .headers }'"), expect![[""]]);
    check_body(
        &call("{ 'X Trace': a }"),
        expect![[r#"
        DEF-0037 3:76 /do/0/a/with/headers/X Trace `X Trace` is not the name of a header
    "#]],
    );
    check_body(
        &call("{ X-Trace: \"a\\nb\" }"),
        expect![[r#"
        DEF-0037 3:85 /do/0/a/with/headers/X-Trace the value of the header `X-Trace` has control characters
    "#]],
    );
    check_body(
        &call(
            "{ Host: a, Content-Length: '1', Transfer-Encoding: a, Connection: a, TE: a, Upgrade: a, Trailer: a, Keep-Alive: a }",
        ),
        expect![[r#"
        DEF-0038 3:76 /do/0/a/with/headers/Host the header `Host` is set by the engine alone
        DEF-0038 3:85 /do/0/a/with/headers/Content-Length the header `Content-Length` is set by the engine alone
        DEF-0038 3:106 /do/0/a/with/headers/Transfer-Encoding the header `Transfer-Encoding` is set by the engine alone
        DEF-0038 3:128 /do/0/a/with/headers/Connection the header `Connection` is set by the engine alone
        DEF-0038 3:143 /do/0/a/with/headers/TE the header `TE` is set by the engine alone
        DEF-0038 3:150 /do/0/a/with/headers/Upgrade the header `Upgrade` is set by the engine alone
        DEF-0038 3:162 /do/0/a/with/headers/Trailer the header `Trailer` is set by the engine alone
        DEF-0038 3:174 /do/0/a/with/headers/Keep-Alive the header `Keep-Alive` is set by the engine alone
    "#]],
    );
    check_body(
        &call("{ Proxy-Authorization: a }"),
        expect![[r#"
        DEF-0038 3:76 /do/0/a/with/headers/Proxy-Authorization the header `Proxy-Authorization` is set by the engine alone
    "#]],
    );
    check_body(
        &call("{ idempotency-key: a }"),
        expect![[r#"
        DEF-0038 3:76 /do/0/a/with/headers/idempotency-key the header `idempotency-key` is set by the engine alone (see `metadata.effect.key`)
    "#]],
    );
}

#[test]
fn endpoints_are_uris_templates_or_expressions() {
    let call = |endpoint: &str| {
        format!("\ndo:\n  - a: {{ call: http, with: {{ method: GET, endpoint: {endpoint} }} }}\n")
    };
    check_body(&call("'https://example.com/orders/{id}?page={page}'"), expect![[""]]);
    check_body(&call("'{base}/orders'"), expect![[""]]);
    check_body(&call("'${ .uri }'"), expect![[""]]);
    check_body(&call("'https://example.com/${ .id }/x'"), expect![[""]]);
    check_body(&call("{ uri: 'https://example.com' }"), expect![[""]]);
    check_body(
        &call("/orders"),
        expect![[r#"
        DEF-0039 3:53 /do/0/a/with/endpoint `/orders` does not start with `http://` or `https://` (write a whole URI such as `https://example.com/orders`)
    "#]],
    );
    check_body(
        &call("ftp://example.com"),
        expect![[r#"
        DEF-0039 3:53 /do/0/a/with/endpoint `ftp://example.com` does not start with `http://` or `https://` (write a whole URI such as `https://example.com/orders`)
    "#]],
    );
    check_body(
        &call("'https://example.com/a b'"),
        expect![[r#"
        DEF-0039 3:53 /do/0/a/with/endpoint `https://example.com/a b` is not a URI
    "#]],
    );
    check_body(
        &call("''"),
        expect![[r#"
        DEF-0039 3:53 /do/0/a/with/endpoint `` is not a URI
    "#]],
    );
    check_body(
        &call("'https://example.com/{id'"),
        expect![[r#"
        DEF-0039 3:74 /do/0/a/with/endpoint `{` is never closed in a URI template
    "#]],
    );
    check_body(
        &call("'https://example.com/{+id}'"),
        expect![[r#"
        DEF-0039 3:74 /do/0/a/with/endpoint unsupported operator in URI template `{+id}` (only `{name}` is supported; use `${ … }` for anything else)
    "#]],
    );
    check_body(
        &call("{ uri: 'https://example.com/{a.b}' }"),
        expect![[r#"
        DEF-0039 3:81 /do/0/a/with/endpoint/uri `{a.b}` is not a variable of a URI template (only top-level properties, as in `{name}`; use `${ … }` for anything else)
    "#]],
    );
    check_body(
        &call("'${ .uri + }'"),
        expect![[r#"
        DEF-0040 3:64 /do/0/a/with/endpoint syntax error: expected term, found the end
    "#]],
    );
}

#[test]
fn counts_are_whole_numbers() {
    let retry = |count: &str| {
        format!("\nuse: {{ retries: {{ r: {{ limit: {{ attempt: {{ count: {count} }} }} }} }} }}\ndo: []\n")
    };
    check_body(&retry("5"), expect![[""]]);
    check_body(
        &retry("-1"),
        expect![[r#"
        DEF-0044 2:51 /use/retries/r/limit/attempt/count `-1` is not a whole number from 0 to 4294967295
    "#]],
    );
    check_body(
        &retry("1.5"),
        expect![[r#"
        DEF-0044 2:51 /use/retries/r/limit/attempt/count `1.5` is not a whole number from 0 to 4294967295
    "#]],
    );
    check_body(
        &retry("five"),
        expect![[r#"
        DEF-0022 2:51 /use/retries/r/limit/attempt/count expected a whole number, found a text
    "#]],
    );
}

#[test]
fn jitter_is_a_range() {
    check_body(
        "\nuse: { retries: { r: { jitter: { from: PT2S, to: { seconds: 1 } } } } }\ndo: []\n",
        expect![[r#"
        DEF-0044 2:50 /use/retries/r/jitter/to `jitter.to` is less than `jitter.from`
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { try: [], catch: { retry: { jitter: { from: { seconds: 3 }, to: PT2S } } } }\n",
        expect![[r#"
            DEF-0044 3:73 /do/0/a/catch/retry/jitter/to `jitter.to` is less than `jitter.from`
        "#]],
    );
}

#[test]
fn types_of_errors_are_uris() {
    let raise =
        |kind: &str| format!("\ndo:\n  - a: {{ raise: {{ error: {{ type: {kind}, status: 500 }} }} }}\n");
    check_body(&raise("'${ .kind }'"), expect![[""]]);
    check_body(&raise("urn:broken"), expect![[""]]);
    check_body(
        &raise("not a uri"),
        expect![[r#"
        DEF-0039 3:34 /do/0/a/raise/error/type `not a uri` is not a URI
    "#]],
    );
}

#[test]
fn schemas_compile() {
    check_body("\ninput: { schema: { document: { type: object } } }\ndo: []\n", expect![[""]]);
    check_body(
        "\ninput: { schema: { document: { type: objekt } } }\ndo: []\n",
        expect![[r#"
        DEF-0042 2:30 /input/schema/document this is not a valid JSON Schema: "objekt" is not valid under any of the schemas listed in the 'anyOf' keyword
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { wait: PT1S, output: { schema: { format: 'json:draft-07', document: { minimum: x } } } }\n",
        expect![[r#"
        DEF-0042 3:77 /do/0/a/output/schema/document this is not a valid JSON Schema: "x" is not of type "number"
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { wait: PT1S, export: { schema: { format: avro, document: {} } } }\n",
        expect![[r#"
        DEF-0043 3:50 /do/0/a/export/schema/format the schema format `avro` is not supported (use `json`)
    "#]],
    );
    check_body(
        "\ninput: { schema: { document: { $ref: 'https://example.com/s.json' } } }\ndo: []\n",
        expect![[r#"
        DEF-0042 2:30 /input/schema/document this is not a valid JSON Schema: Resource 'https://example.com/s.json' is not present in a registry and retrieving it failed: Retrieval is disabled, cannot fetch https://example.com/s.json
    "#]],
    );
}
