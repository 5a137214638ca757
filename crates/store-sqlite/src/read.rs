//! Reads: the overlay first, then the tables, merged in order. Used by the readers and, before it writes, by the writer.

pub(crate) mod audit;
pub(crate) mod executions;
pub(crate) mod functions;
pub(crate) mod list;
pub(crate) mod registry;
pub(crate) mod secrets;
mod sql;
pub(crate) mod subscriptions;

use crate::overlay::Generations;
use rusqlite::Connection;

/// A connection and the generations that were taken before its snapshot.
#[derive(Debug)]
pub(crate) struct View<'a> {
    pub(crate) db: &'a Connection,
    pub(crate) generations: Generations,
    pub(crate) shards: u16,
}
