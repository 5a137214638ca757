//! Secrets and authentication policies: what may be declared, and where it may be used.

use super::{check_body, load_body};
use expect_test::expect;

/// A `call: http` whose endpoint has this authentication.
fn call(authentication: &str) -> String {
    format!(
        "\nuse: {{ secrets: [ key, db ] }}\ndo:\n  - a: {{ call: http, with: {{ method: GET, endpoint: {{ uri: 'http://x', authentication: {authentication} }} }} }}\n"
    )
}

#[test]
fn a_secret_may_stand_where_data_is_passed_on() {
    let definition = load_body(
        "
use: { secrets: [ key, db.prod ] }
input: { from: '${ { token: $secrets.key } }' }
do:
  - a:
      input: { from: { token: '${ $secrets.key }', all: '${ . }' } }
      call: http
      with:
        method: POST
        endpoint: 'http://x/${ $secrets.key | @uri }'
        headers: { Authorization: 'Bearer ${ $secrets[\"db.prod\"].token }' }
        query: '${ { k: $secrets.key } }'
        body: { nested: [ '${ \"a\\($secrets.key)\" }' ] }
  - b: { set: { shown: '${ $secrets.key }' } }
  - c: { raise: { error: { type: 'https://example.com/x', status: 500, detail: '${ $secrets.key }' } } }
",
    );
    let names: Vec<&str> = definition.program.secrets.iter().map(|name| &**name).collect();
    assert_eq!(names, ["key", "db.prod"]);
}

