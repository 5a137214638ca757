//! What is sent, byte for byte, and what is refused with nothing sent.

use super::lab::{Lab, Server, class, edit, json, ok};
use tenure_engine::execution::HttpRequest;

async fn sent(change: impl FnOnce(&mut HttpRequest)) -> String {
    let mut server = Server::answering(ok(""));
    let mut lab = Lab::new();
    let mut call = lab.call(&server.url());
    edit(&mut call, change);
    assert_eq!(class(&lab.outcome(call).await), "answered 200");
    server.wait_for_request().await.replace(&server.addr.to_string(), "SERVER")
}

fn body_of(request: &str) -> &str {
    request.split_once("\r\n\r\n").unwrap().1
}

fn header<'a>(request: &'a str, name: &str) -> Vec<&'a str> {
    request.lines().filter_map(|line| line.strip_prefix(&format!("{name}: "))).collect()
}

#[tokio::test]
async fn a_request_is_sent_as_recorded_with_the_engines_headers() {
    let request = sent(|request| {
        request.uri.push_str("v1/charges?q=a%20b&r=%2F#part");
        request.headers.push(("X-Api-Key".into(), "k".into()));
        request.body = Some(json("{\"a\":1}"));
    })
    .await;
    let expected = "POST /v1/charges?q=a%20b&r=%2F HTTP/1.1\r\nx-api-key: k\r\nhost: SERVER\r\ncontent-type: application/json\r\n\
        idempotency-key: key-1\r\nx-correlation-id: cor-1\r\nx-tenant-id: acme\r\naccept: application/json, */*;q=0.8\r\n\
        user-agent: tenure/VERSION\r\ntraceparent: 00-01935f6b000070008000000000000001-0000000000000001-01\r\n\
        content-length: 7\r\n\r\n{\"a\":1}";
    assert_eq!(request, expected.replace("VERSION", env!("CARGO_PKG_VERSION")));
}

#[tokio::test]
async fn a_text_under_another_content_type_is_sent_as_it_is() {
    for (content_type, expected) in [
        (None, "\"hi\""),
        (Some("application/json"), "\"hi\""),
        (Some("Application/Problem+JSON; charset=utf-8"), "\"hi\""),
        (Some("text/plain"), "hi"),
        (Some("application/x-www-form-urlencoded"), "hi"),
    ] {
        let request = sent(|request| {
            request.body = Some(json("\"hi\""));
            request.headers.extend(content_type.map(|value| ("Content-Type".into(), value.into())));
        })
        .await;
        assert_eq!(body_of(&request), expected, "{content_type:?}");
        assert_eq!(header(&request, "content-type"), [content_type.unwrap_or("application/json")]);
    }
}

#[tokio::test]
async fn anything_but_a_text_is_sent_as_json_under_any_content_type() {
    let request = sent(|request| {
        request.body = Some(json("[1,2]"));
        request.headers.push(("content-type".into(), "text/plain".into()));
    })
    .await;
    assert_eq!(body_of(&request), "[1,2]");
}

#[tokio::test]
async fn without_a_body_there_is_no_content_type() {
    let post = sent(|_| {}).await;
    assert_eq!((header(&post, "content-type").len(), header(&post, "content-length")), (0, vec!["0"]));
    let get = sent(|request| request.method = "GET".into()).await;
    assert!(get.starts_with("GET / HTTP/1.1\r\n"));
    assert!(header(&get, "content-length").is_empty());
}

#[tokio::test]
async fn a_definition_may_set_what_is_not_reserved() {
    let request = sent(|request| {
        for (name, value) in [
            ("Accept", "text/csv"),
            ("User-Agent", "me"),
            ("traceparent", "00-1"),
            ("X-A", "1"),
            ("X-A", "2"),
            ("x-utf8", "é"),
        ] {
            request.headers.push((name.into(), value.into()));
        }
    })
    .await;
    assert_eq!(header(&request, "accept"), ["text/csv"]);
    assert_eq!(header(&request, "user-agent"), ["me"]);
    assert_eq!(header(&request, "traceparent"), ["00-1"]);
    assert_eq!(header(&request, "x-a"), ["1", "2"]);
    assert_eq!(header(&request, "x-utf8"), ["é"]);
}

