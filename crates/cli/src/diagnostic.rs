//! What is wrong in a definition, shown with the line, a caret and a hint.
//!
//! Deliberately absent: any rule about definitions. Findings come from `tenure_dsl` or from the server.

use serde_json::Value;
use std::fmt::Write as _;

/// One thing that is wrong, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The rule that is broken, such as `DEF-0020`, where it is known.
    pub(crate) code: Option<String>,
    /// JSON pointer into the document.
    pub(crate) pointer: String,
    /// 1-based; 0 when the place is not known.
    pub(crate) line: usize,
    /// 1-based, in characters; 0 when the place is not known.
    pub(crate) column: usize,
    /// What is wrong.
    pub(crate) detail: String,
    /// What to write instead, where that is known.
    pub(crate) hint: Option<String>,
}

impl Finding {
    /// The findings of a problem document: its `errors` member.
    pub(crate) fn of_problem(problem: &Value) -> Vec<Self> {
        let items = problem.get("errors").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        items.iter().map(Self::of_item).collect()
    }

    fn of_item(item: &Value) -> Self {
        let text = |name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
        let number = |name: &str| {
            item.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok()).unwrap_or(0)
        };
        Self {
            code: text("code"),
            pointer: text("pointer").unwrap_or_default(),
            line: number("line"),
            column: number("column"),
            detail: text("detail").unwrap_or_else(|| "not valid".into()),
            hint: text("hint"),
        }
    }

    /// The finding with the line of `source` that it speaks of.
    pub(crate) fn render(&self, file: &str, source: &str) -> String {
        let code = self.code.as_ref().map(|code| format!("[{code}]")).unwrap_or_default();
        let mut text = format!("error{code}: {}\n", self.detail);
        let place = match (self.line, self.column) {
            (0, _) => String::new(),
            (line, 0) => format!(":{line}"),
            (line, column) => format!(":{line}:{column}"),
        };
        let pointer = if self.pointer.is_empty() { String::new() } else { format!("  {}", self.pointer) };
        let gutter = self.line.to_string().len().max(2);
        let _ = writeln!(text, "{:gutter$}--> {file}{place}{pointer}", "");
        if let Some(line) = self.line.checked_sub(1).and_then(|index| source.lines().nth(index)) {
            let line = line.trim_end().replace('\t', " ");
            let _ = writeln!(text, "{:gutter$} |", "");
            let _ = writeln!(text, "{:>gutter$} | {line}", self.line);
            if self.column > 0 {
                let carets = "^".repeat(word_length(&line, self.column));
                let _ = writeln!(text, "{:gutter$} | {:indent$}{carets}", "", "", indent = self.column - 1);
            }
        }
        if let Some(hint) = &self.hint {
            let _ = writeln!(text, "{:gutter$} = help: {hint}", "");
        }
        text
    }
}

impl From<tenure_dsl::Diagnostic> for Finding {
    fn from(diagnostic: tenure_dsl::Diagnostic) -> Self {
        Self {
            code: Some(diagnostic.code.as_str().into()),
            pointer: diagnostic.pointer,
            line: diagnostic.line as usize,
            column: diagnostic.column as usize,
            detail: diagnostic.message,
            hint: diagnostic.hint,
        }
    }
}

/// How many characters from `column` on belong to the word that starts there.
fn word_length(line: &str, column: usize) -> usize {
    let word = |c: &char| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '.');
    line.chars().skip(column - 1).take_while(word).count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use serde_json::json;

    const SOURCE: &str = "document:\n  dsl: '1.0.3'\ndo:\n  - price:\n      sett: { a: 1 }\n";

    #[test]
    fn a_finding_shows_line_caret_and_hint() {
        let finding = Finding {
            code: Some("DEF-0020".into()),
            pointer: "/do/0/price/sett".into(),
            line: 5,
            column: 7,
            detail: "unknown key `sett`".into(),
            hint: Some("did you mean `set`?".into()),
        };
        expect![[r"
            error[DEF-0020]: unknown key `sett`
              --> order.yaml:5:7  /do/0/price/sett
               |
             5 |       sett: { a: 1 }
               |       ^^^^
               = help: did you mean `set`?
        "]]
        .assert_eq(&finding.render("order.yaml", SOURCE));
    }

    #[test]
    fn a_finding_without_a_place_is_shown_without_a_line() {
        let finding = Finding { detail: "the document is empty".into(), ..Finding::default() };
        expect![[r"
            error: the document is empty
              --> empty.yaml
        "]]
        .assert_eq(&finding.render("empty.yaml", ""));
    }

    #[test]
    fn a_place_beyond_the_text_does_not_panic() {
        let finding = Finding { line: 99, column: 40, detail: "cut off".into(), ..Finding::default() };
        expect![[r"
            error: cut off
              --> a.yaml:99:40
        "]]
        .assert_eq(&finding.render("a.yaml", SOURCE));
        let late = Finding { line: 1, column: 40, detail: "cut off".into(), ..Finding::default() };
        assert!(late.render("a.yaml", SOURCE).ends_with("^\n"));
    }

    #[test]
    fn findings_come_from_a_problem_document() {
        let problem = json!({ "errors": [
            { "pointer": "/do", "line": 3, "column": 1, "detail": "no task", "hint": "add one" },
            { "detail": "second" },
        ] });
        let findings = Finding::of_problem(&problem);
        assert_eq!(findings.len(), 2);
        assert_eq!(
            (findings[0].line, findings[0].column, findings[0].hint.as_deref()),
            (3, 1, Some("add one"))
        );
        assert_eq!(findings[1].line, 0);
        assert!(Finding::of_problem(&json!({})).is_empty());
    }

    #[test]
    fn tabs_do_not_shift_the_caret() {
        let finding = Finding { line: 1, column: 2, detail: "a tab".into(), ..Finding::default() };
        expect![[r"
            error: a tab
              --> t.yaml:1:2
               |
             1 |  do: []
               |  ^^
        "]]
        .assert_eq(&finding.render("t.yaml", "\tdo: []\n"));
    }
}
