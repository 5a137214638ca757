//! Data on stdout, talk on stderr: the only place that writes to either.
//!
//! Rendering is pure and apart from writing, so that tests compare text.

mod format;
mod listing;
mod style;
mod yaml;

pub(crate) use format::Format;
pub(crate) use listing::{Column, Kind, cell};
pub(crate) use style::Style;

use crate::error::Error;
use serde_json::Value;
use std::io::{self, IsTerminal, Write};

/// Where a command's words go.
#[derive(Debug)]
pub(crate) struct Output {
    format: Format,
    style: Style,
    correlation_id: String,
}

impl Output {
    /// Colours only on a terminal, and never when `NO_COLOR` is set.
    pub(crate) fn new(format: Format, correlation_id: String) -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let style = if wanted && io::stdout().is_terminal() { Style::Colour } else { Style::Plain };
        Self { format, style, correlation_id }
    }

    /// Whether colours are used on stdout.
    pub(crate) fn style(&self) -> Style {
        self.style
    }

    /// The format that was asked for.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// Writes data as it is.
    #[expect(clippy::unused_self, reason = "whoever writes holds the invocation's output")]
    pub(crate) fn data(&self, text: &str) {
        write(io::stdout().lock(), text);
    }

    /// Writes a remark for a person.
    #[expect(clippy::unused_self, reason = "whoever writes holds the invocation's output")]
    pub(crate) fn talk(&self, text: &str) {
        write(io::stderr().lock(), text);
        if !text.ends_with('\n') {
            write(io::stderr().lock(), "\n");
        }
    }

    /// Writes one thing in the format that was asked for.
    pub(crate) fn one(&self, kind: &Kind, item: &Value) {
        self.data(&kind.one(self.format, item));
    }

    /// Writes a list in the format that was asked for.
    pub(crate) fn many(&self, kind: &Kind, items: &[Value]) {
        self.data(&kind.many(self.format, items));
    }

    /// Writes an error for a person.
    pub(crate) fn error(&self, error: &Error) {
        let text = error.render(&self.correlation_id);
        let colour =
            io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let style = if colour { Style::Colour } else { Style::Plain };
        let Some((head, rest)) = text.split_once(':') else { return self.talk(&text) };
        self.talk(&format!("{}:{rest}", style.bad(head)));
    }
}

/// A reader that went away, such as `head`, is no failure of ours.
fn write(mut to: impl Write, text: &str) {
    let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
}
