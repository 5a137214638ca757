//! What every use case works with.

use super::denials::Denials;
use crate::auth::Verifier;
use crate::cursor::Cursors;
use crate::http::idempotency::Keys;
use crate::metrics::Metrics;
use bytes::Bytes;
use std::sync::Arc;
use tenure_api::JwkSet;
use tenure_runtime::{Clock, Handle};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Requests whose test cases run at once.
const TRIALS_MAX: usize = 2;

/// What an [`App`] is made of.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) handle: Handle,
    pub(crate) clock: Clock,
    pub(crate) verifier: Verifier,
    /// The public keys of the built-in issuer.
    pub(crate) public_keys: JwkSet,
    pub(crate) cursors: Cursors,
    pub(crate) metrics: Metrics,
}

/// What every use case works with. One a server.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) handle: Handle,
    pub(crate) clock: Clock,
    pub(crate) verifier: Verifier,
    pub(crate) cursors: Cursors,
    pub(crate) metrics: Metrics,
    pub(crate) denials: Denials,
    /// Idempotency keys in flight, and recent answers.
    pub(crate) keys: Keys,
    /// Places of requests that run test cases, which are made of computing alone.
    pub(crate) trials: Semaphore,
    /// `/openapi.json`
    pub(crate) openapi: Bytes,
    /// `/.well-known/jwks.json`
    pub(crate) public_keys: Bytes,
    /// Cancelled when the server begins to drain: whoever waits or streams comes to an end.
    pub(crate) draining: CancellationToken,
    /// Cancelled when no request is under way any more.
    pub(crate) stopped: CancellationToken,
}

impl App {
    pub(crate) fn new(parts: Parts) -> Arc<Self> {
        let Parts { handle, clock, verifier, public_keys, cursors, metrics } = parts;
        let public_keys = serde_json::to_vec(&public_keys).expect("keys are texts").into();
        Arc::new(Self {
            handle,
            clock,
            verifier,
            cursors,
            metrics,
            denials: Denials::default(),
            keys: Keys::default(),
            trials: Semaphore::new(TRIALS_MAX),
            openapi: tenure_api::openapi_text().into(),
            public_keys,
            draining: CancellationToken::new(),
            stopped: CancellationToken::new(),
        })
    }
}
