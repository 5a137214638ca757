//! `call: openapi`: the operation is found in its document, each of its parameters gets a template.

use super::Compiler;
use super::expression::Surroundings;
use super::kind::{effect, output};
use crate::diagnostic::{Code, did_you_mean};
use crate::model::{self, Task};
use crate::parse::Path;
use crate::program::{Kind, OpenApiCall, OperationBody, Parameter, ParameterPlace};
use crate::resource::openapi::{self, Body, Operation, Refusal};
use serde_json::{Map, Value};
use std::sync::Arc;

impl Compiler<'_> {
    pub(super) fn openapi(
        &mut self,
        task: &Task,
        call: &model::OpenApiCall,
        path: &Path,
        around: &Surroundings,
    ) -> Option<Kind> {
        let path = &path.key("with");
        let empty = Map::new();
        let given = call.parameters.as_ref().unwrap_or(&empty);
        let operation = self.operation(call, path);
        let authentication =
            self.authentication(call.authentication.as_ref(), &path.key("authentication"), around);
        // What is wrong with a value is reported even when nobody knows what it is for.
        let mut values = Vec::new();
        for (name, value) in given {
            let value = self.template(value, &path.key("parameters").key(name), around);
            values.push((name.as_str(), value));
        }
        let Operation { method, server, path: route, parameters, body } = operation?;
        let takes = Takes { id: &call.operation_id, parameters: &parameters, body: body.as_ref() };
        self.parameters(&takes, given, path)?;
        let mut call_parameters = Vec::new();
        let mut call_body = None;
        for (name, value) in values {
            let value = value?;
            match takes.parameter(name) {
                Some(parameter) => call_parameters.push((parameter.clone(), value)),
                None => {
                    call_body = takes.body.map(|body| OperationBody {
                        content_type: Arc::clone(&body.content_type),
                        form: body.form,
                        value,
                    });
                }
            }
        }
        let effect = effect(&method, task);
        Some(Kind::OpenApi(Box::new(OpenApiCall {
            method: method.into(),
            server: server.into(),
            path: route.into(),
            parameters: call_parameters,
            body: call_body,
            output: output(call.output),
            redirect: call.redirect == Some(true),
            authentication: authentication?,
            effect,
        })))
    }

    fn operation(&mut self, call: &model::OpenApiCall, path: &Path) -> Option<Operation> {
        let document = self.document(&call.document, &path.key("document"))?;
        let (address, id) = (&call.document.endpoint.uri().0, &call.operation_id);
        let refusal = match openapi::operation(&document, address, id) {
            Ok(operation) => return Some(operation),
            Err(refusal) => refusal,
        };
        let at = path.key("operationId");
        match refusal {
            Refusal::Unknown(known) => {
                let hint = did_you_mean(id, known.iter().map(String::as_str));
                let message = format!("the document has no operation `{id}`");
                self.sink.value(Code::UnknownOperation, self.tree, &at, message, hint);
            }
            Refusal::Invalid(why) => self.invalid_resource(&call.document, &path.key("document"), &why),
            Refusal::Unsupported(why) => {
                let message = format!("the operation `{id}` cannot be called: {why}");
                self.sink.value(Code::UnsupportedOperation, self.tree, &at, message, None);
            }
        }
        None
    }

    /// Every name that is given is known, and every one that is required is given.
    fn parameters(&mut self, takes: &Takes<'_>, given: &Map<String, Value>, path: &Path) -> Option<()> {
        let mut right = Some(());
        let names = takes.names();
        let here = path.key("parameters");
        for name in given.keys().filter(|name| !names.contains(&name.as_str())) {
            let message = format!("the operation `{}` has no parameter `{name}`", takes.id);
            let hint = did_you_mean(name, names.iter().copied());
            let hint = hint.or_else(|| (!names.is_empty()).then(|| format!("it has {}", names.join(", "))));
            self.sink.key(Code::OperationParameter, self.tree, &here.key(name), message, hint);
            right = None;
        }
        for name in takes.required().into_iter().filter(|name| !given.contains_key(*name)) {
            let message = format!("the operation `{}` needs the parameter `{name}`", takes.id);
            let place = if given.is_empty() { path } else { &here };
            self.sink.value(Code::OperationParameter, self.tree, place, message, None);
            right = None;
        }
        right
    }
}

/// What an operation takes.
struct Takes<'o> {
    id: &'o str,
    parameters: &'o [Parameter],
    body: Option<&'o Body>,
}

impl<'o> Takes<'o> {
    /// Of two parameters with one name, the one that is more of the address.
    fn parameter(&self, name: &str) -> Option<&'o Parameter> {
        let rank = |parameter: &&Parameter| match parameter.place {
            ParameterPlace::Path => 0,
            ParameterPlace::Query => 1,
            ParameterPlace::Form => 2,
            ParameterPlace::Header => 3,
            ParameterPlace::Cookie => 4,
        };
        self.parameters.iter().filter(|parameter| *parameter.name == *name).min_by_key(rank)
    }

    fn names(&self) -> Vec<&'o str> {
        let body = self.body.map(|body| &*body.name);
        self.parameters.iter().map(|parameter| &*parameter.name).chain(body).collect()
    }

    fn required(&self) -> Vec<&'o str> {
        let body = self.body.filter(|body| body.required).map(|body| &*body.name);
        let required = self.parameters.iter().filter(|parameter| parameter.required);
        required.map(|parameter| &*parameter.name).chain(body).collect()
    }
}
