//! The commands, one file each.

pub(crate) mod audit;
pub(crate) mod completion;
pub(crate) mod config;
pub(crate) mod definition;
pub(crate) mod dev;
pub(crate) mod follow;
pub(crate) mod man;
pub(crate) mod page;
pub(crate) mod serve;
pub(crate) mod start;
pub(crate) mod workflow;
