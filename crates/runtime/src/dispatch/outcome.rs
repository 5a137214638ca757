//! The words in which the dispatcher reports what did not become an answer.

use super::request::Unsendable;
use crate::egress;
use std::error::Error;
use tenure_engine::execution::CallOutcome;

pub(super) fn not_sent(cause: &str, detail: &str) -> CallOutcome {
    CallOutcome::NotSent { cause: cause.into(), detail: detail.into() }
}

pub(super) fn unknown(cause: &str, detail: &str) -> CallOutcome {
    CallOutcome::Unknown { cause: cause.into(), detail: detail.into() }
}

pub(super) fn unsendable(why: &Unsendable) -> CallOutcome {
    match why {
        Unsendable::Denied(error) => not_connected(error),
        Unsendable::Invalid(detail) => not_sent("invalid_request", detail),
    }
}

pub(super) fn not_connected(error: &egress::Error) -> CallOutcome {
    let cause = match error {
        egress::Error::Denied { .. } => "egress_denied",
        egress::Error::Dns { .. } => "dns",
        egress::Error::Tls { .. } => "tls",
        egress::Error::Connect { .. } => "connect",
        egress::Error::Timeout { phase, .. } => phase,
    };
    not_sent(cause, &chain(error))
}

/// The error with its causes, in one line.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
