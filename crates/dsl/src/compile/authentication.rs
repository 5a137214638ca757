//! Authentication policies: their properties as templates, and what can be said about them before anything runs.

use super::Compiler;
use super::expression::{Place, Surroundings};
use crate::diagnostic::Code;
use crate::expr::Template;
use crate::model::{self, AuthenticationPolicy, ClientAuthentication, Grant, OAuth2Client, SecretOr};
use crate::parse::{Path, Print};
use crate::program::{Authentication, Scheme};
use serde_json::Value;

/// What `oauth2` and `oidc` have in common.
struct Asked<'m> {
    grant: Grant,
    client: Option<&'m OAuth2Client>,
    username: bool,
    password: bool,
    subject: bool,
}

impl Compiler<'_> {
    /// The outer `None`: it cannot be compiled. The inner one: there is none.
    #[expect(clippy::option_option, reason = "a broken policy and no policy are two things")]
    pub(super) fn authentication(
        &mut self,
        written: Option<&model::Authentication>,
        path: &Path,
        around: &Surroundings,
    ) -> Option<Option<Authentication>> {
        match written {
            None => Some(None),
            Some(model::Authentication::Policy(policy)) => self.policy(policy, path, around).map(Some),
            Some(model::Authentication::Use(name)) => {
                let document = self.document;
                let policies = document.declared.as_ref()?.authentications.as_ref()?;
                let policy = policies.get(name)?;
                let path = Path::root().keys(&["use", "authentications", name]);
                let compiled = self.policy(policy, &path, around);
                self.used.insert(path);
                compiled.map(Some)
            }
        }
    }

    /// A policy, wherever it is written.
    pub(super) fn policy(
        &mut self,
        policy: &AuthenticationPolicy,
        path: &Path,
        around: &Surroundings,
    ) -> Option<Authentication> {
        let (scheme, properties) = match policy {
            AuthenticationPolicy::Basic(it) => {
                (Scheme::Basic, self.properties(Scheme::Basic, it, path, around))
            }
            AuthenticationPolicy::Bearer(it) => {
                (Scheme::Bearer, self.properties(Scheme::Bearer, it, path, around))
            }
            AuthenticationPolicy::Digest(it) => {
                (Scheme::Digest, self.properties(Scheme::Digest, it, path, around))
            }
            AuthenticationPolicy::OAuth2(it) => {
                if let SecretOr::Inline(oauth2) = &**it {
                    let asked = Asked {
                        grant: oauth2.grant,
                        client: oauth2.client.as_ref(),
                        username: oauth2.username.is_some(),
                        password: oauth2.password.is_some(),
                        subject: oauth2.subject.is_some(),
                    };
                    self.askable(&asked, &path.key("oauth2"));
                }
                (Scheme::OAuth2, self.properties(Scheme::OAuth2, &**it, path, around))
            }
            AuthenticationPolicy::Oidc(it) => {
                if let SecretOr::Inline(oidc) = &**it {
                    let asked = Asked {
                        grant: oidc.grant,
                        client: oidc.client.as_ref(),
                        username: oidc.username.is_some(),
                        password: oidc.password.is_some(),
                        subject: oidc.subject.is_some(),
                    };
                    self.askable(&asked, &path.key("oidc"));
                }
                (Scheme::Oidc, self.properties(Scheme::Oidc, &**it, path, around))
            }
        };
        Some(Authentication { scheme, properties: properties? })
    }

    /// The properties themselves, or all of a secret that holds them.
    fn properties<T: Print>(
        &mut self,
        scheme: Scheme,
        written: &SecretOr<T>,
        path: &Path,
        around: &Surroundings,
    ) -> Option<Template> {
        let path = path.key(scheme.key());
        match written {
            SecretOr::Inline(properties) => self.template(&properties.print(), &path, around),
            SecretOr::Secret(secret) => {
                let name = Value::from(secret.name.as_str());
                self.computed(&format!("$secrets[{name}]"), &path.key("use"), Place::Template, around)
            }
        }
    }

    /// What a service can ask for, and has what it needs for it.
    fn askable(&mut self, asked: &Asked<'_>, path: &Path) {
        match asked.grant {
            Grant::ClientCredentials => {
                if asked.client.is_none_or(|client| client.id.is_none() && client.assertion.is_none()) {
                    self.lacking("client.id", "`grant: client_credentials`", &path.key("grant"));
                }
            }
            Grant::AuthorizationCode => {
                let message = "`grant: authorization_code` needs a person in front of a browser".to_owned();
                let hint = "use `client_credentials`, or `refresh_token` with a token that a person got";
                let path = path.key("grant");
                self.sink.value(
                    Code::InvalidAuthentication,
                    self.tree,
                    &path,
                    message,
                    Some(hint.to_owned()),
                );
            }
            Grant::Password => {
                for (name, there) in [("username", asked.username), ("password", asked.password)] {
                    if !there {
                        self.lacking(name, "`grant: password`", &path.key("grant"));
                    }
                }
            }
            Grant::RefreshToken | Grant::TokenExchange => {
                if !asked.subject {
                    let grant = format!("`grant: {}`", asked.grant.as_str());
                    self.lacking("subject", &grant, &path.key("grant"));
                }
            }
        }
        let Some(client) = asked.client else { return };
        let path = path.keys(&["client", "authentication"]);
        let needed: &[(&str, bool)] = match client.authentication {
            Some(ClientAuthentication::SecretPost | ClientAuthentication::SecretBasic) => {
                &[("client.id", client.id.is_some()), ("client.secret", client.secret.is_some())]
            }
            Some(ClientAuthentication::SecretJwt) if client.assertion.is_none() => {
                &[("client.id", client.id.is_some()), ("client.secret", client.secret.is_some())]
            }
            Some(ClientAuthentication::PrivateKeyJwt) => &[("client.assertion", client.assertion.is_some())],
            Some(ClientAuthentication::SecretJwt | ClientAuthentication::None) | None => &[],
        };
        for (name, _) in needed.iter().filter(|(_, there)| !there) {
            self.lacking(name, "this `client.authentication`", &path);
        }
    }

    fn lacking(&mut self, what: &str, why: &str, path: &Path) {
        let message = format!("`{what}` is missing: {why} needs it");
        self.sink.value(Code::InvalidAuthentication, self.tree, path, message, None);
    }
}
