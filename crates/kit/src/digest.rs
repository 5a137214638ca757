//! The other side of HTTP Digest (RFC 7616): what a service does to be sure of who is asking, with MD5 and `qop=auth`.

use crate::service::Call;
use md5::{Digest as _, Md5};
use serde_json::Value;
use std::fmt::Write as _;

const REALM: &str = "kit";
const NONCE: &str = "a-nonce-of-the-kit";

/// A name and its password.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Login {
    username: String,
    password: String,
}

impl Login {
    /// From `{ username, password }`.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        let text = |name: &str| value[name].as_str().map(str::to_owned);
        Some(Self { username: text("username")?, password: text("password")? })
    }
}

/// The one nonce of a service: each count is taken once.
#[derive(Debug, Default)]
pub(crate) struct Nonce {
    used: u32,
}

impl Nonce {
    /// What is asked of those who prove nothing.
    pub(crate) const CHALLENGE: &str = "Digest realm=\"kit\", nonce=\"a-nonce-of-the-kit\", qop=\"auth\"";

    /// Whether a call proves that its sender knows the password, and says so for the first time.
    pub(crate) fn proves(&mut self, call: &Call, login: &Login) -> bool {
        let header = call.header("authorization").and_then(|header| header.strip_prefix("Digest "));
        let Some(count) = header.and_then(|header| proven(header, call, login)) else { return false };
        let fresh = count > self.used;
        self.used = self.used.max(count);
        fresh
    }
}

/// The count of a proof that is right.
fn proven(header: &str, call: &Call, login: &Login) -> Option<u32> {
    let field = |name: &str| {
        let found = header.split(", ").find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
        found.map(|value| value.trim_matches('"'))
    };
    let (method, path) = call.route.split_once(' ')?;
    let target = if call.query.is_empty() { path.to_owned() } else { format!("{path}?{}", call.query) };
    let (count, cnonce) = (field("nc")?, field("cnonce")?);
    let who = hash(&format!("{}:{REALM}:{}", login.username, login.password));
    let what = hash(&format!("{method}:{target}"));
    let right = hash(&format!("{who}:{NONCE}:{count}:{cnonce}:auth:{what}"));
    let told = [("username", &*login.username), ("realm", REALM), ("nonce", NONCE), ("uri", &target)];
    let true_to_it = told.iter().all(|(name, value)| field(name) == Some(value));
    let proven = true_to_it && field("qop") == Some("auth") && field("response") == Some(&right);
    u32::from_str_radix(count, 16).ok().filter(|_| proven)
}

fn hash(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(response: &str, count: &str) -> Call {
        let header = format!(
            "Digest username=\"u\", realm=\"kit\", nonce=\"{NONCE}\", uri=\"/a?b\", response=\"{response}\", cnonce=\"c\", qop=auth, nc={count}"
        );
        Call {
            route: "GET /a".into(),
            query: "b".into(),
            headers: vec![("authorization".into(), header)],
            body: Value::Null,
        }
    }

    #[test]
    fn a_proof_is_taken_once() {
        let login = Login { username: "u".into(), password: "p".into() };
        let right = hash(&format!("{}:{NONCE}:00000001:c:auth:{}", hash("u:kit:p"), hash("GET:/a?b")));
        let mut nonce = Nonce::default();
        assert!(!nonce.proves(&call("wrong", "00000001"), &login));
        assert!(nonce.proves(&call(&right, "00000001"), &login));
        assert!(!nonce.proves(&call(&right, "00000001"), &login), "it is replayed");
        assert!(!nonce.proves(&call(&right, "00000002"), &login), "the count is part of the proof");
        assert!(Nonce::CHALLENGE.contains(REALM) && Nonce::CHALLENGE.contains(NONCE));
    }
}
