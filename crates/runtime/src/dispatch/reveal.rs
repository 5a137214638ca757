//! Puts the values of secrets where a recorded request refers to them. What was recorded says where that is: the text of
//! a request is never searched for anything, so data that looks like a reference is data.

use super::Call;
use super::outcome::not_sent;
use super::redact::Redactor;
use super::secrets::Secrets;
use std::collections::BTreeMap;
use std::sync::Arc;
use tenure_dsl::authentication::{ClientAuthentication, Credentials, Grant};
use tenure_dsl::json::Json;
use tenure_dsl::json::opaque::Source;
use tenure_engine::execution::{CallOutcome, HttpRequest, Protection, Request, RpcRequest};

/// The values that a call needs, each read once.
pub(super) struct Values {
    secrets: BTreeMap<Arc<str>, Json>,
    pub(super) redactor: Redactor,
}

/// A request with everything in it.
#[derive(Clone)]
pub(super) struct Revealed {
    pub(super) method: Arc<str>,
    pub(super) uri: String,
    pub(super) headers: Vec<(String, String)>,
    /// Which of the headers hold something secret, by their place.
    pub(super) secret_headers: Vec<usize>,
    pub(super) body: Option<Json>,
}

impl Values {
    /// Reads every secret that the call refers to.
    pub(super) async fn read(call: &Call, secrets: &dyn Secrets) -> Result<Self, CallOutcome> {
        let mut values = Self { secrets: BTreeMap::new(), redactor: Redactor::default() };
        for source in sources(call) {
            let Source::Secret(name, _) = source else { continue };
            if values.secrets.contains_key(&name) {
                continue;
            }
            let value = secrets.value(&call.tenant, &name).await.map_err(|why| not_sent("secrets", &why))?;
            let Some(value) = value else {
                return Err(not_sent("authorization", &format!("there is no secret `{name}`")));
            };
            let json = value.json().ok_or_else(|| not_sent("secrets", "a stored secret is damaged"))?;
            values.secrets.insert(name, json);
        }
        Ok(values)
    }

    /// The credentials of the call's policy.
    pub(super) fn credentials(
        &mut self,
        protection: &Protection,
    ) -> Result<Option<Credentials>, CallOutcome> {
        let Some(policy) = &protection.authentication else { return Ok(None) };
        let whole = policy.properties.clone();
        let properties = whole.revealed(&mut |source| {
            let value = self.value(source, None)?;
            if let Some(text) = value.as_str() {
                self.redactor.add(text);
            }
            Ok(value)
        })?;
        let credentials = Credentials::read(policy.scheme, &properties);
        let credentials = credentials.map_err(|why| not_sent("authentication", &why))?;
        self.note(&credentials);
        Ok(Some(credentials))
    }

    /// An HTTP request. `parameter` is what its `Authorization` header says after the scheme.
    pub(super) fn http(
        &mut self,
        call: &Call,
        recorded: &HttpRequest,
        parameter: Option<&str>,
    ) -> Result<Revealed, CallOutcome> {
        let (headers, secret_headers) = self.headers(call, &recorded.headers, parameter)?;
        let uri = self.uri(call, &recorded.uri, parameter)?;
        let body = self.optional(recorded.body.as_ref(), parameter)?;
        Ok(Revealed { method: Arc::clone(&recorded.method), uri, headers, secret_headers, body })
    }

    /// The same for a JSON-RPC request.
    pub(super) fn rpc(
        &mut self,
        call: &Call,
        recorded: &RpcRequest,
        parameter: Option<&str>,
    ) -> Result<RpcRequest, CallOutcome> {
        let (headers, _) = self.headers(call, &recorded.headers, parameter)?;
        let uri = self.uri(call, &recorded.uri, parameter)?;
        let params = self.optional(recorded.params.as_ref(), parameter)?;
        Ok(RpcRequest { uri, headers, params, ..recorded.clone() })
    }

