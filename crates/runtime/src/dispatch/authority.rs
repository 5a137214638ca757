//! One request to an OAuth 2 or `OpenID` Connect authority: its metadata, or a token. Through the same egress, pool and
//! limits as every call.
//!
//! Deliberately absent: keeping tokens, and quoting what an authority says: of a refusal only the error's code is shown.

use super::exchange::Until;
use super::http::Client;
use super::pool::Key as Place;
use super::request::Outgoing;
use super::times::Times;
use super::token::{Granted, TOKEN_BYTES_MAX};
use crate::egress::Target;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use http::{Method, Request, Uri};
use http_body_util::Full;
use ring::digest::{SHA256, digest};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tenure_dsl::authentication::{ClientAuthentication, Encoding, TokenEndpoint, TokenRequest};
use tenure_dsl::json::Json;
use tenure_dsl::json::opaque::percent_encode;
use tenure_dsl::program::Mode;
use tenure_engine::execution::{Answer, CallOutcome};
use tenure_types::TenantId;
use tokio::time::Instant;
use zeroize::Zeroizing;

/// How long an authority's metadata is believed.
const METADATA_LIFE: Duration = Duration::from_hours(1);
/// Authorities whose metadata is kept.
const METADATA_MAX: usize = 1_000;
/// Seconds for which an assertion that the client's secret signs is good.
const ASSERTION_SECONDS: u64 = 60;
/// Characters of an error code that is shown.
const ERROR_CODE_CHARS_MAX: usize = 64;

/// Why an authority gave nothing; for people.
#[derive(Debug)]
pub(super) enum Refused {
    /// It says no, or what it says cannot be understood.
    Final(String),
    /// It could not be asked, or is not well.
    Unavailable(String),
}

/// Token endpoints that were discovered, per tenant and authority.
#[derive(Debug, Default)]
pub(super) struct Metadata(Mutex<HashMap<(TenantId, String), (String, Instant)>>);

/// Asks for a token.
pub(super) async fn ask(
    client: &Client,
    metadata: &Metadata,
    tenant: &TenantId,
    request: &TokenRequest,
    times: &Times,
) -> Result<Granted, Refused> {
    let endpoint = match &request.endpoint {
        TokenEndpoint::Fixed(endpoint) => joined(&request.authority, endpoint),
        TokenEndpoint::Discovered => discover(client, metadata, tenant, &request.authority, times).await?,
    };
    let signed = if request.signs() { Some(assertion(request, &endpoint, times)?) } else { None };
    let parameters = request.parameters(signed.as_deref().map(String::as_str));
    let (kind, body) = match request.encoding {
        Encoding::Form => ("application/x-www-form-urlencoded", form(&parameters)),
        Encoding::Json => ("application/json", json(&parameters)),
    };
    let (target, mut outgoing) = draft(&endpoint, Method::POST, Bytes::from(body))?;
    outgoing.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if request.client.authentication == ClientAuthentication::SecretBasic {
        outgoing.headers_mut().insert(AUTHORIZATION, basic(request)?);
    }
    let answer = exchange(client, tenant, target, outgoing, times).await?;
    let granted = granted(&answer, "the token endpoint")?;
    check_issuer(&granted.token, &request.issuers)?;
    Ok(granted)
}

