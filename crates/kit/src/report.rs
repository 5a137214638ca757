//! What came of the cases.

use crate::case::Case;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

/// What came of one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every step held.
    Passed,
    /// A step did not hold, and why.
    Failed(String),
    /// The server refused the definition with "not supported yet".
    Unsupported(String),
}

/// What came of all.
#[derive(Debug)]
pub struct Report {
    pub(crate) outcomes: Vec<(Case, Verdict)>,
    pub(crate) elapsed: Duration,
}

impl Report {
    /// How long it took.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// How many passed.
    pub fn passed(&self) -> usize {
        self.outcomes.iter().filter(|(_, verdict)| *verdict == Verdict::Passed).count()
    }

    /// The titles of those whose definition is not supported yet.
    pub fn unsupported(&self) -> Vec<String> {
        let found = self.outcomes.iter().filter(|(_, verdict)| matches!(verdict, Verdict::Unsupported(_)));
        found.map(|(case, _)| case.title()).collect()
    }

    /// What nobody expected: a case that failed, and one that passed although it is tagged as a known bug.
    pub fn surprises(&self) -> Vec<String> {
        let surprise = |(case, verdict): &(Case, Verdict)| match (verdict, case.bug) {
            (Verdict::Failed(reason), false) => Some(format!("{}\n    {reason}", case.title())),
            (Verdict::Passed, true) => Some(format!("{}\n    passes: remove its tag `@bug`", case.title())),
            (Verdict::Passed, false) | (Verdict::Failed(_) | Verdict::Unsupported(_), _) => None,
        };
        self.outcomes.iter().filter_map(surprise).collect()
    }

    /// A line for each group, and one for all.
    pub fn table(&self) -> String {
        let mut groups: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
        for (case, verdict) in &self.outcomes {
            let column = match (verdict, case.bug) {
                (Verdict::Passed, _) => 0,
                (Verdict::Failed(_), false) => 1,
                (Verdict::Failed(_), true) => 2,
                (Verdict::Unsupported(_), _) => 3,
            };
            groups.entry(&case.group).or_default()[column] += 1;
        }
        let mut text = String::new();
        let mut total = [0; 4];
        for (group, counts) in groups {
            line(&mut text, group, counts);
            (0..4).for_each(|column| total[column] += counts[column]);
        }
        line(&mut text, "all", total);
        let _ = writeln!(text, "{:.1} s", self.elapsed.as_secs_f64());
        text
    }
}

fn line(text: &mut String, group: &str, [passed, failed, known, unsupported]: [usize; 4]) {
    let _ = write!(text, "{group:.<32} {passed:>4} passed");
    for (count, what) in [(failed, "failed"), (known, "failed as known"), (unsupported, "not supported yet")]
    {
        if count > 0 {
            let _ = write!(text, ", {count} {what}");
        }
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(name: &str, bug: bool, verdict: Verdict) -> (Case, Verdict) {
        (Case { group: "g".into(), name: name.into(), bug, steps: vec![] }, verdict)
    }

    #[test]
    fn a_failure_and_a_bug_that_passes_are_surprises() {
        let failed = || Verdict::Failed("no".into());
        let outcomes = vec![
            outcome("a", false, Verdict::Passed),
            outcome("b", false, failed()),
            outcome("c", true, failed()),
            outcome("d", true, Verdict::Passed),
            outcome("e", false, Verdict::Unsupported("x".into())),
        ];
        let report = Report { outcomes, elapsed: Duration::ZERO };
        let titles: Vec<String> =
            report.surprises().iter().filter_map(|text| text.lines().next().map(str::to_owned)).collect();
        assert_eq!(titles, ["g: b", "g: d"]);
        assert_eq!((report.passed(), report.unsupported()), (2, vec!["g: e".to_owned()]));
        assert!(report.table().contains("2 passed, 1 failed, 1 failed as known, 1 not supported yet"));
    }
}
