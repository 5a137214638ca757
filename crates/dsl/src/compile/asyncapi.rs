//! `call: asyncapi`: a message is published as the body of an HTTP request.

use super::Compiler;
use super::expression::Surroundings;
use super::kind::effect;
use crate::diagnostic::{Code, did_you_mean};
use crate::model::{self, Task};
use crate::parse::Path;
use crate::program::{
    BodyForm, HttpOutput, Kind, OpenApiCall, OperationBody, Parameter, ParameterPlace, ParameterStyle,
};
use crate::resource::asyncapi::{self, Publication, Refusal, Target, Wish};
use serde_json::{Map, Value};

impl Compiler<'_> {
    pub(super) fn asyncapi(
        &mut self,
        task: &Task,
        call: &model::AsyncApiCall,
        path: &Path,
        around: &Surroundings,
    ) -> Option<Kind> {
        let path = path.key("with");
        // Subscriptions and other protocols are refused by `validate`.
        let message = call.message.as_ref()?;
        if call.protocol.is_some_and(|protocol| protocol != model::Protocol::Http) {
            return None;
        }
        let authentication =
            self.authentication(call.authentication.as_ref(), &path.key("authentication"), around);
        let empty = Map::new();
        let payload = Value::Object(message.payload.clone().unwrap_or_default());
        let payload = self.template(&payload, &path.keys(&["message", "payload"]), around);
        let mut headers = Some(Vec::new());
        for (name, value) in message.headers.as_ref().unwrap_or(&empty) {
            let value = self.template(value, &path.keys(&["message", "headers", name]), around);
            let parameter = Parameter {
                name: name.as_str().into(),
                place: ParameterPlace::Header,
                style: ParameterStyle::Simple,
                explode: false,
                required: false,
            };
            headers = headers.zip(value).map(|(mut all, value)| {
                all.push((parameter, value));
                all
            });
        }
        let Publication { method, server, path: route, content_type } = self.publication(call, &path)?;
        let effect = effect(&method, task);
        let body = OperationBody { content_type: content_type.into(), form: BodyForm::Json, value: payload? };
        Some(Kind::OpenApi(Box::new(OpenApiCall {
            method: method.into(),
            server: server.into(),
            path: route.into(),
            parameters: headers?,
            body: Some(body),
            output: HttpOutput::Content,
            redirect: false,
            authentication: authentication?,
            effect,
        })))
    }

    fn publication(&mut self, call: &model::AsyncApiCall, path: &Path) -> Option<Publication> {
        let document = self.document(&call.document, &path.key("document"))?;
        let (target, key) = match (&call.channel, &call.operation) {
            (Some(channel), _) => (Target::Channel(channel), "channel"),
            (None, Some(operation)) => (Target::Operation(operation), "operation"),
            (None, None) => return None,
        };
        let variables = self.server_variables(call, path)?;
        let variables: Vec<(&str, &str)> =
            variables.iter().map(|(name, value)| (&**name, &**value)).collect();
        let protocol = call.protocol.map(model::Protocol::as_str);
        let wish = Wish {
            target,
            server: call.server.as_ref().map(|server| server.name.as_str()),
            protocol,
            variables: &variables,
        };
        let refusal = match asyncapi::publication(&document, wish) {
            Ok(publication) => return Some(publication),
            Err(refusal) => refusal,
        };
        match refusal {
            Refusal::Unknown(what, known) => {
                let (name, at) = match (what, wish.server, target) {
                    ("server", Some(name), _) => (name, path.keys(&["server", "name"])),
                    ("server", None, _) => ("", path.key(key)),
                    (_, _, Target::Channel(name) | Target::Operation(name)) => (name, path.key(key)),
                };
                let hint = did_you_mean(name, known.iter().map(String::as_str));
                let hint =
                    hint.or_else(|| (!known.is_empty()).then(|| format!("it has {}", known.join(", "))));
                let message = match name {
                    "" => format!("the document has no {what} for this call"),
                    name => format!("the document has no {what} `{name}`"),
                };
                self.sink.value(Code::UnknownOperation, self.tree, &at, message, hint);
            }
            Refusal::Invalid(why) => self.invalid_resource(&call.document, &path.key("document"), &why),
            Refusal::Unsupported(why) => {
                let message = format!("a message cannot be published: {why}");
                self.sink.value(Code::UnsupportedOperation, self.tree, &path.key(key), message, None);
            }
        }
        None
    }

    /// The variables of the server, which is chosen when the definition is registered.
    fn server_variables(&mut self, call: &model::AsyncApiCall, path: &Path) -> Option<Vec<(String, String)>> {
        let variables = call.server.as_ref().and_then(|server| server.variables.as_ref());
        let mut all = Some(vec![]);
        for (name, value) in variables.into_iter().flatten() {
            let fixed = value.as_str().filter(|text| !text.contains("${"));
            let Some(text) = fixed else {
                let message = format!("the variable `{name}` of a server is a text that is not computed");
                let at = path.keys(&["server", "variables", name]);
                self.sink.value(Code::ResourceAddress, self.tree, &at, message, None);
                all = None;
                continue;
            };
            if let Some(all) = &mut all {
                all.push((name.clone(), text.to_owned()));
            }
        }
        all
    }
}
