//! The API's client: one request, one answer, or an error with its code.
//!
//! Deliberately absent: types of bodies. What the server answers is shown as it is, so that an older client shows a
//! newer server's fields. Nothing is retried here: a command that may be repeated says so itself.

mod connect;
mod escape;

pub(crate) use escape::{path, query};

use crate::context::Context;
use crate::error::{Code, Error};
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use serde_json::Value;
use std::time::Duration;

/// Bytes of an answer that are read; the server's own limits are well below.
const ANSWER_BYTES_MAX: usize = 64 << 20;
/// How long an answer may take beyond the time that the request itself asks to wait.
const ANSWER_MS_MAX: u64 = 60_000;

/// What a server answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The HTTP status; below 400.
    pub(crate) status: StatusCode,
    /// The body; null when it was empty.
    pub(crate) body: Value,
}

/// A request's body.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    /// None.
    Empty,
    /// A JSON value.
    Json(Value),
    /// The text of a definition: YAML, of which JSON is a part.
    Yaml(String),
    /// A `CloudEvent`, or a list of them.
    Events(Value),
}

/// Speaks to one server as one principal.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    context: Context,
    correlation_id: String,
}

impl Client {
    /// A client of the server that `context` names. The correlation id goes with each request.
    pub(crate) fn new(context: Context, correlation_id: impl Into<String>) -> Self {
        Self { context, correlation_id: correlation_id.into() }
    }

    /// Reads something.
    pub(crate) async fn get(&self, target: &str) -> Result<Answer, Error> {
        self.call(Method::GET, target, Body::Empty, &[]).await
    }

    /// Does something.
    pub(crate) async fn post(&self, target: &str, body: Body) -> Result<Answer, Error> {
        self.call(Method::POST, target, body, &[]).await
    }

    /// Removes something.
    pub(crate) async fn delete(&self, target: &str) -> Result<Answer, Error> {
        self.call(Method::DELETE, target, Body::Empty, &[]).await
    }

    /// Sends one request. An answer of 400 and more is an error.
    pub(crate) async fn call(
        &self,
        method: Method,
        target: &str,
        body: Body,
        headers: &[(&'static str, String)],
    ) -> Result<Answer, Error> {
        let request = self.request(method, target, body, headers)?;
        let limit = Duration::from_millis(ANSWER_MS_MAX);
        let exchange = async {
            let mut sender = connect::open(&self.context.url).await?;
            let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
            let status = response.status();
            let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
            Ok::<_, String>((status, body.map_err(|error| error.to_string())?.to_bytes()))
        };
        let (status, bytes) = match tokio::time::timeout(limit, exchange).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(cause)) => return Err(self.unreachable(&cause)),
            Err(_) => return Err(self.unreachable("no answer within 60 seconds")),
        };
        read_answer(status, &bytes)
    }

    fn request(
        &self,
        method: Method,
        target: &str,
        body: Body,
        headers: &[(&'static str, String)],
    ) -> Result<Request<Full<Bytes>>, Error> {
        let host = self.context.url.authority().to_owned();
        let prefix = self.context.url.path().trim_end_matches('/');
        let mut builder = Request::builder()
            .method(method)
            .uri(format!("{prefix}{target}"))
            .header(HOST, host)
            .header(ACCEPT, "application/json")
            .header("x-correlation-id", &self.correlation_id);
        if let Some(token) = &self.context.token {
            builder = builder.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(tenant) = &self.context.tenant {
            builder = builder.header("x-tenant-id", tenant);
        }
        for (name, value) in headers {
            builder = builder.header(*name, value);
        }
        let (kind, bytes) = match body {
            Body::Empty => (None, Bytes::new()),
            Body::Json(value) => (Some("application/json"), value.to_string().into()),
            Body::Events(Value::Array(events)) => {
                (Some("application/cloudevents-batch+json"), Value::Array(events).to_string().into())
            }
            Body::Events(event) => (Some("application/cloudevents+json"), event.to_string().into()),
            Body::Yaml(text) => (Some("application/yaml"), text.into()),
        };
        if let Some(kind) = kind {
            builder = builder.header(CONTENT_TYPE, kind);
        }
        builder.body(Full::new(bytes)).map_err(|error| {
            Error::new(Code::Usage, format!("cannot send this as a request: {error}"))
                .next("look for characters that do not belong into a token, a tenant or a key")
        })
    }

    fn unreachable(&self, cause: &str) -> Error {
        let Context { url, origin, .. } = &self.context;
        Error::new(Code::Connection, format!("no answer from {url} ({origin}): {cause}"))
            .next("is the server running? `tenure dev` starts one; `-c` and TENURE_URL choose another")
    }
}

fn read_answer(status: StatusCode, bytes: &[u8]) -> Result<Answer, Error> {
    let body = if bytes.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(bytes) };
    if status.as_u16() >= 400 {
        return Err(Error::answered(status, &body.unwrap_or(Value::Null)));
    }
    match body {
        Ok(body) => Ok(Answer { status, body }),
        Err(error) => Err(Error::new(Code::Answer, format!("the answer is not JSON: {error}"))
            .next("check that the address is that of a Tenure server")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;
    use url::Url;

    fn client(url: &str, tenant: Option<&str>) -> Client {
        let context = Context {
            url: Url::parse(url).unwrap(),
            token: Some("T".into()),
            tenant: tenant.map(Into::into),
            origin: "test".into(),
        };
        Client::new(context, "cor-1")
    }

    #[test]
    fn a_request_carries_token_tenant_and_correlation_id() {
        let client = client("http://h:1/base/", Some("acme"));
        let request = client.request(Method::POST, "/v1/x?a=b", Body::Json(Value::from(1)), &[]).unwrap();
        assert_eq!(request.uri(), "/base/v1/x?a=b");
        let header = |name: &str| request.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("authorization"), "Bearer T");
        assert_eq!(header("x-tenant-id"), "acme");
        assert_eq!(header("x-correlation-id"), "cor-1");
        assert_eq!(header("host"), "h:1");
        assert_eq!(header("content-type"), "application/json");
    }

    #[test]
    fn a_token_with_a_line_feed_is_refused_before_anything_is_sent() {
        let mut client = client("http://h:1", None);
        client.context.token = Some("a\nb".into());
        assert_eq!(client.request(Method::GET, "/", Body::Empty, &[]).unwrap_err().exit, Exit::Usage);
    }

    #[test]
    fn an_error_answer_is_an_error_whatever_its_body() {
        assert_eq!(read_answer(StatusCode::NOT_FOUND, b"<html>").unwrap_err().exit, Exit::NotFound);
        assert_eq!(read_answer(StatusCode::OK, b"<html>").unwrap_err().code(), "CLI-0005");
        assert_eq!(read_answer(StatusCode::ACCEPTED, b"").unwrap().body, Value::Null);
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_named() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let error = client(&url, None).get("/v1/whoami").await.unwrap_err();
        assert_eq!(error.code(), "CLI-0004");
        assert!(error.render("c").contains(&url));
    }
}
