//! Who may call whom. Pure: it judges names and addresses, and connects to nothing.

use super::address::Class;
use super::allow::Allow;
use super::error::{Error, Rule};
use super::target::{Host, Target};
use std::net::{IpAddr, SocketAddr};
use tenure_types::TenantId;

/// Which non-global targets may be called. There is no policy under which the engine calls its own listeners.
#[derive(Clone, Debug)]
pub enum Policy {
    /// Global addresses, and what the operator allows: the default of `serve`.
    Strict {
        /// What the operator allows.
        allowed: Vec<Allow>,
        /// The engine's own listeners and database.
        denied: Vec<SocketAddr>,
    },
    /// As [`Policy::Strict`], and loopback too: the default of `dev`.
    Open {
        /// What the operator allows besides.
        allowed: Vec<Allow>,
        /// The engine's own listeners and database.
        denied: Vec<SocketAddr>,
    },
}

/// Names that mean this machine or this network, whatever they resolve to (RFC 6761, 6762, 8375, 7686, 9476 and the
/// clouds' habits). A name without a dot is one of them: the resolver's search list would complete it.
const LOCAL_SUFFIXES: [&str; 9] =
    ["localhost", "local", "internal", "home.arpa", "onion", "invalid", "alt", "localdomain", "lan"];

impl Policy {
    /// Global addresses only.
    pub fn strict() -> Self {
        Self::Strict { allowed: vec![], denied: vec![] }
    }

    /// Loopback too, except these listeners.
    pub fn open(denied: Vec<SocketAddr>) -> Self {
        Self::Open { allowed: vec![], denied }
    }

    /// Judges what can be judged before any name is resolved, so that a refused name causes no packet at all.
    pub fn check_target(&self, tenant: &TenantId, target: &Target) -> Result<(), Error> {
        match &target.host {
            Host::Address(address) => {
                self.check_address(tenant, target, SocketAddr::new(*address, target.port))
            }
            Host::Name(name) if self.name_is_open(tenant, target, name) => Ok(()),
            Host::Name(_) => Err(denied(target, Rule::Name)),
        }
    }

    /// Judges one address that the target resolved to.
    pub fn check_address(
        &self,
        tenant: &TenantId,
        target: &Target,
        address: SocketAddr,
    ) -> Result<(), Error> {
        assert_eq!(
            address.port(),
            target.port,
            "an answer of the resolver bears the port that was asked for"
        );
        if self.own(address) {
            return Err(denied(target, Rule::OwnListener(address)));
        }
        let class = Class::of(address.ip());
        let open = match class {
            Class::Global => true,
            Class::Loopback if self.opens_loopback(address.ip()) => true,
            _ => self.allowed().iter().any(|a| a.opens_address(tenant, target, address.ip())),
        };
        if open { Ok(()) } else { Err(denied(target, Rule::Class(address.ip(), class))) }
    }

    /// Judges a connection by its two ends: one that leads back to this machine over a public address is known by
    /// having the same address at both.
    pub(super) fn check_ends(
        &self,
        target: &Target,
        local: SocketAddr,
        peer: SocketAddr,
    ) -> Result<(), Error> {
        let same_machine = local.ip().to_canonical() == peer.ip().to_canonical();
        let own_port = self.denied().iter().any(|d| d.port() == peer.port() && d.ip().is_unspecified());
        if same_machine && own_port { Err(denied(target, Rule::OwnListener(peer))) } else { Ok(()) }
    }

    /// Whether the address reaches one of the engine's own listeners: a listener on loopback or on all interfaces is
    /// reached by every alias of this machine.
    fn own(&self, address: SocketAddr) -> bool {
        let ip = address.ip().to_canonical();
        self.denied().iter().filter(|d| d.port() == address.port()).any(|d| {
            let listener = d.ip().to_canonical();
            listener == ip || (this_machine(listener) && this_machine(ip))
        })
    }

    /// Loopback itself, not a translator's way to spell it.
    fn opens_loopback(&self, ip: IpAddr) -> bool {
        matches!(self, Self::Open { .. }) && ip.to_canonical().is_loopback()
    }

