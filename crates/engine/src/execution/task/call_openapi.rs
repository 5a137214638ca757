//! `call: openapi`: the operation was found when the definition was registered; here its parameters get their values and
//! it becomes the request of a `call: http`.
//!
//! Deliberately absent: documents, and what answers mean (`call_http`).

use super::super::dataflow;
use super::super::effect::HttpRequest;
use super::super::history::Begun;
use super::super::step::Turn;
use super::call_http::{self, encode};
use super::{Entering, Next};
use std::sync::Arc;
use tenure_dsl::error::Error;
use tenure_dsl::json::Json;
use tenure_dsl::program::{BodyForm, OpenApiCall, OperationBody, Parameter, ParameterPlace, ParameterStyle};

pub(super) fn prepare(
    turn: &Turn<'_>,
    entering: &Entering<'_>,
    call: &OpenApiCall,
) -> Result<(Begun, Next), Error> {
    let request = request(turn, entering, call)?;
    Ok(call_http::begin(turn, entering, request, call.effect))
}

fn request(turn: &Turn<'_>, entering: &Entering<'_>, call: &OpenApiCall) -> Result<HttpRequest, Error> {
    let scope = entering.scope(turn);
    let mut parts = Parts { path: call.path.to_string(), ..Parts::default() };
    for (parameter, template) in &call.parameters {
        let what = format!("with.parameters.{}", parameter.name);
        let value = dataflow::eval(template, entering.input(), &scope, &what)?;
        parts.add(parameter, &value)?;
    }
    let body = match &call.body {
        Some(body) => {
            let value = dataflow::eval(&body.value, entering.input(), &scope, "with.parameters")?;
            parts.body(body, value)?
        }
        None => None,
    };
    let Parts { path, query, mut headers, cookies, fields, mut content_type } = parts;
    if !cookies.is_empty() {
        headers.push(("cookie".to_owned(), cookies.join("; ")));
    }
    let mut body = body;
    if !fields.is_empty() {
        body = Some(Json::string(&fields.join("&")));
        content_type = Some("application/x-www-form-urlencoded".into());
    }
    if let (Some(_), Some(content_type)) = (&body, content_type) {
        headers.push(("content-type".to_owned(), content_type.to_string()));
    }
    let mut uri = format!("{}{path}", call.server);
    if !query.is_empty() {
        uri.push('?');
        uri.push_str(&query.join("&"));
    }
    let body = body.map(|body| dataflow::bounded(body, "with.parameters")).transpose()?;
    let method = Arc::clone(&call.method);
    Ok(HttpRequest { method, uri, headers, body, output: call.output.into(), redirect: call.redirect })
}

/// A request as far as it has its values.
#[derive(Default)]
struct Parts {
    path: String,
    query: Vec<String>,
    headers: Vec<(String, String)>,
    cookies: Vec<String>,
    fields: Vec<String>,
    content_type: Option<Arc<str>>,
}

impl Parts {
    fn add(&mut self, parameter: &Parameter, value: &Json) -> Result<(), Error> {
        if value.is_null() {
            return if parameter.required { Err(missing(parameter)) } else { Ok(()) };
        }
        let name = &*parameter.name;
        match parameter.place {
            ParameterPlace::Path => {
                let text = written(parameter, value, encoded)?;
                // Both would be read as a way up the path, and lead to another operation.
                if matches!(&*text, "" | "." | "..") {
                    return Err(missing(parameter));
                }
                self.path = self.path.replace(&format!("{{{name}}}"), &text);
            }
            ParameterPlace::Query => self.query.extend(pairs(parameter, value)?),
            ParameterPlace::Form => self.fields.extend(pairs(parameter, value)?),
            ParameterPlace::Header => {
                self.headers.push((name.to_owned(), written(parameter, value, str::to_owned)?));
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
            BodyForm::Text => Ok(Some(Json::string(&scalar("body", &value)?))),
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
                        all.push(pair(&name, &scalar(&name, item)?));
                    }
                }
                Ok(Some(Json::string(&all.join("&"))))
            }
        }
    }
}

/// `name=value` pairs, percent-encoded.
fn pairs(parameter: &Parameter, value: &Json) -> Result<Vec<String>, Error> {
    let name = &*parameter.name;
    let mut all = vec![];
    match (parameter.style, value.items(), value.entries()) {
        (ParameterStyle::Form, Some(items), _) if parameter.explode => {
            for item in &items {
                all.push(pair(name, &scalar(name, item)?));
            }
        }
        (ParameterStyle::Form, _, Some(entries)) if parameter.explode => {
            for (key, value) in &entries {
                all.push(pair(key, &scalar(name, value)?));
            }
        }
        (ParameterStyle::Deep, _, Some(entries)) => {
            for (key, value) in &entries {
                all.push(pair(&format!("{name}[{key}]"), &scalar(name, value)?));
            }
        }
        _ => all.push(format!("{}={}", encoded(name), written(parameter, value, encoded)?)),
    }
    Ok(all)
}

/// A value in one piece: `a,b`, `k,v` or `k=v`, or whatever its style puts between the items.
fn written(parameter: &Parameter, value: &Json, encode: impl Fn(&str) -> String) -> Result<String, Error> {
    let name = &*parameter.name;
    if parameter.style == ParameterStyle::Json {
        return Ok(encode(value.text()));
    }
    let separator = match parameter.style {
        ParameterStyle::Spaces => "%20",
        ParameterStyle::Pipes => "%7C",
        ParameterStyle::Simple | ParameterStyle::Form | ParameterStyle::Deep | ParameterStyle::Json => ",",
    };
    if let Some(items) = value.items() {
        let items: Result<Vec<String>, Error> =
            items.iter().map(|item| Ok(encode(&scalar(name, item)?))).collect();
        return Ok(items?.join(separator));
    }
    let Some(entries) = value.entries() else { return Ok(encode(&scalar(name, value)?)) };
    let between = if parameter.explode { "=" } else { separator };
    let entry = |(key, value): &(Arc<str>, Json)| {
        Ok(format!("{}{between}{}", encode(key), encode(&scalar(name, value)?)))
    };
    Ok(entries.iter().map(entry).collect::<Result<Vec<_>, Error>>()?.join(separator))
}

fn pair(name: &str, value: &str) -> String {
    format!("{}={}", encoded(name), encoded(value))
}

fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    encode(&mut out, text);
    out
}

/// A value that is one text: what is inside of lists and maps, and everything else.
fn scalar(name: &str, value: &Json) -> Result<String, Error> {
    match value.kind_name() {
        "string" => Ok(value.as_str().unwrap_or_default().to_owned()),
        "number" | "boolean" => Ok(value.text().to_owned()),
        kind => Err(Error::expression(format!("the parameter `{name}` holds {kind} where a text is needed"))),
    }
}

fn missing(parameter: &Parameter) -> Error {
    Error::expression(format!("the parameter `{}` needs a value", parameter.name))
}
