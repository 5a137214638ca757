//! What a configuration lacks before it may serve. Deny by default: nothing here is a warning.

use super::{Config, Issuer, IssuerKey};
use crate::auth;
use tenure_runtime::egress::Allow;

/// Bytes of a root key.
const ROOT_KEY_BYTES: usize = 32;

/// Something that keeps a server from starting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The setting, such as `server.tls`.
    pub setting: String,
    /// What is wrong with it.
    pub problem: String,
    /// What to do about it.
    pub hint: String,
}

impl Finding {
    fn new(setting: impl Into<String>, problem: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { setting: setting.into(), problem: problem.into(), hint: hint.into() }
    }
}

impl Config {
    /// Everything that keeps a server of this configuration from starting; empty when nothing does.
    pub fn check(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        self.check_tls(&mut findings);
        self.check_issuers(&mut findings);
        self.check_root_key(&mut findings);
        for (index, rule) in self.egress.allow.iter().enumerate() {
            if let Err(error) = rule.parse::<Allow>() {
                findings.push(Finding::new(
                    format!("egress.allow[{index}]"),
                    error.to_string(),
                    "correct the rule",
                ));
            }
        }
        if let Err(error) = self.log.level.parse::<tracing_subscriber::EnvFilter>() {
            findings.push(Finding::new(
                "log.level",
                error.to_string(),
                "use error, warn, info, debug or trace",
            ));
        }
        findings
    }

    fn check_tls(&self, findings: &mut Vec<Finding>) {
        let Some(tls) = &self.server.tls else {
            let hint = "set `server.tls.certificate` and `server.tls.key` to PEM files";
            findings.push(Finding::new(
                "server.tls",
                "there is no certificate: every connection is encrypted",
                hint,
            ));
            return;
        };
        for (setting, path) in [("server.tls.certificate", &tls.certificate), ("server.tls.key", &tls.key)] {
            if let Err(error) = std::fs::File::open(path) {
                let problem = format!("`{}` cannot be read: {error}", path.display());
                findings.push(Finding::new(setting, problem, "name a PEM file that the server may read"));
            }
        }
    }

    fn check_issuers(&self, findings: &mut Vec<Finding>) {
        if self.auth.issuers.is_empty() {
            let hint = "add an `[[auth.issuers]]` with `issuer`, `audience` and `keys`";
            findings.push(Finding::new(
                "auth.issuers",
                "there is no identity provider: nobody could be let in",
                hint,
            ));
        }
        for (index, issuer) in self.auth.issuers.iter().enumerate() {
            check_issuer(index, issuer, findings);
        }
    }

    fn check_root_key(&self, findings: &mut Vec<Finding>) {
        let hint = "set `keys.root` to `{ file = \"…\" }` or `{ env = \"…\" }` with 32 random bytes";
        let problem = match self.keys.root.as_ref().map(super::Secret::read) {
            None => "there is no root key: everything at rest is encrypted".to_owned(),
            Some(Err(error)) => error.to_string(),
            Some(Ok(key)) if key.len() != ROOT_KEY_BYTES => {
                format!("a root key has {ROOT_KEY_BYTES} bytes, this one has {}", key.len())
            }
            Some(Ok(_)) => return,
        };
        findings.push(Finding::new("keys.root", problem, hint));
    }
}

fn check_issuer(index: usize, issuer: &Issuer, findings: &mut Vec<Finding>) {
    let setting = |key: &str| format!("auth.issuers[{index}].{key}");
    for (key, value) in [("issuer", &issuer.issuer), ("audience", &issuer.audience)] {
        if value.trim().is_empty() {
            findings.push(Finding::new(setting(key), "it is empty", "a token must be bound to both"));
        }
    }
    if issuer.keys.is_empty() {
        findings.push(Finding::new(setting("keys"), "there is none", "add a key with its `algorithm`"));
    }
    for (number, key) in issuer.keys.iter().enumerate() {
        if let Err(problem) = usable(key) {
            let hint = "EdDSA needs `x` of the JWK, HS256 a secret of at least 32 bytes";
            findings.push(Finding::new(setting(&format!("keys[{number}]")), problem, hint));
        }
    }
}

/// The key as a verifier uses it, or why it cannot.
fn usable(key: &IssuerKey) -> Result<auth::IssuerKey, String> {
    match key {
        IssuerKey::EdDsa { kid, x } => {
            auth::IssuerKey::ed25519(kid.as_deref(), x).map_err(|error| error.to_string())
        }
        IssuerKey::Hs256 { kid, secret } => {
            let secret = secret.read().map_err(|error| error.to_string())?;
            auth::IssuerKey::secret(kid.as_deref(), &secret).map_err(|error| error.to_string())
        }
    }
}
