//! The order of definition versions: semantic versioning 2.0.0, without its build part.
//!
//! Deliberately absent: ranges, and any judgement whether a text is a valid version. The definition parser judges that;
//! a text that is none sorts before all that are.

use std::cmp::Ordering;
use tenure_types::{DefinitionId, FunctionId};

/// The order of two versions. Equal only for texts that are the same but for a build part.
pub fn compare(a: &str, b: &str) -> Ordering {
    match (parse(a), parse(b)) {
        (Some(a), Some(b)) => a.0.cmp(&b.0).then_with(|| compare_pre(a.1, b.1)),
        (Some(_), None) => Ordering::Greater,
        (None, Some(_)) => Ordering::Less,
        (None, None) => a.cmp(b),
    }
}

/// Whether a version is a pre-release such as `1.0.0-rc.1`.
pub fn pre_release(version: &str) -> bool {
    parse(version).is_none_or(|(_, pre)| !pre.is_empty())
}

/// The order in which the latest is the greatest: every release is above every pre-release.
pub fn compare_for_latest(a: &str, b: &str) -> Ordering {
    pre_release(b).cmp(&pre_release(a)).then_with(|| compare(a, b))
}

/// The order in which definitions are listed: by namespace, name, then version.
pub fn compare_ids(a: &DefinitionId, b: &DefinitionId) -> Ordering {
    let names = (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name));
    // Versions that differ only in their build part still need one order.
    names.then_with(|| compare(&a.version, &b.version)).then_with(|| a.version.cmp(&b.version))
}

/// The order in which functions are listed: by name, then version.
pub fn compare_functions(a: &FunctionId, b: &FunctionId) -> Ordering {
    let names = a.name.cmp(&b.name);
    names.then_with(|| compare(&a.version, &b.version)).then_with(|| a.version.cmp(&b.version))
}

fn parse(text: &str) -> Option<([u64; 3], &str)> {
    let text = text.split_once('+').map_or(text, |(version, _)| version);
    let (core, pre) = text.split_once('-').unwrap_or((text, ""));
    let mut numbers = [0; 3];
    let mut parts = core.split('.');
    for number in &mut numbers {
        *number = parts.next()?.parse().ok()?;
    }
    parts.next().is_none().then_some((numbers, pre))
}

fn compare_pre(a: &str, b: &str) -> Ordering {
    match (a.is_empty(), b.is_empty()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => {
            let mut pairs = (a.split('.'), b.split('.'));
            loop {
                match (pairs.0.next(), pairs.1.next()) {
                    (None, None) => return Ordering::Equal,
                    (None, Some(_)) => return Ordering::Less,
                    (Some(_), None) => return Ordering::Greater,
                    (Some(a), Some(b)) => match compare_identifier(a, b) {
                        Ordering::Equal => {}
                        order => return order,
                    },
                }
            }
        }
    }
}

fn compare_identifier(a: &str, b: &str) -> Ordering {
    match (a.parse::<u64>(), b.parse::<u64>()) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => a.cmp(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_sort_as_the_specification_of_semantic_versioning_lists_them() {
        let sorted = [
            "not-a-version",
            "0.9.12",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.2.0",
            "1.10.0",
            "2.0.0",
        ];
        for (i, a) in sorted.iter().enumerate() {
            for (j, b) in sorted.iter().enumerate() {
                assert_eq!(compare(a, b), i.cmp(&j), "{a} {b}");
            }
        }
    }

    #[test]
    fn a_build_part_does_not_count() {
        assert_eq!(compare("1.0.0+a", "1.0.0+b"), Ordering::Equal);
        assert!(!pre_release("1.0.0+a-b"));
    }

    #[test]
    fn a_release_is_later_than_any_pre_release() {
        assert_eq!(compare_for_latest("1.0.0", "2.0.0-rc.1"), Ordering::Greater);
        assert_eq!(compare_for_latest("2.0.0-rc.2", "2.0.0-rc.1"), Ordering::Greater);
    }
}
