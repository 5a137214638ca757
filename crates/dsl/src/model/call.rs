//! `call`: the built-in protocols, `compensate`, and functions.

use super::authentication::Authentication;
use super::data::{Endpoint, ExternalResource};
use super::event::SubscriptionIterator;
use super::value::{DurationValue, Expression, Method, Named, is_expression};
use crate::parse::{Fields, Kind, Path, Print, Read, Reader, Tree, record, words};
use serde_json::{Map, Value};

/// What is called, by the value of `call`, with its `with`.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
    /// `call: http`
    Http(Box<HttpCall>),
    /// `call: openapi`
    OpenApi(Box<OpenApiCall>),
    /// `call: grpc`
    Grpc(Box<GrpcCall>),
    /// `call: asyncapi`
    AsyncApi(Box<AsyncApiCall>),
    /// `call: a2a`
    A2a(Box<A2aCall>),
    /// `call: mcp`
    Mcp(Box<McpCall>),
    /// `call: compensate`
    Compensate(Option<CompensateWith>),
    /// Anything else: a function.
    Function(FunctionCall),
}

/// A call of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionCall {
    /// `call`
    pub name: String,
    /// `with`
    pub with: Option<Map<String, Value>>,
}

impl Call {
    /// The values of `call` that are no functions.
    pub(crate) const BUILT_IN: [&str; 7] =
        ["http", "openapi", "grpc", "asyncapi", "a2a", "mcp", "compensate"];

    /// The value of `call`.
    pub fn name(&self) -> &str {
        match self {
            Self::Http(_) => "http",
            Self::OpenApi(_) => "openapi",
            Self::Grpc(_) => "grpc",
            Self::AsyncApi(_) => "asyncapi",
            Self::A2a(_) => "a2a",
            Self::Mcp(_) => "mcp",
            Self::Compensate(_) => "compensate",
            Self::Function(function) => &function.name,
        }
    }

    /// Reads `call` and `with` of a task.
    pub(super) fn read(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Self {
        let name: String = fields.required(reader, "call");
        match name.as_str() {
            "http" => Self::Http(fields.required(reader, "with")),
            "openapi" => Self::OpenApi(fields.required(reader, "with")),
            "grpc" => Self::Grpc(fields.required(reader, "with")),
            "asyncapi" => {
                if let Some(with) = fields.get("with").filter(|with| matches!(with.kind, Kind::Map(_))) {
                    reader.one_of(with, &fields.at("with"), &["channel", "operation"]);
                    reader.one_of(with, &fields.at("with"), &["message", "subscription"]);
                }
                Self::AsyncApi(fields.required(reader, "with"))
            }
            "a2a" => Self::A2a(fields.required(reader, "with")),
            "mcp" => Self::Mcp(fields.required(reader, "with")),
            "compensate" => Self::Compensate(fields.optional(reader, "with")),
            _ => Self::Function(FunctionCall { name, with: fields.optional(reader, "with") }),
        }
    }

    /// Prints `call` and `with` into a task.
    pub(super) fn print_into(&self, map: &mut Map<String, Value>) {
        map.insert("call".to_owned(), Value::from(self.name()));
        let with = match self {
            Self::Http(with) => Some(with.print()),
            Self::OpenApi(with) => Some(with.print()),
            Self::Grpc(with) => Some(with.print()),
            Self::AsyncApi(with) => Some(with.print()),
            Self::A2a(with) => Some(with.print()),
            Self::Mcp(with) => Some(with.print()),
            Self::Compensate(with) => with.as_ref().map(Print::print),
            Self::Function(function) => function.with.as_ref().map(Print::print),
        };
        if let Some(with) = with {
            map.insert("with".to_owned(), with);
        }
    }
}

record! {
    /// `call: compensate`
    CompensateWith {
        /// `scope`: an earlier task of the same list
        scope: "scope" optional String,
    }
}

record! {
    /// `call: http`
    HttpCall {
        /// `method`
        method: "method" required Method,
        /// `endpoint`
        endpoint: "endpoint" required Endpoint,
        /// `headers`
        headers: "headers" optional TextsOrExpression,
        /// `body`
        body: "body" optional Value,
        /// `query`
        query: "query" optional TextsOrExpression,
        /// `output`; `content` when absent
        output: "output" optional HttpOutput,
        /// `redirect`; `false` when absent
        redirect: "redirect" optional bool,
    }
}

words! {
    /// What an HTTP call yields.
    HttpOutput {
        /// `content`
        Content = "content",
        /// `raw`
        Raw = "raw",
        /// `response`
        Response = "response",
    }
}

/// A map of texts, or an expression that gives one.
#[derive(Clone, Debug, PartialEq)]
pub enum TextsOrExpression {
    /// A map of texts.
    Texts(Named<String>),
    /// An expression in `${ }`.
    Expression(String),
}

impl Read for TextsOrExpression {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        let Kind::Text(text) = &tree.kind else { return Self::Texts(Read::read(reader, tree, path)) };
        if !is_expression(&text.value) {
            reader.wrong_type(tree, path, "a map or an expression in `${ }`");
            return Self::gap();
        }
        Self::Expression(text.value.clone())
    }

