//! `tenure config check`, and the reading of a configuration for whoever needs one.

use crate::error::{Code, Error};
use crate::exit::Exit;
use crate::session::Session;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use tenure_server::config::{Config, Finding, Overrides};

/// What can be done with a configuration.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Say whether a server could start with a configuration, and if not everything that is missing
    Check {
        /// The configuration
        #[arg(long, default_value = "tenure.toml", value_name = "FILE")]
        config: PathBuf,
    },
}

/// Does it.
pub(crate) fn run(command: &Command, session: &Session) -> Result<Exit, Error> {
    let Command::Check { config } = command;
    read(config, &Overrides::default(), session)?;
    session.output.talk(&format!("`{}` is complete: a server can start with it", config.display()));
    Ok(Exit::Ok)
}

/// Reads a configuration with which a server can start. Everything that is missing is listed at once.
pub(crate) fn read(path: &Path, flags: &Overrides, session: &Session) -> Result<Config, Error> {
    let config = Config::load(path, flags).map_err(|error| unreadable(&error))?;
    let findings = config.check();
    if findings.is_empty() {
        return Ok(config);
    }
    session.output.talk(&list(&findings));
    let message = match findings.len() {
        1 => "one setting keeps the server from starting".into(),
        count => format!("{count} settings keep the server from starting"),
    };
    Err(Error::new(Code::Usage, message)
        .next(format!("complete `{}`; `tenure dev` needs no configuration", path.display())))
}

fn list(findings: &[Finding]) -> String {
    let mut text = String::new();
    for Finding { setting, problem, hint } in findings {
        let _ = writeln!(text, "{setting}: {problem}\n  = help: {hint}");
    }
    text
}

fn unreadable(error: &dyn std::error::Error) -> Error {
    let cause = error.source().map(|source| format!(": {source}")).unwrap_or_default();
    Error::new(Code::Usage, format!("{error}{cause}"))
        .next("correct the configuration; an unknown key is an error too")
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn everything_that_is_missing_is_listed_with_what_to_do() {
        let finding = |setting: &str| Finding {
            setting: setting.into(),
            problem: "there is none".into(),
            hint: "name one".into(),
        };
        expect![[r"
            server.tls: there is none
              = help: name one
            keys.root: there is none
              = help: name one
        "]]
        .assert_eq(&list(&[finding("server.tls"), finding("keys.root")]));
    }
}
