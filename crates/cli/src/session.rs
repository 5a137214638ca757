//! What every command gets: where its words go, and whom it speaks to.

use crate::client::Client;
use crate::context::Wish;
use crate::error::{Code, Error};
use crate::exit::Exit;
use crate::output::Output;
use std::future::Future;

/// One invocation of the program.
#[derive(Debug)]
pub(crate) struct Session {
    /// Where words go.
    pub(crate) output: Output,
    /// Which server is meant.
    pub(crate) wish: Wish,
    /// Goes with every request, and is printed with every error.
    pub(crate) correlation_id: String,
}

impl Session {
    /// A client of the server that is meant.
    pub(crate) fn client(&self) -> Result<Client, Error> {
        Ok(Client::new(self.wish.resolve()?, &self.correlation_id))
    }
}

/// Runs a command that waits for answers: one thread is enough for it.
pub(crate) fn block_on(command: impl Future<Output = Result<Exit, Error>>) -> Result<Exit, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::new(Code::Server, format!("cannot start: {error}")))?;
    runtime.block_on(command)
}
