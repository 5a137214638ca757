//! Runs cases, several at a time.

use crate::case::Case;
use crate::report::{Report, Verdict};
use crate::steps;
use crate::world::World;
use crate::yaml;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

/// Cases under way at once: most of them wait for the server.
const THREADS: usize = 12;

/// A running server, and what it takes for a credential.
#[derive(Clone, Debug)]
pub struct Target {
    /// Where the API is.
    pub api: SocketAddr,
    /// The token of somebody who may do everything in a tenant.
    pub token: String,
}

/// Runs every case. They share the server, and nothing else.
pub fn run(target: &Target, cases: Vec<Case>) -> Report {
    let begun = Instant::now();
    let (names, next) = (Names::default(), AtomicUsize::new(0));
    let verdicts: Vec<Mutex<Option<Verdict>>> = cases.iter().map(|_| Mutex::new(None)).collect();
    thread::scope(|scope| {
        for _ in 0..THREADS.min(cases.len()) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(number) else { return };
                    let verdict = one(target, &names, number, case);
                    *verdicts[number].lock().expect("nobody panics while holding it") = Some(verdict);
                }
            });
        }
    });
    let verdict = |cell: Mutex<Option<Verdict>>| cell.into_inner().ok().flatten().expect("each case was run");
    let outcomes = cases.into_iter().zip(verdicts.into_iter().map(verdict)).collect();
    Report { outcomes, elapsed: begun.elapsed() }
}

fn one(target: &Target, names: &Names, number: usize, case: &Case) -> Verdict {
    let mut world = match World::new(target, names, number) {
        Ok(world) => world,
        Err(reason) => return Verdict::Failed(reason),
    };
    for step in &case.steps {
        if let Err(reason) = steps::take(&mut world, step) {
            let reason = format!("line {}: {}: {reason}", step.line, step.text);
            let unsupported = reason.contains("not supported yet");
            return if unsupported { Verdict::Unsupported(reason) } else { Verdict::Failed(reason) };
        }
    }
    Verdict::Passed
}

/// Which scenario has registered a definition under a name. Two scenarios of the specification's kit use one name for
/// different definitions.
#[derive(Debug, Default)]
pub(crate) struct Names(Mutex<BTreeMap<String, usize>>);

impl Names {
    /// The same text, under another name when a scenario with another number has taken its own.
    pub(crate) fn untaken(&self, text: String, number: usize) -> String {
        let Ok(value) = yaml::value(&text) else { return text };
        let Some(name) = value["document"]["name"].as_str() else { return text };
        let mut taken = self.0.lock().expect("nobody panics while holding it");
        let full = format!("{}/{name}", value["document"]["namespace"]);
        if *taken.entry(full).or_insert(number) == number {
            return text;
        }
        let other = format!("{name}-{number}");
        for quote in ["", "'", "\""] {
            let (old, new) = (format!("name: {quote}{name}"), format!("name: {quote}{other}"));
            if text.contains(&old) {
                return text.replacen(&old, &new, 1);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_another_scenario_has_taken_gets_the_number_behind_it() {
        let names = Names::default();
        let text = || "document:\n  namespace: a\n  name: b\n".to_owned();
        assert_eq!(names.untaken(text(), 1), text());
        assert_eq!(names.untaken(text(), 1), text());
        assert_eq!(names.untaken(text(), 2), "document:\n  namespace: a\n  name: b-2\n");
        assert_eq!(names.untaken("{".into(), 3), "{");
    }
}
