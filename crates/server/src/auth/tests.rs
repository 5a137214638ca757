//! The corpus of tokens: what is accepted, and every way that a token can be wrong.

use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::sync::Arc;
use tenure_api::{Permission, Role};
use tenure_types::TenantId;

const NOW: u64 = 1_800_000_000;
const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
const HS: &str = "https://hs.example";
const TWO_KEYS: &str = "https://two.example";

struct World {
    dev: DevIssuer,
    verifier: Verifier,
}

fn world() -> World {
    let dev = DevIssuer::ephemeral().unwrap();
    let other = DevIssuer::ephemeral().unwrap().keys().keys.remove(0);
    let hs = Issuer {
        name: HS.into(),
        audience: "tenure".into(),
        keys: vec![IssuerKey::secret(Some("k1"), SECRET).unwrap()],
    };
    let two = Issuer {
        name: TWO_KEYS.into(),
        audience: "tenure".into(),
        keys: vec![
            IssuerKey::secret(Some("k1"), SECRET).unwrap(),
            IssuerKey::ed25519(Some("k2"), &other.x).unwrap(),
        ],
    };
    let verifier = Verifier::new([dev.issuer(), hs, two]);
    World { dev, verifier }
}

fn claims() -> Value {
    json!({
        "iss": HS, "aud": "tenure", "sub": "alice", "iat": NOW - 10, "exp": NOW + 600,
        "tenants": { "demo": ["admin"] },
    })
}

fn with(name: &str, value: Value) -> String {
    let mut claims = claims();
    claims[name] = value;
    claims.to_string()
}

fn without(name: &str) -> String {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims.to_string()
}

fn hs256(header: &str, claims: &str) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET);
    let tag = ring::hmac::sign(&key, message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()))
}

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT","kid":"k1"}"#;

fn refused(token: &str) -> Refusal {
    world().verifier.verify(token, NOW).expect_err("the token must be refused")
}

fn accepted(token: &str) -> Arc<Credential> {
    world().verifier.verify(token, NOW).expect("the token must be accepted")
}

fn tenant(name: &str) -> TenantId {
    TenantId::new(name).unwrap()
}

#[test]
fn a_token_of_a_trusted_issuer_is_accepted() {
    let credential = accepted(&hs256(HEADER, &claims().to_string()));
    assert_eq!(&*credential.subject, "alice");
    assert_eq!(&*credential.issuer, HS);
    assert_eq!(credential.tenants.get(&tenant("demo")), Some(&vec![Role::Admin]));
    assert!(!credential.platform_admin);
}

#[test]
fn harmless_variations_are_accepted() {
    let plain = claims().to_string();
    for header in [
        r#"{"alg":"HS256"}"#,
        r#"{"alg":"HS256","kid":"k1"}"#,
        r#"{"alg":"HS256","typ":"jwt"}"#,
        r#"{"alg":"HS256","typ":"at+JWT","x-unknown":1}"#,
    ] {
        accepted(&hs256(header, &plain));
    }
    for text in [
        with("aud", json!(["other", "tenure"])),
        with("nbf", json!(NOW + 29)),
        with("iat", json!(NOW + 30)),
        with("exp", json!(NOW - 9)),
        with("kind", json!("service")),
        with("jti", json!("x")),
        with("tenants", json!({ "demo": ["unknown-role"] })),
        without("tenants"),
    ] {
        accepted(&hs256(HEADER, &text));
    }
}

