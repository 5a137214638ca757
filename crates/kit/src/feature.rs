//! `.feature` files: each scenario, and each row of an outline's examples, is a case.

use crate::case::{Case, Step};
use crate::{Error, files, yaml};
use gherkin::{Feature, GherkinEnv, Scenario};
use std::collections::BTreeSet;
use std::path::Path;

/// The scenarios of all features of a directory, in the order of the files.
pub fn features(directory: &Path) -> Result<Vec<Case>, Error> {
    let mut cases = vec![];
    for (path, text) in files(directory, "feature")? {
        cases.extend(feature(&path, &text)?);
    }
    Ok(cases)
}

fn feature(path: &Path, text: &str) -> Result<Vec<Case>, Error> {
    let parsed = Feature::parse(text, GherkinEnv::default());
    let feature = parsed.map_err(|error| Error::text(path, error.to_string()))?;
    let group = path.file_stem().unwrap_or_default().to_string_lossy();
    let shared =
        feature.background.as_ref().map(|background| background.steps.as_slice()).unwrap_or_default();
    let cases: Vec<Case> =
        feature.scenarios.iter().flat_map(|scenario| scenario_cases(&group, shared, scenario)).collect();
    let mut seen = BTreeSet::new();
    match cases.iter().find(|case| !seen.insert(case.name.as_str())) {
        Some(twice) => Err(Error::text(path, format!("two scenarios are called `{}`", twice.name))),
        None => Ok(cases),
    }
}

fn scenario_cases(group: &str, shared: &[gherkin::Step], scenario: &Scenario) -> Vec<Case> {
    let known = |tags: &[String]| tags.iter().any(|tag| tag == "bug");
    let bug = known(&scenario.tags);
    let steps: Vec<Step> = shared.iter().chain(&scenario.steps).map(step).collect();
    if scenario.examples.is_empty() {
        return vec![Case { group: group.into(), name: scenario.name.clone(), bug, steps }];
    }
    let case = |row: &Row, bug| {
        let first = row.0.first().map(|(_, value)| value.as_str()).unwrap_or_default();
        let name = format!("{} [{first}]", scenario.name);
        let filled = |step: &Step| Step { text: row.fill(&step.text), doc: row.fill(&step.doc), ..*step };
        Case { group: group.into(), name, bug, steps: steps.iter().map(filled).collect() }
    };
    let tables = scenario.examples.iter().filter_map(|examples| Some((examples, examples.table.as_ref()?)));
    let each = tables.flat_map(|(examples, table)| {
        let bug = bug || known(&examples.tags);
        rows(&table.rows).into_iter().map(move |row| (row, bug))
    });
    each.map(|(row, bug)| case(&row, bug)).collect()
}

/// Names of columns with the values of one row.
struct Row(Vec<(String, String)>);

impl Row {
    fn fill(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, value) in &self.0 {
            text = text.replace(&format!("<{name}>"), value);
        }
        text
    }
}

fn rows(table: &[Vec<String>]) -> Vec<Row> {
    let Some((names, rows)) = table.split_first() else { return vec![] };
    rows.iter().map(|row| Row(names.iter().cloned().zip(row.iter().cloned()).collect())).collect()
}

fn step(step: &gherkin::Step) -> Step {
    let doc = step.docstring.as_deref().map(yaml::unquoted).unwrap_or_default();
    Step { text: step.value.clone(), doc, line: step.position.line }
}

/// Steps alone, as an example of a page writes them.
pub(crate) fn steps(path: &Path, text: &str, line: usize) -> Result<Vec<Step>, Error> {
    let whole = format!("Feature: page\n  Scenario: example\n{text}\n");
    let parsed = Feature::parse(whole, GherkinEnv::default());
    let feature = parsed.map_err(|error| Error::text(path, format!("line {line}: {error}")))?;
    let found = feature.scenarios.iter().flat_map(|scenario| &scenario.steps);
    Ok(found.map(|own| Step { line: own.position.line + line - 2, ..step(own) }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"Feature: Sums
  Scenario: One
    Given a workflow with definition:
    """yaml
    do: []
    """
    And given the workflow input is:
    """yaml
    a: 1
    """
    Then the workflow should complete

  @bug
  Scenario Outline: Many
    When <a> is <b>
    Examples:
      | a | b    |
      | x | 1    |
      | y | a\|b |

  Scenario Outline: Partly
    When <a> is so
    Examples:
      | a |
      | x |
    @bug
    Examples: known
      | a |
      | y |
"#;

    fn cases() -> Vec<Case> {
        feature(Path::new("dir/sums.feature"), TEXT).unwrap()
    }

    #[test]
    fn a_scenario_keeps_its_steps_and_their_texts() {
        let one = &cases()[0];
        assert_eq!(one.title(), "sums: One");
        let texts: Vec<&str> = one.steps.iter().map(|step| step.text.as_str()).collect();
        let expected =
            ["a workflow with definition:", "given the workflow input is:", "the workflow should complete"];
        assert_eq!(texts, expected);
        assert_eq!((one.steps[1].doc.as_str(), one.steps[1].line), ("a: 1\n", 7));
    }

    #[test]
    fn an_outline_is_a_case_for_each_row() {
        let names: Vec<String> = cases().into_iter().map(|case| case.name).collect();
        assert_eq!(names, ["One", "Many [x]", "Many [y]", "Partly [x]", "Partly [y]"]);
        assert_eq!(cases()[2].steps[0].text, "y is a|b");
    }

    #[test]
    fn a_known_bug_is_that_of_a_scenario_or_of_some_examples() {
        let bugs: Vec<bool> = cases().iter().map(|case| case.bug).collect();
        assert_eq!(bugs, [false, true, true, false, true]);
    }

    #[test]
    fn two_scenarios_of_one_name_are_refused() {
        let text = TEXT.replace("| y |", "| x |");
        assert!(feature(Path::new("sums.feature"), &text).is_err());
    }
}
