//! What a URL asks to be connected to: scheme, host, port. Parsed strictly; what parsers disagree about is refused.

use super::error::{Error, Rule};
use std::fmt;
use std::net::IpAddr;
use url::{Position, Url};

/// The two schemes that are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Plain TCP.
    Http,
    /// TLS.
    Https,
}

/// The host of a target, normalised: lower case, IDN as ASCII, any spelling of an IP address as the address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// A name, without a trailing dot.
    Name(Box<str>),
    /// An address.
    Address(IpAddr),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(v4)) => v4.fmt(f),
            Self::Address(IpAddr::V6(v6)) => write!(f, "[{v6}]"),
        }
    }
}

/// Where a connection goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// Whether TLS is spoken.
    pub scheme: Scheme,
    /// To whom.
    pub host: Host,
    /// Never 0.
    pub port: u16,
}

impl Target {
    /// Reads a URL. Gives the target, and the path and query as they are sent.
    pub fn parse(text: &str) -> Result<(Self, String), Error> {
        if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
            return Err(denied(text, Rule::ForbiddenCharacter));
        }
        if authority(text).contains('@') {
            return Err(denied(text, Rule::Userinfo));
        }
        if authority(text).is_empty() {
            return Err(denied(text, malformed_host()));
        }
        let url = Url::parse(text).map_err(|e| denied(text, Rule::Malformed(e.to_string())))?;
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return Err(denied(text, Rule::Scheme)),
        };
        if !text.get(url.scheme().len()..).is_some_and(|rest| rest.starts_with("://")) {
            return Err(denied(text, Rule::Malformed("`//` and a host must follow the scheme".into())));
        }
        let host = match url.host() {
            Some(url::Host::Ipv4(v4)) => Host::Address(v4.into()),
            Some(url::Host::Ipv6(v6)) => Host::Address(v6.into()),
            Some(url::Host::Domain(name)) => name_host(name).ok_or_else(|| denied(text, malformed_host()))?,
            None => return Err(denied(text, malformed_host())),
        };
        let port = url.port_or_known_default().expect("http and https have a default port");
        if port == 0 {
            return Err(denied(text, Rule::PortZero));
        }
        let path = url[Position::BeforePath..Position::AfterQuery].to_owned();
        Ok((Self { scheme, host, port }, path))
    }

    /// The `Host` header: the port is left out where it is the scheme's own.
    pub fn authority(&self) -> String {
        match (self.scheme, self.port) {
            (Scheme::Http, 80) | (Scheme::Https, 443) => self.host.to_string(),
            (_, port) => format!("{}:{port}", self.host),
        }
    }

    /// `host:port`, for people and logs.
    pub(super) fn label(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

fn malformed_host() -> Rule {
    Rule::Malformed("the host is not a name".into())
}

/// One trailing dot is the root of the DNS and names the same host; an empty label elsewhere names nothing.
fn name_host(name: &str) -> Option<Host> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let label = |l: &str| {
        matches!(l.len(), 1..=63) && l.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    (name.len() <= 253 && name.split('.').all(label)).then(|| Host::Name(name.into()))
}

/// The text between `//` and the path, as written.
fn authority(text: &str) -> &str {
    let rest = text.split_once("//").map_or(text, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

/// Only the host part goes into the message, cut short: paths, queries and credentials are nobody's business.
fn denied(text: &str, rule: Rule) -> Error {
    let authority = authority(text);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let target = host.chars().take(100).flat_map(char::escape_default).collect();
    Error::Denied { target, rule }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (Target, String) {
        Target::parse(text).expect(text)
    }

    fn rule(text: &str) -> Rule {
        match Target::parse(text) {
            Err(Error::Denied { rule, .. }) => rule,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn ordinary_urls_give_host_port_and_path() {
        let (target, path) = parsed("https://Api.Example.com/v1/a%20b?q=1&r=%2F#part");
        assert_eq!(target.scheme, Scheme::Https);
        assert_eq!(target.host, Host::Name("api.example.com".into()));
        assert_eq!((target.port, path.as_str()), (443, "/v1/a%20b?q=1&r=%2F"));
        assert_eq!(target.authority(), "api.example.com");
        let (target, path) = parsed("http://[2606:4700::1]:8080");
        assert_eq!((target.authority().as_str(), path.as_str()), ("[2606:4700::1]:8080", "/"));
    }

    #[test]
    fn international_names_are_ascii_and_a_trailing_dot_is_dropped() {
        assert_eq!(parsed("http://bücher.example./").0.host, Host::Name("xn--bcher-kva.example".into()));
    }

    /// S1: every spelling that the system's own resolver would take for an address is that address.
    #[test]
    fn other_spellings_of_an_address_are_the_address() {
        for text in [
            "http://2130706433/",
            "http://0x7f000001/",
            "http://017700000001/",
            "http://127.1/",
            "http://127.0.1/",
            "http://0x7f.0.0.1/",
            "http://0177.0.0.01/",
            "http://127.0.0.1./",
            "http://%31%32%37.0.0.1/",
            "http://①②⑦.⓪.⓪.①/",
            "http://127。0。0。1/",
            "HTTP://127.0.0.1",
        ] {
            assert_eq!(parsed(text).0.host, Host::Address("127.0.0.1".parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_parsers_disagree_about_is_refused() {
        assert_eq!(rule("http://ok.example\\@127.0.0.1/"), Rule::ForbiddenCharacter);
        assert_eq!(rule("http://exa\tmple.com/"), Rule::ForbiddenCharacter);
        assert_eq!(rule(" http://example.com/"), Rule::ForbiddenCharacter);
        assert_eq!(rule("http://example.com/\r\nHost: x"), Rule::ForbiddenCharacter);
        assert_eq!(rule("http://@example.com/"), Rule::Userinfo);
        assert_eq!(rule("http://a:b@example.com/"), Rule::Userinfo);
        assert_eq!(rule("ftp://example.com/"), Rule::Scheme);
        assert_eq!(rule("http://example.com:0/"), Rule::PortZero);
        for text in [
            "",
            "example.com",
            "/path",
            "http:example.com",
            "http:/example.com",
            "http:///example.com",
            "http://",
            "http://a..b/",
            "http://.a/",
            "http://a../",
            "http://example.com:99999/",
            "http://[::1",
            "http://1.2.3.4.5/",
            "http://a*b/",
        ] {
            assert!(matches!(rule(text), Rule::Malformed(_)), "{text}");
        }
    }

    #[test]
    fn the_message_shows_neither_credentials_nor_path() {
        let error = Target::parse("http://user:hunter2@example.com/secret?token=1").unwrap_err().to_string();
        assert!(error.contains("example.com"), "{error}");
        for hidden in ["hunter2", "user", "secret", "token"] {
            assert!(!error.contains(hidden), "{error}");
        }
    }
}
