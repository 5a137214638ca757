//! `call: grpc`, compiled: a unary method and its address.

use super::{Authentication, EffectPolicy};
use crate::expr::Template;
use crate::proto::Method;
use std::sync::Arc;

/// `call: grpc`
#[derive(Debug)]
pub struct GrpcCall {
    /// Scheme, host and port: TLS on port 443, which is also the default, and plain on any other.
    pub server: Arc<str>,
    /// The method, with its messages.
    pub method: Method,
    /// `with.arguments`: gives an object
    pub arguments: Option<Template>,
    /// `with.service.authentication`; never `digest`
    pub authentication: Option<Authentication>,
    /// How often its effect may happen.
    pub effect: EffectPolicy,
}
