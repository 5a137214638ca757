//! `CloudEvents` over HTTP: structured, batched, and in binary mode, all brought into their JSON form.
//!
//! Deliberately absent: which attributes an event must have and what they may be, which the engine says.

use super::call::{Call, Content};
use super::json;
use crate::app::Error;
use crate::app::workflows::payload;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::value::RawValue;
use tenure_api::{Code, Limits};
use tenure_dsl::json::Json;

/// What every attribute's header begins with in binary mode.
const PREFIX: &str = "ce-";
/// What makes a request one in binary mode.
const SPECVERSION: HeaderName = HeaderName::from_static("ce-specversion");

/// An event in its JSON form, and where in the request it is.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// JSON pointer into the body; empty: the request is the event.
    pub(crate) pointer: String,
    /// The event, as it came.
    pub(crate) event: Json,
}

/// What a body is, by its headers.
pub(crate) fn content(headers: &HeaderMap, kind: &str, utf8: bool) -> Result<Content, Error> {
    match kind {
        "application/cloudevents+json" if utf8 => Ok(Content::CloudEvent),
        "application/cloudevents-batch+json" if utf8 => Ok(Content::CloudEventBatch),
        _ if kind.starts_with("application/cloudevents") => {
            Err(unsupported("events are taken in their JSON format, in UTF-8"))
        }
        _ if headers.contains_key(SPECVERSION) => Ok(Content::CloudEventData),
        _ => Err(unsupported(
            "send `Content-Type: application/cloudevents+json` or `application/cloudevents-batch+json`, or the \
             attributes of the event in `ce-` headers",
        )),
    }
}

fn unsupported(detail: &str) -> Error {
    Error::refused(Code::UnsupportedMediaType, detail)
}

/// The events of a request.
pub(crate) fn read(call: &Call) -> Result<Vec<Received>, Error> {
    match call.content {
        Content::CloudEvent => {
            let event: Box<RawValue> = call.json()?;
            Ok(vec![Received { pointer: String::new(), event: payload(event.get(), "")? }])
        }
        Content::CloudEventBatch => batch(&call.body),
        Content::CloudEventData => {
            Ok(vec![Received { pointer: String::new(), event: binary(&call.headers, &call.body)? }])
        }
        Content::Nothing | Content::Json | Content::Yaml => Err(unsupported("this is no event")),
    }
}

fn batch(body: &[u8]) -> Result<Vec<Received>, Error> {
    let events: Vec<Box<RawValue>> = json::parse(body)?;
    let max = Limits::CURRENT.batch_events_max;
    if events.len() > max {
        let detail =
            format!("a batch has at most {max} events (batchEventsMax), this one has {}", events.len());
        return Err(Error::refused(Code::TooLarge, detail));
    }
    let received = |(index, event): (usize, Box<RawValue>)| {
        let pointer = format!("/{index}");
        Ok(Received { event: payload(event.get(), &pointer)?, pointer })
    };
    events.into_iter().enumerate().map(received).collect()
}

