//! What an attempt sends, evaluated. Recorded with the intent, so that every attempt sends the same.
//!
//! Stored in an encoding that knows variants and fields by their position: both are only ever appended. Deliberately
//! absent: bytes on a wire, which are the dispatcher's, and what answers mean.

use super::effect::HttpRequest;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tenure_dsl::json::Json;

/// What an attempt sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// A request of `call: http` or of what becomes one.
    Http(Arc<HttpRequest>),
    /// A JSON-RPC request.
    Rpc(Arc<RpcRequest>),
    /// A unary gRPC request.
    Grpc(Arc<GrpcRequest>),
}

/// A JSON-RPC 2.0 request over HTTP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RpcRequest {
    /// Where it goes.
    pub uri: String,
    /// Names and values of the definition's own headers.
    pub headers: Vec<(String, String)>,
    /// Whose rules hold.
    pub protocol: RpcProtocol,
    /// `method`
    pub method: Arc<str>,
    /// `params`
    pub params: Option<Json>,
}

/// The protocols that are spoken in JSON-RPC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RpcProtocol {
    /// Agent to agent: each request stands for itself.
    A2a,
    /// The Model Context Protocol: a session is opened before the request.
    Mcp {
        /// The version that is asked for.
        version: Arc<str>,
        /// `clientInfo.name`
        client: Arc<str>,
        /// `clientInfo.version`
        client_version: Arc<str>,
    },
}

/// A unary gRPC request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrpcRequest {
    /// Scheme, host and port.
    pub server: String,
    /// `/package.Service/Method`
    pub path: String,
    /// The message, framed.
    pub message: Vec<u8>,
}

impl Request {
    /// Bytes of what it carries.
    pub fn len_bytes(&self) -> usize {
        match self {
            Self::Http(request) => request.body.as_ref().map_or(0, Json::len_bytes),
            Self::Rpc(request) => request.params.as_ref().map_or(0, Json::len_bytes),
            Self::Grpc(request) => request.message.len(),
        }
    }

    /// What is sent where, in one line.
    pub fn summary(&self) -> String {
        match self {
            Self::Http(request) => format!("{} {}", request.method, request.uri),
            Self::Rpc(request) => format!("{} {}", request.method, request.uri),
            Self::Grpc(request) => format!("{} {}", request.path, request.server),
        }
    }
}

impl RpcRequest {
    /// The id of the request itself; what precedes it has another.
    pub const ID: i64 = 1;

    /// Whether the answer is a stream of results that ends by itself.
    pub fn streams(&self) -> bool {
        self.protocol == RpcProtocol::A2a && matches!(&*self.method, "message/stream" | "tasks/resubscribe")
    }

    /// The JSON-RPC message.
    pub fn message(&self) -> Json {
        let id = Json::number(Self::ID);
        let params = self.params.clone().map(|params| ("params", params));
        let head = [("jsonrpc", Json::string("2.0")), ("id", id), ("method", Json::string(&self.method))];
        Json::object(head.into_iter().chain(params))
    }
}
