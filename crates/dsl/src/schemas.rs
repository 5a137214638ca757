//! JSON Schemas of what people write, for editors: they complete, explain and check while somebody types.
//!
//! The parser is what decides; a test holds the schemas to it. What a schema cannot say (references, jumps, expressions)
//! is the parser's alone. Deliberately absent: serving them.

/// The schema of a definition, all of the language and our metadata keys.
pub const WORKFLOW: &str = include_str!("../schemas/workflow-1.0.json");
/// The schema of a test file.
pub const WORKFLOW_TEST: &str = include_str!("../schemas/workflow-test-1.0.json");

/// A schema by the name that it is served under.
pub fn named(name: &str) -> Option<&'static str> {
    match name {
        "workflow-1.0" => Some(WORKFLOW),
        "workflow-test-1.0" => Some(WORKFLOW_TEST),
        _ => None,
    }
}
