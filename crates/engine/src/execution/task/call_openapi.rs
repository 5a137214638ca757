//! `call: openapi`: the operation was found when the definition was registered; here its parameters get their values and
//! it becomes the request of a `call: http`.
//!
//! Deliberately absent: documents, and what answers mean (`call_http`).

use super::super::dataflow;
use super::super::effect::{HttpRequest, Protection};
use super::super::history::Begun;
use super::super::request::Request;
use super::super::step::Turn;
use super::call_http::{self, authentication};
use super::{Entering, Next};
use std::sync::Arc;
use tenure_dsl::error::Error;
use tenure_dsl::json::Json;
use tenure_dsl::json::opaque::Text;
use tenure_dsl::program::{BodyForm, OpenApiCall, OperationBody, Parameter, ParameterPlace, ParameterStyle};

pub(super) fn prepare(
    turn: &Turn<'_>,
    entering: &Entering<'_>,
    call: &OpenApiCall,
) -> Result<(Begun, Next), Error> {
    let (request, protection) = request(turn, entering, call)?;
    Ok(call_http::begin(turn, entering, (Request::Http(Arc::new(request)), protection), call.effect, None))
}

/// The request as it may be shown, and what of it is hidden.
fn request(
    turn: &Turn<'_>,
    entering: &Entering<'_>,
    call: &OpenApiCall,
) -> Result<(HttpRequest, Protection), Error> {
    let scope = entering.scope(turn);
    let mut parts = Parts::default();
    for (parameter, template) in &call.parameters {
        let what = format!("with.parameters.{}", parameter.name);
        let value = dataflow::eval_opaque(template, entering.input(), &scope, &what)?;
        parts.add(parameter, &value)?;
    }
    let mut body = match &call.body {
        Some(body) => {
            let value = dataflow::eval_opaque(&body.value, entering.input(), &scope, "with.parameters")?;
            parts.body(body, value)?
        }
        None => None,
    };
    let Parts { path, query, mut headers, cookies, fields, mut content_type } = parts;
    if !cookies.is_empty() {
        headers.push(("cookie".to_owned(), joined(cookies, "; ").into_json()));
    }
    if !fields.is_empty() {
        body = Some(joined(fields, "&").into_json());
        content_type = Some("application/x-www-form-urlencoded".into());
    }
    if let (Some(_), Some(content_type)) = (&body, content_type) {
        headers.push(("content-type".to_owned(), Json::string(&content_type)));
    }
    let mut uri = Text::default();
    uri.push_str(&call.server);
    uri.push_text(route(&call.path, &path));
    if !query.is_empty() {
        uri.push_str("?");
        uri.push_text(joined(query, "&"));
    }
    let mut protection = Protection::default();
    let request = HttpRequest {
        method: Arc::clone(&call.method),
        uri: protection.take_uri(uri),
        headers: protection.take_headers(headers),
        body: body.map(|body| dataflow::bounded(body, "with.parameters")).transpose()?,
        output: call.output.into(),
        redirect: call.redirect,
    };
    protection.authentication = authentication(turn, entering, call.authentication.as_ref())?;
    Ok((request, protection))
}

/// The path with its values.
fn route(path: &str, values: &[(Arc<str>, Text)]) -> Text {
    let mut out = Text::default();
    let mut rest = path;
    while let Some((before, behind)) = rest.split_once('{') {
        out.push_str(before);
        let named = behind.split_once('}').and_then(|(name, after)| {
            let (_, value) = values.iter().find(|(own, _)| **own == *name)?;
            Some((value, after))
        });
        rest = if let Some((value, after)) = named {
            out.push_text(value.clone());
            after
        } else {
            out.push_str("{");
            behind
        };
    }
    out.push_str(rest);
    out
}

/// A request as far as it has its values.
#[derive(Default)]
struct Parts {
    path: Vec<(Arc<str>, Text)>,
    query: Vec<Text>,
    headers: Vec<(String, Json)>,
    cookies: Vec<Text>,
    fields: Vec<Text>,
    content_type: Option<Arc<str>>,
}

impl Parts {
    fn add(&mut self, parameter: &Parameter, value: &Json) -> Result<(), Error> {
        if value.is_null() {
            return if parameter.required { Err(missing(parameter)) } else { Ok(()) };
        }
        match parameter.place {
            ParameterPlace::Path => {
                let text = written(parameter, value, Text::push_encoded)?;
                // Both would be read as a way up the path, and lead to another operation.
                if text.clone().into_plain().is_ok_and(|text| matches!(&*text, "" | "." | "..")) {
                    return Err(missing(parameter));
                }
                self.path.push((Arc::clone(&parameter.name), text));
            }
            ParameterPlace::Query => self.query.extend(pairs(parameter, value)?),
            ParameterPlace::Form => self.fields.extend(pairs(parameter, value)?),
            ParameterPlace::Header => {
                let value = written(parameter, value, Text::push)?.into_json();
                self.headers.push((parameter.name.to_string(), value));
            }
            ParameterPlace::Cookie => self.cookies.extend(pairs(parameter, value)?),
        }
        Ok(())
    }