    fn gap() -> Self {
        Self::Texts(Read::gap())
    }
}

impl Print for TextsOrExpression {
    fn print(&self) -> Value {
        match self {
            Self::Texts(texts) => texts.print(),
            Self::Expression(text) => text.print(),
        }
    }
}

record! {
    /// `call: openapi`
    OpenApiCall {
        /// `document`
        document: "document" required ExternalResource,
        /// `operationId`
        operation_id: "operationId" required String,
        /// `parameters`
        parameters: "parameters" optional Map<String, Value>,
        /// `authentication`
        authentication: "authentication" optional Authentication,
        /// `output`
        output: "output" optional HttpOutput,
        /// `redirect`
        redirect: "redirect" optional bool,
    }
}

record! {
    /// `call: grpc`
    GrpcCall {
        /// `proto`
        proto: "proto" required ExternalResource,
        /// `service`
        service: "service" required GrpcService,
        /// `method`
        method: "method" required String,
        /// `arguments`
        arguments: "arguments" optional Map<String, Value>,
    }
}

record! {
    /// `call: grpc`, `service`
    GrpcService {
        /// `name`
        name: "name" required String,
        /// `host`
        host: "host" required String,
        /// `port`
        port: "port" optional u32,
        /// `authentication`
        authentication: "authentication" optional Authentication,
    }
}

record! {
    /// `call: asyncapi`. One of `channel` and `operation` is there, and one of `message` and `subscription`.
    AsyncApiCall {
        /// `document`
        document: "document" required ExternalResource,
        /// `channel`
        channel: "channel" optional String,
        /// `operation`
        operation: "operation" optional String,
        /// `server`
        server: "server" optional AsyncApiServer,
        /// `protocol`
        protocol: "protocol" optional Protocol,
        /// `message`
        message: "message" optional AsyncApiMessage,
        /// `subscription`
        subscription: "subscription" optional AsyncApiSubscription,
        /// `authentication`
        authentication: "authentication" optional Authentication,
    }
}

record! {
    /// The server of an `AsyncAPI` operation.
    AsyncApiServer {
        /// `name`
        name: "name" required String,
        /// `variables`
        variables: "variables" optional Map<String, Value>,
    }
}

words! {
    /// The protocols of `AsyncAPI`.
    Protocol {
        /// `http`
        Http = "http",
        /// `amqp`
        Amqp = "amqp",
        /// `amqp1`
        Amqp1 = "amqp1",
        /// `anypointmq`
        AnypointMq = "anypointmq",
        /// `googlepubsub`
        GooglePubSub = "googlepubsub",
        /// `ibmmq`
        IbmMq = "ibmmq",
        /// `jms`
        Jms = "jms",
        /// `kafka`
        Kafka = "kafka",
        /// `mercure`
        Mercure = "mercure",
        /// `mqtt`
        Mqtt = "mqtt",
        /// `mqtt5`
        Mqtt5 = "mqtt5",
        /// `nats`
        Nats = "nats",
        /// `pulsar`
        Pulsar = "pulsar",
        /// `redis`
        Redis = "redis",
        /// `sns`
        Sns = "sns",
        /// `solace`
        Solace = "solace",
        /// `sqs`
        Sqs = "sqs",
        /// `stomp`
        Stomp = "stomp",
        /// `ws`
        Ws = "ws",
    }
}

