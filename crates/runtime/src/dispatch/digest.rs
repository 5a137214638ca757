//! HTTP Digest (RFC 7616): reading challenges, and answering them with MD5 or SHA-256.
//!
//! Pure but for the client's nonce, which is given. Deliberately absent: mutual authentication.

use md5::{Digest as _, Md5};
use ring::digest::{SHA256, digest};
use std::fmt::Write as _;
use tenure_dsl::authentication::Login;

/// The algorithms, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Algorithm {
    Md5,
    Sha256,
}

/// What the proof is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quality {
    /// Method and address, in the form of RFC 2069.
    Old,
    /// Method and address: `auth`.
    Auth,
    /// The body too: `auth-int`.
    Integrity,
}

/// What a server wants to be proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Challenge {
    realm: String,
    nonce: String,
    opaque: Option<String>,
    algorithm: Algorithm,
    /// Whether the session's own key is used (`-sess`).
    session: bool,
    /// The algorithm as the server wrote it, when it did.
    written: Option<String>,
    /// `auth` where it is offered.
    quality: Quality,
    userhash: bool,
    /// Whether the credentials were good and only the nonce was too old.
    pub(super) stale: bool,
}

impl Challenge {
    /// Whether the server gave a nonce that this one did not have.
    pub(super) fn is_newer_than(&self, other: &Self) -> bool {
        self.nonce != other.nonce
    }
}

/// Of all challenges in `WWW-Authenticate` headers the strongest that can be answered.
pub(super) fn challenge<'h>(headers: impl Iterator<Item = &'h str>) -> Option<Challenge> {
    headers
        .flat_map(split)
        .filter_map(
            |(scheme, parameters)| {
                if scheme.eq_ignore_ascii_case("digest") { read(&parameters) } else { None }
            },
        )
        .max_by_key(|challenge| challenge.algorithm)
}

type Parameters = Vec<(String, String)>;

fn read(parameters: &Parameters) -> Option<Challenge> {
    let get = |name: &str| {
        let found = parameters.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    };
    let written = get("algorithm");
    let (algorithm, session) = match written.unwrap_or("MD5").to_ascii_uppercase().as_str() {
        "MD5" => (Algorithm::Md5, false),
        "MD5-SESS" => (Algorithm::Md5, true),
        "SHA-256" => (Algorithm::Sha256, false),
        "SHA-256-SESS" => (Algorithm::Sha256, true),
        _ => return None,
    };
    let offers =
        |offered: &str, wanted| offered.split(',').any(|own| own.trim().eq_ignore_ascii_case(wanted));
    let quality = match get("qop") {
        None => Quality::Old,
        Some(offered) if offers(offered, "auth") => Quality::Auth,
        Some(offered) if offers(offered, "auth-int") => Quality::Integrity,
        Some(_) => return None,
    };
    let yes = |name: &str| get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    Some(Challenge {
        realm: get("realm")?.to_owned(),
        nonce: get("nonce")?.to_owned(),
        opaque: get("opaque").map(str::to_owned),
        algorithm,
        session,
        written: written.map(str::to_owned),
        quality,
        userhash: yes("userhash"),
        stale: yes("stale"),
    })
}

/// Splits a header into challenges: a word with a space behind it begins one, `name=value` belongs to it.
fn split(header: &str) -> Vec<(String, Parameters)> {
    let mut found: Vec<(String, Parameters)> = vec![];
    for item in items(header) {
        let item = item.trim();
        let before_value = item.split('=').next().unwrap_or_default().trim_end();
        let rest = match before_value.split_once(char::is_whitespace) {
            Some((scheme, _)) => {
                found.push((scheme.to_owned(), vec![]));
                item[scheme.len()..].trim_start()
            }
            None if !item.contains('=') => {
                found.push((item.to_owned(), vec![]));
                continue;
            }
            None => item,
        };
        if let (Some((name, value)), Some((_, parameters))) = (rest.split_once('='), found.last_mut()) {
            parameters.push((name.trim().to_owned(), unquoted(value.trim())));
        }
    }
    found
}

