//! The services that the demonstration calls: stock, payments and couriers on a loopback port.
//!
//! They deduplicate by `Idempotency-Key`, as a receiver of `exactly_once_with_key` promises.

use crate::error::{Code, Error};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::net::{TcpListener, TcpStream};

/// Bytes of a request that are read.
const BODY_BYTES_MAX: usize = 64 << 10;
/// Keys that are remembered; the oldest answers are for a demonstration only.
const KEYS_MAX: usize = 10_000;

/// The running services.
#[derive(Debug)]
pub(crate) struct Services {
    url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    first_call: Option<Instant>,
    answers: BTreeMap<String, (StatusCode, Value)>,
    refused_once: BTreeSet<String>,
    orders: u64,
}

impl Services {
    /// Starts them on a free loopback port; they end with the process.
    pub(crate) async fn start() -> Result<Self, Error> {
        let failed =
            |error| Error::new(Code::Server, format!("cannot start the demonstration's services: {error}"));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(failed)?;
        let url = format!("http://{}", listener.local_addr().map_err(failed)?);
        let state = Arc::new(Mutex::new(State::default()));
        let services = Self { url, state: Arc::clone(&state) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&state)));
            }
        });
        Ok(services)
    }

    /// Where they are.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// When the first call arrived.
    pub(crate) fn first_call(&self) -> Option<Instant> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).first_call
    }
}

async fn serve(stream: TcpStream, state: Arc<Mutex<State>>) {
    let service = service_fn(move |request| answer(request, Arc::clone(&state)));
    // A caller that goes away in the middle is its own business.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(
    request: Request<Incoming>,
    state: Arc<Mutex<State>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let arrived = Instant::now();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let key = request.headers().get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::to_owned);
    let body = Limited::new(request.into_body(), BODY_BYTES_MAX).collect().await;
    let body = body.map(|body| serde_json::from_slice(&body.to_bytes()).unwrap_or(Value::Null));
    let (status, value) = match body {
        Ok(body) => {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            state.first_call.get_or_insert(arrived);
            state.answer(&method, &path, key.as_deref(), &body)
        }
        Err(_) => (StatusCode::PAYLOAD_TOO_LARGE, json!({ "detail": "the body is too large" })),
    };
    let response = Response::builder().status(status).header("content-type", "application/json");
    let response = response.body(Full::new(Bytes::from(value.to_string())));
    Ok(response.expect("the status and the header are constants"))
}

impl State {
    /// The same key gets the same answer; only a 503 is not remembered, because nothing was done.
    fn answer(
        &mut self,
        method: &Method,
        path: &str,
        key: Option<&str>,
        body: &Value,
    ) -> (StatusCode, Value) {
        if let Some(answer) = key.and_then(|key| self.answers.get(key)) {
            return answer.clone();
        }
        let answer = self.decide(method, path, key, body);
        if let (Some(key), true) = (key, answer.0 != StatusCode::SERVICE_UNAVAILABLE) {
            while self.answers.len() >= KEYS_MAX {
                self.answers.pop_first();
            }
            self.answers.insert(key.into(), answer.clone());
        }
        answer
    }

    fn decide(
        &mut self,
        method: &Method,
        path: &str,
        key: Option<&str>,
        body: &Value,
    ) -> (StatusCode, Value) {
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        match (method.as_str(), segments.as_slice()) {
            ("POST", ["stock", "reservations"]) => (StatusCode::CREATED, json!({ "id": self.number("res") })),
            ("DELETE", ["stock", "reservations", id]) => (StatusCode::OK, json!({ "released": id })),
            ("POST", ["payments"]) if self.first_time(key) => {
                (StatusCode::SERVICE_UNAVAILABLE, json!({ "detail": "the card network is busy" }))
            }
            ("POST", ["payments"]) => {
                (StatusCode::CREATED, json!({ "id": self.number("pay"), "charged": body["amount"] }))
            }
            ("POST", ["payments", id, "refund"]) => (StatusCode::OK, json!({ "refunded": id })),
            ("POST", ["courier", "bookings"]) if body["destination"] == super::UNREACHABLE => {
                (StatusCode::CONFLICT, json!({ "detail": "no courier delivers to the moon" }))
            }
            ("POST", ["courier", "bookings"]) => (StatusCode::CREATED, json!({ "id": self.number("trip") })),
            _ => (StatusCode::NOT_FOUND, json!({ "detail": "there is no such service" })),
        }
    }

    fn first_time(&mut self, key: Option<&str>) -> bool {
        key.is_some_and(|key| {
            while self.refused_once.len() >= KEYS_MAX {
                self.refused_once.pop_first();
            }
            self.refused_once.insert(key.into())
        })
    }

    fn number(&mut self, prefix: &str) -> String {
        self.orders += 1;
        format!("{prefix}-{}", self.orders)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(state: &mut State, path: &str, key: &str, body: &Value) -> (u16, Value) {
        let (status, value) = state.answer(&Method::POST, path, Some(key), body);
        (status.as_u16(), value)
    }

    #[test]
    fn a_payment_is_refused_once_and_then_taken_once() {
        let mut state = State::default();
        assert_eq!(post(&mut state, "/payments", "k", &json!({ "amount": 5 })).0, 503);
        let paid = post(&mut state, "/payments", "k", &json!({ "amount": 5 }));
        assert_eq!(paid.0, 201);
        assert_eq!(post(&mut state, "/payments", "k", &json!({ "amount": 5 })), paid);
    }

    #[test]
    fn nobody_delivers_to_the_moon() {
        let mut state = State::default();
        assert_eq!(post(&mut state, "/courier/bookings", "a", &json!({ "destination": "the moon" })).0, 409);
        assert_eq!(post(&mut state, "/courier/bookings", "b", &json!({ "destination": "Berlin" })).0, 201);
    }

    #[test]
    fn undoing_names_what_was_undone() {
        let mut state = State::default();
        let (status, value) = state.answer(&Method::DELETE, "/stock/reservations/res-1", None, &Value::Null);
        assert_eq!((status.as_u16(), value), (200, json!({ "released": "res-1" })));
        assert_eq!(
            post(&mut state, "/payments/pay-2/refund", "r", &Value::Null),
            (200, json!({ "refunded": "pay-2" }))
        );
    }

    #[test]
    fn an_unknown_path_is_404() {
        assert_eq!(post(&mut State::default(), "/nowhere", "k", &Value::Null).0, 404);
    }
}
