//! What an authentication policy says once its expressions are evaluated and its secrets are known: typed credentials,
//! and the token request of OAuth 2. Pure; its errors name properties, never values.
//!
//! Deliberately absent: sending anything, and keeping tokens.

use crate::json::Json;
use crate::program::Scheme;
use std::fmt;

/// How a call proves who it is, ready for use.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// `basic`
    Basic(Login),
    /// `bearer`: the token.
    Bearer(String),
    /// `digest`
    Digest(Login),
    /// `oauth2` and `oidc`
    Token(Box<TokenRequest>),
}

/// A name and its password.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// `username`
    pub username: String,
    /// `password`
    pub password: String,
}

/// What a token is asked for with.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// `authority`
    pub authority: String,
    /// Where the token endpoint is.
    pub endpoint: TokenEndpoint,
    /// `grant`
    pub grant: Grant,
    /// `client`
    pub client: Client,
    /// `request.encoding`
    pub encoding: Encoding,
    /// `issuers`: of a token that says who issued it, this must be one; empty when anybody may.
    pub issuers: Vec<String>,
    /// `scopes`
    pub scopes: Vec<String>,
    /// `audiences`
    pub audiences: Vec<String>,
    /// `actor`
    pub actor: Option<Token>,
}

/// Where the token endpoint is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenEndpoint {
    /// At this path of the authority, or at this URL.
    Fixed(String),
    /// Where the authority's own metadata says (`OpenID` Connect Discovery).
    Discovered,
}

/// On what ground a token is asked for.
#[derive(Clone, PartialEq, Eq)]
pub enum Grant {
    /// `client_credentials`
    ClientCredentials,
    /// `password`
    Password(Login),
    /// `refresh_token`: the token is the policy's `subject`.
    RefreshToken(String),
    /// `urn:ietf:params:oauth:grant-type:token-exchange`: for the policy's `subject`.
    TokenExchange(Token),
}

/// A token and its kind.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// `token`
    pub token: String,
    /// `type`
    pub kind: String,
}

/// Who asks for a token.
#[derive(Clone, PartialEq, Eq)]
pub struct Client {
    /// `id`
    pub id: Option<String>,
    /// `secret`
    pub secret: Option<String>,
    /// `assertion`
    pub assertion: Option<String>,
    /// `authentication`
    pub authentication: ClientAuthentication,
}

/// How the client proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// `client_secret_post`
    SecretPost,
    /// `client_secret_basic`
    SecretBasic,
    /// `client_secret_jwt`: a JWT that the secret signs (HS256), unless an assertion is given.
    SecretJwt,
    /// `private_key_jwt`: the assertion that the policy gives.
    PrivateKeyJwt,
    /// `none`
    None,
}

/// How the parameters of a token request are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `application/x-www-form-urlencoded`
    Form,
    /// `application/json`
    Json,
}

/// Types that hold credentials show their name and nothing else.
macro_rules! hidden {
    ($($name:ident),+) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        })+
    };
}

hidden!(Credentials, Login, Grant, Token, Client);

impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRequest").field("authority", &self.authority).finish_non_exhaustive()
    }
}

impl Credentials {
    /// Reads the properties of a scheme; the error says which property is missing or wrong.
    pub fn read(scheme: Scheme, properties: &Json) -> Result<Self, String> {
        let whole = Properties { value: properties, at: scheme.key() };
        match scheme {
            Scheme::Basic => whole.login().map(Self::Basic),
            Scheme::Digest => whole.login().map(Self::Digest),
            // A secret that is a text is the token itself.
            Scheme::Bearer => match properties.as_str() {
                Some(token) => Ok(Self::Bearer(token.to_owned())),
                None => whole.text("token").map(Self::Bearer),
            },
            Scheme::OAuth2 => {
                let endpoint = whole.optional("endpoints")?;
                let endpoint =
                    endpoint.map(|endpoints| endpoints.optional_text("token")).transpose()?.flatten();
                let endpoint = endpoint.unwrap_or_else(|| "/oauth2/token".to_owned());
                whole.token(TokenEndpoint::Fixed(endpoint))
            }
            Scheme::Oidc => whole.token(TokenEndpoint::Discovered),
        }
    }
}

/// An object under a name, read without ever quoting what is in it.
struct Properties<'j> {
    value: &'j Json,
    at: &'static str,
}

struct Owned {
    value: Json,
    at: &'static str,
}

