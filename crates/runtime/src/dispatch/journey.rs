//! One attempt that is more than one request: secrets put in, an identity proven, a challenge answered, a token that was
//! refused replaced once, redirects of `GET` followed, the session of an MCP server around it.
//!
//! Every request of it passes the guard again, and each redirect is judged by egress like any other call. What comes
//! back is freed from what was put in. Deliberately absent: cookies, and credentials for anybody but the first origin.

use super::digest::{self, Asked, Challenge};
use super::exchange::Until;
use super::http::Client;
use super::outcome::{not_sent, unknown, unsendable};
use super::pool::Key;
use super::request::{self, Draft};
use super::reveal::{Revealed, Values};
use super::secrets::Secrets;
use super::token::{Held, NoToken, Tokens};
use super::{Call, Times, rpc};
use crate::egress::Target;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tenure_dsl::authentication::{Credentials, Login, TokenRequest};
use tenure_dsl::program::Mode;
use tenure_engine::execution::{Answer, CallOutcome, HttpRequest, Request, RpcRequest};
use tenure_types::TenantId;
use url::Url;

/// Redirects that are followed in one attempt.
pub const REDIRECTS_MAX: usize = 3;
/// Servers whose nonce is remembered.
const SESSIONS_MAX: usize = 10_000;
/// Headers that are never sent to another origin than the one they were meant for.
const CREDENTIAL_HEADERS: [&str; 2] = ["authorization", "cookie"];

/// Whether a call is more than the one request that was recorded.
pub(super) fn is_needed(call: &Call, request: &HttpRequest) -> bool {
    let opaque = request.body.as_ref().is_some_and(tenure_dsl::json::Json::is_opaque);
    call.effect.protection.is_some() || opaque || (request.redirect && &*request.method == "GET")
}

/// What is remembered between calls: tokens, and the nonces of digest servers.
#[derive(Debug)]
pub(super) struct Memory {
    pub(super) secrets: Arc<dyn Secrets>,
    pub(super) tokens: Tokens,
    sessions: Mutex<HashMap<SessionKey, Session>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct SessionKey {
    tenant: TenantId,
    target: Target,
    login: [u8; 32],
}

#[derive(Clone, Debug)]
struct Session {
    challenge: Challenge,
    /// How often its nonce was used.
    count: u32,
}

/// The header of one request, and what to do when it is not taken.
struct Proof {
    /// `Basic …`; none before a digest server has said what it wants.
    header: Option<String>,
    refusal: Refusal,
}

enum Refusal {
    /// It is final.
    Final,
    /// The token may be replaced.
    Token(Held),
    /// The challenge, if one was answered.
    Digest(Option<Challenge>),
}

impl Memory {
    pub(super) fn new(secrets: Arc<dyn Secrets>) -> Self {
        Self { secrets, tokens: Tokens::default(), sessions: Mutex::default() }
    }

    /// The next use of a server's nonce.
    fn session(&self, key: &SessionKey) -> Option<Session> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let session = sessions.get_mut(key)?;
        session.count += 1;
        Some(session.clone())
    }

    fn learn(&self, key: SessionKey, challenge: Challenge) {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if sessions.len() >= SESSIONS_MAX {
            sessions.clear();
        }
        match sessions.get_mut(&key) {
            Some(session) if !challenge.is_newer_than(&session.challenge) => {}
            _ => _ = sessions.insert(key, Session { challenge, count: 0 }),
        }
    }
}

/// Performs a call with all that belongs to it.
pub(super) async fn perform(
    client: &Client,
    memory: &Memory,
    call: &Call,
    times: &Times,
    may_send: impl Fn() -> bool,
) -> CallOutcome {
    let mut values = match Values::read(call, &*memory.secrets).await {
        Ok(values) => values,
        Err(outcome) => return outcome,
    };
    let journey = Journey { client, memory, call, times, may_send: &may_send };
    let outcome = journey.run(&mut values).await;
    let outcome = values.redactor.outcome(outcome);
    if call.effect.protection.as_ref().is_some_and(|protection| protection.uri.is_some()) {
        return unnamed(outcome);
    }
    outcome
}

