//! Where the log goes: standard error, JSON unless a person is looking.
//!
//! Lines carry `tenant_id`, `correlation_id`, `workflow_id` and `task` where they apply, and never a payload. Requests
//! are not logged one by one; metrics count them and the audit trail names them.

use std::io::IsTerminal as _;
use tracing_subscriber::EnvFilter;

/// How lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Text on a terminal, JSON elsewhere.
    #[default]
    Auto,
    /// For people.
    Text,
    /// One JSON object a line; control characters are escaped.
    Json,
}

/// A level or filter that is not understood, or a log that goes somewhere already.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up the log: {0}")]
pub struct Error(String);

/// Begins to log; `level` is a word such as `info` or a filter such as `info,tenure_runtime=debug`.
pub fn init(format: Format, level: &str) -> Result<(), Error> {
    let filter = EnvFilter::try_new(level).map_err(|error| Error(error.to_string()))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let json = match format {
        Format::Auto => !std::io::stderr().is_terminal(),
        Format::Text => false,
        Format::Json => true,
    };
    let set = if json {
        builder.json().flatten_event(true).with_current_span(false).try_init()
    } else {
        builder.with_target(false).try_init()
    };
    set.map_err(|error| Error(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// L2 of the attack table: whatever a field holds, an event stays one line.
    #[test]
    fn control_characters_do_not_break_a_line() {
        let sink = Sink::default();
        let writer = sink.clone();
        let subscriber =
            tracing_subscriber::fmt().json().flatten_event(true).with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(subject = "a\n\u{1b}[31m{\"level\":\"ERROR\"}\r\0", "x");
        });
        let bytes = sink.0.lock().unwrap().clone();
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(text.lines().count(), 1);
        assert!(!text.trim_end().chars().any(char::is_control), "{text:?}");
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["subject"], "a\n\u{1b}[31m{\"level\":\"ERROR\"}\r\0");
    }

    #[test]
    fn a_filter_that_is_not_understood_is_an_error() {
        assert!(init(Format::Json, "tenure=loudly").is_err());
    }
}