impl Owned {
    fn as_ref(&self) -> Properties<'_> {
        Properties { value: &self.value, at: self.at }
    }

    fn optional_text(&self, name: &'static str) -> Result<Option<String>, String> {
        self.as_ref().optional_text(name)
    }
}

impl Properties<'_> {
    fn optional(&self, name: &'static str) -> Result<Option<Owned>, String> {
        let Some(value) = self.value.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
        if value.kind_name() != "object" {
            return Err(format!("`{}.{name}` must be an object", self.at));
        }
        Ok(Some(Owned { value, at: name }))
    }

    fn optional_text(&self, name: &str) -> Result<Option<String>, String> {
        if self.value.kind_name() != "object" {
            return Err(format!("`{}` must be an object", self.at));
        }
        let Some(value) = self.value.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
        let text = match value.kind_name() {
            "string" => value.as_str().map(str::to_owned),
            "number" | "boolean" => Some(value.text().to_owned()),
            _ => None,
        };
        text.map(Some).ok_or_else(|| format!("`{}.{name}` must be a text", self.at))
    }

    fn text(&self, name: &str) -> Result<String, String> {
        self.optional_text(name)?.ok_or_else(|| format!("`{}.{name}` is missing", self.at))
    }

    fn texts(&self, name: &str) -> Result<Vec<String>, String> {
        let wrong = || format!("`{}.{name}` must be a list of texts", self.at);
        let Some(value) = self.value.get(name).filter(|value| !value.is_null()) else {
            return Ok(Vec::new());
        };
        let items = value.items().ok_or_else(wrong)?;
        items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
    }

    fn login(&self) -> Result<Login, String> {
        Ok(Login { username: self.text("username")?, password: self.text("password")? })
    }

    fn named_token(&self, name: &'static str) -> Result<Option<Token>, String> {
        let token = self.optional(name)?;
        let read = |token: &Owned| {
            Ok(Token { token: token.as_ref().text("token")?, kind: token.as_ref().text("type")? })
        };
        token.as_ref().map(read).transpose()
    }

    fn token(&self, endpoint: TokenEndpoint) -> Result<Credentials, String> {
        let subject = self.named_token("subject")?;
        let needed = |what: &str| format!("`{}.subject` is missing: it holds {what}", self.at);
        let grant = match self.text("grant")?.as_str() {
            "client_credentials" => Grant::ClientCredentials,
            "password" => Grant::Password(self.login()?),
            "refresh_token" => Grant::RefreshToken(subject.ok_or_else(|| needed("the refresh token"))?.token),
            "urn:ietf:params:oauth:grant-type:token-exchange" => {
                Grant::TokenExchange(subject.ok_or_else(|| needed("the token that is exchanged"))?)
            }
            _ => return Err(format!("`{}.grant` is not one that a service can use", self.at)),
        };
        let request = self.optional("request")?;
        let encoding = match request.map(|request| request.optional_text("encoding")).transpose()?.flatten() {
            None => Encoding::Form,
            Some(text) if text == "application/x-www-form-urlencoded" => Encoding::Form,
            Some(text) if text == "application/json" => Encoding::Json,
            Some(_) => return Err("`request.encoding` is not known".to_owned()),
        };
        Ok(Credentials::Token(Box::new(TokenRequest {
            authority: self.text("authority")?,
            endpoint,
            grant,
            client: self.client()?,
            encoding,
            issuers: self.texts("issuers")?,
            scopes: self.texts("scopes")?,
            audiences: self.texts("audiences")?,
            actor: self.named_token("actor")?,
        })))
    }

    fn client(&self) -> Result<Client, String> {
        let Some(client) = self.optional("client")? else {
            let authentication = ClientAuthentication::None;
            return Ok(Client { id: None, secret: None, assertion: None, authentication });
        };
        let (id, secret) = (client.optional_text("id")?, client.optional_text("secret")?);
        let assertion = client.optional_text("assertion")?;
        let authentication = match client.optional_text("authentication")?.as_deref() {
            // The default needs a secret; a public client has none.
            None if secret.is_none() && assertion.is_none() => ClientAuthentication::None,
            None | Some("client_secret_post") => ClientAuthentication::SecretPost,
            Some("client_secret_basic") => ClientAuthentication::SecretBasic,
            Some("client_secret_jwt") => ClientAuthentication::SecretJwt,
            Some("private_key_jwt") => ClientAuthentication::PrivateKeyJwt,
            Some("none") => ClientAuthentication::None,
            Some(_) => return Err("`client.authentication` is not known".to_owned()),
        };
        let missing = |name: &str| Err(format!("`client.{name}` is missing"));
        match authentication {
            ClientAuthentication::SecretPost | ClientAuthentication::SecretBasic => {
                if id.is_none() {
                    return missing("id");
                }
                if secret.is_none() {
                    return missing("secret");
                }
            }
            ClientAuthentication::SecretJwt if assertion.is_none() => {
                if id.is_none() {
                    return missing("id");
                }
                if secret.is_none() {
                    return missing("secret");
                }
            }
            ClientAuthentication::PrivateKeyJwt if assertion.is_none() => return missing("assertion"),
            ClientAuthentication::SecretJwt
            | ClientAuthentication::PrivateKeyJwt
            | ClientAuthentication::None => {}
        }
        Ok(Client { id, secret, assertion, authentication })
    }
}