/// Where a call with a secret address went is not said in the words of whoever could not reach it.
fn unnamed(outcome: CallOutcome) -> CallOutcome {
    const HIDDEN: &str = "the address of this call holds a secret, so no more is said";
    match outcome {
        CallOutcome::NotSent { cause, .. }
            if matches!(&*cause, "dns" | "connect" | "tls" | "egress_denied") =>
        {
            CallOutcome::NotSent { cause, detail: HIDDEN.into() }
        }
        CallOutcome::Unknown { cause, .. } => CallOutcome::Unknown { cause, detail: HIDDEN.into() },
        other => other,
    }
}

struct Journey<'a, G> {
    client: &'a Client,
    memory: &'a Memory,
    call: &'a Call,
    times: &'a Times,
    may_send: &'a G,
}

/// Who a journey is made for: what it knows, and what it proves.
struct Traveller<'v> {
    values: &'v mut Values,
    credentials: Option<Credentials>,
}

/// Whether a request that was refused for its token may be sent once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repeat {
    /// Where the mode allows a second request.
    ByMode,
    /// In every mode: it only prepares what the call is about.
    Always,
}

/// The way of a JSON-RPC call's messages to their receiver.
pub(super) struct Line<'j, 'v, G> {
    journey: &'j Journey<'j, G>,
    traveller: Traveller<'v>,
    recorded: &'j RpcRequest,
}

impl<G: Fn() -> bool> Line<'_, '_, G> {
    /// Sends what the call is about. `write` makes a message of the call's request, once everything in it is known.
    pub(super) async fn send(
        &mut self,
        until: Until,
        write: impl Fn(&RpcRequest) -> HttpRequest,
    ) -> CallOutcome {
        self.exchange((until, Repeat::ByMode), write).await
    }

    /// Sends what comes before or after it and has no effect of its own.
    pub(super) async fn prepare(
        &mut self,
        until: Until,
        write: impl Fn(&RpcRequest) -> HttpRequest,
    ) -> CallOutcome {
        self.exchange((until, Repeat::Always), write).await
    }

    async fn exchange(
        &mut self,
        how: (Until, Repeat),
        write: impl Fn(&RpcRequest) -> HttpRequest,
    ) -> CallOutcome {
        let (call, recorded) = (self.journey.call, self.recorded);
        let make = |values: &mut Values, parameter: Option<&str>| {
            let HttpRequest { method, uri, headers, body, .. } =
                write(&values.rpc(call, recorded, parameter)?);
            Ok(Revealed { method, uri, headers, secret_headers: vec![], body })
        };
        match self.journey.prove(&mut self.traveller, &make, how).await {
            Ok((answer, _)) => CallOutcome::Answered(answer),
            Err(outcome) => outcome,
        }
    }
}

