//! The figures of a measurement: named numbers, one set a run, and their medians.

use super::stats::{Percentiles, median, number};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// The figures of one run, in the order in which they are shown. The unit is the last word of a name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Figures(Vec<(String, f64)>);

impl Figures {
    /// Adds a figure.
    pub(crate) fn add(&mut self, name: &str, value: f64) {
        self.0.push((name.into(), value));
    }

    /// Adds three percentiles as milliseconds.
    pub(crate) fn percentiles(&mut self, name: &str, percentiles: Percentiles) {
        let Percentiles { p50_us, p95_us, p99_us } = percentiles;
        for (which, us) in [("p50", p50_us), ("p95", p95_us), ("p99", p99_us)] {
            self.add(&format!("{name}_{which}_ms"), number(us) / 1_000.0);
        }
    }

    /// A figure by its name.
    pub(crate) fn get(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    /// The median of each figure over the runs.
    pub(crate) fn median(runs: &[Self]) -> Self {
        let names = runs.first().map(|run| run.0.as_slice()).unwrap_or_default();
        let over = |name: &str| runs.iter().filter_map(|run| run.get(name)).collect::<Vec<f64>>();
        Self(names.iter().map(|(name, _)| (name.clone(), median(&over(name)))).collect())
    }

    fn to_json(&self) -> Value {
        let fields: Map<String, Value> =
            self.0.iter().map(|(name, value)| (name.clone(), rounded(*value))).collect();
        Value::Object(fields)
    }
}

/// What was measured, and how.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    /// The scenario's name.
    pub(crate) scenario: String,
    /// Connections of the load generator.
    pub(crate) concurrency: u64,
    /// Seconds of one run.
    pub(crate) duration_s: u64,
    /// The machine's load when the measurement began: figures of a busy machine mean little.
    pub(crate) load_before: Option<f64>,
    /// One set a run.
    pub(crate) runs: Vec<Figures>,
}

/// What a figure should reach: name, first mark, goal, and whether more is better.
type Mark = (&'static str, &'static str, f64, f64, bool);

/// What stands behind the name of a scenario with one client: nothing is shared there, and it has marks of its own.
const ALONE: &str = " alone";

/// The marks of the project for its reference machine (two cores for everything).
const MARKS: &[Mark] = &[
    ("w5-http", "runs_per_s", 2_500.0, 4_000.0, true),
    ("w5-http", "run_p50_ms", 25.0, 15.0, false),
    ("w5-http", "server_cpu_per_step_us", 80.0, 40.0, false),
    ("w5-http", "device_written_per_step_bytes", 4_096.0, 1_536.0, false),
    ("w5-http", "store_written_per_step_bytes", 4_096.0, 1_536.0, false),
    ("w5-http", "server_rss_mb", 250.0, 120.0, false),
    ("w5-http alone", "run_p50_ms", 4.0, 2.0, false),
    ("w5-set", "runs_per_s", 6_000.0, 12_000.0, true),
    ("start", "starts_per_s", 6_000.0, 12_000.0, true),
    ("start", "first_step_p95_ms", 15.0, 5.0, false),
    ("query", "list_p95_ms", 20.0, 5.0, false),
    ("query", "get_p95_ms", 20.0, 5.0, false),
    ("sleepers", "restart_to_first_dispatch_ms", 5_000.0, 1_000.0, false),
    ("events", "event_p95_ms", 5.0, 2.0, false),
    ("events", "other_p99_ratio", 2.0, 1.5, false),
    ("definitions", "large_registration_ms", 1_000.0, 250.0, false),
    ("definitions", "definitions_rss_mb", 200.0 * 1.048_576, 100.0, false),
    ("definitions", "start_p95_ratio", 1.2, 1.05, false),
    ("definitions", "start_any_p95_ratio", 2.0, 1.2, false),
    ("recover", "restart_to_first_dispatch_ms", 2_000.0, 1_000.0, false),
];

impl Report {
    /// As one JSON document.
    pub(crate) fn json(&self) -> Value {
        json!({
            "scenario": self.scenario,
            "store": "sqlite",
            "concurrency": self.concurrency,
            "durationS": self.duration_s,
            "cores": std::thread::available_parallelism().map_or(0, usize::from),
            "loadBefore": self.load_before,
            "version": env!("CARGO_PKG_VERSION"),
            "runs": self.runs.iter().map(Figures::to_json).collect::<Vec<_>>(),
            "median": Figures::median(&self.runs).to_json(),
        })
    }

