//! What an IP address is for, after the IANA special-purpose registries and every way to write IPv4 inside IPv6.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is for. Only [`Class::Global`] may be called without the operator's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// An ordinary address of the public internet.
    Global,
    /// This machine: 127/8, `::1`.
    Loopback,
    /// Private networks: 10/8, 172.16/12, 192.168/16.
    Private,
    /// Carrier-grade NAT: 100.64/10.
    Shared,
    /// Unique local IPv6: `fc00::/7`.
    UniqueLocal,
    /// Link-local, home of the clouds' metadata services: 169.254/16, `fe80::/10`; and the old site-local `fec0::/10`.
    LinkLocal,
    /// "This network": 0/8, `::`. Connecting to it reaches this machine.
    Unspecified,
    /// Multicast: 224/4, `ff00::/8`.
    Multicast,
    /// 255.255.255.255.
    Broadcast,
    /// Documentation: 192.0.2/24, 198.51.100/24, 203.0.113/24, `2001:db8::/32`, `3fff::/20`.
    Documentation,
    /// Benchmarks: 198.18/15.
    Benchmarking,
    /// Protocol assignments and translation: 192.0.0/24, 192.88.99/24, `2001::/23`, `64:ff9b:1::/48`, `::a.b.c.d`.
    Protocol,
    /// Not assigned to anybody who could be called: 240/4, `100::/64`, `5f00::/16`, all outside `2000::/3`.
    Reserved,
}

impl Class {
    /// The class of an address; an IPv4 address inside an IPv6 one is judged by itself.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => of_v4(v4),
            IpAddr::V6(v6) => of_v6(v6),
        }
    }

    /// Whether the address belongs to a network that an operator may open by naming a host in it. The other special
    /// classes (metadata services, multicast, reserved) open only to an allow-list entry that spells out the range.
    pub(super) fn internal(self) -> bool {
        matches!(self, Self::Loopback | Self::Private | Self::Shared | Self::UniqueLocal)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Global => "global",
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::Shared => "carrier-grade NAT",
            Self::UniqueLocal => "unique local",
            Self::LinkLocal => "link-local",
            Self::Unspecified => "unspecified",
            Self::Multicast => "multicast",
            Self::Broadcast => "broadcast",
            Self::Documentation => "documentation",
            Self::Benchmarking => "benchmarking",
            Self::Protocol => "protocol assignment",
            Self::Reserved => "reserved",
        })
    }
}

fn of_v4(address: Ipv4Addr) -> Class {
    match address.octets() {
        [255, 255, 255, 255] => Class::Broadcast,
        [0, ..] => Class::Unspecified,
        [127, ..] => Class::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Class::Private,
        [100, 64..=127, ..] => Class::Shared,
        [169, 254, ..] => Class::LinkLocal,
        [192, 0, 0, _] | [192, 88, 99, _] => Class::Protocol,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Class::Documentation,
        [198, 18..=19, ..] => Class::Benchmarking,
        [224..=239, ..] => Class::Multicast,
        [240..=255, ..] => Class::Reserved,
        _ => Class::Global,
    }
}

/// Anything that is not recognised as global unicast (`2000::/3`) or as a translated IPv4 address is refused, so that
/// ranges assigned in future are closed until somebody opens them.
fn of_v6(address: Ipv6Addr) -> Class {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Class::Unspecified,
        [0, 0, 0, 0, 0, 0, 0, 1] => Class::Loopback,
        [0, 0, 0, 0, 0, 0, _, _] | [0x64, 0xff9b, 1, ..] | [0x2001, 0x0000..=0x01ff, ..] => Class::Protocol,
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => of_v4(embedded(high, low)),
        [0x2001, 0x0db8, ..] | [0x3fff, 0x0000..=0x0fff, ..] => Class::Documentation,
        [0x2000..=0x3fff, ..] => Class::Global,
        [0xfc00..=0xfdff, ..] => Class::UniqueLocal,
        [0xfe80..=0xfeff, ..] => Class::LinkLocal,
        [0xff00..=0xffff, ..] => Class::Multicast,
        _ => Class::Reserved,
    }
}