    fn body(&mut self, body: &OperationBody, value: Json) -> Result<Option<Json>, Error> {
        if value.is_null() && body.form != BodyForm::Json {
            return Ok(None);
        }
        self.content_type = Some(Arc::clone(&body.content_type));
        match body.form {
            BodyForm::Json => Ok(Some(value)),
            BodyForm::Text => {
                let mut text = Text::default();
                text.push(scalar("body", &value)?);
                Ok(Some(text.into_json()))
            }
            BodyForm::Form => {
                let wrong = || {
                    Error::expression(format!(
                        "the body is a form: a map is needed, not {}",
                        value.kind_name()
                    ))
                };
                let mut all = vec![];
                for (name, value) in value.entries().ok_or_else(wrong)? {
                    let items = value.items().unwrap_or_else(|| vec![value]);
                    for item in items.iter().filter(|item| !item.is_null()) {
                        all.push(pair(&name, scalar(&name, item)?));
                    }
                }
                Ok(Some(joined(all, "&").into_json()))
            }
        }
    }
}

/// `name=value` pairs, percent-encoded.
fn pairs(parameter: &Parameter, value: &Json) -> Result<Vec<Text>, Error> {
    let name = &*parameter.name;
    let mut all = vec![];
    match (parameter.style, value.items(), value.entries()) {
        (ParameterStyle::Form, Some(items), _) if parameter.explode => {
            for item in &items {
                all.push(pair(name, scalar(name, item)?));
            }
        }
        (ParameterStyle::Form, _, Some(entries)) if parameter.explode => {
            for (key, value) in &entries {
                all.push(pair(key, scalar(name, value)?));
            }
        }
        (ParameterStyle::Deep, _, Some(entries)) => {
            for (key, value) in &entries {
                all.push(pair(&format!("{name}[{key}]"), scalar(name, value)?));
            }
        }
        _ => {
            let mut text = Text::default();
            text.push_encoded(&Json::string(name));
            text.push_str("=");
            text.push_text(written(parameter, value, Text::push_encoded)?);
            all.push(text);
        }
    }
    Ok(all)
}

/// A value in one piece: `a,b`, `k,v` or `k=v`, or whatever its style puts between the items.
fn written(parameter: &Parameter, value: &Json, put: fn(&mut Text, &Json)) -> Result<Text, Error> {
    let name = &*parameter.name;
    let mut out = Text::default();
    if parameter.style == ParameterStyle::Json {
        if value.is_opaque() {
            let detail = format!("the parameter `{name}` is written as JSON, which cannot hold a secret");
            return Err(Error::configuration(detail));
        }
        put(&mut out, &Json::string(value.text()));
        return Ok(out);
    }
    let separator = match parameter.style {
        ParameterStyle::Spaces => "%20",
        ParameterStyle::Pipes => "%7C",
        ParameterStyle::Simple | ParameterStyle::Form | ParameterStyle::Deep | ParameterStyle::Json => ",",
    };
    if let Some(items) = value.items() {
        for (at, item) in items.iter().enumerate() {
            out.push_str(if at == 0 { "" } else { separator });
            put(&mut out, scalar(name, item)?);
        }
        return Ok(out);
    }
    let Some(entries) = value.entries() else {
        put(&mut out, scalar(name, value)?);
        return Ok(out);
    };
    let between = if parameter.explode { "=" } else { separator };
    for (at, (key, value)) in entries.iter().enumerate() {
        out.push_str(if at == 0 { "" } else { separator });
        put(&mut out, &Json::string(key));
        out.push_str(between);
        put(&mut out, scalar(name, value)?);
    }
    Ok(out)
}

fn pair(name: &str, value: &Json) -> Text {
    let mut text = Text::default();
    text.push_encoded(&Json::string(name));
    text.push_str("=");
    text.push_encoded(value);
    text
}

fn joined(texts: Vec<Text>, separator: &str) -> Text {
    let mut out = Text::default();
    for (at, text) in texts.into_iter().enumerate() {
        out.push_str(if at == 0 { "" } else { separator });
        out.push_text(text);
    }
    out
}

/// A value that is one text: what is inside of lists and maps, and everything else.
fn scalar<'v>(name: &str, value: &'v Json) -> Result<&'v Json, Error> {
    match value.kind_name() {
        "string" | "number" | "boolean" => Ok(value),
        kind => Err(Error::expression(format!("the parameter `{name}` holds {kind} where a text is needed"))),
    }
}

fn missing(parameter: &Parameter) -> Error {
    Error::expression(format!("the parameter `{}` needs a value", parameter.name))
}