impl<G: Fn() -> bool> Journey<'_, G> {
    async fn run(&self, values: &mut Values) -> CallOutcome {
        let credentials = match &self.call.effect.protection {
            Some(protection) => match values.credentials(protection) {
                Ok(credentials) => credentials,
                Err(outcome) => return outcome,
            },
            None => None,
        };
        let mut traveller = Traveller { values, credentials };
        let recorded = match &self.call.effect.request {
            Request::Http(recorded) => recorded,
            Request::Rpc(recorded) => {
                return rpc::perform(&mut Line { journey: self, traveller, recorded }, recorded).await;
            }
            Request::Grpc(_) | Request::Process(_) => unreachable!("it has no journey"),
        };
        let make = |values: &mut Values, parameter: Option<&str>| values.http(self.call, recorded, parameter);
        match self.prove(&mut traveller, &make, (Until::End, Repeat::ByMode)).await {
            Ok((answer, last)) if recorded.redirect && &*recorded.method == "GET" => {
                self.follow(traveller, answer, last).await
            }
            Ok((answer, _)) => CallOutcome::Answered(answer),
            Err(outcome) => outcome,
        }
    }

    /// Sends a request with what proves the identity; again where the first answer asks for it. `make` gets what the
    /// `Authorization` header says after its scheme.
    async fn prove(
        &self,
        traveller: &mut Traveller<'_>,
        make: &impl Fn(&mut Values, Option<&str>) -> Result<Revealed, CallOutcome>,
        (until, repeat): (Until, Repeat),
    ) -> Result<(Answer, Revealed), CallOutcome> {
        let Traveller { values, credentials } = traveller;
        let credentials = credentials.as_ref();
        let by_mode = self.call.effect.mode != Mode::AtMostOnce;
        let mut again = Again { token: by_mode || repeat == Repeat::Always, challenges: 2 };
        loop {
            let (client, memory, call, times) = (self.client, self.memory, self.call, self.times);
            let token = held(client, memory, call, times, credentials).await?;
            if let Some(held) = &token {
                values.redactor.add(&held.token);
            }
            let parameter = parameter(credentials, token.as_ref())?;
            if let Some(parameter) = &parameter {
                values.redactor.add(parameter);
            }
            let revealed = make(values, parameter.as_deref())?;
            let proof = self.proof(credentials, token, parameter.as_deref(), &revealed)?;
            if let Some(header) = &proof.header {
                values.redactor.add(header);
            }
            let answer = match self.send(&revealed, proof.header.as_deref(), until).await {
                CallOutcome::Answered(answer) => answer,
                other => return Err(other),
            };
            if answer.status != 401
                || !self.try_again(&mut again, &proof, credentials, &revealed, &answer).await
            {
                return Ok((answer, revealed));
            }
        }
    }

    fn proof(
        &self,
        credentials: Option<&Credentials>,
        token: Option<Held>,
        parameter: Option<&str>,
        revealed: &Revealed,
    ) -> Result<Proof, CallOutcome> {
        let header = |scheme: &str| parameter.map(|parameter| format!("{scheme} {parameter}"));
        Ok(match credentials {
            None => Proof { header: None, refusal: Refusal::Final },
            Some(Credentials::Basic(_)) => Proof { header: header("Basic"), refusal: Refusal::Final },
            Some(Credentials::Bearer(_)) => Proof { header: header("Bearer"), refusal: Refusal::Final },
            Some(Credentials::Token(_)) => {
                let refusal = token.map_or(Refusal::Final, Refusal::Token);
                Proof { header: header("Bearer"), refusal }
            }
            Some(Credentials::Digest(login)) => {
                let (target, path) = Target::parse(&revealed.uri)
                    .map_err(|error| unsendable(&request::Unsendable::Denied(error)))?;
                match self.memory.session(&self.session_key(target, login)) {
                    None => Proof { header: None, refusal: Refusal::Digest(None) },
                    Some(Session { challenge, count }) => {
                        let cnonce =
                            cnonce().ok_or_else(|| not_sent("token", "the system gives no randomness"))?;
                        let body = request::payload(&revealed.draft(None));
                        let method = &*revealed.method;
                        let asked = Asked { method, uri: &path, count, cnonce: &cnonce, body: &body };
                        let header = format!("Digest {}", digest::answer(&challenge, login, asked));
                        Proof { header: Some(header), refusal: Refusal::Digest(Some(challenge)) }
                    }
                }
            }
        })
    }

    /// Whether a 401 is not the answer: a challenge that is answered next, or a token that was good once and is replaced
    /// where a second request is allowed.
    async fn try_again(
        &self,
        again: &mut Again,
        proof: &Proof,
        credentials: Option<&Credentials>,
        revealed: &Revealed,
        answer: &Answer,
    ) -> bool {
        match (&proof.refusal, credentials) {
            (Refusal::Token(held), Some(Credentials::Token(request))) if held.kept => {
                self.memory.tokens.forget(&self.call.tenant, request, held).await;
                std::mem::take(&mut again.token)
            }
            (Refusal::Digest(answered), Some(Credentials::Digest(login))) => {
                let offered = answer.headers.iter().filter(|(name, _)| name == "www-authenticate");
                let Some(challenge) = digest::challenge(offered.map(|(_, value)| &**value)) else {
                    return false;
                };
                // The same nonce again, or a new one that is not called stale, says that the credentials are wrong:
                // unless the nonce that was answered came from an earlier call and may have gone out of use.
                let useful = match answered {
                    None => true,
                    Some(old) => challenge.stale || (again.challenges == 2 && challenge.is_newer_than(old)),
                };
                let Ok((target, _)) = Target::parse(&revealed.uri) else { return false };
                self.memory.learn(self.session_key(target, login), challenge);
                let allowed = useful && again.challenges > 0;
                again.challenges = again.challenges.saturating_sub(1);
                allowed
            }
            (Refusal::Final | Refusal::Token(_) | Refusal::Digest(_), _) => false,
        }
    }

    fn session_key(&self, target: Target, login: &Login) -> SessionKey {
        let text = format!("{}:{}:{}", login.username.len(), login.username, login.password);
        let digest = digest(&SHA256, text.as_bytes());
        let login = digest.as_ref().try_into().expect("SHA-256 has 32 bytes");
        SessionKey { tenant: self.call.tenant.clone(), target, login }
    }

    async fn send(&self, revealed: &Revealed, authorization: Option<&str>, until: Until) -> CallOutcome {
        let (target, request) = match request::prepare(self.call, &revealed.draft(authorization)) {
            Ok(prepared) => prepared,
            Err(why) => return unsendable(&why),
        };
        let key = Key { tenant: self.call.tenant.clone(), target };
        let again = || request.clone();
        self.client
            .transmit(
                &key,
                (request.clone(), until),
                &again,
                self.call.effect.mode,
                self.times,
                self.may_send,
            )
            .await
    }

    /// Follows the redirects of a `GET` that wants them. What cannot be followed is the answer.
    async fn follow(
        &self,
        mut traveller: Traveller<'_>,
        mut answer: Answer,
        mut last: Revealed,
    ) -> CallOutcome {
        for _ in 0..REDIRECTS_MAX {
            let Some(Hop { request, same_origin }) = next_hop(&last, &answer) else { break };
            traveller.credentials = traveller.credentials.filter(|_| same_origin);
            let make = |_: &mut Values, _: Option<&str>| Ok(request.clone());
            match self.prove(&mut traveller, &make, (Until::End, Repeat::ByMode)).await {
                Ok(answered) => (answer, last) = answered,
                // Where it leads may not be called: the redirect itself is the answer.
                Err(CallOutcome::NotSent { cause, .. })
                    if matches!(&*cause, "egress_denied" | "invalid_request") =>
                {
                    break;
                }
                // A request has left, so "nothing was sent" would be a lie.
                Err(CallOutcome::NotSent { cause, detail }) => return unknown(&cause, &detail),
                Err(other) => return other,
            }
        }
        CallOutcome::Answered(answer)
    }
}

