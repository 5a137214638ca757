//! What calls of other protocols ask for and the engine does not do, each with the reason.

use super::Validator;
use crate::diagnostic::Code;
use crate::model::{Call, ExternalResource, McpTransportKind, Protocol};
use crate::parse::Path;

/// Refuses what a call asks for.
pub(super) fn call(validator: &mut Validator<'_>, call: &Call, path: &Path) {
    let path = &path.key("with");
    match call {
        Call::OpenApi(call) => {
            resource(validator, &call.document, &path.key("document"));
        }
        Call::Grpc(call) => {
            resource(validator, &call.proto, &path.key("proto"));
        }
        Call::AsyncApi(call) => {
            if call.subscription.is_some() {
                let message = "subscribing over HTTP is not possible: nothing would come in";
                let hint = Some("use `listen`, and let the service send events to the engine".to_owned());
                validator.key(Code::UnsupportedTransport, &path.key("subscription"), message, hint);
            }
            if let Some(protocol) = call.protocol.filter(|protocol| *protocol != Protocol::Http) {
                let message =
                    format!("messages are published over HTTP: `{}` is not supported", protocol.as_str());
                let hint = Some("use `http`, for a server that speaks it".to_owned());
                validator.value(Code::UnsupportedTransport, &path.key("protocol"), message, hint);
            }
            resource(validator, &call.document, &path.key("document"));
        }
        Call::A2a(call) => {
            if let Some(card) = &call.agent_card {
                resource(validator, card, &path.key("agentCard"));
            }
        }
        Call::Mcp(call) => {
            let path = path.key("transport");
            if matches!(call.transport.kind, McpTransportKind::Stdio(_)) {
                let message =
                    "a server on standard input and output would be a process of the engine's own machine";
                let hint = Some("start the server elsewhere and use `transport.http`".to_owned());
                validator.key(Code::UnsupportedTransport, &path.key("stdio"), message, hint);
            }
            if call.transport.options.is_some() {
                let message = "no options of a transport are known";
                validator.key(Code::UnsupportedTransport, &path.key("options"), message, None);
            }
        }
        Call::Http(_) | Call::Compensate(_) | Call::Function(_) => {}
    }
}

pub(super) fn resource(validator: &mut Validator<'_>, resource: &ExternalResource, path: &Path) {
    if resource.endpoint.authentication().is_some() {
        let path = path.keys(&["endpoint", "authentication"]);
        let message = "the authentication of a resource is not supported yet".to_owned();
        validator.key(Code::EndpointAuthentication, &path, message, None);
    }
}
