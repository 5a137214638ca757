//! The steps: their texts, and what each does. `kit/README.md` explains them; a test keeps the two alike.
//!
//! In a text, `{}` stands for one word, or for anything between quotes; `{*}` for the rest of the line.

mod answers;
mod calls;
mod given;
mod messages;
mod outcome;
mod tasks;
mod when;

use crate::case::Step;
use crate::world::World;

/// What a step does with the words in its holes and the text below it.
type Act = fn(&mut World<'_>, &[&str], &str) -> Result<(), String>;

/// A step's text, and what it does.
type Entry = (&'static str, Act);

fn all() -> impl Iterator<Item = &'static Entry> {
    let groups = [
        given::STEPS,
        when::STEPS,
        messages::STEPS,
        outcome::STEPS,
        answers::STEPS,
        calls::STEPS,
        tasks::STEPS,
    ];
    groups.into_iter().flatten()
}

/// Takes a step.
pub(crate) fn take(world: &mut World<'_>, step: &Step) -> Result<(), String> {
    let found = all().find_map(|(pattern, act)| Some((act, holes(pattern, &step.text)?)));
    let (act, words) = found.ok_or("no step has this text")?;
    act(world, &words, &step.doc)
}

/// The words in the holes of a pattern, when the text fits it.
fn holes<'t>(pattern: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let (head, tail) = pattern.split_once('{').unwrap_or((pattern, ""));
    let mut rest = text.strip_prefix(head)?;
    let mut words = vec![];
    let mut pattern = tail;
    let mut quoted = head.ends_with('\'');
    while !pattern.is_empty() {
        if pattern.starts_with("*}") {
            words.push(rest);
            return Some(words);
        }
        let after = pattern.strip_prefix('}')?;
        let end = if quoted { '\'' } else { ' ' };
        let (word, behind) = rest.split_at(rest.find(end).unwrap_or(rest.len()));
        if word.is_empty() && !quoted {
            return None;
        }
        words.push(word);
        let (literal, next) = after.split_once('{').unwrap_or((after, ""));
        // A hole at the end of a word, such as `{}:`, leaves what follows it in the word.
        let behind = behind.strip_prefix(literal)?;
        (rest, pattern, quoted) = (behind, next, literal.ends_with('\''));
    }
    rest.is_empty().then_some(words)
}

/// A count written as digits, or `once`.
fn count(word: &str) -> Result<usize, String> {
    word.parse().map_err(|_| format!("`{word}` is no number"))
}

/// Words between quotes, or separated by commas.
fn list(rest: &str) -> Vec<&str> {
    rest.split(',').map(|word| word.trim().trim_matches('\'')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_is_a_word_or_what_is_between_quotes() {
        assert_eq!(holes("{} should run after {}", "a should run after b"), Some(vec!["a", "b"]));
        assert_eq!(holes("{} should run last", "the workflow should run last"), None);
        assert_eq!(holes("a '{}' with {} items", "a 'x y' with 3 items"), Some(vec!["x y", "3"]));
        assert_eq!(holes("'{}' should fail:", "'GET /a' should fail:"), Some(vec!["GET /a"]));
        assert_eq!(holes("properties {*}", "properties 'a', 'b'"), Some(vec!["'a', 'b'"]));
        assert_eq!(holes("the end", "the end"), Some(vec![]));
        assert_eq!(holes("the end", "the end "), None);
    }

    #[test]
    fn no_step_hides_another() {
        let texts: Vec<&str> = all().map(|(text, _)| *text).collect();
        for (index, text) in texts.iter().enumerate() {
            let filled = text.replace("{*}", "1, 2").replace("{}", "1");
            let first = texts.iter().position(|pattern| holes(pattern, &filled).is_some());
            assert_eq!(first, Some(index), "{text}");
        }
    }

    #[test]
    fn the_page_of_the_kit_explains_every_step_and_no_other() {
        let page = include_str!("../../../../kit/README.md");
        let explained: Vec<&str> = page
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"))
            .map(|(text, _)| text)
            .collect();
        let mut texts: Vec<&str> = all().map(|(text, _)| *text).collect();
        for text in &texts {
            assert!(explained.contains(text), "kit/README.md says nothing of `{text}`");
        }
        texts.retain(|text| explained.contains(text));
        assert_eq!(
            texts.len(),
            explained.len(),
            "kit/README.md explains a step that does not exist: {explained:#?}"
        );
    }
}
