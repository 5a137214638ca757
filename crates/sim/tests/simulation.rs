//! The simulator as a test: some thousand seeds hold, fixed bugs stay fixed, planted bugs are caught.

use sim::mutant::Mutant;
use sim::run::{Campaign, Report, campaign};
use std::sync::Mutex;

fn seeds(start: u64, seeds: u64, mutant: Option<Mutant>) -> (Report, Vec<String>) {
    let said = Mutex::new(vec![]);
    let plan = Campaign { start, seeds, threads: 2, mutant, stop_at_first: mutant.is_some() };
    let report = campaign(plan, &|text| said.lock().expect("nobody panics under this lock").push(text));
    (report, said.into_inner().expect("nobody panics under this lock"))
}

/// P1 – P5, P7: the invariants hold whatever goes wrong.
#[test]
fn two_thousand_seeds_hold() {
    let (report, said) = seeds(0, 2_000, None);
    assert!(report.found.is_empty(), "{said:#?}");
    assert_eq!(report.seeds, 2_000);
}

/// A seed that found a bug is run for ever.
#[test]
fn fixed_bugs_stay_fixed() {
    let listed =
        include_str!("../seeds.txt").lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    for line in listed {
        let seed = line.split_whitespace().next().unwrap_or_default().parse().unwrap();
        let (report, said) = seeds(seed, 1, None);
        assert!(report.found.is_empty(), "{line}: {said:#?}");
    }
}

/// Each planted bug is caught; the long hunt is `sim mutants`.
#[test]
fn planted_bugs_are_caught() {
    let survivors: Vec<&str> = Mutant::ALL
        .iter()
        .filter(|mutant| seeds(0, 4_000, Some(**mutant)).0.found.is_empty())
        .map(|mutant| mutant.as_str())
        .collect();
    assert!(survivors.is_empty(), "{survivors:?}");
}
