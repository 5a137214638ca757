//! Texts that want to hurt: bombs, and random damage.

use super::{HEADER, report};
use expect_test::expect;
use proptest::prelude::*;
use std::fmt::Write as _;

fn first(text: &str) -> String {
    let found = report(text);
    let line: String = found.lines().next().unwrap_or_default().chars().take(160).collect();
    format!("{} diagnostics, first: {line}", found.lines().count())
}

#[test]
fn text_over_a_mebibyte_is_refused_unread() {
    let text = "#".repeat((1 << 20) + 1);
    expect!["1 diagnostics, first: DEF-0002 1:1  the text has 1048577 bytes; at most 1048576 are allowed"]
        .assert_eq(&first(&text));
    let text = format!("{HEADER}\ndo: []\n");
    let text = format!("{text}#{}", "x".repeat((1 << 20) - text.len() - 1));
    assert_eq!(text.len(), 1 << 20);
    assert_eq!(report(&text), "");
}

#[test]
fn deep_nesting_is_refused() {
    let deep = |levels: usize| {
        format!("{HEADER}\ndo:\n  - a: {{ set: {{ x: {}{} }} }}\n", "[".repeat(levels), "]".repeat(levels))
    };
    assert_eq!(report(&deep(59)), "");
    expect!["1 diagnostics, first: DEF-0003 3:79  the text nests deeper than 64 levels"]
        .assert_eq(&first(&deep(60)));
    expect!["1 diagnostics, first: DEF-0003 3:273  the text nests deeper than 64 levels"]
        .assert_eq(&first(&deep(100_000)));
    expect!["1 diagnostics, first: DEF-0003 1:321  the text nests deeper than 64 levels"]
        .assert_eq(&first(&"{\"a\":".repeat(100_000)));
    expect!["1 diagnostics, first: DEF-0003 1:129  the text nests deeper than 64 levels"]
        .assert_eq(&first(&"- ".repeat(100_000)));
    let block = (0..200).fold(String::new(), |mut text, level| {
        let _ = writeln!(text, "{}a:", " ".repeat(level));
        text
    });
    expect!["1 diagnostics, first: DEF-0003 65:65  the text nests deeper than 64 levels"]
        .assert_eq(&first(&block));
}

#[test]
fn alias_bomb_is_refused() {
    let mut text = String::from("a: &a [x, x, x, x, x, x, x, x, x]\n");
    for (name, of) in [('b', 'a'), ('c', 'b'), ('d', 'c'), ('e', 'd'), ('f', 'e')] {
        let _ =
            writeln!(text, "{name}: &{name} [*{of}, *{of}, *{of}, *{of}, *{of}, *{of}, *{of}, *{of}, *{of}]");
    }
    expect!["1 diagnostics, first: DEF-0006 1:7  anchors and aliases are not allowed (write the value out, or put quotes around a text that starts with `&` or `*`)"].assert_eq(&first(&text));
}

#[test]
fn hundred_thousand_tasks_are_refused() {
    let tasks = (0..100_000).fold(String::from("do:\n"), |mut text, _| {
        text.push_str("- a: x\n");
        text
    });
    expect!["1 diagnostics, first: DEF-0004 25001:3  the text holds more than 50000 values"]
        .assert_eq(&first(&tasks));
}

#[test]
fn more_than_ten_thousand_tasks_are_refused() {
    let tasks = |count: usize| {
        (0..count).fold(format!("{HEADER}\ndo:\n"), |mut text, index| {
            let _ = writeln!(text, "- t{index}: {{ wait: PT1S }}");
            text
        })
    };
    expect![
        "1 diagnostics, first: DEF-0059 10003:3 /do/10000/t10000 the definition has more than 10000 tasks"
    ]
    .assert_eq(&first(&tasks(10_001)));
    assert_eq!(report(&tasks(10_000)), "");
}

#[test]
fn fan_out_is_limited() {
    let items = "{}, ".repeat(10_001);
    let text = format!("{HEADER}\ndo:\n  - a: {{ for: {{ in: [ {items} ] }}, do: [] }}\n");
    expect![
        "1 diagnostics, first: DEF-0060 3:21 /do/0/a/for/in 10001 are too many: at most 10000 are allowed"
    ]
    .assert_eq(&first(&text));
}