#[test]
fn a_secret_may_not_stand_where_the_engine_needs_its_value() {
    check_body(
        "
use: { secrets: [ key ] }
timeout: { after: '${ $secrets.key }' }
output: { as: '${ $secrets.key }' }
do:
  - a: { if: '${ $secrets.key == \"x\" }', set: { a: 1 }, output: { as: '${ $secrets.key }' }, export: { as: { k: '${ $secrets.key }' } } }
  - b: { switch: [ { c: { when: '${ $secrets.key }', then: end } } ] }
  - c: { for: { in: '${ $secrets.key }' }, while: '${ $secrets.key }', do: [] }
  - d: { wait: '${ $secrets.key }' }
",
        expect![[r#"
            DEF-0041 3:23 /timeout/after a secret cannot be used here: its value is known to nobody but the receiver of a call (use it in `input.from` or in what a call sends (`with`))
            DEF-0041 4:19 /output/as a secret cannot be used here: its value is known to nobody but the receiver of a call (use it in `input.from` or in what a call sends (`with`))
            DEF-0041 6:18 /do/0/a/if a secret cannot be used here: its value is known to nobody but the receiver of a call (use it in `input.from` or in what a call sends (`with`))
            DEF-0041 6:75 /do/0/a/output/as a secret cannot be used here: its value is known to nobody but the receiver of a call (use it in `input.from` or in what a call sends (`with`))
            DEF-0041 6:117 /do/0/a/export/as/k a secret cannot be used here: its value is known to nobody but the receiver of a call (use it in `input.from` or in what a call sends (`with`))
            DEF-0041 7:37 /do/1/b/switch/0/c/when a secret cannot be used here: its value is known to nobody but the receiver of a call (use it in `input.from` or in what a call sends (`with`))
            DEF-0041 8:25 /do/2/c/for/in a secret cannot be used here: its value is known to nobody but the receiver of a call (use it in `input.from` or in what a call sends (`with`))
            DEF-0041 8:55 /do/2/c/while a secret cannot be used here: its value is known to nobody but the receiver of a call (use it in `input.from` or in what a call sends (`with`))
            DEF-0041 9:20 /do/3/d/wait a secret cannot be used here: its value is known to nobody but the receiver of a call (use it in `input.from` or in what a call sends (`with`))
        "#]],
    );
}

#[test]
fn a_secret_is_declared_and_written_out() {
    check_body(
        "
use: { secrets: [ database ] }
do:
  - a: { set: { x: '${ $secrets.databse }', y: '${ $secrets.other.database }' } }
  - b: { set: { x: '${ $secrets | keys }' } }
  - c: { set: { x: '${ $secrets[.name] }' } }
  - d: { set: { x: '${ . as $secrets | $secrets }' } }
",
        expect![[r#"
            DEF-0066 4:24 /do/0/a/set/x no secret `databse` is declared (did you mean `database`?)
            DEF-0066 4:24 /do/0/a/set/x no secret `other` is declared (declare it under `use.secrets`)
            DEF-0040 5:24 /do/1/b/set/x `$secrets` needs the name of a secret behind it (write it out, as in `$secrets.name` or `$secrets["name"]`)
            DEF-0040 6:24 /do/2/c/set/x `$secrets` needs the name of a secret behind it (write it out, as in `$secrets.name` or `$secrets["name"]`)
            DEF-0040 7:40 /do/3/d/set/x `$secrets` needs the name of a secret behind it (write it out, as in `$secrets.name` or `$secrets["name"]`)
        "#]],
    );
}

#[test]
fn the_name_of_a_secret_is_one_that_a_path_can_hold() {
    check_body(
        "\nuse: { secrets: [ a-b.c_1, 'a b', '' ] }\ndo: []\n",
        expect![[r#"
            DEF-0045 2:28 /use/secrets/1 a secret's name has 1 to 128 letters, digits, `-`, `_` and `.`
            DEF-0045 2:35 /use/secrets/2 a secret's name has 1 to 128 letters, digits, `-`, `_` and `.`
        "#]],
    );
}

#[test]
fn every_policy_may_be_written_in_full_or_be_a_secret() {
    for policy in [
        "{ basic: { username: u, password: '${ $secrets.key }' } }",
        "{ bearer: { token: '${ .token }' } }",
        "{ digest: { username: u, password: p } }",
        "{ oauth2: { authority: 'https://id', grant: client_credentials, client: { id: i, secret: '${ $secrets.key }' }, scopes: [ a ] } }",
        "{ oauth2: { authority: 'https://id', grant: refresh_token, client: { id: i }, subject: { token: t, type: x } } }",
        "{ oidc: { authority: 'https://id', grant: password, username: u, password: p } }",
        "{ oidc: { authority: 'https://id', grant: client_credentials, client: { authentication: private_key_jwt, assertion: '${ $secrets.key }' } } }",
        "{ basic: { use: db } }",
        "{ bearer: { use: key } }",
        "{ digest: { use: db } }",
        "{ oauth2: { use: db } }",
        "{ oidc: { use: db } }",
    ] {
        load_body(&call(policy));
    }
}

#[test]
fn the_secret_of_a_policy_is_declared() {
    check_body(
        &call("{ basic: { use: dv } }"),
        expect![[r#"
            DEF-0066 4:104 /do/0/a/with/endpoint/authentication/basic/use no secret `dv` is declared (did you mean `db`?)
        "#]],
    );
}

#[test]
fn a_declared_policy_is_checked_whether_it_is_used_or_not() {
    check_body(
        "
use:
  authentications:
    used: { bearer: { token: '${ $secrets.a }' } }
    unused: { bearer: { token: '${ $secrets.b }' } }
do:
  - a: { call: http, with: { method: GET, endpoint: { uri: 'http://x', authentication: { use: used } } } }
",
        expect![[r#"
            DEF-0066 4:34 /use/authentications/used/bearer/token no secret `a` is declared (declare it under `use.secrets`)
            DEF-0066 5:36 /use/authentications/unused/bearer/token no secret `b` is declared (declare it under `use.secrets`)
        "#]],
    );
}

#[test]
fn each_grant_needs_its_properties() {
    let refused = |policy: &str, expected| check_body(&call(policy), expected);
    refused(
        "{ oauth2: { authority: 'https://id', grant: client_credentials } }",
        expect![[r#"
            DEF-0067 4:132 /do/0/a/with/endpoint/authentication/oauth2/grant `client.id` is missing: `grant: client_credentials` needs it
        "#]],
    );
    refused(
        "{ oidc: { authority: 'https://id', grant: authorization_code, client: { id: i } } }",
        expect![[r#"
            DEF-0067 4:130 /do/0/a/with/endpoint/authentication/oidc/grant `grant: authorization_code` needs a person in front of a browser (use `client_credentials`, or `refresh_token` with a token that a person got)
        "#]],
    );
    refused(
        "{ oauth2: { authority: 'https://id', grant: password, username: u } }",
        expect![[r#"
            DEF-0067 4:132 /do/0/a/with/endpoint/authentication/oauth2/grant `password` is missing: `grant: password` needs it
        "#]],
    );
    refused(
        "{ oauth2: { authority: 'https://id', grant: 'urn:ietf:params:oauth:grant-type:token-exchange' } }",
        expect![[r#"
            DEF-0067 4:132 /do/0/a/with/endpoint/authentication/oauth2/grant `subject` is missing: `grant: urn:ietf:params:oauth:grant-type:token-exchange` needs it
        "#]],
    );
    refused(
        "{ oauth2: { authority: 'https://id', grant: client_credentials, client: { id: i, authentication: client_secret_basic } } }",
        expect![[r#"
            DEF-0067 4:185 /do/0/a/with/endpoint/authentication/oauth2/client/authentication `client.secret` is missing: this `client.authentication` needs it
        "#]],
    );
}

#[test]
fn a_header_cannot_say_what_the_policy_says() {
    check_body(
        "\ndo:\n  - a: { call: http, with: { method: GET, endpoint: { uri: 'http://x', authentication: { bearer: { token: t } } }, headers: { authorization: x } } }\n",
        expect![[r#"
            DEF-0038 3:127 /do/0/a/with/headers/authorization the header `authorization` is set by the endpoint's `authentication`
        "#]],
    );
}

/// The calls of other protocols have policies and secrets as `call: http` has.
#[test]
fn policies_and_secrets_of_other_calls() {
    load_body(
        "
use:
  secrets: [ key ]
  authentications: { id: { bearer: { token: '${ $secrets.key }' } } }
do:
  - a: { call: mcp, with: { method: tools/list, parameters: { k: '${ $secrets.key }' }, transport: { http: { endpoint: { uri: 'http://x', authentication: { use: id } }, headers: { X-Key: '${ $secrets.key }' } } } } }
  - b: { call: a2a, with: { method: message/send, parameters: { k: '${ $secrets.key }' }, server: { uri: 'http://x/${ $secrets.key }', authentication: { digest: { use: key } } } } }
",
    );
}

#[test]
fn a_policy_of_another_call_is_declared() {
    check_body(
        "
do:
  - a: { call: mcp, with: { method: tools/list, transport: { http: { endpoint: { uri: 'http://x', authentication: { use: id } } } } } }
  - b: { call: a2a, with: { method: message/send, server: { uri: 'http://x', authentication: { use: id } } } }
  - c: { call: openapi, with: { document: { endpoint: 'http://x' }, operationId: o, authentication: { use: id } } }
",
        expect![[r#"
            DEF-0057 3:122 /do/0/a/with/transport/http/endpoint/authentication/use no authentication policy `id` is declared (declare it under `use.authentications`)
            DEF-0057 4:101 /do/1/b/with/server/authentication/use no authentication policy `id` is declared (declare it under `use.authentications`)
            DEF-0132 5:55 /do/2/c/with/document/endpoint `http://x` cannot be read: only a server reads resources
            DEF-0057 5:108 /do/2/c/with/authentication/use no authentication policy `id` is declared (declare it under `use.authentications`)
        "#]],
    );
}
