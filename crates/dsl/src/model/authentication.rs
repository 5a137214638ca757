//! How to prove an identity to a service.

use super::value::Uri;
use crate::parse::{Path, Print, Read, Reader, Tree, record, words};
use serde_json::{Map, Value};

/// A policy, or the name of one.
#[derive(Clone, Debug, PartialEq)]
pub enum Authentication {
    /// `{ use: name }`: declared under `use.authentications`.
    Use(String),
    /// Written here.
    Policy(AuthenticationPolicy),
}

impl Read for Authentication {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        if tree.entry("use").is_none() {
            return Self::Policy(Read::read(reader, tree, path));
        }
        reader
            .fields(tree, path, &["use"])
            .map_or_else(Self::gap, |fields| Self::Use(fields.required(reader, "use")))
    }

    fn gap() -> Self {
        Self::Policy(Read::gap())
    }
}

impl Print for Authentication {
    fn print(&self) -> Value {
        match self {
            Self::Use(name) => single("use", name.print()),
            Self::Policy(policy) => policy.print(),
        }
    }
}

/// One of the schemes.
#[derive(Clone, Debug, PartialEq)]
pub enum AuthenticationPolicy {
    /// `basic`
    Basic(SecretOr<Basic>),
    /// `bearer`
    Bearer(SecretOr<Bearer>),
    /// `digest`
    Digest(SecretOr<Digest>),
    /// `oauth2`
    OAuth2(Box<SecretOr<OAuth2>>),
    /// `oidc`
    Oidc(Box<SecretOr<Oidc>>),
}

impl Read for AuthenticationPolicy {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        const SCHEMES: [&str; 5] = ["basic", "bearer", "digest", "oauth2", "oidc"];
        let Some(fields) = reader.fields(tree, path, &SCHEMES) else { return Self::gap() };
        match reader.one_of(tree, path, &SCHEMES) {
            Some("basic") => Self::Basic(fields.required(reader, "basic")),
            Some("bearer") => Self::Bearer(fields.required(reader, "bearer")),
            Some("digest") => Self::Digest(fields.required(reader, "digest")),
            Some("oauth2") => Self::OAuth2(fields.required(reader, "oauth2")),
            Some(_) => Self::Oidc(fields.required(reader, "oidc")),
            None => Self::gap(),
        }
    }

    fn gap() -> Self {
        Self::Bearer(Read::gap())
    }
}

impl Print for AuthenticationPolicy {
    fn print(&self) -> Value {
        match self {
            Self::Basic(scheme) => single("basic", scheme.print()),
            Self::Bearer(scheme) => single("bearer", scheme.print()),
            Self::Digest(scheme) => single("digest", scheme.print()),
            Self::OAuth2(scheme) => single("oauth2", scheme.print()),
            Self::Oidc(scheme) => single("oidc", scheme.print()),
        }
    }
}

/// Properties of a scheme, or the secret that holds them.
#[derive(Clone, Debug, PartialEq)]
pub enum SecretOr<T> {
    /// `{ use: secret }`
    Secret(SecretName),
    /// Written here.
    Inline(T),
}

record! {
    /// A secret by name.
    SecretName {
        /// `use`
        name: "use" required String,
    }
}

impl<T: Read> Read for SecretOr<T> {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        if tree.entry("use").is_some() {
            return Self::Secret(Read::read(reader, tree, path));
        }
        Self::Inline(T::read(reader, tree, path))
    }

    fn gap() -> Self {
        Self::Inline(T::gap())
    }
}

impl<T: Print> Print for SecretOr<T> {
    fn print(&self) -> Value {
        match self {
            Self::Secret(secret) => secret.print(),
            Self::Inline(value) => value.print(),
        }
    }
}

record! {
    /// `basic`
    Basic {
        /// `username`
        username: "username" required String,
        /// `password`
        password: "password" required String,
    }
}

