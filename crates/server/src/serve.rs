//! `tenure serve`: what a production server must have before it may take a request.
//!
//! Deliberately absent, for now: the server itself. It would have to speak TLS, which this build does not; it refuses to
//! start rather than serve in the clear or with a development issuer.

use crate::config::{Config, Finding};
use std::fmt;

/// Why a production server does not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Settings are missing or wrong; every one of them.
    Findings(Vec<Finding>),
    /// The configuration is complete, and this build cannot serve TLS.
    Tls,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Findings(findings) => {
                f.write_str("the configuration is not complete:")?;
                findings.iter().try_for_each(|finding| {
                    write!(f, "\n  {}: {}; {}", finding.setting, finding.problem, finding.hint)
                })
            }
            Self::Tls => f.write_str(
                "the configuration is complete, but this build cannot serve TLS yet, and a server in production does \
                 not serve without it; `tenure dev` serves this machine alone",
            ),
        }
    }
}

impl std::error::Error for Refusal {}

/// Why a server of this configuration does not start.
pub fn refusal(config: &Config) -> Refusal {
    let findings = config.check();
    if findings.is_empty() { Refusal::Tls } else { Refusal::Findings(findings) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// O1 of the attack table: no insecure default.
    #[test]
    fn everything_that_is_missing_is_listed_at_once() {
        let text = refusal(&Config::default()).to_string();
        for setting in ["server.tls: ", "auth.issuers: ", "keys.root: "] {
            assert!(text.contains(setting), "{text}");
        }
        assert_eq!(text.lines().count(), 4);
    }

    #[test]
    fn a_refusal_for_want_of_tls_says_so() {
        assert!(Refusal::Tls.to_string().contains("cannot serve TLS yet"));
    }
}