record! {
    /// A message to publish.
    AsyncApiMessage {
        /// `payload`
        payload: "payload" optional Map<String, Value>,
        /// `headers`
        headers: "headers" optional Map<String, Value>,
    }
}

record! {
    /// Which messages are consumed.
    AsyncApiSubscription {
        /// `filter`
        filter: "filter" optional Expression,
        /// `consume`
        consume: "consume" required Consumption,
        /// `foreach`
        foreach: "foreach" optional SubscriptionIterator,
    }
}

/// How many messages are consumed.
#[derive(Clone, Debug, PartialEq)]
pub struct Consumption {
    /// `for`
    pub duration: Option<DurationValue>,
    /// What ends it.
    pub until: ConsumptionUntil,
}

/// What ends the consumption of messages.
#[derive(Clone, Debug, PartialEq)]
pub enum ConsumptionUntil {
    /// `amount`
    Amount(u32),
    /// `while`
    While(Expression),
    /// `until`
    Until(Expression),
}

impl Read for Consumption {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        let Some(fields) = reader.fields(tree, path, &["for", "amount", "while", "until"]) else {
            return Self::gap();
        };
        let until = match reader.one_of(tree, path, &["amount", "while", "until"]) {
            Some("while") => ConsumptionUntil::While(fields.required(reader, "while")),
            Some("until") => ConsumptionUntil::Until(fields.required(reader, "until")),
            Some(_) => ConsumptionUntil::Amount(fields.required(reader, "amount")),
            None => return Self::gap(),
        };
        Self { duration: fields.optional(reader, "for"), until }
    }

    fn gap() -> Self {
        Self { duration: None, until: ConsumptionUntil::Amount(0) }
    }
}

impl Print for Consumption {
    fn print(&self) -> Value {
        let mut map = Map::new();
        if let Some(duration) = &self.duration {
            map.insert("for".to_owned(), duration.print());
        }
        match &self.until {
            ConsumptionUntil::Amount(amount) => map.insert("amount".to_owned(), amount.print()),
            ConsumptionUntil::While(expression) => map.insert("while".to_owned(), expression.print()),
            ConsumptionUntil::Until(expression) => map.insert("until".to_owned(), expression.print()),
        };
        Value::Object(map)
    }
}

record! {
    /// `call: a2a`
    A2aCall {
        /// `agentCard`
        agent_card: "agentCard" optional ExternalResource,
        /// `server`
        server: "server" optional Endpoint,
        /// `method`
        method: "method" required A2aMethod,
        /// `parameters`
        parameters: "parameters" optional ParametersOrExpression,
    }
}

words! {
    /// The methods of A2A.
    A2aMethod {
        /// `message/send`
        MessageSend = "message/send",
        /// `message/stream`
        MessageStream = "message/stream",
        /// `tasks/get`
        TasksGet = "tasks/get",
        /// `tasks/list`
        TasksList = "tasks/list",
        /// `tasks/cancel`
        TasksCancel = "tasks/cancel",
        /// `tasks/resubscribe`
        TasksResubscribe = "tasks/resubscribe",
        /// `tasks/pushNotificationConfig/set`
        PushSet = "tasks/pushNotificationConfig/set",
        /// `tasks/pushNotificationConfig/get`
        PushGet = "tasks/pushNotificationConfig/get",
        /// `tasks/pushNotificationConfig/list`
        PushList = "tasks/pushNotificationConfig/list",
        /// `tasks/pushNotificationConfig/delete`
        PushDelete = "tasks/pushNotificationConfig/delete",
        /// `agent/getAuthenticatedExtendedCard`
        AgentCard = "agent/getAuthenticatedExtendedCard",
    }
}

