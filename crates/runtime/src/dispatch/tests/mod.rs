//! The dispatcher against real servers on loopback that behave as badly as servers do.

mod authentication;
mod calls;
mod connections;
mod digest;
mod grpc;
mod lab;
mod outcomes;
mod redirects;
mod requests;
mod rpc;
mod secrets;
mod tls;
mod tokens;