/// The headers are the attributes, the body is the data.
fn binary(headers: &HeaderMap, body: &[u8]) -> Result<Json, Error> {
    let mut entries: Vec<(String, Json)> = Vec::new();
    for name in headers.keys() {
        let Some(attribute) = name.as_str().strip_prefix(PREFIX) else { continue };
        let mut values = headers.get_all(name).iter();
        let value = values.next().and_then(decoded).filter(|_| values.next().is_none());
        let value = value.ok_or_else(|| {
            Error::parameter(format!("`{name}` is one text, with `%` before what ASCII lacks"))
        })?;
        if matches!(attribute, "data" | "data_base64" | "datacontenttype") {
            return Err(Error::parameter(format!(
                "`{name}` is not sent: the body and its `Content-Type` say it"
            )));
        }
        entries.push((attribute.to_owned(), Json::string(&value)));
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if let Some(kind) = kind {
        entries.push(("datacontenttype".into(), Json::string(kind)));
    }
    if !body.is_empty() {
        entries.push(data(kind.unwrap_or_default(), body)?);
    }
    Ok(Json::object(entries))
}

fn data(kind: &str, body: &[u8]) -> Result<(String, Json), Error> {
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let text = std::str::from_utf8(body).ok();
    let value = if kind == "application/json" || kind == "text/json" || kind.ends_with("+json") {
        let text = text.ok_or_else(|| Error::refused(Code::MalformedBody, "the body is not UTF-8"))?;
        Some(payload(text, "")?)
    } else if kind.starts_with("text/") || kind == "application/xml" || kind.ends_with("+xml") {
        text.map(Json::string)
    } else {
        None
    };
    Ok(match value {
        Some(value) => ("data".into(), value),
        None => ("data_base64".into(), Json::string(&STANDARD.encode(body))),
    })
}

/// A header's value: UTF-8 whose bytes beyond printable ASCII are `%` and two hexadecimal digits.
fn decoded(value: &HeaderValue) -> Option<String> {
    let text = value.to_str().ok()?;
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let (high, low) = (rest.first()?, rest.get(1)?);
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        bytes.push(digit(*high)? << 4 | digit(*low)?);
        rest = &rest[2..];
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
    }

    const HEAD: &[(&str, &str)] = &[("ce-specversion", "1.0"), ("ce-id", "1"), ("ce-type", "t")];

    fn event(more: &[(&'static str, &'static str)], body: &[u8]) -> Result<String, String> {
        let all: Vec<_> = HEAD.iter().chain(more).copied().collect();
        binary(&headers(&all), body).map(|event| event.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn headers_become_attributes_and_the_body_data_by_its_type() {
        let head = r#""specversion":"1.0","id":"1","type":"t""#;
        let cases: [(&str, &[u8], &str); 6] = [
            ("application/json", br#"{ "a" : 1 }"#, r#""data":{"a":1}"#),
            ("application/vnd.x+json; charset=utf-8", b"7", r#""data":7"#),
            ("text/plain", "grüße".as_bytes(), r#""data":"grüße""#),
            ("text/plain", &[0xff], r#""data_base64":"/w==""#),
            ("image/png", &[1, 2, 3], r#""data_base64":"AQID""#),
            ("application/json", b"", ""),
        ];
        for (kind, body, data) in cases {
            let comma = if data.is_empty() { "" } else { "," };
            let expected = format!(r#"{{{head},"datacontenttype":"{kind}"{comma}{data}}}"#);
            assert_eq!(event(&[("content-type", kind)], body), Ok(expected));
        }
    }

    #[test]
    fn values_of_headers_are_percent_decoded() {
        let decode = |text| decoded(&HeaderValue::from_static(text));
        assert_eq!(decode("Euro%20%E2%82%AC%25").as_deref(), Some("Euro €%"));
        for broken in ["%", "%4", "%zz", "%ff"] {
            assert_eq!(decode(broken), None, "{broken}");
        }
    }

    #[test]
    fn an_attribute_that_is_sent_twice_or_as_data_is_refused() {
        assert!(event(&[("ce-subject", "%")], b"").unwrap_err().contains("ce-subject"));
        assert!(event(&[("ce-data", "x")], b"").unwrap_err().contains("ce-data"));
        let mut twice = headers(HEAD);
        twice.append("ce-id", HeaderValue::from_static("2"));
        assert!(binary(&twice, b"").is_err());
    }

    #[test]
    fn broken_json_data_is_refused() {
        assert!(event(&[("content-type", "application/json")], b"{").is_err());
        assert!(event(&[("content-type", "application/json")], &[0xff]).is_err());
    }

    #[test]
    fn a_batch_has_a_limit() {
        let max = Limits::CURRENT.batch_events_max;
        let of = |events| format!("[{}]", vec!["{}"; events].join(","));
        assert_eq!(batch(of(max).as_bytes()).unwrap().len(), max);
        assert!(batch(of(max + 1).as_bytes()).unwrap_err().to_string().contains("batchEventsMax"));
        assert_eq!(batch(b"[]").unwrap().len(), 0);
        assert!(batch(b"{}").is_err());
    }

    #[test]
    fn the_kind_of_a_request_follows_from_its_headers() {
        let kind = |lines: &[(&'static str, &'static str)], kind| content(&headers(lines), kind, true).ok();
        assert_eq!(kind(&[], "application/cloudevents+json"), Some(Content::CloudEvent));
        assert_eq!(kind(&[], "application/cloudevents-batch+json"), Some(Content::CloudEventBatch));
        assert_eq!(kind(&[], "application/cloudevents+avro"), None);
        assert_eq!(kind(&[], "application/json"), None);
        assert_eq!(kind(HEAD, "application/json"), Some(Content::CloudEventData));
        assert_eq!(kind(HEAD, ""), Some(Content::CloudEventData));
        assert!(content(&headers(HEAD), "application/cloudevents+json", false).is_err());
    }
}