/// Parameters, or an expression that gives them.
#[derive(Clone, Debug, PartialEq)]
pub enum ParametersOrExpression {
    /// A map.
    Parameters(Map<String, Value>),
    /// An expression.
    Expression(String),
}

impl Read for ParametersOrExpression {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        if let Kind::Text(text) = &tree.kind {
            return Self::Expression(text.value.clone());
        }
        Self::Parameters(Read::read(reader, tree, path))
    }

    fn gap() -> Self {
        Self::Parameters(Map::new())
    }
}

impl Print for ParametersOrExpression {
    fn print(&self) -> Value {
        match self {
            Self::Parameters(map) => map.print(),
            Self::Expression(text) => text.print(),
        }
    }
}

record! {
    /// `call: mcp`
    McpCall {
        /// `protocolVersion`
        protocol_version: "protocolVersion" optional String,
        /// `method`
        method: "method" required McpMethod,
        /// `parameters`
        parameters: "parameters" optional ParametersOrExpression,
        /// `timeout`
        timeout: "timeout" optional DurationValue,
        /// `transport`
        transport: "transport" required McpTransport,
        /// `client`
        client: "client" optional McpClient,
    }
}

words! {
    /// The methods of MCP.
    McpMethod {
        /// `tools/list`
        ToolsList = "tools/list",
        /// `tools/call`
        ToolsCall = "tools/call",
        /// `prompts/list`
        PromptsList = "prompts/list",
        /// `prompts/get`
        PromptsGet = "prompts/get",
        /// `resources/list`
        ResourcesList = "resources/list",
        /// `resources/read`
        ResourcesRead = "resources/read",
        /// `resources/templates/list`
        ResourceTemplates = "resources/templates/list",
    }
}

/// How an MCP server is reached.
#[derive(Clone, Debug, PartialEq)]
pub struct McpTransport {
    /// `http` or `stdio`
    pub kind: McpTransportKind,
    /// `options`
    pub options: Option<Named<String>>,
}

/// The transports of MCP.
#[derive(Clone, Debug, PartialEq)]
pub enum McpTransportKind {
    /// `http`
    Http(McpHttp),
    /// `stdio`
    Stdio(McpStdio),
}

impl Read for McpTransport {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        let Some(fields) = reader.fields(tree, path, &["http", "stdio", "options"]) else {
            return Self::gap();
        };
        let kind = match reader.one_of(tree, path, &["http", "stdio"]) {
            Some("http") => McpTransportKind::Http(fields.required(reader, "http")),
            Some(_) => McpTransportKind::Stdio(fields.required(reader, "stdio")),
            None => return Self::gap(),
        };
        Self { kind, options: fields.optional(reader, "options") }
    }

    fn gap() -> Self {
        Self { kind: McpTransportKind::Http(Read::gap()), options: None }
    }
}

impl Print for McpTransport {
    fn print(&self) -> Value {
        let (key, value) = match &self.kind {
            McpTransportKind::Http(http) => ("http", http.print()),
            McpTransportKind::Stdio(stdio) => ("stdio", stdio.print()),
        };
        let mut map = Map::from_iter([(key.to_owned(), value)]);
        if let Some(options) = &self.options {
            map.insert("options".to_owned(), options.print());
        }
        Value::Object(map)
    }
}

record! {
    /// MCP over HTTP.
    McpHttp {
        /// `endpoint`
        endpoint: "endpoint" required Endpoint,
        /// `headers`
        headers: "headers" optional Named<String>,
    }
}

record! {
    /// MCP over standard input and output.
    McpStdio {
        /// `command`
        command: "command" required String,
        /// `arguments`
        arguments: "arguments" optional Vec<String>,
        /// `environment`
        environment: "environment" optional Named<String>,
    }
}

record! {
    /// Who calls an MCP server.
    McpClient {
        /// `name`
        name: "name" required String,
        /// `version`
        version: "version" required String,
    }
}
