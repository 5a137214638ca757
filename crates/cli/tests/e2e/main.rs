//! The real binary with the real file: what a newcomer does, and what a machine that loses power does to it.
//!
//! Everything here speaks to `tenure` from outside, over HTTP, the command line and signals. The effect server and the
//! checker know nothing of the product's code.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "all of this is a test: it stops at what is unexpected, and says what it did"
)]

mod checker;
mod definitions;
mod dev;
mod effects;
mod http;
mod kill;
mod processes;
mod refuse;
mod rng;
mod server;
mod walk;
