//! `call: mcp` and `call: a2a`.

use super::Compiler;
use super::expression::{Place, Surroundings};
use super::kind::effect_of;
use crate::diagnostic::Code;
use crate::expr::{Template, UriTemplate};
use crate::model::{self, A2aMethod, Endpoint, McpMethod, McpTransportKind, ParametersOrExpression, Task};
use crate::parse::{Path, Print as _};
use crate::program::{Authentication, Kind, Mode, RpcCall, RpcProtocol};
use crate::resource::agent;
use serde_json::Value;

/// The version that is asked for when a definition names none.
const MCP_VERSION: &str = "2025-06-18";

impl Compiler<'_> {
    pub(super) fn mcp(
        &mut self,
        task: &Task,
        call: &model::McpCall,
        path: &Path,
        around: &Surroundings,
    ) -> Option<Kind> {
        let path = path.key("with");
        let McpTransportKind::Http(http) = &call.transport.kind else { return None };
        let transport = path.keys(&["transport", "http"]);
        let at = transport.key("endpoint");
        let endpoint = self.endpoint(&http.endpoint, &at, around);
        let authentication = self.endpoints_policy(&http.endpoint, &at, around);
        let headers = match &http.headers {
            Some(headers) => {
                let path = transport.key("headers");
                self.template(&headers.print(), &path, around).map(Some)
            }
            None => Some(None),
        };
        let params = self.rpc_parameters(call.parameters.as_ref(), &path.key("parameters"), around);
        let timeout = match &call.timeout {
            Some(timeout) => self.span(timeout, &path.key("timeout"), Place::Definition, around).map(Some),
            None => Some(None),
        };
        let default = match call.method {
            McpMethod::ToolsCall => Mode::AtMostOnce,
            McpMethod::ToolsList
            | McpMethod::PromptsList
            | McpMethod::PromptsGet
            | McpMethod::ResourcesList
            | McpMethod::ResourcesRead
            | McpMethod::ResourceTemplates => Mode::AtLeastOnce,
        };
        let client = call.client.as_ref();
        let own = env!("CARGO_PKG_VERSION");
        let protocol = RpcProtocol::Mcp {
            version: call.protocol_version.as_deref().unwrap_or(MCP_VERSION).into(),
            client: client.map_or("tenure", |client| &client.name).into(),
            client_version: client.map_or(own, |client| &client.version).into(),
        };
        Some(Kind::Rpc(Box::new(RpcCall {
            endpoint: endpoint?,
            headers: headers?,
            protocol,
            method: text(&call.method.print()),
            params: params?,
            timeout: timeout?,
            authentication: authentication?,
            effect: effect_of(default, task),
        })))
    }

    pub(super) fn a2a(
        &mut self,
        task: &Task,
        call: &model::A2aCall,
        path: &Path,
        around: &Surroundings,
    ) -> Option<Kind> {
        let path = path.key("with");
        let endpoint = self.agent(call, &path, around);
        let authentication = match &call.server {
            Some(server) => self.endpoints_policy(server, &path.key("server"), around),
            None => Some(None),
        };
        let params = self.rpc_parameters(call.parameters.as_ref(), &path.key("parameters"), around);
        let default = match call.method {
            A2aMethod::TasksGet
            | A2aMethod::TasksList
            | A2aMethod::TasksResubscribe
            | A2aMethod::PushGet
            | A2aMethod::PushList
            | A2aMethod::AgentCard => Mode::AtLeastOnce,
            A2aMethod::MessageSend
            | A2aMethod::MessageStream
            | A2aMethod::TasksCancel
            | A2aMethod::PushSet
            | A2aMethod::PushDelete => Mode::AtMostOnce,
        };
        Some(Kind::Rpc(Box::new(RpcCall {
            endpoint: endpoint?,
            headers: None,
            protocol: RpcProtocol::A2a,
            method: text(&call.method.print()),
            params: params?,
            timeout: None,
            authentication: authentication?,
            effect: effect_of(default, task),
        })))
    }

    /// The server that is given, or the one that the agent's card names.
    fn agent(&mut self, call: &model::A2aCall, path: &Path, around: &Surroundings) -> Option<UriTemplate> {
        if let Some(server) = &call.server {
            return self.endpoint(server, &path.key("server"), around);
        }
        let Some(card) = &call.agent_card else {
            let message = "one of the keys `agentCard`, `server` is required".to_owned();
            self.sink.value(Code::NotOneOf, self.tree, path, message, None);
            return None;
        };
        let path = path.key("agentCard");
        let document = self.document(card, &path)?;
        let endpoint = agent::endpoint(&document)
            .and_then(|endpoint| UriTemplate::compile(&endpoint, &[]).map_err(|error| error.message));
        endpoint.map_err(|why| self.invalid_resource(card, &path, &why)).ok()
    }

    fn endpoint(&mut self, endpoint: &Endpoint, path: &Path, around: &Surroundings) -> Option<UriTemplate> {
        let path = match endpoint {
            Endpoint::Uri(_) => path.clone(),
            Endpoint::Object(_) => path.key("uri"),
        };
        self.uri(&endpoint.uri().0, &path, around)
    }

    /// The outer `None`: it cannot be compiled. The inner one: there is none.
    #[expect(clippy::option_option, reason = "a broken policy and no policy are two things")]
    fn endpoints_policy(
        &mut self,
        endpoint: &Endpoint,
        path: &Path,
        around: &Surroundings,
    ) -> Option<Option<Authentication>> {
        self.authentication(endpoint.authentication(), &path.key("authentication"), around)
    }

    /// The outer `None`: they cannot be compiled. The inner one: there are none.
    #[expect(clippy::option_option, reason = "broken parameters and no parameters are two things")]
    fn rpc_parameters(
        &mut self,
        parameters: Option<&ParametersOrExpression>,
        path: &Path,
        around: &Surroundings,
    ) -> Option<Option<Template>> {
        match parameters {
            None => Some(None),
            Some(ParametersOrExpression::Parameters(map)) => {
                self.template(&Value::Object(map.clone()), path, around).map(Some)
            }
            Some(ParametersOrExpression::Expression(source)) => {
                self.computed(source, path, Place::Template, around).map(Some)
            }
        }
    }
}

/// A word of the format.
fn text(value: &Value) -> std::sync::Arc<str> {
    value.as_str().expect("a word is printed as a text").into()
}
