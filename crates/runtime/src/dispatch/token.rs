//! Access tokens: asked for once however many calls want one, kept until they expire, renewed with what the authority
//! gave for it.
//!
//! A token belongs to a tenant and to everything that it was asked for with, so a secret that changes leads to another
//! token. Deliberately absent: how a request is sent (`authority` does that), and storing anything: after a restart the
//! first call asks again.

use super::authority::{self, Refused};
use super::http::Client;
use super::times::Times;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tenure_dsl::authentication::{Grant, TokenRequest};
use tenure_types::TenantId;
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

/// Tokens kept at once. Beyond it those that nobody is waiting for are forgotten and asked for again.
pub const TOKENS_MAX: usize = 10_000;
/// How long a token is taken to be good whose authority does not say.
const LIFE_DEFAULT: Duration = Duration::from_mins(5);
/// No token is kept for longer.
const LIFE_MAX: Duration = Duration::from_hours(24);
/// Bytes of a token that is used.
pub const TOKEN_BYTES_MAX: usize = 16 * 1024;
/// A token is renewed so long before its end, or a tenth of its life before, whichever is less.
const MARGIN_MAX: Duration = Duration::from_secs(30);

/// A token in use. It does not show itself.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) token: Arc<Zeroizing<String>>,
    /// Whether it was there before this call asked.
    pub(super) kept: bool,
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("kept", &self.kept).finish_non_exhaustive()
    }
}

/// What an authority gave.
pub(super) struct Granted {
    pub(super) token: Zeroizing<String>,
    pub(super) life: Option<Duration>,
    pub(super) refresh: Option<Zeroizing<String>>,
}

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoToken {
    /// The authority says no, or cannot be understood: asking again does not help.
    Refused(Arc<str>),
    /// It cannot be reached now.
    Unavailable(Arc<str>),
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    tenant: TenantId,
    /// Of everything that the token is asked for with.
    digest: [u8; 32],
}

/// One token and the requests for it.
#[derive(Default)]
struct Entry {
    /// Held while a token is asked for: who waits for it finds what the other one got.
    state: tokio::sync::Mutex<State>,
    /// How many requests have ended.
    flights: AtomicU64,
}

#[derive(Default)]
struct State {
    current: Option<Current>,
    /// Why the last one gave nothing.
    failure: Option<NoToken>,
}

struct Current {
    token: Arc<Zeroizing<String>>,
    until: Instant,
    refresh: Option<Zeroizing<String>>,
}

/// The tokens of all tenants.
#[derive(Default)]
pub(super) struct Tokens {
    entries: Mutex<HashMap<Key, Arc<Entry>>>,
    pub(super) metadata: authority::Metadata,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}

impl Tokens {
    /// A token that is good now. Gives up at the call's send-by.
    pub(super) async fn get(
        &self,
        client: &Client,
        tenant: &TenantId,
        request: &TokenRequest,
        times: &Times,
    ) -> Result<Held, NoToken> {
        let entry = self.entry(tenant, request);
        let before = entry.flights.load(Ordering::SeqCst);
        let waiting = timeout_at(times.send_by(), entry.state.lock());
        let Ok(mut state) = waiting.await else {
            return Err(NoToken::Unavailable("no token came before the send-by".into()));
        };
        if let Some(current) = state.current.as_ref().filter(|current| Instant::now() < current.until) {
            return Ok(Held { token: Arc::clone(&current.token), kept: true });
        }
        // A request that this call has waited for has failed for it too.
        if let Some(failure) = &state.failure
            && entry.flights.load(Ordering::SeqCst) > before
        {
            return Err(failure.clone());
        }
        let asked = self.ask(client, tenant, request, &mut state.current, times).await;
        entry.flights.fetch_add(1, Ordering::SeqCst);
        match asked {
            Ok(current) => {
                let token = Arc::clone(&current.token);
                (state.current, state.failure) = (Some(current), None);
                Ok(Held { token, kept: false })
            }
            Err(failure) => {
                state.failure = Some(failure.clone());
                Err(failure)
            }
        }
    }

    /// Forgets a token that a service did not take; one that came in between stays.
    pub(super) async fn forget(&self, tenant: &TenantId, request: &TokenRequest, refused: &Held) {
        let entry = self.entry(tenant, request);
        let mut state = entry.state.lock().await;
        if let Some(current) = &mut state.current
            && Arc::ptr_eq(&current.token, &refused.token)
        {
            current.until = Instant::now();
        }
    }

    /// With what renews the old one, if there is such a thing and the authority takes it; otherwise from the beginning.
    async fn ask(
        &self,
        client: &Client,
        tenant: &TenantId,
        request: &TokenRequest,
        old: &mut Option<Current>,
        times: &Times,
    ) -> Result<Current, NoToken> {
        // It stays where it is until it is of no use: whoever asks may be cut off.
        if let Some(refresh) = old.as_ref().and_then(|old| old.refresh.clone()) {
            let renewal = TokenRequest { grant: Grant::RefreshToken(refresh.to_string()), ..request.clone() };
            match authority::ask(client, &self.metadata, tenant, &renewal, times).await {
                Ok(mut granted) => {
                    granted.refresh = granted.refresh.or(Some(refresh));
                    return Ok(current(granted));
                }
                Err(Refused::Unavailable(why)) => return Err(NoToken::Unavailable(why.into())),
                Err(Refused::Final(_)) => *old = None,
            }
        }
        match authority::ask(client, &self.metadata, tenant, request, times).await {
            Ok(granted) => Ok(current(granted)),
            Err(Refused::Unavailable(why)) => Err(NoToken::Unavailable(why.into())),
            Err(Refused::Final(why)) => Err(NoToken::Refused(why.into())),
        }
    }

    fn entry(&self, tenant: &TenantId, request: &TokenRequest) -> Arc<Entry> {
        let key = Key { tenant: tenant.clone(), digest: authority::fingerprint(request) };
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= TOKENS_MAX && !entries.contains_key(&key) {
            entries.retain(|_, entry| Arc::strong_count(entry) > 1);
        }
        Arc::clone(entries.entry(key).or_default())
    }

    /// Forgets tokens that have expired and that nothing renews.
    pub(super) fn sweep(&self, now: Instant) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|_, entry| {
            let state = entry.state.try_lock();
            let useful = |current: &Current| now < current.until || current.refresh.is_some();
            Arc::strong_count(entry) > 1
                || state.is_ok_and(|state| state.current.as_ref().is_some_and(useful))
        });
    }
}

fn current(granted: Granted) -> Current {
    let life = granted.life.unwrap_or(LIFE_DEFAULT).min(LIFE_MAX);
    let margin = MARGIN_MAX.min(life / 10);
    Current {
        token: Arc::new(granted.token),
        until: Instant::now() + life - margin,
        refresh: granted.refresh,
    }
}
