//! The pure core: what one execution decides, and how a shard batches many.
//!
//! Architecture invariant: nothing here is async, reads a clock, draws randomness, iterates over a hash map or does
//! IO. Time, ids and randomness are arguments. The same inputs give the same facts on every machine.
//!
//! Deliberately absent: the stored format's encoding and sealing (`runtime::codec`), and any knowledge of stores.

pub mod execution;
pub mod shard;
pub mod trial;