impl Revealed {
    fn draft<'a>(&'a self, authorization: Option<&'a str>) -> Draft<'a> {
        let Self { method, uri, headers, body, .. } = self;
        Draft { method, uri, headers, body: body.as_ref(), authorization }
    }
}

/// The token of a policy that works with one.
async fn held(
    client: &Client,
    memory: &Memory,
    call: &Call,
    times: &Times,
    credentials: Option<&Credentials>,
) -> Result<Option<Held>, CallOutcome> {
    let Some(Credentials::Token(request)) = credentials else { return Ok(None) };
    let held = memory.tokens.get(client, &call.tenant, request, times).await;
    held.map(Some).map_err(|why| match why {
        NoToken::Refused(why) => not_sent("authentication", &why),
        NoToken::Unavailable(why) => not_sent("token", &why),
    })
}

/// What proves an identity in one header, whatever the protocol.
pub(super) struct Identity {
    /// `Basic …` or `Bearer …`
    pub(super) header: String,
    token: Option<(Box<TokenRequest>, Held)>,
}

impl Identity {
    /// The identity of a call, if its definition asks for one. Everything secret in it is told to the redactor.
    pub(super) async fn of(
        client: &Client,
        memory: &Memory,
        call: &Call,
        times: &Times,
        values: &mut Values,
    ) -> Result<Option<Self>, CallOutcome> {
        let Some(protection) = &call.effect.protection else { return Ok(None) };
        let credentials = values.credentials(protection)?;
        let held = held(client, memory, call, times, credentials.as_ref()).await?;
        let Some(parameter) = parameter(credentials.as_ref(), held.as_ref())? else { return Ok(None) };
        let scheme = if matches!(credentials, Some(Credentials::Basic(_))) { "Basic" } else { "Bearer" };
        let header = format!("{scheme} {parameter}");
        values.redactor.add(&parameter);
        values.redactor.add(&header);
        let token = match (credentials, held) {
            (Some(Credentials::Token(request)), Some(held)) => Some((request, held)),
            _ => None,
        };
        Ok(Some(Self { header, token }))
    }