#[test]
fn at_most_fifty_diagnostics_are_shown() {
    let text = (0..100).fold(format!("{HEADER}\ndo:\n"), |mut text, index| {
        let _ = writeln!(text, "- t{index}: {{ wayt: PT1S }}");
        text
    });
    expect!["50 diagnostics, first: DEF-0023 3:7 /do/0/t0 the task says nothing about what it does (did you mean `wait`?)"].assert_eq(&first(&text));
}

#[test]
fn keys_twice_many_times_are_cheap() {
    let text = "a: 1\n".repeat(40_000);
    expect!["50 diagnostics, first: DEF-0005 2:1 /a the key `a` occurs twice; first on line 1"]
        .assert_eq(&first(&text));
}

#[test]
fn long_lines_and_many_lines_are_cheap() {
    let long = format!("{HEADER}\ndo:\n  - a: {{ set: {{ x: \"{}\" }} }}\n", "x".repeat(900_000));
    assert_eq!(report(&long), "");
    let many = format!("{HEADER}\n{}do: []\n", "\n".repeat(900_000));
    assert_eq!(report(&many), "");
}

#[test]
fn long_keys_are_refused() {
    expect!["1 diagnostics, first: DEF-0012 1:2  a key has 513 bytes; at most 512 are allowed"]
        .assert_eq(&first(&format!("{{\"{}\": 1}}", "k".repeat(513))));
    expect!["1 diagnostics, first: DEF-0012 1:1  a key has 513 bytes; at most 512 are allowed"]
        .assert_eq(&first(&format!("{}: 1", "k".repeat(513))));
}

#[test]
fn long_values_are_not_quoted_in_full() {
    let found = tenure_dsl::check(&format!("{HEADER}\ndo:\n  - a: {{ wait: {} }}\n", "x".repeat(500_000)));
    assert_eq!(found.len(), 1);
    assert!(found[0].message.chars().count() <= 501 && found[0].message.ends_with('…'));
}

/// Each use of a declared policy is compiled, so that the uses multiply its size.
#[test]
fn declarations_used_many_times_are_limited() {
    let tasks = (0..600).fold(String::new(), |mut text, index| {
        let _ = writeln!(text, "  - t{index}: {{ try: [], catch: {{ retry: r }} }}");
        text
    });
    let when = format!("true{}", " and true".repeat(1_000));
    expect!["1 diagnostics, first: DEF-0062 2:30 /use/retries/r/when all expressions together have more than 4194304 bytes (use large retry policies and errors in fewer places)"].assert_eq(&first(&format!("{HEADER}\nuse: {{ retries: {{ r: {{ when: '{when}' }} }} }}\ndo:\n{tasks}")));
}

#[test]
fn hints_among_many_names_are_cheap() {
    let names = (0..8_000).fold(String::new(), |mut text, index| {
        let _ = write!(text, "n{index}: {{}}, ");
        text
    });
    let tasks = (0..4_000).fold(String::new(), |mut text, index| {
        let _ = writeln!(text, "  - t{index}: {{ try: [], catch: {{ retry: m{index} }} }}");
        text
    });
    expect!["50 diagnostics, first: DEF-0053 4:36 /do/0/t0/catch/retry no retry policy `m0` is declared (did you mean `n0`?)"].assert_eq(&first(&format!("{HEADER}\nuse: {{ retries: {{ {names} }} }}\ndo:\n{tasks}")));
}

const SEEDS: [&str; 4] = [
    include_str!("../corpus/order.yaml"),
    include_str!("../corpus/compensation.yaml"),
    include_str!("../corpus/unsupported-everything.yaml"),
    include_str!("../corpus/plain.json"),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn random_texts_never_panic(text in "\\PC{0,200}") {
        let _ = tenure_dsl::load(&text);
    }

    #[test]
    fn random_signs_of_yaml_never_panic(text in "[-:{}\\[\\],&*!|>'\"%@`# \\n\\ta0~$.]{0,120}") {
        let _ = tenure_dsl::load(&text);
    }

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = tenure_dsl::load(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn damaged_definitions_never_panic(
        seed in 0..SEEDS.len(),
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0_usize..20, "\\PC{0,6}"), 1..6),
    ) {
        let mut text: Vec<char> = SEEDS[seed].chars().collect();
        for (at, length, with) in cuts {
            let start = at.index(text.len().max(1)).min(text.len());
            let end = (start + length).min(text.len());
            text.splice(start..end, with.chars());
        }
        let _ = tenure_dsl::load(&text.into_iter().collect::<String>());
    }
}
