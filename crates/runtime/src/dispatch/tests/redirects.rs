//! Redirects: of `GET` and on request only, and without anything secret for another origin. S2, S3.

use super::lab::{Book, Lab, Server, answer, answered, authenticate, class, edit, header, json, ok, protect};
use tenure_dsl::json::Json;
use tenure_dsl::program::Scheme;
use tenure_engine::execution::Protection;

fn redirect(status: &str, location: &str) -> String {
    answer(status, &format!("location: {location}\r\n"), "elsewhere")
}

fn get(lab: &Lab, url: &str) -> super::super::Call {
    let mut call = lab.call(url);
    edit(&mut call, |request| {
        request.method = "GET".into();
        request.redirect = true;
    });
    call
}

#[tokio::test]
async fn a_get_that_wants_it_is_redirected() {
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let mut server = Server::speaking(move |request| {
            if request.starts_with("GET /a ") { redirect(status, "/b?c=1") } else { ok("there") }
        });
        let mut lab = Lab::new();
        let call = get(&lab, &format!("{}a", server.url()));
        assert_eq!(answered(lab.outcome(call).await).body, b"there", "{status}");
        server.wait_for_request().await;
        assert!(server.wait_for_request().await.starts_with("GET /b?c=1 HTTP/1.1\r\n"));
    }
}

#[tokio::test]
async fn nothing_else_is_redirected() {
    let mut server = Server::answering(redirect("302 Found", "/b"));
    let mut lab = Lab::new();
    for (method, wanted) in [("GET", false), ("POST", true), ("HEAD", true), ("PUT", true)] {
        let mut call = lab.call(&server.url());
        edit(&mut call, |request| (request.method, request.redirect) = (method.into(), wanted));
        if method != "HEAD" {
            assert_eq!(class(&lab.outcome(call).await), "answered 302", "{method}");
            assert_eq!(server.counts().1, 1);
        }
    }
    let odd = Server::answering(answer("300 Choices", "location: /b\r\n", ""));
    let call = get(&lab, &odd.url());
    assert_eq!(class(&lab.outcome(call).await), "answered 300");
    let nowhere = Server::answering(answer("302 Found", "", ""));
    let call = get(&lab, &nowhere.url());
    assert_eq!(class(&lab.outcome(call).await), "answered 302");
}

#[tokio::test]
async fn a_chain_of_redirects_has_an_end() {
    let mut server = Server::answering(redirect("302 Found", "/again"));
    let mut lab = Lab::new();
    let call = get(&lab, &server.url());
    assert_eq!(class(&lab.outcome(call).await), "answered 302");
    assert_eq!(server.counts().1, 1 + super::super::REDIRECTS_MAX);
}

/// S2: each hop is judged; what may not be called is not called, and the redirect is the answer.
#[tokio::test]
async fn a_redirect_to_a_forbidden_address_is_not_followed() {
    for location in
        ["http://10.0.0.1/", "http://169.254.169.254/latest", "ftp://example.com/", "http://user@127.0.0.1/"]
    {
        let mut server = Server::answering(redirect("302 Found", location));
        let mut lab = Lab::new();
        let call = get(&lab, &server.url());
        assert_eq!(class(&lab.outcome(call).await), "answered 302", "{location}");
        assert_eq!(server.counts().1, 1);
    }
}

/// S3: credentials, cookies and whatever holds a secret stay with the first origin.
#[tokio::test]
async fn nothing_secret_is_sent_to_another_origin() {
    let book = Book::of(&[("key", "\"hunter2\"")]);
    let mut other = Server::answering(ok("there"));
    let location = other.url();
    let first = Server::answering(redirect("302 Found", &location));
    let mut lab = Lab::knowing(&book);
    let mut call = get(&lab, &first.url());
    edit(&mut call, |request| {
        for (name, value) in [("x-key", "***"), ("cookie", "a=b"), ("x-plain", "1"), ("X-Note", "2")] {
            request.headers.push((name.into(), value.into()));
        }
    });
    authenticate(&mut call, Scheme::Basic, json(r#"{"username":"a","password":"secret"}"#));
    let mut protection = Protection::clone(call.effect.protection.as_ref().unwrap());
    protection.headers.push((0, Json::secret("key")));
    protect(&mut call, protection);
    answered(lab.outcome(call).await);
    let request = other.wait_for_request().await;
    for name in ["authorization", "x-key", "cookie"] {
        assert!(header(&request, name).is_empty(), "{name}: {request}");
    }
    assert_eq!((header(&request, "x-plain"), header(&request, "x-note")), (vec!["1"], vec!["2"]));
}

#[tokio::test]
async fn the_same_origin_is_sent_everything_again() {
    let book = Book::of(&[("key", "\"hunter2\"")]);
    let mut server = Server::speaking(|request| {
        if request.starts_with("GET / ") { redirect("302 Found", "/b") } else { ok("there") }
    });
    let mut lab = Lab::knowing(&book);
    let mut call = get(&lab, &server.url());
    edit(&mut call, |request| request.headers.push(("x-key".into(), "***".into())));
    authenticate(&mut call, Scheme::Bearer, Json::secret("key"));
    let mut protection = Protection::clone(call.effect.protection.as_ref().unwrap());
    protection.headers.push((0, Json::secret("key")));
    protect(&mut call, protection);
    answered(lab.outcome(call).await);
    for _ in 0..2 {
        let request = server.wait_for_request().await;
        assert_eq!(header(&request, "authorization"), ["Bearer hunter2"]);
        assert_eq!(header(&request, "x-key"), ["hunter2"]);
    }
}

/// A request has left: nobody may say that nothing did.
#[tokio::test]
async fn a_hop_that_cannot_be_reached_is_an_unknown_outcome() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let location = format!("http://{}/", closed.local_addr().unwrap());
    drop(closed);
    let server = Server::answering(redirect("302 Found", &location));
    let mut lab = Lab::new();
    let call = get(&lab, &server.url());
    assert_eq!(class(&lab.outcome(call).await), "unknown connect");
}
