//! Resolve once, check every answer, connect to a checked address.

use super::error::{Error, Rule};
use super::policy::Policy;
use super::resolve::{Resolve, SystemResolver};
use super::stream::{Connection, Counted};
use super::target::{Host, Scheme, Target};
use super::tls;
use rustls::pki_types::{CertificateDer, ServerName};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tenure_types::TenantId;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

/// Addresses of one name that are tried, in the resolver's order.
const ADDRESSES_MAX: usize = 8;

/// What [`Egress`] is made of.
#[derive(Debug)]
pub struct Options {
    /// Who may call whom.
    pub policy: Policy,
    /// Certificate authorities of the operator, trusted besides the public ones.
    pub extra_roots: Vec<CertificateDer<'static>>,
    /// Names to addresses.
    pub resolver: Arc<dyn Resolve>,
}

impl Options {
    /// The public roots and the system's resolver.
    pub fn new(policy: Policy) -> Self {
        Self { policy, extra_roots: vec![], resolver: Arc::new(SystemResolver) }
    }
}

/// Opens outbound connections.
#[derive(Debug)]
pub struct Egress {
    policy: Policy,
    resolver: Arc<dyn Resolve>,
    tls: Arc<rustls::ClientConfig>,
    tls_http2: Arc<rustls::ClientConfig>,
}

impl Egress {
    /// Prepares TLS. Fails when an extra root is not a certificate.
    pub fn new(options: Options) -> Result<Self, rustls::Error> {
        let tls = tls::client(&options.extra_roots)?;
        let tls_http2 = tls::http2(&tls);
        Ok(Self { policy: options.policy, resolver: options.resolver, tls, tls_http2 })
    }

    /// Connects to the target on behalf of the tenant, TLS included, before `deadline`.
    pub async fn connect(
        &self,
        tenant: &TenantId,
        target: &Target,
        deadline: Instant,
    ) -> Result<Connection, Error> {
        self.connect_with(&self.tls, tenant, target, deadline).await
    }

    /// The same to a peer that is to speak HTTP/2 under TLS.
    pub async fn connect_http2(
        &self,
        tenant: &TenantId,
        target: &Target,
        deadline: Instant,
    ) -> Result<Connection, Error> {
        self.connect_with(&self.tls_http2, tenant, target, deadline).await
    }

    async fn connect_with(
        &self,
        tls: &Arc<rustls::ClientConfig>,
        tenant: &TenantId,
        target: &Target,
        deadline: Instant,
    ) -> Result<Connection, Error> {
        self.policy.check_target(tenant, target)?;
        let addresses = self.addresses(tenant, target, deadline).await?;
        let tcp = self.connect_any(target, &addresses, deadline).await?;
        match target.scheme {
            Scheme::Http => Ok(Connection::plain(Counted::new(tcp))),
            Scheme::Https => handshake(tls, target, tcp, deadline).await,
        }
    }

    async fn addresses(
        &self,
        tenant: &TenantId,
        target: &Target,
        deadline: Instant,
    ) -> Result<Vec<SocketAddr>, Error> {
        let name = match &target.host {
            Host::Address(address) => return Ok(vec![SocketAddr::new(*address, target.port)]),
            Host::Name(name) => name,
        };
        let dns = |source| Error::Dns { host: name.to_string(), source };
        let answer = within(deadline, target, "dns", self.resolver.resolve(name, target.port)).await?;
        let mut addresses = answer.map_err(dns)?;
        for address in &addresses {
            self.policy.check_address(tenant, target, *address)?;
        }
        addresses.truncate(ADDRESSES_MAX);
        if addresses.is_empty() {
            return Err(dns(io::Error::new(io::ErrorKind::NotFound, "the name has no address")));
        }
        Ok(addresses)
    }

    /// Each address gets an equal share of the time that is left, so that one that swallows packets does not use it all.
    async fn connect_any(
        &self,
        target: &Target,
        addresses: &[SocketAddr],
        deadline: Instant,
    ) -> Result<TcpStream, Error> {
        let mut last = None;
        for (tried, address) in addresses.iter().enumerate() {
            let shares = u32::try_from(addresses.len() - tried).expect("at most ADDRESSES_MAX");
            let now = Instant::now();
            let share = now + deadline.saturating_duration_since(now) / shares;
            match within(share, target, "connect", connect_tcp(*address)).await {
                Ok(Ok(tcp)) => return self.accept_ends(target, tcp, *address),
                Ok(Err(source)) => last = Some(Error::Connect { address: *address, source }),
                Err(timeout) => last = Some(timeout),
            }
        }
        Err(last.expect("there is at least one address"))
    }

    /// Nagle's delay would be paid by every small request.
    fn accept_ends(&self, target: &Target, tcp: TcpStream, address: SocketAddr) -> Result<TcpStream, Error> {
        let ends = tcp.set_nodelay(true).and_then(|()| Ok((tcp.local_addr()?, tcp.peer_addr()?)));
        let (local, peer) = ends.map_err(|source| Error::Connect { address, source })?;
        self.policy.check_ends(target, local, peer)?;
        Ok(tcp)
    }
}

async fn handshake(
    tls: &Arc<rustls::ClientConfig>,
    target: &Target,
    tcp: TcpStream,
    deadline: Instant,
) -> Result<Connection, Error> {
    let name = match &target.host {
        Host::Address(address) => ServerName::IpAddress((*address).into()),
        Host::Name(name) => ServerName::try_from(name.to_string()).map_err(|_| Error::Denied {
            target: target.label(),
            rule: Rule::Malformed("the host cannot be the subject of a certificate".into()),
        })?,
    };
    let connector = TlsConnector::from(Arc::clone(tls));
    let handshake = connector.connect(name, Counted::new(tcp));
    let stream = within(deadline, target, "tls", handshake).await?;
    let stream = stream.map_err(|source| Error::Tls { host: target.host.to_string(), source })?;
    Ok(Connection::tls(stream))
}

#[expect(clippy::disallowed_methods, reason = "this is the place")]
async fn connect_tcp(address: SocketAddr) -> io::Result<TcpStream> {
    TcpStream::connect(address).await
}

async fn within<T>(
    deadline: Instant,
    target: &Target,
    phase: &'static str,
    future: impl Future<Output = T>,
) -> Result<T, Error> {
    let late = |_| Error::Timeout { target: target.label(), phase };
    timeout_at(deadline, future).await.map_err(late)
}
