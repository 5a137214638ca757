//! One scenario, ready to run: wherever it came from.

/// A scenario of a feature, one row of its examples, or an example of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The file that it is from, without directory and extension.
    pub group: String,
    /// Its name, unique in its group.
    pub name: String,
    /// Whether it is known to fail because of a bug (`@bug`).
    pub bug: bool,
    pub(crate) steps: Vec<Step>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Without its keyword.
    pub(crate) text: String,
    /// The text below it; empty when there is none.
    pub(crate) doc: String,
    /// Its line in the file, from 1.
    pub(crate) line: usize,
}

impl Case {
    /// `group: name`
    pub fn title(&self) -> String {
        format!("{}: {}", self.group, self.name)
    }
}
