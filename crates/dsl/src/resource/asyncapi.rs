//! `AsyncAPI` 2 and 3 documents: where a message is published over HTTP.
//!
//! The workflow is a client of what the document describes: it sends what the described application receives. Deliberately
//! absent: protocols other than HTTP, subscriptions, and schemas of messages.

use super::document::{items, resolve, text};
use serde_json::Value;
use url::Url;

/// What a call names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish<'c> {
    /// The channel of a document of version 2, or the operation of one of version 3.
    pub(crate) target: Target<'c>,
    /// The server by name.
    pub(crate) server: Option<&'c str>,
    /// The server by protocol.
    pub(crate) protocol: Option<&'c str>,
    /// Values of the server's variables.
    pub(crate) variables: &'c [(&'c str, &'c str)],
}

/// What is called.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target<'c> {
    /// `channel`
    Channel(&'c str),
    /// `operation`
    Operation(&'c str),
}

/// Where a message goes.
#[derive(Debug, PartialEq)]
pub(crate) struct Publication {
    /// In capitals.
    pub(crate) method: String,
    /// Scheme, host and base path, without a slash at the end.
    pub(crate) server: String,
    /// With a slash at the start.
    pub(crate) path: String,
    pub(crate) content_type: String,
}

/// Why a message cannot be published.
#[derive(Debug, PartialEq)]
pub(crate) enum Refusal {
    /// The document has no such channel, operation or server; it has these.
    Unknown(&'static str, Vec<String>),
    /// The document contradicts itself or is none.
    Invalid(String),
    /// It asks for something that is not supported.
    Unsupported(String),
}

/// Finds where a message is published.
pub(crate) fn publication(document: &Value, wish: Wish<'_>) -> Result<Publication, Refusal> {
    let version = text(document, "asyncapi").unwrap_or_default();
    let (address, channel, operation) = match (version.split('.').next(), wish.target) {
        (Some("2"), Target::Channel(name)) => two(document, name)?,
        (Some("3"), Target::Operation(name)) => three(document, name)?,
        (Some("2"), Target::Operation(_)) => {
            return Err(Refusal::Unsupported("a document of AsyncAPI 2 is called by `channel`".to_owned()));
        }
        (Some("3"), Target::Channel(_)) => {
            return Err(Refusal::Unsupported("a document of AsyncAPI 3 is called by `operation`".to_owned()));
        }
        _ => return Err(Refusal::Invalid("it is not AsyncAPI 2 or 3 (`asyncapi: …`)".to_owned())),
    };
    if address.contains('{') {
        let why = format!("its address `{address}` has parameters, for which a call has no values");
        return Err(Refusal::Unsupported(why));
    }
    let server = server(document, channel, wish)?;
    let bindings = operation.get("bindings").and_then(|bindings| bindings.get("http"));
    let method = bindings.and_then(|http| text(http, "method")).unwrap_or("POST").to_ascii_uppercase();
    if !matches!(&*method, "POST" | "PUT" | "PATCH") {
        return Err(Refusal::Unsupported(format!("its HTTP binding publishes with {method}")));
    }
    if bindings.is_some_and(|http| http.get("query").is_some()) {
        let why = "its HTTP binding asks for a query, for which a call has no values";
        return Err(Refusal::Unsupported(why.to_owned()));
    }
    let path = format!("/{}", address.trim_start_matches('/'));
    let content_type = text(document, "defaultContentType").unwrap_or("application/json").to_owned();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if essence != "application/json" && !essence.ends_with("+json") {
        return Err(Refusal::Unsupported(format!("its messages are {content_type}: only JSON is published")));
    }
    Ok(Publication { method, server, path, content_type })
}

type Found<'d> = (String, &'d Value, &'d Value);

fn two<'d>(document: &'d Value, name: &str) -> Result<Found<'d>, Refusal> {
    let channel = named(document, "channels", name).map_err(|known| Refusal::Unknown("channel", known))?;
    let channel = resolve(document, channel).map_err(Refusal::Unsupported)?;
    let Some(operation) = channel.get("publish") else {
        let why = format!("the channel `{name}` takes no messages: it has no `publish`");
        return Err(Refusal::Unsupported(why));
    };
    Ok((name.to_owned(), channel, operation))
}

