//! The scenarios, one file each, and what they share: a server with the definitions of the bench.

pub(crate) mod definitions;
pub(crate) mod events;
pub(crate) mod five;
pub(crate) mod query;
pub(crate) mod recover;
pub(crate) mod sleepers;
pub(crate) mod start;

use super::Plan;
use super::figures::Figures;
use super::load::{self, Check, MakeRequest, Outcome, Pace, Target};
use super::process::{Server, Steps};
use crate::commands::definition;
use crate::error::{Code, Error};
use std::path::Path;
use std::time::Duration;

const DEFINITIONS: &[&str] = &[
    include_str!("../../../bench/start.yaml"),
    include_str!("../../../bench/w5-http.yaml"),
    include_str!("../../../bench/w5-set.yaml"),
    include_str!("../../../bench/sleeper.yaml"),
    include_str!("../../../bench/hold.yaml"),
    include_str!("../../../bench/listener.yaml"),
    include_str!("../../../bench/audience.yaml"),
];
/// Stands in the definitions for the step server's address, which is known only when it runs.
const PLACEHOLDER: &str = "STEP_SERVER";
/// A run before the runs that count.
const WARM_UP: Duration = Duration::from_secs(1);

/// Tells the person who waits what is under way.
pub(crate) type Progress<'a> = &'a dyn Fn(&str);

/// A server that is measured, and the server that its steps call.
#[derive(Debug)]
pub(crate) struct Bench {
    /// The measured server.
    pub(crate) server: Server,
    /// What its steps call.
    pub(crate) steps: Steps,
}

impl Bench {
    /// Starts both and registers the definitions.
    pub(crate) async fn start(dir: &Path) -> Result<Self, Error> {
        let steps = Steps::start()?;
        let server = Server::start(dir)?;
        let bench = Self { server, steps };
        bench.register("demo-admin").await?;
        Ok(bench)
    }

    /// Registers the definitions in the tenant of a token.
    async fn register(&self, token: &str) -> Result<(), Error> {
        let client = self.server.client_of(token)?;
        for text in DEFINITIONS {
            definition::register(&client, &text.replace(PLACEHOLDER, self.steps.url())).await?;
        }
        Ok(())
    }

    /// The same data with a new server process. The old one gets no warning.
    pub(crate) fn restart(self) -> Result<Self, Error> {
        let dir = self.server.data().to_path_buf();
        self.server.kill();
        Ok(Self { server: Server::start(&dir)?, steps: self.steps })
    }

    /// The API as whoever holds a token.
    fn target(&self, token: &str) -> Target {
        Target {
            authority: self.server.authority().into(),
            authorization: self.server.authorization_of(token),
        }
    }

    /// Sends a load to the API. An answer that is not as expected fails the measurement.
    pub(crate) async fn load(
        &self,
        lanes: u64,
        pace: Pace,
        make: MakeRequest,
        check: Check,
    ) -> Result<Outcome, Error> {
        self.load_as("demo-admin", lanes, pace, make, check).await
    }

    /// The same as whoever holds another token.
    pub(crate) async fn load_as(
        &self,
        token: &str,
        lanes: u64,
        pace: Pace,
        make: MakeRequest,
        check: Check,
    ) -> Result<Outcome, Error> {
        let outcome = load::run(&self.target(token), lanes, pace, make, check).await?;
        match &outcome.complaint {
            None => Ok(outcome),
            Some(complaint) => Err(Error::new(
                Code::Bench,
                format!(
                    "{} of {} answers were not as expected, such as: {complaint}",
                    outcome.bad,
                    outcome.good + outcome.bad
                ),
            )
            .next(
                "a measurement with failures is none; use less `--concurrency`, or look into `server.log`",
            )),
        }
    }
}

/// Runs of a scenario that uses one server for all of them.
pub(crate) async fn repeat(
    plan: &Plan,
    progress: Progress<'_>,
    mut once: impl AsyncFnMut() -> Result<Figures, Error>,
) -> Result<Vec<Figures>, Error> {
    let mut runs = Vec::new();
    for run in 1..=plan.runs {
        progress(&format!("run {run} of {}", plan.runs));
        runs.push(once().await?);
    }
    Ok(runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_definitions_are_valid() {
        for text in DEFINITIONS {
            let text = text.replace(PLACEHOLDER, "http://127.0.0.1:9");
            assert!(tenure_dsl::load(&text).is_ok(), "{:#?}\n{text}", tenure_dsl::check(&text));
        }
    }
}
