//! No expression outlives its budget.

use super::{eval, outcome, vars};
use crate::expr::memory::held_bytes;
use crate::expr::meter::{FUEL_MAX, fuel_used};
use crate::expr::{Expr, ExprError, Limit};
use crate::json::Json;

/// Hostile expressions, each stopped by steps, memory, stack or output.
const BOMBS: &[&str] = &[
    "def f: f; f",
    "def f: 1 + f; f",
    "def f: [f]; f",
    "def f: try error(1) catch f; f",
    "def f(g): f(g | .); f(.)",
    "def f: ., f; last(f)",
    "def f: f, f; f",
    "def f: def g: f; g; f",
    "path(def f: .a | f; f)",
    "[1] | path(def f: .[0:] | f; f)",
    "def f: .a |= f; f",
    "[range(1000)] | [.[] as $a | .[] as $b | .[] as $c | 1] | length",
    "[range(30000000)] | length",
    "[range(0; 1e18)] | length",
    "[range(0; 1; 0)] | length",
    "last(range(1e18))",
    "first(range(1e18; 0; -1) | select(. < 0))",
    "last(repeat(1))",
    "[repeat(1)]",
    "[limit(1e9; repeat(1))] | length",
    "last(limit(1e9; repeat(1)))",
    "last(skip(1e9; repeat(1)))",
    "isempty(repeat(empty))",
    "reduce range(1000000) as $x (null; [.])",
    "reduce range(1000) as $x (null; [.])",
    "reduce range(1000) as $x (null; {a: .})",
    "reduce range(1000) as $x ({}; .a = {b: .})",
    "reduce range(1000) as $x (null; [[.] | .[0:] | .[]])",
    "until(false; . + 1)",
    "[.,.] | until(false; [.[], .[]])",
    "\"a\" | until(length > 1e9; . + .)",
    "\"x\" * 1000000000",
    "\"x\" * 1e300",
    "[range(100000) | \"x\" * 1000] | length",
    "[range(100000) | \"x\" * 1000] | join(\"\")",
    "\"x\" * 4000000 | explode | implode | @base64 | @uri | @html | length",
    "\"<\" * 4000000 | @html",
    "[limit(1e7; repeat(65))] | implode",
    "\"ab\" * 1000 | . as $s | until(false; $s | [splits(\"\")])",
    "reduce range(60) as $i (1; [., .]) | . == .",
    "reduce range(60) as $i (1; [., .]) | tojson",
    "reduce range(60) as $i (1; [., .])",
    "reduce range(60) as $i (1; [., .]) | \"\\(.)\"",
    "reduce range(60) as $i (1; [., .]) | sort | unique | length",
    "reduce range(60) as $i (1; [., .]) | flatten | length",
    "reduce range(60) as $i (1; [., .]) | contains(.)",
    "reduce range(60) as $i (1; [., .]) | [..] | length",
    "reduce range(60) as $i (1; {a: ., b: .}) | . * .",
    "reduce range(60) as $i (1; {a: ., b: .}) | walk(.)",
    "reduce range(60) as $i (1; {a: ., b: .}) | [paths] | length",
    "reduce range(60) as $i (1; {a: ., b: .}) | [., .] | group_by(.a)",
    "reduce range(60) as $i (1; [., .]) | .. |= .",
    "reduce range(1000000) as $i (2; . * . | floor) | until(false; . * 1)",
    "[range(7) | [range(30)]] | [combinations] | length",
    "[range(20)] | combinations(20) | select(false)",
    "reduce range(1000000) as $i ([]; .[$i * 10] = 1) | length",
    "[.[1000000000] = 1]",
    "\"a\" * 1000 | . as $s | until(false; $s | test(\"(a*)*b\"))",
    "\"a\" * 4000000 | test(\"(a*)*(a*)*b\")",
    "\"a\" * 100000 | test(\"(a?){500}a{500}\")",
    "\"a\" * 200000 | [match(\"\"; \"g\")] | length",
    "\"A\" * 200000 | [match(\".*[^A-Z]|[A-Z]\"; \"g\")] | length",
    "\"ab\" * 2000000 | indices(\"ab\") | length",
    "[limit(200000; repeat(1))] | .[[1,1,1]] | length | until(false; .)",
    "[\"a\", \"b\"] | until(false; . + .) | length",
    "{} | until(false; .[tojson | .[0:100]] = 1)",
    "[range(100000)] | sort_by(-.) | group_by(. % 2) | map(sort_by(tojson)) | until(false; map(sort))",
    "def f(x): f(x, x); f(1)",
    "[range(1e6)] | map(tostring) | add",
    "[range(200000)] | reduce .[] as $x (.; .[0] = $x | . as $keep | .)",
    "reduce range(1e9) as $i (null; $i)",
    "[foreach range(1e9) as $i (0; . + 1)] | last",
    "[paths(..)] | until(false; [., .] | [paths])",
    "label $f | until(false; .)",
    "[recurse(.)]",
    "[recurse([., .])] | length",
    "\"\\(repeat(\"a\"))\" | last(until(false; .))",
    "ltrimstr(repeat(\"a\"))  | until(false; .)",
    "[.[]?, repeat(.)] | any",
    "any(repeat(false); .)",
    "getpath([limit(1e7; repeat(\"a\"))])",
    "fromstream(repeat([[\"a\"], 1]))",
    "[range(100000)] | tostream | select(false)",
    "$context | until(false; .c += 1)",
    "[range(1e5) | {(tostring): .}] | add | until(false; with_entries(.))",
    "(\"[\" * 100000) | until(false; try fromjson catch \"x\")",
];

