//! `basic` and `bearer`, and what all policies have in common.

use super::lab::{Book, Lab, Server, answer, answered, authenticate, class, header, json, ok};
use tenure_dsl::json::Json;
use tenure_dsl::program::Scheme;
use tenure_engine::execution::CallOutcome;

#[tokio::test]
async fn basic_and_bearer_are_sent_with_the_first_request() {
    let book = Book::of(&[
        ("login", r#"{"username":"Aladdin","password":"open sesame"}"#),
        ("token", "\"tok-1\""),
        ("object", r#"{"token":"tok-2"}"#),
    ]);
    let mut server = Server::answering(ok("x"));
    let mut lab = Lab::knowing(&book);
    for (scheme, properties, expected) in [
        (
            Scheme::Basic,
            json(r#"{"username":"Aladdin","password":"open sesame"}"#),
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
        ),
        (Scheme::Basic, Json::secret("login"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        (Scheme::Bearer, json(r#"{"token":"tok-0"}"#), "Bearer tok-0"),
        (Scheme::Bearer, Json::secret("token"), "Bearer tok-1"),
        (Scheme::Bearer, Json::secret("object"), "Bearer tok-2"),
        (Scheme::Bearer, Json::object([("token", Json::secret("token"))]), "Bearer tok-1"),
    ] {
        let mut call = lab.call(&server.url());
        authenticate(&mut call, scheme, properties);
        answered(lab.outcome(call).await);
        assert_eq!(header(&server.wait_for_request().await, "authorization"), [expected]);
    }
}

#[tokio::test]
async fn a_401_is_the_answer_and_nothing_is_tried_again() {
    let mut server =
        Server::answering(answer("401 Unauthorized", "www-authenticate: Basic realm=\"x\"\r\n", "no"));
    let mut lab = Lab::new();
    for (scheme, properties) in
        [(Scheme::Basic, r#"{"username":"a","password":"wrong"}"#), (Scheme::Bearer, r#"{"token":"wrong"}"#)]
    {
        let mut call = lab.call(&server.url());
        authenticate(&mut call, scheme, json(properties));
        assert_eq!(class(&lab.outcome(call).await), "answered 401");
    }
    assert_eq!(server.counts().1, 2);
}

#[tokio::test]
async fn credentials_that_cannot_be_used_are_refused_with_nothing_sent() {
    let book = Book::of(&[("login", r#"{"username":"hunter2"}"#), ("number", "{\"token\":[1]}")]);
    let mut server = Server::answering(ok("x"));
    let mut lab = Lab::knowing(&book);
    for (scheme, properties, expected) in [
        (Scheme::Basic, Json::secret("login"), "not_sent authentication"),
        (Scheme::Basic, json(r#"{"username":"a:b","password":"x"}"#), "not_sent authentication"),
        (Scheme::Bearer, Json::secret("number"), "not_sent authentication"),
        (Scheme::Bearer, Json::secret("none"), "not_sent authorization"),
        (Scheme::Bearer, json("{\"token\":\"a\\r\\nb\"}"), "not_sent invalid_request"),
        (Scheme::Bearer, Json::object([("token", Json::authorization())]), "not_sent invalid_request"),
    ] {
        let mut call = lab.call(&server.url());
        authenticate(&mut call, scheme, properties);
        let outcome = lab.outcome(call).await;
        assert_eq!(class(&outcome), expected);
        let CallOutcome::NotSent { detail, .. } = outcome else { panic!("{outcome:?}") };
        assert!(!detail.contains("hunter2"), "{detail}");
    }
    assert_eq!(server.counts(), (0, 0));
}

#[tokio::test]
async fn credentials_are_masked_in_what_comes_back() {
    let server =
        Server::speaking(|request| ok(&format!("{} open sesame", header(request, "authorization")[0])));
    let mut lab = Lab::new();
    let mut call = lab.call(&server.url());
    authenticate(&mut call, Scheme::Basic, json(r#"{"username":"Aladdin","password":"open sesame"}"#));
    assert_eq!(answered(lab.outcome(call).await).body, b"*** ***");
}
