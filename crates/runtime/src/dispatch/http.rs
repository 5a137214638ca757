//! Performs HTTP requests: guard, connection, exchange, and the exact class of the outcome.
//!
//! What takes more than one request is a `journey`. Deliberately absent: retries of anything that may have been sent,
//! cookies, proxies, decompression.

use super::counters::{Counters, add_one};
use super::exchange::{Exchange, Http1, Until};
use super::journey::{self, Memory};
use super::outcome::{chain, not_connected, not_sent, unknown, unsendable};
use super::pool::{IDLE_AT_MOST_ONCE_MAX, IDLE_MAX, Key, Pool};
use super::process::Runner;
use super::request::{self, Draft, Outgoing};
use super::secrets::Secrets;
use super::{Call, Times, grpc};
use crate::egress::Egress;
use std::sync::Arc;
use tenure_dsl::program::Mode;
use tenure_dsl::switches::Switches;
use tenure_engine::execution::{CallOutcome, HttpRequest, Request};
use tokio::time::Instant;

/// Performs calls over pooled connections.
#[derive(Debug)]
pub(super) struct Client {
    egress: Arc<Egress>,
    runner: Runner,
    pool: Pool,
    counters: Arc<Counters>,
    memory: Memory,
}

/// A connection that takes a request now.
struct Ready {
    connection: Box<Http1>,
    reused: bool,
}

/// What became of a request that was handed to a connection, or held back.
enum Sent {
    Ended(CallOutcome),
    /// The connection took no byte, and why.
    Nothing(String),
}

impl Client {
    pub(super) fn new(
        egress: Arc<Egress>,
        switches: Switches,
        counters: Arc<Counters>,
        secrets: Arc<dyn Secrets>,
    ) -> Self {
        let (runner, memory) = (Runner::new(switches), Memory::new(secrets));
        Self { egress, runner, pool: Pool::default(), counters, memory }
    }

    /// Performs the attempt. `may_send` is asked at the last instant before the first byte can leave.
    pub(super) async fn perform(
        &self,
        call: &Call,
        times: &Times,
        may_send: impl Fn() -> bool,
    ) -> CallOutcome {
        match &call.effect.request {
            Request::Http(request) if !journey::is_needed(call, request) => {
                self.exchange(call, request, times, &may_send).await
            }
            // Boxed: it is large, and most calls do without.
            Request::Http(_) | Request::Rpc(_) => {
                Box::pin(journey::perform(self, &self.memory, call, times, may_send)).await
            }
            Request::Grpc(request) => {
                Box::pin(grpc::perform(self, &self.memory, call, request, times, &may_send)).await
            }
            Request::Process(request) => Box::pin(self.runner.perform(request, times, &may_send)).await,
        }
    }

    /// Sends the one request that a call is, and reads its answer.
    async fn exchange(
        &self,
        call: &Call,
        recorded: &HttpRequest,
        times: &Times,
        may_send: &impl Fn() -> bool,
    ) -> CallOutcome {
        let draft = Draft::recorded(recorded);
        let (target, request) = match request::prepare(call, &draft) {
            Ok(prepared) => prepared,
            Err(why) => return unsendable(&why),
        };
        let key = Key { tenant: call.tenant.clone(), target };
        let again = || request::prepare(call, &draft).expect("it was prepared before").1;
        self.transmit(&key, (request, Until::End), &again, call.effect.mode, times, may_send).await
    }

    /// Sends one request over a connection that is idle or new; `again` makes it once more for each idle one that turns
    /// out to be closed.
    pub(super) async fn transmit(
        &self,
        key: &Key,
        (mut request, until): (Outgoing, Until),
        again: &impl Fn() -> Outgoing,
        mode: Mode,
        times: &Times,
        may_send: &impl Fn() -> bool,
    ) -> CallOutcome {
        while let Some(ready) = self.idle(key, mode).await {
            match self.send(ready, key, (request, until), times, may_send).await {
                Sent::Ended(outcome) => return outcome,
                // The idle connection had been closed and nothing left: another one may do it at once.
                Sent::Nothing(_) => request = again(),
            }
        }
        let ready = match self.fresh(key, times).await {
            Ok(ready) => ready,
            Err(outcome) => return outcome,
        };
        match self.send(ready, key, (request, until), times, may_send).await {
            Sent::Ended(outcome) => outcome,
            Sent::Nothing(detail) => not_sent("connect", &detail),
        }
    }

    /// The way out.
    pub(super) fn egress(&self) -> &Egress {
        &self.egress
    }

    /// Closes connections that have been idle for too long, and forgets tokens that are of no use any more.
    pub(super) fn sweep(&self) {
        let now = Instant::now();
        self.pool.sweep(now);
        self.memory.tokens.sweep(now);
    }

    /// Connections that wait to be used again.
    pub(super) fn idle_connections(&self) -> usize {
        self.pool.len()
    }

    async fn idle(&self, key: &Key, mode: Mode) -> Option<Ready> {
        let idle_max = match mode {
            Mode::AtMostOnce => IDLE_AT_MOST_ONCE_MAX,
            Mode::ExactlyOnceWithKey | Mode::AtLeastOnce => IDLE_MAX,
        };
        loop {
            let mut connection = self.pool.take(key, idle_max, Instant::now())?;
            if connection.ready().await && connection.silent() {
                return Some(Ready { connection, reused: true });
            }
        }
    }

    /// Boxed: the future of a TLS handshake is large, and rare.
    async fn fresh(&self, key: &Key, times: &Times) -> Result<Ready, CallOutcome> {
        if Instant::now() >= times.send_by() {
            return Err(not_sent("guard", "the send-by has passed"));
        }
        let connecting = Box::pin(self.egress.connect(&key.tenant, &key.target, times.send_by()));
        let stream = connecting.await.map_err(|e| not_connected(&e))?;
        let connection = Http1::open(stream).await.map_err(|e| not_sent("connect", &chain(&e)))?;
        add_one(&self.counters.connections_opened);
        Ok(Ready { connection: Box::new(connection), reused: false })
    }

    /// Between the guard's word and the first byte there is no await.
    async fn send(
        &self,
        Ready { mut connection, reused }: Ready,
        key: &Key,
        (request, until): (Outgoing, Until),
        times: &Times,
        may_send: &impl Fn() -> bool,
    ) -> Sent {
        if Instant::now() >= times.send_by() || !may_send() {
            self.pool.put(key.clone(), connection, Instant::now());
            return Sent::Ended(not_sent("guard", "the send-by has passed, or the right to send is gone"));
        }
        let exchange = connection.exchange(request, times.send_by(), times.deadline, until).await;
        if reused && !matches!(exchange, Exchange::NotSent(_)) {
            add_one(&self.counters.connections_reused);
        }
        match exchange {
            Exchange::Answered(answer) => {
                if !answer.truncated && connection.ready().await {
                    self.pool.put(key.clone(), connection, Instant::now());
                }
                Sent::Ended(CallOutcome::Answered(answer))
            }
            Exchange::NotSent(detail) => Sent::Nothing(detail),
            Exchange::Unknown(cause, detail) => Sent::Ended(unknown(cause, &detail)),
        }
    }
}