/// Everything that a token is asked for with, as a digest.
pub(super) fn fingerprint(request: &TokenRequest) -> [u8; 32] {
    let mut text = String::new();
    let mut add = |part: &str| {
        text.push_str(&part.len().to_string());
        text.push(':');
        text.push_str(part);
    };
    add(&request.authority);
    match &request.endpoint {
        TokenEndpoint::Fixed(endpoint) => add(&format!("at {endpoint}")),
        TokenEndpoint::Discovered => add("discovered"),
    }
    let client = &request.client;
    for part in [&client.id, &client.secret, &client.assertion] {
        add(part.as_deref().unwrap_or_default());
    }
    add(&format!("{:?} {:?}", client.authentication, request.encoding));
    add(&request.issuers.len().to_string());
    request.issuers.iter().for_each(|issuer| add(issuer));
    request.parameters(None).iter().for_each(|(name, value)| {
        add(name);
        add(value);
    });
    let text = Zeroizing::new(text);
    digest(&SHA256, text.as_bytes()).as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// A path behind the authority, unless it is a URL of its own.
fn joined(authority: &str, endpoint: &str) -> String {
    if endpoint.starts_with("http://") || endpoint.starts_with("https://") {
        return endpoint.to_owned();
    }
    format!("{}/{}", authority.trim_end_matches('/'), endpoint.trim_start_matches('/'))
}

/// `OpenID` Connect Discovery: the metadata must name the authority that it was asked of.
async fn discover(
    client: &Client,
    metadata: &Metadata,
    tenant: &TenantId,
    authority: &str,
    times: &Times,
) -> Result<String, Refused> {
    let key = (tenant.clone(), authority.to_owned());
    if let Some((endpoint, until)) = metadata.lock().get(&key)
        && Instant::now() < *until
    {
        return Ok(endpoint.clone());
    }
    let url = joined(authority, "/.well-known/openid-configuration");
    let (target, outgoing) = draft(&url, Method::GET, Bytes::new())?;
    let answer = exchange(client, tenant, target, outgoing, times).await?;
    let found = document(&answer, "the authority's metadata")?;
    let text = |name: &str| found.get(name).and_then(|value| value.as_str().map(str::to_owned));
    let same = |issuer: &String| issuer.trim_end_matches('/') == authority.trim_end_matches('/');
    if !text("issuer").as_ref().is_some_and(same) {
        return Err(Refused::Final("the authority's metadata names another issuer".to_owned()));
    }
    let endpoint = text("token_endpoint");
    let endpoint = endpoint
        .ok_or_else(|| Refused::Final("the authority's metadata names no token endpoint".to_owned()))?;
    if loses_encryption(authority, &endpoint) {
        let why = "the authority's metadata names a token endpoint without TLS";
        return Err(Refused::Final(why.to_owned()));
    }
    let mut kept = metadata.lock();
    if kept.len() >= METADATA_MAX {
        kept.clear();
    }
    kept.insert(key, (endpoint.clone(), Instant::now() + METADATA_LIFE));
    Ok(endpoint)
}

/// Whether the way from one URL to the other leads out of TLS: credentials do not go there.
fn loses_encryption(from: &str, to: &str) -> bool {
    let encrypted = |url: &str| url.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"));
    encrypted(from) && !encrypted(to)
}

impl Metadata {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(TenantId, String), (String, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn form(parameters: &[(&'static str, String)]) -> String {
    let mut out = String::new();
    for (name, value) in parameters {
        if !out.is_empty() {
            out.push('&');
        }
        percent_encode(&mut out, name);
        out.push('=');
        percent_encode(&mut out, value);
    }
    out
}

/// A parameter that occurs several times is a list.
fn json(parameters: &[(&'static str, String)]) -> String {
    let mut entries: Vec<(&'static str, Vec<Json>)> = vec![];
    for (name, value) in parameters {
        match entries.iter_mut().find(|(own, _)| own == name) {
            Some((_, values)) => values.push(Json::string(value)),
            None => entries.push((name, vec![Json::string(value)])),
        }
    }
    let entry = |(name, mut values): (&'static str, Vec<Json>)| match values.len() {
        1 => (name, values.remove(0)),
        _ => (name, Json::array(values)),
    };
    Json::object(entries.into_iter().map(entry)).text().to_owned()
}

/// The client's id and secret, each encoded as RFC 6749 says.
fn basic(request: &TokenRequest) -> Result<HeaderValue, Refused> {
    let mut text = Zeroizing::new(String::new());
    percent_encode(&mut text, request.client.id.as_deref().unwrap_or_default());
    text.push(':');
    percent_encode(&mut text, request.client.secret.as_deref().unwrap_or_default());
    let value = format!("Basic {}", STANDARD.encode(text.as_bytes()));
    let mut value = HeaderValue::try_from(value).map_err(|_| unusable("the client's credentials"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// A JWT that the client's secret signs with HMAC and SHA-256 (RFC 7523).
fn assertion(request: &TokenRequest, endpoint: &str, times: &Times) -> Result<Zeroizing<String>, Refused> {
    let (Some(id), Some(secret)) = (&request.client.id, &request.client.secret) else {
        return Err(unusable("the client's credentials"));
    };
    let now = times.now().0 / 1_000;
    let seconds = |at: u64| Json::number(i64::try_from(at).unwrap_or(i64::MAX));
    let claims = Json::object([
        ("iss", Json::string(id)),
        ("sub", Json::string(id)),
        ("aud", Json::string(endpoint)),
        ("jti", Json::string(&uuid::Uuid::new_v4().to_string())),
        ("iat", seconds(now)),
        ("exp", seconds(now + ASSERTION_SECONDS)),
    ]);
    let head = URL_SAFE_NO_PAD.encode(br#"{"alg":"HS256","typ":"JWT"}"#);
    let body = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims.text()));
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
    let signature = ring::hmac::sign(&key, body.as_bytes());
    Ok(Zeroizing::new(format!("{body}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))))
}

fn unusable(what: &str) -> Refused {
    Refused::Final(format!("{what} cannot be sent"))
}

/// A request without a body type.
fn draft(url: &str, method: Method, body: Bytes) -> Result<(Target, Outgoing), Refused> {
    let (target, path) = Target::parse(url).map_err(|error| Refused::Final(error.to_string()))?;
    let authority =
        HeaderValue::try_from(target.authority()).map_err(|_| unusable("the authority's name"))?;
    let path: Uri = path.parse().map_err(|_| unusable("the path of the token endpoint"))?;
    let length = HeaderValue::from(body.len());
    let mut request = Request::new(Full::new(body));
    let headers = request.headers_mut();
    headers.insert(HOST, authority);
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("tenure/", env!("CARGO_PKG_VERSION"))));
    if method == Method::POST {
        headers.insert(CONTENT_LENGTH, length);
    }
    *request.method_mut() = method;
    *request.uri_mut() = path;
    Ok((target, request))
}

/// Sends it, whatever the mode of the call that needs it: nothing of that call has left yet.
async fn exchange(
    client: &Client,
    tenant: &TenantId,
    target: Target,
    outgoing: Outgoing,
    times: &Times,
) -> Result<Answer, Refused> {
    let place = Place { tenant: tenant.clone(), target };
    let times = times.until_send_by();
    let again = || outgoing.clone();
    match client
        .transmit(&place, (outgoing.clone(), Until::End), &again, Mode::AtMostOnce, &times, &|| true)
        .await
    {
        CallOutcome::Answered(answer) => Ok(answer),
        CallOutcome::NotSent { cause, detail } if &*cause == "egress_denied" => {
            Err(Refused::Final(detail.to_string()))
        }
        CallOutcome::NotSent { detail, .. }
        | CallOutcome::Refused { detail }
        | CallOutcome::Unknown { detail, .. } => Err(Refused::Unavailable(detail.to_string())),
    }
}

fn granted(answer: &Answer, who: &str) -> Result<Granted, Refused> {
    let found = document(answer, who)?;
    let text = |name: &str| found.get(name).and_then(|value| value.as_str().map(str::to_owned));
    if let Some(kind) = text("token_type")
        && !kind.eq_ignore_ascii_case("bearer")
        && !kind.eq_ignore_ascii_case("N_A")
    {
        return Err(Refused::Final(format!("{who} gave a token of another type than `Bearer`")));
    }
    let token = text("access_token").filter(|token| !token.is_empty());
    let token = token.ok_or_else(|| Refused::Final(format!("{who} gave no `access_token`")))?;
    if token.len() > TOKEN_BYTES_MAX {
        return Err(Refused::Final(format!("{who} gave a token of more than {TOKEN_BYTES_MAX} bytes")));
    }
    let seconds = found
        .get("expires_in")
        .and_then(|value| value.as_u64().or_else(|| value.as_str().and_then(|text| text.parse().ok())));
    Ok(Granted {
        token: Zeroizing::new(token),
        life: seconds.map(Duration::from_secs),
        refresh: text("refresh_token").map(Zeroizing::new),
    })
}

/// A good answer as JSON.
fn document(answer: &Answer, who: &str) -> Result<Json, Refused> {
    let body = Json::from_slice(&answer.body);
    match answer.status {
        200..=299 => body.map_err(|_| Refused::Final(format!("{who} is not JSON"))),
        status @ (408 | 429 | 500..=599) => {
            Err(Refused::Unavailable(format!("{who} was answered with status {status}")))
        }
        status => {
            let code = body.ok().and_then(|body| body.get("error")).and_then(|code| shown(code.as_str()?));
            let code = code.map(|code| format!(": {code}")).unwrap_or_default();
            Err(Refused::Final(format!("{who} was answered with status {status}{code}")))
        }
    }
}

/// An error code as RFC 6749 has them: a short word.
fn shown(code: &str) -> Option<String> {
    let word = code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    (word && !code.is_empty() && code.len() <= ERROR_CODE_CHARS_MAX).then(|| code.to_owned())
}

/// A token that must come from somebody says so in its claims. Whether it says the truth is for its receiver to check.
fn check_issuer(token: &str, issuers: &[String]) -> Result<(), Refused> {
    if issuers.is_empty() {
        return Ok(());
    }
    let claims = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let claims = claims.and_then(|claims| Json::from_slice(&claims).ok());
    let issuer =
        claims.and_then(|claims| claims.get("iss")).and_then(|issuer| issuer.as_str().map(str::to_owned));
    match issuer {
        Some(issuer) if issuers.contains(&issuer) => Ok(()),
        Some(_) => {
            Err(Refused::Final("the token comes from an issuer that `issuers` does not have".to_owned()))
        }
        None => Err(Refused::Final(
            "the token does not say who issued it, and `issuers` wants to know".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenure_dsl::authentication::Credentials;
    use tenure_dsl::program::Scheme;

    #[test]
    fn credentials_stay_within_tls() {
        for (from, to, lost) in [
            ("https://a", "http://a/token", true),
            ("HTTPS://a", "Https://b/token", false),
            ("http://a", "http://a/token", false),
            ("http://a", "https://a/token", false),
            ("https://a", "https", true),
        ] {
            assert_eq!(loses_encryption(from, to), lost, "{from} {to}");
        }
    }

    /// Whatever differs in what a token is asked for with leads to another token.
    #[test]
    fn every_part_of_a_request_is_in_its_fingerprint() {
        let base = r#""grant":"password","username":"u","password":"p","authority":"https://id""#;
        let texts = [
            String::new(),
            r#","scopes":["a"]"#.into(),
            r#","audiences":["a"]"#.into(),
            r#","issuers":["a"]"#.into(),
            r#","issuers":["grant_type","password"]"#.into(),
            r#","client":{"id":"i"}"#.into(),
            r#","client":{"id":"i","secret":"s"}"#.into(),
            r#","client":{"id":"i","secret":"t"}"#.into(),
            r#","client":{"id":"i","secret":"s","authentication":"client_secret_basic"}"#.into(),
            r#","client":{"id":"i","secret":"s","authentication":"client_secret_jwt"}"#.into(),
            r#","client":{"id":"i","secret":"s"},"request":{"encoding":"application/json"}"#.into(),
            r#","endpoints":{"token":"discovered"}"#.into(),
            format!(r#","endpoints":{{"token":"{}"}}"#, "/other"),
        ];
        let mut seen = std::collections::BTreeSet::new();
        for scheme in [Scheme::OAuth2, Scheme::Oidc] {
            for (at, text) in texts.iter().enumerate().filter(|(at, _)| scheme == Scheme::OAuth2 || *at < 11)
            {
                let properties = Json::parse(&format!("{{{base}{text}}}")).unwrap();
                let Ok(Credentials::Token(request)) = Credentials::read(scheme, &properties) else {
                    panic!("{text}")
                };
                assert!(seen.insert(fingerprint(&request)), "{at}: {text}");
            }
        }
    }
}
