//! The few colours, each with a meaning.

/// Whether colours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Text only.
    Plain,
    /// ANSI colours.
    Colour,
}

impl Style {
    /// What went well.
    pub(crate) fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    /// What went wrong.
    pub(crate) fn bad(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    /// What needs a look.
    pub(crate) fn warn(self, text: &str) -> String {
        self.paint("33", text)
    }

    /// What matters less.
    pub(crate) fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// What matters more.
    pub(crate) fn strong(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// The word of a status in its colour.
    pub(crate) fn status(self, status: &str) -> String {
        match status {
            "completed" => self.good(status),
            "faulted" | "terminated" => self.bad(status),
            "suspended" | "cancelled" => self.warn(status),
            _ => status.into(),
        }
    }

    fn paint(self, code: &str, text: &str) -> String {
        match self {
            Self::Plain => text.into(),
            Self::Colour => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_has_no_escapes() {
        assert_eq!(Style::Plain.bad("error"), "error");
        assert_eq!(Style::Plain.status("faulted"), "faulted");
    }

    #[test]
    fn colours_end_where_the_word_ends() {
        assert_eq!(Style::Colour.good("ok"), "\u{1b}[32mok\u{1b}[0m");
        assert_eq!(Style::Colour.status("running"), "running");
    }
}
