//! Every generated definition is one that the engine takes.

use super::*;

#[test]
fn every_definition_of_the_pool_loads() {
    for index in 0..POOL_DEFINITIONS {
        let workflow = pooled(index);
        assert_eq!(*workflow.definition.text, workflow.tree.yaml());
    }
}

#[test]
fn the_outline_names_exactly_the_tasks_of_the_program() {
    for index in 0..POOL_DEFINITIONS {
        let workflow = pooled(index);
        let mut compiled: Vec<&str> =
            workflow.definition.program.nodes.iter().map(|node| &*node.task).collect();
        compiled.sort_unstable();
        let outlined: Vec<&str> = workflow.outline.tasks.keys().map(|task| &**task).collect();
        assert_eq!(outlined, compiled, "{}", workflow.definition.text);
    }
}

#[test]
fn the_pool_says_everything_that_the_grammar_can_say() {
    let texts: Vec<String> = (0..POOL_DEFINITIONS).map(|index| pooled(index).tree.yaml()).collect();
    for word in [
        "compete: true",
        "compete: false",
        "concurrency:",
        "while:",
        "emit:",
        "listen:",
        "foreach:",
        "until:",
        "all:",
        "any:",
        "retry:",
        "catch:",
        "raise:",
        "wait:",
        "switch:",
        "export:",
        "then: \"end\"",
        "then: \"exit\"",
        "\"compensate\"",
        "scope:",
        "at_most_once",
        "exactly_once_with_key",
        "at_least_once",
        "key: \"attempt\"",
        "onUncertain: \"fault\"",
        "onUncertain: \"compensate\"",
        "on: \"attempted\"",
        "order: \"sequential\"",
        "onFailure: \"continue\"",
        "onFailure: \"fault\"",
        "timeout:",
        "if:",
        "run:",
        "await: false",
        "version: \"latest\"",
        "\"middle",
    ] {
        assert!(texts.iter().any(|text| text.contains(word)), "{word}");
    }
}

#[test]
fn a_seed_gives_the_same_definition_again() {
    assert_eq!(Workflow::fresh(77).definition.digest, Workflow::fresh(77).definition.digest);
    assert_ne!(Workflow::fresh(77).definition.digest, Workflow::fresh(78).definition.digest);
}