/// A1 of the attack table: algorithms, keys and their confusion.
#[test]
fn algorithms_and_keys_that_are_not_allowed_are_refused() {
    let plain = claims().to_string();
    let cases = [
        (r#"{"alg":"none","kid":"k1"}"#, Refusal::Algorithm),
        (r#"{"alg":"None","kid":"k1"}"#, Refusal::Algorithm),
        (r#"{"alg":"hs256","kid":"k1"}"#, Refusal::Algorithm),
        (r#"{"alg":"HS384","kid":"k1"}"#, Refusal::Algorithm),
        (r#"{"alg":"HS512","kid":"k1"}"#, Refusal::Algorithm),
        (r#"{"alg":"RS256","kid":"k1"}"#, Refusal::Algorithm),
        (r#"{"alg":"ES256","kid":"k1"}"#, Refusal::Algorithm),
        (r#"{"alg":"EdDSA","kid":"k1"}"#, Refusal::Algorithm),
        (r#"{"alg":["HS256"],"kid":"k1"}"#, Refusal::Algorithm),
        (r#"{"alg":null,"kid":"k1"}"#, Refusal::Algorithm),
        (r#"{"kid":"k1"}"#, Refusal::Algorithm),
        (r#"{"alg":"HS256","kid":"k2"}"#, Refusal::Key),
        (r#"{"alg":"HS256","kid":"../../../dev/null"}"#, Refusal::Key),
        (r#"{"alg":"HS256","kid":"k1' OR '1'='1"}"#, Refusal::Key),
        (r#"{"alg":"HS256","kid":"https://evil.example/key"}"#, Refusal::Key),
        (r#"{"alg":"HS256","kid":""}"#, Refusal::Key),
        (r#"{"alg":"HS256","kid":1}"#, Refusal::Key),
        (r#"{"alg":"HS256","kid":null}"#, Refusal::Key),
    ];
    for (header, refusal) in cases {
        assert_eq!(refused(&hs256(header, &plain)), refusal, "{header}");
    }
}

#[test]
fn header_parameters_that_bring_keys_or_change_the_meaning_are_refused() {
    let plain = claims().to_string();
    for parameter in [
        r#""jwk":{"kty":"oct","k":"AAAA"}"#,
        r#""jku":"https://evil.example/jwks.json""#,
        r#""x5u":"https://evil.example/cert.pem""#,
        r#""x5c":["AAAA"]"#,
        r#""x5t":"AAAA""#,
        r#""x5t#S256":"AAAA""#,
        r#""crit":["exp"]"#,
        r#""b64":false"#,
        r#""zip":"DEF""#,
        r#""enc":"A256GCM""#,
    ] {
        let header = format!(r#"{{"alg":"HS256","kid":"k1",{parameter}}}"#);
        assert_eq!(refused(&hs256(&header, &plain)), Refusal::KeyMaterial, "{parameter}");
    }
}

#[test]
fn other_types_and_broken_headers_are_refused() {
    let plain = claims().to_string();
    let cases = [
        (r#"{"alg":"HS256","typ":"JWE"}"#, Refusal::Type),
        (r#"{"alg":"HS256","typ":"dpop+jwt"}"#, Refusal::Type),
        (r#"{"alg":"HS256","typ":null}"#, Refusal::Type),
        (r#"{"alg":"HS256","alg":"none"}"#, Refusal::Header),
        (r#"{"alg":"none","alg":"HS256"}"#, Refusal::Header),
        (r#"["HS256"]"#, Refusal::Header),
        ("{", Refusal::Header),
    ];
    for (header, refusal) in cases {
        assert_eq!(refused(&hs256(header, &plain)), refusal, "{header}");
    }
}

#[test]
fn missing_and_mistyped_claims_are_refused() {
    for name in ["iss", "aud", "sub", "iat", "exp"] {
        assert_eq!(refused(&hs256(HEADER, &without(name))), Refusal::ClaimType, "{name}");
    }
    let cases = [
        ("exp", json!((NOW + 600).to_string())),
        ("exp", json!(1e12)),
        ("exp", json!(-1)),
        ("exp", json!(null)),
        ("exp", json!([NOW + 600])),
        ("exp", json!(true)),
        ("iat", json!("0")),
        ("iat", json!(-5)),
        ("nbf", json!(-1)),
        ("nbf", json!("0")),
        ("nbf", json!(null)),
        ("sub", json!("")),
        ("sub", json!(7)),
        ("sub", json!("a\nb")),
        ("sub", json!("x".repeat(256))),
        ("aud", json!(null)),
        ("aud", json!({ "tenure": true })),
        ("aud", json!(["tenure", 1])),
        ("iss", json!([HS])),
        ("tenants", json!(["demo"])),
        ("tenants", json!({ "demo": "admin" })),
        ("tenants", json!({ "demo": [1] })),
        ("tenants", json!({ "../demo": ["admin"] })),
        ("roles", json!("platform-admin")),
        ("kind", json!("engine")),
    ];
    for (name, value) in cases {
        let text = with(name, value.clone());
        assert_eq!(refused(&hs256(HEADER, &text)), Refusal::ClaimType, "{name}: {value}");
    }
}

#[test]
fn claims_for_somebody_else_or_another_time_are_refused() {
    let cases = [
        ("iss", json!("https://evil.example"), Refusal::Issuer),
        ("iss", json!(format!("{HS}/")), Refusal::Issuer),
        ("aud", json!("other"), Refusal::Audience),
        ("aud", json!(["a", "b"]), Refusal::Audience),
        ("aud", json!([]), Refusal::Audience),
        ("aud", json!("tenure "), Refusal::Audience),
        ("exp", json!(NOW - 30), Refusal::Expired),
        ("nbf", json!(NOW + 31), Refusal::NotYetValid),
        ("iat", json!(NOW + 31), Refusal::NotYetValid),
    ];
    for (name, value, refusal) in cases {
        let mut claims = claims();
        claims["iat"] = json!(NOW - 100);
        claims[name] = value.clone();
        assert_eq!(refused(&hs256(HEADER, &claims.to_string())), refusal, "{name}: {value}");
    }
}

#[test]
fn a_token_that_ends_before_it_begins_is_refused() {
    assert_eq!(refused(&hs256(HEADER, &with("exp", json!(NOW - 10)))), Refusal::ClaimType);
}

#[test]
fn a_claim_that_occurs_twice_is_refused() {
    let text = claims().to_string().replacen('{', r#"{"sub":"mallory","#, 1);
    assert_eq!(refused(&hs256(HEADER, &text)), Refusal::Claims);
    let text = claims().to_string().replace(r#""demo":["admin"]"#, r#""demo":["viewer"],"demo":["admin"]"#);
    assert_eq!(refused(&hs256(HEADER, &text)), Refusal::Claims);
    assert_eq!(refused(&hs256(HEADER, "[]")), Refusal::Claims);
    assert_eq!(refused(&hs256(HEADER, "{} {}")), Refusal::Claims);
}

#[test]
fn texts_that_are_no_signed_token_are_refused() {
    let good = hs256(HEADER, &claims().to_string());
    let parts: Vec<&str> = good.split('.').collect();
    let padded = format!("{}.{}.{}=", parts[0], parts[1], parts[2]);
    let standard = format!("{}.{}.{}", STANDARD.encode(HEADER), parts[1], parts[2]);
    let cases = [
        String::new(),
        "x".into(),
        "a.b".into(),
        "..".into(),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}", parts[0], parts[1]),
        format!("{good}.x"),
        format!("{}.{}.{}.{}.{}", parts[0], "AAAA", "AAAA", parts[1], parts[2]),
        padded,
        standard + "+/",
        format!(" {good}"),
        format!("{good}\n"),
        good.replace('.', ".."),
    ];
    for token in cases {
        assert_eq!(refused(&token), Refusal::Shape, "{token:?}");
    }
}

#[test]
fn a_signature_must_be_that_of_the_key() {
    let good = hs256(HEADER, &claims().to_string());
    let (message, signature) = good.rsplit_once('.').unwrap();
    let other = hs256(HEADER, &with("sub", json!("mallory")));
    let (_, foreign) = other.rsplit_once('.').unwrap();
    for wrong in ["AAAA".to_owned(), foreign.to_owned(), signature[..signature.len() - 4].to_owned()] {
        assert_eq!(refused(&format!("{message}.{wrong}")), Refusal::Signature);
    }
    let world = world();
    let foreign = DevIssuer::ephemeral().unwrap();
    let token = foreign.token(TokenFor { subject: "x", tenant: None });
    assert_eq!(world.verifier.verify(&token, NOW), Err(Refusal::Key), "another key has another name");
}

/// A public key is no secret: an HMAC made with it must not be taken for a signature.
#[test]
fn a_public_key_is_not_taken_for_a_secret() {
    let world = world();
    let jwk = world.dev.keys().keys.remove(0);
    let claims = json!({
        "iss": "urn:tenure:dev", "aud": "tenure", "sub": "mallory", "iat": NOW - 1, "exp": NOW + 60,
        "roles": ["platform-admin"],
    });
    let header = json!({ "alg": "HS256", "kid": jwk.kid }).to_string();
    let message =
        format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let public = URL_SAFE_NO_PAD.decode(&jwk.x).unwrap();
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &public);
    let tag = ring::hmac::sign(&key, message.as_bytes());
    let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()));
    assert_eq!(world.verifier.verify(&token, NOW), Err(Refusal::Algorithm));
}

#[test]
fn among_several_keys_the_token_names_one() {
    let text = with("iss", json!(TWO_KEYS));
    accepted(&hs256(HEADER, &text));
    assert_eq!(refused(&hs256(r#"{"alg":"HS256"}"#, &text)), Refusal::Key);
    assert_eq!(refused(&hs256(r#"{"alg":"HS256","kid":"k2"}"#, &text)), Refusal::Key);
    assert_eq!(refused(&hs256(r#"{"alg":"EdDSA","kid":"k2"}"#, &text)), Refusal::Signature);
}

#[test]
fn a_token_longer_than_8_kib_is_refused() {
    let long = hs256(HEADER, &with("padding", json!("x".repeat(8 << 10))));
    assert_eq!(refused(&long), Refusal::TooLong);
}

/// The second opinion: whatever we accept, an independent reader with the same rules accepts.
#[test]
fn what_is_accepted_is_accepted_by_a_second_verifier() {
    use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
    let token = hs256(HEADER, &claims().to_string());
    let mut rules = Validation::new(Algorithm::HS256);
    rules.set_audience(&["tenure"]);
    rules.set_issuer(&[HS]);
    rules.validate_exp = false;
    rules.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
    accepted(&token);
    decode::<Value>(&token, &DecodingKey::from_secret(SECRET), &rules).unwrap();
}

#[test]
fn a_cached_token_expires_all_the_same() {
    let world = world();
    let token = hs256(HEADER, &with("exp", json!(NOW + 5)));
    assert!(world.verifier.verify(&token, NOW).is_ok());
    assert!(world.verifier.verify(&token, NOW + 34).is_ok());
    assert_eq!(world.verifier.verify(&token, NOW + 35), Err(Refusal::Expired));
}

#[test]
fn development_tokens_are_good_for_what_they_say() {
    let World { dev, verifier } = world();
    let token = dev.token(TokenFor { subject: "demo-viewer", tenant: Some(("demo", Role::Viewer)) });
    let viewer = verifier.verify(&token, NOW).unwrap();
    assert!(viewer.permits(&tenant("demo"), Permission::WorkflowRead));
    assert!(!viewer.permits(&tenant("demo"), Permission::WorkflowStart));
    assert!(!viewer.permits(&tenant("acme"), Permission::WorkflowRead));
    let token = dev.token(TokenFor { subject: "platform-admin", tenant: None });
    let platform = verifier.verify(&token, NOW).unwrap();
    assert!(platform.permits(&tenant("any"), Permission::WorkflowStart));
    assert!(platform.permits(&tenant("any"), Permission::TenantRead));
}

#[test]
fn development_tokens_are_the_same_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dev-issuer.key");
    let token = || {
        let dev = DevIssuer::open(&path).unwrap();
        dev.token(TokenFor { subject: "demo-admin", tenant: Some(("demo", Role::Admin)) })
    };
    assert_eq!(token(), token());
    std::fs::write(&path, b"junk").unwrap();
    assert!(matches!(DevIssuer::open(&path), Err(DevIssuerError::Key(_))));
}

#[test]
fn short_secrets_and_broken_keys_are_no_keys() {
    assert_eq!(IssuerKey::secret(None, &[0; 31]).unwrap_err(), KeyError::ShortSecret(31));
    assert_eq!(IssuerKey::ed25519(None, "AAAA").unwrap_err(), KeyError::PublicKey);
    assert_eq!(IssuerKey::ed25519(None, "=").unwrap_err(), KeyError::PublicKey);
}

fn credential(tenants: &[(&str, Role)], platform_admin: bool) -> Credential {
    let tenants = tenants.iter().map(|(name, role)| (tenant(name), vec![*role])).collect();
    let (subject, issuer, kind) = ("s".into(), "i".into(), "user".into());
    Credential { subject, issuer, kind, tenants, platform_admin, expires_at: NOW }
}

fn grant(credential: &Credential, permission: Permission, named: Option<&str>) -> Result<String, Denied> {
    authorise(credential, permission, named, &"c".into()).map(|grant| grant.tenant().to_string())
}

/// FR-025: the tenant comes from the credential; the header only chooses among those that it holds.
#[test]
fn the_header_chooses_only_among_the_credentials_tenants() {
    use Permission::WorkflowRead;
    let one = credential(&[("demo", Role::Viewer)], false);
    assert_eq!(grant(&one, WorkflowRead, None), Ok("demo".into()));
    assert_eq!(grant(&one, WorkflowRead, Some("demo")), Ok("demo".into()));
    assert_eq!(grant(&one, WorkflowRead, Some("acme")), Err(Denied::Tenant));
    assert_eq!(grant(&one, WorkflowRead, Some("DEMO")), Err(Denied::Tenant));
    assert_eq!(grant(&one, WorkflowRead, Some("")), Err(Denied::Tenant));
    let two = credential(&[("acme", Role::Viewer), ("demo", Role::Admin)], false);
    assert_eq!(grant(&two, WorkflowRead, None), Err(Denied::TenantRequired));
    assert_eq!(grant(&two, WorkflowRead, Some("acme")), Ok("acme".into()));
    let none = credential(&[], false);
    assert_eq!(grant(&none, WorkflowRead, None), Err(Denied::Tenant));
    let platform = credential(&[], true);
    assert_eq!(grant(&platform, WorkflowRead, None), Err(Denied::TenantRequired));
    assert_eq!(grant(&platform, WorkflowRead, Some("acme")), Ok("acme".into()));
}

/// FR-036: roles of one tenant count for nothing in another.
#[test]
fn roles_count_in_their_own_tenant_only() {
    let two = credential(&[("acme", Role::Viewer), ("demo", Role::Admin)], false);
    assert_eq!(grant(&two, Permission::DefinitionWrite, Some("demo")), Ok("demo".into()));
    let permission = Permission::DefinitionWrite;
    let denied = Denied::Permission { tenant: Some(tenant("acme")), permission };
    assert_eq!(grant(&two, permission, Some("acme")), Err(denied));
}

#[test]
fn the_platforms_role_inside_a_tenant_is_no_role() {
    let text = with("tenants", json!({ "demo": ["platform-admin"] }));
    let credential = accepted(&hs256(HEADER, &text));
    assert!(!credential.platform_admin);
    assert!(!credential.permits(&tenant("demo"), Permission::WorkflowRead));
    assert!(authorise_platform(&credential, Permission::TenantRead).is_err());
}
