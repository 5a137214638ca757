//! Counters from a server's `/metrics`.

/// The sum of a metric over its labels; `None` when the text does not have it.
pub(crate) fn total(text: &str, name: &str) -> Option<f64> {
    let values = text.lines().filter_map(|line| {
        let rest = line.strip_prefix(name)?;
        match rest.chars().next()? {
            '{' => rest.rsplit_once('}')?.1.split_ascii_whitespace().next()?.parse::<f64>().ok(),
            ' ' => rest.split_ascii_whitespace().next()?.parse::<f64>().ok(),
            _ => None,
        }
    });
    values.reduce(|a, b| a + b)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# TYPE tenure_commits counter\ntenure_commits_total 12\ntenure_commits_total_other 5\n\
        tenure_calls_total{tenant=\"a } b\",mode=\"x\"} 3\ntenure_calls_total{tenant=\"c\"} 4.5 1700000000\n# EOF\n";

    #[test]
    fn a_metric_is_summed_over_its_labels() {
        assert_eq!(total(TEXT, "tenure_calls_total"), Some(7.5));
    }

    #[test]
    fn a_name_is_not_taken_for_a_longer_one() {
        assert_eq!(total(TEXT, "tenure_commits_total"), Some(12.0));
        assert_eq!(total(TEXT, "tenure_commits"), None);
        assert_eq!(total(TEXT, "absent"), None);
    }
}