#[test]
fn every_bomb_ends_in_a_limit() {
    let mut survivors = Vec::new();
    for bomb in BOMBS {
        match eval(bomb, "null") {
            Err(ExprError::Limit(Limit::Fuel | Limit::Memory | Limit::Stack | Limit::Output)) => {}
            outcome => survivors.push(format!("{bomb} => {:.200}", format!("{outcome:?}"))),
        }
    }
    assert!(survivors.is_empty(), "\n{}", survivors.join("\n"));
}

#[test]
fn pattern_that_needs_too_many_states_is_refused() {
    let source = "\"a\" | test(\"((a{100}){100}){100}\")";
    assert_eq!(outcome(source, "null"), "error: invalid pattern: compiled regex exceeded size limit");
}

#[test]
fn endless_loop_runs_out_of_fuel() {
    assert_eq!(eval("reduce range(1e9) as $i (null; $i)", "null"), Err(ExprError::Limit(Limit::Fuel)));
    assert!(fuel_used() <= FUEL_MAX);
}

#[test]
fn deep_recursion_stops_at_the_stack() {
    assert_eq!(eval("def f: 1 + f; f", "null"), Err(ExprError::Limit(Limit::Stack)));
}

#[test]
fn deep_recursion_within_the_stack_is_done_on_any_thread() {
    let source = "def depth: if . == 0 then 0 else 1 + (. - 1 | depth) end; depth";
    let small = std::thread::Builder::new().stack_size(256 << 10);
    let thread = small.spawn(move || outcome(source, "2000")).unwrap();
    assert_eq!(thread.join().unwrap(), "2000");
    assert_eq!(outcome(source, "2000"), "2000");
}

#[test]
fn deeply_nested_value_stops() {
    assert_eq!(eval("reduce range(1000) as $x (null; [.])", "null"), Err(ExprError::Limit(Limit::Stack)));
}

#[test]
fn rebuilding_a_value_in_a_loop_is_not_nesting() {
    let source = "reduce range(2000) as $i ({c: [[[[1]]]], b: [1]}; .a = [.b] | .c = .c[0:]) | .a";
    assert_eq!(outcome(source, "null"), "[[1]]");
}

#[test]
fn large_string_stops_before_it_is_made() {
    assert_eq!(eval("\"x\" * 1000000000", "null"), Err(ExprError::Limit(Limit::Memory)));
}