fn three<'d>(document: &'d Value, name: &str) -> Result<Found<'d>, Refusal> {
    let operation =
        named(document, "operations", name).map_err(|known| Refusal::Unknown("operation", known))?;
    let operation = resolve(document, operation).map_err(Refusal::Unsupported)?;
    let channel = operation
        .get("channel")
        .ok_or_else(|| Refusal::Invalid(format!("the operation `{name}` has no channel")))?;
    let channel = resolve(document, channel).map_err(Refusal::Unsupported)?;
    let address = text(channel, "address");
    let address =
        address.ok_or_else(|| Refusal::Unsupported(format!("the channel of `{name}` has no address")))?;
    Ok((address.to_owned(), channel, operation))
}

fn named<'d>(document: &'d Value, group: &str, name: &str) -> Result<&'d Value, Vec<String>> {
    let group = document.get(group).and_then(Value::as_object);
    let found = group.and_then(|group| group.get(name));
    found.ok_or_else(|| group.into_iter().flatten().map(|(name, _)| name.clone()).collect())
}

/// The server that is named, else the first one of the protocol, else the first one.
fn server(document: &Value, channel: &Value, wish: Wish<'_>) -> Result<String, Refusal> {
    let all = document.get("servers").and_then(Value::as_object);
    let names: Vec<&String> = all.into_iter().flatten().map(|(name, _)| name).collect();
    let offered = |name: &str| {
        let own = items(channel, "servers");
        own.is_empty()
            || own.iter().any(|server| {
                let reference = text(server, "$ref").and_then(|path| path.rsplit('/').next());
                server.as_str().or(reference) == Some(name)
            })
    };
    let protocol_of = |name: &str| {
        let server = all.and_then(|all| all.get(name)).map(|server| resolve(document, server));
        server.and_then(Result::ok).and_then(|server| text(server, "protocol")).unwrap_or_default().to_owned()
    };
    let spoken = |name: &str| match wish.protocol {
        Some("http") => matches!(&*protocol_of(name), "http" | "https"),
        Some(protocol) => protocol_of(name) == protocol,
        None => true,
    };
    let name = match wish.server {
        Some(name) => names.iter().find(|own| ***own == name),
        None => names.iter().find(|name| offered(name) && spoken(name)),
    };
    let Some(name) = name else {
        return Err(Refusal::Unknown("server", names.into_iter().cloned().collect()));
    };
    let protocol = protocol_of(name);
    if !matches!(&*protocol, "http" | "https") {
        let why = format!("its server `{name}` speaks {protocol}: only http and https are supported");
        return Err(Refusal::Unsupported(why));
    }
    let server = resolve(document, &document["servers"][name.as_str()]).map_err(Refusal::Unsupported)?;
    url(server, &protocol, wish.variables).map_err(Refusal::Unsupported)
}