    /// As a table: a column a run, the median, and the marks where there are any.
    pub(crate) fn table(&self) -> String {
        let median = Figures::median(&self.runs);
        let width = median.0.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let mut text = format!("{:width$}", self.scenario);
        for run in 1..=self.runs.len() {
            let _ = write!(text, "  {:>10}", format!("run {run}"));
        }
        let _ = writeln!(text, "  {:>10}  mark / goal", "median");
        for (name, value) in &median.0 {
            let _ = write!(text, "{name:width$}");
            for run in &self.runs {
                let _ = write!(text, "  {:>10}", run.get(name).map_or_else(|| "-".into(), shown));
            }
            let _ = writeln!(text, "  {:>10}  {}", shown(*value), self.mark(name, *value));
        }
        text.lines().map(str::trim_end).fold(String::new(), |all, line| all + line + "\n")
    }

    fn mark(&self, name: &str, value: f64) -> String {
        let (own, alone) = (self.scenario.as_str(), self.concurrency == 1);
        let measured = |scenario: &str| match scenario.strip_suffix(ALONE) {
            Some(scenario) => alone && scenario == own,
            None => !alone && scenario == own,
        };
        let known = MARKS.iter().find(|(scenario, figure, ..)| measured(scenario) && *figure == name);
        let Some((_, _, first, goal, more)) = known else { return String::new() };
        let reached = |mark: f64| if *more { value >= mark } else { value <= mark };
        let word = match (reached(*goal), reached(*first)) {
            (true, _) => "goal reached",
            (false, true) => "mark reached",
            (false, false) => "missed",
        };
        format!("{} / {}  {word}", shown(*first), shown(*goal))
    }
}

/// Three significant digits are more than these machines give.
fn rounded(value: f64) -> Value {
    let digits = if value.abs() < 10.0 { 1_000.0 } else { 10.0 };
    json!((value * digits).round() / digits)
}

fn shown(value: f64) -> String {
    match value.abs() {
        small if small < 10.0 => format!("{value:.3}"),
        medium if medium < 1_000.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// The machine's load of the last minute.
pub(crate) fn load_average() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn run(rate: f64, p50: f64) -> Figures {
        let mut figures = Figures::default();
        figures.add("runs_per_s", rate);
        figures.add("run_p50_ms", p50);
        figures
    }

    fn report() -> Report {
        Report {
            scenario: "w5-http".into(),
            concurrency: 64,
            duration_s: 5,
            load_before: Some(0.5),
            runs: vec![run(2_000.0, 30.0), run(3_000.0, 20.0), run(2_600.0, 12.0)],
        }
    }

    #[test]
    fn the_table_shows_runs_median_and_marks() {
        expect![[r"
            w5-http          run 1       run 2       run 3      median  mark / goal
            runs_per_s        2000        3000        2600        2600  2500 / 4000  mark reached
            run_p50_ms        30.0        20.0        12.0        20.0  25.0 / 15.0  mark reached
        "]]
        .assert_eq(&report().table());
    }

    #[test]
    fn the_json_has_every_run_and_the_median() {
        let json = report().json();
        assert_eq!(json["runs"].as_array().map(Vec::len), Some(3));
        assert_eq!(json["median"]["runs_per_s"], 2_600.0);
        assert_eq!(json["concurrency"], 64);
    }

    #[test]
    fn percentiles_are_shown_in_milliseconds() {
        let mut figures = Figures::default();
        figures.percentiles("get", Percentiles { p50_us: 1_500, p95_us: 2_000, p99_us: 3_000 });
        assert_eq!(figures.get("get_p50_ms"), Some(1.5));
        assert_eq!(figures.get("get_p99_ms"), Some(3.0));
    }

    #[test]
    fn one_client_has_marks_of_its_own() {
        let report = Report { concurrency: 1, runs: vec![run(400.0, 3.0)], ..report() };
        expect![[r"
            w5-http          run 1      median  mark / goal
            runs_per_s       400.0       400.0
            run_p50_ms       3.000       3.000  4.000 / 2.000  mark reached
        "]]
        .assert_eq(&report.table());
    }

    #[test]
    fn a_missed_mark_is_said() {
        let mut report = report();
        report.runs = vec![run(100.0, 100.0)];
        assert!(report.table().contains("missed"));
    }
}