#[test]
fn large_result_stops() {
    assert_eq!(eval("\"x\" * 2000000", "null"), Err(ExprError::Limit(Limit::Output)));
    assert_eq!(eval("reduce range(25) as $i (1; [., .])", "null"), Err(ExprError::Limit(Limit::Output)));
}

#[test]
fn result_nested_deeper_than_a_payload_fails() {
    assert_eq!(
        outcome("reduce range(65) as $x (null; [.])", "null"),
        "error: the result is nested more than 64 levels deep"
    );
    assert_eq!(eval("reduce range(64) as $x (null; [.])", "null").unwrap().text().len(), 4 + 128);
}

#[test]
fn try_cannot_catch_a_limit() {
    assert_eq!(eval("try (def f: f; f) catch 1", "null"), Err(ExprError::Limit(Limit::Fuel)));
    assert_eq!(eval("[.[]?, (def f: f; f)?] // 1", "null"), Err(ExprError::Limit(Limit::Fuel)));
}

#[test]
fn stopped_bomb_leaves_no_memory_behind() {
    let expr = Expr::compile("[repeat(\"x\" * 10000)]", &[]).unwrap();
    let run = || expr.eval(&Json::null(), &vars());
    assert_eq!(run(), Err(ExprError::Limit(Limit::Memory)));
    let before = held_bytes();
    for _ in 0..3 {
        assert!(run().is_err());
    }
    let grown = held_bytes().wrapping_sub(before).cast_signed();
    assert!(grown.abs() < 64 << 10, "{grown} bytes stay");
}

#[test]
fn fuel_depends_on_nothing_but_the_evaluation() {
    let source = "[.[] | select(.p > 3) | .n] | sort | map(ascii_upcase) | join(\",\") | test(\"A\")";
    let expr = Expr::compile(source, &[]).unwrap();
    let items = "{\"p\":4,\"n\":\"a\"},".repeat(500);
    let dot = Json::parse(&format!("[{items}{{\"p\":1}}]")).unwrap();
    let fuel = |_| {
        expr.eval(&dot, &vars()).unwrap();
        fuel_used()
    };
    let runs: Vec<u64> = (0..3).map(fuel).collect();
    assert_eq!(runs[0], runs[1]);
    assert_eq!(runs[1], runs[2]);
    let other = std::thread::Builder::new().spawn(move || {
        let expr = Expr::compile(source, &[]).unwrap();
        expr.eval(&Json::parse(dot.text()).unwrap(), &vars()).unwrap();
        fuel_used()
    });
    assert_eq!(other.unwrap().join().unwrap(), runs[0]);
}

#[test]
fn ordinary_work_on_a_large_payload_fits() {
    let items: Vec<String> =
        (0..10_000).map(|i| format!("{{\"id\":{i},\"name\":\"item {i}\",\"on\":{}}}", i % 2 == 0)).collect();
    let dot = format!("[{}]", items.join(","));
    assert_eq!(outcome("map(select(.on) | .name) | length", &dot), "5000");
    assert_eq!(outcome("group_by(.on) | map(length)", &dot), "[5000,5000]");
    assert_eq!(outcome("INDEX(.id) | length", &dot), "10000");
    assert_eq!(outcome("map(.name) | join(\",\") | length", &dot), "98889");
    assert_eq!(outcome("[.[] | select(.name | test(\"9$\"))] | length", &dot), "1000");
    assert_eq!(outcome("map(.a.b.c) | unique", &dot), "[null]");
    assert_eq!(outcome("map(.name) | add | length", &dot), "88890");
    assert_eq!(outcome("map([.id]) | add | length", &dot), "10000");
    assert_eq!(outcome("reduce .[].name as $n (\"\"; . + $n) | length", &dot), "88890");
    assert_eq!(outcome("reduce .[] as $i ([]; . + [$i.id]) | length", &dot), "10000");
    assert_eq!(outcome("reduce .[] as $i ({}; .[$i.name] = $i.id) | length", &dot), "10000");
}

#[test]
fn evaluation_after_a_stopped_one_has_its_full_budget() {
    assert!(eval("def f: f; f", "null").is_err());
    assert_eq!(outcome("[range(1000)] | length", "null"), "1000");
}
