//! The deterministic simulator of the real core: `engine::{execution, shard}` and `runtime::codec` over the memory
//! store, with a pretended network, clock and outside service, and with everything going wrong that can.
//!
//! A seed reproduces bit for bit. What must hold is in [`oracles`], one invariant a file; what may go wrong in
//! [`faults`]; how we know that the oracles see anything in [`mutant`]. Deliberately absent: real time, threads inside
//! a run, and rules of the product.

pub mod coverage;
pub mod faults;
pub mod generate;
pub mod mutant;
pub mod oracles;
pub mod queue;
pub mod rng;
pub mod run;
pub mod trace;
pub mod world;
