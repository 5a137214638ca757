//! `tenure audit tail`.

use super::page;
use crate::client::path;
use crate::error::Error;
use crate::exit::Exit;
use crate::output::{Column, Kind, cell};
use crate::session::Session;

/// What can be done with the audit trail.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Print the last events
    Tail {
        /// How many
        #[arg(short = 'n', long, default_value_t = 20)]
        lines: usize,
    },
}

const AUDIT_EVENTS: Kind = Kind {
    columns: &[
        Column { title: "SEQ", pointer: "/seq" },
        Column { title: "AT", pointer: "/at" },
        Column { title: "ACTOR", pointer: "/actor/subject" },
        Column { title: "ACTION", pointer: "/action" },
        Column { title: "RESOURCE", pointer: "/resource/id" },
        Column { title: "OUTCOME", pointer: "/outcome" },
        Column { title: "CORRELATION", pointer: "/correlationId" },
    ],
    name: |item| cell(item, "/id"),
};

/// Does it.
pub(crate) async fn run(command: &Command, session: &Session) -> Result<Exit, Error> {
    let Command::Tail { lines } = command;
    let mut items = page::all(&session.client()?, &path(&["v1", "audit-events"]), &[]).await?;
    let last = items.split_off(items.len().saturating_sub(*lines));
    session.output.many(&AUDIT_EVENTS, &last);
    Ok(Exit::Ok)
}
