//! What an operator opens: hosts or networks, with a port, for all tenants or for one.

use super::address::Class;
use super::target::{Host, Target};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use tenure_types::TenantId;

/// One entry of the operator's allow-list: `orders.internal:8080`, `10.1.0.0/16:443`, `[fd00::/8]:*`.
///
/// A named host opens the internal networks that it resolves to (private, loopback, carrier-grade NAT, unique local);
/// metadata services, multicast and reserved ranges open only to an entry that spells out the range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    place: Place,
    port: Option<u16>,
    tenant: Option<TenantId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Host(Box<str>),
    Network { base: IpAddr, bits: u8 },
}

/// A text that is not an entry of an allow-list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an egress rule: expected `host:port`, `address/bits:port` or `[address/bits]:port`, with `*` for any port"
)]
pub struct AllowError(String);

impl Allow {
    /// Limits the entry to one tenant.
    #[must_use]
    pub fn only_for(self, tenant: TenantId) -> Self {
        Self { tenant: Some(tenant), ..self }
    }

    /// Whether the entry lets `tenant` use the target's name without looking at its addresses first.
    pub(super) fn opens_name(&self, tenant: &TenantId, target: &Target) -> bool {
        let Host::Name(name) = &target.host else { return false };
        self.concerns(tenant, target.port) && matches!(&self.place, Place::Host(host) if host == name)
    }

    /// Whether the entry lets `tenant` connect to `address` on behalf of `target`.
    pub(super) fn opens_address(&self, tenant: &TenantId, target: &Target, address: IpAddr) -> bool {
        match &self.place {
            Place::Host(_) => self.opens_name(tenant, target) && Class::of(address).internal(),
            Place::Network { base, bits } => {
                self.concerns(tenant, target.port) && contains(*base, *bits, address.to_canonical())
            }
        }
    }

    fn concerns(&self, tenant: &TenantId, port: u16) -> bool {
        self.port.is_none_or(|p| p == port) && self.tenant.as_ref().is_none_or(|t| t == tenant)
    }
}

fn contains(base: IpAddr, bits: u8, address: IpAddr) -> bool {
    match (base, address) {
        (IpAddr::V4(base), IpAddr::V4(address)) => {
            (base.to_bits() ^ address.to_bits()).checked_shr(32 - u32::from(bits)).unwrap_or(0) == 0
        }
        (IpAddr::V6(base), IpAddr::V6(address)) => {
            (base.to_bits() ^ address.to_bits()).checked_shr(128 - u32::from(bits)).unwrap_or(0) == 0
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

impl FromStr for Allow {
    type Err = AllowError;

    fn from_str(text: &str) -> Result<Self, AllowError> {
        let refuse = || AllowError(text.into());
        let (place, port) = text.rsplit_once(':').ok_or_else(refuse)?;
        let port = match port {
            "*" => None,
            digits => Some(digits.parse().ok().filter(|&p: &u16| p != 0).ok_or_else(refuse)?),
        };
        let place = Place::parse(place).ok_or_else(refuse)?;
        Ok(Self { place, port, tenant: None })
    }
}

impl Place {
    fn parse(text: &str) -> Option<Self> {
        let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
        let network = bare.unwrap_or(text);
        let (base, bits) = match network.split_once('/') {
            Some((base, bits)) => (base, Some(bits.parse::<u8>().ok()?)),
            None => (network, None),
        };
        match base.parse::<IpAddr>() {
            Ok(base) if base.is_ipv6() == bare.is_some() => Self::network(base, bits),
            Err(_) if bits.is_none() && bare.is_none() => Self::host(base),
            Ok(_) | Err(_) => None,
        }
    }

    /// Bits beyond the prefix must be 0: `10.1.2.3/8` is more likely a mistake than a wish for 10/8.
    fn network(base: IpAddr, bits: Option<u8>) -> Option<Self> {
        let width: u8 = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(width);
        let host_bits = match base {
            IpAddr::V4(v4) => u128::from(v4.to_bits().checked_shl(u32::from(bits)).unwrap_or(0)),
            IpAddr::V6(v6) => v6.to_bits().checked_shl(u32::from(bits)).unwrap_or(0),
        };
        (bits <= width && host_bits == 0).then_some(Self::Network { base, bits })
    }

    /// Normalised as a target's host is, so that both compare byte for byte.
    fn host(text: &str) -> Option<Self> {
        match Target::parse(&format!("http://{text}/")).ok()? {
            (Target { host: Host::Name(name), .. }, path) if path == "/" => Some(Self::Host(name)),
            _ => None,
        }
    }
}

impl fmt::Display for Allow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Host(host) => f.write_str(host)?,
            Place::Network { base: IpAddr::V4(base), bits } => write!(f, "{base}/{bits}")?,
            Place::Network { base: IpAddr::V6(base), bits } => write!(f, "[{base}/{bits}]")?,
        }
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => f.write_str(":*"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips() {
        for text in
            ["orders.internal:8080", "10.1.0.0/16:443", "[fd00::/8]:*", "127.0.0.1/32:9000", "0.0.0.0/0:80"]
        {
            assert_eq!(text.parse::<Allow>().expect(text).to_string(), text);
        }
        assert_eq!("Orders.Internal.:1".parse::<Allow>().unwrap().to_string(), "orders.internal:1");
        assert_eq!("10.0.0.1:1".parse::<Allow>().unwrap().to_string(), "10.0.0.1/32:1");
    }

    #[test]
    fn mistakes_are_refused() {
        for text in [
            "",
            "orders.internal",
            "orders.internal:0",
            "orders.internal:x",
            "10.1.2.3/8:443",
            "10.0.0.0/33:1",
            ":80",
            "fd00::/8:443",
            "[10.0.0.0/8]:443",
            "a/8:1",
            "http://a:1",
            "a/b:1",
            "u@a:1",
            "[fd00::/129]:1",
            "*:443",
        ] {
            assert!(text.parse::<Allow>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_network_ends_at_its_prefix() {
        let inside = |net: &str, bits, ip: &str| contains(net.parse().unwrap(), bits, ip.parse().unwrap());
        assert!(inside("10.1.0.0", 16, "10.1.255.255"));
        assert!(!inside("10.1.0.0", 16, "10.2.0.0"));
        assert!(inside("0.0.0.0", 0, "255.255.255.255"));
        assert!(inside("fd00::", 8, "fdff::1"));
        assert!(!inside("fd00::", 8, "fe00::1"));
        assert!(inside("::", 0, "ffff::"));
        assert!(!inside("::", 0, "1.2.3.4"));
        assert!(!inside("127.0.0.1", 32, "127.0.0.2"));
    }
}