record! {
    /// `bearer`
    Bearer {
        /// `token`
        token: "token" required String,
    }
}

record! {
    /// `digest`
    Digest {
        /// `username`
        username: "username" required String,
        /// `password`
        password: "password" required String,
    }
}

record! {
    /// `oauth2`
    OAuth2 {
        /// `authority`
        authority: "authority" required Uri,
        /// `grant`
        grant: "grant" required Grant,
        /// `endpoints`
        endpoints: "endpoints" optional OAuth2Endpoints,
        /// `client`
        client: "client" optional OAuth2Client,
        /// `request`
        request: "request" optional OAuth2Request,
        /// `issuers`
        issuers: "issuers" optional Vec<String>,
        /// `scopes`
        scopes: "scopes" optional Vec<String>,
        /// `audiences`
        audiences: "audiences" optional Vec<String>,
        /// `username`
        username: "username" optional String,
        /// `password`
        password: "password" optional String,
        /// `subject`
        subject: "subject" optional OAuth2Token,
        /// `actor`
        actor: "actor" optional OAuth2Token,
    }
}

record! {
    /// `oidc`
    Oidc {
        /// `authority`
        authority: "authority" required Uri,
        /// `grant`
        grant: "grant" required Grant,
        /// `client`
        client: "client" optional OAuth2Client,
        /// `request`
        request: "request" optional OAuth2Request,
        /// `issuers`
        issuers: "issuers" optional Vec<String>,
        /// `scopes`
        scopes: "scopes" optional Vec<String>,
        /// `audiences`
        audiences: "audiences" optional Vec<String>,
        /// `username`
        username: "username" optional String,
        /// `password`
        password: "password" optional String,
        /// `subject`
        subject: "subject" optional OAuth2Token,
        /// `actor`
        actor: "actor" optional OAuth2Token,
    }
}

words! {
    /// `grant`
    Grant {
        /// `client_credentials`
        ClientCredentials = "client_credentials",
        /// `authorization_code`
        AuthorizationCode = "authorization_code",
        /// `password`
        Password = "password",
        /// `refresh_token`
        RefreshToken = "refresh_token",
        /// `urn:ietf:params:oauth:grant-type:token-exchange`
        TokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange",
    }
}

record! {
    /// `oauth2.endpoints`
    OAuth2Endpoints {
        /// `token`
        token: "token" optional Uri,
        /// `revocation`
        revocation: "revocation" optional Uri,
        /// `introspection`
        introspection: "introspection" optional Uri,
    }
}

record! {
    /// `client`
    OAuth2Client {
        /// `id`
        id: "id" optional String,
        /// `secret`
        secret: "secret" optional String,
        /// `assertion`
        assertion: "assertion" optional String,
        /// `authentication`
        authentication: "authentication" optional ClientAuthentication,
    }
}

words! {
    /// `client.authentication`
    ClientAuthentication {
        /// `client_secret_post`
        SecretPost = "client_secret_post",
        /// `client_secret_basic`
        SecretBasic = "client_secret_basic",
        /// `client_secret_jwt`
        SecretJwt = "client_secret_jwt",
        /// `private_key_jwt`
        PrivateKeyJwt = "private_key_jwt",
        /// `none`
        None = "none",
    }
}

record! {
    /// `request`
    OAuth2Request {
        /// `encoding`
        encoding: "encoding" optional OAuth2Encoding,
    }
}

words! {
    /// `request.encoding`
    OAuth2Encoding {
        /// `application/x-www-form-urlencoded`
        Form = "application/x-www-form-urlencoded",
        /// `application/json`
        Json = "application/json",
    }
}

record! {
    /// A security token.
    OAuth2Token {
        /// `token`
        token: "token" required String,
        /// `type`
        kind: "type" required String,
    }
}

pub(super) fn single(key: &str, value: Value) -> Value {
    Value::Object(Map::from_iter([(key.to_owned(), value)]))
}
