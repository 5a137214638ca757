//! The requests of the load, made from as little as possible for each.

use super::clock::now_us;
use super::load::{MakeRequest, Target};
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use std::rc::Rc;

/// Starts a workflow of the bench; the input says when it was sent.
pub(crate) fn start(name: &'static str) -> MakeRequest {
    Rc::new(move |target, _| {
        let sent_us = now_us();
        let body = format!(
            r#"{{"workflow":{{"namespace":"bench","name":"{name}","version":"1.0.0"}},"input":{{"sentUs":"{sent_us}"}}}}"#
        );
        post(target, body, None)
    })
}

/// Starts a workflow of the bench that waits for events; its number is that of the request.
pub(crate) fn listen(name: &'static str) -> MakeRequest {
    Rc::new(move |target, n| {
        let body = format!(
            r#"{{"workflow":{{"namespace":"bench","name":"{name}","version":"1.0.0"}},"input":{{"number":"n{n}"}}}}"#
        );
        post(target, body, None)
    })
}

/// Publishes an event of a type. It bears a number, from `first` on.
pub(crate) fn event(kind: &'static str, first: u64) -> MakeRequest {
    Rc::new(move |target, n| {
        let n = first + n;
        let body = format!(
            r#"{{"specversion":"1.0","id":"{kind}-{n}","source":"/bench","type":"{kind}","data":{{"number":"n{n}"}}}}"#
        );
        let builder = Request::post("/v1/events")
            .header("host", &target.authority)
            .header("authorization", &target.authorization)
            .header("content-type", "application/cloudevents+json");
        builder.body(Full::new(body.into())).expect("the token was accepted before")
    })
}

/// 202, and one execution got the event.
pub(crate) fn delivered_once(status: StatusCode, body: &[u8]) -> bool {
    const WORD: &[u8] = b"\"deliveries\":1,";
    status == StatusCode::ACCEPTED && body.windows(WORD.len()).any(|window| window == WORD)
}

/// 202.
pub(crate) fn accepted(status: StatusCode, _: &[u8]) -> bool {
    status == StatusCode::ACCEPTED
}

/// Starts a workflow of the bench and waits for its end.
pub(crate) fn run(name: &'static str) -> MakeRequest {
    let body =
        format!(r#"{{"workflow":{{"namespace":"bench","name":"{name}","version":"1.0.0"}},"input":{{}}}}"#);
    let body = Bytes::from(body);
    Rc::new(move |target, _| post(target, body.clone(), Some("wait=30")))
}

/// Registers definitions; the n-th text is made for the n-th request.
pub(crate) fn register(text: impl Fn(u64) -> String + 'static) -> MakeRequest {
    Rc::new(move |target, n| {
        let builder = Request::post("/v1/workflow-definitions")
            .header("host", &target.authority)
            .header("authorization", &target.authorization)
            .header("content-type", "application/yaml");
        builder.body(Full::new(text(n).into())).expect("the token was accepted before")
    })
}

/// 201.
pub(crate) fn created(status: StatusCode, _: &[u8]) -> bool {
    status == StatusCode::CREATED
}

/// Starts a workflow of the bench whose name ends with the number of the request, up to `count`.
pub(crate) fn start_numbered(name: &'static str, count: u64) -> MakeRequest {
    Rc::new(move |target, n| {
        let body = format!(
            r#"{{"workflow":{{"namespace":"bench","name":"{name}-{}","version":"1.0.0"}},"input":{{}}}}"#,
            n % count
        );
        post(target, body, None)
    })
}

/// Reads something.
pub(crate) fn get(paths: Vec<String>) -> MakeRequest {
    assert!(!paths.is_empty(), "there is something to read");
    Rc::new(move |target, n| {
        let index = usize::try_from(n).unwrap_or(0) % paths.len();
        let builder = Request::get(paths[index].as_str())
            .header("host", &target.authority)
            .header("authorization", &target.authorization);
        builder.body(Full::new(Bytes::new())).expect("the path and the token were accepted before")
    })
}

/// 201, or 200 for a start that was known.
pub(crate) fn started(status: StatusCode, _: &[u8]) -> bool {
    matches!(status.as_u16(), 200 | 201)
}

/// 200 with an execution that completed.
pub(crate) fn completed(status: StatusCode, body: &[u8]) -> bool {
    const WORD: &[u8] = b"\"completed\"";
    status == StatusCode::OK && body.windows(WORD.len()).any(|window| window == WORD)
}

/// 200.
pub(crate) fn found(status: StatusCode, _: &[u8]) -> bool {
    status == StatusCode::OK
}

fn post(target: &Target, body: impl Into<Bytes>, prefer: Option<&'static str>) -> Request<Full<Bytes>> {
    let mut builder = Request::post("/v1/workflows/start")
        .header("host", &target.authority)
        .header("authorization", &target.authorization)
        .header("content-type", "application/json");
    if let Some(prefer) = prefer {
        builder = builder.header("prefer", prefer);
    }
    builder.body(Full::new(body.into())).expect("the token was accepted before")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_completed_run_is_good() {
        assert!(completed(StatusCode::OK, br#"{"status":"completed"}"#));
        assert!(!completed(StatusCode::OK, br#"{"status":"faulted"}"#));
        assert!(!completed(StatusCode::ACCEPTED, br#"{"status":"completed"}"#));
    }

    #[test]
    fn requests_are_what_the_api_takes() {
        let target = Target { authority: "h:1".into(), authorization: "Bearer T".into() };
        let request = run("w5-set")(&target, 0);
        assert_eq!(request.headers()["prefer"], "wait=30");
        assert_eq!(request.uri(), "/v1/workflows/start");
        assert_eq!(get(vec!["/a".into(), "/b".into()])(&target, 3).uri(), "/b");
    }
}
