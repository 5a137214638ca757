//! The embedded store: `SQLite`, journal first.
//!
//! A commit is one row appended to `journal`, shared with every other commit that waits; that append is what makes it
//! durable. What it says stays in memory ([`overlay`]) and is moved into the tables that queries read in slices, inside
//! later transactions of the same file. So the cost of random index pages is paid once for the newest state of a row,
//! not for each of its changes. Queries look at memory first and at the tables then. Recovery reads the journal's tail.
//!
//! Invariants: one thread writes ([`writer`]); nothing is answered before its transaction is durable; a failed write or
//! sync ends the process; nothing that is damaged is overwritten.
//!
//! Deliberately absent: rules about executions, plaintext, clocks of the product (only durations of its own upkeep).

mod chunk;
mod counts;
mod dir;
mod error;
mod journal;
mod known;
mod options;
mod overlay;
mod pool;
mod read;
mod row;
mod schema;
mod shared;
mod store;
mod subscribers;
mod writer;

pub use options::{FatalHandler, Options};
pub use store::SqliteStore;
