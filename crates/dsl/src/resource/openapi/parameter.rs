//! Parameters and bodies: where each travels and how its value is written.

use super::{Body, Refusal, Version};
use crate::program::{BodyForm, Parameter, ParameterPlace, ParameterStyle};
use crate::resource::document::{items, resolve, text};
use serde_json::Value;
use std::sync::Arc;

/// Headers that a document may list and that are none of its business.
const IGNORED: [&str; 4] = ["accept", "content-type", "authorization", "idempotency-key"];

/// What has been read of an operation so far.
pub(super) struct Reading<'d> {
    document: &'d Value,
    version: Version,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Option<Body>,
}

impl<'d> Reading<'d> {
    pub(super) fn new(document: &'d Value, version: Version) -> Self {
        Self { document, version, parameters: vec![], body: None }
    }

    pub(super) fn parameter(&mut self, parameter: &'d Value) -> Result<(), Refusal> {
        let parameter = resolve(self.document, parameter).map_err(Refusal::Unsupported)?;
        let invalid = || Refusal::Invalid("a parameter has no `name` and `in`".to_owned());
        let (name, place) = text(parameter, "name").zip(text(parameter, "in")).ok_or_else(invalid)?;
        let required = parameter.get("required").and_then(Value::as_bool).unwrap_or(false);
        let place = match (place, self.version) {
            ("path", _) => ParameterPlace::Path,
            ("query", _) => ParameterPlace::Query,
            ("header", _) => ParameterPlace::Header,
            ("cookie", Version::Three) => ParameterPlace::Cookie,
            ("formData", Version::Two) => ParameterPlace::Form,
            ("body", Version::Two) => {
                let content_type = Arc::from("application/json");
                let body = Body { name: name.into(), content_type, form: BodyForm::Json, required };
                self.body.get_or_insert(body);
                return Ok(());
            }
            (other, _) => return Err(Refusal::Invalid(format!("the parameter `{name}` is in `{other}`"))),
        };
        let ignored =
            place == ParameterPlace::Header && IGNORED.iter().any(|own| own.eq_ignore_ascii_case(name));
        if ignored || self.parameters.iter().any(|known| *known.name == *name && known.place == place) {
            return Ok(());
        }
        let (style, explode) = match self.version {
            Version::Two => two(name, place, parameter),
            Version::Three => three(name, place, parameter),
        }?;
        let required = required || place == ParameterPlace::Path;
        self.parameters.push(Parameter { name: name.into(), place, style, explode, required });
        Ok(())
    }

    /// Adds what the operation itself says about its body.
    pub(super) fn finish(mut self, operation: &'d Value) -> Result<Self, Refusal> {
        match self.version {
            Version::Two => self.finish_two(operation)?,
            Version::Three => {
                if let Some(body) = operation.get("requestBody") {
                    self.body = Some(self.request_body(body)?);
                }
            }
        }
        Ok(self)
    }

    fn finish_two(&mut self, operation: &Value) -> Result<(), Refusal> {
        let consumes = match items(operation, "consumes") {
            [] => items(self.document, "consumes"),
            own => own,
        };
        let consumes: Vec<&str> = consumes.iter().filter_map(Value::as_str).collect();
        let fields = self.parameters.iter().any(|parameter| parameter.place == ParameterPlace::Form);
        if fields && !consumes.is_empty() && !consumes.contains(&"application/x-www-form-urlencoded") {
            return Err(Refusal::Unsupported(format!(
                "its fields are sent as {}: only `application/x-www-form-urlencoded` is supported",
                consumes.join(", ")
            )));
        }
        if let Some(body) = &mut self.body
            && !consumes.is_empty()
        {
            (body.content_type, body.form) = preferred(consumes.iter().copied())?;
        }
        Ok(())
    }

    fn request_body(&self, body: &Value) -> Result<Body, Refusal> {
        let body = resolve(self.document, body).map_err(Refusal::Unsupported)?;
        let content = body.get("content").and_then(Value::as_object);
        let types = content.into_iter().flatten().map(|(name, _)| name.as_str());
        let (content_type, form) = preferred(types)?;
        let required = body.get("required").and_then(Value::as_bool).unwrap_or(false);
        // A parameter of that name keeps it; the body then has no name by which it could be given.
        Ok(Body { name: "body".into(), content_type, form, required })
    }
}

