//! `call: mcp` and `call: a2a`, compiled: one JSON-RPC request.

use super::{Authentication, EffectPolicy, Span};
use crate::expr::{Template, UriTemplate};
use std::sync::Arc;

/// `call: mcp` or `call: a2a`
#[derive(Debug)]
pub struct RpcCall {
    /// Where it goes.
    pub endpoint: UriTemplate,
    /// `with.transport.http.headers`: gives an object of strings
    pub headers: Option<Template>,
    /// Whose rules hold.
    pub protocol: RpcProtocol,
    /// `with.method`
    pub method: Arc<str>,
    /// `with.parameters`: gives an object
    pub params: Option<Template>,
    /// `with.timeout`
    pub timeout: Option<Span>,
    /// The endpoint's policy
    pub authentication: Option<Authentication>,
    /// How often its effect may happen.
    pub effect: EffectPolicy,
}

/// The protocols that are spoken in JSON-RPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RpcProtocol {
    /// `call: a2a`
    A2a,
    /// `call: mcp`
    Mcp {
        /// `with.protocolVersion`
        version: Arc<str>,
        /// `with.client.name`
        client: Arc<str>,
        /// `with.client.version`
        client_version: Arc<str>,
    },
}
