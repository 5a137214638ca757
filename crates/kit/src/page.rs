//! The examples of a guide: fences with a marker, by the convention of `docs/guide/README.md`.

use crate::case::{Case, Step};
use crate::{Error, feature, files};
use std::path::Path;

/// The examples of all pages of a directory, in the order of the files.
pub fn pages(directory: &Path) -> Result<Vec<Case>, Error> {
    let mut cases = vec![];
    for (path, text) in files(directory, "md")? {
        cases.extend(page(&path, &text)?);
    }
    Ok(cases)
}

/// A fenced block.
struct Fence<'t> {
    /// What follows the opening backticks.
    info: &'t str,
    text: String,
    /// The line of the opening backticks, from 1.
    line: usize,
    /// The nearest heading above it.
    heading: &'t str,
}

fn fences(text: &str) -> Vec<Fence<'_>> {
    let mut found = vec![];
    let mut heading = "";
    let mut open: Option<Fence<'_>> = None;
    for (index, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => {
                open = Some(Fence { info: info.trim(), text: String::new(), line: index + 1, heading });
            }
            (Some(_), Some("")) => found.extend(open.take()),
            (Some(fence), _) => {
                fence.text.push_str(line);
                fence.text.push('\n');
            }
            (None, None) if line.starts_with('#') => heading = line.trim_start_matches('#').trim(),
            (None, None) => {}
        }
    }
    found
}

fn page(path: &Path, text: &str) -> Result<Vec<Case>, Error> {
    let group = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut examples: Vec<Example> = vec![];
    for fence in fences(text) {
        let line = fence.line;
        let wrong = |what: &str| Error::text(path, format!("line {line}: {what}"));
        let mut words = fence.info.split_whitespace();
        let (language, marker) = (words.next().unwrap_or_default(), words.next());
        match (language, marker) {
            ("yaml" | "json", Some("fragment")) => {}
            ("yaml" | "json", Some("definition")) => {
                let name = format!("{} (line {})", fence.heading, fence.line);
                let case = Case { group: group.to_string(), name, bug: false, steps: vec![] };
                let mut example = Example { case, executed: false, line: fence.line };
                example.step("a workflow with definition:", fence.text, fence.line);
                examples.push(example);
            }
            ("yaml" | "json" | "gherkin", marker) => {
                let example = examples.last_mut().ok_or_else(|| wrong("there is no definition above it"))?;
                match (language, marker) {
                    ("gherkin", _) => {
                        example.case.steps.extend(feature::steps(path, &fence.text, fence.line)?);
                        example.executed = true;
                    }
                    (_, Some(marker)) => example
                        .add(marker, &words.collect::<Vec<_>>().join(" "), fence)
                        .map_err(|what| wrong(&what))?,
                    (_, None) => return Err(wrong("a fence of YAML has a marker, see docs/guide/README.md")),
                }
            }
            _ => {}
        }
    }
    match examples.iter().find(|example| !example.executed) {
        Some(idle) => Err(Error::text(
            path,
            format!("line {}: the example says nothing of what comes of it", idle.line),
        )),
        None => Ok(examples.into_iter().map(|example| example.case).collect()),
    }
}

/// A definition and what follows it.
struct Example {
    case: Case,
    /// Whether something is stated about what comes of it.
    executed: bool,
    line: usize,
}

impl Example {
    fn step(&mut self, text: &str, doc: String, line: usize) {
        self.case.steps.push(Step { text: text.to_owned(), doc, line });
    }

    fn add(&mut self, marker: &str, rest: &str, fence: Fence<'_>) -> Result<(), String> {
        let outcome = match marker {
            "input" => "given the workflow input is:".to_owned(),
            "other" => "given another workflow with definition:".to_owned(),
            "service" if !rest.is_empty() => format!("given the service answers '{rest}' with:"),
            "secret" if !rest.is_empty() => format!("given the secret '{rest}' is:"),
            "output" => "the workflow should complete with output:".to_owned(),
            "error" => "the workflow should fault with error:".to_owned(),
            "refused" => "the definition should be refused with:".to_owned(),
            _ => return Err(format!("`{marker}` is no marker, see docs/guide/README.md")),
        };
        match marker {
            "output" | "error" if !self.executed => {
                self.step("the workflow is executed", String::new(), fence.line);
                self.executed = true;
            }
            "refused" => {
                self.step("the definition is registered", String::new(), fence.line);
                self.executed = true;
            }
            _ => {}
        }
        self.step(&outcome, fence.text, fence.line);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Case>, Error> {
        page(Path::new("guide/set.md"), text)
    }

    #[test]
    fn an_example_is_a_definition_with_what_follows_it() {
        let text = "# Set\n\n```yaml definition\ndo: []\n```\n\nWith\n\n```yaml input\na: 1\n```\n\n\
                    ```yaml service POST /a\nstatus: 200\n```\n```yaml output\na: 1\n```\n\n```sh\nls\n```\n";
        let cases = read(text).unwrap();
        let texts: Vec<&str> = cases[0].steps.iter().map(|step| step.text.as_str()).collect();
        let expected = [
            "a workflow with definition:",
            "given the workflow input is:",
            "given the service answers 'POST /a' with:",
            "the workflow is executed",
            "the workflow should complete with output:",
        ];
        assert_eq!((cases[0].title(), texts), ("set: Set (line 3)".to_owned(), expected.to_vec()));
        assert_eq!(cases[0].steps[0].doc, "do: []\n");
    }

    #[test]
    fn steps_may_say_what_comes_of_it() {
        let text = "```yaml definition\ndo: []\n```\n```gherkin\nWhen the workflow is executed\n\
                    Then the workflow should complete\n```\n";
        assert_eq!(read(text).unwrap()[0].steps.len(), 3);
    }

    #[test]
    fn a_fence_without_a_marker_or_an_outcome_is_refused() {
        assert!(read("```yaml definition\ndo: []\n```\n").is_err());
        assert!(read("```yaml\ndo: []\n```\n").is_err());
        assert!(read("```yaml definition\ndo: []\n```\n```yaml outcome\n1\n```\n").is_err());
        assert!(read("```yaml fragment\ndo: []\n```\n").unwrap().is_empty());
    }
}
