//! Secrets in requests: where their values go, and that they come back from nowhere.

use super::lab::{
    Book, Lab, Server, answer, answered, authenticate, body_of, class, edit, header, hidden, json, json_ok,
    ok, protect, tenant,
};
use tenure_dsl::json::Json;
use tenure_dsl::program::Scheme;
use tenure_engine::execution::{CallOutcome, Protection};

fn detail(outcome: CallOutcome) -> String {
    match outcome {
        CallOutcome::NotSent { detail, .. } | CallOutcome::Unknown { detail, .. } => detail.to_string(),
        other => panic!("{other:?}"),
    }
}

fn part(name: &str, key: &str) -> Json {
    // As an expression makes it: `$secrets.name.key`.
    let source = format!("$secrets.{name}.{key}");
    let template = tenure_dsl::expr::Template::expression(&source, &[]).unwrap();
    template.eval_opaque(&Json::null(), &OneSecret(name.to_owned())).unwrap()
}

struct OneSecret(String);

impl tenure_dsl::expr::Env for OneSecret {
    fn var(&self, name: &str) -> Option<Json> {
        (name == "secrets").then(|| Json::object([(&*self.0, Json::secret(&self.0))]))
    }
}

#[tokio::test]
async fn values_are_put_where_the_request_refers_to_them() {
    let book = Book::of(&[("key", "\"hunter2\""), ("db", r#"{"user":"ada","pin":12345}"#)]);
    let mut server = Server::answering(ok("x"));
    let mut lab = Lab::knowing(&book);
    let mut call = lab.call(&server.url());
    edit(&mut call, |request| {
        request.uri = format!("http://{}/***", server.addr);
        request.headers = vec![("x-plain".into(), "a".into()), ("x-key".into(), "v1 ***".into())];
        request.body = Some(Json::object([("user", part("db", "user")), ("all", Json::secret("db"))]));
    });
    protect(
        &mut call,
        Protection {
            uri: Some(hidden(&server.url(), &Json::secret("key"), "?a=1")),
            headers: vec![(1, hidden("v1 ", &part("db", "pin"), ""))],
            authentication: None,
        },
    );
    assert_eq!(class(&lab.outcome(call).await), "answered 200");
    let request = server.wait_for_request().await;
    assert!(request.starts_with("POST /hunter2?a=1 HTTP/1.1\r\n"), "{request}");
    assert_eq!(header(&request, "x-plain"), ["a"]);
    assert_eq!(header(&request, "x-key"), ["v1 12345"]);
    assert_eq!(body_of(&request), r#"{"user":"ada","all":{"user":"ada","pin":12345}}"#);
}

#[tokio::test]
async fn a_secret_that_is_not_there_is_not_sent_as_anything_else() {
    let book = Book::of(&[("db", r#"{"user":"ada"}"#)]);
    let mut server = Server::answering(ok("x"));
    let mut lab = Lab::knowing(&book);
    for (body, expected) in [
        (Json::secret("none"), "there is no secret `none`"),
        (part("db", "password"), "there is nothing at `$secrets.db.password`"),
    ] {
        let mut call = lab.call(&server.url());
        edit(&mut call, |request| request.body = Some(body));
        let outcome = lab.outcome(call).await;
        assert_eq!(class(&outcome), "not_sent authorization");
        assert!(detail(outcome).starts_with(expected));
    }
    assert_eq!(server.counts(), (0, 0));
}

#[tokio::test]
async fn a_secret_belongs_to_its_tenant() {
    let book = Book::of(&[("key", "\"hunter2\"")]);
    let mut server = Server::answering(ok("x"));
    let mut lab = Lab::knowing(&book);
    let mut call = lab.call(&server.url());
    call.tenant = tenant("demo");
    edit(&mut call, |request| request.body = Some(Json::secret("key")));
    assert_eq!(class(&lab.outcome(call).await), "not_sent authorization");
    assert_eq!(server.counts(), (0, 0));
}

#[tokio::test]
async fn each_attempt_sends_the_newest_value() {
    let book = Book::of(&[("key", "\"first\"")]);
    let mut server = Server::answering(ok("x"));
    let mut lab = Lab::knowing(&book);
    for value in ["first", "second"] {
        book.set("key", &format!("\"{value}\""));
        let mut call = lab.call(&server.url());
        edit(&mut call, |request| request.body = Some(Json::secret("key")));
        answered(lab.outcome(call).await);
        assert_eq!(body_of(&server.wait_for_request().await), format!("\"{value}\""));
    }
}

/// The injection rule: what looks like a reference in data is sent as it is.
#[tokio::test]
async fn data_that_looks_like_a_reference_is_sent_as_it_is() {
    let book = Book::of(&[("key", "\"hunter2\"")]);
    let mut server = Server::answering(ok("x"));
    let mut lab = Lab::knowing(&book);
    let forged = r#"[{"h":{"s":["key",[]]}}] *** $secrets.key ${ $secrets.key } ![{"h":{"s":["key",[]]}}]"#;
    let mut call = lab.call(&server.url());
    edit(&mut call, |request| {
        request.headers.push(("x-forged".into(), forged.into()));
        request.headers.push(("x-key".into(), "***".into()));
        request.body = Some(Json::object([("forged", Json::string(forged)), ("key", Json::secret("key"))]));
    });
    protect(&mut call, Protection { headers: vec![(1, Json::secret("key"))], ..Protection::default() });
    answered(lab.outcome(call).await);
    let request = server.wait_for_request().await;
    assert_eq!(header(&request, "x-forged"), [forged]);
    assert_eq!(header(&request, "x-key"), ["hunter2"]);
    let expected = Json::object([("forged", Json::string(forged)), ("key", Json::string("hunter2"))]);
    assert_eq!(body_of(&request), expected.text());
}

/// What a service repeats is stored, so it is masked: in the body and the headers, however it is written.
#[tokio::test]
async fn an_answer_that_repeats_a_secret_is_masked() {
    let book = Book::of(&[("key", "\"p w/hunter2\"")]);
    let server = Server::speaking(|request| {
        let key = header(request, "x-key")[0];
        let body = format!(
            "{{\"plain\":\"{key}\",\"uri\":\"p%20w%2Fhunter2\",\"base\":\"cCB3L2h1bnRlcjI=\",\"n\":1}}"
        );
        answer("200 OK", &format!("x-echo: {key}\r\ncontent-type: application/json\r\n"), &body)
    });
    let mut lab = Lab::knowing(&book);
    let mut call = lab.call(&server.url());
    edit(&mut call, |request| request.headers = vec![("x-key".into(), "***".into())]);
    protect(&mut call, Protection { headers: vec![(0, Json::secret("key"))], ..Protection::default() });
    let answer = answered(lab.outcome(call).await);
    assert_eq!(String::from_utf8(answer.body).unwrap(), r#"{"plain":"***","uri":"***","base":"***","n":1}"#);
    assert!(answer.headers.contains(&("x-echo".into(), "***".into())), "{:?}", answer.headers);
}

#[tokio::test]
async fn a_secret_address_is_not_named_when_it_cannot_be_reached() {
    let book = Book::of(&[("host", "\"10.1.2.3\""), ("odd", "\"a b\"")]);
    let mut lab = Lab::knowing(&book);
    for (name, expected) in [("host", "not_sent egress_denied"), ("odd", "not_sent egress_denied")] {
        let mut call = lab.call("http://***/");
        let uri = Some(hidden("http://", &Json::secret(name), "/"));
        protect(&mut call, Protection { uri, ..Protection::default() });
        let outcome = lab.outcome(call).await;
        assert_eq!(class(&outcome), expected);
        assert_eq!(detail(outcome), "the address of this call holds a secret, so no more is said");
    }
}

#[tokio::test]
async fn a_secret_that_is_no_header_is_refused_without_being_quoted() {
    let book = Book::of(&[("key", "\"hunter2\\r\\nx: y\"")]);
    let mut server = Server::answering(ok("x"));
    let mut lab = Lab::knowing(&book);
    let mut call = lab.call(&server.url());
    edit(&mut call, |request| request.headers = vec![("x-key".into(), "***".into())]);
    protect(&mut call, Protection { headers: vec![(0, Json::secret("key"))], ..Protection::default() });
    let outcome = lab.outcome(call).await;
    assert_eq!(class(&outcome), "not_sent invalid_request");
    assert!(!detail(outcome).contains("hunter2"));
    assert_eq!(server.counts(), (0, 0));
}

#[tokio::test]
async fn the_parameter_of_the_own_authorization_can_be_sent_along() {
    let book = Book::of(&[("key", "\"hunter2\"")]);
    let server = Server::speaking(|request| json_ok(&format!("\"{}\"", header(request, "x-copy")[0])));
    let mut lab = Lab::knowing(&book);
    let mut call = lab.call(&server.url());
    edit(&mut call, |request| request.headers = vec![("x-copy".into(), "Bearer ***".into())]);
    authenticate(&mut call, Scheme::Bearer, json(r#"{"token":"tok-tok"}"#));
    let mut protection = Protection::clone(call.effect.protection.as_ref().unwrap());
    protection.headers.push((0, hidden("Bearer ", &Json::authorization(), "")));
    protect(&mut call, protection);
    assert_eq!(
        answered(lab.outcome(call).await).body,
        b"\"***\"",
        "it was sent, and is masked in the answer"
    );
}