/// The content type that a body is sent as: JSON, then a form, then text.
fn preferred<'t>(types: impl Iterator<Item = &'t str> + Clone) -> Result<(Arc<str>, BodyForm), Refusal> {
    let essence = |text: &str| text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let json = |text: &str| {
        let essence = essence(text);
        essence == "application/json"
            || essence.ends_with("+json")
            || essence == "*/*"
            || essence == "application/*"
    };
    if let Some(found) = types.clone().find(|text| json(text)) {
        let content_type = if found.contains('*') { "application/json" } else { found };
        return Ok((content_type.into(), BodyForm::Json));
    }
    if let Some(found) = types.clone().find(|text| essence(text) == "application/x-www-form-urlencoded") {
        return Ok((found.into(), BodyForm::Form));
    }
    if let Some(found) = types.clone().find(|text| essence(text).starts_with("text/")) {
        return Ok((found.into(), BodyForm::Text));
    }
    let all: Vec<&str> = types.collect();
    Err(Refusal::Unsupported(format!(
        "its body is sent as {}: only JSON, `application/x-www-form-urlencoded` and text are supported",
        if all.is_empty() { "nothing that is named".to_owned() } else { all.join(", ") }
    )))
}

fn two(name: &str, place: ParameterPlace, parameter: &Value) -> Result<(ParameterStyle, bool), Refusal> {
    if text(parameter, "type") == Some("file") {
        return Err(Refusal::Unsupported(format!("the parameter `{name}` is a file")));
    }
    let plain = match place {
        ParameterPlace::Query | ParameterPlace::Form => ParameterStyle::Form,
        ParameterPlace::Path | ParameterPlace::Header | ParameterPlace::Cookie => ParameterStyle::Simple,
    };
    match text(parameter, "collectionFormat") {
        None | Some("csv") => Ok((plain, false)),
        Some("multi") if plain == ParameterStyle::Form => Ok((plain, true)),
        Some("ssv") if plain == ParameterStyle::Form => Ok((ParameterStyle::Spaces, false)),
        Some("pipes") if plain == ParameterStyle::Form => Ok((ParameterStyle::Pipes, false)),
        Some(other) => Err(Refusal::Unsupported(format!(
            "the parameter `{name}` has the collection format `{other}`, which is not supported here"
        ))),
    }
}

fn three(name: &str, place: ParameterPlace, parameter: &Value) -> Result<(ParameterStyle, bool), Refusal> {
    if let Some(content) = parameter.get("content").and_then(Value::as_object) {
        let json = content.keys().any(|kind| kind.starts_with("application/json"));
        if json {
            return Ok((ParameterStyle::Json, false));
        }
        let kinds: Vec<&str> = content.keys().map(String::as_str).collect();
        let kinds = kinds.join(", ");
        return Err(Refusal::Unsupported(format!(
            "the parameter `{name}` is written as {kinds}: only JSON is supported"
        )));
    }
    let style = text(parameter, "style");
    let style = match (style, place) {
        (None | Some("form"), ParameterPlace::Query | ParameterPlace::Cookie | ParameterPlace::Form) => {
            ParameterStyle::Form
        }
        (None | Some("simple"), ParameterPlace::Path | ParameterPlace::Header) => ParameterStyle::Simple,
        (Some("spaceDelimited"), ParameterPlace::Query) => ParameterStyle::Spaces,
        (Some("pipeDelimited"), ParameterPlace::Query) => ParameterStyle::Pipes,
        (Some("deepObject"), ParameterPlace::Query) => ParameterStyle::Deep,
        (other, _) => {
            let other = other.unwrap_or_default();
            return Err(Refusal::Unsupported(format!(
                "the parameter `{name}` has the style `{other}`, which is not supported here"
            )));
        }
    };
    let explode = parameter.get("explode").and_then(Value::as_bool);
    Ok((style, explode.unwrap_or(style == ParameterStyle::Form)))
}
