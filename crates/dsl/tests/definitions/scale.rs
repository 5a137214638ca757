//! What a large definition costs: counted in bytes that loading it allocates, not timed.

use super::HEADER;
use std::fmt::Write as _;
use tenure_dsl::limits::TASKS_MAX;
use tikv_jemalloc_ctl::thread::allocatedp;

/// Tasks that each jump to the next; every tenth one computes.
fn definition(tasks: usize) -> String {
    let mut text = format!("{HEADER}\ndo:\n");
    for at in 0..tasks {
        let next = if at + 1 < tasks { format!("t{}", at + 1) } else { "end".into() };
        let value = if at % 10 == 0 { "'${ .n + 1 }'" } else { "{ n: 1 }" };
        let _ = writeln!(text, "  - t{at}: {{ set: {value}, then: {next} }}");
    }
    text
}

/// The same, all of them calls of one function.
fn calls(tasks: usize) -> String {
    let mut text = format!("{HEADER}\nuse: {{ functions: {{ f: {{ set: {{ n: 1 }} }} }} }}\ndo:\n");
    for at in 0..tasks {
        let _ = writeln!(text, "  - t{at}: {{ call: f }}");
    }
    text
}

fn allocated(text: &str) -> u64 {
    let counter = allocatedp::read().expect("the allocator counts");
    let before = counter.get();
    let definition = tenure_dsl::load(text).unwrap_or_else(|found| panic!("{found:#?}"));
    assert!(!definition.program.nodes.is_empty());
    counter.get() - before
}

#[track_caller]
fn grows_in_proportion(text: impl Fn(usize) -> String, most: usize) {
    // What is made once for all definitions does not count.
    allocated(&text(10));
    let (small, large) = (allocated(&text(most / 10)), allocated(&text(most)));
    assert!(large < small * 12, "{small} bytes for {}, {large} for {most} tasks", most / 10);
}

#[test]
fn the_cost_of_a_definition_grows_with_its_tasks_and_no_faster() {
    grows_in_proportion(definition, TASKS_MAX);
}

#[test]
fn the_cost_of_calls_grows_with_their_number_and_no_faster() {
    grows_in_proportion(calls, TASKS_MAX);
}
