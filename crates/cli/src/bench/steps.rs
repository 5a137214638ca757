//! The step server: what the measured workflows call. It answers at once, and counts.
//!
//! One thread and no work, because it shares the machine with what is measured.

use crate::bench::clock::now_us;
use crate::bench::stats::{Percentiles, Samples};
use crate::error::{Code, Error};
use crate::exit::Exit;
use crate::output::Output;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::convert::Infallible;
use std::io::Read;
use std::net::Ipv4Addr;
use std::rc::Rc;
use tokio::net::TcpListener;
use tokio::task::LocalSet;

/// What the step server has seen since it was reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Seen {
    /// Calls.
    pub(crate) count: u64,
    /// Calls that were left without an answer.
    pub(crate) held: u64,
    /// When the first call arrived, in microseconds since 1970; 0 without any.
    pub(crate) first_us: u64,
    /// From the start's sending, which the call bears, to the call's arrival.
    pub(crate) latency: Percentiles,
    /// How many of the calls bore their start's sending.
    pub(crate) latencies: u64,
}

#[derive(Debug, Default)]
struct State {
    seen: Seen,
    samples: Samples,
}

impl State {
    fn arrived(&mut self, now_us: u64, sent_us: Option<u64>) {
        self.seen.count += 1;
        if self.seen.first_us == 0 {
            self.seen.first_us = now_us;
        }
        if let Some(sent_us) = sent_us {
            self.samples.add(now_us.saturating_sub(sent_us));
        }
    }

    fn seen(&mut self) -> Seen {
        let latencies = u64::try_from(self.samples.count()).unwrap_or(u64::MAX);
        Seen { latency: self.samples.percentiles(), latencies, ..self.seen }
    }
}

/// Serves until stdin ends, so that it does not outlive whoever started it. Prints its address first.
pub(crate) fn run(output: &Output) -> Result<Exit, Error> {
    std::thread::spawn(|| {
        let _ = std::io::stdin().lock().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let failed = |error| Error::new(Code::Bench, format!("the step server cannot run: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    LocalSet::new().block_on(&runtime, serve(output)).map_err(failed)?;
    Ok(Exit::Ok)
}

async fn serve(output: &Output) -> std::io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    output.data(&format!("http://{}\n", listener.local_addr()?));
    let state = Rc::new(RefCell::new(State::default()));
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let state = Rc::clone(&state);
        tokio::task::spawn_local(async move {
            let service = service_fn(move |request| answer(request, Rc::clone(&state)));
            // A caller that goes away is part of what is measured.
            let _ = http1::Builder::new()
                .pipeline_flush(true)
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    state: Rc<RefCell<State>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let arrived_us = now_us();
    let (head, body) = request.into_parts();
    // The body is read so that the connection can be used again.
    let _ = body.collect().await;
    let text = match (&head.method, head.uri.path()) {
        (&Method::POST, "/step") => {
            let sent = head.headers.get("x-sent-us").and_then(|value| value.to_str().ok()?.parse().ok());
            state.borrow_mut().arrived(arrived_us, sent);
            Bytes::from_static(b"{\"ok\":true}")
        }
        (&Method::POST, "/hold") => {
            state.borrow_mut().arrived(arrived_us, None);
            state.borrow_mut().seen.held += 1;
            std::future::pending::<()>().await;
            Bytes::new()
        }
        (&Method::POST, "/reset") => {
            *state.borrow_mut() = State::default();
            Bytes::from_static(b"{}")
        }
        (&Method::GET, "/seen") => {
            let seen = state.borrow_mut().seen();
            serde_json::to_vec(&seen).map(Bytes::from).unwrap_or_default()
        }
        _ => return Ok(plain(StatusCode::NOT_FOUND, Bytes::from_static(b"{}"))),
    };
    Ok(plain(StatusCode::OK, text))
}

fn plain(status: StatusCode, text: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(text));
    *response.status_mut() = status;
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_arrival_and_the_latencies_are_kept() {
        let mut state = State::default();
        state.arrived(1_000, Some(400));
        state.arrived(2_000, None);
        let seen = state.seen();
        assert_eq!((seen.count, seen.first_us, seen.latencies), (2, 1_000, 1));
        assert_eq!(seen.latency.p50_us, 600);
    }

    #[test]
    fn a_clock_that_went_backwards_counts_as_no_time() {
        let mut state = State::default();
        state.arrived(1_000, Some(2_000));
        assert_eq!(state.seen().latency.p99_us, 0);
    }
}
