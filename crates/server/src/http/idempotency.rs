//! `Idempotency-Key`: the same key and request again gets the same answer, and nothing happens twice.
//!
//! The promise itself is durable: the runtime writes it in the transaction of the act, and it holds for 24 hours and over
//! restarts. Beside it, recent answers are kept in memory, so that a repetition gets the very bytes of the first answer.

use super::{Call, Reply};
use crate::app::{App, Error};
use crate::auth::Grant;
use axum::response::Response;
use http::HeaderName;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use tenure_api::Code;
use tenure_engine::shard::Idempotency;
use tenure_types::limits::KEY_CHARS_MAX;
use tenure_types::{TenantId, Timestamp};

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// Recent answers kept.
const ANSWERS_MAX: usize = 8_192;
/// Bytes of recent answers kept.
const ANSWER_BYTES_MAX: usize = 16 << 20;
/// How long an answer is kept: as long as the durable promise.
const KEPT_MS: u64 = tenure_runtime::codec::IDEMPOTENCY_MS;

type Name = (TenantId, Arc<str>);

/// The keys of requests that are being answered, and the answers of recent ones.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    in_flight: HashSet<Name>,
    answers: HashMap<Name, Answered>,
    order: VecDeque<Name>,
    bytes: usize,
}

#[derive(Debug)]
struct Answered {
    fingerprint: [u8; 32],
    reply: Reply,
    at: Timestamp,
}

/// A key whose request is being answered. Dropping it lets the next one in.
#[derive(Debug)]
pub(crate) struct Key {
    app: Arc<App>,
    name: Name,
    fingerprint: [u8; 32],
}

impl Drop for Key {
    fn drop(&mut self) {
        self.app.keys.lock().in_flight.remove(&self.name);
    }
}

/// What a request under a key is.
#[derive(Debug)]
pub(crate) enum Request {
    /// There is no key.
    Plain,
    /// The first one under its key.
    First(Key),
    /// A repetition; here is the answer.
    Repeated(Reply),
    /// A repetition whose answer is made anew from what was promised.
    Promised(Key, Vec<u8>),
}

/// Finds out what a request is.
pub(crate) async fn request(app: &Arc<App>, grant: &Grant, call: &Call) -> Result<Request, Error> {
    let Some(text) = header(call)? else { return Ok(Request::Plain) };
    let name = (grant.tenant().clone(), text);
    let fingerprint = call.fingerprint();
    if !app.keys.lock().in_flight.insert(name.clone()) {
        let detail = "a request with this idempotency key is being answered; repeat it later";
        return Err(Error::refused(Code::IdempotencyInFlight, detail));
    }
    let key = Key { app: app.clone(), name, fingerprint };
    if let Some(answered) = app.keys.answered(&key, app.clock.now()) {
        return answered.map(Request::Repeated);
    }
    match app.handle.idempotent(grant.tenant(), &key.name.1).await? {
        None => Ok(Request::First(key)),
        Some(answer) if answer.fingerprint == fingerprint => Ok(Request::Promised(key, answer.response)),
        Some(_) => Err(mismatch()),
    }
}

fn header(call: &Call) -> Result<Option<Arc<str>>, Error> {
    let mut values = call.headers.get_all(HEADER).into_iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().ok().filter(|text| (1..=KEY_CHARS_MAX).contains(&text.len()));
    match (text, values.next()) {
        (Some(text), None) => Ok(Some(text.into())),
        _ => Err(Error::parameter(format!(
            "`Idempotency-Key` is one text of 1 to {KEY_CHARS_MAX} ASCII characters"
        ))),
    }
}

fn mismatch() -> Error {
    Error::refused(
        Code::IdempotencyMismatch,
        "the idempotency key was used with another request; use a new one",
    )
}

impl Request {
    /// The key, when there is one to promise under.
    pub(crate) fn promise(&self) -> Option<Idempotency> {
        match self {
            Self::First(key) | Self::Promised(key, _) => {
                Some(Idempotency { key: key.name.1.clone(), fingerprint: key.fingerprint })
            }
            Self::Plain | Self::Repeated(_) => None,
        }
    }

    /// Keeps the answer for repetitions and gives it.
    pub(crate) fn answer(&self, reply: Reply) -> Response {
        match self {
            Self::First(key) => key.app.keys.keep(key, &reply, key.app.clock.now()),
            Self::Promised(key, _) => {
                let reply = Reply { replayed: true, ..reply };
                key.app.keys.keep(key, &reply, key.app.clock.now());
                return reply.into();
            }
            Self::Plain | Self::Repeated(_) => {}
        }
        reply.into()
    }
}

impl Keys {
    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answered(&self, key: &Key, now: Timestamp) -> Option<Result<Reply, Error>> {
        let inner = self.lock();
        let answered = inner.answers.get(&key.name).filter(|answered| now.ms_since(answered.at) < KEPT_MS)?;
        if answered.fingerprint != key.fingerprint {
            return Some(Err(mismatch()));
        }
        Some(Ok(Reply { replayed: true, ..answered.reply.clone() }))
    }

    fn keep(&self, key: &Key, reply: &Reply, now: Timestamp) {
        self.lock()
            .keep(key.name.clone(), Answered { fingerprint: key.fingerprint, reply: reply.clone(), at: now });
    }
}

impl Inner {
    fn keep(&mut self, name: Name, answered: Answered) {
        self.bytes += answered.reply.body.len();
        if let Some(before) = self.answers.insert(name.clone(), answered) {
            self.bytes -= before.reply.body.len();
        } else {
            self.order.push_back(name);
        }
        while self.order.len() > ANSWERS_MAX || self.bytes > ANSWER_BYTES_MAX {
            let Some(oldest) = self.order.pop_front() else { return };
            if let Some(gone) = self.answers.remove(&oldest) {
                self.bytes -= gone.reply.body.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn answered(body: usize) -> Answered {
        let reply = Reply::text(Bytes::from(vec![b' '; body]));
        Answered { fingerprint: [0; 32], reply, at: Timestamp(0) }
    }

    fn name(n: usize) -> Name {
        (TenantId::new("demo").unwrap(), n.to_string().into())
    }

    #[test]
    fn answers_are_bounded_in_number() {
        let mut inner = Inner::default();
        for n in 0..2 * ANSWERS_MAX {
            inner.keep(name(n), answered(1));
        }
        assert_eq!(
            (inner.answers.len(), inner.order.len(), inner.bytes),
            (ANSWERS_MAX, ANSWERS_MAX, ANSWERS_MAX)
        );
        assert!(inner.answers.contains_key(&name(2 * ANSWERS_MAX - 1)));
    }

    #[test]
    fn answers_are_bounded_in_bytes() {
        let mut inner = Inner::default();
        for n in 0..100 {
            inner.keep(name(n), answered(1 << 20));
        }
        assert!(inner.bytes <= ANSWER_BYTES_MAX);
        assert_eq!(inner.answers.len(), inner.order.len());
    }

    #[test]
    fn an_answer_that_is_replaced_is_counted_once() {
        let mut inner = Inner::default();
        inner.keep(name(1), answered(10));
        inner.keep(name(1), answered(3));
        assert_eq!((inner.bytes, inner.order.len()), (3, 1));
    }
}