    fn uri(&mut self, call: &Call, shown: &str, parameter: Option<&str>) -> Result<String, CallOutcome> {
        match call.effect.protection.as_ref().and_then(|protection| protection.uri.as_ref()) {
            Some(hidden) => self.text(hidden, parameter),
            None => Ok(shown.to_owned()),
        }
    }

    /// The headers, and the places of those that hold something secret.
    #[expect(
        clippy::type_complexity,
        reason = "a list of headers with their places needs no name of its own"
    )]
    fn headers(
        &mut self,
        call: &Call,
        shown: &[(String, String)],
        parameter: Option<&str>,
    ) -> Result<(Vec<(String, String)>, Vec<usize>), CallOutcome> {
        let protection = call.effect.protection.as_deref();
        let (mut headers, mut secret) = (shown.to_vec(), vec![]);
        for (at, hidden) in protection.map_or(&[][..], |protection| &protection.headers) {
            let at = usize::try_from(*at).expect("a request has few headers");
            headers[at].1 = self.text(hidden, parameter)?;
            secret.push(at);
        }
        Ok((headers, secret))
    }

    fn optional(
        &mut self,
        value: Option<&Json>,
        parameter: Option<&str>,
    ) -> Result<Option<Json>, CallOutcome> {
        value.map(|value| self.whole(value, parameter)).transpose()
    }

    fn text(&mut self, hidden: &Json, parameter: Option<&str>) -> Result<String, CallOutcome> {
        let value = self.whole(hidden, parameter)?;
        Ok(value.as_str().unwrap_or_else(|| value.text()).to_owned())
    }

    fn whole(&mut self, hidden: &Json, parameter: Option<&str>) -> Result<Json, CallOutcome> {
        hidden.revealed(&mut |source| {
            let value = self.value(source, parameter)?;
            self.redactor.add_all(&value);
            Ok(value)
        })
    }

    fn value(&self, source: &Source, parameter: Option<&str>) -> Result<Json, CallOutcome> {
        match source {
            Source::Secret(name, _) => {
                let value = self.secrets.get(name).expect("every secret was read before");
                source.within(value).ok_or_else(|| {
                    not_sent(
                        "authorization",
                        &format!("there is nothing at `{source}`: the secret `{name}` is of another shape"),
                    )
                })
            }
            Source::Authorization => parameter.map(Json::string).ok_or_else(|| {
                not_sent(
                    "invalid_request",
                    "`$authorization.parameter` is not known before the request is sent",
                )
            }),
        }
    }

    /// What of the credentials nobody may see in an answer.
    fn note(&mut self, credentials: &Credentials) {
        let redactor = &mut self.redactor;
        match credentials {
            Credentials::Basic(login) | Credentials::Digest(login) => redactor.add(&login.password),
            Credentials::Bearer(token) => redactor.add(token),
            Credentials::Token(request) => {
                match &request.grant {
                    Grant::ClientCredentials => {}
                    Grant::Password(login) => redactor.add(&login.password),
                    Grant::RefreshToken(token) => redactor.add(token),
                    Grant::TokenExchange(subject) => redactor.add(&subject.token),
                }
                let client = &request.client;
                let secret =
                    client.secret.as_deref().filter(|_| client.authentication != ClientAuthentication::None);
                let actor = request.actor.as_ref().map(|actor| &*actor.token);
                for text in [secret, client.assertion.as_deref(), actor].into_iter().flatten() {
                    redactor.add(text);
                }
            }
        }
    }
}

fn sources(call: &Call) -> Vec<Source> {
    let body = match &call.effect.request {
        Request::Http(request) => &request.body,
        Request::Rpc(request) => &request.params,
        Request::Grpc(_) | Request::Process(_) => &None,
    };
    let protection = call.effect.protection.as_deref();
    let hidden = protection.into_iter().flat_map(|protection| {
        let headers = protection.headers.iter().map(|(_, value)| value);
        let policy = protection.authentication.iter().map(|policy| &policy.properties);
        protection.uri.iter().chain(headers).chain(policy)
    });
    hidden.chain(body).flat_map(Json::sources).collect()
}