/// What `client_assertion_type` says of every assertion.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

impl TokenRequest {
    /// The parameters of the request, without what goes into a header. `assertion` is the JWT that the client's secret
    /// signed, where one is needed.
    pub fn parameters(&self, assertion: Option<&str>) -> Vec<(&'static str, String)> {
        let mut all = Vec::new();
        let mut add = |name: &'static str, value: &str| all.push((name, value.to_owned()));
        match &self.grant {
            Grant::ClientCredentials => add("grant_type", "client_credentials"),
            Grant::Password(login) => {
                add("grant_type", "password");
                add("username", &login.username);
                add("password", &login.password);
            }
            Grant::RefreshToken(token) => {
                add("grant_type", "refresh_token");
                add("refresh_token", token);
            }
            Grant::TokenExchange(subject) => {
                add("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange");
                add("subject_token", &subject.token);
                add("subject_token_type", &subject.kind);
                if let Some(actor) = &self.actor {
                    add("actor_token", &actor.token);
                    add("actor_token_type", &actor.kind);
                }
            }
        }
        if !self.scopes.is_empty() {
            add("scope", &self.scopes.join(" "));
        }
        self.audiences.iter().for_each(|audience| add("audience", audience));
        self.client_parameters(assertion, &mut add);
        all
    }

