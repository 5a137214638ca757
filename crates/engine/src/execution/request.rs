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
    /// A process of the server's own machine.
    Process(Arc<ProcessRequest>),
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

/// A process of the server's own machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessRequest {
    /// What is run.
    pub program: Program,
    /// What it sees as its arguments.
    pub arguments: Vec<String>,
    /// What it sees as its environment.
    pub environment: Vec<(String, String)>,
    /// What it can read.
    pub stdin: String,
    /// Whether its end is waited for.
    pub awaited: bool,
}

/// What is run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Program {
    /// A script in JavaScript.
    Script(Arc<str>),
    /// A command for the shell.
    Shell(String),
}

impl ProcessRequest {
    /// `run.script` or `run.shell`
    pub fn kind(&self) -> &'static str {
        match self.program {
            Program::Script(_) => "run.script",
            Program::Shell(_) => "run.shell",
        }
    }

    /// Bytes of everything that it is given.
    pub fn len_bytes(&self) -> usize {
        let program = match &self.program {
            Program::Script(code) => code.len(),
            Program::Shell(command) => command.len(),
        };
        let arguments: usize = self.arguments.iter().map(String::len).sum();
        let environment: usize = self.environment.iter().map(|(name, value)| name.len() + value.len()).sum();
        program + arguments + environment + self.stdin.len()
    }
}

impl Request {
    /// Bytes of what it carries.
    pub fn len_bytes(&self) -> usize {
        match self {
            Self::Http(request) => request.body.as_ref().map_or(0, Json::len_bytes),
            Self::Rpc(request) => request.params.as_ref().map_or(0, Json::len_bytes),
            Self::Grpc(request) => request.message.len(),
            Self::Process(request) => request.len_bytes(),
        }
    }

    /// What is sent where, in one line.
    pub fn summary(&self) -> String {
        match self {
            Self::Http(request) => format!("{} {}", request.method, request.uri),
            Self::Rpc(request) => format!("{} {}", request.method, request.uri),
            Self::Grpc(request) => format!("{} {}", request.path, request.server),
            Self::Process(request) => match &request.program {
                Program::Script(_) => request.kind().to_owned(),
                Program::Shell(command) => format!("{} {}", request.kind(), first_line(command)),
            },
        }
    }
}

/// Enough of a command to know it by.
fn first_line(command: &str) -> String {
    command.lines().next().unwrap_or_default().chars().take(80).collect()
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
