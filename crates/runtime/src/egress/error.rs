//! Why nothing was connected to.

use super::address::Class;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// Why there is no connection. In every case no byte of a request has left.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The target, or an address that it resolves to, may not be called.
    #[error("egress to `{target}` is denied: {rule}")]
    Denied {
        /// What was to be called, without credentials, path or query.
        target: String,
        /// Which rule said no.
        rule: Rule,
    },
    /// The name has no address.
    #[error("cannot resolve `{host}`")]
    Dns {
        /// The name.
        host: String,
        /// What the resolver said.
        source: std::io::Error,
    },
    /// No address accepted a connection.
    #[error("cannot connect to {address}")]
    Connect {
        /// The last address tried.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The TLS handshake failed.
    #[error("TLS handshake with `{host}` failed")]
    Tls {
        /// The host.
        host: String,
        /// What failed.
        source: std::io::Error,
    },
    /// The connection was not ready in time.
    #[error("`{target}` was not ready in time: {phase}")]
    Timeout {
        /// What was to be called.
        target: String,
        /// What was under way: `dns`, `connect` or `tls`.
        phase: &'static str,
    },
}

/// The rule that a denied target breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The text is not an absolute URL, and why.
    Malformed(String),
    /// Control characters, white space and backslashes are refused: parsers disagree about them.
    ForbiddenCharacter,
    /// Only `http` and `https`.
    Scheme,
    /// Credentials in a URL are refused: they disguise the host, and end in logs.
    Userinfo,
    /// Port 0.
    PortZero,
    /// A name that is special by itself, such as `localhost` or `*.internal`.
    Name,
    /// An address of this class.
    Class(IpAddr, Class),
    /// One of the engine's own listeners.
    OwnListener(SocketAddr),
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(why) => write!(f, "it is not an absolute URL ({why})"),
            Self::ForbiddenCharacter => {
                f.write_str("control characters, white space and backslashes are refused")
            }
            Self::Scheme => f.write_str("only http and https are called"),
            Self::Userinfo => f.write_str("credentials in a URL are refused"),
            Self::PortZero => f.write_str("there is no port 0"),
            Self::Name => {
                f.write_str("the name is reserved for local use and the operator does not allow it")
            }
            Self::Class(address, class) => {
                write!(f, "{address} is a {class} address and the operator does not allow it")
            }
            Self::OwnListener(address) => write!(f, "{address} is the engine itself"),
        }
    }
}
