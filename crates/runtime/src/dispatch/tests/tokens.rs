//! `oauth2` and `oidc`: tokens are asked for once, kept, renewed, and replaced when they are refused.

use super::lab::{
    Book, Lab, Seen, Server, answer, answered, authenticate, body_of, class, header, json, json_ok, ok,
};
use crate::dispatch::Call;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::sync::atomic::{AtomicUsize, Ordering};
use tenure_dsl::json::Json;
use tenure_dsl::program::{Mode, Scheme};
use tenure_engine::execution::CallOutcome;

/// An authority that gives `t-1`, `t-2` … to whoever asks, good for so many seconds.
fn authority(expires_in: u64) -> Server {
    let number = AtomicUsize::new(0);
    Server::speaking(move |_| {
        let number = number.fetch_add(1, Ordering::SeqCst) + 1;
        json_ok(&format!(
            r#"{{"access_token":"t-{number}","token_type":"Bearer","expires_in":{expires_in}}}"#
        ))
    })
}

/// Says which token it was sent.
fn target() -> Server {
    Server::speaking(|request| {
        let token = header(request, "authorization")[0];
        answer("200 OK", &format!("x-length: {}\r\n", token.len()), &token.replace("Bearer t-", "token "))
    })
}

fn policy(authority: &Server, more: &str) -> Json {
    let authority = authority.url();
    json(&format!(
        r#"{{"authority":"{authority}","grant":"client_credentials","client":{{"id":"me","secret":"s3cr3t"}}{more}}}"#
    ))
}

fn call(lab: &Lab, target: &Server, properties: Json) -> Call {
    let mut call = lab.call(&target.url());
    authenticate(&mut call, Scheme::OAuth2, properties);
    call
}

async fn got(lab: &mut Lab, target: &Server, properties: Json) -> String {
    let call = call(lab, target, properties);
    String::from_utf8(answered(lab.outcome(call).await).body).unwrap()
}

