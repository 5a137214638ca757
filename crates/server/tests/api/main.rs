//! The API as outsiders see it: a real server with a real store, on a free port.

#![expect(clippy::unwrap_used, reason = "a test's helpers fail the test by panicking")]

mod admin;
mod calls;
mod children;
mod commands;
mod conventions;
mod definitions;
mod disk;
mod events;
mod functions;
mod idempotency;
mod matrix;
mod metadata;
mod reads;
mod restart;
mod secrets;
mod starts;
mod steps;
mod trial;
mod versions;
mod world;
