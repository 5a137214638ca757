//! Names, jumps and references.

use super::check_body;
use expect_test::expect;

#[test]
fn names_are_unique_in_their_list_only() {
    check_body("\ndo:\n  - a: { wait: PT1S }\n  - b: { do: [ { a: { wait: PT1S } } ] }\n", expect![[""]]);
    check_body(
        "\ndo:\n  - a: { wait: PT1S }\n  - b: { wait: PT1S }\n  - a: { wait: PT1S }\n",
        expect![[r#"
        DEF-0050 5:5 /do/2/a the task `a` occurs twice in its list; first on line 3 (choose another name)
    "#]],
    );
    check_body(
        "\ndo:\n  - x: { try: [ { a: { wait: PT1S } }, { a: { wait: PT1S } } ], catch: {} }\n",
        expect![[r#"
        DEF-0050 3:42 /do/0/x/try/1/a the task `a` occurs twice in its list; first on line 3 (choose another name)
    "#]],
    );
}

#[test]
fn targets_are_in_the_same_list() {
    check_body(
        "\ndo:\n  - a: { wait: PT1S, then: c }\n  - b: { wait: PT1S, then: a }\n  - c: { wait: PT1S, then: end }\n",
        expect![[""]],
    );
    check_body(
        "\ndo:\n  - charge: { wait: PT1S, then: chagre }\n",
        expect![[r#"
        DEF-0051 3:33 /do/0/charge/then no task `chagre` is in this list (did you mean `charge`?)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { wait: PT1S, then: ned }\n",
        expect![[r#"
        DEF-0051 3:28 /do/0/a/then no task `ned` is in this list (did you mean `end`?)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { do: [ { b: { wait: PT1S, then: c } } ] }\n  - c: { wait: PT1S, then: b }\n",
        expect![[r#"
        DEF-0051 3:41 /do/0/a/do/0/b/then no task `c` is in this list (did you mean `b`?)
        DEF-0051 4:28 /do/1/c/then no task `b` is in this list (did you mean `a`?)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { wait: PT1S, then: '' }\n",
        expect![[r#"
        DEF-0051 3:28 /do/0/a/then no task `` is in this list (did you mean `a`?)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { try: [], catch: { then: nowhere } }\n",
        expect![[r#"
        DEF-0051 3:34 /do/0/a/catch/then no task `nowhere` is in this list (the tasks here are a)
    "#]],
    );
}

#[test]
fn cases_lead_somewhere_and_one_is_the_default() {
    check_body(
        "\ndo:\n  - a: { switch: [ { x: { when: .a, then: b } }, { y: { then: exit } } ] }\n  - b: { wait: PT1S }\n",
        expect![[""]],
    );
    check_body(
        "\ndo:\n  - a: { switch: [ { x: { then: end } }, { y: { then: exit } } ] }\n",
        expect![[r#"
        DEF-0052 3:44 /do/0/a/switch/1/y the cases `x` and `y` both have no `when` (only one case can be the default)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { switch: [ { x: { when: .a, then: bb } } ] }\n  - b: { wait: PT1S }\n",
        expect![[r#"
        DEF-0051 3:43 /do/0/a/switch/0/x/then no task `bb` is in this list (did you mean `b`?)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { switch: [ { x: { when: .a, then: end } }, { x: { then: exit } } ] }\n",
        expect![[r#"
        DEF-0061 3:54 /do/0/a/switch/1/x the case `x` occurs twice in its list; first on line 3 (choose another name)
    "#]],
    );
}

#[test]
fn branches_do_not_jump_to_each_other() {
    check_body(
        "\ndo:\n  - a: { fork: { branches: [ { b: { wait: PT1S, then: c } }, { c: { wait: PT1S, then: exit } } ] } }\n",
        expect![[r#"
        DEF-0058 3:55 /do/0/a/fork/branches/0/b/then a branch cannot jump to the branch `c`: they run side by side (put the tasks into a `do` in one branch)
    "#]],
    );
}

#[test]
fn retries_are_declared() {
    check_body(
        "\nuse: { retries: { transient: {} } }\ndo:\n  - a: { try: [], catch: { retry: transient } }\n",
        expect![[""]],
    );
    check_body(
        "\nuse: { retries: { transient: {} } }\ndo:\n  - a: { try: [], catch: { retry: transiemt } }\n",
        expect![[r#"
        DEF-0053 4:35 /do/0/a/catch/retry no retry policy `transiemt` is declared (did you mean `transient`?)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { wait: PT1S, metadata: { compensate: { do: [ { b: { wait: PT1S } } ], retry: often } } }\n",
        expect![[r#"
        DEF-0053 3:86 /do/0/a/metadata/compensate/retry no retry policy `often` is declared (declare it under `use.retries`)
    "#]],
    );
}

#[test]
fn broken_declarations_are_not_also_missing() {
    check_body(
        "\nuse: { retries: { r: 5 } }\ndo:\n  - a: { try: [], catch: { retry: r } }\n",
        expect![[r#"
        DEF-0022 2:22 /use/retries/r expected a map, found a number
    "#]],
    );
}

#[test]
fn timeouts_are_declared() {
    check_body(
        "\nuse: { timeouts: { short: { after: PT5S } } }\ntimeout: short\ndo:\n  - a: { wait: PT1S, timeout: short }\n",
        expect![[""]],
    );
    check_body(
        "\ntimeout: long\ndo:\n  - a: { wait: PT1S, timeout: short }\n",
        expect![[r#"
        DEF-0054 2:10 /timeout no timeout `long` is declared (declare it under `use.timeouts`)
        DEF-0054 4:31 /do/0/a/timeout no timeout `short` is declared (declare it under `use.timeouts`)
    "#]],
    );
}

#[test]
fn errors_are_declared() {
    check_body(
        "\nuse: { errors: { broken: { type: 'http://x', status: 500 } } }\ndo:\n  - a: { raise: { error: broken } }\n",
        expect![[""]],
    );
    check_body(
        "\nuse: { errors: { broken: { type: 'http://x', status: 500 } } }\ndo:\n  - a: { raise: { error: borken } }\n",
        expect![[r#"
        DEF-0055 4:26 /do/0/a/raise/error no error `borken` is declared (did you mean `broken`?)
    "#]],
    );
}

#[test]
fn functions_are_declared() {
    check_body(
        "\ndo:\n  - a: { call: htpp, with: {} }\n",
        expect![[r#"
        DEF-0056 3:16 /do/0/a/call no function `htpp` is declared (did you mean `http`?)
    "#]],
    );
    check_body(
        "\ndo:\n  - a: { call: greet }\n",
        expect![[r#"
        DEF-0056 3:16 /do/0/a/call no function `greet` is declared (declare it under `use.functions`)
    "#]],
    );
}

#[test]
fn authentication_policies_are_declared() {
    check_body(
        "\ndo:\n  - a: { call: http, with: { method: GET, endpoint: { uri: 'http://x', authentication: { use: tokn } } } }\n",
        expect![[r#"
        DEF-0057 3:95 /do/0/a/with/endpoint/authentication/use no authentication policy `tokn` is declared (declare it under `use.authentications`)
    "#]],
    );
}