/// What stands between commas that are not in quotes.
fn items(header: &str) -> Vec<&str> {
    let (mut items, mut start, mut quoted, mut escaped) = (vec![], 0, false, false);
    for (at, c) in header.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                items.push(&header[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    items.push(&header[start..]);
    items.retain(|item| !item.trim().is_empty());
    items
}

fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return value.to_owned();
    };
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}

/// One request that answers a challenge.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) method: &'a str,
    /// Path and query as they are sent.
    pub(super) uri: &'a str,
    /// How often the nonce has been used, this time included.
    pub(super) count: u32,
    /// The client's own nonce.
    pub(super) cnonce: &'a str,
    /// The body as it is sent.
    pub(super) body: &'a [u8],
}

/// What stands behind `Digest` in the `Authorization` header.
pub(super) fn answer(challenge: &Challenge, login: &Login, asked: Asked<'_>) -> String {
    let Challenge { realm, nonce, algorithm, .. } = challenge;
    let Asked { method, uri, count, cnonce, body } = asked;
    let hash = |text: &str| hash(*algorithm, text.as_bytes());
    let mut key = hash(&format!("{}:{realm}:{}", login.username, login.password));
    if challenge.session {
        key = hash(&format!("{key}:{nonce}:{cnonce}"));
    }
    let (qop, what) = match challenge.quality {
        Quality::Old => (None, format!("{method}:{uri}")),
        Quality::Auth => (Some("auth"), format!("{method}:{uri}")),
        Quality::Integrity => (Some("auth-int"), format!("{method}:{uri}:{}", self::hash(*algorithm, body))),
    };
    let what = hash(&what);
    let response = match qop {
        Some(qop) => hash(&format!("{key}:{nonce}:{count:08x}:{cnonce}:{qop}:{what}")),
        None => hash(&format!("{key}:{nonce}:{what}")),
    };
    let username = if challenge.userhash {
        hash(&format!("{}:{realm}", login.username))
    } else {
        login.username.clone()
    };
    let mut out = String::new();
    let mut quoted = |name: &str, value: &str| {
        let separator = if out.is_empty() { "" } else { ", " };
        let value = value.replace('\\', "\\\\").replace('"', "\\\"");
        write!(out, "{separator}{name}=\"{value}\"").expect("writing to a string cannot fail");
    };
    quoted("username", &username);
    quoted("realm", realm);
    quoted("nonce", nonce);
    quoted("uri", uri);
    quoted("response", &response);
    if let Some(opaque) = &challenge.opaque {
        quoted("opaque", opaque);
    }
    if qop.is_some() || challenge.session {
        quoted("cnonce", cnonce);
    }
    if let Some(algorithm) = &challenge.written {
        out.push_str(", algorithm=");
        out.push_str(algorithm);
    }
    if let Some(qop) = qop {
        write!(out, ", qop={qop}, nc={count:08x}").expect("writing to a string cannot fail");
    }
    if challenge.userhash {
        out.push_str(", userhash=true");
    }
    out
}

fn hash(algorithm: Algorithm, bytes: &[u8]) -> String {
    match algorithm {
        Algorithm::Md5 => hex(&Md5::digest(bytes)),
        Algorithm::Sha256 => hex(digest(&SHA256, bytes).as_ref()),
    }
}

/// Hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut out, byte| {
        write!(out, "{byte:02x}").expect("writing to a string cannot fail");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7616, 3.9.1
    const RFC: [&str; 2] = [
        r#"Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#,
        r#"Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#,
    ];

    fn mufasa(header: &str) -> String {
        let login = Login { username: "Mufasa".into(), password: "Circle of Life".into() };
        let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        let asked = Asked { method: "GET", uri: "/dir/index.html", count: 1, cnonce, body: b"" };
        answer(&challenge([header].into_iter()).unwrap(), &login, asked)
    }

    #[test]
    fn the_examples_of_the_standard_are_answered_as_it_says() {
        let sha = mufasa(RFC[0]);
        assert!(
            sha.contains(r#"response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1""#),
            "{sha}"
        );
        let md5 = mufasa(RFC[1]);
        assert!(md5.contains(r#"response="8ca523f5e9506fed4657c9700eebdbec""#), "{md5}");
        assert!(md5.ends_with(", algorithm=MD5, qop=auth, nc=00000001"), "{md5}");
    }

    /// RFC 2069's form, with the corrected response.
    #[test]
    fn without_qop_the_old_form_is_used() {
        let header = r#"Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41""#;
        let login = Login { username: "Mufasa".into(), password: "CircleOfLife".into() };
        let asked = Asked { method: "GET", uri: "/dir/index.html", count: 1, cnonce: "x", body: b"" };
        let text = answer(&challenge([header].into_iter()).unwrap(), &login, asked);
        assert!(text.contains(r#"response="1949323746fe6a43ef61f9606e7febea""#), "{text}");
        assert!(!text.contains("cnonce") && !text.contains("qop") && !text.contains("algorithm"), "{text}");
    }

    #[test]
    fn the_strongest_challenge_that_can_be_answered_is_taken() {
        let all = [
            RFC[1],
            RFC[0],
            r#"Digest realm="r", nonce="n", algorithm=SHA-512-256, qop="auth""#,
            "Basic realm=\"x\"",
        ];
        assert_eq!(challenge(all.into_iter()).unwrap().algorithm, Algorithm::Sha256);
        let joined = all.join(", ");
        assert_eq!(challenge([joined.as_str()].into_iter()).unwrap().algorithm, Algorithm::Sha256);
        for none in [
            "Basic realm=\"x\"",
            "Digest",
            r#"Digest realm="r""#,
            r#"Digest realm="r", nonce="n", qop="something""#,
        ] {
            assert_eq!(challenge([none].into_iter()), None, "{none}");
        }
    }

    #[test]
    fn quotes_commas_and_case_are_read_as_they_are_meant() {
        let header = r#"Negotiate, dIGEST Realm="a, \"b\"=c" , NONCE=n,stale=TRUE, userhash=true,qop=auth"#;
        let found = challenge([header].into_iter()).unwrap();
        assert_eq!(
            (&*found.realm, &*found.nonce, found.stale, found.userhash),
            ("a, \"b\"=c", "n", true, true)
        );
        let login = Login { username: "a\"b".into(), password: "c".into() };
        let text =
            answer(&found, &login, Asked { method: "GET", uri: "/", count: 10, cnonce: "c", body: b"" });
        assert!(text.contains(r#"realm="a, \"b\"=c""#) && text.contains("nc=0000000a"), "{text}");
        assert!(text.ends_with("userhash=true") && !text.contains(r#"a\"b"#), "the name is hashed: {text}");
    }

    /// RFC 7616, 3.4: the hash of the body is part of what is proven.
    #[test]
    fn the_body_is_proven_where_nothing_less_is_offered() {
        let header = r#"Digest realm="r", nonce="n", qop="auth-int""#;
        let login = Login { username: "u".into(), password: "p".into() };
        let proof = |body: &[u8]| {
            let asked = Asked { method: "POST", uri: "/", count: 1, cnonce: "c", body };
            answer(&challenge([header].into_iter()).unwrap(), &login, asked)
        };
        let md5 = |text: &str| hash(Algorithm::Md5, text.as_bytes());
        let what = md5(&format!("POST:/:{}", md5("{}")));
        let response = md5(&format!("{}:n:00000001:c:auth-int:{what}", md5("u:r:p")));
        assert!(proof(b"{}").contains(&format!("response=\"{response}\"")), "{}", proof(b"{}"));
        assert!(proof(b"{}").ends_with(", qop=auth-int, nc=00000001"), "{}", proof(b"{}"));
        assert_ne!(proof(b"{}"), proof(b"[]"));
    }

    #[test]
    fn a_session_has_a_key_of_its_own() {
        let plain = mufasa(RFC[1]);
        let session = mufasa(&RFC[1].replace("algorithm=MD5", "algorithm=MD5-sess"));
        assert_ne!(plain, session);
        assert!(session.contains("algorithm=MD5-sess"), "{session}");
    }
}