/// E4
#[tokio::test]
async fn what_is_not_a_header_is_refused_with_nothing_sent() {
    let mut server = Server::answering(ok(""));
    let mut lab = Lab::new();
    let reserved = [
        "Host",
        "Content-Length",
        "Transfer-Encoding",
        "Connection",
        "TE",
        "Upgrade",
        "Trailer",
        "Keep-Alive",
        "Proxy-Connection",
        "Proxy-Authorization",
        "Idempotency-Key",
        "X-Tenant-Id",
        "X-Correlation-Id",
        ":authority",
        ":path",
        "",
        "a b",
        "a:b",
        "a\r\nb",
        "a\0",
        "é",
        "a(b)",
    ];
    let names = reserved.map(|name| (name.to_owned(), "x".to_owned()));
    let injections = ["a\r\nHost: b", "a\nb", "a\rb", "a\0b", "\r\n\r\nGET / HTTP/1.1", "a\u{7f}b", "a\u{1}"];
    let values = injections.map(|value| ("x-a".to_owned(), value.to_owned()));
    let large = [("x-a".to_owned(), "x".repeat(super::super::HEADER_BYTES_MAX))];
    for header in names.into_iter().chain(values).chain(large) {
        let mut call = lab.call(&server.url());
        edit(&mut call, |request| request.headers.push(header.clone()));
        assert_eq!(class(&lab.outcome(call).await), "not_sent invalid_request", "{header:?}");
    }
    let mut call = lab.call(&server.url());
    edit(&mut call, |request| {
        request.headers = vec![("x-a".into(), "1".into()); super::super::HEADERS_MAX + 1];
    });
    assert_eq!(class(&lab.outcome(call).await), "not_sent invalid_request");
    assert_eq!(server.counts(), (0, 0));
}

#[tokio::test]
async fn what_is_not_a_method_is_refused_with_nothing_sent() {
    let mut server = Server::answering(ok(""));
    let mut lab = Lab::new();
    for method in ["CONNECT", "", "GE T", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "GÉT"] {
        let mut call = lab.call(&server.url());
        edit(&mut call, |request| request.method = method.into());
        assert_eq!(class(&lab.outcome(call).await), "not_sent invalid_request", "{method:?}");
    }
    assert_eq!(server.counts(), (0, 0));
}

/// E4: the engine's own headers carry what clients chose.
#[tokio::test]
async fn a_key_or_correlation_id_that_is_no_header_is_refused_with_nothing_sent() {
    let mut server = Server::answering(ok(""));
    let mut lab = Lab::new();
    let mut call = lab.call(&server.url());
    call.correlation_id = "a\r\nx: y".into();
    assert_eq!(class(&lab.outcome(call).await), "not_sent invalid_request");
    let mut call = lab.call(&server.url());
    call.effect.key = "a\nb".into();
    assert_eq!(class(&lab.outcome(call).await), "not_sent invalid_request");
    assert_eq!(server.counts(), (0, 0));
}

/// E5: dots and odd characters in a path are encoded or resolved before the request, and stay within the host.
#[tokio::test]
async fn a_path_cannot_leave_its_request_line() {
    for (path, expected) in [
        ("a/../../../etc", "/etc"),
        ("a%2f..%2fb;c", "/a%2f..%2fb;c"),
        ("é\"<>`{}", "/%C3%A9%22%3C%3E%60%7B%7D"),
        ("?q='\"<>", "/?q=%27%22%3C%3E"),
        ("//evil.example/x", "///evil.example/x"),
    ] {
        let request = sent(|request| request.uri.push_str(path)).await;
        assert_eq!(request.lines().next().unwrap(), format!("POST {expected} HTTP/1.1"), "{path}");
        assert_eq!(header(&request, "host"), ["SERVER"]);
    }
}
