//! JSON Schemas in definitions: compiled at registration, checked at run time.
//!
//! Deliberately absent: fetching anything. A reference leads into the schema itself or is refused.

use crate::json::Json;
use jsonschema::{Draft, PatternOptions};
use std::fmt;

/// How many violations one check reports.
pub const VIOLATIONS_MAX: usize = 16;

/// Bytes of one compiled pattern.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// A compiled schema.
pub struct Schema(jsonschema::Validator);

/// One way in which a value does not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// JSON pointer to the place in the value.
    pub pointer: String,
    /// What is wrong there.
    pub detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "/" } else { &self.pointer };
        write!(f, "`{place}`: {}", self.detail)
    }
}

impl Schema {
    /// Compiles a schema; draft 2020-12 unless `$schema` says otherwise. The error says why it cannot be used.
    pub fn compile(schema: &serde_json::Value) -> Result<Self, String> {
        let patterns =
            PatternOptions::regex().size_limit(PATTERN_BYTES_MAX).dfa_size_limit(PATTERN_BYTES_MAX);
        let mut options = jsonschema::options().offline().with_pattern_options(patterns);
        if schema.get("$schema").is_none() {
            options = options.with_draft(Draft::Draft202012);
        }
        options.build(schema).map(Self).map_err(|error| error.to_string())
    }

    /// Checks a value. The first [`VIOLATIONS_MAX`] violations are reported.
    pub fn validate(&self, value: &Json) -> Result<(), Vec<Violation>> {
        let value = value.to_value();
        if self.0.is_valid(&value) {
            return Ok(());
        }
        let violation = |error: jsonschema::ValidationError<'_>| Violation {
            pointer: error.instance_path().as_str().to_owned(),
            detail: error.masked().to_string(),
        };
        Err(self.0.iter_errors(&value).take(VIOLATIONS_MAX).map(violation).collect())
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schema").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{Schema, VIOLATIONS_MAX, Violation};
    use crate::json::Json;
    use serde_json::json;

    fn violations(schema: &serde_json::Value, value: &serde_json::Value) -> Vec<Violation> {
        let schema = Schema::compile(schema).unwrap();
        schema.validate(&Json::from_value(value)).err().unwrap_or_default()
    }

    #[test]
    fn matching_value_passes() {
        let schema = json!({"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}});
        assert_eq!(violations(&schema, &json!({"a": 1})), []);
    }

    #[test]
    fn violation_has_its_place_and_no_data() {
        let found = violations(
            &json!({"properties": {"a": {"items": {"type": "integer"}}}}),
            &json!({"a": [1, "secret"]}),
        );
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].pointer, "/a/1");
        assert_eq!(found[0].detail, "value is not of type \"integer\"");
        assert_eq!(found[0].to_string(), "`/a/1`: value is not of type \"integer\"");
    }

    #[test]
    fn violations_are_capped() {
        let found = violations(&json!({"items": {"type": "integer"}}), &json!(vec!["x"; 100]));
        assert_eq!(found.len(), VIOLATIONS_MAX);
    }

    #[test]
    fn references_stay_inside_the_schema() {
        let inside = json!({"$defs": {"n": {"type": "integer"}}, "properties": {"a": {"$ref": "#/$defs/n"}}});
        assert_eq!(violations(&inside, &json!({"a": "x"})).len(), 1);
        for reference in ["https://example.com/a.json", "file:///etc/hostname", "other.json", "urn:x:y"] {
            assert!(Schema::compile(&json!({"$ref": reference})).is_err(), "{reference}");
        }
        let lazily = json!({"properties": {"a": {"$ref": "http://127.0.0.1:1/a.json"}}});
        assert!(Schema::compile(&lazily).is_err());
    }

    #[test]
    fn draft_2020_12_is_the_default_and_others_can_be_named() {
        let tuple = json!({"prefixItems": [{"type": "integer"}]});
        assert_eq!(violations(&tuple, &json!(["x"])).len(), 1);
        let older =
            json!({"$schema": "http://json-schema.org/draft-07/schema#", "items": [{"type": "integer"}]});
        assert_eq!(violations(&older, &json!(["x"])).len(), 1);
    }

    #[test]
    fn schema_that_is_none_is_refused() {
        assert!(Schema::compile(&json!({"type": "nonsense"})).is_err());
        assert!(Schema::compile(&json!(3)).is_err());
        assert!(Schema::compile(&json!({"pattern": "("})).is_err());
    }

    #[test]
    fn patterns_are_linear() {
        assert!(Schema::compile(&json!({"pattern": "(?=a)b"})).is_err());
        assert!(Schema::compile(&json!({"pattern": "((a{1000}){1000}){1000}"})).is_err());
        assert_eq!(violations(&json!({"pattern": "^(a*)*$"}), &json!("a".repeat(10_000) + "b")).len(), 1);
    }

    #[test]
    fn schemas_can_be_shared_between_threads() {
        fn shared<T: Send + Sync + std::fmt::Debug>() {}
        shared::<Schema>();
    }
}
