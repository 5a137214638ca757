//! The dispatcher against real servers on loopback that behave as badly as servers do.

mod calls;
mod connections;
mod lab;
mod outcomes;
mod requests;
mod rpc;
mod tls;