    fn client_parameters(&self, assertion: Option<&str>, add: &mut dyn FnMut(&'static str, &str)) {
        let client = &self.client;
        if client.authentication == ClientAuthentication::SecretBasic {
            return;
        }
        if let Some(id) = &client.id {
            add("client_id", id);
        }
        match client.authentication {
            ClientAuthentication::SecretPost => {
                if let Some(secret) = &client.secret {
                    add("client_secret", secret);
                }
            }
            ClientAuthentication::SecretJwt | ClientAuthentication::PrivateKeyJwt => {
                if let Some(assertion) = client.assertion.as_deref().or(assertion) {
                    add("client_assertion_type", JWT_BEARER);
                    add("client_assertion", assertion);
                }
            }
            ClientAuthentication::SecretBasic | ClientAuthentication::None => {}
        }
    }

    /// Whether the client's secret must sign an assertion.
    pub fn signs(&self) -> bool {
        self.client.authentication == ClientAuthentication::SecretJwt && self.client.assertion.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(scheme: Scheme, value: &serde_json::Value) -> Result<Credentials, String> {
        Credentials::read(scheme, &Json::from_value(value))
    }

    fn request(value: &serde_json::Value) -> TokenRequest {
        match read(Scheme::OAuth2, value) {
            Ok(Credentials::Token(request)) => *request,
            other => panic!("{other:?}"),
        }
    }

    fn parameters(value: &serde_json::Value) -> Vec<String> {
        let request = request(value);
        let parameters = request.parameters(Some("signed"));
        parameters.into_iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    #[test]
    fn simple_schemes_are_read_from_objects() {
        let login = json!({ "username": "ada", "password": 7 });
        let expected = || Login { username: "ada".into(), password: "7".into() };
        assert!(read(Scheme::Basic, &login) == Ok(Credentials::Basic(expected())));
        assert!(read(Scheme::Digest, &login) == Ok(Credentials::Digest(expected())));
        assert!(read(Scheme::Bearer, &json!({ "token": "t" })) == Ok(Credentials::Bearer("t".into())));
        assert!(read(Scheme::Bearer, &json!("t")) == Ok(Credentials::Bearer("t".into())));
    }

    #[test]
    fn errors_name_properties_and_no_values() {
        let rows = [
            (Scheme::Basic, json!({ "username": "hunter2" }), "`basic.password` is missing"),
            (Scheme::Basic, json!("hunter2"), "`basic` must be an object"),
            (Scheme::Bearer, json!({ "token": ["hunter2"] }), "`bearer.token` must be a text"),
            (
                Scheme::OAuth2,
                json!({ "grant": "hunter2" }),
                "`oauth2.grant` is not one that a service can use",
            ),
            (
                Scheme::OAuth2,
                json!({ "grant": "client_credentials", "authority": "a", "client": { "secret": "hunter2" } }),
                "`client.id` is missing",
            ),
            (
                Scheme::Oidc,
                json!({ "grant": "refresh_token" }),
                "`oidc.subject` is missing: it holds the refresh token",
            ),
            (
                Scheme::OAuth2,
                json!({ "grant": "client_credentials", "authority": "a", "client": { "id": "i", "authentication": "private_key_jwt" } }),
                "`client.assertion` is missing",
            ),
        ];
        for (scheme, value, expected) in rows {
            assert_eq!(read(scheme, &value).unwrap_err(), expected);
        }
    }

    #[test]
    fn each_grant_has_its_parameters() {
        let base = |grant: &str| json!({ "authority": "https://id", "grant": grant });
        let mut password = base("password");
        password["username"] = "ada".into();
        password["password"] = "pw".into();
        assert_eq!(parameters(&password), ["grant_type=password", "username=ada", "password=pw"]);
        let mut refresh = base("refresh_token");
        refresh["subject"] = json!({ "token": "r", "type": "x" });
        assert_eq!(parameters(&refresh), ["grant_type=refresh_token", "refresh_token=r"]);
        let mut exchange = base("urn:ietf:params:oauth:grant-type:token-exchange");
        exchange["subject"] = json!({ "token": "s", "type": "st" });
        exchange["actor"] = json!({ "token": "a", "type": "at" });
        exchange["audiences"] = json!(["one", "two"]);
        assert_eq!(
            parameters(&exchange),
            [
                "grant_type=urn:ietf:params:oauth:grant-type:token-exchange",
                "subject_token=s",
                "subject_token_type=st",
                "actor_token=a",
                "actor_token_type=at",
                "audience=one",
                "audience=two",
            ]
        );
    }

    #[test]
    fn each_client_authentication_has_its_parameters() {
        let with = |authentication: &str| {
            json!({
                "authority": "https://id", "grant": "client_credentials", "scopes": ["a", "b"],
                "client": { "id": "i", "secret": "s", "authentication": authentication },
            })
        };
        let fixed = ["grant_type=client_credentials", "scope=a b"];
        assert_eq!(parameters(&with("client_secret_post"))[2..], ["client_id=i", "client_secret=s"]);
        assert_eq!(parameters(&with("client_secret_basic")), fixed);
        assert_eq!(parameters(&with("none"))[2..], ["client_id=i"]);
        assert!(request(&with("client_secret_jwt")).signs());
        let assertion = format!("client_assertion_type={JWT_BEARER}");
        let signed = ["client_id=i", &assertion, "client_assertion=signed"];
        assert_eq!(parameters(&with("client_secret_jwt"))[2..], signed);
        let mut own = with("private_key_jwt");
        own["client"]["assertion"] = "mine".into();
        assert_eq!(parameters(&own)[2..], ["client_id=i", &assertion, "client_assertion=mine"]);
    }

    #[test]
    fn an_endpoint_is_a_path_of_the_authority_by_default() {
        let value = json!({ "authority": "https://id", "grant": "client_credentials" });
        assert_eq!(request(&value).endpoint, TokenEndpoint::Fixed("/oauth2/token".into()));
        let Ok(Credentials::Token(oidc)) = read(Scheme::Oidc, &value) else { panic!("it is read") };
        assert_eq!(oidc.endpoint, TokenEndpoint::Discovered);
    }

    #[test]
    fn nothing_of_it_is_shown() {
        let value = json!({ "username": "ada", "password": "hunter2" });
        assert_eq!(format!("{:?}", read(Scheme::Basic, &value).unwrap()), "Credentials { .. }");
    }
}