fn embedded(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(text: &str) -> Class {
        Class::of(text.parse().expect("an address"))
    }

    /// S1: both ends of every special range of IPv4, and the addresses just outside.
    #[test]
    fn special_ranges_of_ipv4_end_where_the_registry_says() {
        use Class::*;
        for (inside, expected) in [
            ("0.0.0.0", Unspecified),
            ("0.255.255.255", Unspecified),
            ("10.0.0.0", Private),
            ("10.255.255.255", Private),
            ("100.64.0.0", Shared),
            ("100.127.255.255", Shared),
            ("100.100.100.200", Shared),
            ("127.0.0.0", Loopback),
            ("127.255.255.255", Loopback),
            ("169.254.0.0", LinkLocal),
            ("169.254.169.254", LinkLocal),
            ("169.254.255.255", LinkLocal),
            ("172.16.0.0", Private),
            ("172.31.255.255", Private),
            ("192.0.0.0", Protocol),
            ("192.0.0.192", Protocol),
            ("192.0.0.255", Protocol),
            ("192.0.2.0", Documentation),
            ("192.0.2.255", Documentation),
            ("192.88.99.0", Protocol),
            ("192.88.99.255", Protocol),
            ("192.168.0.0", Private),
            ("192.168.255.255", Private),
            ("198.18.0.0", Benchmarking),
            ("198.19.255.255", Benchmarking),
            ("198.51.100.0", Documentation),
            ("198.51.100.255", Documentation),
            ("203.0.113.0", Documentation),
            ("203.0.113.255", Documentation),
            ("224.0.0.0", Multicast),
            ("239.255.255.255", Multicast),
            ("240.0.0.0", Reserved),
            ("255.255.255.254", Reserved),
            ("255.255.255.255", Broadcast),
        ] {
            assert_eq!(class(inside), expected, "{inside}");
        }
        for outside in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "191.255.255.255",
            "192.0.1.0",
            "192.0.3.0",
            "192.88.98.255",
            "192.88.100.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "198.51.99.255",
            "198.51.101.0",
            "203.0.112.255",
            "203.0.114.0",
            "223.255.255.255",
        ] {
            assert_eq!(class(outside), Global, "{outside}");
        }
    }

    /// S1: the special ranges of IPv6, and the addresses just outside.
    #[test]
    fn special_ranges_of_ipv6_end_where_the_registry_says() {
        use Class::*;
        for (inside, expected) in [
            ("::", Unspecified),
            ("::1", Loopback),
            ("::2", Protocol),
            ("64:ff9b:1::", Protocol),
            ("64:ff9b:1:ffff::1", Protocol),
            ("64:ff9b:2::1", Reserved),
            ("100::1", Reserved),
            ("100:0:0:1::1", Reserved),
            ("2001::1", Protocol),
            ("2001:0:53aa:64c::1", Protocol),
            ("2001:1ff:ffff::", Protocol),
            ("2001:db8::", Documentation),
            ("2001:db8:ffff::1", Documentation),
            ("3fff::1", Documentation),
            ("3fff:fff:ffff::1", Documentation),
            ("5f00::1", Reserved),
            ("4000::1", Reserved),
            ("1fff:ffff::1", Reserved),
            ("fc00::1", UniqueLocal),
            ("fd00:ec2::254", UniqueLocal),
            ("fdff::1", UniqueLocal),
            ("fe80::1", LinkLocal),
            ("febf::1", LinkLocal),
            ("fec0::1", LinkLocal),
            ("feff::1", LinkLocal),
            ("fe00::1", Reserved),
            ("ff00::1", Multicast),
            ("ff02::1", Multicast),
        ] {
            assert_eq!(class(inside), expected, "{inside}");
        }
        for outside in [
            "2000::1",
            "2001:200::1",
            "2001:db7::1",
            "2001:db9::1",
            "2606:4700::1111",
            "3ffe::1",
            "3fff:1000::1",
        ] {
            assert_eq!(class(outside), Global, "{outside}");
        }
    }

    /// S1: an IPv4 address hides in IPv6 in five ways.
    #[test]
    fn embedded_ipv4_is_judged_by_itself() {
        use Class::*;
        for (text, expected) in [
            ("::ffff:127.0.0.1", Loopback),
            ("::ffff:169.254.169.254", LinkLocal),
            ("::ffff:8.8.8.8", Global),
            ("::127.0.0.1", Protocol),
            ("::8.8.8.8", Protocol),
            ("::ffff:0:127.0.0.1", Reserved),
            ("::ffff:0:8.8.8.8", Reserved),
            ("64:ff9b::127.0.0.1", Loopback),
            ("64:ff9b::10.1.2.3", Private),
            ("64:ff9b::8.8.8.8", Global),
            ("2002:7f00:1::1", Loopback),
            ("2002:a9fe:a9fe::", LinkLocal),
            ("2002:0808:0808::1", Global),
        ] {
            assert_eq!(class(text), expected, "{text}");
        }
    }
}