    fn name_is_open(&self, tenant: &TenantId, target: &Target, name: &str) -> bool {
        let last = name.rsplit('.').next().unwrap_or(name);
        let loopback = last == "localhost" && matches!(self, Self::Open { .. });
        loopback || !local_name(name) || self.allowed().iter().any(|a| a.opens_name(tenant, target))
    }

    fn allowed(&self) -> &[Allow] {
        match self {
            Self::Strict { allowed, .. } | Self::Open { allowed, .. } => allowed,
        }
    }

    fn denied(&self) -> &[SocketAddr] {
        match self {
            Self::Strict { denied, .. } | Self::Open { denied, .. } => denied,
        }
    }
}

fn local_name(name: &str) -> bool {
    let suffix = |s: &str| name.strip_suffix(s).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    !name.contains('.') || LOCAL_SUFFIXES.into_iter().any(suffix)
}

fn this_machine(ip: IpAddr) -> bool {
    matches!(Class::of(ip), Class::Loopback | Class::Unspecified)
}

fn denied(target: &Target, rule: Rule) -> Error {
    Error::Denied { target: target.label(), rule }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant() -> TenantId {
        TenantId::new("acme").unwrap()
    }

    fn allows(policy: &Policy, url: &str, address: &str) -> bool {
        let (target, _) = Target::parse(url).expect(url);
        let address = SocketAddr::new(address.parse().unwrap(), target.port);
        policy.check_target(&tenant(), &target).is_ok()
            && policy.check_address(&tenant(), &target, address).is_ok()
    }

    fn strict(allowed: &[&str], denied: &[&str]) -> Policy {
        Policy::Strict {
            allowed: allowed.iter().map(|a| a.parse().unwrap()).collect(),
            denied: denied.iter().map(|d| d.parse().unwrap()).collect(),
        }
    }

    #[test]
    fn strict_allows_global_addresses_only() {
        let policy = Policy::strict();
        assert!(allows(&policy, "https://example.com/", "93.184.216.34"));
        assert!(allows(&policy, "http://8.8.8.8/", "8.8.8.8"));
        assert!(!allows(&policy, "https://example.com/", "10.0.0.1"));
        assert!(!allows(&policy, "http://127.0.0.1:9000/", "127.0.0.1"));
    }

    #[test]
    fn names_of_this_machine_and_network_are_refused_before_they_are_resolved() {
        for name in [
            "localhost",
            "a.localhost",
            "metadata.google.internal",
            "printer.local",
            "redis",
            "x.home.arpa",
            "a.onion",
        ] {
            let (target, _) = Target::parse(&format!("http://{name}/")).unwrap();
            let refused = Policy::strict().check_target(&tenant(), &target);
            assert!(matches!(refused, Err(Error::Denied { rule: Rule::Name, .. })), "{name}");
        }
        for name in ["notlocalhost.example", "internal.example.com", "localhost.example.org"] {
            let (target, _) = Target::parse(&format!("http://{name}/")).unwrap();
            assert!(Policy::strict().check_target(&tenant(), &target).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_network_entry_opens_its_range_and_port_only() {
        let policy = strict(&["10.1.0.0/16:443"], &[]);
        assert!(allows(&policy, "https://10.1.2.3/", "10.1.2.3"));
        assert!(allows(&policy, "https://example.com/", "10.1.2.3"));
        assert!(!allows(&policy, "https://10.2.0.1/", "10.2.0.1"));
        assert!(!allows(&policy, "https://10.1.2.3:8443/", "10.1.2.3"));
    }

    #[test]
    fn a_named_entry_opens_internal_networks_but_no_metadata_service() {
        let policy = strict(&["orders.internal:8080"], &[]);
        assert!(allows(&policy, "http://orders.internal:8080/", "10.9.9.9"));
        assert!(allows(&policy, "http://ORDERS.internal.:8080/", "fd00::9"));
        assert!(!allows(&policy, "http://orders.internal:8080/", "169.254.169.254"));
        assert!(!allows(&policy, "http://orders.internal:8080/", "0.0.0.0"));
        assert!(!allows(&policy, "http://orders.internal:8081/", "10.9.9.9"));
        assert!(!allows(&policy, "http://other.internal:8080/", "10.9.9.9"));
        assert!(!allows(&policy, "http://10.9.9.9:8080/", "10.9.9.9"));
    }

    #[test]
    fn an_entry_for_one_tenant_opens_nothing_to_another() {
        let entry: Allow = "10.0.0.0/8:*".parse().unwrap();
        let policy =
            Policy::Strict { allowed: vec![entry.only_for(TenantId::new("demo").unwrap())], denied: vec![] };
        assert!(!allows(&policy, "http://10.0.0.1/", "10.0.0.1"));
        let (target, _) = Target::parse("http://10.0.0.1/").unwrap();
        assert!(policy.check_target(&TenantId::new("demo").unwrap(), &target).is_ok());
    }

    #[test]
    fn open_adds_loopback_and_nothing_else() {
        let policy = Policy::open(vec![]);
        assert!(allows(&policy, "http://localhost:9000/", "127.0.0.1"));
        assert!(allows(&policy, "http://api.localhost:9000/", "::1"));
        assert!(allows(&policy, "http://127.8.8.8:9000/", "127.8.8.8"));
        assert!(allows(&policy, "http://[::ffff:127.0.0.1]:9000/", "::ffff:127.0.0.1"));
        for (url, address) in [
            ("http://10.0.0.1/", "10.0.0.1"),
            ("http://169.254.169.254/", "169.254.169.254"),
            ("http://0.0.0.0:9000/", "0.0.0.0"),
            ("http://[::]:9000/", "::"),
            ("http://redis/", "127.0.0.1"),
            ("http://example.com/", "192.168.1.1"),
        ] {
            assert!(!allows(&policy, url, address), "{url} {address}");
        }
    }

    /// S5: the engine's own ports, under every alias of this machine, and whatever the operator allows.
    #[test]
    fn own_listeners_are_never_called() {
        let aliases = [
            ("http://127.0.0.1:7480/", "127.0.0.1"),
            ("http://127.9.9.9:7480/", "127.9.9.9"),
            ("http://localhost:7480/", "::1"),
            ("http://[::ffff:127.0.0.1]:7480/", "::ffff:127.0.0.1"),
            ("http://0.0.0.0:7480/", "0.0.0.0"),
            ("http://[::]:7480/", "::"),
            ("http://2130706433:7480/", "127.0.0.1"),
            ("http://[64:ff9b::127.0.0.1]:7480/", "64:ff9b::127.0.0.1"),
        ];
        for listener in ["127.0.0.1:7480", "0.0.0.0:7480", "[::]:7480", "[::1]:7480", "127.0.0.2:7480"] {
            let listeners: Vec<SocketAddr> = vec![listener.parse().unwrap()];
            let everything: Vec<Allow> =
                ["0.0.0.0/0:*", "[::/0]:*"].iter().map(|a| a.parse().unwrap()).collect();
            let policies = [
                Policy::open(listeners.clone()),
                Policy::Open { allowed: everything.clone(), denied: listeners.clone() },
                Policy::Strict { allowed: everything, denied: listeners },
            ];
            for policy in &policies {
                for (url, address) in aliases {
                    assert!(!allows(policy, url, address), "{listener} {url}");
                }
            }
            assert!(allows(&policies[0], "http://127.0.0.1:9000/", "127.0.0.1"), "another port");
        }
        let elsewhere = strict(&["10.0.0.0/8:*"], &["10.0.0.5:5432"]);
        assert!(!allows(&elsewhere, "http://10.0.0.5:5432/", "10.0.0.5"));
        assert!(allows(&elsewhere, "http://10.0.0.6:5432/", "10.0.0.6"));
    }

    #[test]
    fn a_listener_on_all_interfaces_is_known_by_equal_ends() {
        let (target, _) = Target::parse("http://203.0.112.9:7480/").unwrap();
        let end = |text: &str| text.parse::<SocketAddr>().unwrap();
        let policy = strict(&[], &["0.0.0.0:7480"]);
        assert!(policy.check_ends(&target, end("203.0.112.9:50000"), end("203.0.112.9:7480")).is_err());
        assert!(policy.check_ends(&target, end("203.0.112.8:50000"), end("203.0.112.9:7480")).is_ok());
        assert!(policy.check_ends(&target, end("203.0.112.9:50000"), end("203.0.112.9:7481")).is_ok());
    }
}