#[tokio::test]
async fn a_token_is_asked_for_once_and_kept() {
    let (mut authority, mut target) = (authority(3_600), target());
    let mut lab = Lab::new();
    for _ in 0..3 {
        assert_eq!(
            got(&mut lab, &target, policy(&authority, r#","scopes":["a","b"],"audiences":["x","y"]"#)).await,
            "token 1"
        );
    }
    let request = authority.wait_for_request().await;
    assert!(request.starts_with("POST /oauth2/token HTTP/1.1\r\n"), "{request}");
    assert_eq!(header(&request, "content-type"), ["application/x-www-form-urlencoded"]);
    assert_eq!(
        body_of(&request),
        "grant_type=client_credentials&scope=a%20b&audience=x&audience=y&client_id=me&client_secret=s3cr3t"
    );
    assert_eq!((authority.counts().1, target.counts().1), (0, 3));
}

#[tokio::test]
async fn the_client_proves_itself_as_the_policy_says() {
    let mut authority = authority(0);
    let target = target();
    let mut lab = Lab::new();
    let with = |more: &str| {
        let base = format!(r#"{{"authority":"{}","grant":"client_credentials","client":"#, authority.url());
        json(&format!("{base}{more}}}"))
    };
    let basic = with(r#"{"id":"a b","secret":"c:d","authentication":"client_secret_basic"}"#);
    let none = with(r#"{"id":"me","authentication":"none"}"#);
    let signed = with(r#"{"id":"me","secret":"s3cr3t","authentication":"client_secret_jwt"}"#);
    let own = with(r#"{"id":"me","assertion":"a.b.c","authentication":"private_key_jwt"}"#);
    let encoded =
        with(r#"{"id":"me","secret":"s"},"request":{"encoding":"application/json"},"audiences":["x","y"]"#);

    got(&mut lab, &target, basic).await;
    let request = authority.wait_for_request().await;
    assert_eq!(header(&request, "authorization"), ["Basic YSUyMGI6YyUzQWQ="], "a%20b:c%3Ad");
    assert_eq!(body_of(&request), "grant_type=client_credentials");

    got(&mut lab, &target, none).await;
    assert_eq!(body_of(&authority.wait_for_request().await), "grant_type=client_credentials&client_id=me");

    got(&mut lab, &target, signed).await;
    let request = authority.wait_for_request().await;
    let assertion = body_of(&request).split("client_assertion=").nth(1).unwrap().to_owned();
    let (signed, signature) = assertion.rsplit_once('.').unwrap();
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"s3cr3t");
    ring::hmac::verify(&key, signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    let claims = URL_SAFE_NO_PAD.decode(signed.split_once('.').unwrap().1).unwrap();
    let claims = Json::from_slice(&claims).unwrap();
    assert_eq!(claims.get("iss").unwrap().as_str(), Some("me"));
    assert_eq!(claims.get("aud").unwrap().as_str(), Some(&*format!("{}oauth2/token", authority.url())));
    assert_eq!(
        claims.get("exp").unwrap().as_u64().unwrap() - claims.get("iat").unwrap().as_u64().unwrap(),
        60
    );

    got(&mut lab, &target, own).await;
    assert!(body_of(&authority.wait_for_request().await).ends_with("jwt-bearer&client_assertion=a.b.c"));

    got(&mut lab, &target, encoded).await;
    let request = authority.wait_for_request().await;
    assert_eq!(header(&request, "content-type"), ["application/json"]);
    assert_eq!(
        body_of(&request),
        r#"{"grant_type":"client_credentials","audience":["x","y"],"client_id":"me","client_secret":"s"}"#
    );
}

#[tokio::test]
async fn a_token_that_has_expired_is_asked_for_again() {
    let (mut authority, target) = (authority(0), target());
    let mut lab = Lab::new();
    for expected in ["token 1", "token 2", "token 3"] {
        assert_eq!(got(&mut lab, &target, policy(&authority, "")).await, expected);
    }
    assert_eq!(authority.counts().1, 3);
}

#[tokio::test]
async fn what_renews_a_token_is_used_and_when_it_is_refused_all_begins_anew() {
    let mut authority = Server::speaking(|request| {
        let body = body_of(request);
        if body.contains("refresh_token=r-1") {
            return json_ok(r#"{"access_token":"t-2","expires_in":0,"refresh_token":"r-2"}"#);
        }
        if body.contains("refresh_token=r-2") {
            return answer("400 Bad", "", r#"{"error":"invalid_grant"}"#);
        }
        json_ok(r#"{"access_token":"t-1","expires_in":0,"refresh_token":"r-1"}"#)
    });
    let target = target();
    let mut lab = Lab::new();
    for expected in ["token 1", "token 2", "token 1"] {
        assert_eq!(got(&mut lab, &target, policy(&authority, "")).await, expected);
    }
    let mut grants = vec![];
    for _ in 0..4 {
        let request = authority.wait_for_request().await;
        grants.push(body_of(&request).split('&').next().unwrap().replace("grant_type=", ""));
    }
    assert_eq!(grants, ["client_credentials", "refresh_token", "refresh_token", "client_credentials"]);
}

/// However many calls want a token: one of them asks, the others wait for it.
#[tokio::test]
async fn calls_at_the_same_time_ask_once() {
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let gate = std::sync::Mutex::new(gate);
    let mut authority = Server::speaking(move |_| {
        let _ = gate.lock().unwrap().recv();
        json_ok(r#"{"access_token":"t-1","expires_in":3600}"#)
    });
    let target = target();
    let mut lab = Lab::new();
    for _ in 0..8 {
        lab.perform(call(&lab, &target, policy(&authority, "")));
    }
    authority.wait_for_request().await;
    open.send(()).unwrap();
    for _ in 0..8 {
        assert_eq!(answered(lab.finished().await.outcome).body, b"token 1");
    }
    assert!(!matches!(authority.seen.try_recv(), Ok(Seen::Request(_))));
}

#[tokio::test]
async fn a_failure_is_shared_by_those_who_waited_for_it() {
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let gate = std::sync::Mutex::new(gate);
    let mut authority = Server::speaking(move |_| {
        let _ = gate.lock().unwrap().recv();
        answer("401 Unauthorized", "", r#"{"error":"invalid_client","error_description":"s3cr3t is wrong"}"#)
    });
    let mut target = target();
    let mut lab = Lab::new();
    for _ in 0..8 {
        lab.perform(call(&lab, &target, policy(&authority, "")));
    }
    authority.wait_for_request().await;
    // The others wait for the same request by now: they were given their turns before the answer can be read.
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    open.send(()).unwrap();
    for _ in 0..8 {
        let outcome = lab.finished().await.outcome;
        let CallOutcome::NotSent { cause, detail } = outcome else { panic!("{outcome:?}") };
        assert_eq!(&*cause, "authentication");
        assert_eq!(&*detail, "the token endpoint was answered with status 401: invalid_client");
    }
    assert!(!matches!(authority.seen.try_recv(), Ok(Seen::Request(_))));
    assert_eq!(target.counts(), (0, 0));
}

#[tokio::test]
async fn an_authority_that_is_not_well_is_no_verdict() {
    let authority = Server::answering(answer("503 Unavailable", "", ""));
    let mut target = target();
    let mut lab = Lab::new();
    let refused = call(&lab, &target, policy(&authority, ""));
    assert_eq!(class(&lab.outcome(refused).await), "not_sent token");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let properties =
        json(&format!(r#"{{"authority":"{url}","grant":"client_credentials","client":{{"id":"me"}}}}"#));
    let gone = call(&lab, &target, properties);
    assert_eq!(class(&lab.outcome(gone).await), "not_sent token");
    assert_eq!(target.counts(), (0, 0));
}

#[tokio::test]
async fn an_authority_that_may_not_be_called_is_not_called() {
    let mut target = target();
    let mut lab = Lab::new();
    let properties =
        json(r#"{"authority":"http://10.0.0.1","grant":"client_credentials","client":{"id":"me"}}"#);
    let denied = call(&lab, &target, properties);
    assert_eq!(class(&lab.outcome(denied).await), "not_sent authentication");
    assert_eq!(target.counts(), (0, 0));
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    let long = format!(r#"{{"access_token":"{}"}}"#, "x".repeat(crate::dispatch::TOKEN_BYTES_MAX + 1));
    let dpop = r#"{"access_token":"x","token_type":"DPoP"}"#;
    for body in ["{}", "nonsense", r#"{"access_token":""}"#, dpop, &long] {
        let authority = Server::answering(json_ok(body));
        let mut target = target();
        let mut lab = Lab::new();
        let call = call(&lab, &target, policy(&authority, ""));
        assert_eq!(class(&lab.outcome(call).await), "not_sent authentication", "{body}");
        assert_eq!(target.counts(), (0, 0));
    }
}

/// Refuses the first token.
fn choosy() -> Server {
    Server::speaking(|request| {
        if header(request, "authorization") == ["Bearer t-1"] {
            answer("401 Unauthorized", "", "expired")
        } else {
            ok("in")
        }
    })
}

#[tokio::test]
async fn a_kept_token_that_is_refused_is_replaced_once_where_the_mode_allows_it() {
    for mode in [Mode::ExactlyOnceWithKey, Mode::AtLeastOnce] {
        let (mut authority, mut target) = (authority(3_600), choosy());
        let mut lab = Lab::new();
        let fresh = call(&lab, &target, policy(&authority, ""));
        assert_eq!(class(&lab.outcome(fresh).await), "answered 401", "a token that is new is not replaced");
        let mut kept = call(&lab, &target, policy(&authority, ""));
        kept.effect.mode = mode;
        assert_eq!(class(&lab.outcome(kept).await), "answered 200");
        assert_eq!((authority.counts().1, target.counts().1), (2, 3));
    }
}

#[tokio::test]
async fn what_is_sent_at_most_once_is_not_sent_again_with_another_token() {
    let (mut authority, mut target) = (authority(3_600), choosy());
    let mut lab = Lab::new();
    for expected in ["answered 401", "answered 401", "answered 200"] {
        let mut call = call(&lab, &target, policy(&authority, ""));
        call.effect.mode = Mode::AtMostOnce;
        assert_eq!(class(&lab.outcome(call).await), expected);
    }
    assert_eq!((authority.counts().1, target.counts().1), (2, 3), "the next call gets a token of its own");
}

#[tokio::test]
async fn another_secret_leads_to_another_token() {
    let book = Book::of(&[("client", r#"{"id":"me","secret":"one-one"}"#)]);
    let (mut authority, target) = (authority(3_600), target());
    let mut lab = Lab::knowing(&book);
    let properties = || {
        Json::object([
            ("authority", Json::string(&authority.url())),
            ("grant", Json::string("client_credentials")),
            ("client", Json::secret("client")),
        ])
    };
    assert_eq!(got(&mut lab, &target, properties()).await, "token 1");
    assert_eq!(got(&mut lab, &target, properties()).await, "token 1");
    book.set("client", r#"{"id":"me","secret":"two-two"}"#);
    assert_eq!(got(&mut lab, &target, properties()).await, "token 2");
    authority.wait_for_request().await;
    assert!(body_of(&authority.wait_for_request().await).ends_with("client_secret=two-two"));
}

#[tokio::test]
async fn a_token_belongs_to_its_tenant() {
    let (authority, target) = (authority(3_600), target());
    let mut lab = Lab::new();
    assert_eq!(got(&mut lab, &target, policy(&authority, "")).await, "token 1");
    let mut other = call(&lab, &target, policy(&authority, ""));
    other.tenant = super::lab::tenant("demo");
    assert_eq!(answered(lab.outcome(other).await).body, b"token 2");
}

#[tokio::test]
async fn other_grants_send_what_they_need() {
    let mut authority = authority(0);
    let target = target();
    let mut lab = Lab::new();
    let base =
        format!(r#"{{"authority":"{}","endpoints":{{"token":"/t"}},"client":{{"id":"me"}}"#, authority.url());
    for (more, expected) in [
        (
            r#""grant":"password","username":"ada","password":"love lace""#,
            "grant_type=password&username=ada&password=love%20lace&client_id=me",
        ),
        (
            r#""grant":"refresh_token","subject":{"token":"r","type":"x"}"#,
            "grant_type=refresh_token&refresh_token=r&client_id=me",
        ),
        (
            r#""grant":"urn:ietf:params:oauth:grant-type:token-exchange","subject":{"token":"s","type":"st"},"actor":{"token":"a","type":"at"}"#,
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=s&subject_token_type=st&actor_token=a&actor_token_type=at&client_id=me",
        ),
    ] {
        got(&mut lab, &target, json(&format!("{base},{more}}}"))).await;
        let request = authority.wait_for_request().await;
        assert!(request.starts_with("POST /t HTTP/1.1\r\n"), "{request}");
        assert_eq!(body_of(&request), expected);
    }
}

/// The port of a server is known when it runs, so its metadata is made from what it is asked.
fn provider(issuer: &'static str) -> Server {
    Server::speaking(move |request| {
        let host = header(request, "host")[0];
        if request.starts_with("GET /realm/.well-known/openid-configuration ") {
            let issuer = issuer.replace("HOST", host);
            return json_ok(&format!(
                r#"{{"issuer":"{issuer}","token_endpoint":"http://{host}/own/token"}}"#
            ));
        }
        if request.starts_with("POST /own/token ") {
            return json_ok(r#"{"access_token":"t-1","expires_in":"0"}"#);
        }
        answer("404 Not Found", "", "")
    })
}

#[tokio::test]
async fn an_oidc_authority_says_where_its_tokens_are() {
    let mut provider = provider("http://HOST/realm");
    let target = target();
    let mut lab = Lab::new();
    for _ in 0..2 {
        let mut call = lab.call(&target.url());
        let properties = format!(
            r#"{{"authority":"{}realm/","grant":"client_credentials","client":{{"id":"me","secret":"s"}}}}"#,
            provider.url()
        );
        authenticate(&mut call, Scheme::Oidc, json(&properties));
        assert_eq!(answered(lab.outcome(call).await).body, b"token 1");
    }
    assert_eq!(provider.counts().1, 3, "the metadata is asked for once");
}

#[tokio::test]
async fn metadata_of_another_issuer_is_refused() {
    let provider = provider("https://evil.example");
    let mut target = target();
    let mut lab = Lab::new();
    let mut call = lab.call(&target.url());
    let properties = format!(
        r#"{{"authority":"{}realm","grant":"client_credentials","client":{{"id":"me"}}}}"#,
        provider.url()
    );
    authenticate(&mut call, Scheme::Oidc, json(&properties));
    assert_eq!(class(&lab.outcome(call).await), "not_sent authentication");
    assert_eq!(target.counts(), (0, 0));
}

#[tokio::test]
async fn a_token_of_an_issuer_that_is_not_wanted_is_not_used() {
    let claims = URL_SAFE_NO_PAD.encode(r#"{"iss":"https://id.example"}"#);
    let authority =
        Server::answering(json_ok(&format!(r#"{{"access_token":"t-.{claims}.x","expires_in":9}}"#)));
    let plain = Server::answering(json_ok(r#"{"access_token":"t-1","expires_in":9}"#));
    let target = target();
    let mut lab = Lab::new();
    for (server, issuer, expected) in [
        (&authority, "https://id.example", "answered 200"),
        (&authority, "https://other.example", "not_sent authentication"),
        (&plain, "https://id.example", "not_sent authentication"),
    ] {
        let call = call(&lab, &target, policy(server, &format!(r#","issuers":["{issuer}"]"#)));
        assert_eq!(class(&lab.outcome(call).await), expected, "{issuer}");
    }
}

/// Nothing about a token is stored: a target that repeats it is masked.
#[tokio::test]
async fn a_token_that_is_repeated_is_masked() {
    let authority = Server::answering(json_ok(r#"{"access_token":"a-very-secret-token","expires_in":9}"#));
    let target = Server::speaking(|request| ok(&format!("you sent {}", header(request, "authorization")[0])));
    let mut lab = Lab::new();
    assert_eq!(got(&mut lab, &target, policy(&authority, "")).await, "you sent ***");
}
