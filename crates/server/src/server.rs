//! A server: its listeners, its node, and its orderly end.

use crate::PLATFORM_TENANT;
use crate::app::{App, Parts, denials};
use crate::auth::{Issuer, Verifier};
use crate::cursor::Cursors;
use crate::http::{admin, listener, router};
use crate::metrics::Metrics;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tenure_api::JwkSet;
use tenure_dsl::switches::Switches;
use tenure_engine::execution::Actor;
use tenure_runtime::egress::{Allow, Policy};
use tenure_runtime::seal::Keyring;
use tenure_runtime::{self as runtime, Act, Clock, Handle, Node};
use tenure_store::Store;
use tenure_types::TenantId;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Which addresses definitions may call. Never the server's own.
#[derive(Clone, Debug)]
pub enum Egress {
    /// Global addresses, and what is listed.
    Strict(Vec<Allow>),
    /// Loopback too.
    Open(Vec<Allow>),
}

/// What a server is made of.
pub struct Options {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// The tenants' keys.
    pub keyring: Arc<Keyring>,
    /// Which addresses definitions may call.
    pub egress: Egress,
    /// Which processes definitions may run on this machine.
    pub switches: Switches,
    /// Who may issue tokens.
    pub issuers: Vec<Issuer>,
    /// The public keys of the built-in issuer.
    pub public_keys: JwkSet,
    /// What page tokens are bound with. Stable, so that they survive a restart.
    pub cursor_secret: Vec<u8>,
    /// Tenants to provision, with their display names.
    pub tenants: Vec<(TenantId, String)>,
    /// The API's address.
    pub listen: SocketAddr,
    /// The admin listener's address.
    pub admin_listen: SocketAddr,
    /// The time.
    pub clock: Clock,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("listen", &self.listen).finish_non_exhaustive()
    }
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An address cannot be listened on.
    #[error("cannot listen on `{0}`")]
    Listen(SocketAddr, #[source] io::Error),
    /// The node does not start.
    #[error("the node does not start")]
    Node(#[from] runtime::Error),
    /// The way out for calls cannot be prepared.
    #[error("outbound TLS cannot be prepared: {0}")]
    Egress(String),
    /// A tenant's id is reserved.
    #[error("the tenant id `{PLATFORM_TENANT}` is reserved")]
    Reserved,
}

/// A running server. Dropping it without [`Server::drain`] abandons what is under way, as a crash would.
#[derive(Debug)]
pub struct Server {
    /// Where the API is.
    pub api_addr: SocketAddr,
    /// Where the admin listener is.
    pub admin_addr: SocketAddr,
    app: Arc<App>,
    node: Node,
    api: JoinHandle<()>,
    admin: JoinHandle<()>,
    auditor: JoinHandle<()>,
}

impl Server {
    /// Starts a server. When this returns it takes requests.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let Options { store, keyring, issuers, public_keys, cursor_secret, tenants, clock, .. } = &options;
        // The listeners come first: the policy of outbound calls must know them.
        let (api, api_addr) = bind(options.listen).await?;
        let (admin, admin_addr) = bind(options.admin_listen).await?;
        let egress = way_out(policy(&options.egress, vec![api_addr, admin_addr]))?;
        let (store, keyring, clock) = (store.clone(), keyring.clone(), clock.clone());
        let node = Node::start(runtime::Options {
            store,
            keyring,
            egress,
            switches: options.switches,
            clock: clock.clone(),
        })
        .await?;
        let handle = node.handle();
        provision(&handle, tenants).await?;
        let metrics = Metrics::new(&handle);
        let app = App::new(Parts {
            handle,
            clock,
            verifier: Verifier::new(issuers.iter().cloned()),
            public_keys: public_keys.clone(),
            cursors: Cursors::new(cursor_secret),
            metrics,
        });
        let api = tokio::spawn(listener::serve(api, router(&app), app.draining.clone()));
        let admin = tokio::spawn(listener::serve(admin, admin::router(&app), app.stopped.clone()));
        let auditor = tokio::spawn(denials::write(app.clone()));
        Ok(Self { api_addr, admin_addr, app, node, api, admin, auditor })
    }

    /// The way to the node, for whoever lives in the same process.
    pub fn handle(&self) -> Handle {
        self.app.handle.clone()
    }

    /// Takes no more requests, finishes those that are under way, and makes everything durable.
    pub async fn drain(self) {
        let Self { app, node, api, admin, auditor, .. } = self;
        app.draining.cancel();
        ended("the API's listener", api).await;
        app.stopped.cancel();
        ended("the admin listener", admin).await;
        ended("the auditor of refusals", auditor).await;
        drop(app);
        node.drain().await;
    }
}

async fn ended(what: &str, task: JoinHandle<()>) {
    if let Err(error) = task.await {
        tracing::error!(%error, "{what} did not end in order");
    }
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Error> {
    let failed = |error| Error::Listen(address, error);
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

fn policy(egress: &Egress, denied: Vec<SocketAddr>) -> Policy {
    match egress {
        Egress::Strict(allowed) => Policy::Strict { allowed: allowed.clone(), denied },
        Egress::Open(allowed) => Policy::Open { allowed: allowed.clone(), denied },
    }
}

fn way_out(policy: Policy) -> Result<Arc<runtime::egress::Egress>, Error> {
    let options = runtime::egress::Options::new(policy);
    runtime::egress::Egress::new(options).map(Arc::new).map_err(|error| Error::Egress(error.to_string()))
}

async fn provision(handle: &Handle, tenants: &[(TenantId, String)]) -> Result<(), Error> {
    let act = Act {
        actor: Actor::engine(),
        correlation_id: crate::http::correlation::generate(),
        idempotency: None,
    };
    for (tenant, display_name) in tenants {
        if tenant.as_str() == PLATFORM_TENANT {
            return Err(Error::Reserved);
        }
        handle.provision_tenant(tenant, display_name, &act).await?;
    }
    Ok(())
}
