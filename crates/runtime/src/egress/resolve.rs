//! Names to addresses, once per connection.

use futures_util::future::BoxFuture;
use std::fmt;
use std::io;
use std::net::SocketAddr;

/// What a resolver is doing.
pub type Resolving<'a> = BoxFuture<'a, io::Result<Vec<SocketAddr>>>;

/// Turns a name into addresses. There is one in production; tests bring others that lie.
pub trait Resolve: Send + Sync + fmt::Debug {
    /// All addresses of `host`, each with `port`.
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Resolving<'a>;
}

/// The system's resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    #[expect(clippy::disallowed_methods, reason = "this is the place")]
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Resolving<'a> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
    }
}
