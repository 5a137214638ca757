//! `call: grpc`: the `.proto` file is compiled, the method found in it.

use super::Compiler;
use super::expression::{Place, Surroundings};
use super::kind::effect_of;
use crate::diagnostic::{Code, did_you_mean};
use crate::model::{self, GrpcService, Task};
use crate::parse::Path;
use crate::program::{Authentication, GrpcCall, Kind, Mode, Scheme};
use crate::proto::{Method, Refusal};
use serde_json::Value;

/// The port that speaks TLS, and that is taken when none is given.
const TLS_PORT: u32 = 443;

impl Compiler<'_> {
    pub(super) fn grpc(
        &mut self,
        task: &Task,
        call: &model::GrpcCall,
        path: &Path,
        around: &Surroundings,
    ) -> Option<Kind> {
        let path = path.key("with");
        // A message is encoded before it is sent: nothing can be put into it then.
        let arguments = match &call.arguments {
            Some(map) => {
                let map = Value::Object(map.clone());
                self.template_at(&map, &path.key("arguments"), Place::Definition, around).map(Some)
            }
            None => Some(None),
        };
        let authentication = self.metadata(&call.service, &path.key("service"), around);
        let server = self.grpc_server(&call.service, &path.key("service"));
        let method = self.grpc_method(call, &path)?;
        let default = if method.repeatable() { Mode::AtLeastOnce } else { Mode::AtMostOnce };
        let effect = effect_of(default, task);
        Some(Kind::Grpc(Box::new(GrpcCall {
            server: server?.into(),
            method,
            arguments: arguments?,
            authentication: authentication?,
            effect,
        })))
    }

    /// A policy that is one header: all but `digest`, which answers what only HTTP asks.
    #[expect(clippy::option_option, reason = "a broken policy and no policy are two things")]
    fn metadata(
        &mut self,
        service: &GrpcService,
        path: &Path,
        around: &Surroundings,
    ) -> Option<Option<Authentication>> {
        let path = path.key("authentication");
        let policy = self.authentication(service.authentication.as_ref(), &path, around)?;
        if policy.as_ref().is_some_and(|policy| policy.scheme == Scheme::Digest) {
            let message = "a service of gRPC does not ask for `digest`".to_owned();
            let hint = Some("use `basic`, `bearer`, `oauth2` or `oidc`".to_owned());
            self.sink.value(Code::UnsupportedOperation, self.tree, &path, message, hint);
            return None;
        }
        Some(policy)
    }

    fn grpc_server(&mut self, service: &GrpcService, path: &Path) -> Option<String> {
        let host = &service.host;
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        if host.is_empty() || !host.chars().all(allowed) {
            let message = format!("`{host}` is not the name of a host");
            let hint = Some("write the host alone, and the port under `port`".to_owned());
            self.sink.value(Code::InvalidUri, self.tree, &path.key("host"), message, hint);
            return None;
        }
        let port = service.port.unwrap_or(TLS_PORT);
        if !(1..=65_535).contains(&port) {
            let message = format!("`{port}` is not a port");
            self.sink.value(Code::OutOfRange, self.tree, &path.key("port"), message, None);
            return None;
        }
        let scheme = if port == TLS_PORT { "https" } else { "http" };
        Some(format!("{scheme}://{host}:{port}"))
    }

    fn grpc_method(&mut self, call: &model::GrpcCall, path: &Path) -> Option<Method> {
        let (service, method) = (&call.service.name, &call.method);
        let found = Method::find(self.content(&call.proto, &path.key("proto"))?, service, method);
        let refusal = match found {
            Ok(method) => return Some(method),
            Err(refusal) => refusal,
        };
        let at = match &refusal {
            Refusal::Service(_) => path.keys(&["service", "name"]),
            Refusal::Invalid(_) | Refusal::Method(_) | Refusal::Unsupported(_) => path.key("method"),
        };
        match refusal {
            Refusal::Invalid(why) => self.invalid_resource(&call.proto, &path.key("proto"), &why),
            Refusal::Service(known) => {
                let names = known.iter().flat_map(|name| [name.rsplit('.').next().unwrap_or(name), name]);
                let hint = did_you_mean(service, names);
                let hint =
                    hint.or_else(|| (!known.is_empty()).then(|| format!("it has {}", known.join(", "))));
                let message = format!("the file has no service `{service}`");
                self.sink.value(Code::UnknownOperation, self.tree, &at, message, hint);
            }
            Refusal::Method(known) => {
                let hint = did_you_mean(method, known.iter().map(String::as_str));
                let hint =
                    hint.or_else(|| (!known.is_empty()).then(|| format!("it has {}", known.join(", "))));
                let message = format!("the service `{service}` has no method `{method}`");
                self.sink.value(Code::UnknownOperation, self.tree, &at, message, hint);
            }
            Refusal::Unsupported(why) => {
                let message = format!("the method `{method}` cannot be called: {why}");
                let hint = Some("only methods with one message each way are called".to_owned());
                self.sink.value(Code::UnsupportedOperation, self.tree, &at, message, hint);
            }
        }
        None
    }
}
