//! Texts below steps: YAML or JSON, indented like the step.

use serde_json::Value;

/// The value of a YAML text.
pub(crate) fn value(text: &str) -> Result<Value, String> {
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| format!("no YAML: {error}\n{text}"))
}

/// A text as it stands between its quotes: the first line is the media type, and all others may be indented.
pub(crate) fn unquoted(raw: &str) -> String {
    let (_, body) = raw.split_once('\n').unwrap_or_default();
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let margin = body.lines().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
    let mut text = String::new();
    for line in body.lines() {
        text.push_str(line.get(margin..).unwrap_or_default());
        text.push('\n');
    }
    format!("{}\n", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_media_type_and_the_margin_are_no_part_of_the_text() {
        assert_eq!(unquoted("yaml\n    a:\n      - 1\n    "), "a:\n  - 1\n");
        assert_eq!(unquoted("\na: 1\n"), "a: 1\n");
    }

    #[test]
    fn yaml_is_read_by_the_rules_of_version_1_2() {
        assert_eq!(
            value("a: [no, 1.0, '1', true, ~]").unwrap(),
            json!({ "a": ["no", 1.0, "1", true, null] })
        );
        assert_eq!(value("1").unwrap(), json!(1));
        assert!(value("a: [").is_err());
    }
}