    /// The receiver did not take it: the next attempt asks for another token.
    pub(super) async fn refused(&self, memory: &Memory, tenant: &TenantId) {
        if let Some((request, held)) = &self.token {
            memory.tokens.forget(tenant, request, held).await;
        }
    }
}

/// What may still be tried.
struct Again {
    token: bool,
    challenges: u8,
}

/// What the `Authorization` header says after its scheme, where that is known before the request.
fn parameter(credentials: Option<&Credentials>, token: Option<&Held>) -> Result<Option<String>, CallOutcome> {
    Ok(match credentials {
        None | Some(Credentials::Digest(_)) => None,
        Some(Credentials::Basic(login)) if login.username.contains(':') => {
            return Err(not_sent("authentication", "a `username` for `basic` cannot have a colon"));
        }
        Some(Credentials::Basic(login)) => {
            Some(STANDARD.encode(format!("{}:{}", login.username, login.password)))
        }
        Some(Credentials::Bearer(token)) => Some(token.clone()),
        Some(Credentials::Token(_)) => token.map(|held| held.token.to_string()),
    })
}

fn cnonce() -> Option<String> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(digest::hex(&bytes))
}

/// Where a redirect leads.
struct Hop {
    request: Revealed,
    same_origin: bool,
}

/// The request that a redirect asks for, without credentials when it leads to another origin. `None`: it leads nowhere,
/// or from TLS to plain text.
fn next_hop(last: &Revealed, answer: &Answer) -> Option<Hop> {
    if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let (_, location) = answer.headers.iter().find(|(name, _)| name == "location")?;
    let from = Url::parse(&last.uri).ok()?;
    let to = from.join(location).ok()?;
    if from.scheme() == "https" && to.scheme() != "https" {
        return None;
    }
    let same = from.origin() == to.origin();
    let kept = |(at, (name, _)): &(usize, &(String, String))| {
        same || !last.secret_headers.contains(at)
            && !CREDENTIAL_HEADERS.iter().any(|own| name.eq_ignore_ascii_case(own))
    };
    let headers = last.headers.iter().enumerate().filter(kept).map(|(_, header)| header.clone()).collect();
    let secret_headers = if same { last.secret_headers.clone() } else { vec![] };
    let method = Arc::clone(&last.method);
    let request = Revealed { method, uri: to.into(), headers, secret_headers, body: None };
    Some(Hop { request, same_origin: same })
}