fn url(server: &Value, protocol: &str, variables: &[(&str, &str)]) -> Result<String, String> {
    // Version 2 has a URL, whose scheme may be missing; version 3 has its parts.
    let mut written = match (text(server, "url"), text(server, "host")) {
        (Some(url), _) if url.contains("://") => url.to_owned(),
        (Some(url), _) => format!("{protocol}://{url}"),
        (None, Some(host)) => format!("{protocol}://{host}{}", text(server, "pathname").unwrap_or_default()),
        (None, None) => return Err("its server has no address".to_owned()),
    };
    for (name, value) in variables {
        written = written.replace(&format!("{{{name}}}"), value);
    }
    for (name, variable) in server.get("variables").and_then(Value::as_object).into_iter().flatten() {
        if let Some(default) = text(variable, "default") {
            written = written.replace(&format!("{{{name}}}"), default);
        }
    }
    if written.contains(['{', '}']) {
        return Err(format!("its server `{written}` has a variable without a value"));
    }
    let url =
        Url::parse(&written).map_err(|error| format!("its server `{written}` is not a URL: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.query().is_some() || url.fragment().is_some() {
        return Err(format!("its server `{written}` is not a plain http or https address"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn wish(target: Target<'static>) -> Wish<'static> {
        Wish { target, server: None, protocol: None, variables: &[] }
    }

    fn second() -> Value {
        json!({
            "asyncapi": "2.6.0",
            "servers": {
                "queue": { "url": "broker.example:9092", "protocol": "kafka" },
                "web": { "url": "{region}.example.com/events/", "protocol": "https", "variables": { "region": { "default": "eu" } } }
            },
            "channels": {
                "orders/created": { "servers": ["web"], "publish": { "bindings": { "http": { "method": "PUT" } } } },
                "orders/{id}": { "publish": {} }, "orders/heard": { "subscribe": {} }, "raw": { "publish": {} }
            }
        })
    }

    #[test]
    fn a_channel_of_version_2_is_published_to_over_http() {
        let found = publication(&second(), wish(Target::Channel("orders/created"))).unwrap();
        let expected = Publication {
            method: "PUT".into(),
            server: "https://eu.example.com/events".into(),
            path: "/orders/created".into(),
            content_type: "application/json".into(),
        };
        assert_eq!(found, expected);
        let named =
            Wish { server: Some("web"), variables: &[("region", "us")], ..wish(Target::Channel("raw")) };
        let found = publication(&second(), named).unwrap();
        assert_eq!((&*found.method, &*found.server), ("POST", "https://us.example.com/events"));
        let http = Wish { protocol: Some("http"), ..wish(Target::Channel("raw")) };
        assert_eq!(publication(&second(), http).unwrap().server, "https://eu.example.com/events");
    }

    #[test]
    fn an_operation_of_version_3_leads_to_its_channel() {
        let document = json!({
            "asyncapi": "3.0.0",
            "servers": { "web": { "host": "api.example.com", "pathname": "/v1", "protocol": "http" } },
            "channels": { "created": { "address": "orders/created" } },
            "operations": { "create": { "action": "receive", "channel": { "$ref": "#/channels/created" } } }
        });
        let found = publication(&document, wish(Target::Operation("create"))).unwrap();
        assert_eq!(
            (&*found.method, &*found.server, &*found.path),
            ("POST", "http://api.example.com/v1", "/orders/created")
        );
        let unknown = publication(&document, wish(Target::Operation("creat"))).unwrap_err();
        assert_eq!(unknown, Refusal::Unknown("operation", vec!["create".into()]));
        let refused = publication(&document, wish(Target::Channel("created"))).unwrap_err();
        assert_eq!(refused, Refusal::Unsupported("a document of AsyncAPI 3 is called by `operation`".into()));
    }

    #[test]
    fn what_cannot_be_published_is_refused_with_the_reason() {
        let refused =
            |name: &'static str| match publication(&second(), wish(Target::Channel(name))).unwrap_err() {
                Refusal::Unsupported(why) => why,
                other => format!("{other:?}"),
            };
        assert_eq!(refused("raw"), "its server `queue` speaks kafka: only http and https are supported");
        assert_eq!(
            refused("orders/{id}"),
            "its address `orders/{id}` has parameters, for which a call has no values"
        );
        assert_eq!(
            refused("orders/heard"),
            "the channel `orders/heard` takes no messages: it has no `publish`"
        );
        let none = publication(&json!({ "openapi": "3.0.0" }), wish(Target::Channel("a"))).unwrap_err();
        assert_eq!(none, Refusal::Invalid("it is not AsyncAPI 2 or 3 (`asyncapi: …`)".into()));
    }
}
